/**
 * A box of elements in one or two row-major buffers, as loops of byte strides with the runs that are contiguous in
 * both merged into one.
 */
export interface BoxLoops {
  /** Bytes of one run, contiguous in every buffer. */
  readonly runBytes: number;
  /** Number of iterations per loop, outermost first. */
  readonly counts: readonly number[];
  /** Bytes between iterations in the first buffer. */
  readonly firstStrides: readonly number[];
  /** Bytes between iterations in the second buffer. */
  readonly secondStrides: readonly number[];
  /** Byte offset of the first run in the first buffer. */
  readonly firstOffset: number;
  /** Byte offset of the first run in the second buffer. */
  readonly secondOffset: number;
}

/** Where a box lies in a row-major buffer; one entry per axis. */
export interface BoxPlacement {
  readonly shape: readonly number[];
  readonly start: readonly number[];
  readonly step: readonly number[];
}

/** Loops over a box of `count` elements that lies in two buffers; no axis of `count` may be 0. */
export function boxLoops(
  first: BoxPlacement,
  second: BoxPlacement,
  count: readonly number[],
  elementSize: number,
): BoxLoops {
  const counts: number[] = [];
  const firstStrides: number[] = [];
  const secondStrides: number[] = [];
  let runBytes = elementSize;
  let firstOffset = 0;
  let secondOffset = 0;
  let firstUnit = elementSize;
  let secondUnit = elementSize;
  // Innermost axis first; reversed at the end.
  for (let axis = count.length - 1; axis >= 0; axis--) {
    firstOffset += first.start[axis] * firstUnit;
    secondOffset += second.start[axis] * secondUnit;
    const firstStride = first.step[axis] * firstUnit;
    const secondStride = second.step[axis] * secondUnit;
    firstUnit *= first.shape[axis];
    secondUnit *= second.shape[axis];
    const iterations = count[axis];
    if (iterations === 1) continue;
    const inner = counts.length - 1;
    if (inner < 0 && firstStride === runBytes && secondStride === runBytes) {
      runBytes *= iterations;
    } else if (
      inner >= 0 &&
      firstStride === firstStrides[inner] * counts[inner] &&
      secondStride === secondStrides[inner] * counts[inner]
    ) {
      counts[inner] *= iterations;
    } else {
      counts.push(iterations);
      firstStrides.push(firstStride);
      secondStrides.push(secondStride);
    }
  }
  counts.reverse();
  firstStrides.reverse();
  secondStrides.reverse();
  return { runBytes, counts, firstStrides, secondStrides, firstOffset, secondOffset };
}

/** One past the last byte that the loops touch in the buffer with these strides. */
export function endOfLoops(loops: BoxLoops, strides: readonly number[], offset: number): number {
  let end = offset + loops.runBytes;
  for (let loop = 0; loop < loops.counts.length; loop++) end += (loops.counts[loop] - 1) * strides[loop];
  return end;
}

/** Number of runs that the loops visit. */
export function runCount(loops: BoxLoops): number {
  let runs = 1;
  for (const iterations of loops.counts) runs *= iterations;
  return runs;
}

/** Ranges of the first buffer that hold all runs, where gaps of at most `gap` bytes are part of them. */
export function joinedRanges(loops: BoxLoops, gap: number): { readonly ranges: number; readonly bytes: number } {
  const { counts, firstStrides } = loops;
  let length = loops.runBytes;
  let ranges = 1;
  for (let loop = counts.length - 1; loop >= 0; loop--) {
    if (ranges === 1 && firstStrides[loop] - length <= gap) length += (counts[loop] - 1) * firstStrides[loop];
    else ranges *= counts[loop];
  }
  return { ranges, bytes: ranges * length };
}
