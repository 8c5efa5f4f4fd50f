import type { Device } from "./device.js";
import { lockFor } from "./file-lock.js";
import { openLocalFileDevice, openLocalFileDeviceSync } from "./local-file-device.js";
import type { OpenDeviceOptions, ResolvedSource } from "./sources.js";
import { SyncAccessHandleDevice } from "./sync-access-handle-device.js";

/** A source that is a file of this machine: of the runtime's file system, or of the browser's private one. */
export type LocalSource = Extract<ResolvedSource, { kind: "path" | "sync-access-handle" }>;

/** Opens a file of this machine without blocking. */
export async function openLocalDevice(resolved: LocalSource, options: OpenDeviceOptions): Promise<Device> {
  const { mode = "r", locking } = options;
  if (resolved.kind === "path") {
    return openLocalFileDevice(resolved.path, { mode, lock: lockFor(locking, mode === "r+") });
  }
  return new SyncAccessHandleDevice(resolved.handle, { writable: mode === "r+" });
}

/** {@link openLocalDevice}, at once. */
export function openLocalDeviceSync(resolved: LocalSource, options: OpenDeviceOptions): Device {
  const { mode = "r", locking } = options;
  if (resolved.kind === "path") {
    return openLocalFileDeviceSync(resolved.path, { mode, lock: lockFor(locking, mode === "r+") });
  }
  return new SyncAccessHandleDevice(resolved.handle, { writable: mode === "r+" });
}
