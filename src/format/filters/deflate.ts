import { Inflate } from "pako";
import { corrupt, HDF5Error } from "../errors.js";
import type { Filter } from "./filter.js";
import { runtimeZlib } from "./runtime-zlib.js";

/** No deflate stream expands by more than this factor. */
const LARGEST_RATIO = 1032;
/** With less output than this, handing the work to another thread costs more than doing it. */
const ASYNC_INFLATE_LENGTH = 64 * 1024;
/** Room past the output: zlib then learns of the end of the stream without a second buffer. */
const SLACK = 64;

/** Errors by which zlib says that the stream is damaged, truncated or longer than it may be. */
const DAMAGE = ["Z_DATA_ERROR", "Z_BUF_ERROR", "Z_NEED_DICT", "Z_STREAM_ERROR", "ERR_BUFFER_TOO_LARGE"];

function tooLong(limit: number): HDF5Error {
  return corrupt(`the deflate stream inflates to more than ${limit} bytes`);
}

/** What a runtime's zlib raised, as an error of this library. */
function translated(error: unknown, limit: number): HDF5Error {
  if (error instanceof HDF5Error) return error;
  const code = (error as { readonly code?: unknown } | null)?.code;
  const message = error instanceof Error ? error.message : String(error);
  if (code === "ERR_BUFFER_TOO_LARGE") return tooLong(limit);
  if (typeof code === "string" && DAMAGE.includes(code)) return corrupt(`the deflate stream is damaged: ${message}`);
  return new HDF5Error("limit", `${limit} bytes cannot be inflated: ${message}`, { cause: error });
}

/** Bytes to allocate for the output, from which hostile expectations are excluded. */
function capacity(input: Uint8Array, expectedLength: number | null, limit: number): number {
  if (expectedLength === null) return Math.min(limit, Math.max(4 * input.length, 64 * 1024)) + SLACK;
  if (expectedLength > input.length * LARGEST_RATIO + SLACK) {
    throw corrupt(`a deflate stream of ${input.length} bytes cannot hold ${expectedLength} bytes`);
  }
  return expectedLength + SLACK;
}

/** `bytes` as a plain array (not the runtime's subclass), checked against the expected length. */
function finished(bytes: Uint8Array, expectedLength: number | null): Uint8Array {
  if (expectedLength !== null && bytes.length !== expectedLength) {
    throw corrupt(`the deflate stream inflates to ${bytes.length} bytes, expected ${expectedLength}`);
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Portable inflation, for runtimes without a zlib of their own. */
export function inflatePortable(input: Uint8Array, expectedLength: number | null, limit: number): Uint8Array {
  const inflator = new Inflate({ chunkSize: capacity(input, expectedLength, limit), windowBits: 15 });
  const collect = inflator.onData;
  let total = 0;
  inflator.onData = (chunk) => {
    total += chunk.length;
    if (total > limit) throw tooLong(limit);
    collect.call(inflator, chunk);
  };
  inflator.push(input, true);
  const { result } = inflator;
  if (inflator.err !== 0 || !(result instanceof Uint8Array)) {
    throw corrupt(`the deflate stream is damaged: ${inflator.msg || "it ends early"}`);
  }
  return finished(result, expectedLength);
}

/** Inflation by the browser, off the calling thread. */
async function inflateStream(input: Uint8Array, expectedLength: number | null, limit: number): Promise<Uint8Array> {
  let output = new Uint8Array(capacity(input, expectedLength, limit));
  const { readable, writable } = new DecompressionStream("deflate");
  const writer = writable.getWriter();
  // A failure shows on the readable side too, where it is handled.
  const ignore = (): void => undefined;
  writer
    .write(input as Uint8Array<ArrayBuffer>)
    .then(() => writer.close(), ignore)
    .catch(ignore);
  const reader = readable.getReader();
  let total = 0;
  for (;;) {
    let chunk: Uint8Array | undefined;
    try {
      ({ value: chunk } = await reader.read());
    } catch {
      // Browsers reject bytes after the end of a stream, which other readers of HDF5 ignore. The portable code
      // either accepts the stream or says what is wrong with it.
      return inflatePortable(input, expectedLength, limit);
    }
    if (chunk === undefined) return finished(output.subarray(0, total), expectedLength);
    if (total + chunk.length > limit) {
      reader.cancel().catch(ignore);
      throw tooLong(limit);
    }
    if (total + chunk.length > output.length) {
      const grown = new Uint8Array(Math.max(total + chunk.length, Math.min(limit, 2 * output.length)));
      grown.set(output.subarray(0, total));
      output = grown;
    }
    output.set(chunk, total);
    total += chunk.length;
  }
}

function inflate(
  input: Uint8Array,
  _clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  const zlib = runtimeZlib();
  if (zlib === null) return inflatePortable(input, expectedLength, limit);
  const options = { chunkSize: capacity(input, expectedLength, limit), maxOutputLength: Math.max(limit, 1) };
  let output: Uint8Array;
  try {
    output = zlib.inflateSync(input, options);
  } catch (error) {
    throw translated(error, limit);
  }
  return finished(output, expectedLength);
}

async function inflateAsync(
  input: Uint8Array,
  clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Promise<Uint8Array> {
  const zlib = runtimeZlib();
  const large = (expectedLength ?? 4 * input.length) >= ASYNC_INFLATE_LENGTH;
  if (!large) return inflate(input, clientData, expectedLength, limit);
  if (zlib === null) {
    if (typeof DecompressionStream === "undefined") return inflatePortable(input, expectedLength, limit);
    return inflateStream(input, expectedLength, limit);
  }
  const options = { chunkSize: capacity(input, expectedLength, limit), maxOutputLength: Math.max(limit, 1) };
  const output = await new Promise<Uint8Array>((resolve, reject) => {
    zlib.inflate(input, options, (error, result) => {
      if (error === null) resolve(result);
      else reject(translated(error, limit));
    });
  });
  return finished(output, expectedLength);
}

/** Filter 1, "deflate": zlib streams; client data is the level. */
export const deflateFilter: Filter = { id: 1, name: "deflate", decode: inflate, decodeAsync: inflateAsync };
