import { Inflate } from "pako/browser/inflate";
import { corrupt } from "../errors.js";
import { capacity, finished, tooLong } from "./deflate-bounds.js";

/** Inflation by pako, for runtimes without a zlib of their own. */
export function inflatePortable(input: Uint8Array, expectedLength: number | null, limit: number): Uint8Array {
  const inflator = new Inflate({ chunkSize: capacity(input, expectedLength, limit), windowBits: 15 });
  const collect = inflator.onData;
  let total = 0;
  inflator.onData = (chunk) => {
    total += chunk.length;
    if (total > limit) throw tooLong(limit);
    collect.call(inflator, chunk);
  };
  inflator.push(input, true);
  const { result } = inflator;
  if (inflator.err !== 0 || !(result instanceof Uint8Array)) {
    throw corrupt(`the deflate stream is damaged: ${inflator.msg || "it ends early"}`);
  }
  return finished(result, expectedLength);
}
