import { corrupt } from "../errors.js";
import type { ByteRange } from "../storage/storage.js";
import { MissingBytes } from "../storage/storage.js";
import type { ChunkElements } from "../structures/chunk-elements.js";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.js";

/** Elements `[start, end)` of an array. */
export interface ChunkSegment {
  readonly start: number;
  readonly end: number;
  /** Columns that begin with element `start`; a function of the element where there is nothing to decode. */
  readonly elements: ChunkElements | ((index: number) => number) | null;
}

/** An array of chunks that is read in segments. */
export interface ChunkSegments {
  /**
   * The segment that holds element `index`.
   *
   * @throws MissingBytes when it must be fetched first.
   */
  segment(index: number): ChunkSegment;
  /** Where the segment that holds `index` ends at most, as far as can be told without reading it. */
  segmentEnd(index: number): number;
}

/**
 * The index of chunks that stand in an array in row-major order, a single unlimited axis counting as the slowest
 * (specification VII.B to VII.D: implicit, fixed array and extensible array).
 */
export class ChunkArrayIndex implements ChunkIndex {
  readonly #segments: ChunkSegments;
  readonly #chunkBytes: number;
  /** The dataset's axes from the slowest in the array to the fastest. */
  readonly #axes: readonly number[];
  /** For each of `#axes`: elements of the array per step. */
  readonly #strides: readonly number[];
  readonly #maxChunks: readonly number[];

  /** @param maxChunks chunks along each axis, infinite for the unlimited one. */
  constructor(segments: ChunkSegments, maxChunks: readonly number[], chunkBytes: number) {
    const unlimited = maxChunks.indexOf(Number.POSITIVE_INFINITY);
    const axes = maxChunks.map((_, axis) => axis).filter((axis) => axis !== unlimited);
    if (unlimited >= 0) axes.unshift(unlimited);
    const strides = new Array<number>(axes.length).fill(1);
    for (let place = axes.length - 2; place >= 0; place--) {
      strides[place] = strides[place + 1] * maxChunks[axes[place + 1]];
    }
    if (axes.length > 0 && !Number.isSafeInteger(strides[0])) {
      throw corrupt("a dataset with this chunk index has too many chunks, or more than one unlimited axis");
    }
    this.#segments = segments;
    this.#chunkBytes = chunkBytes;
    this.#axes = axes;
    this.#strides = strides;
    this.#maxChunks = maxChunks;
  }

  find(low: readonly number[], high: readonly number[]): ChunkRecord[] {
    const axes = this.#axes;
    const from = axes.map((axis) => Math.max(low[axis], 0));
    const to = axes.map((axis) => Math.min(high[axis], this.#maxChunks[axis] - 1));
    if (from.some((start, place) => start > to[place])) return [];
    const records: ChunkRecord[] = [];
    const missing = new Map<number, ByteRange>();
    const at = [...from];
    const fastest = axes.length - 1;
    let segment: ChunkSegment | undefined;
    let index = this.#indexOf(at);
    for (;;) {
      if (segment === undefined || index >= segment.end || index < segment.start) {
        segment = this.#load(index, missing);
      }
      const runEnd = index + (to[fastest] - at[fastest]) + 1;
      const end = Math.min(runEnd, segment.end);
      if (segment.elements !== null && missing.size === 0) this.#collect(segment, index, end, at, records);
      const next = segment.elements === null ? Math.max(end, segment.end) : end;
      if (!this.#advance(next, at, from, to)) break;
      index = this.#indexOf(at);
    }
    if (missing.size > 0) throw new MissingBytes([...missing.values()]);
    return records;
  }

  /** The segment that holds `index`; an empty one in its place when bytes of it are missing. */
  #load(index: number, missing: Map<number, ByteRange>): ChunkSegment {
    try {
      return this.#segments.segment(index);
    } catch (error) {
      if (!(error instanceof MissingBytes)) throw error;
      for (const range of error.ranges) missing.set(range.offset, range);
      return { start: index, end: this.#segments.segmentEnd(index), elements: null };
    }
  }

  #indexOf(at: readonly number[]): number {
    let index = 0;
    for (let place = 0; place < at.length; place++) index += at[place] * this.#strides[place];
    return index;
  }

  /** Moves `at` to the first position within the box whose index is at least `index`; false when there is none. */
  #advance(index: number, at: number[], from: readonly number[], to: readonly number[]): boolean {
    if (!Number.isSafeInteger(index)) return false;
    let rest = index;
    for (let place = 0; place < at.length; place++) {
      const stride = this.#strides[place];
      at[place] = Math.floor(rest / stride);
      rest -= at[place] * stride;
    }
    for (let place = 0; place < at.length; place++) {
      if (at[place] < from[place]) {
        for (let faster = place; faster < at.length; faster++) at[faster] = from[faster];
        return true;
      }
      if (at[place] <= to[place]) continue;
      let slower = place - 1;
      while (slower >= 0 && at[slower] >= to[slower]) slower--;
      if (slower < 0) return false;
      at[slower]++;
      for (let faster = slower + 1; faster < at.length; faster++) at[faster] = from[faster];
      return true;
    }
    return true;
  }

  /** Adds the allocated chunks of elements `[index, end)`, which differ on the fastest axis only. */
  #collect(segment: ChunkSegment, index: number, end: number, at: readonly number[], records: ChunkRecord[]): void {
    const { elements, start } = segment;
    if (elements === null) return;
    const axes = this.#axes;
    const fastest = axes.length - 1;
    for (let element = index; element < end; element++) {
      const address = typeof elements === "function" ? elements(element) : elements.addresses[element - start];
      if (address < 0) continue;
      const scaled = new Array<number>(axes.length);
      for (let place = 0; place < fastest; place++) scaled[axes[place]] = at[place];
      scaled[axes[fastest]] = at[fastest] + (element - index);
      const stored = typeof elements === "function" ? null : elements;
      records.push({
        scaled,
        address,
        size: stored === null || stored.sizes === null ? this.#chunkBytes : stored.sizes[element - start],
        filterMask: stored === null || stored.filterMasks === null ? 0 : stored.filterMasks[element - start],
      });
    }
  }
}
