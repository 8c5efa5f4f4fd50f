import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument, lookingAt, UnsupportedFeatureError } from "../errors.js";
import {
  absolutePath,
  fileError,
  fileSystem,
  isDirectory,
  localPath,
  pathModule,
  realPath,
} from "../storage/local-files.js";
import type { Resolver } from "./resolver.js";

/** What begins a URL. */
const scheme = /^[a-z][a-z0-9+.-]*:/i;
/** What begins an absolute path, of Windows too: files know nothing of the system that they are copied to. */
const absolute = /^([a-z]:)?[\\/]/i;

/** Components of an absolute path that are looked for. */
const mostComponents = 8;

/**
 * A resolver for the files of one directory and those below it (Node, Deno, Bun). Names are looked up as libhdf5 does,
 * but never outside the directory:
 *
 * - a relative name, which may have `..`, beside the file that asks, where that is in the directory, then in the
 *   directory itself;
 * - an absolute path where it lies in the directory; else what its last components name, as many as possible, beside
 *   the file that asks or in the directory itself (libhdf5 takes the last one, beside the file). So files that were
 *   written elsewhere are found when they are copied together.
 *
 * What only lies outside the directory is refused, be it by a path or by a symbolic link; so are URLs and what is no
 * plain file.
 */
export function directoryResolver(directory: string | URL): Resolver {
  const isPath = typeof directory === "string";
  if (!isPath && lookingAt(() => Object.prototype.toString.call(directory) !== "[object URL]")) {
    throw invalidArgument(`a directory is a path or a file: URL, not ${describeValue(directory)}`);
  }
  const path = pathModule();
  const fs = fileSystem();
  const given = absolutePath(localPath(directory));
  const root = realPath(given);
  if (!isDirectory(root)) throw invalidArgument(`${root} is not a directory`);
  const liesIn = (outer: string, file: string): boolean => {
    const way = path.relative(outer, file);
    return way !== ".." && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
  };

  const isInside = (file: string): boolean => liesIn(root, file) || liesIn(given, file);

  /** The directories to look in for a file that `from` asks for. */
  const placesOf = (from: string): string[] => {
    const places = new Set<string>();
    if (!scheme.test(from) || path.isAbsolute(from)) {
      // Beside the name under which a file was opened, and beside the file itself where that is a symbolic link.
      for (const place of [() => fs.realpathSync(path.dirname(from)), () => path.dirname(fs.realpathSync(from))]) {
        try {
          places.add(place());
        } catch {
          // The file that asks need not be a local one.
        }
      }
    }
    return [...[...places].filter((place) => liesIn(root, place)), root];
  };

  /** The plain file at a path in the directory; `null` where there is none. */
  const fileAt = (wanted: string, name: string): string | null => {
    try {
      const file = fs.realpathSync(wanted);
      if (!liesIn(root, file)) throw refused(name, "it leads out of the directory");
      if (!fs.statSync(file).isFile()) throw refused(name, "it is no plain file");
      return file;
    } catch (error) {
      const failure = fileError(error, wanted);
      if (failure.code === "not-found") return null;
      throw failure;
    }
  };

  return (name, { from }) => {
    if (name === "" || name.includes("\0")) throw refused(name, "it is no file name");
    const isAbsolute = absolute.test(name);
    if (!isAbsolute && scheme.test(name)) throw refused(name, "it is a URL");
    let isOutside = isAbsolute && !(path.isAbsolute(name) && isInside(name));
    const names = isAbsolute ? endings(name) : [name];
    // Where a backslash separates nothing, the name may come from a system where it does.
    if (!isAbsolute && name.includes("\\") && path.sep === "/") names.push(name.replaceAll("\\", "/"));
    const places = placesOf(from);
    const ways = names.map((each) => places.map((place) => path.join(place, each)));
    if (isAbsolute && !isOutside) ways.unshift([name]);
    for (const way of ways) {
      const inside = way.filter(isInside);
      isOutside ||= inside.length === 0;
      for (const wanted of inside) {
        const file = fileAt(wanted, name);
        if (file !== null) return file;
      }
    }
    if (isOutside) throw refused(name, "it leads out of the directory, which has no file of that name");
    return null;
  };
}

/** Relative paths that an absolute one ends with, the longest first. */
function endings(name: string): string[] {
  const components: string[] = [];
  for (const component of name.replace(/^[a-z]:/i, "").split(/[\\/]/)) {
    if (component === "..") components.pop();
    else if (component !== "" && component !== ".") components.push(component);
  }
  const last = components.slice(-mostComponents);
  return last.map((_, index) => last.slice(index).join("/"));
}

function refused(name: string, reason: string): UnsupportedFeatureError {
  return new UnsupportedFeatureError(
    "a file outside the directory of the resolver",
    `the file ${JSON.stringify(name)} is not opened: ${reason}, and the resolver allows one directory only`,
  );
}
