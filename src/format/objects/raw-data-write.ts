import type { ChunkRecord } from "../chunks/chunk-index.js";
import type { PlannedChunk } from "../chunks/chunk-plan.js";
import { planChunks } from "../chunks/chunk-plan.js";
import { corrupt, unsupported } from "../errors.js";
import { ones, zeros } from "../selection/axes.js";
import { contiguousRuns } from "../selection/contiguous-runs.js";
import { copyBox, fillRepeating } from "../selection/copy.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import type { ChunkedLayout, ContiguousLayout } from "../structures/messages/data-layout.js";
import { elementCount } from "../structures/messages/dataspace.js";
import { wantsMarks } from "./change-object.js";
import { encodeStagedChunks } from "./chunk-encoding.js";
import type { ChunkKey } from "./chunk-store.js";
import { ChunkStore, chunkKey } from "./chunk-store.js";
import { readDecodedChunks } from "./chunked-read.js";
import type { DatasetDescription } from "./dataset-state.js";
import { chunkBytes, chunkIndex, datasetState, fillBytes, requireLocalStorage, setLayout } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import { allocateElements, areReferences, mayOverwriteReferences, moveContiguous } from "./reference-write.js";

/** Decoded chunks kept staged before they are encoded and written early. */
const stagedLimit = 32 * 1024 * 1024;
/** Contiguous data of more bytes are written at once, without a copy. */
const longWrite = 1024 * 1024;
/** Fill values are written in pieces of this many bytes. */
const fillPiece = 4 * 1024 * 1024;

/** Refuses datasets whose storage cannot be edited, by name. */
export function requireEditableStorage(description: DatasetDescription): void {
  requireLocalStorage(description);
  const { layout } = description;
  if (layout.kind === "chunked" && layout.indexing.type !== "btree-v1") {
    throw unsupported(`writing to chunks with a ${layout.indexing.type} index`);
  }
  if (layout.kind === "contiguous" && layout.version < 3) {
    throw unsupported(`writing to a dataset with a version ${layout.version} data layout message`);
  }
}

/** Writes the elements of a selection from `source`, which holds them in row-major order. */
export function* writeElements(object: ObjectState, selection: ResolvedSelection, source: Uint8Array): Operation<void> {
  const state = datasetState(object);
  object.file.editing();
  requireEditableStorage(state.description);
  const { layout, datatype } = state.description;
  if (selection.elementCount === 0) return;
  switch (layout.kind) {
    case "compact": {
      const data = layout.data.slice();
      copyBox(
        source,
        selection.count,
        zeros(selection.count.length),
        ones(selection.count.length),
        data,
        selection.shape,
        selection.start,
        selection.step,
        selection.count,
        datatype.size,
      );
      setLayout(object, { ...layout, data });
      return;
    }
    case "contiguous":
      yield* writeContiguous(object, layout, selection, source);
      if (wantsMarks(object)) object.file.touch(object);
      return;
    case "chunked":
      yield* writeChunked(object, layout, selection, source);
      return;
    case "virtual":
      throw unsupported("writing to a virtual dataset");
  }
}

function* writeContiguous(
  object: ObjectState,
  layout: ContiguousLayout,
  selection: ResolvedSelection,
  source: Uint8Array,
): Operation<void> {
  const file = object.file;
  const transaction = file.editing();
  const { description } = datasetState(object);
  const elementSize = description.datatype.size;
  const total = elementCount(description.dataspace) * elementSize;
  const whole = source.length === total;
  let address = layout.address;
  const fresh = address === null;
  if (address === null) {
    address = yield* allocateContiguous(object, layout, total, !whole);
  } else if (layout.size !== null && total > layout.size) {
    throw corrupt(`contiguous storage has ${layout.size} bytes, the dataset needs ${total}`, file.offsetOf(address));
  }
  const start = file.offsetOf(address);
  if (fresh && whole) {
    // The caller may change its array after the call: what is not written now is copied.
    if (source.length > longWrite) {
      transaction.shadow(start, source);
      yield* transaction.drain();
    } else {
      transaction.shadowCopy(start, source);
      yield* transaction.relieve();
    }
    return;
  }
  if (areReferences(description.datatype) && isCommitted(object, address)) {
    yield* writeReferences(object, layout, address, selection, source);
    return;
  }
  const plan = contiguousRuns(selection, selection.shape, elementSize, 0);
  const isLong = source.length > longWrite;
  for (const range of plan.ranges) {
    const end = range.resultOffset + range.resultLength;
    const bytes = isLong ? source.subarray(range.resultOffset, end) : source.slice(range.resultOffset, end);
    transaction.overwrite(start + range.offset, bytes);
  }
  if (isLong) yield* transaction.drain();
  else yield* transaction.relieve();
}

/** Whether contiguous elements lie where the committed file, or a commit under way, has them. */
function isCommitted(object: ObjectState, address: number): boolean {
  const { storedLayout } = datasetState(object);
  return storedLayout?.kind === "contiguous" && storedLayout.address === address;
}

/** Writes contiguous references, at the commit or to new space: see {@link areReferences}. */
function* writeReferences(
  object: ObjectState,
  layout: ContiguousLayout,
  address: number,
  selection: ResolvedSelection,
  source: Uint8Array,
): Operation<void> {
  const { file } = object;
  const transaction = file.editing();
  const { datatype, dataspace } = datasetState(object).description;
  const isPart = selection.elementCount < elementCount(dataspace);
  const ranges = [...contiguousRuns(selection, selection.shape, datatype.size, 0).ranges];
  const inPlace = mayOverwriteReferences(file, datatype, address, ranges);
  const start = file.offsetOf(inPlace ? address : yield* moveContiguous(object, layout, address, isPart));
  for (const { offset, resultOffset, resultLength } of ranges) {
    const bytes = source.subarray(resultOffset, resultOffset + resultLength);
    if (inPlace) transaction.overwriteLate(start + offset, bytes);
    else transaction.overwrite(start + offset, bytes.slice());
  }
  yield* transaction.relieve();
}

/** Allocates contiguous storage and, where `filled`, writes the fill value into it. */
function* allocateContiguous(
  object: ObjectState,
  layout: ContiguousLayout,
  length: number,
  filled: boolean,
): Operation<number> {
  const file = object.file;
  const transaction = file.editing();
  const fill = fillBytes(datasetState(object).description);
  const { datatype } = datasetState(object).description;
  const address = allocateElements(file, datatype, length, (taken) =>
    filled ? transaction.allocateZeroed(taken) : transaction.allocate(taken),
  );
  const offset = file.offsetOf(address);
  setLayout(object, { ...layout, address, size: length });
  if (filled && fill !== null) {
    const piece = new Uint8Array(Math.min(length, Math.ceil(fillPiece / fill.length) * fill.length));
    fillRepeating(piece, 0, piece.length, fill);
    for (let done = 0; done < length; done += piece.length) {
      transaction.shadow(offset + done, piece.subarray(0, Math.min(piece.length, length - done)));
      yield* transaction.relieve();
    }
  }
  return address;
}

/** The dataset's chunks, made ready for changes. */
export function* chunkStore(object: ObjectState, layout: ChunkedLayout): Operation<ChunkStore> {
  const state = datasetState(object);
  if (state.chunks !== null) return state.chunks;
  const { dimensions, maxDimensions } = state.description.dataspace;
  const high = dimensions.map((extent, axis) => {
    const most = Math.max(extent, maxDimensions[axis] ?? Number.MAX_SAFE_INTEGER);
    return Math.floor(Math.max(most - 1, 0) / layout.chunkDimensions[axis]);
  });
  const records = yield* object.file.decode(() => chunkIndex(object, layout)?.find(zeros(high.length), high) ?? []);
  state.chunks = new ChunkStore(records);
  return state.chunks;
}

function* writeChunked(
  object: ObjectState,
  layout: ChunkedLayout,
  selection: ResolvedSelection,
  source: Uint8Array,
): Operation<void> {
  const { description } = datasetState(object);
  const store = yield* chunkStore(object, layout);
  const plan = planChunks(selection, layout.chunkDimensions);
  const loaded = yield* loadChunks(object, layout, store, partialChunks(plan, store));
  const unit = ones(selection.count.length);
  object.file.touch(object);
  for (const planned of plan) {
    const key = chunkKey(planned.scaled);
    let bytes = store.staged(key);
    if (bytes === undefined) {
      bytes = loaded.get(key) ?? newChunk(description, layout);
      loaded.delete(key);
      store.stage(key, planned.scaled, bytes);
    }
    copyBox(
      source,
      selection.count,
      planned.startInResult,
      unit,
      bytes,
      layout.chunkDimensions,
      planned.startInChunk,
      selection.step,
      planned.count,
      layout.elementSize,
    );
    if (store.stagedBytes > stagedLimit) yield* encodeStagedChunks(object, store);
  }
}

function* partialChunks(plan: Iterable<PlannedChunk>, store: ChunkStore): Generator<ChunkRecord, void, undefined> {
  for (const planned of plan) {
    if (planned.whole) continue;
    const key = chunkKey(planned.scaled);
    const record = store.record(key);
    if (record !== undefined && store.staged(key) === undefined) yield record;
  }
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
function newChunk(description: DatasetDescription, layout: ChunkedLayout): Uint8Array {
  const bytes = new Uint8Array(chunkBytes(layout));
  const fill = fillBytes(description);
  if (fill !== null) fillRepeating(bytes, 0, bytes.length, fill);
  return bytes;
}

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
  state.description = { ...state.description, dataspace: { ...dataspace, dimensions } };
  object.file.touch(object);
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
  const stored = crossing.map((scaled) => store.record(chunkKey(scaled))).filter((record) => record !== undefined);
  const loaded = yield* loadChunks(object, layout, store, stored);
  const transaction = object.file.editing();
  for (const scaled of outside) {
    const key = chunkKey(scaled);
    const published = store.isPublished(key);
    const record = store.remove(key);
    if (record === undefined) continue;
    object.file.chunkCache.delete(record.address);
    const offset = object.file.offsetOf(record.address);
    if (published) transaction.free(offset, record.size);
    else transaction.freeUnpublished(offset, record.size);
  }
  for (const scaled of crossing) {
    const key = chunkKey(scaled);
    const bytes = store.staged(key) ?? loaded.get(key);
    if (bytes === undefined) continue;
    const kept = chunk.map((extent, axis) => Math.min(extent, dimensions[axis] - scaled[axis] * chunk[axis]));
    const cut = newChunk(description, layout);
    const origin = zeros(chunk.length);
    const unit = ones(chunk.length);
    copyBox(bytes, chunk, origin, unit, cut, chunk, origin, unit, kept, layout.elementSize);
    store.stage(key, scaled, cut).copyOnWrite = true;
  }
}
