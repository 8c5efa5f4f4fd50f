import type { FileLock, Unlock } from "./file-lock.js";
import { isHeld, locked, lockFlags, takeLock, takeLockSync } from "./file-lock.js";
import type { FileSystem } from "./local-files.js";
import { codeOf, fileError, fileSystem, isSameFile, removeFile, requireRegular } from "./local-files.js";

/** How a local file is opened: to read, to read and write, or as a new file that must not exist yet. */
export type LocalFileMode = "r" | "r+" | "create-new";

/** An open file. Whoever closes the descriptor calls `unlock` then. */
export interface OpenedFile {
  readonly descriptor: number;
  readonly unlock: Unlock;
}

const modes = { r: "r", "r+": "r+", "create-new": "wx+" } as const;

/** A file that is replaced again and again while it is opened is taken as it is. */
const mostAttempts = 10;

/** Opens a file and locks it. */
export function openLockedSync(path: string, mode: LocalFileMode, lock: FileLock | null): OpenedFile {
  const fs = fileSystem();
  for (let attempt = 1; ; attempt++) {
    const descriptor = openDescriptorSync(fs, path, mode, lock);
    try {
      const unlock = lock === null ? noUnlock : takeLockSync(descriptor, path, lock);
      if (lock === null || attempt === mostAttempts || isAt(fs, descriptor, path)) return { descriptor, unlock };
      unlock();
    } catch (error) {
      throw givenUp(fs, descriptor, path, mode, error);
    }
    fs.closeSync(descriptor);
  }
}

/** {@link openLockedSync} without blocking. */
export async function openLocked(path: string, mode: LocalFileMode, lock: FileLock | null): Promise<OpenedFile> {
  const fs = fileSystem();
  for (let attempt = 1; ; attempt++) {
    const descriptor = await openDescriptor(fs, path, mode, lock);
    try {
      const unlock = lock === null ? noUnlock : await takeLock(descriptor, path, lock);
      if (lock === null || attempt === mostAttempts || isAt(fs, descriptor, path)) return { descriptor, unlock };
      unlock();
    } catch (error) {
      throw givenUp(fs, descriptor, path, mode, error);
    }
    fs.closeSync(descriptor);
  }
}

const noUnlock: Unlock = () => {};

/** Whether `path` still leads to the open file: it may have been replaced before the lock was there. */
export function isAt(fs: FileSystem, descriptor: number, path: string): boolean {
  const there = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
  return isSameFile(fs.fstatSync(descriptor, { bigint: true }), there ?? null);
}

/** Closes what is not to be used; a file that was made for it, and that nobody else has locked, is removed. */
function givenUp(fs: FileSystem, descriptor: number, path: string, mode: LocalFileMode, error: unknown): unknown {
  const ours = fs.fstatSync(descriptor, { bigint: true });
  fs.closeSync(descriptor);
  const failure = fileError(error, path);
  if (mode === "create-new" && failure.code !== "locked") removeFile(path, ours);
  return failure;
}

function openDescriptorSync(fs: FileSystem, path: string, mode: LocalFileMode, lock: FileLock | null): number {
  const flags = lockFlags(lock);
  try {
    if (mode !== "create-new") requireRegular(path);
    return fs.openSync(path, flags === 0 ? modes[mode] : numericFlags(fs, mode) | flags);
  } catch (error) {
    if (!goesWithout(error, flags, path, lock)) throw fileError(error, path);
  }
  return openDescriptorSync(fs, path, mode, null);
}

async function openDescriptor(
  fs: FileSystem,
  path: string,
  mode: LocalFileMode,
  lock: FileLock | null,
): Promise<number> {
  const flags = lockFlags(lock);
  try {
    if (mode !== "create-new") requireRegular(path);
    return await new Promise<number>((resolve, reject) => {
      fs.open(path, flags === 0 ? modes[mode] : numericFlags(fs, mode) | flags, (error, opened) =>
        error ? reject(error) : resolve(opened),
      );
    });
  } catch (error) {
    if (!goesWithout(error, flags, path, lock)) throw fileError(error, path);
  }
  return openDescriptor(fs, path, mode, null);
}

function numericFlags({ constants }: FileSystem, mode: LocalFileMode): number {
  if (mode === "r") return constants.O_RDONLY;
  return mode === "r+" ? constants.O_RDWR : constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
}

/** Whether a file that could not be opened with the flags of a lock is to be opened without. */
function goesWithout(error: unknown, flags: number, path: string, lock: FileLock | null): boolean {
  if (flags === 0 || lock === null) return false;
  if (isHeld(error)) throw locked(path, error);
  return !lock.required && ["ENOTSUP", "EOPNOTSUPP", "EINVAL"].includes(codeOf(error));
}
