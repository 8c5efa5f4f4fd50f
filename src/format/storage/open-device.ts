import type { Device } from "./device.js";
import { openHttpDevice } from "./http-device.js";
import { OnDemand } from "./on-demand.js";
import type { OpenDeviceOptions } from "./sources.js";
import { openResolved, refuseWriting, resolveSource } from "./sources.js";

const localDevices = new OnDemand("local files", () => import("./local-devices.js"));

/** Opens a source without blocking. What only files of this machine need is loaded with the first of them. */
export async function openDevice(source: unknown, options: OpenDeviceOptions = {}): Promise<Device> {
  const resolved = resolveSource(source);
  if (resolved.kind === "path" || resolved.kind === "sync-access-handle") {
    return (await localDevices.load()).openLocalDevice(resolved, options);
  }
  if (resolved.kind !== "url") return openResolved(resolved, options);
  refuseWriting(resolved.url, options);
  return openHttpDevice(resolved.url, options, resolved.request);
}
