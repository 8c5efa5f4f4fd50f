import type { RetryOptions } from "./http-retry.js";

/** What `Headers` are made of. */
export type HeadersSource = Headers | Record<string, string> | [string, string][];

/** The part of `fetch` that is used. */
export type FetchFunction = (
  url: string,
  init: {
    method: string;
    headers: Headers;
    signal: AbortSignal;
    /** As in the `Request` that was opened. */
    credentials?: "include" | "omit" | "same-origin";
    /** As in the `Request` that was opened. */
    cache?: "default" | "force-cache" | "no-cache" | "no-store" | "only-if-cached" | "reload";
  },
) => Promise<Response>;

/** How a URL is read. */
export interface HttpOptions {
  /** Takes the place of the runtime's `fetch`, for example to sign requests. */
  readonly fetch?: FetchFunction;
  /** Sent with each request. A function is called before each, for tokens that expire. */
  readonly headers?: HeadersSource | (() => HeadersSource | Promise<HeadersSource>);
  /** Ends the opening; reads have their own signal. */
  readonly signal?: AbortSignal;
  /** Largest file that is held in memory when the server serves no ranges. Default 2 GiB. */
  readonly maxWholeBytes?: number;
  /**
   * How requests are sent again that fail for a passing reason: a lost connection, or status 408, 425, 429 or 500 and
   * above. A number is that of the tries. Default 4 tries within about two seconds, or as `Retry-After` asks.
   */
  readonly retry?: number | RetryOptions;
  /** Size of the file in bytes, where the server does not tell it or other origins may not see it. */
  readonly size?: number;
}
