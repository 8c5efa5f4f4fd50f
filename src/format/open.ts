import { HDF5Error, invalidArgument } from "./errors.js";
import type { FileHooks } from "./file.js";
import { HDF5File } from "./file.js";
import type { Limits } from "./limits.js";
import type { CreateStateOptions } from "./objects/create-state.js";
import { createState } from "./objects/create-state.js";
import { limitsFrom, openState } from "./objects/open-state.js";
import { openRoot } from "./objects/resolve-path.js";
import type { Device } from "./storage/device.js";
import { runAsync, runSync } from "./storage/drivers.js";
import type { HttpOptions } from "./storage/http-device.js";
import { openLocalFileDevice, openLocalFileDeviceSync } from "./storage/local-file-device.js";
import { fileExists, localPath, realPath, removeFile, renameOver, temporaryPathBeside } from "./storage/local-files.js";
import { MemoryDevice } from "./storage/memory-device.js";
import type { Operation } from "./storage/operation.js";
import { PageCache } from "./storage/page-cache.js";
import type { Source } from "./storage/sources.js";
import { openDevice, openDeviceSync, resolveSource } from "./storage/sources.js";
import type { SyncAccessHandle } from "./storage/sync-access-handle-device.js";
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
}

/** How a new file is created. */
export interface CreateOptions extends CreateStateOptions {
  /** Replace an existing file, at the first flush. Default false. */
  readonly overwrite?: boolean;
}

/**
 * Opens an HDF5 file: a path or `file:` URL, an HTTP(S) URL (read by ranges), a `Blob`, bytes, an OPFS sync access
 * handle, or anything with `size` and `read(offset, length)`.
 *
 * Bytes opened with `r+` are copied; `file.bytes()` gives the result.
 *
 * @throws HDF5Error `not-found` when there is no such file, `corrupt` when it is not HDF5 or damaged.
 */
export async function open(source: Source, options: OpenOptions = {}): Promise<HDF5File> {
  if (createsMissing(source, options)) return create(source as string | URL, options);
  const writable = checkMode(options.mode) !== "r";
  const release = writable ? claim(source) : undefined;
  let device: Device | undefined;
  try {
    device = await openDevice(source, { ...options, mode: writable ? "r+" : "r" });
    const host = { device, cache: new PageCache(device, { budget: limitsFrom(options.limits).cacheBytes }) };
    return await runAsync(openFile(host, options, writable, { release }), host, { signal: options.signal });
  } catch (error) {
    await device?.close();
    release?.();
    throw named(error, device);
  }
}

/** {@link open}, at once; for sources that can be read synchronously. */
export function openSync(source: Source, options: OpenOptions = {}): HDF5File {
  if (createsMissing(source, options)) return createSync(source as string | URL, options);
  const writable = checkMode(options.mode) !== "r";
  const release = writable ? claim(source) : undefined;
  let device: Device | undefined;
  try {
    device = openDeviceSync(source, { ...options, mode: writable ? "r+" : "r" });
    const host = { device, cache: new PageCache(device, { budget: limitsFrom(options.limits).cacheBytes }) };
    return runSync(openFile(host, options, writable, { release }), host);
  } catch (error) {
    device?.closeSync?.();
    release?.();
    throw named(error, device);
  }
}

function* openFile(
  host: { readonly device: Device; readonly cache: PageCache },
  options: OpenOptions,
  writable: boolean,
  hooks: FileHooks,
): Operation<HDF5File> {
  const { limits, durability } = options;
  const state = yield* openState(host.device, host.cache, { limits, durability, writable });
  const root = yield* openRoot(state);
  if (root.kind !== "group") throw new HDF5Error("corrupt", "the root object is not a group");
  return new HDF5File(state, root, hooks);
}

function checkMode(mode: OpenOptions["mode"]): "r" | "r+" | "a" {
  if (mode === undefined) return "r";
  if (mode === "r" || mode === "r+" || mode === "a") return mode;
  throw invalidArgument(`the mode is "r", "r+" or "a", not ${JSON.stringify(mode)}; use create() for a new file`);
}

function createsMissing(source: Source, options: OpenOptions): boolean {
  if (options.mode !== "a") return false;
  const resolved = resolveSource(source);
  return resolved.kind === "path" && !fileExists(localPath(resolved.path));
}

function claim(source: Source): (() => void) | undefined {
  const resolved = resolveSource(source);
  return resolved.kind === "path" ? claimForWriting(realPath(localPath(resolved.path))) : undefined;
}

/** `error` with the file's name in front. */
function named(error: unknown, device: Device | undefined): unknown {
  if (!(error instanceof HDF5Error) || device === undefined || error.message.startsWith(device.name)) return error;
  error.message = `${device.name}: ${error.message}`;
  return error;
}

/**
 * Creates an HDF5 file: at a path, on an OPFS sync access handle (whose content is replaced), or in memory.
 *
 * By default every libhdf5 since 1.8 can read and edit it; `libver: "earliest"` writes what h5py does by default.
 * Nothing reaches a path before the first flush that a crash could mistake for a file.
 *
 * @throws HDF5Error `exists` when there is a file and `overwrite` is not set.
 */
export async function create(target?: string | URL | SyncAccessHandle, options: CreateOptions = {}): Promise<HDF5File> {
  const place = prepareTarget(target, options);
  try {
    const device =
      typeof place.device === "string" ? await openLocalFileDevice(place.device, { mode: "create-new" }) : place.device;
    return newFile(device, options, place.hooks);
  } catch (error) {
    place.hooks.release?.();
    throw error;
  }
}

/** {@link create}, at once. */
export function createSync(target?: string | URL | SyncAccessHandle, options: CreateOptions = {}): HDF5File {
  const place = prepareTarget(target, options);
  try {
    const device =
      typeof place.device === "string" ? openLocalFileDeviceSync(place.device, { mode: "create-new" }) : place.device;
    return newFile(device, options, place.hooks);
  } catch (error) {
    place.hooks.release?.();
    throw error;
  }
}

function newFile(device: Device, options: CreateOptions, hooks: FileHooks): HDF5File {
  try {
    const state = createState(device, options);
    if (state.root === null) throw new HDF5Error("corrupt", "a new file has no root group");
    return new HDF5File(state, state.root, hooks);
  } catch (error) {
    device.closeSync?.();
    hooks.discard?.();
    throw error;
  }
}

/** A device for a new file, or the path to create one at, and what is to be done with it later. */
interface Target {
  readonly device: Device | string;
  readonly hooks: FileHooks;
}

function prepareTarget(target: string | URL | SyncAccessHandle | undefined, options: CreateOptions): Target {
  if (target === undefined) return { device: new MemoryDevice(undefined, { writable: true }), hooks: {} };
  const resolved = resolveSource(target);
  if (resolved.kind === "sync-access-handle") {
    const device = openDeviceSync(resolved.handle, { mode: "r+" });
    device.truncateSync?.(0);
    return { device, hooks: {} };
  }
  if (resolved.kind !== "path") {
    throw invalidArgument("a file is created at a path, on a sync access handle, or (without target) in memory");
  }
  const path = localPath(resolved.path);
  const exists = fileExists(path);
  if (exists && options.overwrite !== true) {
    throw new HDF5Error("exists", `${path} exists already; pass overwrite: true to replace it`);
  }
  const release = claimForWriting(realPath(path));
  if (!exists) return { device: path, hooks: { release, discard: () => removeFile(path) } };
  const beside = temporaryPathBeside(path);
  const hooks = { release, place: () => renameOver(beside, path), discard: () => removeFile(beside) };
  return { device: beside, hooks };
}
