import { HDF5Error, invalidArgument, UnsupportedFeatureError } from "../errors.js";
import { builtinModule } from "./runtime.js";

/** The runtime's `node:fs`. */
export type FileSystem = typeof import("node:fs");
type PathModule = typeof import("node:path");
type URLModule = typeof import("node:url");

function builtin(id: "node:fs" | "node:path" | "node:url"): unknown {
  const module = builtinModule(id);
  if (module === undefined) {
    throw new UnsupportedFeatureError(
      "local files",
      "this runtime has no local files: pass a URL, a Blob, an ArrayBuffer, a Uint8Array, or { size, read } instead of a path",
    );
  }
  return module;
}

/** @throws UnsupportedFeatureError "local files" where the runtime has none. */
export function fileSystem(): FileSystem {
  return builtin("node:fs") as FileSystem;
}

/** The runtime's `node:path`. */
export function pathModule(): PathModule {
  return builtin("node:path") as PathModule;
}

/**
 * The path that `path` names, absolute, so that it names the same file when the current directory is another; `file:`
 * URLs are converted.
 */
export function localPath(path: string | URL): string {
  const text = typeof path === "string" ? path : path.href;
  if (text === "") throw invalidArgument("an empty path was given");
  if (typeof path === "string" && !/^file:/i.test(text)) return lastingPath(path);
  try {
    return (builtin("node:url") as URLModule).fileURLToPath(text);
  } catch (error) {
    if (error instanceof HDF5Error) throw error;
    throw new HDF5Error("invalid-argument", `${text} is not the URL of a local file`, { cause: error });
  }
}

/** The path itself where the current directory may not be asked for: the file may be open to this program all the same. */
function lastingPath(path: string): string {
  try {
    return absolutePath(path);
  } catch (error) {
    if (error instanceof HDF5Error && error.code === "io") return path;
    throw error;
  }
}

/** The code that the runtime gave an error of the file system; empty where it has none. */
export function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === "string" ? code : "";
}

/** What the file system threw, as an {@link HDF5Error} that names the file. */
export function fileError(error: unknown, path: string): HDF5Error {
  if (error instanceof HDF5Error) return error;
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new HDF5Error("not-found", `${path}: no such file or directory`, { cause: error });
  }
  if (code === "EEXIST") return new HDF5Error("exists", `${path} exists already`, { cause: error });
  if (code === "EISDIR") return new HDF5Error("invalid-argument", `${path} is a directory`, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new HDF5Error(code.startsWith("ERR_INVALID") ? "invalid-argument" : "io", `${path}: ${message}`, {
    cause: error,
  });
}

/** The file that `path` leads to through symbolic links; `path` itself when nothing is there yet. */
function target(fs: FileSystem, path: string): string {
  try {
    return fs.realpathSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return path;
    throw fileError(error, path);
  }
}

/** @throws HDF5Error `io` where the current directory, which a relative path needs, is gone or not to be known */
export function absolutePath(path: string): string {
  try {
    return pathModule().resolve(path);
  } catch (cause) {
    throw new HDF5Error("io", `${path}: the current directory cannot be told`, { cause });
  }
}

/** The path of a file with symbolic links resolved; absolute also where nothing is there yet. */
export function realPath(path: string): string {
  return target(fileSystem(), absolutePath(path));
}

/** Whether something is at `path`. */
export function fileExists(path: string): boolean {
  try {
    // Deno throws where it may not tell.
    return fileSystem().existsSync(path);
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Whether `path` is a directory. */
export function isDirectory(path: string): boolean {
  try {
    return fileSystem().statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Puts the file `from` in the place of `to`, at one stroke; an existing `to` passes its permissions on. */
export function renameOver(from: string, to: string): void {
  const fs = fileSystem();
  const final = target(fs, to);
  try {
    const existing = fs.statSync(final, { throwIfNoEntry: false });
    if (existing?.isDirectory()) throw invalidArgument(`${to} is a directory`);
    if (existing !== undefined) fs.chmodSync(from, existing.mode & 0o777);
    fs.renameSync(from, final);
  } catch (error) {
    throw fileError(error, to);
  }
  syncDirectory(final);
}

/** What a file is known by, whatever its name. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** What the file system says of a file. */
export interface FileFacts extends FileIdentity {
  readonly size: bigint;
  /** How many names it has. */
  readonly nlink: bigint;
  isFile(): boolean;
}

/** What the file at `path` is known by, and more of it; `null` where there is none. */
export function identityAt(path: string): FileFacts | null {
  try {
    return fileSystem().statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Whether two files are one. */
export function isSameFile(a: FileIdentity | null, b: FileIdentity | null): boolean {
  return a !== null && b !== null && a.ino === b.ino && a.dev === b.dev;
}

/** Removes the file at `path` where it is the one meant; another that has taken its place stays, and none is no error. */
export function removeFile(path: string, meant: FileIdentity): void {
  ifThere(path, meant, (fs) => fs.unlinkSync(path));
}

/** Empties the file at `path` where it is the one meant. */
export function emptyFile(path: string, meant: FileIdentity): void {
  ifThere(path, meant, (fs) => fs.truncateSync(path, 0));
}

function ifThere(path: string, meant: FileIdentity, action: (fs: FileSystem) => void): void {
  if (!isSameFile(identityAt(path), meant)) return;
  try {
    action(fileSystem());
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw fileError(error, path);
  }
}

/**
 * Refuses what is no plain file before it is opened: a pipe waits for somebody at its other end, and opening a device
 * may do something.
 *
 * @throws HDF5Error `invalid-argument`
 */
export function requireRegular(path: string): void {
  const stats = fileSystem().statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory()) throw invalidArgument(`${path} is a directory`);
  if (stats?.isFile() === false) throw invalidArgument(`${path} is not a regular file`);
}

/** Makes the creation, renaming or removal of `path` durable, where directories can be synced. */
export function syncDirectory(path: string): void {
  const { dirname, sep } = pathModule();
  // Windows syncs no directories.
  if (sep === "\\") return;
  const fs = fileSystem();
  const directory = dirname(path);
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(directory, "r");
    fs.fsyncSync(descriptor);
  } catch (error) {
    // A directory that may be written but not read, and file systems that sync no directories.
    if (!["EACCES", "EPERM", "EINVAL", "EISDIR", "ENOTSUP", "EBADF"].includes(codeOf(error))) {
      throw fileError(error, directory);
    }
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}
