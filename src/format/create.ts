import { HDF5Error, invalidArgument } from "./errors.js";
import type { FileHooks } from "./file.js";
import { HDF5File } from "./file.js";
import type { CreateStateOptions } from "./objects/create-state.js";
import { createState } from "./objects/create-state.js";
import type { Device } from "./storage/device.js";
import { openLocalFileDevice, openLocalFileDeviceSync } from "./storage/local-file-device.js";
import { fileExists, localPath, realPath, removeFile, renameOver, temporaryPathBeside } from "./storage/local-files.js";
import { MemoryDevice } from "./storage/memory-device.js";
import { openDeviceSync } from "./storage/open-device-sync.js";
import { resolveSource } from "./storage/sources.js";
import type { SyncAccessHandle } from "./storage/sync-access-handle-device.js";
import { claimForWriting } from "./storage/write-claims.js";

/** How a new file is created. */
export interface CreateOptions extends CreateStateOptions {
  /** Replace an existing file, at the first flush. Default false. */
  readonly overwrite?: boolean;
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
