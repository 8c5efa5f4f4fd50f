import { createSync } from "./create.js";
import type { HDF5File } from "./file.js";
import type { OpenOptions } from "./open-file.js";
import { fileExists, localPath, realPath } from "./storage/local-files.js";
import type { Source } from "./storage/sources.js";
import { resolveSource } from "./storage/sources.js";
import { claimForWriting } from "./storage/write-claims.js";

export { editor } from "./objects/editor.js";
export { exclusively } from "./storage/exclusion.js";

/** The local path that mode "a" is to create a file at, or `null`. */
export function missingPath(source: Source, options: OpenOptions): string | null {
  if (options.mode !== "a") return null;
  const resolved = resolveSource(source);
  if (resolved.kind !== "path") return null;
  const path = localPath(resolved.path);
  return fileExists(path) ? null : path;
}

/** Creates the file of {@link missingPath}. */
export function createMissing(path: string, { durability, limits, locking }: OpenOptions): HDF5File {
  return createSync(path, { durability, limits, locking });
}

/** Claims a local file for writing; answers what gives the claim back. */
export function claim(source: Source): (() => void) | undefined {
  const resolved = resolveSource(source);
  return resolved.kind === "path" ? claimForWriting(realPath(localPath(resolved.path))) : undefined;
}
