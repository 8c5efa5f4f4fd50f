import "./web-types.js";
import { HDF5Error, invalidArgument, lookingAt } from "../errors.js";
import { BlobDevice } from "./blob-device.js";
import type { CustomSource } from "./custom-device.js";
import { openCustomDevice } from "./custom-device.js";
import type { Device } from "./device.js";
import type { Locking } from "./file-lock.js";
import type { HttpOptions } from "./http-options.js";
import { MemoryDevice } from "./memory-device.js";
import { pageBase } from "./runtime.js";
import type { SyncAccessHandle } from "./sync-access-handle-device.js";

/** What a file can be opened from. */
export type Source =
  | string
  | URL
  | Request
  | Blob
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | SyncAccessHandle
  | CustomSource;

/** A {@link Source} by kind. */
export type ResolvedSource =
  | { readonly kind: "path"; readonly path: string | URL }
  | { readonly kind: "url"; readonly url: string; readonly request?: Request }
  | { readonly kind: "blob"; readonly blob: Blob }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "sync-access-handle"; readonly handle: SyncAccessHandle }
  | { readonly kind: "custom"; readonly source: CustomSource };

/** How a source is opened. */
export interface OpenDeviceOptions extends HttpOptions {
  /** To read (the default), or to read and write. */
  readonly mode?: "r" | "r+";
  /** Whether a local file is locked. */
  readonly locking?: Locking;
}

/** The device of a source whose bytes or reader are at hand. */
export function openResolved(
  resolved: Extract<ResolvedSource, { kind: "bytes" | "blob" | "custom" }>,
  options: OpenDeviceOptions,
): Device {
  switch (resolved.kind) {
    case "bytes":
      return new MemoryDevice(resolved.bytes, { writable: options.mode === "r+" });
    case "blob":
      refuseWriting("a Blob", options);
      return new BlobDevice(resolved.blob);
    case "custom":
      refuseWriting("a custom source", options);
      return openCustomDevice(resolved.source);
  }
}

/** @throws HDF5Error `read-only` when the options ask for changes, which `what` does not allow. */
export function refuseWriting(what: string, options: OpenDeviceOptions): void {
  if (options.mode !== "r+") return;
  throw new HDF5Error("read-only", `${what} cannot be changed in place: open its bytes with mode "r+" instead`);
}

/**
 * Tells what `source` is.
 *
 * @throws HDF5Error `invalid-argument`, with advice, when it is nothing that can be opened.
 */
export function resolveSource(source: unknown): ResolvedSource {
  return lookingAt(() => resolve(source));
}

function resolve(source: unknown): ResolvedSource {
  if (typeof source === "string") return resolveText(source);
  if (typeof source !== "object" || source === null) {
    throw invalidArgument(`${openable}, found ${source === null ? "null" : typeof source}`);
  }
  if (ArrayBuffer.isView(source)) {
    return { kind: "bytes", bytes: new Uint8Array(source.buffer, source.byteOffset, source.byteLength) };
  }
  // By tag and not by class, so that objects of another realm (a frame, a test environment) are recognised.
  switch (Object.prototype.toString.call(source)) {
    case "[object ArrayBuffer]":
    case "[object SharedArrayBuffer]":
      return { kind: "bytes", bytes: new Uint8Array(source as ArrayBuffer) };
    case "[object Blob]":
    case "[object File]":
      return { kind: "blob", blob: source as Blob };
    case "[object URL]":
      return resolveURL(source as URL);
    case "[object Response]":
      throw invalidArgument("a Response cannot be opened: pass its URL for range requests, or await its arrayBuffer()");
    case "[object Request]":
      return resolveRequest(source as Request);
    case "[object Promise]":
      throw invalidArgument("a promise cannot be opened: await it first");
    case "[object ReadableStream]":
      throw invalidArgument("a stream cannot be opened, HDF5 needs random access: collect its bytes first");
    case "[object FileSystemFileHandle]":
      throw invalidArgument("a file handle cannot be opened: pass await handle.getFile(), or a sync access handle");
  }
  return resolveObject(source);
}

const openable =
  "a file is opened from a path, a URL, a Request, a Blob, an ArrayBuffer, a Uint8Array, a sync access handle, or { size, read }";

function resolveText(text: string): ResolvedSource {
  if (text === "") throw invalidArgument(`${openable}, found an empty string`);
  if (/^(?:https?:\/\/|blob:|data:)/i.test(text)) return { kind: "url", url: text };
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text);
  if (scheme !== null && scheme[1].toLowerCase() !== "file") throw unknownScheme(scheme[1]);
  const base = pageBase();
  const isRelative = base !== undefined && !/^[a-z]:|^file:/i.test(text) && !base.startsWith("file:");
  return isRelative ? { kind: "url", url: resolveURLText(text, base) } : { kind: "path", path: text };
}

function resolveURLText(text: string, base: string): string {
  try {
    return new URL(text, base).href;
  } catch {
    throw invalidArgument(`${text} cannot be resolved against ${base}: pass an absolute URL`);
  }
}

function resolveURL(url: URL): ResolvedSource {
  switch (url.protocol) {
    case "file:":
      return { kind: "path", path: url };
    case "http:":
    case "https:":
    case "blob:":
    case "data:":
      return { kind: "url", url: url.href };
    default:
      throw unknownScheme(url.protocol.slice(0, -1));
  }
}

function resolveRequest(request: Request): ResolvedSource {
  const { method, url } = request;
  if (method !== "GET") throw invalidArgument(`a Request that is opened has the method GET, not ${method}`);
  return { kind: "url", url, request };
}

function unknownScheme(scheme: string): HDF5Error {
  return invalidArgument(`URLs with "${scheme}:" cannot be opened: use http, https or file, or pass { size, read }`);
}

function resolveObject(source: object): ResolvedSource {
  const has = (name: string): boolean => typeof (source as Record<string, unknown>)[name] === "function";
  if (has("read") && has("getSize") && has("write") && has("truncate") && has("flush")) {
    return { kind: "sync-access-handle", handle: source as SyncAccessHandle };
  }
  if (has("read") && "size" in source) return { kind: "custom", source: source as CustomSource };
  throw invalidArgument(`${openable}, found ${Object.prototype.toString.call(source).slice(8, -1)}`);
}
