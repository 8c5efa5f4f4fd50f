import type { ChunkRecord } from "../chunks/chunk-index.js";
import type { ChunkPlan, PlannedChunk } from "../chunks/chunk-plan.js";
import { planChunks } from "../chunks/chunk-plan.js";
import { corrupt } from "../errors.js";
import { decodePipelineTask } from "../filters/pipeline.js";
import { ones } from "../selection/axes.js";
import { copyBox } from "../selection/copy.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { DecodeTask, Operation } from "../storage/operation.js";
import { done, runTasks } from "../storage/operation.js";
import type { ByteRange } from "../storage/storage.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import type { FilterPipeline } from "../structures/messages/filter-pipeline.js";
import { ChunkParts, isSmallPart } from "./chunk-parts.js";
import type { ChunkKey } from "./chunk-store.js";
import { chunkKey } from "./chunk-store.js";
import type { DatasetDescription } from "./dataset-state.js";
import { chunkBytes, chunkIndex, datasetState, fillResult } from "./dataset-state.js";
import type { FileState } from "./file-state.js";
import type { ObjectState } from "./object-state.js";
import { requireBounded } from "./read-bounds.js";
import { readWindows } from "./read-windows.js";
import type { VirtualWork } from "./virtual-work.js";

/** Stored and decoded bytes of the chunks that are worked on together. */
const batchBytes = 32 * 1024 * 1024;
/** Memory that is counted for the decoding of one chunk besides its bytes. */
const taskBytes = 1024;
/** Stored chunks of this length and more are read one by one on local devices. */
const lateChunk = 64 * 1024;

/** A chunk that a selection touches, and where its bytes are. */
interface WantedChunk {
  readonly planned: PlannedChunk;
  readonly record: ChunkRecord;
  /** The part of the result that is the whole chunk, where there is one. */
  readonly place: Uint8Array | null;
}

/** Reads a selection of a chunked dataset into `target`, which is zero; `work` is that of a virtual dataset. */
export function* readChunked(
  object: ObjectState,
  layout: ChunkedLayout,
  selection: ResolvedSelection,
  target: Uint8Array,
  work: VirtualWork | null,
): Operation<void> {
  const { chunks, description } = datasetState(object);
  const plan = planChunks(selection, layout.chunkDimensions);
  const found = yield* findChunks(object, layout, plan.low, plan.high);
  const records = chunks === null ? found : found.filter(({ scaled }) => chunks.staged(chunkKey(scaled)) === undefined);
  fillResult(target, description);
  const hasRows = takesWholeRows(layout, selection);
  if (hasRows && isUnfiltered(description)) yield* readRows(object, layout, selection, target, records);
  else yield* readAndScatter(object, layout, plan, target, records, hasRows, work);
  if (chunks === null) return;
  const scatter = new ChunkScatter(layout, selection, target, hasRows);
  for (const [, { scaled, bytes }] of chunks.stagedChunks()) {
    const planned = plan.chunkAt(scaled);
    if (planned !== null) scatter.add(planned, bytes);
  }
}

/** Reads chunks in batches, decodes them and puts what is selected in its place. */
function* readAndScatter(
  object: ObjectState,
  layout: ChunkedLayout,
  plan: ChunkPlan,
  target: Uint8Array,
  records: readonly ChunkRecord[],
  hasRows: boolean,
  work: VirtualWork | null,
): Operation<void> {
  const decodedBytes = chunkBytes(layout);
  const isFiltered = !isUnfiltered(datasetState(object).description);
  if (isFiltered) requireBounded(object, records, decodedBytes, target.length);
  const scatter = new ChunkScatter(layout, plan.selection, target, hasRows);
  // Small chunks are never better read in parts.
  const parts = isSmallPart(layout, 1, 0) ? new ChunkParts(object.file, layout, plan.selection, target) : null;
  let batch: WantedChunk[] = [];
  let bytes = 0;
  for (const record of records) {
    const planned = plan.chunkAt(record.scaled);
    if (planned === null) continue;
    const cached = object.file.chunkCache.get(record.address);
    if (cached !== undefined) {
      scatter.add(planned, cached);
      continue;
    }
    if (parts !== null && filtersOf(object, layout, record) === null && parts.add(planned, record)) {
      if (parts.isFull) yield* parts.read();
      continue;
    }
    if (isFiltered) work?.decode(decodedBytes, object.file);
    const place = scatter.place(planned);
    batch.push({ planned, record, place });
    bytes += isLate(object, record) ? taskBytes : record.size;
    if (place === null) bytes += decodedBytes;
    if (bytes >= batchBytes) {
      yield* readBatch(object, layout, batch, scatter);
      batch = [];
      bytes = 0;
    }
  }
  yield* readBatch(object, layout, batch, scatter);
  if (parts !== null) yield* parts.read();
}

export function isUnfiltered({ filterPipeline }: DatasetDescription): boolean {
  return filterPipeline === null || filterPipeline.filters.length === 0;
}

/** Whether the selection takes runs of whole rows from each chunk, which are runs of the result too. */
function takesWholeRows(layout: ChunkedLayout, selection: ResolvedSelection): boolean {
  const { chunkDimensions } = layout;
  if (chunkDimensions.length === 0 || selection.step[0] !== 1) return false;
  for (let axis = 1; axis < chunkDimensions.length; axis++) {
    if (selection.step[axis] !== 1 || selection.start[axis] !== 0) return false;
    if (selection.count[axis] !== chunkDimensions[axis]) return false;
  }
  return true;
}

/** Puts the selected elements of decoded chunks in their places. */
class ChunkScatter {
  readonly #layout: ChunkedLayout;
  readonly #selection: ResolvedSelection;
  readonly #target: Uint8Array;
  readonly #hasRows: boolean;
  readonly #unit: readonly number[];

  constructor(layout: ChunkedLayout, selection: ResolvedSelection, target: Uint8Array, hasRows: boolean) {
    this.#layout = layout;
    this.#selection = selection;
    this.#target = target;
    this.#hasRows = hasRows;
    this.#unit = ones(selection.count.length);
  }

  /** The part of the result that is the whole chunk, where there is one. */
  place(planned: PlannedChunk): Uint8Array | null {
    const rows = this.#layout.chunkDimensions[0];
    if (!this.#hasRows || planned.count[0] !== rows) return null;
    const length = chunkBytes(this.#layout);
    const start = (planned.startInResult[0] / rows) * length;
    return this.#target.subarray(start, start + length);
  }

  add(planned: PlannedChunk, chunk: Uint8Array): void {
    const { chunkDimensions, elementSize } = this.#layout;
    const { step, count } = this.#selection;
    const unit = this.#unit;
    const { startInChunk, startInResult, count: taken } = planned;
    copyBox(chunk, chunkDimensions, startInChunk, step, this.#target, count, startInResult, unit, taken, elementSize);
  }
}

/** Reads whole rows of unfiltered chunks straight into the result; what is adjacent in both becomes one read. */
function readRows(
  object: ObjectState,
  layout: ChunkedLayout,
  selection: ResolvedSelection,
  target: Uint8Array,
  records: readonly ChunkRecord[],
): Operation<void> {
  const { file } = object;
  const length = chunkBytes(layout);
  const rows = layout.chunkDimensions[0];
  const rowBytes = length / rows;
  const firstRow = selection.start[0];
  const endRow = firstRow + selection.count[0];
  const offsets: number[] = [];
  const targets: Uint8Array[] = [];
  // The run of bytes that is not in the lists yet.
  let runOffset = 0;
  let runStart = 0;
  let runLength = 0;
  for (const { scaled, size, address } of records) {
    if (size < length) throw corrupt(`a chunk has ${size} bytes, expected ${length}`, file.offsetOf(address));
    const origin = scaled[0] * rows;
    const first = Math.max(origin, firstRow);
    const last = Math.min(origin + rows, endRow);
    if (last <= first) continue;
    const offset = file.offsetOf(address) + (first - origin) * rowBytes;
    const start = (first - firstRow) * rowBytes;
    if (offset !== runOffset + runLength || start !== runStart + runLength) {
      if (runLength > 0) {
        offsets.push(runOffset);
        targets.push(target.subarray(runStart, runStart + runLength));
      }
      runOffset = offset;
      runStart = start;
      runLength = 0;
    }
    runLength += (last - first) * rowBytes;
  }
  if (runLength > 0) {
    offsets.push(runOffset);
    targets.push(runLength === target.length ? target : target.subarray(runStart, runStart + runLength));
  }
  return file.readRaw(offsets, targets);
}

/** The stored chunks within a box. */
function findChunks(
  object: ObjectState,
  layout: ChunkedLayout,
  low: readonly number[],
  high: readonly number[],
): Operation<readonly ChunkRecord[]> {
  const { chunks } = datasetState(object);
  if (chunks !== null) return done([...chunks.find(low, high)]);
  return object.file.decode(() => chunkIndex(object, layout)?.find(low, high) ?? []);
}

/** The stored chunks within a box, by {@link chunkKey}. */
export function* chunkRecords(
  object: ObjectState,
  layout: ChunkedLayout,
  low: readonly number[],
  high: readonly number[],
): Operation<Map<ChunkKey, ChunkRecord>> {
  const records = new Map<ChunkKey, ChunkRecord>();
  for (const record of yield* findChunks(object, layout, low, high)) records.set(chunkKey(record.scaled), record);
  return records;
}

/** The filters of a stored chunk, `null` where it has none. */
export function filtersOf(object: ObjectState, layout: ChunkedLayout, { scaled }: ChunkRecord): FilterPipeline | null {
  const { filterPipeline, dataspace } = datasetState(object).description;
  if (filterPipeline === null || filterPipeline.filters.length === 0) return null;
  if (!layout.edgeChunksUnfiltered) return filterPipeline;
  return isEdgeChunk(scaled, layout.chunkDimensions, dataspace.dimensions) ? null : filterPipeline;
}

function isEdgeChunk(scaled: readonly number[], chunk: readonly number[], dimensions: readonly number[]): boolean {
  return scaled.some((coordinate, axis) => (coordinate + 1) * chunk[axis] > dimensions[axis]);
}

/** Checks that a decoded chunk has all its bytes. */
function requireChunk(object: ObjectState, layout: ChunkedLayout, record: ChunkRecord, chunk: Uint8Array): Uint8Array {
  const expected = chunkBytes(layout);
  if (chunk.length < expected) {
    throw corrupt(`a chunk has ${chunk.length} bytes, expected ${expected}`, object.file.offsetOf(record.address));
  }
  return chunk.length === expected ? chunk : chunk.subarray(0, expected);
}

function* readBatch(
  object: ObjectState,
  layout: ChunkedLayout,
  batch: WantedChunk[],
  scatter: ChunkScatter,
): Operation<void> {
  if (batch.length === 0) return;
  batch.sort((a, b) => a.record.address - b.record.address);
  const chunks = yield* readDecodedChunks(
    object,
    layout,
    batch.map(({ record }) => record),
    batch.map(({ place }) => place),
  );
  for (let index = 0; index < batch.length; index++) {
    const { planned, record, place } = batch[index];
    const { bytes } = chunks[index];
    if (bytes === place) continue;
    scatter.add(planned, bytes);
    if (!planned.whole) keepChunk(object.file, record, chunks[index]);
  }
}

/** Keeps a chunk of which a part was wanted. Without filters, local ones are as quickly read again. */
export function keepChunk(file: FileState, { address }: ChunkRecord, { bytes, isDecoded }: DecodedChunk): void {
  if (isDecoded) file.chunkCache.set(address, bytes);
  // A view into a shared window would keep the whole window alive.
  else if (file.device.readSync === undefined && file.transaction === null) file.chunkCache.set(address, bytes.slice());
}

/** A chunk's decoded bytes; where no filter applied, a view of what was read. */
export interface DecodedChunk {
  readonly bytes: Uint8Array;
  readonly isDecoded: boolean;
}

/**
 * Reads and decodes chunks, which are in ascending order of their addresses.
 *
 * @param places - where decoded chunks belong; those that a filter can put there are there afterwards, as `bytes`
 */
export function* readDecodedChunks(
  object: ObjectState,
  layout: ChunkedLayout,
  records: readonly ChunkRecord[],
  places: readonly (Uint8Array | null)[] = [],
): Operation<DecodedChunk[]> {
  const length = chunkBytes(layout);
  const near = records.filter((record) => !isLate(object, record) || filtersOf(object, layout, record) === null);
  const stored = yield* readStoredChunks(object, near);
  const tasks: DecodeTask[] = [];
  const chunks: (Uint8Array | null)[] = [];
  let used = 0;
  for (let index = 0; index < records.length; index++) {
    const record = records[index];
    const filters = filtersOf(object, layout, record);
    const input = near[used] === record ? stored[used++] : storedRange(object, record);
    if (filters !== null) {
      tasks.push(decodePipelineTask(filters, record.filterMask, input, length, undefined, places[index]));
    }
    chunks.push(filters === null && input instanceof Uint8Array ? input : null);
  }
  const outputs = yield* runTasks(tasks);
  let done = 0;
  return records.map((record, index) => {
    const bytes = chunks[index] ?? outputs[done++];
    return { bytes: requireChunk(object, layout, record, bytes), isDecoded: chunks[index] === null };
  });
}

/**
 * Whether a chunk is read by the task that decodes it: the memory for its stored bytes is then used again, and no
 * decoding waits until all are read. Devices with round trips read neighbouring chunks together instead.
 */
function isLate({ file }: ObjectState, { size }: ChunkRecord): boolean {
  return size >= lateChunk && file.transaction === null && file.device.readSync !== undefined;
}

/** Where a chunk is in the file. */
function storedRange({ file }: ObjectState, { address, size }: ChunkRecord): ByteRange {
  const end = file.size;
  const offset = file.offsetOf(address);
  if (offset + size > end) throw corrupt(`a chunk of ${size} bytes goes beyond the end of the file`, offset);
  return { offset, length: size };
}

/** The stored bytes of chunks, which are in ascending order of their addresses. */
function readStoredChunks(object: ObjectState, records: readonly ChunkRecord[]): Operation<Uint8Array[]> {
  const ranges = records.map((record) => storedRange(object, record));
  return readWindows(
    object.file,
    ranges.map(({ offset }) => offset),
    ranges.map(({ length }) => length),
  );
}
