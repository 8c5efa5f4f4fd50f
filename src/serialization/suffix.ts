/** The path that an object is saved to: what the caller asked for, with the class's extension where it has none. */

import { invalidArgument } from "./errors.js";
import { builtinModule } from "./runtime-module.js";

/**
 * What `save` does about the suffix of a path: `true` adds the class's extension unless the path ends with it or with one
 * that HDF5 files usually have, `false` takes the path as it is, `"replace"` puts the extension in the place of any
 * suffix, as Python's library does.
 */
export type ExtensionRule = boolean | "replace";

/** Suffixes of HDF5 files and of formats that are built on HDF5. */
const usual = /\.(?:h5|hdf5?|he5|hdf-5|h5ad|h5md|h5part|nc|nc4|nxs|nx5|mat|jld2?|loom|cxi|cgns|fast5|mnc)$/i;
const suffix = /(?<=[^/\\])\.[^./\\]+$/;

/** A path or URL as {@link ExtensionRule} says; other targets as they are. */
export function withSuffix<Target>(target: Target, extension: string, rule: ExtensionRule): Target {
  if (target === undefined || target === null) {
    throw invalidArgument("save needs a path or another target; toBytes() answers the bytes of a file");
  }
  if (typeof target === "string") {
    return (
      /^file:\/\//i.test(target) ? withSuffix(new URL(target), extension, rule).href : placeFor(target, extension, rule)
    ) as Target;
  }
  if (!isURL(target)) return target;
  const url = new URL(target);
  url.pathname = placeFor(url.pathname, extension, rule);
  if (url.pathname !== target.pathname) requireNoDirectory(target);
  return url as Target;
}

function isURL(target: unknown): target is URL {
  return !ArrayBuffer.isView(target) && Object.prototype.toString.call(target) === "[object URL]";
}

function placeFor(path: string, extension: string, rule: ExtensionRule): string {
  if (path === "") throw invalidArgument("save needs a path, not an empty string");
  if (/[/\\]$|(?:^|[/\\])\.{1,2}$/.test(path)) throw invalidArgument(`${path} is a directory: give the file a name`);
  if (rule === false) return path;
  if (rule === "replace") return suffix.test(path) ? path.replace(suffix, extension) : path + extension;
  if (path.toLowerCase().endsWith(extension.toLowerCase()) || usual.test(path)) return path;
  requireNoDirectory(path);
  return path + extension;
}

interface FileSystem {
  statSync(path: unknown, options: { readonly throwIfNoEntry: false }): { isDirectory(): boolean } | undefined;
}

/** Whoever names a directory means a file in it. */
function requireNoDirectory(path: string | URL): void {
  let isDirectory = false;
  try {
    const fs = builtinModule("node:fs") as FileSystem | undefined;
    isDirectory = fs?.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    // What is there may not be looked at, or is found out when the file is made.
  }
  if (isDirectory) throw invalidArgument(`${String(path)} is a directory: give the file a name`);
}
