import { OnDemand } from "../storage/on-demand.js";
import { capacity, finished, tooLong, translated } from "./deflate-bounds.js";
import type { Filter } from "./filter.js";
import type { RuntimeZlib } from "./runtime-zlib.js";
import { runtimeZlib } from "./runtime-zlib.js";

/** With less output than this, handing the work to another thread costs more than doing it. */
const ASYNC_INFLATE_LENGTH = 64 * 1024;

type PortableInflate = (input: Uint8Array, expectedLength: number | null, limit: number) => Uint8Array;

/** Inflation in JavaScript, for runtimes without a zlib of their own. */
export const portableInflate = new OnDemand<PortableInflate>(
  "deflated data",
  async () => (await import("./portable-inflate.js")).inflatePortable,
);

/** Loads, in runtimes without a zlib of their own, what decodes at once. */
export async function prepareInflate(): Promise<void> {
  if (runtimeZlib() === null) await portableInflate.load();
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
      return (await portableInflate.load())(input, expectedLength, limit);
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

function inflateOptions(
  input: Uint8Array,
  expectedLength: number | null,
  limit: number,
): { readonly chunkSize: number; readonly maxOutputLength: number } {
  return { chunkSize: capacity(input, expectedLength, limit), maxOutputLength: Math.max(limit, 1) };
}

function inflateByRuntime(
  zlib: RuntimeZlib,
  input: Uint8Array,
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  const options = inflateOptions(input, expectedLength, limit);
  let output: Uint8Array;
  try {
    output = zlib.inflateSync(input, options);
  } catch (error) {
    throw translated(error, limit);
  }
  return finished(output, expectedLength);
}

function inflate(
  input: Uint8Array,
  _clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  const zlib = runtimeZlib();
  if (zlib !== null) return inflateByRuntime(zlib, input, expectedLength, limit);
  return portableInflate.get()(input, expectedLength, limit);
}

async function inflateAsync(
  input: Uint8Array,
  _clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Promise<Uint8Array> {
  const zlib = runtimeZlib();
  const large = (expectedLength ?? 4 * input.length) >= ASYNC_INFLATE_LENGTH;
  if (zlib === null) {
    if (large && typeof DecompressionStream !== "undefined") return inflateStream(input, expectedLength, limit);
    return (await portableInflate.load())(input, expectedLength, limit);
  }
  if (!large) return inflateByRuntime(zlib, input, expectedLength, limit);
  const options = inflateOptions(input, expectedLength, limit);
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
