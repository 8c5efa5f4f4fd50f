import { corrupt } from "../errors.js";
import type { Encoder, Filter } from "./filter.js";

/** Longest run of literal bytes in one item. */
const MAXIMUM_LITERALS = 32;
/** Longest distance of a back reference. */
const MAXIMUM_DISTANCE = 8192;
/** Longest match of one item. */
const MAXIMUM_MATCH = 264;
const HASH_BITS = 14;

/** Bytes that the stream expands to, which is known without expanding it. */
function expandedLength(input: Uint8Array): number {
  let at = 0;
  let length = 0;
  while (at < input.length) {
    const control = input[at++];
    if (control < MAXIMUM_LITERALS) {
      at += control + 1;
      length += control + 1;
    } else {
      let extra = control >> 5;
      if (extra === 7) extra += input[at++];
      at++;
      length += extra + 2;
    }
  }
  // Also true for NaN, where an item ended right after its first byte.
  if (at !== input.length || Number.isNaN(length)) throw corrupt("the LZF stream ends within an item");
  return length;
}

function expand(
  input: Uint8Array,
  _clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  const length = expandedLength(input);
  if (length > limit || (expectedLength !== null && length !== expectedLength)) {
    throw corrupt(`the LZF stream expands to ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
  }
  const output = new Uint8Array(length);
  let from = 0;
  let to = 0;
  while (from < input.length) {
    const control = input[from++];
    if (control < MAXIMUM_LITERALS) {
      for (const end = from + control; from <= end; ) output[to++] = input[from++];
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) count += input[from++];
    let back = to - ((control & 31) << 8) - input[from++] - 1;
    if (back < 0) throw corrupt("an LZF back reference points before the data");
    for (const end = to + count; to < end; ) output[to++] = output[back++];
  }
  return output;
}

/** Compresses, or answers `null` where the result would not be smaller than `input`. */
function compress(input: Uint8Array): Uint8Array | null {
  const size = input.length;
  const limit = size - 1;
  if (limit < 4) return null;
  const output = new Uint8Array(size + MAXIMUM_LITERALS + 4);
  // Position of the last three bytes with each hash, plus one.
  const positions = new Int32Array(1 << HASH_BITS);
  let to = 0;
  let literals = 0;
  let at = 0;
  const flush = (): void => {
    for (let pending = literals; pending > 0; ) {
      const run = Math.min(pending, MAXIMUM_LITERALS);
      output[to++] = run - 1;
      output.set(input.subarray(at - pending, at - pending + run), to);
      to += run;
      pending -= run;
    }
    literals = 0;
  };
  while (at + 2 < size) {
    const key = (input[at] << 16) | (input[at + 1] << 8) | input[at + 2];
    const slot = (Math.imul(key, 0x9e3779b1) >>> 0) >>> (32 - HASH_BITS);
    const candidate = positions[slot] - 1;
    positions[slot] = at + 1;
    if (
      candidate >= 0 &&
      at - candidate <= MAXIMUM_DISTANCE &&
      input[candidate] === input[at] &&
      input[candidate + 1] === input[at + 1] &&
      input[candidate + 2] === input[at + 2]
    ) {
      flush();
      const most = Math.min(MAXIMUM_MATCH, size - at);
      let match = 3;
      while (match < most && input[candidate + match] === input[at + match]) match++;
      const distance = at - candidate - 1;
      const coded = match - 2;
      if (coded < 7) output[to++] = (distance >> 8) | (coded << 5);
      else {
        output[to++] = (distance >> 8) | (7 << 5);
        output[to++] = coded - 7;
      }
      output[to++] = distance & 255;
      at += match;
    } else {
      at++;
      literals++;
      // Written early so that incompressible data cannot outgrow the buffer unnoticed.
      if (literals === MAXIMUM_LITERALS) flush();
    }
    if (to > limit) return null;
  }
  literals += size - at;
  at = size;
  if (to + literals + Math.ceil(literals / MAXIMUM_LITERALS) > limit) return null;
  flush();
  return output.slice(0, to);
}

/** Filter 32000, "lzf", as h5py writes it. Client data: filter revision, LZF version, bytes of a chunk. */
export const lzfFilter: Filter = { id: 32000, name: "lzf", decode: expand };

/** The writing half of {@link lzfFilter}, apart from it so that readers need not load it. */
export const lzfEncoder: Encoder = {
  encode: compress,
  // Not all data become shorter.
  optional: true,
  clientDataFor: (_options, dataset) => [
    4,
    0x0105,
    dataset.chunkDimensions.reduce((total, size) => total * size, dataset.elementSize),
  ],
};
