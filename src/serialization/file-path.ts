import { invalidArgument, lookingAt } from "./errors.js";
import { builtinModule } from "./runtime-module.js";

interface PathModule {
  readonly sep: string;
  isAbsolute(path: string): boolean;
  resolve(path: string): string;
}

/** A step to the folder above, which leads elsewhere than the text says where a link is passed. */
const parent = /(?:^|[\\/])\.\.(?:[\\/]|$)/;

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
   * The path made absolute against the current directory, which is the form that is stored. One that is absolute stays
   * as it is, as do `..` in it. Where there is no current directory, or none that may be known, any path stays as it is.
   */
  absolute(): FilePath {
    try {
      const module = builtinModule("node:path") as PathModule | undefined;
      if (module === undefined || module.isAbsolute(this.path)) return this;
      if (!parent.test(this.path)) return filePath(module.resolve(this.path));
      const directory = module.resolve(".");
      return filePath(`${directory}${directory.endsWith(module.sep) ? "" : module.sep}${this.path}`);
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
