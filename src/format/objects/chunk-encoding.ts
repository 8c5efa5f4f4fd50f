import { HDF5Error } from "../errors.js";
import type { EncodeTask } from "../filters/encode-pipeline.js";
import { encodePipelineTask } from "../filters/encode-pipeline.js";
import type { Operation } from "../storage/operation.js";
import { runTasks } from "../storage/operation.js";
import type { ChunkKey, ChunkStore, StagedChunk } from "./chunk-store.js";
import { datasetState } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import { freeChunk } from "./raw-data-place.js";
import { allocateElements, areReferences, mayOverwriteReferences } from "./reference-write.js";

/**
 * Encodes all staged chunks and stages their bytes: filtered chunks always in new space, unfiltered ones over what is
 * stored unless they must be copied.
 */
export function* encodeStagedChunks(object: ObjectState, store: ChunkStore): Operation<void> {
  const { filterPipeline } = datasetState(object).description;
  const transaction = object.file.editing();
  if (filterPipeline === null || filterPipeline.filters.length === 0) {
    for (const [key, chunk] of store.stagedChunks()) storeUnfiltered(object, store, key, chunk);
  } else {
    const tasks: EncodeTask[] = [];
    const chunks: [ChunkKey, StagedChunk][] = [];
    for (const entry of store.stagedChunks()) {
      chunks.push(entry);
      tasks.push(encodePipelineTask(filterPipeline, entry[1].bytes));
    }
    const outputs = yield* runTasks(tasks);
    for (let index = 0; index < chunks.length; index++) {
      const [key, { scaled, bytes }] = chunks[index];
      // A pipeline whose filters were all skipped answers its input, which may be staged again and then change.
      const stored = outputs[index] === bytes ? bytes.slice() : outputs[index];
      placeChunk(object, store, key, scaled, stored, tasks[index].filterMask);
    }
  }
  store.clearStaged();
  yield* transaction.relieve();
}

/** {@link encodeStagedChunks} where that need not be now: they stay staged where it fails, or the caller gives up. */
export function* encodeIfPossible(object: ObjectState, store: ChunkStore): Operation<void> {
  try {
    yield* encodeStagedChunks(object, store);
  } catch (error) {
    if (!(error instanceof HDF5Error)) throw error;
  }
}

function storeUnfiltered(object: ObjectState, store: ChunkStore, key: ChunkKey, chunk: StagedChunk): void {
  const record = store.record(key);
  // What was new to the file before a change must be there when the change is given up.
  const mayOverwrite = store.isPublished(key) ? !chunk.copyOnWrite : object.file.undo === null;
  if (record !== undefined && mayOverwrite && record.size === chunk.bytes.length) {
    const { file } = object;
    const { datatype } = datasetState(object).description;
    const offset = file.offsetOf(record.address);
    if (!store.isPublished(key) || !areReferences(datatype)) {
      const { from, to } = chunk.changed ?? { from: 0, to: chunk.bytes.length };
      if (from < to) file.editing().overwrite(offset + from, chunk.bytes.subarray(from, to));
      return;
    }
    if (mayOverwriteReferences(file, datatype, record.address, [{ offset: 0, length: record.size }])) {
      file.editing().overwriteLate(offset, chunk.bytes);
      return;
    }
  }
  placeChunk(object, store, key, chunk.scaled, chunk.bytes, 0);
}

function placeChunk(
  object: ObjectState,
  store: ChunkStore,
  key: ChunkKey,
  scaled: readonly number[],
  bytes: Uint8Array,
  filterMask: number,
): void {
  const { file } = object;
  const before = store.record(key);
  if (before !== undefined) freeChunk(object, before, store.isPublished(key));
  const { datatype, filterPipeline } = datasetState(object).description;
  const address =
    filterPipeline === null ? allocateElements(file, datatype, bytes.length) : file.allocate(bytes.length);
  file.chunkCache.delete(address);
  file.shadow(address, bytes);
  file.onUndo(store.setRecord(key, { scaled, address, size: bytes.length, filterMask, isPlacedHere: true }));
}
