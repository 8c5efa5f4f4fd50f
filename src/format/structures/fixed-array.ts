import { corrupt, unsupported } from "../errors.js";
import type { ByteReader } from "./byte-reader.js";
import type { ChunkElementFormat, ChunkElements } from "./chunk-elements.js";
import { checkElementFormat, decodeChunkElements } from "./chunk-elements.js";
import type { FileContext } from "./context.js";
import { readerAt, verifyChecksum } from "./context.js";

/*
 * The fixed array (specification VII.C, "The Fixed Array Index").
 */

/** The header of a fixed array. */
export interface FixedArrayHeader extends ChunkElementFormat {
  readonly address: number;
  readonly clientId: number;
  readonly elementCount: number;
  /** Elements of a page; arrays with no more have no pages. */
  readonly pageElements: number;
  readonly dataBlockAddress: number | null;
}

/** The data block: its elements, or which of its pages exist. */
export type FixedArrayDataBlock =
  | { readonly paged: false; readonly elements: ChunkElements }
  | {
      readonly paged: true;
      /** Bit for each page, most significant first: set where the page is initialized. */
      readonly pageBitmap: Uint8Array;
      /** Address of the first page. */
      readonly pagesAddress: number;
    };

/** Decodes the header at `address` of the chunk index of a dataset with or without filters. */
export function decodeFixedArrayHeader(context: FileContext, address: number, filtered: boolean): FixedArrayHeader {
  const size = 12 + context.lengthSize + context.offsetSize;
  const reader = readerAt(context, address, size);
  reader.signature("FAHD");
  verifyChecksum(reader, size - 4, "a fixed array header");
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the fixed array`, reader.offset - 1);
  const at = reader.offset;
  const clientId = reader.u8();
  const elementSize = reader.u8();
  const pageBits = reader.u8();
  const elementCount = reader.length();
  const dataBlockAddress = reader.address();
  checkElementFormat(clientId, { filtered, elementSize }, context, at);
  if (pageBits > 32) throw corrupt(`a fixed array has pages of 2^${pageBits} elements`, at);
  return { address, clientId, filtered, elementSize, elementCount, pageElements: 2 ** pageBits, dataBlockAddress };
}

function readPrefix(reader: ByteReader, header: FixedArrayHeader): void {
  reader.signature("FADB");
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the fixed array data block`, reader.offset - 1);
  const clientId = reader.u8();
  const owner = reader.address();
  if (clientId !== header.clientId || owner !== header.address) {
    throw corrupt("a fixed array data block belongs to another array", reader.fileOffset);
  }
}

/** Decodes the data block at `address`. */
export function decodeFixedArrayDataBlock(
  context: FileContext,
  header: FixedArrayHeader,
  address: number,
): FixedArrayDataBlock {
  const prefixSize = 6 + context.offsetSize;
  const what = "a fixed array data block";
  if (header.elementCount <= header.pageElements) {
    const content = prefixSize + header.elementCount * header.elementSize;
    const reader = readerAt(context, address, content + 4);
    verifyChecksum(reader, content, what);
    readPrefix(reader, header);
    return { paged: false, elements: decodeChunkElements(reader, header.elementCount, header) };
  }
  const pageCount = Math.ceil(header.elementCount / header.pageElements);
  const bitmapSize = Math.ceil(pageCount / 8);
  const size = prefixSize + bitmapSize + 4;
  const reader = readerAt(context, address, size);
  verifyChecksum(reader, size - 4, what);
  readPrefix(reader, header);
  return { paged: true, pageBitmap: reader.take(bitmapSize).slice(), pagesAddress: address + size };
}

/** Decodes page `page` of a paged data block, which must be initialized. */
export function decodeFixedArrayPage(
  context: FileContext,
  header: FixedArrayHeader,
  pagesAddress: number,
  page: number,
): ChunkElements {
  const { pageElements, elementSize, elementCount } = header;
  const count = Math.min(pageElements, elementCount - page * pageElements);
  const address = pagesAddress + page * (pageElements * elementSize + 4);
  const reader = readerAt(context, address, count * elementSize + 4);
  verifyChecksum(reader, count * elementSize, "a fixed array data block page");
  return decodeChunkElements(reader, count, header);
}
