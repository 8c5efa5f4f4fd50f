import type { ResolvedSelection } from "./selection.js";
import type { BoxLoops } from "./strides.js";
import { boxLoops, runCount } from "./strides.js";

/** One range of bytes to read, which holds consecutive runs of the selection. */
export interface RunRange {
  /** Bytes from the beginning of the array's data. */
  readonly offset: number;
  readonly length: number;
  /** Number of the first run in this range. */
  readonly firstRun: number;
  readonly runs: number;
  /** Byte offset of the first of these runs in the result. */
  readonly resultOffset: number;
  /** Bytes that these runs have in the result. */
  readonly resultLength: number;
  /** Whether neither the range nor its place has gaps, so that it can be read or written straight from or to the result. */
  readonly dense: boolean;
}

/** How a selection of a contiguous array is read or written. */
export interface RunPlan {
  readonly loops: BoxLoops;
  /** Made while they are walked, which is possible once: there may be as many as elements. */
  readonly ranges: Iterable<RunRange>;
}

/** Ranges with gaps are not joined beyond this many bytes, which bounds the buffers they need. */
const LARGEST_GAPPY_RANGE = 16 * 1024 * 1024;

/** Positions in the loops, moved run by run. */
class RunCursor {
  readonly #loops: BoxLoops;
  readonly #done: number[];
  /** Byte offset of the current run in the array's data. */
  offset: number;
  /** Byte offset of the current run in the result. */
  resultOffset: number;

  constructor(loops: BoxLoops, run: number) {
    this.#loops = loops;
    this.#done = new Array<number>(loops.counts.length).fill(0);
    this.offset = loops.firstOffset;
    this.resultOffset = loops.secondOffset;
    let rest = run;
    for (let loop = loops.counts.length - 1; loop >= 0; loop--) {
      const index = rest % loops.counts[loop];
      rest = Math.floor(rest / loops.counts[loop]);
      this.#done[loop] = index;
      this.offset += index * loops.firstStrides[loop];
      this.resultOffset += index * loops.secondStrides[loop];
    }
  }

  next(): void {
    const { counts, firstStrides, secondStrides } = this.#loops;
    for (let loop = counts.length - 1; loop >= 0; loop--) {
      this.offset += firstStrides[loop];
      this.resultOffset += secondStrides[loop];
      if (++this.#done[loop] < counts[loop]) return;
      this.offset -= counts[loop] * firstStrides[loop];
      this.resultOffset -= counts[loop] * secondStrides[loop];
      this.#done[loop] = 0;
    }
  }
}

/**
 * Plans the byte ranges that hold a selection of an array stored contiguously. Ranges at most `gap` bytes apart are
 * joined. A selection that is contiguous is one dense range; with `gap` 0 every range is dense.
 */
export function contiguousRuns(
  resolved: ResolvedSelection,
  shape: readonly number[],
  elementSize: number,
  gap: number,
): RunPlan {
  const rank = shape.length;
  const zeros = new Array<number>(rank).fill(0);
  const ones = new Array<number>(rank).fill(1);
  if (resolved.elementCount === 0 || elementSize === 0) {
    const empty = { runBytes: 0, counts: [], firstStrides: [], secondStrides: [], firstOffset: 0, secondOffset: 0 };
    return { loops: empty, ranges: [] };
  }
  const loops = boxLoops(
    { shape, start: resolved.start, step: resolved.step },
    { shape: resolved.count, start: zeros, step: ones },
    resolved.count,
    elementSize,
  );
  return planRuns(loops, gap);
}

/** {@link contiguousRuns} of a box in one buffer that goes to a box in another. */
export function planRuns(loops: BoxLoops, gap: number): RunPlan {
  return { loops, ranges: rangesOf(loops, gap) };
}

function* rangesOf(loops: BoxLoops, gap: number): Generator<RunRange, void, undefined> {
  const { runBytes } = loops;
  const total = runCount(loops);
  const cursor = new RunCursor(loops, 0);
  let firstRun = 0;
  let start = cursor.offset;
  let end = start + runBytes;
  let resultOffset = cursor.resultOffset;
  let dense = true;
  for (let run = 1; run <= total; run++) {
    if (run < total) {
      cursor.next();
      const distance = cursor.offset - end;
      const joined = cursor.offset + runBytes;
      const small = joined - start <= LARGEST_GAPPY_RANGE;
      const goesOn = distance === 0 && cursor.resultOffset === resultOffset + (run - firstRun) * runBytes;
      if (distance <= gap && (small || (dense && goesOn))) {
        dense &&= goesOn;
        end = joined;
        continue;
      }
    }
    const runs = run - firstRun;
    yield {
      offset: start,
      length: end - start,
      firstRun,
      runs,
      resultOffset,
      resultLength: runs * runBytes,
      dense,
    };
    firstRun = run;
    start = cursor.offset;
    end = start + runBytes;
    resultOffset = cursor.resultOffset;
    dense = true;
  }
}

/** Copies the runs of `range`, whose bytes are in `bytes`, to their places in `result`. */
export function scatterRuns(plan: RunPlan, range: RunRange, bytes: Uint8Array, result: Uint8Array): void {
  const { runBytes } = plan.loops;
  if (range.dense) {
    result.set(bytes.subarray(0, range.length), range.resultOffset);
    return;
  }
  const cursor = new RunCursor(plan.loops, range.firstRun);
  for (let run = 0; run < range.runs; run++) {
    const from = cursor.offset - range.offset;
    const to = cursor.resultOffset;
    if (runBytes > 64) result.set(bytes.subarray(from, from + runBytes), to);
    else for (let index = 0; index < runBytes; index++) result[to + index] = bytes[from + index];
    cursor.next();
  }
}
