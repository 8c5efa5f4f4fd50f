import { createSync } from "./create.js";
import type { HDF5File } from "./file.js";
import { editor } from "./objects/editor.js";
import type { OpenOptions } from "./open-file.js";
import { claim, hostFor, isWritableMode, missingPath, named, openFile } from "./open-file.js";
import type { Device } from "./storage/device.js";
import { runSync } from "./storage/drivers.js";
import type { Source } from "./storage/sources.js";
import { openDeviceSync } from "./storage/sources.js";

/**
 * Opens an HDF5 file at once, for sources that can be read synchronously: paths, bytes, sync access handles.
 *
 * @throws HDF5Error `sync-unavailable` for other sources; otherwise as `open`.
 */
export function openSync(source: Source, options: OpenOptions = {}): HDF5File {
  const writable = isWritableMode(options.mode);
  const missing = missingPath(source, options);
  if (missing !== null) return createSync(missing, options);
  const release = writable ? claim(source) : undefined;
  let device: Device | undefined;
  try {
    device = openDeviceSync(source, { ...options, mode: writable ? "r+" : "r" });
    const host = hostFor(device, options);
    return runSync(openFile(host, options, writable ? editor : null, { release }), host);
  } catch (error) {
    device?.closeSync?.();
    release?.();
    throw named(error, device);
  }
}
