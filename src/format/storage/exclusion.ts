import { HDF5Error } from "../errors.js";
import type { Device } from "./device.js";
import type { Operation } from "./operation.js";
import { awaited } from "./operation.js";

/** Others write for as long as a commit takes. */
const longestWait = 10_000;
const longestPause = 20;

/**
 * Keeps others of this library from writing to a device, when those that do have finished; answers what lets them in
 * again.
 *
 * @throws HDF5Error `locked` when one of them takes too long
 */
export function* exclude(device: Device): Operation<() => void> {
  const end = Date.now() + longestWait;
  for (let pause = 1; ; pause = Math.min(longestPause, 2 * pause)) {
    const release = device.tryExclude === undefined ? () => {} : device.tryExclude();
    if (release !== null) return release;
    if (Date.now() > end) {
      throw new HDF5Error(
        "locked",
        `${device.name}: another program has been writing to it for ${longestWait / 1000} seconds`,
      );
    }
    // Two that wait are not to ask in step.
    const duration = pause * (0.5 + Math.random());
    yield* awaited<void>((atOnce) => (atOnce ? sleep(duration) : later(duration)));
  }
}

/** Runs an operation while others are kept from writing. */
export function* exclusively<Result>(device: Device, start: () => Operation<Result>): Operation<Result> {
  const release = yield* exclude(device);
  try {
    yield* awaited<void>((atOnce) => device.refresh?.(atOnce));
    return yield* start();
  } finally {
    release();
  }
}

function later(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

/** Nothing else could run meanwhile: the caller asked for an answer at once. */
function sleep(duration: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
}
