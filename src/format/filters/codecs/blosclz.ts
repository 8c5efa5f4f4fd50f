import { corrupt } from "../../errors.js";
import { copyLiterals, copyMatch } from "./copy.js";

/** Distances beyond this one are stored in 16 further bits. */
const NEAR_DISTANCE = 8191;

function truncated(): never {
  throw corrupt("a BloscLZ stream ends within an item");
}

/**
 * Expands a BloscLZ stream, FastLZ level 2 in the variant of Blosc. Items start with a control byte: below 32, that
 * many literals and one more; else a match with its length in the upper three bits and the high part of its distance
 * in the lower five. The first item is always literals. Answers the bytes written, or -1 where `output` is too small.
 */
export function decodeBloscLz(input: Uint8Array, output: Uint8Array): number {
  const size = input.length;
  const capacity = output.length;
  if (size === 0) return 0;
  let from = 1;
  let to = 0;
  let control = input[0] & 31;
  for (;;) {
    if (control < 32) {
      const literals = control + 1;
      if (from + literals > size) truncated();
      if (to + literals > capacity) return -1;
      copyLiterals(input, from, output, to, literals);
      from += literals;
      to += literals;
    } else {
      let length = (control >> 5) + 2;
      if (length === 9) {
        let more = 255;
        while (more === 255) {
          if (from >= size) truncated();
          more = input[from++];
          length += more;
        }
      }
      if (from >= size) truncated();
      const low = input[from++];
      const high = (control & 31) << 8;
      let distance = high + low + 1;
      if (low === 255 && high === 31 << 8) {
        if (from + 2 > size) truncated();
        distance = ((input[from] << 8) | input[from + 1]) + NEAR_DISTANCE + 1;
        from += 2;
      }
      if (distance > to) throw corrupt("a BloscLZ match points before the data");
      if (to + length > capacity) return -1;
      copyMatch(output, to, distance, length);
      to += length;
    }
    if (from >= size) return to;
    control = input[from++];
  }
}
