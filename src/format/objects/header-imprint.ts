import type { ByteRange } from "../storage/storage.js";
import { lookup3 } from "../structures/checksum.js";
import type { FileContext } from "../structures/context.js";
import type { ObjectHeader } from "../structures/object-header.js";

/** What tells a stored object header from any other content of the same bytes. */
export interface HeaderImprint {
  /** The header's blocks, by absolute offsets. */
  readonly ranges: readonly ByteRange[];
  readonly sum: number;
}

/** The imprint of a header as it was decoded. May miss bytes. */
export function imprintOf(context: FileContext, { version, chunks }: ObjectHeader): HeaderImprint {
  const { storage, baseAddress } = context;
  const ranges = chunks.map(({ address, length }) => ({ offset: baseAddress + address, length }));
  return {
    ranges,
    sum: sumOf(
      version,
      ranges.map(({ offset, length }) => storage.view(offset, length)),
    ),
  };
}

/** The imprint of a header of one block that is to be stored. */
export function imprintOfBytes(version: 1 | 2, offset: number, bytes: Uint8Array): HeaderImprint {
  return { ranges: [{ offset, length: bytes.length }], sum: sumOf(version, [bytes]) };
}

/** Blocks of version 2 headers end with their checksums. */
export function sumOf(version: 1 | 2, blocks: readonly Uint8Array[]): number {
  let sum = 0;
  for (const block of blocks) sum = (Math.imul(sum, 31) + lookup3(version === 1 ? block : block.subarray(-4))) | 0;
  return sum;
}
