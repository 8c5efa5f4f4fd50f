/**
 * Specification III.C, "Disk Format: Level 1C - Symbol Table Entry".
 *
 * The specification draws the link name offset with "size of offsets" bytes; files have "size of lengths" bytes.
 */
import { corrupt } from "../errors.js";
import type { ByteReader, FieldSizes } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";

/** What the scratch-pad of a {@link SymbolTableEntry} caches ("Cache Type" 0, 1 and 2). */
export type SymbolCache =
  | { readonly kind: "none" }
  /** The object is a group with this symbol table. */
  | { readonly kind: "symbol-table"; readonly btreeAddress: number | null; readonly heapAddress: number | null }
  /** The link is a soft link; its value is in the local heap. */
  | { readonly kind: "soft-link"; readonly valueOffset: number };

/** One link of an old-style group, or the root group in superblock versions 0 and 1. */
export interface SymbolTableEntry {
  /** Offset of the link's name in the group's local heap. */
  readonly nameOffset: number;
  /** Address of the object header; `null` for soft links. */
  readonly objectAddress: number | null;
  readonly cache: SymbolCache;
}

const scratchPadSize = 16;
const noCache: SymbolCache = { kind: "none" };

/** Bytes of one entry. */
export function symbolTableEntrySize(sizes: FieldSizes): number {
  return sizes.lengthSize + sizes.offsetSize + 8 + scratchPadSize;
}

function decodeCache(reader: ByteReader, type: number, offset: number): SymbolCache {
  switch (type) {
    case 0:
      return noCache;
    case 1:
      return { kind: "symbol-table", btreeAddress: reader.address(), heapAddress: reader.address() };
    case 2:
      return { kind: "soft-link", valueOffset: reader.u32() };
    default:
      throw corrupt(`unknown cache type ${type} of a symbol table entry`, offset);
  }
}

/** Decodes the entry at the reader's position. */
export function decodeSymbolTableEntry(reader: ByteReader): SymbolTableEntry {
  const end = reader.position + symbolTableEntrySize(reader.sizes);
  const nameOffset = reader.length();
  const objectAddress = reader.address();
  const typeOffset = reader.offset;
  const type = reader.u32();
  reader.skip(4);
  const cache = decodeCache(reader, type, typeOffset);
  reader.skip(end - reader.position);
  return { nameOffset, objectAddress, cache };
}

/** Appends `entry` to `writer`. */
export function encodeSymbolTableEntry(writer: ByteWriter, entry: SymbolTableEntry): void {
  const end = writer.length + symbolTableEntrySize(writer.sizes);
  writer.lengthField(entry.nameOffset);
  writer.address(entry.objectAddress);
  const { cache } = entry;
  writer.u32(cache.kind === "none" ? 0 : cache.kind === "symbol-table" ? 1 : 2);
  writer.u32(0);
  if (cache.kind === "symbol-table") {
    writer.address(cache.btreeAddress);
    writer.address(cache.heapAddress);
  } else if (cache.kind === "soft-link") {
    writer.u32(cache.valueOffset);
  }
  writer.fill(0, end - writer.length);
}
