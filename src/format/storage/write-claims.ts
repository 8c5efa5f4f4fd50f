import { HDF5Error } from "../errors.js";
import { identityAt, isSameFile } from "./local-files.js";

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
  const name = claimed.has(path) ? path : otherName(path);
  if (name !== null) {
    const what = name === path ? path : `${path} is another name of ${name}, which`;
    throw new HDF5Error("invalid-argument", `${what} is open for writing already; close it first, or use that handle`);
  }
  claimed.add(path);
  return () => {
    claimed.delete(path);
  };
}

/** The claimed file that `path` is another name of, by a hard link; `null` where there is none. */
function otherName(path: string): string | null {
  if (claimed.size === 0) return null;
  const file = identityAt(path);
  if (file === null || file.nlink < 2n) return null;
  for (const name of claimed) if (isSameFile(identityAt(name), file)) return name;
  return null;
}
