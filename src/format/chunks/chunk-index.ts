import { invalidArgument, unsupported } from "../errors.js";
import type { FileContext } from "../structures/context.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import { ChunkArrayIndex } from "./array-index.js";
import { BTreeV1ChunkIndex } from "./btree-v1-index.js";
import { BTreeV2ChunkIndex } from "./btree-v2-index.js";
import { extensibleArraySegments } from "./extensible-array-index.js";
import { fixedArraySegments } from "./fixed-array-index.js";
import { implicitSegments } from "./implicit-index.js";
import { SingleChunkIndex } from "./single-chunk-index.js";

/** One allocated chunk. */
export interface ChunkRecord {
  /** Coordinates in units of chunks, one per axis. */
  readonly scaled: readonly number[];
  readonly address: number;
  /** Stored bytes. */
  readonly size: number;
  /** Bit `i` set: filter `i` of the pipeline was skipped. */
  readonly filterMask: number;
}

/** Finds a dataset's chunks (specification VII, "Appendix C: Types of Indexes for Dataset Chunks"). */
export interface ChunkIndex {
  /**
   * All allocated chunks with `low ≤ scaled ≤ high` on every axis. Decoded nodes are kept in the index.
   *
   * @throws MissingBytes for a whole level of the index at once; the call is then made again.
   */
  find(low: readonly number[], high: readonly number[]): ChunkRecord[];
}

const noChunks: ChunkIndex = { find: () => [] };

/**
 * The index of a dataset's chunks.
 *
 * @param maxDimensions `null` for an unlimited axis.
 * @param filtered whether the dataset has filters, which decides how elements are stored.
 */
export function createChunkIndex(
  context: FileContext,
  layout: ChunkedLayout,
  dimensions: readonly number[],
  maxDimensions: readonly (number | null)[],
  filtered: boolean,
): ChunkIndex {
  const { chunkDimensions, address, indexing } = layout;
  const rank = chunkDimensions.length;
  if (dimensions.length !== rank || maxDimensions.length !== rank) {
    throw invalidArgument(`chunks have ${rank} axes, the dataspace ${dimensions.length}`);
  }
  if (address === null) return noChunks;
  const chunkBytes = chunkDimensions.reduce((product, length) => product * length, layout.elementSize);
  const maxChunks = maxDimensions.map((length, axis) =>
    length === null ? Number.POSITIVE_INFINITY : Math.ceil(length / chunkDimensions[axis]),
  );
  switch (indexing.type) {
    case "btree-v1":
      return new BTreeV1ChunkIndex(context, address, chunkDimensions);
    case "single-chunk":
      return new SingleChunkIndex(address, rank, chunkBytes, indexing.filtered);
    case "btree-v2":
      return new BTreeV2ChunkIndex(context, address, rank, filtered ? null : chunkBytes);
    case "implicit":
      if (filtered) throw unsupported("an implicit chunk index of a filtered dataset");
      return new ChunkArrayIndex(implicitSegments(context, address, chunkBytes), maxChunks, chunkBytes);
    case "fixed-array":
      return new ChunkArrayIndex(fixedArraySegments(context, address, filtered), maxChunks, chunkBytes);
    case "extensible-array":
      return new ChunkArrayIndex(extensibleArraySegments(context, address, filtered), maxChunks, chunkBytes);
  }
}
