import type { ChunkRecord } from "../chunks/chunk-index.js";
import type { PlannedChunk } from "../chunks/chunk-plan.js";
import { ones, zeros } from "../selection/axes.js";
import { copyBox, fillRepeating } from "../selection/copy.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import type { ByteExtent, ChunkKey } from "./chunk-store.js";
import { ChunkStore, chunkKey } from "./chunk-store.js";
import { readDecodedChunks } from "./chunked-read.js";
import type { DatasetDescription } from "./dataset-state.js";
import { chunkBytes, chunkIndex, datasetState, fillBytes } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";

/** Decoded bytes of chunks that are kept staged, and that are worked on at once. */
export const stagedLimit = 32 * 1024 * 1024;

/** The dataset's chunks, made ready for changes. */
export function* chunkStore(object: ObjectState, layout: ChunkedLayout): Operation<ChunkStore> {
  const state = datasetState(object);
  if (state.chunks !== null) return state.chunks;
  state.chunks = new ChunkStore(yield* object.file.decode(() => storedChunks(object, layout)));
  return state.chunks;
}

/** All chunks that the stored index has, whatever the dimensions. May miss bytes. */
export function storedChunks(object: ObjectState, layout: ChunkedLayout): Iterable<ChunkRecord> {
  const { dimensions, maxDimensions } = datasetState(object).description.dataspace;
  const high = dimensions.map((extent, axis) => {
    const most = Math.max(extent, maxDimensions[axis] ?? Number.MAX_SAFE_INTEGER);
    return Math.floor(Math.max(most - 1, 0) / layout.chunkDimensions[axis]);
  });
  return chunkIndex(object, layout)?.find(zeros(high.length), high) ?? [];
}

/** Copies what a part has for one chunk into its decoded bytes. */
export function copyInto(
  chunk: Uint8Array,
  layout: ChunkedLayout,
  selection: ResolvedSelection,
  planned: PlannedChunk,
  source: Uint8Array,
): void {
  copyBox(
    source,
    selection.count,
    planned.startInResult,
    ones(selection.count.length),
    chunk,
    layout.chunkDimensions,
    planned.startInChunk,
    selection.step,
    planned.count,
    layout.elementSize,
  );
}

/** The bytes of a chunk between the first and the last that {@link copyInto} writes. */
export function extentInChunk(layout: ChunkedLayout, selection: ResolvedSelection, planned: PlannedChunk): ByteExtent {
  const { chunkDimensions, elementSize } = layout;
  let first = 0;
  let last = 0;
  for (let axis = 0; axis < chunkDimensions.length; axis++) {
    const start = planned.startInChunk[axis];
    first = first * chunkDimensions[axis] + start;
    last = last * chunkDimensions[axis] + start + (planned.count[axis] - 1) * selection.step[axis];
  }
  return { from: first * elementSize, to: (last + 1) * elementSize };
}

/** Reads and decodes stored chunks into memory that may be changed. */
export function* loadChunks(
  object: ObjectState,
  layout: ChunkedLayout,
  store: ChunkStore,
  records: Iterable<ChunkRecord>,
): Operation<Map<ChunkKey, Uint8Array>> {
  const loaded = new Map<ChunkKey, Uint8Array>();
  const wanted = [...records].filter((record) => store.staged(chunkKey(record.scaled)) === undefined);
  if (wanted.length === 0) return loaded;
  wanted.sort((a, b) => a.address - b.address);
  const chunks = yield* readDecodedChunks(object, layout, wanted);
  // A copy, which may be changed: bytes that were only read share their buffer.
  chunks.forEach(({ bytes }, index) => {
    loaded.set(chunkKey(wanted[index].scaled), bytes.slice());
  });
  return loaded;
}

/** A decoded chunk that holds the fill value. */
export function newChunk(description: DatasetDescription, layout: ChunkedLayout): Uint8Array {
  const bytes = new Uint8Array(chunkBytes(layout));
  const fill = fillBytes(description);
  if (fill !== null) fillRepeating(bytes, 0, bytes.length, fill);
  return bytes;
}
