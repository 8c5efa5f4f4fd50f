import type { ChunkRecord } from "../chunks/chunk-index.js";
import type { PlannedChunk } from "../chunks/chunk-plan.js";
import { planChunks } from "../chunks/chunk-plan.js";
import { HDF5Error } from "../errors.js";
import { ones, zeros } from "../selection/axes.js";
import { contiguousRuns } from "../selection/contiguous-runs.js";
import { copyBox } from "../selection/copy.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { Operation, PlannedWrite } from "../storage/operation.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import { copyInto, loadChunks, newChunk, stagedLimit } from "./changing-chunks.js";
import { encodeStagedChunks } from "./chunk-encoding.js";
import type { ChunkKey, ChunkStore } from "./chunk-store.js";
import { chunkKey } from "./chunk-store.js";
import { isUnfiltered } from "./chunked-read.js";
import { chunkBytes, datasetState } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import { requireOwnChunks } from "./raw-data-place.js";
import { areReferences } from "./reference-write.js";
import type { WrittenElements, WrittenPart } from "./written-elements.js";

/** What one part has for one chunk. */
interface ChunkPiece extends WrittenPart {
  readonly planned: PlannedChunk;
  readonly key: ChunkKey;
}

/** Pieces worked on together, whatever their chunks. */
const batchPieces = 16 * 1024;
/** A chunk with more runs of bytes to be changed is read, changed and written as a whole, where it can be read. */
const fewRuns = 64;

/**
 * Writes elements of more chunks than are kept in memory.
 *
 * Chunks that get new space come first: until then all can be undone. Stored chunks that change in place come last, when
 * nothing can fail any more: what cannot be written now stays staged.
 */
export function* writeManyChunks(
  object: ObjectState,
  layout: ChunkedLayout,
  store: ChunkStore,
  elements: WrittenElements,
): Operation<void> {
  // Which of them are touched would take as long to tell.
  yield* requireOwnChunks(object, layout, store.records());
  object.file.touch(object);
  yield* encodeEarlier(object, store);
  const { description } = datasetState(object);
  const inPlace = isUnfiltered(description) && !areReferences(description.datatype);
  const moved = new Set<ChunkKey>();
  const isMoved = (key: ChunkKey): boolean => !inPlace || moved.has(key) || store.record(key) === undefined;
  for (const batch of batches(layout, elements, isMoved)) {
    if (inPlace) for (const { key } of batch) moved.add(key);
    yield* stageBatch(object, layout, store, batch);
    yield* encodeStagedChunks(object, store);
  }
  if (!inPlace) return;
  for (const batch of batches(layout, elements, (key) => !moved.has(key)))
    yield* overwriteBatch(object, layout, store, batch);
}

/** Encodes what earlier changes staged: from here on all that is staged is of this one. */
function* encodeEarlier(object: ObjectState, store: ChunkStore): Operation<void> {
  const earlier = [...store.stagedChunks()];
  object.file.onUndo(() => {
    store.clearStaged();
    // Their own bytes may be waiting to be written.
    for (const [key, chunk] of earlier) store.stage(key, chunk.scaled, chunk.bytes.slice(), chunk.copyOnWrite);
  });
  if (earlier.length > 0) yield* encodeStagedChunks(object, store);
}

/** The pieces of some chunks, by as many chunks as are worked on at once. */
function* batches(
  layout: ChunkedLayout,
  elements: WrittenElements,
  isWanted: (key: ChunkKey) => boolean,
): Generator<readonly ChunkPiece[], void, undefined> {
  const most = Math.max(1, Math.floor(stagedLimit / chunkBytes(layout)));
  let batch: ChunkPiece[] = [];
  let keys = new Set<ChunkKey>();
  for (const part of elements.parts()) {
    for (const planned of planChunks(part.selection, layout.chunkDimensions)) {
      const key = chunkKey(planned.scaled);
      if (!isWanted(key)) continue;
      if (batch.length === batchPieces || (keys.size === most && !keys.has(key))) {
        yield batch;
        batch = [];
        keys = new Set();
      }
      keys.add(key);
      batch.push({ ...part, planned, key });
    }
  }
  if (batch.length > 0) yield batch;
}

function* stageBatch(
  object: ObjectState,
  layout: ChunkedLayout,
  store: ChunkStore,
  batch: readonly ChunkPiece[],
): Operation<void> {
  const { description } = datasetState(object);
  const whole = new Set(batch.filter(({ planned }) => planned.whole).map(({ key }) => key));
  const loaded = yield* loadChunks(
    object,
    layout,
    store,
    recordsOf(store, batch, (key) => !whole.has(key)),
  );
  for (const { key, planned, selection, bytes } of batch) {
    const chunk = store.staged(key) ?? loaded.get(key) ?? newChunk(description, layout);
    if (store.staged(key) === undefined) store.stage(key, planned.scaled, chunk);
    copyInto(chunk, layout, selection, planned, bytes);
  }
}

/** The records of the chunks of a batch, each once. */
function recordsOf(store: ChunkStore, batch: readonly ChunkPiece[], isWanted: (key: ChunkKey) => boolean) {
  const keys = new Set(batch.map(({ key }) => key).filter(isWanted));
  return [...keys].map((key) => store.record(key)).filter((record) => record !== undefined);
}

/** Changes stored, unfiltered chunks in place, whatever fails. */
function* overwriteBatch(
  object: ObjectState,
  layout: ChunkedLayout,
  store: ChunkStore,
  batch: readonly ChunkPiece[],
): Operation<void> {
  const { file } = object;
  const { description } = datasetState(object);
  const transaction = file.editing();
  const scattered = new Set(
    batch
      .filter(({ planned, selection }) => !planned.whole && runsOf(planned, selection) > fewRuns)
      .map(({ key }) => key),
  );
  const records = recordsOf(store, batch, (key) => scattered.has(key));
  /** Chunks that are written as a whole. */
  const chunks = yield* loadIfPossible(object, layout, store, records);
  for (const piece of batch) {
    const { key, planned, selection, bytes } = piece;
    const record = store.record(key);
    if (record === undefined) continue;
    let chunk = chunks.get(key);
    if (chunk === undefined && planned.whole) {
      chunk = newChunk(description, layout);
      chunks.set(key, chunk);
    }
    if (chunk !== undefined) copyInto(chunk, layout, selection, planned, bytes);
    else
      for (const write of runsOfPiece(layout, piece, file.offsetOf(record.address)))
        transaction.overwrite(write.offset, write.bytes);
  }
  for (const [key, chunk] of chunks) {
    const record = store.record(key);
    if (record !== undefined) transaction.overwrite(file.offsetOf(record.address), chunk);
  }
  yield* transaction.relieveIfPossible();
}

/** At most so many runs of bytes are what a selection takes from a chunk. */
function runsOf({ count }: PlannedChunk, { step }: ResolvedSelection): number {
  const last = count.length - 1;
  return count.reduce((runs, extent, axis) => (axis === last && step[axis] === 1 ? runs : runs * extent), 1);
}

/** The stored bytes that a piece changes in a chunk that begins at `start`. */
function* runsOfPiece(
  layout: ChunkedLayout,
  { planned, selection, bytes }: ChunkPiece,
  start: number,
): Generator<PlannedWrite, void, undefined> {
  const { count, startInResult, startInChunk } = planned;
  const zero = zeros(count.length);
  const unit = ones(count.length);
  const taken = new Uint8Array(count.reduce((product, extent) => product * extent, layout.elementSize));
  copyBox(bytes, selection.count, startInResult, unit, taken, count, zero, unit, count, layout.elementSize);
  const within = { ...selection, shape: layout.chunkDimensions, start: startInChunk, count };
  for (const range of contiguousRuns(within, layout.chunkDimensions, layout.elementSize, 0).ranges) {
    const from = range.resultOffset;
    yield { offset: start + range.offset, bytes: taken.subarray(from, from + range.resultLength) };
  }
}

function* loadIfPossible(
  object: ObjectState,
  layout: ChunkedLayout,
  store: ChunkStore,
  records: readonly ChunkRecord[],
): Operation<Map<ChunkKey, Uint8Array>> {
  try {
    return yield* loadChunks(object, layout, store, records);
  } catch (error) {
    if (!(error instanceof HDF5Error)) throw error;
    return new Map();
  }
}
