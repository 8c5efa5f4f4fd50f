import { corrupt, HDF5Error } from "../errors.js";

/** The caller gave up; its reason is the cause. */
export function aborted(signal: AbortSignal): HDF5Error {
  return new HDF5Error("aborted", "the operation was aborted", { cause: signal.reason });
}

/** Throws `aborted` when `signal` has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

/** What a device or callback threw as an {@link HDF5Error}: itself, `aborted`, or `io` with the cause. */
export function ioError(error: unknown, what: string, signal?: AbortSignal): HDF5Error {
  if (error instanceof HDF5Error) return error;
  if (signal?.aborted) return aborted(signal);
  return new HDF5Error("io", `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/** A synchronous call on a device that has only asynchronous ones. */
export function syncUnavailable(name: string): HDF5Error {
  return new HDF5Error(
    "sync-unavailable",
    `${name} has no synchronous access: call the asynchronous method (without "Sync"), or open the whole content as bytes`,
  );
}

/** A change asked of a device that cannot be written. */
export function readOnly(name: string): HDF5Error {
  return new HDF5Error("read-only", `${name} is read-only`);
}

/** Requires `[offset, offset + length)` to lie within `size`. */
export function checkRange(offset: number, length: number, size: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw corrupt(`expected ${length} bytes, the file ends at ${size}`, offset);
  }
}
