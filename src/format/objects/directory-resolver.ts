import { invalidArgument, UnsupportedFeatureError } from "../errors.js";
import { fileError, fileSystem, isDirectory, localPath, pathModule, realPath } from "../storage/local-files.js";
import type { Resolver } from "./resolver.js";

/** What begins a URL or, on Windows, an absolute path. */
const scheme = /^[a-z][a-z0-9+.-]*:/i;

/**
 * A resolver for the files of one directory and those below it (Node, Deno, Bun). Names are looked up beside the file
 * that asks, where that is in the directory, else in the directory itself.
 *
 * Absolute paths, `..`, URLs, symbolic links that lead out of the directory, and what is no plain file are refused.
 */
export function directoryResolver(directory: string | URL): Resolver {
  const path = pathModule();
  const fs = fileSystem();
  const root = realPath(localPath(directory));
  if (!isDirectory(root)) throw invalidArgument(`${root} is not a directory`);
  const isWithin = (file: string): boolean => {
    const way = path.relative(root, file);
    return way !== ".." && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
  };
  const placeOf = (from: string): string => {
    if (scheme.test(from) && !path.isAbsolute(from)) return root;
    try {
      const place = path.dirname(fs.realpathSync(from));
      return isWithin(place) ? place : root;
    } catch {
      // The file that asks need not be a local one.
      return root;
    }
  };
  return (name, { from }) => {
    if (name === "" || name.includes("\0")) throw refused(name, "it is no file name");
    if (scheme.test(name)) throw refused(name, "it is a URL or an absolute path");
    if (/^[\\/]/.test(name) || path.isAbsolute(name)) throw refused(name, "it is an absolute path");
    if (name.split(/[\\/]/).includes("..")) throw refused(name, 'it has ".."');
    const wanted = path.join(placeOf(from), name);
    let file: string;
    try {
      file = fs.realpathSync(wanted);
      if (!isWithin(file)) throw refused(name, "it leads out of the directory");
      if (!fs.statSync(file).isFile()) throw refused(name, "it is no plain file");
    } catch (error) {
      const failure = fileError(error, wanted);
      if (failure.code === "not-found") return null;
      throw failure;
    }
    return file;
  };
}

function refused(name: string, reason: string): UnsupportedFeatureError {
  return new UnsupportedFeatureError(
    "a file outside the directory of the resolver",
    `the file ${JSON.stringify(name)} is not opened: ${reason}, and the resolver allows one directory only`,
  );
}
