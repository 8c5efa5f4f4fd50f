import { createInEmptySync, createSync } from "./create.js";
import type { HDF5File } from "./file.js";
import type { OpenOptions } from "./open-file.js";
import { identityAt, localPath, realPath } from "./storage/local-files.js";
import type { Source } from "./storage/sources.js";
import { resolveSource } from "./storage/sources.js";
import { claimForWriting } from "./storage/write-claims.js";

export { editor } from "./objects/editor.js";
export { exclusively } from "./storage/exclusion.js";

/**
 * A new file where a local one that is opened for changes is empty or, in mode "a", missing; `null` where there is one
 * to open.
 */
export function createWhereNone(source: Source, options: OpenOptions): HDF5File | null {
  const resolved = resolveSource(source);
  if (resolved.kind !== "path") return null;
  const path = localPath(resolved.path);
  const there = identityAt(path);
  const { mode, durability, limits, locking } = options;
  if (there === null) return mode === "a" ? createSync(path, { durability, limits, locking }) : null;
  return there.isFile() && there.size === 0n ? createInEmptySync(path, { durability, limits, locking }) : null;
}

/** Claims a local file for writing; answers what gives the claim back. */
export function claim(source: Source): (() => void) | undefined {
  const resolved = resolveSource(source);
  return resolved.kind === "path" ? claimForWriting(realPath(localPath(resolved.path))) : undefined;
}
