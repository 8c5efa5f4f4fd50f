import { HDF5Error } from "../errors.js";
import { forEachLimited, orAborted } from "./concurrency.js";
import { runTasksAsync, runTasksSync } from "./decode-tasks.js";
import type { Device } from "./device.js";
import { aborted, checkRange, ioError, readOnly, syncUnavailable } from "./device-errors.js";
import type { Host, Operation, PlannedWrite, ReadRequest, Request, Response } from "./operation.js";
import type { PageCache } from "./page-cache.js";
import type { ReadTuning } from "./read-plan.js";
import { planReads, scatter } from "./read-plan.js";
import { Scratch } from "./scratch.js";

export type { Host } from "./operation.js";

const localReads: ReadTuning = { gap: 4 * 1024, direct: 64 * 1024, longest: 1024 * 1024 };
const remoteReads: ReadTuning = { gap: 64 * 1024, direct: 2 * 1024 * 1024, longest: 8 * 1024 * 1024 };
const localReadsInFlight = 4;
const remoteReadsInFlight = 6;
/** Below this a local read is over sooner than a round through the event loop. */
const shortRead = 32 * 1024;
/** Neighbouring small writes become one of at most this length. */
const longestJoinedWrite = 1024 * 1024;

/** Runs an operation with synchronous calls only. What fails is thrown into the operation, which may roll back. */
export function runSync<Result>(operation: Operation<Result>, host: Host): Result {
  let step = operation.next();
  while (!step.done) {
    let answer: Response;
    try {
      answer = answerSync(step.value, host);
    } catch (error) {
      step = operation.throw(failure(step.value, error, host));
      continue;
    }
    step = operation.next(answer);
  }
  return step.value;
}

/**
 * Runs an operation. What fails, an abort included, is thrown into the operation, which may roll back. An abort takes
 * effect before or after what changes the device, never within.
 */
export async function runAsync<Result>(
  operation: Operation<Result>,
  host: Host,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Result> {
  const { cache } = host;
  const session = cache.openSession();
  let { signal } = options;
  let answer: Response;
  let failed = signal?.aborted ? aborted(signal) : undefined;
  try {
    for (;;) {
      // Said once: what the operation does to roll back is not to be aborted.
      if (failed?.code === "aborted") signal = undefined;
      const before = cache.enter(session);
      let step: IteratorResult<Request, Result>;
      try {
        step = failed === undefined ? operation.next(answer) : operation.throw(failed);
      } finally {
        cache.enter(before);
      }
      if (step.done) return step.value;
      const request = step.value;
      // Only a fetch leaves a decode unfinished.
      if (request.kind !== "fetch") session?.settle();
      answer = undefined;
      failed = signal?.aborted ? aborted(signal) : undefined;
      if (failed !== undefined) continue;
      const changes = changesDevice(request);
      try {
        answer =
          request.kind === "fetch"
            ? await cache.fill(request.ranges, signal, session)
            : await answerAsync(request, host, signal);
        if (!changes && signal?.aborted) failed = aborted(signal);
      } catch (error) {
        failed = failure(request, error, host, changes ? undefined : signal);
      }
    }
  } finally {
    session?.close();
  }
}

function changesDevice({ kind }: Request): boolean {
  return kind === "write" || kind === "truncate" || kind === "barrier";
}

function failure(request: Request, error: unknown, { device }: Host, signal?: AbortSignal): HDF5Error {
  if (request.kind === "decode") return ioError(error, "a filter failed", signal);
  if (request.kind === "await") return ioError(error, "a callback failed", signal);
  return ioError(error, device.name, signal);
}

function answerSync(request: Request, { device, cache }: Host): Response {
  switch (request.kind) {
    case "fetch":
      return cache.fillSync(request.ranges);
    case "read":
      return readSync(device, request);
    case "decode":
      return runTasksSync(request.tasks, device);
    case "write":
      if (device.writeSync === undefined) throw device.writable ? syncUnavailable(device.name) : readOnly(device.name);
      for (const { offset, bytes, flip } of joinWrites(request.writes)) {
        try {
          device.writeSync(offset, bytes, flip);
        } finally {
          cache.invalidate(offset, bytes.length);
        }
      }
      return undefined;
    case "truncate":
      if (device.truncateSync === undefined)
        throw device.writable ? syncUnavailable(device.name) : readOnly(device.name);
      try {
        device.truncateSync(request.size);
      } finally {
        cache.invalidate(request.size, Number.POSITIVE_INFINITY);
      }
      return undefined;
    case "barrier":
      if (device.barrierSync !== undefined) device.barrierSync();
      else if (device.barrier !== undefined) throw syncUnavailable(device.name);
      return undefined;
    case "await": {
      const value = request.start(true);
      if (!isThenable(value)) return value;
      void Promise.resolve(value).catch(() => {});
      throw new HDF5Error(
        "sync-unavailable",
        'a callback answered with a promise: call the asynchronous method (without "Sync"), or answer at once',
      );
    }
    case "delegate":
      return runSync(request.start(), request.host);
  }
}

async function answerAsync(
  request: Exclude<Request, { kind: "fetch" }>,
  { device, cache }: Host,
  signal: AbortSignal | undefined,
): Promise<Response> {
  switch (request.kind) {
    case "read":
      return readAsync(device, cache, request, signal);
    case "decode":
      return orAborted(runTasksAsync(request.tasks, device, signal), signal);
    case "write":
      for (const { offset, bytes, flip } of joinWrites(request.writes)) {
        try {
          if (device.write !== undefined) await device.write(offset, bytes, flip);
          else if (device.writeSync !== undefined) device.writeSync(offset, bytes, flip);
          else throw readOnly(device.name);
        } finally {
          cache.invalidate(offset, bytes.length);
        }
      }
      return undefined;
    case "truncate":
      try {
        if (device.truncate !== undefined) await device.truncate(request.size);
        else if (device.truncateSync !== undefined) device.truncateSync(request.size);
        else throw readOnly(device.name);
      } finally {
        cache.invalidate(request.size, Number.POSITIVE_INFINITY);
      }
      return undefined;
    case "barrier":
      if (device.barrier !== undefined) await device.barrier();
      else device.barrierSync?.();
      return undefined;
    case "await":
      return orAborted(Promise.resolve(request.start(false)), signal);
    case "delegate":
      return runAsync(request.start(), request.host, { signal });
  }
}

function readSync(device: Device, { offsets, targets }: ReadRequest): void {
  if (targets.length === 1 && device.resident === undefined && device.readSync !== undefined) {
    if (targets[0].length > 0) device.readSync(offsets[0], targets[0]);
    return;
  }
  if (copyResident(device, offsets, targets)) return;
  if (device.readSync === undefined) throw syncUnavailable(device.name);
  const { order, requests } = planReads(offsets, targets, localReads);
  const scratch = new Scratch();
  for (const planned of requests) {
    const direct = directTarget(planned, order, targets);
    const bytes = direct ?? scratch.room(planned.length);
    device.readSync(planned.offset, bytes);
    if (direct === undefined) scatter(bytes, planned, order, offsets, targets);
  }
}

async function readAsync(
  device: Device,
  cache: PageCache,
  request: ReadRequest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { offsets, targets } = request;
  if (copyResident(device, offsets, targets)) return;
  const isLocal = device.readSync !== undefined;
  const { order, requests } = planReads(offsets, targets, isLocal ? localReads : remoteReads);
  if (isLocal && requests.reduce((sum, { length }) => sum + length, 0) <= shortRead) {
    readSync(device, request);
    return;
  }
  if (!isLocal && cache.isFewPages(requests)) return cache.read(requests, offsets, targets, signal);
  const limit = isLocal ? localReadsInFlight : remoteReadsInFlight;
  const spare: Scratch[] = [];
  const reading = forEachLimited(requests.length, limit, async (index) => {
    if (signal?.aborted) throw aborted(signal);
    const planned = requests[index];
    const direct = directTarget(planned, order, targets);
    if (direct !== undefined) {
      await device.read(planned.offset, direct, signal);
      return;
    }
    const scratch = spare.pop() ?? new Scratch();
    const bytes = scratch.room(planned.length);
    await device.read(planned.offset, bytes, signal);
    scatter(bytes, planned, order, offsets, targets);
    spare.push(scratch);
  });
  await orAborted(reading, signal);
}

/** The target that a request fills on its own. */
function directTarget(
  { from, to }: { readonly from: number; readonly to: number },
  order: Uint32Array,
  targets: readonly Uint8Array[],
): Uint8Array | undefined {
  return to === from + 1 ? targets[order[from]] : undefined;
}

/** Checks the reads, and does them when all bytes are in memory; answers whether it did. */
function copyResident(device: Device, offsets: readonly number[], targets: readonly Uint8Array[]): boolean {
  const { resident, size } = device;
  for (let index = 0; index < targets.length; index++) {
    const target = targets[index];
    if (target.length === 0) continue;
    const offset = offsets[index];
    checkRange(offset, target.length, size);
    if (resident !== undefined) target.set(resident.subarray(offset, offset + target.length));
  }
  return resident !== undefined;
}

/** `writes` in the order given, small ones joined with those that continue them. */
function joinWrites(writes: readonly PlannedWrite[]): readonly PlannedWrite[] {
  const joined: PlannedWrite[] = [];
  for (let from = 0; from < writes.length; ) {
    const { offset, flip } = writes[from];
    let length = writes[from].bytes.length;
    let to = from + 1;
    while (
      flip !== true &&
      to < writes.length &&
      writes[to].flip !== true &&
      writes[to].offset === offset + length &&
      length + writes[to].bytes.length <= longestJoinedWrite
    ) {
      length += writes[to++].bytes.length;
    }
    joined.push(to === from + 1 ? writes[from] : { offset, bytes: concatenate(writes, from, to, length) });
    from = to;
  }
  return joined;
}

function concatenate(writes: readonly PlannedWrite[], from: number, to: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = 0;
  for (let index = from; index < to; index++) {
    bytes.set(writes[index].bytes, filled);
    filled += writes[index].bytes.length;
  }
  return bytes;
}

function isThenable(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && typeof (value as { readonly then?: unknown }).then === "function"
  );
}
