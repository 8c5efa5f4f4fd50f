import type { Known } from "../../arguments/known-options.js";
import { fitsOptions } from "../../arguments/known-options.js";
import type { HDF5Error } from "../errors.js";
import { invalidArgument } from "../errors.js";

/** How requests that failed for a passing reason are sent again. */
export interface RetryOptions {
  /** Requests at most, the first included. Default 4; with 1, none is sent again. */
  readonly tries?: number;
  /**
   * Milliseconds before the second try, and twice as many before each that follows; shortened at random by up to half,
   * so that many readers do not come back at once. Default 300.
   */
  readonly delay?: number;
  /** Longest wait in milliseconds. A server that asks for a longer one (`Retry-After`) is not asked again. Default 30,000. */
  readonly longest?: number;
}

const retryNames: Known<RetryOptions> = { tries: "size", delay: "size", longest: "size" };

export type RetryPolicy = Required<RetryOptions>;

/** A failure that may pass; never leaves the HTTP client. */
export class Passing {
  readonly error: HDF5Error;
  /** Milliseconds that the server asks to wait. */
  readonly after: number;

  constructor(error: HDF5Error, after = 0) {
    this.error = error;
    this.after = after;
  }
}

/** What the caller asked for, defaults elsewhere. */
export function retryPolicy(retry: number | RetryOptions = {}): RetryPolicy {
  const asked = typeof retry === "number" ? { tries: retry } : retry;
  const policy = { tries: 4, delay: 300, longest: 30_000, ...asked };
  if (fitsOptions(asked, retryNames) && policy.tries >= 1) return policy;
  throw invalidArgument('the option "retry" is a number of tries, or an object with "tries", "delay" and "longest"');
}

/** Whether a status says that the same request may succeed later. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 408 || status === 425;
}

/** Milliseconds until the time that `Retry-After` gives as a date or in seconds; 0 where it does not. */
export function retryAfter(response: Response): number {
  const header = response.headers.get("retry-after") ?? "";
  const wait = /^\d+$/.test(header) ? 1000 * Number(header) : Date.parse(header) - Date.now();
  return wait > 0 ? wait : 0;
}

/** Milliseconds to wait after that many failures in a row; throws the failure where nothing is tried again. */
export function waitAfter(
  { error, after }: Passing,
  failures: number,
  tries: number,
  { delay, longest }: RetryPolicy,
): number {
  if (failures >= tries) throw error;
  if (after > longest) {
    error.message += `; it asks to wait ${Math.ceil(after / 1000)} s`;
    throw error;
  }
  return Math.max(after, Math.min(longest, delay * 2 ** (failures - 1)) * (1 - Math.random() / 2));
}

/** Resolves after that time; never where the signal fires first. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}
