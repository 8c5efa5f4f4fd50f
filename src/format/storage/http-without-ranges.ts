import { HDF5Error } from "../errors.js";
import type { Device } from "./device.js";
import type { HttpClient } from "./http-client.js";
import type { HttpOptions } from "./http-options.js";
import { discard, eachPiece, isEncoded, statusError } from "./http-response.js";
import { MemoryDevice } from "./memory-device.js";

/** The file that an answer brings whole, in memory. */
export async function takeWhole(client: HttpClient, response: Response, options: HttpOptions): Promise<Device> {
  const { url } = client;
  if (!response.ok) throw statusError(response, url);
  const { maxWholeBytes = 2 ** 31 } = options;
  const bytes = await readBody(response, maxWholeBytes);
  if (bytes === null) {
    const message = `the server does not serve byte ranges, and the whole file exceeds ${maxWholeBytes} bytes`;
    throw new HDF5Error("limit", `${url}: ${message}`, { url });
  }
  return new MemoryDevice(bytes, { name: url, writable: false });
}

/**
 * The size, at least `least`, from `Content-Length`, which is not hidden from other origins; the whole file where it
 * is nowhere told.
 */
export async function findSize(
  client: HttpClient,
  least: number,
  options: HttpOptions,
  signal: AbortSignal | undefined,
): Promise<number | Device> {
  // With a range, which is that of the whole file, browsers ask for bytes that are not compressed.
  const range = { first: 0, length: Number.POSITIVE_INFINITY };
  try {
    const told = await client.request({ method: "HEAD", range, signal, tries: 1 }, async (response) =>
      response.ok ? contentLength(response) : undefined,
    );
    if (told !== undefined && told >= least) return told;
  } catch (error) {
    // Many servers allow GET only.
    if (signal?.aborted) throw error;
  }
  return client.request({ range, signal }, async (response) => {
    const told = response.ok ? contentLength(response) : undefined;
    if (told === undefined) return takeWhole(client, response, options);
    discard(response);
    return told;
  });
}

/** What `Content-Length` says, `undefined` where it says nothing of the bytes that the body will have. */
function contentLength(response: Response): number | undefined {
  const length = response.headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(length) && !isEncoded(response) ? Number(length) : undefined;
}

/** The whole body, or `null` where it has more than `limit` bytes. */
async function readBody(response: Response, limit: number): Promise<Uint8Array | null> {
  if ((contentLength(response) ?? 0) > limit) {
    discard(response);
    return null;
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  const complete = await eachPiece(response, (piece) => {
    length += piece.length;
    if (length <= limit) pieces.push(piece);
    return length <= limit;
  });
  if (!complete) return null;
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(length);
  let filled = 0;
  for (const piece of pieces) {
    whole.set(piece, filled);
    filled += piece.length;
  }
  return whole;
}
