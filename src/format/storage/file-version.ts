import type { FileSystem } from "./local-files.js";
import { platform } from "./local-process.js";

/** The time by which a file is made newer, in nanoseconds: enough for a double to hold. */
const smallestStep = 2_000n;

/** What the file system says of an open file, by which a change of it is told. */
export interface FileVersion {
  /** Differs from what it was when the file has been changed since, or `path` leads to another one. */
  readonly text: string;
  /** When it was changed, in nanoseconds since 1970. */
  readonly modified: bigint;
}

/** @param path - where the file is; `null` where nobody else looks for it */
export function fileVersion(fs: FileSystem, descriptor: number, path: string | null): FileVersion {
  const { dev, ino, size, mtimeNs } = fs.fstatSync(descriptor, { bigint: true });
  const there = path === null ? null : fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  const isThere = there === null || (there?.ino === ino && there.dev === dev);
  // Windows may tell the time of a write only when the file is closed; in an empty file nothing can have changed.
  const isDated = platform() !== "win32" && size > 0n;
  const modified = isDated ? mtimeNs : 0n;
  return { text: `${dev} ${ino} ${size} ${modified} ${isThere}`, modified };
}

/**
 * Makes a file newer than it was, where that is possible. The clock of a file system may stand for some milliseconds, in
 * which others would not see that something was written.
 */
export function makeNewer(fs: FileSystem, descriptor: number, than: bigint): boolean {
  try {
    const { atime } = fs.fstatSync(descriptor);
    fs.futimesSync(descriptor, atime, Number(than + smallestStep) / 1e9);
    return true;
  } catch {
    // Only the owner of a file may.
    return false;
  }
}
