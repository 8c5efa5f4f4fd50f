import { deflate as pakoDeflate } from "pako/browser/deflate";
import { corrupt, invalidArgument } from "../errors.js";
import type { Encoder } from "./filter.js";
import type { RuntimeZlib } from "./runtime-zlib.js";
import { runtimeZlib } from "./runtime-zlib.js";

/** With less input than this, handing the work to another thread costs more than doing it. */
const ASYNC_DEFLATE_LENGTH = 16 * 1024;
const DEFAULT_LEVEL = 4;

function levelOf(clientData: readonly number[]): number {
  const level = clientData[0] ?? DEFAULT_LEVEL;
  if (level > 9) throw corrupt(`the deflate level is ${level}, levels are 0 to 9`);
  return level;
}

function deflateOptions(input: Uint8Array, clientData: readonly number[]): { chunkSize: number; level: number } {
  // One buffer holds any result: stored blocks add 5 bytes per 16 KiB at most.
  return { chunkSize: input.length + (input.length >>> 11) + 128, level: levelOf(clientData) };
}

/** Level `clientData[0]` by pako, whose streams differ from zlib's in bytes but not in content. */
function deflatePortable(input: Uint8Array, clientData: readonly number[]): Uint8Array {
  const level = levelOf(clientData) as 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
  return pakoDeflate(input, { level });
}

function deflate(input: Uint8Array, clientData: readonly number[]): Uint8Array {
  const zlib = runtimeZlib();
  if (zlib === null) return deflatePortable(input, clientData);
  return compact(zlib.deflateSync(input, deflateOptions(input, clientData)));
}

async function deflateAsync(input: Uint8Array, clientData: readonly number[]): Promise<Uint8Array> {
  const zlib: RuntimeZlib | null = runtimeZlib();
  if (zlib === null || input.length < ASYNC_DEFLATE_LENGTH) return deflate(input, clientData);
  return compact(
    await new Promise<Uint8Array>((resolve, reject) => {
      zlib.deflate(input, deflateOptions(input, clientData), (error, result) => {
        if (error === null) resolve(result);
        else reject(error);
      });
    }),
  );
}

/** A plain copy that does not hold on to the large buffer that zlib wrote into. */
function compact(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** The writing half of filter 1, "deflate", apart from the reading half so that readers need not load it. */
export const deflateEncoder: Encoder = {
  encode: deflate,
  encodeAsync: deflateAsync,
  clientDataFor: ({ level = DEFAULT_LEVEL }) => {
    if (!Number.isInteger(level) || level < 0 || level > 9) {
      throw invalidArgument(`the deflate level must be an integer from 0 to 9, not ${level}`);
    }
    return [level];
  },
};
