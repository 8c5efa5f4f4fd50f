import { HDF5Error, invalidArgument } from "../errors.js";
import { Gate, orAborted } from "./concurrency.js";
import type { Device } from "./device.js";
import { aborted, checkRange, ioError, throwIfAborted } from "./device-errors.js";
import { discard, isEncoded, parseContentRange, readBody, readBodyInto, statusError } from "./http-response.js";
import { MemoryDevice } from "./memory-device.js";
import { isCrossOrigin } from "./runtime.js";

/** The part of `fetch` that is used. */
export type FetchFunction = (
  url: string,
  init: { method: string; headers: Headers; signal: AbortSignal },
) => Promise<Response>;

/** How a URL is read. */
export interface HttpOptions {
  /** Takes the place of the runtime's `fetch`, for example to sign requests. */
  readonly fetch?: FetchFunction;
  /** Sent with each request. */
  readonly headers?: HeadersInit;
  /** Ends the opening; reads have their own signal. */
  readonly signal?: AbortSignal;
  /** Largest file that is held in memory when the server serves no ranges. Default 2 GiB. */
  readonly maxWholeBytes?: number;
}

const firstWindow = 64 * 1024;
const requestsInFlight = 6;

/**
 * Opens an HTTP(S) resource for range requests.
 *
 * One request learns the size and brings the first 64 KiB. The resource is pinned by its entity tag or, without
 * one, its modification date: a change under the reader is an `io` error. A server that does not serve ranges, or
 * compresses them, is asked for the whole body, which then stays in memory.
 */
export async function openHttpDevice(url: string | URL, options: HttpOptions = {}): Promise<Device> {
  const client = new HttpClient(typeof url === "string" ? url : url.href, options);
  const { signal } = options;
  return client.request({ first: 0, length: firstWindow, signal }, async (response) => {
    if (response.status === 200) return whole(client, response, options);
    const emptied = response.status === 416;
    if (emptied || (response.status === 206 && isEncoded(response))) {
      discard(response);
      return client.request({ signal }, (second) => {
        if (second.status !== 200) throw statusError(second, client.url);
        return whole(client, second, options);
      });
    }
    if (response.status !== 206) throw statusError(response, client.url);
    const header = response.headers.get("content-range");
    const range = parseContentRange(header);
    if ((header !== null && range === undefined) || (range !== undefined && range.first !== 0)) {
      discard(response);
      throw new HDF5Error("io", `${client.url}: asked for the first bytes, got Content-Range "${header}"`);
    }
    const first = await readBody(response, firstWindow);
    if (first === null) throw new HDF5Error("io", `${client.url}: asked for ${firstWindow} bytes, got more`);
    // Other origins may hide Content-Range; a short body then is the whole file.
    const size = range?.size ?? (first.length < firstWindow ? first.length : await client.sizeByHead(signal));
    if (first.length !== Math.min(firstWindow, size)) {
      throw new HDF5Error("io", `${client.url}: got ${first.length} bytes at the start of a file of ${size}`);
    }
    return new HttpDevice(client, size, first, new Validator(response));
  });
}

async function whole(client: HttpClient, response: Response, options: HttpOptions): Promise<Device> {
  const { maxWholeBytes = 2 ** 31 } = options;
  const bytes = await readBody(response, maxWholeBytes);
  if (bytes === null) {
    throw new HDF5Error(
      "limit",
      `${client.url}: the server does not serve byte ranges, and the whole file exceeds ${maxWholeBytes} bytes`,
    );
  }
  return new MemoryDevice(bytes, { name: client.url, writable: false });
}

interface RangeRequest {
  readonly method?: string;
  readonly first?: number;
  readonly length?: number;
  readonly ifRange?: string;
  readonly signal?: AbortSignal;
}

/** Sends requests for one URL, and ends them when it is closed. */
class HttpClient {
  readonly url: string;
  readonly #fetch: FetchFunction;
  readonly #headers: HeadersInit | undefined;
  readonly #running = new Set<AbortController>();
  #closed = false;

  constructor(url: string, options: HttpOptions) {
    this.url = url;
    this.#headers = options.headers;
    this.#fetch = options.fetch ?? ((target, init) => globalThis.fetch(target, init));
  }

  /** Runs `use` on the response; what fails in between is an {@link HDF5Error}. */
  async request<Result>(
    { method = "GET", first, length, ifRange, signal }: RangeRequest,
    use: (response: Response, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closed) throw new HDF5Error("closed", `${this.url} is closed`);
    throwIfAborted(signal);
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#running.add(controller);
    try {
      const headers = this.#requestHeaders();
      if (first !== undefined && length !== undefined) {
        headers.set("Range", `bytes=${first}-${first + length - 1}`);
        // As the Fetch standard sets it by itself with a range; not every runtime does, and browsers ignore this line.
        headers.set("Accept-Encoding", "identity");
      }
      if (ifRange !== undefined) headers.set("If-Range", ifRange);
      const answer = this.#fetch(this.url, { method, headers, signal: controller.signal });
      // The caller's fetch may ignore the signal.
      return await orAborted(
        Promise.resolve(answer).then((response) => use(response, controller.signal)),
        controller.signal,
      );
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      if (this.#closed) throw new HDF5Error("closed", `${this.url} was closed while it was read`);
      throw ioError(error, this.url);
    } finally {
      this.#running.delete(controller);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Size from a HEAD request, for servers that let it be seen nowhere else. */
  async sizeByHead(signal: AbortSignal | undefined): Promise<number> {
    return this.request({ method: "HEAD", signal }, async (response) => {
      if (!response.ok) throw statusError(response, this.url);
      const length = response.headers.get("content-length");
      if (length === null || !/^\d{1,15}$/.test(length) || isEncoded(response)) {
        throw new HDF5Error(
          "io",
          `${this.url}: the server tells the size neither in Content-Range nor in Content-Length`,
        );
      }
      return Number(length);
    });
  }

  close(): void {
    this.#closed = true;
    for (const controller of this.#running) controller.abort();
  }

  #requestHeaders(): Headers {
    try {
      return new Headers(this.#headers);
    } catch (error) {
      throw invalidArgument(`headers cannot be sent: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** The version of a resource, as far as the server tells. */
class Validator {
  readonly #tag: string | null;
  readonly #modified: string | null;

  constructor(response: Response) {
    this.#tag = response.headers.get("etag");
    this.#modified = response.headers.get("last-modified");
  }

  /** What `If-Range` takes: weak tags match nothing there. */
  get ifRange(): string | undefined {
    if (this.#tag === null) return this.#modified ?? undefined;
    return this.#tag.startsWith("W/") ? undefined : this.#tag;
  }

  /** Whether `response` may be of the same version. */
  matches(response: Response): boolean {
    const tag = response.headers.get("etag");
    if (this.#tag !== null && tag !== null) return this.#tag === tag;
    const modified = response.headers.get("last-modified");
    return this.#modified === null || modified === null || this.#modified === modified;
  }
}

class HttpDevice implements Device {
  readonly name: string;
  readonly size: number;
  readonly writable = false;
  readonly pageSize = 64 * 1024;
  readonly #client: HttpClient;
  readonly #first: Uint8Array;
  readonly #validator: Validator;
  readonly #ifRange: string | undefined;
  readonly #gate = new Gate(requestsInFlight);

  constructor(client: HttpClient, size: number, first: Uint8Array, validator: Validator) {
    this.#client = client;
    this.name = client.url;
    this.size = size;
    this.#first = first;
    this.#validator = validator;
    // Across origins each response's own tag is compared, as If-Range would need the server's consent.
    this.#ifRange = isCrossOrigin(client.url) ? undefined : validator.ifRange;
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { length } = target;
    checkRange(offset, length, this.size);
    if (offset + length <= this.#first.length) {
      target.set(this.#first.subarray(offset, offset + length));
      return;
    }
    await this.#gate.run(() =>
      this.#client.request({ first: offset, length, ifRange: this.#ifRange, signal }, async (response, ended) => {
        this.#check(response, offset, length);
        await readBodyInto(response, target, this.name, ended);
      }),
    );
  }

  async close(): Promise<void> {
    this.closeSync();
  }

  closeSync(): void {
    this.#client.close();
  }

  /** Requires the answer to be the range asked for, of the version that was opened. */
  #check(response: Response, offset: number, length: number): void {
    const { status } = response;
    if (status !== 206 && status !== 200 && status !== 412 && status !== 416) {
      // Not `not-found`, which would be taken for an object that the file does not have.
      throw new HDF5Error("io", statusError(response, this.name).message, { offset });
    }
    const header = response.headers.get("content-range");
    const range = parseContentRange(header);
    const resized = range?.size !== undefined && range.size !== this.size;
    if (status !== 206 || resized || !this.#validator.matches(response)) {
      discard(response);
      throw new HDF5Error("io", `${this.name} changed while it was read (status ${status}): open it anew`, { offset });
    }
    const isWrong = header !== null && (range?.first !== offset || range.last !== offset + length - 1);
    if (isWrong || isEncoded(response)) {
      discard(response);
      throw new HDF5Error("io", `${this.name}: asked for bytes ${offset}-${offset + length - 1}, got "${header}"`, {
        offset,
      });
    }
  }
}
