import { corrupt, unsupported } from "../errors.js";
import type { ByteReader } from "./byte-reader.js";
import type { ChunkElementFormat, ChunkElements } from "./chunk-elements.js";
import { checkElementFormat, decodeChunkElements } from "./chunk-elements.js";
import type { FileContext } from "./context.js";
import { readerAt, verifyChecksum } from "./context.js";

/*
 * The extensible array (specification VII.D, "The Extensible Array Index"). The specification's "secondary blocks"
 * are the super blocks of the format's implementations.
 */

/** What the blocks of one secondary block look like; small ones exist in the index block only. */
export interface SecondaryBlockShape {
  readonly dataBlockCount: number;
  readonly dataBlockElements: number;
  /** Index of the first element, counted from the end of those in the index block. */
  readonly firstElement: number;
  /** Number of data blocks before. */
  readonly firstDataBlock: number;
}

/** The header of an extensible array. */
export interface ExtensibleArrayHeader extends ChunkElementFormat {
  readonly address: number;
  readonly clientId: number;
  /** Bytes of a block offset. */
  readonly blockOffsetWidth: number;
  /** Elements in the index block itself. */
  readonly indexElements: number;
  /** Elements of a data block page; data blocks with no more have no pages. */
  readonly pageElements: number;
  /** One more than the largest index ever set. */
  readonly maxIndexSet: number;
  readonly indexBlockAddress: number | null;
  /** All secondary blocks, those included whose data blocks the index block points to. */
  readonly secondaryBlocks: readonly SecondaryBlockShape[];
  /** How many secondary blocks the index block stands in for. */
  readonly directSecondaryBlocks: number;
}

/** The index block. */
export interface ExtensibleArrayIndexBlock {
  readonly elements: ChunkElements;
  readonly dataBlocks: readonly (number | null)[];
  readonly secondaryBlocks: readonly (number | null)[];
}

/** A secondary block. */
export interface ExtensibleArraySecondaryBlock {
  /** Bit for each page of each data block, most significant first; empty where data blocks have no pages. */
  readonly pageBitmap: Uint8Array;
  readonly dataBlocks: readonly (number | null)[];
}

/** Decodes the header at `address` of the chunk index of a dataset with or without filters. */
export function decodeExtensibleArrayHeader(
  context: FileContext,
  address: number,
  filtered: boolean,
): ExtensibleArrayHeader {
  const size = 16 + 6 * context.lengthSize + context.offsetSize;
  const reader = readerAt(context, address, size);
  reader.signature("EAHD");
  verifyChecksum(reader, size - 4, "an extensible array header");
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the extensible array`, reader.offset - 1);
  const at = reader.offset;
  const clientId = reader.u8();
  const elementSize = reader.u8();
  const maxElementBits = reader.u8();
  const indexElements = reader.u8();
  const minElements = reader.u8();
  const minPointers = reader.u8();
  const pageBits = reader.u8();
  for (let statistic = 0; statistic < 4; statistic++) reader.skip(context.lengthSize);
  const maxIndexSet = reader.length();
  reader.skip(context.lengthSize);
  const indexBlockAddress = reader.address();
  checkElementFormat(clientId, { filtered, elementSize }, context, at);
  const minElementBits = Math.log2(minElements);
  const minPointerBits = Math.log2(minPointers);
  const secondaryCount = 1 + maxElementBits - minElementBits;
  const directSecondaryBlocks = 2 * minPointerBits;
  if (
    !Number.isInteger(minElementBits) ||
    !Number.isInteger(minPointerBits) ||
    maxElementBits > 64 ||
    pageBits > 32 ||
    secondaryCount < 1 ||
    directSecondaryBlocks > secondaryCount
  ) {
    throw corrupt("the parameters of an extensible array are impossible", at);
  }
  return {
    address,
    clientId,
    filtered,
    elementSize,
    blockOffsetWidth: Math.ceil(maxElementBits / 8),
    indexElements,
    pageElements: 2 ** pageBits,
    maxIndexSet,
    indexBlockAddress,
    secondaryBlocks: secondaryShapes(secondaryCount, minElements),
    directSecondaryBlocks,
  };
}

function secondaryShapes(count: number, minElements: number): SecondaryBlockShape[] {
  const shapes: SecondaryBlockShape[] = [];
  let firstElement = 0;
  let firstDataBlock = 0;
  for (let index = 0; index < count; index++) {
    const dataBlockCount = 2 ** Math.floor(index / 2);
    const dataBlockElements = minElements * 2 ** Math.floor((index + 1) / 2);
    shapes.push({ dataBlockCount, dataBlockElements, firstElement, firstDataBlock });
    firstElement += dataBlockCount * dataBlockElements;
    firstDataBlock += dataBlockCount;
  }
  return shapes;
}

function readPrefix(reader: ByteReader, signature: string, header: ExtensibleArrayHeader): void {
  reader.signature(signature);
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the extensible array block`, reader.offset - 1);
  const clientId = reader.u8();
  const owner = reader.address();
  if (clientId !== header.clientId || owner !== header.address) {
    throw corrupt("an extensible array block belongs to another array", reader.fileOffset);
  }
}

function readAddresses(reader: ByteReader, count: number): (number | null)[] {
  const block = reader.slice(count * reader.sizes.offsetSize);
  const addresses: (number | null)[] = [];
  for (let index = 0; index < count; index++) addresses.push(block.address());
  return addresses;
}

/** Decodes the index block at `address`. */
export function decodeExtensibleArrayIndexBlock(
  context: FileContext,
  header: ExtensibleArrayHeader,
  address: number,
): ExtensibleArrayIndexBlock {
  const { offsetSize } = context;
  const { secondaryBlocks, directSecondaryBlocks } = header;
  const dataBlockCount =
    directSecondaryBlocks < secondaryBlocks.length
      ? secondaryBlocks[directSecondaryBlocks].firstDataBlock
      : totalDataBlocks(secondaryBlocks);
  const secondaryCount = secondaryBlocks.length - directSecondaryBlocks;
  const content =
    6 + offsetSize + header.indexElements * header.elementSize + (dataBlockCount + secondaryCount) * offsetSize;
  const reader = readerAt(context, address, content + 4);
  verifyChecksum(reader, content, "an extensible array index block");
  readPrefix(reader, "EAIB", header);
  const elements = decodeChunkElements(reader, header.indexElements, header);
  const dataBlocks = readAddresses(reader, dataBlockCount);
  return { elements, dataBlocks, secondaryBlocks: readAddresses(reader, secondaryCount) };
}

function totalDataBlocks(shapes: readonly SecondaryBlockShape[]): number {
  const last = shapes[shapes.length - 1];
  return last.firstDataBlock + last.dataBlockCount;
}

/** Pages of a data block of this many elements; 0 where it has none. */
function pagesOf(header: ExtensibleArrayHeader, dataBlockElements: number): number {
  return dataBlockElements > header.pageElements ? dataBlockElements / header.pageElements : 0;
}

/** Decodes the secondary block of `shape` at `address`. */
export function decodeExtensibleArraySecondaryBlock(
  context: FileContext,
  header: ExtensibleArrayHeader,
  address: number,
  shape: SecondaryBlockShape,
): ExtensibleArraySecondaryBlock {
  const { offsetSize } = context;
  const bitmapSize = shape.dataBlockCount * Math.ceil(pagesOf(header, shape.dataBlockElements) / 8);
  const content = 6 + offsetSize + header.blockOffsetWidth + bitmapSize + shape.dataBlockCount * offsetSize;
  const reader = readerAt(context, address, content + 4);
  verifyChecksum(reader, content, "an extensible array secondary block");
  readPrefix(reader, "EASB", header);
  reader.skip(header.blockOffsetWidth);
  const pageBitmap = reader.take(bitmapSize).slice();
  return { pageBitmap, dataBlocks: readAddresses(reader, shape.dataBlockCount) };
}

/** Whether data blocks of this many elements have pages. */
export function extensibleArrayIsPaged(header: ExtensibleArrayHeader, dataBlockElements: number): boolean {
  return pagesOf(header, dataBlockElements) > 0;
}

/** Position in a secondary block's page bitmap of the first page of data block `index`. */
export function firstPageBit(header: ExtensibleArrayHeader, shape: SecondaryBlockShape, index: number): number {
  return index * pagesOf(header, shape.dataBlockElements);
}

/** Decodes the data block of `count` elements at `address`, which has no pages. */
export function decodeExtensibleArrayDataBlock(
  context: FileContext,
  header: ExtensibleArrayHeader,
  address: number,
  count: number,
): ChunkElements {
  const prefixSize = 6 + context.offsetSize + header.blockOffsetWidth;
  const content = prefixSize + count * header.elementSize;
  const reader = readerAt(context, address, content + 4);
  verifyChecksum(reader, content, "an extensible array data block");
  readPrefix(reader, "EADB", header);
  reader.skip(header.blockOffsetWidth);
  return decodeChunkElements(reader, count, header);
}

/** Decodes page `page` of the paged data block at `address`, which must be initialized. */
export function decodeExtensibleArrayPage(
  context: FileContext,
  header: ExtensibleArrayHeader,
  address: number,
  page: number,
): ChunkElements {
  const { pageElements, elementSize } = header;
  // Pages follow the block's prefix and its checksum.
  const first = address + 6 + context.offsetSize + header.blockOffsetWidth + 4;
  const content = pageElements * elementSize;
  const reader = readerAt(context, first + page * (content + 4), content + 4);
  verifyChecksum(reader, content, "an extensible array data block page");
  return decodeChunkElements(reader, pageElements, header);
}
