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

interface Runtime {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown };
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
    let module: unknown;
    try {
      module = (globalThis as Runtime).process?.getBuiltinModule?.("node:zlib");
    } catch {
      // A runtime that only pretends to have built-in modules.
    }
    found = isZlib(module) ? module : null;
  }
  return found;
}
