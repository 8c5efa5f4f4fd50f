import type { Device } from "./device.js";
import type { Operation } from "./operation.js";
import { awaited } from "./operation.js";

/** Closes a device that was opened for reading. */
export function* closeDevice(device: Device): Operation<void> {
  yield* awaited<void>((atOnce) => (atOnce && device.closeSync !== undefined ? device.closeSync() : device.close()));
}
