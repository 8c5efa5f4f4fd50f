import type { Device } from "./device.js";
import type { PageCache } from "./page-cache.js";
import type { ByteRange, Storage } from "./storage.js";
import { MissingBytes } from "./storage.js";

/** What a driver runs operations on. */
export interface Host {
  readonly device: Device;
  readonly cache: PageCache;
}

/** A transformation of bytes that a driver may run elsewhere or in parallel, such as inflating one chunk. */
export interface DecodeTask {
  /** Encoded bytes; none where there is a `source`. */
  readonly input: Uint8Array;
  /** Where the encoded bytes are: the driver reads them from its device when it comes to this task. */
  readonly source?: ByteRange;
  /** Runs on the calling thread. */
  runSync(input: Uint8Array): Uint8Array;
  /** Runs without blocking, where the runtime can; defaults to {@link runSync}. */
  run?(input: Uint8Array): Promise<Uint8Array>;
}

/** One planned write. */
export interface PlannedWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Publishes shadow bytes: a small in-place change within one sector. */
  readonly flip?: boolean;
}

/** Reads of raw data that bypass the page cache; each `targets[i]` is filled from `offsets[i]`. */
export interface ReadRequest {
  readonly kind: "read";
  readonly offsets: readonly number[];
  readonly targets: readonly Uint8Array[];
}

/** What an operation asks of its driver. */
export type Request =
  /** Bring these ranges into the page cache. Answer: nothing. */
  | { readonly kind: "fetch"; readonly ranges: readonly ByteRange[] }
  | ReadRequest
  /** Run these; answer: their outputs in order. */
  | { readonly kind: "decode"; readonly tasks: readonly DecodeTask[] }
  | { readonly kind: "write"; readonly writes: readonly PlannedWrite[] }
  | { readonly kind: "truncate"; readonly size: number }
  /** All writes before are durable before any that follow. */
  | { readonly kind: "barrier" }
  /**
   * Await something of the caller's (a resolver); answer: its value. `start` is told whether it must answer at once:
   * the synchronous driver refuses a promise.
   */
  | { readonly kind: "await"; readonly start: (atOnce: boolean) => unknown }
  /** Run an operation on another device; answer: its result. */
  | { readonly kind: "delegate"; readonly host: Host; readonly start: () => Operation<unknown> };

/** What the driver answers: outputs for `decode`, the value for `await`, the result for `delegate`, otherwise nothing. */
export type Response = readonly Uint8Array[] | unknown;

/** What spans many decodes, reads or writes: one generator that both drivers run. */
export type Operation<Result> = Generator<Request, Result, Response>;

/** An operation that needs nothing. */
// biome-ignore lint/correctness/useYield: an operation is a generator even when it has nothing to ask for
export function* done<Result>(result: Result): Operation<Result> {
  return result;
}

/**
 * Runs one bounded, side-effect-free decode, again after each fetch of what it lacked.
 *
 * @throws HDF5Error `corrupt` when a fetch brought nothing new (raised by the page cache).
 */
export function* decode<Result>(storage: Storage, decodeOnce: (storage: Storage) => Result): Operation<Result> {
  for (;;) {
    let ranges: readonly ByteRange[];
    try {
      const result = decodeOnce(storage);
      storage.settle?.();
      return result;
    } catch (error) {
      if (!(error instanceof MissingBytes)) throw error;
      ranges = error.ranges;
    }
    yield { kind: "fetch", ranges };
  }
}

/** Runs decode tasks and answers their outputs in order. */
export function* runTasks(tasks: readonly DecodeTask[]): Operation<readonly Uint8Array[]> {
  if (tasks.length === 0) return [];
  return (yield { kind: "decode", tasks }) as readonly Uint8Array[];
}

/** Runs an operation on another file's device and cache, with the same driver. */
export function* delegate<Result>(host: Host, start: () => Operation<Result>): Operation<Result> {
  return (yield { kind: "delegate", host, start }) as Result;
}

/** What `start` answers, which may be a promise where the operation runs asynchronously. */
export function* awaited<Result>(start: (atOnce: boolean) => Result | Promise<Result>): Operation<Result> {
  return (yield { kind: "await", start }) as Result;
}
