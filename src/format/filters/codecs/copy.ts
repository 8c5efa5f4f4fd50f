/** With fewer bytes than this, a loop is faster than a call. */
const CALL_LENGTH = 48;

/** Copies `length` bytes of `input` from `from` to `output` at `to`. */
export function copyLiterals(input: Uint8Array, from: number, output: Uint8Array, to: number, length: number): void {
  if (length < CALL_LENGTH) {
    for (let index = 0; index < length; index++) output[to + index] = input[from + index];
  } else {
    output.set(input.subarray(from, from + length), to);
  }
}

/** Repeats the bytes that end `distance` before `to`, as LZ77 does: a match may overlap what it writes. */
export function copyMatch(output: Uint8Array, to: number, distance: number, length: number): void {
  const from = to - distance;
  if (length < CALL_LENGTH) {
    for (let index = 0; index < length; index++) output[to + index] = output[from + index];
  } else if (distance === 1) {
    output.fill(output[from], to, to + length);
  } else {
    // What is there doubles with each copy until no copy overlaps its source.
    let available = distance;
    let done = 0;
    while (done < length) {
      const count = Math.min(available, length - done);
      output.copyWithin(to + done, from, from + count);
      done += count;
      available += count;
    }
  }
}
