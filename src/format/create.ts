import type { Known } from "../arguments/known-options.js";
import type { Synonyms } from "../arguments/option-problem.js";
import { HDF5Error, invalidArgument } from "./errors.js";
import type { FileHooks } from "./file.js";
import { HDF5File } from "./file.js";
import type { CreateStateOptions } from "./objects/create-state.js";
import { createState, createStateNames } from "./objects/create-state.js";
import { changed } from "./objects/last-seen.js";
import { withoutAliases } from "./objects/option-aliases.js";
import { requireOptions } from "./objects/required-options.js";
import type { Device } from "./storage/device.js";
import type { FileLock, Locking } from "./storage/file-lock.js";
import { lockFor } from "./storage/file-lock.js";
import type { LocalDevice } from "./storage/local-file-device.js";
import { openLocalFileDevice, openLocalFileDeviceSync } from "./storage/local-file-device.js";
import {
  emptyFile,
  fileExists,
  identityAt,
  localPath,
  realPath,
  removeFile,
  renameOver,
} from "./storage/local-files.js";
import { MemoryDevice } from "./storage/memory-device.js";
import { openDeviceSync } from "./storage/open-device-sync.js";
import { resolveSource } from "./storage/sources.js";
import type { SyncAccessHandle } from "./storage/sync-access-handle-device.js";
import { removeLeftovers, temporaryPathBeside } from "./storage/temporary-file.js";
import { claimForWriting } from "./storage/write-claims.js";

/** How a new file is created. */
export interface CreateOptions extends CreateStateOptions {
  /** Replace an existing file, at the first flush. Default false. */
  readonly overwrite?: boolean;
  /** Whether a local file is locked, as for `open`. Default `"best-effort"`. */
  readonly locking?: Locking;
}

const createNames: Known<CreateOptions> = {
  ...createStateNames,
  overwrite: "boolean",
  locking: [true, false, "best-effort"],
};

/** The options of a new file in one spelling. */
function createOptions(options: CreateOptions): CreateOptions {
  requireOptions("create", options, createNames, createSynonyms);
  return withoutAliases(options, { track_order: "trackOrder", userblock_size: "userBlockSize" });
}

const createSynonyms: Synonyms = { mode: "overwrite", version: "libver", format: "libver" };

/**
 * Creates an HDF5 file: at a path, on an OPFS sync access handle (whose content is replaced), or in memory.
 *
 * By default every libhdf5 since 1.8 can read and edit it; `libver: "earliest"` writes what h5py does by default.
 * Nothing reaches a path before the first flush that a crash could mistake for a file.
 *
 * @throws HDF5Error `exists` when there is a file and `overwrite` is not set, `locked` when another program has it open.
 */
export async function create(target?: string | URL | SyncAccessHandle, given: CreateOptions = {}): Promise<HDF5File> {
  const options = createOptions(given);
  const place = placeOf(target, options);
  if (place.kind === "device") return newFile(place.device, options, {});
  const { path, beside, lock } = place;
  let replaced: LocalDevice | undefined;
  try {
    if (beside !== null) replaced = await openLocalFileDevice(path, { mode: "r", lock });
    const how = { mode: "create-new", lock, isTemporary: beside !== null } as const;
    const device = await openLocalFileDevice(beside ?? path, how);
    return newFile(device, options, hooksOf(place, device, replaced));
  } catch (error) {
    replaced?.closeSync?.();
    place.release();
    throw error;
  }
}

/** {@link create}, at once. */
export function createSync(target?: string | URL | SyncAccessHandle, given: CreateOptions = {}): HDF5File {
  const options = createOptions(given);
  const place = placeOf(target, options);
  if (place.kind === "device") return newFile(place.device, options, {});
  const { path, beside, lock } = place;
  let replaced: LocalDevice | undefined;
  try {
    if (beside !== null) replaced = openLocalFileDeviceSync(path, { mode: "r", lock });
    const how = { mode: "create-new", lock, isTemporary: beside !== null } as const;
    const device = openLocalFileDeviceSync(beside ?? path, how);
    return newFile(device, options, hooksOf(place, device, replaced));
  } catch (error) {
    replaced?.closeSync?.();
    place.release();
    throw error;
  }
}

/**
 * A new file in an empty one, as libhdf5 does when it opens that for writing: a program that was killed before its first
 * flush leaves one. `null` where the file is not empty.
 */
export function createInEmptySync(path: string, options: CreateOptions): HDF5File | null {
  const release = claimForWriting(realPath(path));
  let device: LocalDevice | undefined;
  try {
    device = openLocalFileDeviceSync(path, { mode: "r+", lock: lockFor(options.locking, true) });
    if (device.size === 0) {
      const empty = device;
      const discard = (): void => {
        if (hasOurSize(path, empty)) emptyFile(path, empty.identity);
      };
      return newFile(device, options, { release, discard });
    }
  } catch (error) {
    device?.closeSync?.();
    release();
    throw error;
  }
  device.closeSync?.();
  release();
  return null;
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

/** Where a new file goes: onto a device, or to a path. */
type Place = { readonly kind: "device"; readonly device: Device } | PathPlace;

interface PathPlace {
  readonly kind: "path";
  readonly path: string;
  /** Where the file is built that replaces the one at `path`; `null` where there is none yet. */
  readonly beside: string | null;
  readonly lock: FileLock | null;
  /** Gives the claim on the path back. */
  readonly release: () => void;
}

function placeOf(target: string | URL | SyncAccessHandle | undefined, options: CreateOptions): Place {
  if (target === undefined) return { kind: "device", device: new MemoryDevice(undefined, { writable: true }) };
  const resolved = resolveSource(target);
  if (resolved.kind === "sync-access-handle") {
    const device = openDeviceSync(resolved.handle, { mode: "r+" });
    device.truncateSync?.(0);
    return { kind: "device", device };
  }
  if (resolved.kind !== "path") {
    throw invalidArgument("a file is created at a path, on a sync access handle, or (without target) in memory");
  }
  const path = localPath(resolved.path);
  const lock = lockFor(options.locking, true);
  const exists = fileExists(path);
  if (exists && options.overwrite !== true) {
    throw new HDF5Error("exists", `${path} exists already; pass overwrite: true to replace it`);
  }
  const release = claimForWriting(realPath(path));
  return { kind: "path", path, beside: exists ? temporaryPathBeside(path) : null, lock, release };
}

/** Whether the file at `path` has what was written here only: what others have put there is theirs. */
function hasOurSize(path: string, device: LocalDevice): boolean {
  return identityAt(path)?.size === BigInt(device.size);
}

/** What happens to the file outside its bytes. `replaced` is the one in its place, held locked. */
function hooksOf(
  { path, beside, release }: PathPlace,
  device: LocalDevice,
  replaced: LocalDevice | undefined,
): FileHooks {
  if (beside === null) return { release, discard: () => hasOurSize(path, device) && removeFile(path, device.identity) };
  const before = replaced?.version();
  removeLeftovers(path);
  return {
    place: () => {
      // What is replaced is what was there when this was asked for.
      if (replaced?.version() !== before) throw changed(path);
      renameOver(beside, path);
      device.movedTo(path);
      replaced?.closeSync?.();
    },
    discard: () => removeFile(beside, device.identity),
    release: () => {
      replaced?.closeSync?.();
      release();
    },
  };
}
