import { invalidArgument, lookingAt } from "./errors.js";
import { builtinModule } from "./runtime-module.js";

interface PathModule {
  resolve(path: string): string;
}

/** A path of the file system, as distinct from a string; Python reads it as a `pathlib.Path`. */
export class FilePath {
  readonly path: string;

  constructor(path: string | FilePath) {
    const text = typeof path !== "string" && lookingAt(() => isFilePath(path)) ? path.path : path;
    if (typeof text !== "string") throw invalidArgument("a FilePath is made from a string");
    if (text.includes("\0")) throw invalidArgument("a FilePath cannot contain a NUL character");
    this.path = text;
  }

  /**
   * The path made absolute against the current directory, which is the form that is stored. Where there is no
   * current directory, or none that may be known, the path stays as it is.
   */
  absolute(): FilePath {
    try {
      const module = builtinModule("node:path") as PathModule | undefined;
      return module === undefined ? this : filePath(module.resolve(this.path));
    } catch {
      // The directory has been removed, or is not to be known.
      return this;
    }
  }

  toString(): string {
    return this.path;
  }

  toJSON(): string {
    return this.path;
  }
}

function isFilePath(value: unknown): value is FilePath {
  return value instanceof FilePath;
}

function filePath(path: string): FilePath {
  return new FilePath(path);
}
