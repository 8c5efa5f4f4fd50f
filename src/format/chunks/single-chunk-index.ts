import type { ChunkIndex, ChunkRecord } from "./chunk-index.js";

/** The index of a dataset that is one chunk (specification VII.A, "The Single Chunk Index"). */
export class SingleChunkIndex implements ChunkIndex {
  readonly #record: ChunkRecord;

  constructor(
    address: number,
    rank: number,
    chunkBytes: number,
    filtered: { readonly size: number; readonly filterMask: number } | null,
  ) {
    this.#record = {
      scaled: new Array<number>(rank).fill(0),
      address,
      size: filtered === null ? chunkBytes : filtered.size,
      filterMask: filtered === null ? 0 : filtered.filterMask,
    };
  }

  find(low: readonly number[], high: readonly number[]): ChunkRecord[] {
    for (let axis = 0; axis < low.length; axis++) {
      if (low[axis] > 0 || high[axis] < 0) return [];
    }
    return [this.#record];
  }
}
