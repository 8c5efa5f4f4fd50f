import { lookup3, lookup3State } from "./checksum.js";

/** Bytes of a block that lookup3 takes in at once. */
const block = 12;

/** Bytes `from` to `to`, of which it does not matter what they are. */
export interface FreeBytes {
  readonly from: number;
  readonly to: number;
}

/**
 * Changes free bytes so that bytes that have changed before them keep their lookup3 checksum: a block that can be chosen
 * brings the hash back to the state that it had. Thus a structure changes within one sector, whose checksum lies in
 * another one.
 *
 * @param stored - the bytes before the change, checksum not included
 * @param changed - the bytes after it, as many
 * @param free - free bytes of `changed`, all of them after the change
 * @returns whether there is a free block
 */
export function keepChecksum(stored: Uint8Array, changed: Uint8Array, free: Iterable<FreeBytes>): boolean {
  const at = freeBlock(free, changed.length);
  if (at === null) return false;
  const before = lookup3State(stored, at);
  const now = lookup3State(changed, at);
  const from = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const to = new DataView(changed.buffer, changed.byteOffset, changed.byteLength);
  // Up to here the state is a sum of what it was and the block.
  before.forEach((word, index) => {
    const place = at + 4 * index;
    to.setUint32(place, from.getUint32(place, true) + word - now[index], true);
  });
  return lookup3(changed) === lookup3(stored);
}

/** The first block that is free; the last one of all is mixed otherwise. */
function freeBlock(free: Iterable<FreeBytes>, length: number): number | null {
  for (const { from, to } of free) {
    const at = Math.ceil(from / block) * block;
    if (at + block <= to && at + block < length) return at;
  }
  return null;
}
