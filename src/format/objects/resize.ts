import { unsupported } from "../errors.js";
import { ones, zeros } from "../selection/axes.js";
import { copyBox } from "../selection/copy.js";
import type { Operation } from "../storage/operation.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import { chunkStore, loadChunks, newChunk } from "./changing-chunks.js";
import { chunkKey } from "./chunk-store.js";
import type { DatasetDescription } from "./dataset-state.js";
import { datasetState, describe } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import { freeChunk, requireOwnChunks } from "./raw-data-place.js";
import { requireEditableStorage } from "./raw-data-write.js";

/**
 * Changes the dimensions of a chunked dataset. Chunks that fall outside are dropped, and what falls outside of the
 * others becomes the fill value, so that growing again does not bring it back.
 */
export function* resizeElements(object: ObjectState, dimensions: readonly number[]): Operation<void> {
  const state = datasetState(object);
  const { layout, dataspace } = state.description;
  if (layout.kind !== "chunked") throw unsupported("resizing a dataset that is not chunked");
  requireEditableStorage(state.description);
  if (dimensions.some((extent, axis) => extent < dataspace.dimensions[axis])) {
    yield* cutChunks(object, layout, dimensions);
  }
  describe(object, { dataspace: { ...dataspace, dimensions } });
}

function* cutChunks(object: ObjectState, layout: ChunkedLayout, dimensions: readonly number[]): Operation<void> {
  const { description } = datasetState(object);
  const store = yield* chunkStore(object, layout);
  const chunk = layout.chunkDimensions;
  const outside: (readonly number[])[] = [];
  const crossing: (readonly number[])[] = [];
  for (const scaled of store.coordinates()) {
    if (scaled.some((coordinate, axis) => coordinate * chunk[axis] >= dimensions[axis])) outside.push(scaled);
    else if (scaled.some((coordinate, axis) => (coordinate + 1) * chunk[axis] > dimensions[axis]))
      crossing.push(scaled);
  }
  const recordOf = (scaled: readonly number[]) => store.record(chunkKey(scaled));
  yield* requireOwnChunks(object, layout, [...outside, ...crossing].map(recordOf));
  const stored = crossing.map(recordOf).filter((record) => record !== undefined);
  const loaded = yield* loadChunks(object, layout, store, stored);
  const cuts = crossing.flatMap((scaled) => {
    const key = chunkKey(scaled);
    const bytes = store.staged(key) ?? loaded.get(key);
    return bytes === undefined
      ? []
      : [{ key, scaled, bytes: cutChunk(description, layout, dimensions, scaled, bytes) }];
  });
  // Nothing fails from here on.
  for (const scaled of outside) {
    const key = chunkKey(scaled);
    const published = store.isPublished(key);
    const record = store.remove(key);
    if (record === undefined) continue;
    freeChunk(object, record, published);
  }
  for (const { key, scaled, bytes } of cuts) store.stage(key, scaled, bytes, true);
}

/** A chunk that keeps only what lies within the dimensions. */
function cutChunk(
  description: DatasetDescription,
  layout: ChunkedLayout,
  dimensions: readonly number[],
  scaled: readonly number[],
  bytes: Uint8Array,
): Uint8Array {
  const chunk = layout.chunkDimensions;
  const kept = chunk.map((extent, axis) => Math.min(extent, dimensions[axis] - scaled[axis] * chunk[axis]));
  const cut = newChunk(description, layout);
  const origin = zeros(chunk.length);
  const unit = ones(chunk.length);
  copyBox(bytes, chunk, origin, unit, cut, chunk, origin, unit, kept, layout.elementSize);
  return cut;
}
