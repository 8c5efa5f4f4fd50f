import { HDF5Error, invalidArgument } from "./errors.js";
import type { FileHooks } from "./file.js";
import { HDF5File } from "./file.js";
import type { Limits } from "./limits.js";
import type { Editor } from "./objects/editor.js";
import { ForeignFiles } from "./objects/foreign-files.js";
import { limitsFrom, openState } from "./objects/open-state.js";
import { openRoot } from "./objects/resolve-path.js";
import type { Resolver } from "./objects/resolver.js";
import type { Device } from "./storage/device.js";
import type { HttpOptions } from "./storage/http-device.js";
import { fileExists, localPath, realPath } from "./storage/local-files.js";
import type { Host, Operation } from "./storage/operation.js";
import { delegate } from "./storage/operation.js";
import { PageCache } from "./storage/page-cache.js";
import type { Source } from "./storage/sources.js";
import { resolveSource } from "./storage/sources.js";
import type { Durability } from "./storage/transaction.js";
import { claimForWriting } from "./storage/write-claims.js";

/** How an existing file is opened. */
export interface OpenOptions extends HttpOptions {
  /** `r` to read (default), `r+` to read and write, `a` like `r+` but creating a local file that is missing. */
  readonly mode?: "r" | "r+" | "a";
  /** What the file may make this library do. */
  readonly limits?: Partial<Limits>;
  /** When changes are durable: after each flush (`full`, default), never forced (`process`), or `onClose`. */
  readonly durability?: Durability;
  /**
   * Finds the files that this one refers to: those of external links, external raw data and virtual datasets, and the
   * parts of a family, multi or split file. They are opened for reading and closed with this file. Without a resolver
   * they are refused; `directoryResolver(directory)` allows those of one directory.
   */
  readonly resolver?: Resolver;
}

/** What a device is read through. */
export function hostFor(device: Device, options: OpenOptions): Host {
  return { device, cache: new PageCache(device, { budget: limitsFrom(options.limits).cacheBytes }) };
}

/** Opens what a host has; with an editor it can be changed. */
export function* openFile(
  host: Host,
  options: OpenOptions,
  editor: Editor | null,
  hooks: FileHooks,
): Operation<HDF5File> {
  const { limits, durability, resolver } = options;
  if (resolver !== undefined && typeof resolver !== "function")
    throw invalidArgument("the resolver must be a function");
  const foreign = resolver === undefined ? null : new ForeignFiles(resolver, limitsFrom(limits));
  const state = yield* openState(host.device, host.cache, { limits, durability, editor, foreign });
  const root = yield* delegate(state, () => openRoot(state));
  if (root.kind !== "group") throw new HDF5Error("corrupt", "the root object is not a group");
  const release = (): void => {
    hooks.release?.();
    foreign?.close();
  };
  return new HDF5File(state, root, { ...hooks, release });
}

/** Whether the mode asks for changes. */
export function isWritableMode(mode: OpenOptions["mode"]): boolean {
  if (mode === undefined || mode === "r") return false;
  if (mode === "r+" || mode === "a") return true;
  throw invalidArgument(`the mode is "r", "r+" or "a", not ${JSON.stringify(mode)}; use create() for a new file`);
}

/** The local path that mode "a" is to create a file at, or `null`. */
export function missingPath(source: Source, options: OpenOptions): string | null {
  if (options.mode !== "a") return null;
  const resolved = resolveSource(source);
  if (resolved.kind !== "path") return null;
  const path = localPath(resolved.path);
  return fileExists(path) ? null : path;
}

/** Claims a local file for writing; answers what gives the claim back. */
export function claim(source: Source): (() => void) | undefined {
  const resolved = resolveSource(source);
  return resolved.kind === "path" ? claimForWriting(realPath(localPath(resolved.path))) : undefined;
}

/** `error` with the file's name in front. */
export function named(error: unknown, device: Device | undefined): unknown {
  if (!(error instanceof HDF5Error) || device === undefined || error.message.startsWith(device.name)) return error;
  error.message = `${device.name}: ${error.message}`;
  return error;
}
