import { corrupt } from "../../errors.js";

/**
 * Expands `input` into `output` and answers the bytes written, or -1 where `output` is too small for them.
 *
 * @throws HDF5Error with code `corrupt` where `input` is damaged.
 */
export type BlockDecoder = (input: Uint8Array, output: Uint8Array) => number;

/** Smallest buffer to try where the length of the result is not known. */
const FIRST_CAPACITY = 64 * 1024;

/** Fills `output` with what `input` expands to, which must be exactly as long. */
export function expandExactly(name: string, decoder: BlockDecoder, input: Uint8Array, output: Uint8Array): void {
  const length = decoder(input, output);
  if (length === output.length) return;
  const found = length < 0 ? "more" : `${length} bytes`;
  throw corrupt(`${name} data expands to ${found}, expected ${output.length} bytes`);
}

/** What `input` expands to: `expectedLength` bytes, or where that is `null` at most `limit` bytes. */
export function expand(
  name: string,
  decoder: BlockDecoder,
  input: Uint8Array,
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  if (expectedLength !== null) {
    const output = new Uint8Array(expectedLength);
    expandExactly(name, decoder, input, output);
    return output;
  }
  for (let capacity = Math.max(4 * input.length, FIRST_CAPACITY); ; capacity *= 4) {
    const output = new Uint8Array(Math.min(capacity, limit));
    const length = decoder(input, output);
    if (length >= 0) return length === output.length ? output : output.slice(0, length);
    if (capacity >= limit) throw corrupt(`${name} data expands to more than ${limit} bytes`);
  }
}
