import type { Operation } from "../storage/operation.js";
import type { Superblock } from "../structures/superblock.js";
import { encodeSuperblock } from "../structures/superblock.js";

/** Takes the mark of being open for writing, which a program that was killed has left, off a file. */
export function* clearFlags(superblock: Superblock): Operation<Superblock> {
  if (superblock.consistencyFlags === 0) return superblock;
  const cleared = { ...superblock, consistencyFlags: 0 };
  yield { kind: "write", writes: [{ offset: superblock.baseAddress, bytes: encodeSuperblock(cleared), flip: true }] };
  return cleared;
}
