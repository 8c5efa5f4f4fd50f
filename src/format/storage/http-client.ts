import { HDF5Error, invalidArgument } from "../errors.js";
import { orAborted } from "./concurrency.js";
import { aborted, throwIfAborted } from "./device-errors.js";
import type { FetchFunction, HttpOptions } from "./http-options.js";
import { discard, statusError } from "./http-response.js";
import type { RetryPolicy } from "./http-retry.js";
import { isPassing, Passing, pause, retryAfter, retryPolicy, waitAfter } from "./http-retry.js";

/** Bytes that are still wanted. What arrives of them is taken off, so that another try asks for the rest. */
export interface WantedRange {
  first: number;
  /** May be infinite. */
  length: number;
}

/** One request, as often as it has to be sent. */
export interface HttpRequest {
  /** Default `GET`. */
  readonly method?: "HEAD";
  readonly range?: WantedRange;
  readonly ifRange?: string;
  readonly signal?: AbortSignal;
  /** Takes the place of the caller's number of tries. */
  readonly tries?: number;
}

/** Those that a runtime has: some refuse a setting that they do not know even where it is undefined. */
function settingsOf(template: Request | undefined): Pick<RequestInit, "cache" | "credentials"> {
  const { cache, credentials } = template ?? {};
  return { ...(cache && { cache }), ...(credentials && { credentials }) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Bytes that must have arrived for the failures to be counted anew. */
const progress = 4096;

/** Sends requests for one URL, again where they fail for a passing reason, and ends them when it is closed. */
export class HttpClient {
  readonly url: string;
  readonly #fetch: FetchFunction;
  readonly #options: HttpOptions;
  readonly #template: Request | undefined;
  readonly #settings: Pick<RequestInit, "cache" | "credentials">;
  readonly #retry: RetryPolicy;
  readonly #running = new Set<AbortController>();
  #target: string;
  #closed = false;

  /** @param template - the `Request` whose headers and credentials are sent, where one was opened */
  constructor(url: string, options: HttpOptions, template?: Request) {
    this.url = url;
    this.#target = url;
    this.#options = options;
    this.#template = template;
    this.#settings = settingsOf(template);
    this.#retry = retryPolicy(options.retry);
    this.#fetch = options.fetch ?? ((target, init) => globalThis.fetch(target, init));
  }

  /** Where requests go now: the URL, or where its last redirect led. */
  get target(): string {
    return this.#target;
  }

  /**
   * Runs `use` on the response; what fails in between is an {@link HDF5Error}. The request is sent again where `use`
   * throws anything else.
   */
  async request<Result>(
    request: HttpRequest,
    use: (response: Response, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closed) throw new HDF5Error("closed", `${this.url} is closed`);
    const { signal } = request;
    throwIfAborted(signal);
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#running.add(controller);
    try {
      // The caller's fetch may ignore the signal.
      return await orAborted(this.#persist(request, use, controller.signal), controller.signal);
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      if (this.#closed) throw new HDF5Error("closed", `${this.url} was closed while it was read`);
      throw error;
    } finally {
      this.#running.delete(controller);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  close(): void {
    this.#closed = true;
    for (const controller of this.#running) controller.abort();
  }

  /** Tries until a request succeeds, fails for good, or has failed too often. */
  async #persist<Result>(
    request: HttpRequest,
    use: (response: Response, signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const { range, tries } = request;
    for (let failures = 1; ; failures++) {
      const first = range?.first ?? 0;
      try {
        return await use(await this.#send(request, signal), signal);
      } catch (error) {
        if (error instanceof HDF5Error || signal.aborted) throw error;
        if (range !== undefined && range.first - first >= progress) failures = 1;
        // It may be the redirect that failed.
        this.#target = this.url;
        await pause(waitAfter(this.#passing(error), failures, tries ?? this.#retry.tries, this.#retry), signal);
      }
    }
  }

  #passing(error: unknown): Passing {
    if (error instanceof Passing) return error;
    return new Passing(new HDF5Error("io", `${this.url}: ${messageOf(error)}`, { cause: error, url: this.url }));
  }

  /** Sends a request once, and once more where a redirect that was remembered has expired. */
  async #send(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    const target = this.#target;
    const { method = "GET" } = request;
    const headers = await this.#headers(request, target);
    const response = await this.#fetch(target, { ...this.#settings, method, headers, signal });
    const { ok, status } = response;
    if (!ok && status !== 416 && target !== this.url) {
      discard(response);
      this.#target = this.url;
      return this.#send(request, signal);
    }
    if (isPassing(status)) throw new Passing(statusError(response, this.url), retryAfter(response));
    if (ok && response.redirected) this.#target = response.url;
    return response;
  }

  async #headers({ range, ifRange }: HttpRequest, target: string): Promise<Headers> {
    const { headers: own } = this.#options;
    const given = typeof own === "function" ? await own() : own;
    const headers = new Headers(this.#template?.headers);
    try {
      for (const [name, value] of new Headers(given)) headers.set(name, value);
    } catch (error) {
      throw invalidArgument(`headers cannot be sent: ${messageOf(error)}`);
    }
    // As fetch does where a redirect leads to another origin.
    if (target !== this.url && new URL(target).origin !== new URL(this.url).origin) {
      for (const name of ["authorization", "cookie", "proxy-authorization"]) headers.delete(name);
    }
    if (range !== undefined) {
      const { first, length } = range;
      headers.set("Range", `bytes=${first}-${length === Number.POSITIVE_INFINITY ? "" : first + length - 1}`);
      // As the Fetch standard sets it by itself with a range; not every runtime does, and browsers ignore this line.
      headers.set("Accept-Encoding", "identity");
    }
    if (ifRange !== undefined) headers.set("If-Range", ifRange);
    return headers;
  }
}
