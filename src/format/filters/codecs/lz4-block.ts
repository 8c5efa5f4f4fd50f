import { corrupt } from "../../errors.js";
import { copyLiterals, copyMatch } from "./copy.js";

/** Shortest match. */
const MINIMUM_MATCH = 4;
/** The last match starts at least this far before the end of the data. */
const MATCH_FREE_END = 12;
/** The last bytes are literals. */
const LITERAL_END = 5;
const MAXIMUM_DISTANCE = 65535;
const HASH_BITS = 13;
/** After 2 to the power of this many misses in a row, the search advances by one byte more at a time. */
const SKIP_SHIFT = 6;

function truncated(): never {
  throw corrupt("an LZ4 block ends within a sequence");
}

/**
 * Expands one LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md). Answers the bytes written, or
 * -1 where `output` is too small.
 */
export function decodeLz4Block(input: Uint8Array, output: Uint8Array): number {
  const size = input.length;
  const capacity = output.length;
  let from = 0;
  let to = 0;
  for (;;) {
    if (from >= size) truncated();
    const token = input[from++];
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (from >= size) truncated();
        more = input[from++];
        literals += more;
      }
    }
    if (from + literals > size) truncated();
    if (to + literals > capacity) return -1;
    copyLiterals(input, from, output, to, literals);
    from += literals;
    to += literals;
    if (from === size) return to;
    if (from + 2 > size) truncated();
    const distance = input[from] | (input[from + 1] << 8);
    from += 2;
    if (distance === 0 || distance > to) throw corrupt("an LZ4 match points before the data");
    let length = (token & 15) + MINIMUM_MATCH;
    if (length === 15 + MINIMUM_MATCH) {
      let more = 255;
      while (more === 255) {
        if (from >= size) truncated();
        more = input[from++];
        length += more;
      }
    }
    if (to + length > capacity) return -1;
    copyMatch(output, to, distance, length);
    to += length;
  }
}

/** Longest LZ4 block that `length` bytes can become. */
export function lz4Bound(length: number): number {
  return length + Math.floor(length / 255) + 16;
}

/** Writes what a length has beyond the 15 of its token; answers the new position. */
function writeLength(output: Uint8Array, at: number, beyond: number): number {
  let to = at;
  let rest = beyond;
  for (; rest >= 255; rest -= 255) output[to++] = 255;
  output[to++] = rest;
  return to;
}

/** Compresses `input` into `output`, which has room for {@link lz4Bound}; answers the bytes written. */
export function encodeLz4Block(input: Uint8Array, output: Uint8Array): number {
  const size = input.length;
  // Position of the last four bytes with each hash, plus one.
  const positions = new Int32Array(1 << HASH_BITS);
  const lastStart = size - MATCH_FREE_END;
  let anchor = 0;
  let to = 0;
  let at = 0;
  let misses = 1 << SKIP_SHIFT;
  while (at <= lastStart) {
    const word = input[at] | (input[at + 1] << 8) | (input[at + 2] << 16) | (input[at + 3] << 24);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = positions[slot] - 1;
    positions[slot] = at + 1;
    if (
      candidate < 0 ||
      at - candidate > MAXIMUM_DISTANCE ||
      input[candidate] !== input[at] ||
      input[candidate + 1] !== input[at + 1] ||
      input[candidate + 2] !== input[at + 2] ||
      input[candidate + 3] !== input[at + 3]
    ) {
      at += misses++ >> SKIP_SHIFT;
      continue;
    }
    misses = 1 << SKIP_SHIFT;
    const most = size - LITERAL_END - at;
    let match = MINIMUM_MATCH;
    while (match < most && input[candidate + match] === input[at + match]) match++;
    const literals = at - anchor;
    const beyond = match - MINIMUM_MATCH;
    output[to++] = (Math.min(literals, 15) << 4) | Math.min(beyond, 15);
    if (literals >= 15) to = writeLength(output, to, literals - 15);
    copyLiterals(input, anchor, output, to, literals);
    to += literals;
    const distance = at - candidate;
    output[to++] = distance & 255;
    output[to++] = distance >> 8;
    if (beyond >= 15) to = writeLength(output, to, beyond - 15);
    at += match;
    anchor = at;
  }
  const literals = size - anchor;
  output[to++] = Math.min(literals, 15) << 4;
  if (literals >= 15) to = writeLength(output, to, literals - 15);
  output.set(input.subarray(anchor), to);
  return to + literals;
}
