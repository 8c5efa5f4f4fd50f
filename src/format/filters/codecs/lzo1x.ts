import { corrupt } from "../../errors.js";
import { copyLiterals, copyMatch } from "./copy.js";

function truncated(): never {
  throw corrupt("an LZO stream ends within an instruction");
}

/**
 * Expands an LZO1X stream, as the Linux kernel's documentation describes the format
 * (https://docs.kernel.org/staging/lzo.html, version 0). Answers the bytes written, or -1 where `output` is too
 * small.
 */
export function decodeLzo1x(input: Uint8Array, output: Uint8Array): number {
  const size = input.length;
  const capacity = output.length;
  let from = 0;
  let to = 0;
  // Literals that the instruction before copied: 0 to 3, or 4 for more.
  let state = 0;
  if (size === 0) truncated();
  if (input[0] > 17) {
    const literals = input[from++] - 17;
    if (from + literals > size) truncated();
    if (literals > capacity) return -1;
    copyLiterals(input, from, output, to, literals);
    from += literals;
    to += literals;
    state = Math.min(literals, 4);
  }
  for (;;) {
    if (from >= size) truncated();
    const code = input[from++];
    let length: number;
    let distance: number;
    let next: number;
    if (code >= 64) {
      if (from >= size) truncated();
      length = (code >> 5) + 1;
      distance = (input[from++] << 3) + ((code >> 2) & 7) + 1;
      next = code & 3;
    } else if (code >= 16 || state === 0) {
      // The length is in the low bits; zero there says that it goes on in further bytes.
      const mask = code >= 32 ? 31 : code >= 16 ? 7 : 15;
      length = code & mask;
      if (length === 0) {
        length = mask;
        for (;;) {
          if (from >= size) truncated();
          const more = input[from++];
          if (more !== 0) {
            length += more;
            break;
          }
          length += 255;
        }
      }
      if (code < 16) {
        length += 3;
        if (from + length > size) truncated();
        if (to + length > capacity) return -1;
        copyLiterals(input, from, output, to, length);
        from += length;
        to += length;
        state = 4;
        continue;
      }
      length += 2;
      if (from + 2 > size) truncated();
      const word = input[from] | (input[from + 1] << 8);
      from += 2;
      next = word & 3;
      distance = (word >> 2) + 1;
      if (code < 32) {
        distance += 16383 + ((code & 8) << 11);
        if (distance === 16384) return to;
      }
    } else {
      if (from >= size) truncated();
      distance = (input[from++] << 2) + (code >> 2) + (state === 4 ? 2049 : 1);
      length = state === 4 ? 3 : 2;
      next = code & 3;
    }
    if (distance > to) throw corrupt("an LZO match points before the data");
    if (to + length > capacity) return -1;
    copyMatch(output, to, distance, length);
    to += length;
    if (from + next > size) truncated();
    if (to + next > capacity) return -1;
    copyLiterals(input, from, output, to, next);
    from += next;
    to += next;
    state = next;
  }
}
