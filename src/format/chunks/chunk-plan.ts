import { corrupt, invalidArgument } from "../errors.js";
import type { ResolvedSelection } from "../selection/selection.js";

/** What a selection takes from one chunk. All arrays have one entry per axis. */
export interface PlannedChunk {
  /** The chunk's coordinates in units of chunks. */
  readonly scaled: readonly number[];
  /** First selected index, counted from the chunk's first element. */
  readonly startInChunk: readonly number[];
  /** Where that element goes in the result, dropped axes included. */
  readonly startInResult: readonly number[];
  /** Selected indices in this chunk; the selection's `step` lies between them. */
  readonly count: readonly number[];
  /** Whether every element of the chunk that lies within the array is selected. */
  readonly whole: boolean;
}

/**
 * The chunks that a selection touches, in row-major order of their coordinates. Chunks that a step jumps over are
 * left out. Iterating costs nothing per chunk that is not visited.
 */
export class ChunkPlan implements Iterable<PlannedChunk> {
  readonly selection: ResolvedSelection;
  readonly chunkDimensions: readonly number[];
  /** Smallest coordinates touched. Meaningless when there are no chunks. */
  readonly low: readonly number[];
  /** Largest coordinates touched, inclusive. Meaningless when there are no chunks. */
  readonly high: readonly number[];
  /** Number of chunks touched. */
  readonly chunkCount: number;

  constructor(selection: ResolvedSelection, chunkDimensions: readonly number[]) {
    const rank = selection.count.length;
    if (chunkDimensions.length !== rank) {
      throw invalidArgument(`the chunks have ${chunkDimensions.length} axes, the selection has ${rank}`);
    }
    const low: number[] = [];
    const high: number[] = [];
    let chunkCount = selection.elementCount === 0 ? 0 : 1;
    for (let axis = 0; axis < rank; axis++) {
      const size = chunkDimensions[axis];
      if (!(size >= 1)) throw corrupt(`chunk dimension ${axis} is ${size}`);
      const start = selection.start[axis];
      const count = selection.count[axis];
      const step = selection.step[axis];
      const first = Math.floor(start / size);
      const last = Math.floor((start + Math.max(count - 1, 0) * step) / size);
      low.push(first);
      high.push(last);
      if (chunkCount > 0) chunkCount *= step > size ? count : last - first + 1;
    }
    this.selection = selection;
    this.chunkDimensions = chunkDimensions;
    this.low = low;
    this.high = high;
    this.chunkCount = chunkCount;
  }

  /** What the selection takes from one chunk, `null` where that is nothing. */
  chunkAt(scaled: readonly number[]): PlannedChunk | null {
    const { shape, start, count: total, step } = this.selection;
    const startInChunk: number[] = [];
    const startInResult: number[] = [];
    const count: number[] = [];
    let whole = true;
    for (let axis = 0; axis < scaled.length; axis++) {
      const size = this.chunkDimensions[axis];
      const origin = scaled[axis] * size;
      const first = Math.max(0, Math.ceil((origin - start[axis]) / step[axis]));
      const within = start[axis] + first * step[axis] - origin;
      if (first >= total[axis] || within >= size) return null;
      const taken = Math.min(total[axis] - first, Math.floor((size - 1 - within) / step[axis]) + 1);
      startInChunk.push(within);
      startInResult.push(first);
      count.push(taken);
      whole &&= within === 0 && taken === Math.min(size, shape[axis] - origin);
    }
    return { scaled, startInChunk, startInResult, count, whole };
  }

  *[Symbol.iterator](): Generator<PlannedChunk, void, undefined> {
    if (this.chunkCount === 0) return;
    const { shape, start, count: total, step } = this.selection;
    const dimensions = this.chunkDimensions;
    const rank = dimensions.length;
    const scaled = new Array<number>(rank).fill(0);
    const startInChunk = new Array<number>(rank).fill(0);
    const startInResult = new Array<number>(rank).fill(0);
    const count = new Array<number>(rank).fill(0);
    const axisWhole = new Array<boolean>(rank).fill(false);
    let from = 0;
    for (;;) {
      for (let axis = from; axis < rank; axis++) {
        const size = dimensions[axis];
        const done = startInResult[axis];
        const index = start[axis] + done * step[axis];
        const coordinate = Math.floor(index / size);
        const origin = coordinate * size;
        const within = index - origin;
        const taken = Math.min(total[axis] - done, Math.floor((size - 1 - within) / step[axis]) + 1);
        scaled[axis] = coordinate;
        startInChunk[axis] = within;
        count[axis] = taken;
        axisWhole[axis] = within === 0 && taken === Math.min(size, shape[axis] - origin);
      }
      yield {
        scaled: scaled.slice(),
        startInChunk: startInChunk.slice(),
        startInResult: startInResult.slice(),
        count: count.slice(),
        whole: !axisWhole.includes(false),
      };
      from = rank - 1;
      while (from >= 0 && startInResult[from] + count[from] >= total[from]) startInResult[from--] = 0;
      if (from < 0) return;
      startInResult[from] += count[from];
    }
  }
}

/** Plans which chunks of `chunkDimensions` a selection touches, and what it takes from each. */
export function planChunks(resolved: ResolvedSelection, chunkDimensions: readonly number[]): ChunkPlan {
  return new ChunkPlan(resolved, chunkDimensions);
}
