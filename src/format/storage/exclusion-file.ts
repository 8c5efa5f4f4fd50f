import type { FileSystem } from "./local-files.js";
import { codeOf, fileSystem, pathModule } from "./local-files.js";
import { denoRuntime } from "./local-process.js";
import { isGone, processMark } from "./process-mark.js";

/**
 * A file beside the one that is written, there while a process of this library writes: it closes the moment between the
 * look whether a file has changed and the writing, also where the system locks nothing. It names its process, so that
 * what one that is gone has left stops nobody.
 */

/** Where a process cannot be asked whether it lives, its file counts for so long. */
const longestUnknown = 5 * 60 * 1000;
/** A file that names no process yet counts for so long. */
const longestUnnamed = 1000;

/** Where the file that excludes others from writing to `path` is: beside it, hidden. */
export function exclusionPath(path: string): string {
  const { dirname, basename, join } = pathModule();
  return join(dirname(path), `.${basename(path)}.writing`);
}

/**
 * Makes the file at `path`, unless there is one.
 *
 * @returns what removes it; `null` where another process has made it. Where none can be made, nobody is excluded.
 */
export function tryExclude(path: string): (() => void) | null {
  const fs = fileSystem();
  const made = make(fs, path);
  if (made === "exists") return takeOver(fs, path) ? tryExclude(path) : null;
  return made === "made" ? () => remove(fs, path) : () => {};
}

/** A symbolic link has its content from the start and costs a sixth of a file, where there are links. */
function make(fs: FileSystem, path: string): "made" | "exists" | "impossible" {
  const mark = processMark();
  try {
    // Deno asks for all permissions before it makes a link.
    if (denoRuntime() !== undefined) return makeFile(fs, path, mark);
    fs.symlinkSync(mark, path);
    return "made";
  } catch (error) {
    return codeOf(error) === "EEXIST" ? "exists" : makeFile(fs, path, mark);
  }
}

function makeFile(fs: FileSystem, path: string, mark: string): "made" | "exists" | "impossible" {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, "wx");
  } catch (error) {
    return codeOf(error) === "EEXIST" ? "exists" : "impossible";
  }
  try {
    fs.writeSync(descriptor, mark);
    return "made";
  } catch {
    remove(fs, path);
    return "impossible";
  } finally {
    fs.closeSync(descriptor);
  }
}

function remove(fs: FileSystem, path: string): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // It is gone already, or cannot be removed: then it counts until its process is gone.
  }
}

/**
 * Removes a file whose process is gone; answers whether making it is worth another try. Several may find it: only who
 * excludes the others from removing this very file does, and there is nobody to make it again.
 */
function takeOver(fs: FileSystem, path: string): boolean {
  const left = look(fs, path);
  if (left === null) return true;
  if (!isLeft(left)) return false;
  const [name] = left.mark.split(" ");
  const release = tryExclude(`${path}.${name === "" ? left.made : name}`);
  if (release === null) return false;
  try {
    const now = look(fs, path);
    if (now?.mark === left.mark && now.made === left.made) remove(fs, path);
    return now === null || look(fs, path) === null;
  } finally {
    release();
  }
}

/** An exclusion file as found. */
interface Found {
  /** What names its process; empty for a moment after it was made. */
  readonly mark: string;
  /** When it was made, in milliseconds since 1970. */
  readonly made: number;
}

function look(fs: FileSystem, path: string): Found | null {
  try {
    const stats = fs.lstatSync(path);
    const mark = stats.isSymbolicLink() ? fs.readlinkSync(path) : fs.readFileSync(path, "utf8");
    return { mark, made: stats.mtimeMs };
  } catch (error) {
    // One that is there and may not be looked at excludes as any other.
    return codeOf(error) === "ENOENT" ? null : { mark: "", made: Number.POSITIVE_INFINITY };
  }
}

function isLeft({ mark, made }: Found): boolean {
  const age = Date.now() - made;
  if (mark === "") return age > longestUnnamed;
  return isGone(mark) ?? age > longestUnknown;
}
