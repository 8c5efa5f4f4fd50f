/** The kinds of failure that {@link HDF5Error} reports. */
export type HDF5ErrorCode =
  | "corrupt"
  | "unsupported"
  | "not-found"
  | "exists"
  | "invalid-argument"
  | "read-only"
  | "closed"
  | "locked"
  | "changed"
  | "aborted"
  | "limit"
  | "io"
  | "sync-unavailable";

/** What an {@link HDF5Error} knows beyond its message. */
export interface HDF5ErrorDetails {
  /** Path of the object concerned, where one is known. */
  readonly path?: string;
  /** Absolute byte offset in the file, where one is known. */
  readonly offset?: number;
  /** Status that a web server answered with, where one did. */
  readonly status?: number;
  /** URL that could not be read, as it was given to `open`. */
  readonly url?: string;
  /** What a source, resolver or callback of the caller threw. */
  readonly cause?: unknown;
}

/** The only error type that leaves this library. */
export class HDF5Error extends Error {
  override name = "HDF5Error";
  readonly code: HDF5ErrorCode;
  /** Path of the object concerned, where one is known. */
  readonly path: string | undefined;
  /** Absolute byte offset in the file, where one is known. */
  readonly offset: number | undefined;
  /** Status that a web server answered with, where one did. */
  readonly status: number | undefined;
  /** URL that could not be read, as it was given to `open`. */
  readonly url: string | undefined;

  constructor(code: HDF5ErrorCode, message: string, details: HDF5ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
    this.offset = details.offset;
    this.status = details.status;
    this.url = details.url;
  }

  /**
   * All that is known of the error, in a form that can be cloned, posted to another thread and made JSON; `revive` makes
   * an error of it again. A clone of the error itself has lost all but its message.
   */
  toJSON(): HDF5ErrorDetails & { readonly name: string; readonly code: HDF5ErrorCode; readonly message: string } {
    const { message, cause } = this;
    return { ...this, message, ...(cause === undefined ? {} : { cause: plainCause(cause) }) };
  }
}

/** What an error came from, in a form that can be cloned. */
function plainCause(cause: unknown): unknown {
  if (cause instanceof HDF5Error) return cause.toJSON();
  if (cause instanceof Error) return { name: cause.name, message: cause.message };
  return typeof cause === "object" || typeof cause === "function" || typeof cause === "symbol" ? tagOf(cause) : cause;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/** A valid file or request that needs a feature this library does not have (code `unsupported`). */
export class UnsupportedFeatureError extends HDF5Error {
  override name = "UnsupportedFeatureError";
  /** The feature in the specification's words. */
  readonly feature: string;

  constructor(feature: string, message = `${feature} is not supported`, details: HDF5ErrorDetails = {}) {
    super("unsupported", message, details);
    this.feature = feature;
  }
}

/** A damaged or truncated structure at `offset`. */
export function corrupt(message: string, offset?: number): HDF5Error {
  return new HDF5Error("corrupt", offset === undefined ? message : `${message} (at byte ${offset})`, { offset });
}

/** A valid file that needs `feature`, which is missing here. */
export function unsupported(feature: string, offset?: number): UnsupportedFeatureError {
  return new UnsupportedFeatureError(feature, `${feature} is not supported`, { offset });
}

/** Runs what only looks at the caller's arguments: what the runtime throws at odd ones becomes an `HDF5Error`. */
export function lookingAt<Result>(look: () => Result): Result {
  try {
    return look();
  } catch (error) {
    throw withPath(error, "");
  }
}

/** An argument of the caller that cannot be used; nothing was changed. */
export function invalidArgument(message: string): HDF5Error {
  return new HDF5Error("invalid-argument", message);
}

/**
 * `error` with the object's path added, unless that is empty or it names one already; other values become
 * `invalid-argument`, or `limit` where they say that the runtime's own limits were exceeded.
 */
export function withPath(error: unknown, path: string): HDF5Error {
  if (path === "" && error instanceof HDF5Error) return error;
  if (error instanceof UnsupportedFeatureError) {
    if (error.path !== undefined) return error;
    return new UnsupportedFeatureError(error.feature, `${path}: ${error.message}`, {
      path,
      offset: error.offset,
      cause: error.cause,
    });
  }
  if (error instanceof HDF5Error) {
    if (error.path !== undefined) return error;
    const { offset, status, url, cause } = error;
    return new HDF5Error(error.code, `${path}: ${error.message}`, { path, offset, status, url, cause });
  }
  // What devices and callbacks throw has become an `HDF5Error` before: this comes of looking at what the caller gave.
  const code = error instanceof RangeError ? "limit" : "invalid-argument";
  const message = error instanceof Error ? error.message : String(error);
  return new HDF5Error(code, path === "" ? message : `${path}: ${message}`, { path: path || undefined, cause: error });
}
