import { HDF5Error } from "../errors.js";

/**
 * Local files that this process has open for writing. Two writers of one file, unaware of each other, would destroy
 * it; other processes are not known here.
 */
const claimed = new Set<string>();

/**
 * Claims a file for writing.
 *
 * @param path - the file's real path
 * @returns what gives the claim back
 * @throws HDF5Error `invalid-argument` when the file is open for writing already
 */
export function claimForWriting(path: string): () => void {
  if (claimed.has(path)) {
    throw new HDF5Error("invalid-argument", `${path} is open for writing already; close it first, or use that handle`);
  }
  claimed.add(path);
  return () => {
    claimed.delete(path);
  };
}
