import { corrupt } from "../errors.js";
import type { Filter } from "./filter.js";

/** Bytes of the checksum. */
const CHECKSUM_LENGTH = 4;

/** Words summed before a reduction, few enough that both sums stay below 2^31. */
const WORDS_PER_BLOCK = 180;

/**
 * Fletcher's checksum of `bytes` as 16-bit big-endian words, as an unsigned 32-bit integer; an odd last byte counts
 * as the high byte of a word.
 */
export function fletcher32(bytes: Uint8Array): number {
  const even = bytes.length & ~1;
  let sum1 = 0;
  let sum2 = 0;
  let at = 0;
  while (at < even) {
    const end = Math.min(at + 2 * WORDS_PER_BLOCK, even);
    for (; at < end; at += 2) {
      sum1 = (sum1 + ((bytes[at] << 8) | bytes[at + 1])) | 0;
      sum2 = (sum2 + sum1) | 0;
    }
    sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  }
  if (even < bytes.length) {
    sum1 += bytes[even] << 8;
    sum2 += sum1;
    sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
    sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  }
  sum1 = (sum1 & 0xffff) + (sum1 >>> 16);
  sum2 = (sum2 & 0xffff) + (sum2 >>> 16);
  return ((sum2 << 16) | sum1) >>> 0;
}

function verify(input: Uint8Array): Uint8Array {
  const length = input.length - CHECKSUM_LENGTH;
  if (length < 0) throw corrupt(`${input.length} bytes are too few for a Fletcher32 checksum`);
  const data = input.subarray(0, length);
  const stored = new DataView(input.buffer, input.byteOffset + length, CHECKSUM_LENGTH).getUint32(0, true);
  const computed = fletcher32(data);
  // Little-endian writers before HDF5 1.6.3 swapped the bytes of each half.
  const swapped = (((computed & 0x00ff00ff) << 8) | ((computed >>> 8) & 0x00ff00ff)) >>> 0;
  if (stored !== computed && stored !== swapped) {
    throw corrupt(`the Fletcher32 checksum is 0x${stored.toString(16)}, the data has 0x${computed.toString(16)}`);
  }
  return data;
}

function append(input: Uint8Array): Uint8Array {
  const output = new Uint8Array(input.length + CHECKSUM_LENGTH);
  output.set(input);
  new DataView(output.buffer).setUint32(input.length, fletcher32(input), true);
  return output;
}

/** Filter 3, "fletcher32": a checksum after the data. */
export const fletcher32Filter: Filter = {
  id: 3,
  name: "fletcher32",
  decode: verify,
  encode: append,
  encodedLength: (length) => length + CHECKSUM_LENGTH,
  clientDataFor: () => [],
};
