import { builtinModule } from "../storage/runtime.js";

/** The part of a runtime's own zlib that the deflate filter uses. */
export interface RuntimeZlib {
  inflateSync(input: Uint8Array, options: InflateOptions): Uint8Array;
  inflate(input: Uint8Array, options: InflateOptions, callback: ZlibCallback): void;
  deflateSync(input: Uint8Array, options: DeflateOptions): Uint8Array;
  deflate(input: Uint8Array, options: DeflateOptions, callback: ZlibCallback): void;
}

type ZlibCallback = (error: Error | null, output: Uint8Array) => void;

interface InflateOptions {
  readonly chunkSize: number;
  readonly maxOutputLength: number;
}

interface DeflateOptions {
  readonly chunkSize: number;
  readonly level: number;
}

let found: RuntimeZlib | null | undefined;

function isZlib(value: unknown): value is RuntimeZlib {
  return (
    typeof value === "object" &&
    value !== null &&
    ["inflateSync", "inflate", "deflateSync", "deflate"].every(
      (name) => typeof (value as Record<string, unknown>)[name] === "function",
    )
  );
}

/** The zlib of Node, Deno or Bun; `null` in browsers and workers. */
export function runtimeZlib(): RuntimeZlib | null {
  if (found === undefined) {
    const module = builtinModule("node:zlib");
    found = isZlib(module) ? module : null;
  }
  return found;
}
