import { corrupt } from "../../errors.js";
import { copyLiterals, copyMatch } from "./copy.js";

function truncated(): never {
  throw corrupt("a Snappy block ends within an element");
}

/**
 * Expands a raw Snappy block (https://github.com/google/snappy/blob/main/format_description.txt). Answers the bytes
 * written, or -1 where `output` is too small.
 */
export function decodeSnappy(input: Uint8Array, output: Uint8Array): number {
  const size = input.length;
  let from = 0;
  let length = 0;
  for (let shift = 0, more = 128; more >= 128; shift += 7) {
    if (from >= size || shift > 28) throw corrupt("a Snappy block has no length");
    more = input[from++];
    length += (more & 127) * 2 ** shift;
  }
  if (length > output.length) return -1;
  let to = 0;
  while (from < size) {
    const tag = input[from++];
    const kind = tag & 3;
    let count = (tag >> 2) + 1;
    if (kind === 0) {
      if (count > 60) {
        const bytes = count - 60;
        if (from + bytes > size) truncated();
        count = 1;
        for (let index = 0; index < bytes; index++) count += input[from++] * 2 ** (8 * index);
      }
      if (from + count > size) truncated();
      if (to + count > length) throw corrupt("a Snappy block is longer than it says");
      copyLiterals(input, from, output, to, count);
      from += count;
    } else {
      const bytes = kind === 3 ? 4 : kind;
      if (from + bytes > size) truncated();
      let distance: number;
      if (kind === 1) {
        count = ((tag >> 2) & 7) + 4;
        distance = ((tag >> 5) << 8) | input[from];
      } else {
        distance = input[from] | (input[from + 1] << 8);
        if (kind === 3) distance += input[from + 2] * 65536 + input[from + 3] * 16777216;
      }
      from += bytes;
      if (distance === 0 || distance > to) throw corrupt("a Snappy copy points before the data");
      if (to + count > length) throw corrupt("a Snappy block is longer than it says");
      copyMatch(output, to, distance, count);
    }
    to += count;
  }
  if (to !== length) throw corrupt(`a Snappy block has ${to} bytes, its length says ${length}`);
  return to;
}
