import type { ChunkRecord } from "../chunks/chunk-index.js";
import type { ChunkPlan, PlannedChunk } from "../chunks/chunk-plan.js";
import { planChunks } from "../chunks/chunk-plan.js";
import { corrupt } from "../errors.js";
import { decodePipelineTask } from "../filters/pipeline.js";
import { ones } from "../selection/axes.js";
import { copyBox, fillBox } from "../selection/copy.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { DecodeTask, Operation } from "../storage/operation.js";
import { runTasks } from "../storage/operation.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import type { ChunkKey } from "./chunk-store.js";
import { chunkKey } from "./chunk-store.js";
import type { DatasetDescription } from "./dataset-state.js";
import { chunkBytes, chunkIndex, datasetState, fillBytes, fillResult } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import { requireBounded } from "./read-bounds.js";
import { readWindows } from "./read-windows.js";

/** Stored and decoded bytes of the chunks that are worked on together. */
const batchBytes = 32 * 1024 * 1024;
/** A dataset is sparse where it has this many times more chunks than are stored. */
const sparseFactor = 32;

/** A chunk that a selection touches, and where its bytes are. */
interface WantedChunk {
  readonly planned: PlannedChunk;
  readonly record: ChunkRecord;
}

/** Reads the elements of a selection of a chunked dataset. */
export function* readChunked(
  object: ObjectState,
  layout: ChunkedLayout,
  selection: ResolvedSelection,
  target: Uint8Array,
): Operation<void> {
  const file = object.file;
  const state = datasetState(object);
  const plan = planChunks(selection, layout.chunkDimensions);
  const fill = fillBytes(state.description);
  const records = yield* chunkRecords(object, layout, plan.low, plan.high);
  const scatter = (planned: PlannedChunk, chunk: Uint8Array): void => {
    copyBox(
      chunk,
      layout.chunkDimensions,
      planned.startInChunk,
      selection.step,
      target,
      selection.count,
      planned.startInResult,
      unit,
      planned.count,
      layout.elementSize,
    );
  };
  const unit = ones(selection.count.length);
  const slabs =
    isUnfiltered(state.description) && hasSlabs(layout, selection) ? new SlabReads(object, layout, target) : null;
  let batch: WantedChunk[] = [];
  let bytes = 0;
  const decodedBytes = chunkBytes(layout);
  if (!isUnfiltered(state.description)) requireBounded(object, records, decodedBytes, target.length);
  // Where next to nothing is stored, the chunks that are not there are not gone through one by one.
  const isSparse = state.chunks === null && plan.chunkCount > sparseFactor * (records.size + sparseFactor);
  if (isSparse) fillResult(target, state.description);
  for (const planned of isSparse ? storedChunks(plan, records) : plan) {
    const key = chunkKey(planned.scaled);
    const staged = state.chunks?.staged(key);
    if (staged !== undefined) {
      scatter(planned, staged);
      continue;
    }
    const record = records.get(key);
    if (record === undefined) {
      if (fill !== null) {
        fillBox(target, selection.count, planned.startInResult, unit, planned.count, layout.elementSize, fill);
      }
      continue;
    }
    if (slabs !== null) {
      slabs.add(planned, record);
      continue;
    }
    const cached = file.chunkCache.get(record.address);
    if (cached !== undefined) {
      scatter(planned, cached);
      continue;
    }
    batch.push({ planned, record });
    bytes += decodedBytes + record.size;
    if (bytes >= batchBytes) {
      yield* readBatch(object, layout, batch, scatter);
      batch = [];
      bytes = 0;
    }
  }
  yield* readBatch(object, layout, batch, scatter);
  if (slabs !== null) yield* file.readRaw(slabs.offsets, slabs.targets);
}

/** The chunks of a plan that are stored. */
function* storedChunks(plan: ChunkPlan, records: Map<ChunkKey, ChunkRecord>): Generator<PlannedChunk, void, undefined> {
  for (const { scaled } of records.values()) {
    const planned = plan.chunkAt(scaled);
    if (planned !== null) yield planned;
  }
}

export function isUnfiltered({ filterPipeline }: DatasetDescription): boolean {
  return filterPipeline === null || filterPipeline.filters.length === 0;
}

/** Whether the selection takes runs of whole rows from each chunk, which are runs of the result too. */
function hasSlabs(layout: ChunkedLayout, selection: ResolvedSelection): boolean {
  return layout.chunkDimensions.every(
    (extent, axis) =>
      selection.step[axis] === 1 && (axis === 0 || (selection.start[axis] === 0 && selection.count[axis] === extent)),
  );
}

/** Reads of whole rows of unfiltered chunks straight into the result; what is adjacent in both becomes one read. */
class SlabReads {
  readonly offsets: number[] = [];
  readonly targets: Uint8Array[] = [];
  readonly #object: ObjectState;
  readonly #target: Uint8Array;
  readonly #rowBytes: number;
  readonly #chunkBytes: number;
  #fileEnd = -1;
  #targetStart = 0;
  #targetEnd = -1;

  constructor(object: ObjectState, layout: ChunkedLayout, target: Uint8Array) {
    this.#object = object;
    this.#target = target;
    this.#chunkBytes = chunkBytes(layout);
    this.#rowBytes = this.#chunkBytes / (layout.chunkDimensions[0] ?? 1);
  }

  add(planned: PlannedChunk, record: ChunkRecord): void {
    if (record.size < this.#chunkBytes) {
      const offset = this.#object.file.offsetOf(record.address);
      throw corrupt(`a chunk has ${record.size} bytes, expected ${this.#chunkBytes}`, offset);
    }
    const offset = this.#object.file.offsetOf(record.address) + planned.startInChunk[0] * this.#rowBytes;
    const length = planned.count[0] * this.#rowBytes;
    const start = planned.startInResult[0] * this.#rowBytes;
    if (offset === this.#fileEnd && start === this.#targetEnd) {
      this.targets[this.targets.length - 1] = this.#target.subarray(this.#targetStart, start + length);
    } else {
      this.#targetStart = start;
      this.offsets.push(offset);
      this.targets.push(this.#target.subarray(start, start + length));
    }
    this.#fileEnd = offset + length;
    this.#targetEnd = start + length;
  }
}

/** The stored chunks within a box, by {@link chunkKey}. */
export function* chunkRecords(
  object: ObjectState,
  layout: ChunkedLayout,
  low: readonly number[],
  high: readonly number[],
): Operation<Map<ChunkKey, ChunkRecord>> {
  const state = datasetState(object);
  const found =
    state.chunks !== null
      ? state.chunks.find(low, high)
      : yield* object.file.decode(() => chunkIndex(object, layout)?.find(low, high) ?? []);
  const records = new Map<ChunkKey, ChunkRecord>();
  for (const record of found) records.set(chunkKey(record.scaled), record);
  return records;
}

/** The task that decodes one stored chunk. */
function chunkDecodeTask(
  object: ObjectState,
  layout: ChunkedLayout,
  record: ChunkRecord,
  stored: Uint8Array,
): DecodeTask | null {
  const { filterPipeline, dataspace } = datasetState(object).description;
  if (filterPipeline === null || filterPipeline.filters.length === 0) return null;
  if (layout.edgeChunksUnfiltered && isEdgeChunk(record.scaled, layout.chunkDimensions, dataspace.dimensions))
    return null;
  return decodePipelineTask(filterPipeline, record.filterMask, stored, chunkBytes(layout));
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
  scatter: (planned: PlannedChunk, chunk: Uint8Array) => void,
): Operation<void> {
  if (batch.length === 0) return;
  const file = object.file;
  batch.sort((a, b) => a.record.address - b.record.address);
  const chunks = yield* readDecodedChunks(
    object,
    layout,
    batch.map(({ record }) => record),
  );
  for (let index = 0; index < batch.length; index++) {
    const { planned, record } = batch[index];
    const { bytes, isDecoded } = chunks[index];
    scatter(planned, bytes);
    // Views into a shared window would keep the whole window alive.
    if (!planned.whole && isDecoded) file.chunkCache.set(record.address, bytes);
  }
}

/** A chunk's decoded bytes; where no filter applied, a view of what was read. */
export interface DecodedChunk {
  readonly bytes: Uint8Array;
  readonly isDecoded: boolean;
}

/** Reads and decodes chunks, which are in ascending order of their addresses. */
export function* readDecodedChunks(
  object: ObjectState,
  layout: ChunkedLayout,
  records: readonly ChunkRecord[],
): Operation<DecodedChunk[]> {
  const stored = yield* readStoredChunks(object, records);
  const tasks: DecodeTask[] = [];
  const taskOf = records.map((record, index) => {
    const task = chunkDecodeTask(object, layout, record, stored[index]);
    return task === null ? -1 : tasks.push(task) - 1;
  });
  const outputs = yield* runTasks(tasks);
  return records.map((record, index) => {
    const isDecoded = taskOf[index] >= 0;
    const bytes = requireChunk(object, layout, record, isDecoded ? outputs[taskOf[index]] : stored[index]);
    return { bytes, isDecoded };
  });
}

/** The stored bytes of chunks, which are in ascending order of their addresses. */
function* readStoredChunks(object: ObjectState, records: readonly ChunkRecord[]): Operation<Uint8Array[]> {
  const file = object.file;
  const end = file.transaction === null ? file.device.size : file.transaction.size;
  const offsets = records.map((record) => {
    const offset = file.offsetOf(record.address);
    if (offset + record.size > end) {
      throw corrupt(`a chunk of ${record.size} bytes goes beyond the end of the file`, offset);
    }
    return offset;
  });
  return yield* readWindows(
    file,
    offsets,
    records.map((record) => record.size),
  );
}
