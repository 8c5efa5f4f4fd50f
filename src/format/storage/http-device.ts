import { HDF5Error, invalidArgument } from "../errors.js";
import { Gate, orAborted } from "./concurrency.js";
import type { Device } from "./device.js";
import { checkRange } from "./device-errors.js";
import type { WantedRange } from "./http-client.js";
import { HttpClient } from "./http-client.js";
import type { HttpOptions } from "./http-options.js";
import type { ContentRange } from "./http-response.js";
import {
  discard,
  eachPiece,
  isEncoded,
  parseContentRange,
  readStart,
  statusError,
  Validator,
} from "./http-response.js";
import { OnDemand } from "./on-demand.js";
import { isCrossOrigin } from "./runtime.js";

const firstWindow = 64 * 1024;
const requestsInFlight = 6;
/** An answer with fewer of the bytes asked for counts as a failure: the rest is not asked for at once. */
const shortestPart = 1024;

/**
 * Opens an HTTP(S) resource for range requests.
 *
 * One request learns the size and brings the first 64 KiB. The resource is pinned by its entity tag or, without
 * one, its modification date: a change under the reader is an `io` error. A server that does not serve ranges, or
 * compresses them, is asked for the whole body, which then stays in memory.
 *
 * @param template - the `Request` whose headers and credentials are sent, where one was opened
 */
export async function openHttpDevice(
  url: string | URL,
  options: HttpOptions = {},
  template?: Request,
): Promise<Device> {
  const { size, signal = template?.signal } = options;
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
    throw invalidArgument(`size is a whole number of bytes, not ${size}`);
  }
  const client = new HttpClient(typeof url === "string" ? url : url.href, options, template);
  const range = { first: 0, length: firstWindow };
  const start = await client.request({ range, signal }, (response) => takeStart(client, response, options));
  if (start === null) return askWhole(client, options, signal);
  if (!("validator" in start)) return start;
  const { bytes, validator } = start;
  const found =
    size ?? start.size ?? (await (await withoutRanges.load()).findSize(client, bytes.length, options, signal));
  if (typeof found !== "number") return found;
  if (bytes.length > found || (start.size ?? found) !== found) {
    throw failure(client, `the file has ${start.size ?? bytes.length} bytes or more, not ${found}`);
  }
  return new HttpDevice(client, options, found, bytes, validator);
}

/** What few servers need: it is loaded with the first answer that makes it necessary. */
const withoutRanges = new OnDemand("servers without byte ranges", () => import("./http-without-ranges.js"));

/** What the first answer brings of a resource that is served by ranges. */
interface Start {
  readonly bytes: Uint8Array;
  readonly size: number | undefined;
  readonly validator: Validator;
}

/** The start, or all where that is what is served; `null` where all has to be asked for. */
async function takeStart(client: HttpClient, response: Response, options: HttpOptions): Promise<Start | Device | null> {
  const { status } = response;
  if (status === 200) return (await withoutRanges.load()).takeWhole(client, response, options);
  if (status === 416 || (status === 206 && isEncoded(response))) {
    discard(response);
    return null;
  }
  if (status !== 206) throw statusError(response, client.url);
  const header = response.headers.get("content-range");
  const range = parseContentRange(header);
  if (header !== null && range?.first !== 0) {
    discard(response);
    throw failure(client, `asked for the first bytes, got Content-Range "${header}"`, { status });
  }
  const bytes = await readStart(response, firstWindow);
  if (bytes.length === 0) throw new Error("the answer is empty");
  // Other origins may hide Content-Range; a short body then is the whole file.
  const isAll = range === undefined && bytes.length < firstWindow;
  return { bytes, size: isAll ? bytes.length : range?.size, validator: new Validator(response) };
}

async function askWhole(client: HttpClient, options: HttpOptions, signal: AbortSignal | undefined): Promise<Device> {
  const { takeWhole } = await withoutRanges.load();
  return client.request({ signal }, (response) => takeWhole(client, response, options));
}

function failure({ url }: HttpClient, message: string, details: { offset?: number; status?: number } = {}): HDF5Error {
  return new HDF5Error("io", `${url}: ${message}`, { ...details, url });
}

class HttpDevice implements Device {
  readonly name: string;
  readonly size: number;
  readonly writable = false;
  readonly pageSize = 64 * 1024;
  readonly #client: HttpClient;
  readonly #options: HttpOptions;
  readonly #first: Uint8Array;
  readonly #validator: Validator;
  readonly #gate = new Gate(requestsInFlight);
  /** All bytes, once the server has ceased to serve ranges. */
  #whole: Promise<Device> | undefined;

  constructor(client: HttpClient, options: HttpOptions, size: number, first: Uint8Array, validator: Validator) {
    this.#client = client;
    this.name = client.url;
    this.#options = options;
    this.size = size;
    this.#first = first;
    this.#validator = validator;
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { length } = target;
    checkRange(offset, length, this.size);
    if (offset + length > this.#first.length) await this.#gate.run(() => this.#read(offset, target, signal));
    else target.set(this.#first.subarray(offset, offset + length));
  }

  async close(): Promise<void> {
    this.closeSync();
  }

  closeSync(): void {
    this.#client.close();
  }

  async #read(offset: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const range = { first: offset, length: target.length };
    while (range.length > 0 && this.#whole === undefined) {
      // Across origins each response's own tag is compared, as If-Range would need the server's consent.
      const ifRange = isCrossOrigin(this.#client.target) ? undefined : this.#validator.ifRange;
      const isServed = await this.#client.request({ range, ifRange, signal }, (response, ended) =>
        this.#take(response, range, target, ended),
      );
      if (!isServed) break;
    }
    if (range.length > 0) await (await orAborted(this.#readWhole(), signal)).read(offset, target);
  }

  /** Takes what an answer has of a range that is wanted; `false` where ranges are not served. */
  async #take(response: Response, range: WantedRange, target: Uint8Array, ended: AbortSignal): Promise<boolean> {
    const { status } = response;
    const offset = range.first;
    if (!response.ok && status !== 412 && status !== 416) throw this.#refused(response, offset);
    const header = response.headers.get("content-range");
    const got = parseContentRange(header);
    // Tags and sizes may be those of the compressed bytes.
    const isSame =
      response.ok &&
      (isEncoded(response) || ((got?.size ?? this.size) === this.size && this.#validator.matches(response)));
    if (isSame && status === 206 && !isEncoded(response) && (header === null || got?.first === offset)) {
      await receive(response, got, range, target, ended);
      return true;
    }
    discard(response);
    if (!isSame) throw this.#changed(status, offset);
    if (status === 206 && !isEncoded(response)) {
      const asked = `asked for bytes ${offset}-${offset + range.length - 1}, got "${header}"`;
      throw failure(this.#client, asked, { offset, status });
    }
    return false;
  }

  /** The whole file, asked for once. */
  #readWhole(): Promise<Device> {
    this.#whole ??= this.#client
      .request({}, async (response) => {
        if (!response.ok) throw this.#refused(response);
        const isSame = isEncoded(response) || this.#validator.matches(response);
        const device = await (await withoutRanges.load()).takeWhole(this.#client, response, this.#options);
        if (!isSame || device.size !== this.size) throw this.#changed(response.status);
        return device;
      })
      .catch((error) => {
        this.#whole = undefined;
        throw error;
      });
    return this.#whole;
  }

  /** Not `not-found`, which would be taken for an object that the file does not have. */
  #refused(response: Response, offset?: number): HDF5Error {
    const { message, status, url } = statusError(response, this.name);
    return new HDF5Error("io", message, { offset, status, url });
  }

  #changed(status: number, offset?: number): HDF5Error {
    const details = { offset, status, url: this.name };
    return new HDF5Error("io", `${this.name} changed while it was read (status ${status}): open it anew`, details);
  }
}

/**
 * Receives what `target` lacks at its end, and takes it off `range`. What is more is let go.
 *
 * @param got - the range that the answer tells, which begins with the one wanted
 */
async function receive(
  response: Response,
  got: ContentRange | undefined,
  range: WantedRange,
  target: Uint8Array,
  ended: AbortSignal,
): Promise<void> {
  const { length } = range;
  const told = got === undefined ? 0 : got.last + 1 - got.first;
  const complete = await eachPiece(response, (piece) => {
    // Nothing is written to the memory of a read that has been given up.
    if (ended.aborted) return false;
    const taken = piece.subarray(0, range.length);
    target.set(taken, target.length - range.length);
    range.first += taken.length;
    range.length -= taken.length;
    return taken.length === piece.length && (range.length > 0 || told <= length);
  });
  const received = length - range.length;
  // An answer that tells no range and is too long may be of any range.
  if (got === undefined && !complete) {
    range.first -= received;
    range.length += received;
    throw new Error(`asked for ${length} bytes, got more`);
  }
  if (received < Math.max(Math.min(told, length), Math.min(length, shortestPart))) {
    throw new Error(`asked for ${length} bytes, got ${received}`);
  }
}
