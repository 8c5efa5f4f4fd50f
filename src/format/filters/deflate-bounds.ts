import { corrupt, HDF5Error } from "../errors.js";

/** No deflate stream expands by more than this factor. */
const LARGEST_RATIO = 1032;
/** Room past the output: zlib then learns of the end of the stream without a second buffer. */
const SLACK = 64;

/** Errors by which zlib says that the stream is damaged, truncated or longer than it may be. */
const DAMAGE = ["Z_DATA_ERROR", "Z_BUF_ERROR", "Z_NEED_DICT", "Z_STREAM_ERROR", "ERR_BUFFER_TOO_LARGE"];

/** The error of a stream with more output than allowed. */
export function tooLong(limit: number): HDF5Error {
  return corrupt(`the deflate stream inflates to more than ${limit} bytes`);
}

/** What a runtime's zlib raised, as an error of this library. */
export function translated(error: unknown, limit: number): HDF5Error {
  if (error instanceof HDF5Error) return error;
  const code = (error as { readonly code?: unknown } | null)?.code;
  const message = error instanceof Error ? error.message : String(error);
  if (code === "ERR_BUFFER_TOO_LARGE") return tooLong(limit);
  if (typeof code === "string" && DAMAGE.includes(code)) return corrupt(`the deflate stream is damaged: ${message}`);
  return new HDF5Error("limit", `${limit} bytes cannot be inflated: ${message}`, { cause: error });
}

/** Bytes to allocate for the output, from which hostile expectations are excluded. */
export function capacity(input: Uint8Array, expectedLength: number | null, limit: number): number {
  if (expectedLength === null) return Math.min(limit, Math.max(4 * input.length, 64 * 1024)) + SLACK;
  if (expectedLength > input.length * LARGEST_RATIO + SLACK) {
    throw corrupt(`a deflate stream of ${input.length} bytes cannot hold ${expectedLength} bytes`);
  }
  return expectedLength + SLACK;
}

/** `bytes` as a plain array (not the runtime's subclass), checked against the expected length. */
export function finished(bytes: Uint8Array, expectedLength: number | null): Uint8Array {
  if (expectedLength !== null && bytes.length !== expectedLength) {
    throw corrupt(`the deflate stream inflates to ${bytes.length} bytes, expected ${expectedLength}`);
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
