import type { ChunkRecord } from "../chunks/chunk-index.js";
import type { PlannedChunk } from "../chunks/chunk-plan.js";
import { planChunks } from "../chunks/chunk-plan.js";
import type { Operation } from "../storage/operation.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import { chunkStore, copyInto, extentInChunk, loadChunks, newChunk, stagedLimit } from "./changing-chunks.js";
import { encodeIfPossible, encodeStagedChunks } from "./chunk-encoding.js";
import type { ChunkKey, ChunkStore } from "./chunk-store.js";
import { chunkKey } from "./chunk-store.js";
import { chunkBytes, datasetState } from "./dataset-state.js";
import { writeManyChunks } from "./many-chunks-write.js";
import type { ObjectState } from "./object-state.js";
import { requireOwnChunks } from "./raw-data-place.js";
import type { WrittenElements, WrittenPart } from "./written-elements.js";

/** Chunks that become staged at once, at most. */
const stagedChunks = 64 * 1024;

/**
 * Writes elements of a chunked dataset. The chunks that are touched become staged, all at once, when they are few;
 * otherwise they are stored as they come.
 */
export function* writeChunked(object: ObjectState, layout: ChunkedLayout, elements: WrittenElements): Operation<void> {
  const store = yield* chunkStore(object, layout);
  // An earlier attempt may have failed; what is staged does not grow without bounds.
  if (store.stagedBytes > stagedLimit) yield* encodeStagedChunks(object, store);
  const touched = touchedChunks(layout, elements.parts());
  if (touched === null) {
    yield* writeManyChunks(object, layout, store, elements);
    return;
  }
  const { description } = datasetState(object);
  yield* requireOwnChunks(
    object,
    layout,
    Array.from(touched.keys(), (key) => store.record(key)),
  );
  const loaded = yield* loadChunks(object, layout, store, partlyWritten(touched, store));
  const ready = new Map<ChunkKey, Uint8Array>();
  for (const key of touched.keys()) {
    ready.set(key, store.staged(key) ?? loaded.get(key) ?? newChunk(description, layout));
  }
  // Nothing fails from here on.
  object.file.touch(object);
  for (const [key, bytes] of ready) {
    if (store.staged(key) !== undefined) continue;
    const scaled = touched.get(key)?.scaled ?? [];
    if (loaded.has(key)) store.stageStored(key, scaled, bytes);
    else store.stage(key, scaled, bytes);
  }
  for (const { selection, bytes: source } of elements.parts()) {
    for (const planned of planChunks(selection, layout.chunkDimensions)) {
      const key = chunkKey(planned.scaled);
      const bytes = ready.get(key);
      if (bytes === undefined) continue;
      copyInto(bytes, layout, selection, planned, source);
      store.noteChanged(key, extentInChunk(layout, selection, planned));
    }
  }
  if (store.stagedBytes > stagedLimit) yield* encodeIfPossible(object, store);
}

/** The distinct chunks that parts touch, the last plan for each that covers all of it; `null` where they are many. */
function touchedChunks(layout: ChunkedLayout, parts: Iterable<WrittenPart>): Map<ChunkKey, PlannedChunk> | null {
  const most = Math.min(stagedChunks, Math.max(1, Math.floor(stagedLimit / chunkBytes(layout))));
  const touched = new Map<ChunkKey, PlannedChunk>();
  for (const { selection } of parts) {
    for (const planned of planChunks(selection, layout.chunkDimensions)) {
      const key = chunkKey(planned.scaled);
      if (planned.whole || !touched.has(key)) touched.set(key, planned);
      if (touched.size > most) return null;
    }
  }
  return touched;
}

function* partlyWritten(
  touched: ReadonlyMap<ChunkKey, PlannedChunk>,
  store: ChunkStore,
): Generator<ChunkRecord, void, undefined> {
  for (const [key, { whole }] of touched) {
    const record = whole ? undefined : store.record(key);
    if (record !== undefined && store.staged(key) === undefined) yield record;
  }
}
