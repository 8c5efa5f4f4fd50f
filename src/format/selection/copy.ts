import { invalidArgument } from "../errors.js";
import type { BoxLoops } from "./strides.js";
import { boxLoops, endOfLoops } from "./strides.js";

/** Unsigned or signed does not matter for copying; 32-bit words are signed because those never become heap numbers. */
type Words = Uint8Array | Uint16Array | Int32Array;

/** Runs of at least this many words are copied by `set`, whose call costs as much as a loop over a shorter run. */
const LONG_RUN = 48;

function requireWithin(end: number, buffer: Uint8Array, what: string): void {
  if (end > buffer.length) {
    throw invalidArgument(`the ${what} of a copy has ${buffer.length} bytes, the selection ends at ${end}`);
  }
}

/** Bytes per word, at most 4, such that every run and stride in both buffers is a whole number of words. */
function commonWord(loops: BoxLoops, first: number, second: number): 1 | 2 | 4 {
  let bits = loops.runBytes | (first + loops.firstOffset) | (second + loops.secondOffset);
  // Strides past 2^32 lose their high bits here, which is harmless: only the low two matter.
  for (let loop = 0; loop < loops.counts.length; loop++) bits |= loops.firstStrides[loop] | loops.secondStrides[loop];
  if ((bits & 3) === 0) return 4;
  return (bits & 1) === 0 ? 2 : 1;
}

/** A view of the `length` bytes of `bytes` from `offset`, in words of `size` bytes. */
function words(bytes: Uint8Array, offset: number, length: number, size: 1 | 2 | 4): Words {
  const at = bytes.byteOffset + offset;
  if (size === 4) return new Int32Array(bytes.buffer, at, length / 4);
  if (size === 2) return new Uint16Array(bytes.buffer, at, length / 2);
  return bytes.subarray(offset, offset + length);
}

/** Copies `count` runs of `run` words, `sourceStride` and `targetStride` words apart. */
function copyRuns(
  source: Words,
  sourceAt: number,
  sourceStride: number,
  target: Words,
  targetAt: number,
  targetStride: number,
  count: number,
  run: number,
): void {
  let from = sourceAt;
  let to = targetAt;
  if (run >= LONG_RUN) {
    for (let index = 0; index < count; index++) {
      target.set(source.subarray(from, from + run), to);
      from += sourceStride;
      to += targetStride;
    }
  } else if (run === 1) {
    for (let index = 0; index < count; index++) {
      target[to] = source[from];
      from += sourceStride;
      to += targetStride;
    }
  } else if (run === 2) {
    for (let index = 0; index < count; index++) {
      target[to] = source[from];
      target[to + 1] = source[from + 1];
      from += sourceStride;
      to += targetStride;
    }
  } else {
    for (let index = 0; index < count; index++) {
      for (let word = 0; word < run; word++) target[to + word] = source[from + word];
      from += sourceStride;
      to += targetStride;
    }
  }
}

/**
 * Copies a box of `count` elements from one row-major buffer to another; starts, steps and counts have one entry per
 * axis, steps are in elements. The buffers must not overlap.
 */
export function copyBox(
  source: Uint8Array,
  sourceShape: readonly number[],
  sourceStart: readonly number[],
  sourceStep: readonly number[],
  target: Uint8Array,
  targetShape: readonly number[],
  targetStart: readonly number[],
  targetStep: readonly number[],
  count: readonly number[],
  elementSize: number,
): void {
  if (elementSize === 0 || count.includes(0)) return;
  const loops = boxLoops(
    { shape: sourceShape, start: sourceStart, step: sourceStep },
    { shape: targetShape, start: targetStart, step: targetStep },
    count,
    elementSize,
  );
  copyLoops(source, target, loops);
}

/** Copies what `loops` describe from `source` (their first buffer) to `target` (their second). */
export function copyLoops(source: Uint8Array, target: Uint8Array, loops: BoxLoops): void {
  const sourceEnd = endOfLoops(loops, loops.firstStrides, loops.firstOffset);
  const targetEnd = endOfLoops(loops, loops.secondStrides, loops.secondOffset);
  requireWithin(sourceEnd, source, "source");
  requireWithin(targetEnd, target, "target");
  const { counts, runBytes } = loops;
  const last = counts.length - 1;
  if (last < 0) {
    target.set(source.subarray(loops.firstOffset, loops.firstOffset + runBytes), loops.secondOffset);
    return;
  }
  const word = commonWord(loops, source.byteOffset, target.byteOffset);
  const from = words(source, loops.firstOffset, sourceEnd - loops.firstOffset, word);
  const to = words(target, loops.secondOffset, targetEnd - loops.secondOffset, word);
  const run = runBytes / word;
  const fromStride = loops.firstStrides[last] / word;
  const toStride = loops.secondStrides[last] / word;
  const done = new Array<number>(last).fill(0);
  let fromAt = 0;
  let toAt = 0;
  for (;;) {
    copyRuns(from, fromAt, fromStride, to, toAt, toStride, counts[last], run);
    let loop = last - 1;
    for (; loop >= 0; loop--) {
      fromAt += loops.firstStrides[loop] / word;
      toAt += loops.secondStrides[loop] / word;
      if (++done[loop] < counts[loop]) break;
      fromAt -= (counts[loop] * loops.firstStrides[loop]) / word;
      toAt -= (counts[loop] * loops.secondStrides[loop]) / word;
      done[loop] = 0;
    }
    if (loop < 0) return;
  }
}

/** Fills `[start, end)` of `target` with repetitions of `value`; the range is a whole number of them. */
export function fillRepeating(target: Uint8Array, start: number, end: number, value: Uint8Array): void {
  if (value.length === 0 || end <= start) return;
  let uniform = true;
  for (let index = 1; index < value.length && uniform; index++) uniform = value[index] === value[0];
  if (uniform) {
    target.fill(value[0], start, end);
    return;
  }
  target.set(value.subarray(0, Math.min(value.length, end - start)), start);
  let filled = value.length;
  while (start + filled < end) {
    target.copyWithin(start + filled, start, Math.min(start + filled, end - filled));
    filled *= 2;
  }
}

/** Fills a box of elements of a row-major buffer with `value`, or with zeros where that is `null`. */
export function fillBox(
  target: Uint8Array,
  targetShape: readonly number[],
  targetStart: readonly number[],
  targetStep: readonly number[],
  count: readonly number[],
  elementSize: number,
  value: Uint8Array | null,
): void {
  if (elementSize === 0 || count.includes(0)) return;
  if (value !== null && value.length !== elementSize) {
    throw invalidArgument(`a fill value of ${value.length} bytes does not fit elements of ${elementSize} bytes`);
  }
  const placement = { shape: targetShape, start: targetStart, step: targetStep };
  const loops = boxLoops(placement, placement, count, elementSize);
  requireWithin(endOfLoops(loops, loops.firstStrides, loops.firstOffset), target, "target");
  const { counts, runBytes, firstOffset, firstStrides } = loops;
  const zero = value?.some((byte) => byte !== 0) !== true;
  if (!zero && value !== null) fillRepeating(target, firstOffset, firstOffset + runBytes, value);
  const done = new Array<number>(counts.length).fill(0);
  let at = firstOffset;
  for (;;) {
    if (zero) target.fill(0, at, at + runBytes);
    else if (at !== firstOffset) target.copyWithin(at, firstOffset, firstOffset + runBytes);
    let loop = counts.length - 1;
    for (; loop >= 0; loop--) {
      at += firstStrides[loop];
      if (++done[loop] < counts[loop]) break;
      at -= counts[loop] * firstStrides[loop];
      done[loop] = 0;
    }
    if (loop < 0) return;
  }
}
