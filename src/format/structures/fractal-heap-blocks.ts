import { corrupt, unsupported } from "../errors.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { lookup3 } from "./checksum.js";
import type { FileContext } from "./context.js";
import { readerAt, verifyChecksum } from "./context.js";
import type { DoublingTable } from "./fractal-heap-doubling-table.js";
import type { FractalHeapHeader } from "./fractal-heap-header.js";

/*
 * Direct and indirect blocks of a fractal heap (specification III.G, "Fractal Heap Direct Block" and "Fractal Heap
 * Indirect Block").
 */

/** Where a block's bytes are. */
export interface BlockEntry {
  /** `null` where no block is allocated. */
  readonly address: number | null;
  /** Stored size of a filtered direct block; otherwise 0. */
  readonly filteredSize: number;
  readonly filterMask: number;
}

/** A decoded indirect block: entries row by row. */
export interface IndirectBlock {
  readonly entries: readonly BlockEntry[];
}

/** Bytes before the objects of a direct block. */
export function directBlockOverhead(table: DoublingTable, checksummed: boolean, sizes: FieldSizes): number {
  return 5 + sizes.offsetSize + table.offsetWidth + (checksummed ? 4 : 0);
}

/** Bytes of an indirect block of a heap without filters. */
export function indirectBlockSize(table: DoublingTable, rows: number, sizes: FieldSizes): number {
  return 9 + sizes.offsetSize + table.offsetWidth + rows * table.width * sizes.offsetSize;
}

function readPrefix(reader: ByteReader, signature: string, header: FractalHeapHeader, blockOffset: number): void {
  reader.signature(signature);
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the fractal heap block`, reader.offset - 1);
  const at = reader.offset;
  const owner = reader.address();
  if (owner !== header.address) throw corrupt("a fractal heap block belongs to another heap", at);
  const found = reader.uint(header.table.offsetWidth);
  if (found !== blockOffset) {
    throw corrupt(`a fractal heap block is for the offset ${found}, expected ${blockOffset}`, at);
  }
}

/** Decodes the indirect block of `rows` rows at `address` that stands at `blockOffset` of the heap's space. */
export function decodeIndirectBlock(
  context: FileContext,
  header: FractalHeapHeader,
  address: number,
  rows: number,
  blockOffset: number,
): IndirectBlock {
  const { table, filters } = header;
  const directCount = Math.min(rows, table.maxDirectRows) * table.width;
  const count = rows * table.width;
  const extra = filters === null ? 0 : directCount * (context.lengthSize + 4);
  const size = indirectBlockSize(table, rows, context) + extra;
  const reader = readerAt(context, address, size);
  verifyChecksum(reader, size - 4, "a fractal heap indirect block");
  readPrefix(reader, "FHIB", header, blockOffset);
  const entries: BlockEntry[] = [];
  for (let index = 0; index < count; index++) {
    const child = reader.address();
    if (filters !== null && index < directCount) {
      const filteredSize = reader.length();
      entries.push({ address: child, filteredSize, filterMask: reader.u32() });
    } else {
      entries.push({ address: child, filteredSize: 0, filterMask: 0 });
    }
  }
  return { entries };
}

/** Checks the unfiltered bytes of a direct block; `fileOffset` is where it is stored. */
export function verifyDirectBlock(
  bytes: Uint8Array,
  fileOffset: number,
  header: FractalHeapHeader,
  blockOffset: number,
  sizes: FieldSizes,
): void {
  const reader = new ByteReader(bytes, fileOffset, sizes);
  readPrefix(reader, "FHDB", header, blockOffset);
  if (!header.checksumDirectBlocks) return;
  const at = reader.position;
  const stored = reader.u32();
  // The checksum covers the whole block with its own field zero.
  const copy = bytes.slice();
  copy.fill(0, at, at + 4);
  if (lookup3(copy) !== stored) {
    throw corrupt("the checksum of a fractal heap direct block does not match", fileOffset + at);
  }
}

/** Encodes a direct block with `objects` one after another behind its prefix. */
export function encodeDirectBlock(
  heapAddress: number,
  blockOffset: number,
  size: number,
  objects: readonly Uint8Array[],
  table: DoublingTable,
  checksummed: boolean,
  sizes: FieldSizes,
): Uint8Array {
  const writer = new ByteWriter(sizes, size);
  writer.signature("FHDB");
  writer.u8(0);
  writer.address(heapAddress);
  writer.uint(blockOffset, table.offsetWidth);
  const checksumAt = writer.length;
  if (checksummed) writer.u32(0);
  for (const object of objects) writer.bytes(object);
  writer.fill(0, size - writer.length);
  if (checksummed) writer.patch(checksumAt, lookup3(writer.written()), 4);
  return writer.finish();
}

/** Encodes an indirect block of a heap without filters. */
export function encodeIndirectBlock(
  heapAddress: number,
  blockOffset: number,
  addresses: readonly (number | null)[],
  table: DoublingTable,
  sizes: FieldSizes,
): Uint8Array {
  const writer = new ByteWriter(sizes);
  writer.signature("FHIB");
  writer.u8(0);
  writer.address(heapAddress);
  writer.uint(blockOffset, table.offsetWidth);
  for (const address of addresses) writer.address(address);
  writer.u32(lookup3(writer.written()));
  return writer.finish();
}
