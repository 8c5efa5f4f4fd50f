import type { HDF5File } from "./file.js";
import type { OpenOptions } from "./open-file.js";
import { claim, hostFor, isWritableMode, missingPath, named, openFile } from "./open-file.js";
import type { Device } from "./storage/device.js";
import { runAsync } from "./storage/drivers.js";
import type { Source } from "./storage/sources.js";
import { openDevice } from "./storage/sources.js";

/**
 * Opens an HDF5 file: a path or `file:` URL, an HTTP(S) URL (read by ranges), a `Blob`, bytes, an OPFS sync access
 * handle, or anything with `size` and `read(offset, length)`.
 *
 * Bytes opened with `r+` are copied; `file.bytes()` gives the result.
 *
 * @throws HDF5Error `not-found` when there is no such file, `corrupt` when it is not HDF5 or damaged.
 */
export async function open(source: Source, options: OpenOptions = {}): Promise<HDF5File> {
  const writable = isWritableMode(options.mode);
  const missing = missingPath(source, options);
  // The writing half is loaded when it is first needed: pages that only read never fetch it.
  if (missing !== null) return (await import("./create.js")).create(missing, options);
  const editor = writable ? (await import("./objects/editor.js")).editor : null;
  const release = writable ? claim(source) : undefined;
  let device: Device | undefined;
  try {
    device = await openDevice(source, { ...options, mode: writable ? "r+" : "r" });
    const host = hostFor(device, options);
    return await runAsync(openFile(host, options, editor, { release }), host, { signal: options.signal });
  } catch (error) {
    await device?.close();
    release?.();
    throw named(error, device);
  }
}
