import type { Device } from "./device.js";
import { syncUnavailable } from "./device-errors.js";
import { openLocalDeviceSync } from "./local-devices.js";
import type { OpenDeviceOptions } from "./sources.js";
import { openResolved, resolveSource } from "./sources.js";

/** Opens a source at once; those that can be read only asynchronously raise `sync-unavailable`. */
export function openDeviceSync(source: unknown, options: OpenDeviceOptions = {}): Device {
  const resolved = resolveSource(source);
  if (resolved.kind === "path" || resolved.kind === "sync-access-handle") return openLocalDeviceSync(resolved, options);
  if (resolved.kind === "url") throw syncUnavailable(resolved.url);
  const device = openResolved(resolved, options);
  if (device.readSync === undefined) throw syncUnavailable(device.name);
  return device;
}
