import type { ChunkRecord } from "../chunks/chunk-index.js";
import { corrupt } from "../errors.js";
import { ones, zeros } from "../selection/axes.js";
import { fillRepeating } from "../selection/copy.js";
import type { Gather, GatherPart, GatherRuns } from "../selection/gather.js";
import { copyGathered } from "../selection/gather-copy.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import { decodeAll } from "../storage/storage.js";
import type { ChunkedLayout, ContiguousLayout } from "../structures/messages/data-layout.js";
import { gapWithin, isSmallPart, partsOffset } from "./chunk-parts.js";
import type { ChunkKey } from "./chunk-store.js";
import { chunkKey } from "./chunk-store.js";
import { chunkRecords, filtersOf, isUnfiltered, keepChunk, readDecodedChunks } from "./chunked-read.js";
import { chunkBytes, chunkIndex, datasetState, fillBytes } from "./dataset-state.js";
import type { FileState } from "./file-state.js";
import type { Window } from "./gather-windows.js";
import { Windows, windowsOf } from "./gather-windows.js";
import type { MissingValues } from "./missing-values.js";
import { requireValues } from "./missing-values.js";
import type { ObjectState } from "./object-state.js";
import { allocateBytes, readElements, requireReadable } from "./raw-data-read.js";
import { requireDecodable, requireProportion } from "./read-bounds.js";
import type { VirtualWork } from "./virtual-work.js";

/** Gaps up to this many bytes are read over in contiguous storage. */
const largestGap = 1024;
/** A box around the elements may have this many bytes more than twice the result. */
const largestBox = 16 * 1024 * 1024;
/** Parts of rows that are read where the box is larger, in bytes. */
const tileBytes = 64 * 1024;
/** Bytes that are read and worked on together. */
const batchBytes = 32 * 1024 * 1024;
/** Chunks are looked up one by one where their box has this many times more. */
const scatteredFactor = 16;

/**
 * Reads the stored elements of a selection by lists, points or a mask, in the order of the result; `work` is that of
 * the virtual dataset that the read is part of.
 */
export function* readGathered(
  object: ObjectState,
  gather: Gather,
  missing: MissingValues = undefined,
  work: VirtualWork | null = null,
): Operation<Uint8Array> {
  const { datatype } = datasetState(object).description;
  const length = gather.elementCount * datatype.size;
  requireReadable(length, object.file.context.limits.readBytes);
  const target = allocateBytes(length);
  yield* readGatheredInto(object, gather, target, missing, work);
  return target;
}

/** {@link readGathered} into memory that is zero and of the right length. */
export function* readGatheredInto(
  object: ObjectState,
  gather: Gather,
  target: Uint8Array,
  missing: MissingValues = undefined,
  work: VirtualWork | null = null,
): Operation<void> {
  if (target.length === 0) return;
  requireValues(object, missing);
  const { layout, datatype, externalFiles } = datasetState(object).description;
  const { shape } = gather;
  if (layout.kind === "chunked") {
    yield* readChunks(object, layout, gather, target, work);
  } else if (layout.kind === "compact") {
    const needed = shape.reduce((product, extent) => product * extent, datatype.size);
    if (layout.data.length < needed) {
      throw corrupt(`compact data have ${layout.data.length} bytes, the dataset needs ${needed}`);
    }
    copyParts(layout.data, gather.parts(shape, zeros(shape.length)), target, datatype.size);
  } else if (layout.kind === "contiguous" && externalFiles === null) {
    yield* readContiguous(object, layout, gather, target);
  } else {
    yield* readBox(object, gather, target, missing, work);
  }
}

function copyParts(source: Uint8Array, parts: Iterable<GatherPart>, target: Uint8Array, elementSize: number): void {
  for (const part of parts) copyPart(source, part, target, elementSize);
}

function copyPart(source: Uint8Array, part: GatherPart, target: Uint8Array, elementSize: number): void {
  const runs = part.runs();
  copyGathered(source, 0, target, runs, 0, runs.source.length, elementSize);
}

/** Reads the smallest regular selection that has all elements, if it is not much larger, and picks them from it. */
function* readBox(
  object: ObjectState,
  gather: Gather,
  target: Uint8Array,
  missing: MissingValues,
  work: VirtualWork | null,
): Operation<void> {
  const { shape, low, high } = gather;
  const elementSize = datasetState(object).description.datatype.size;
  const count = low.map((first, axis) => high[axis] - first + 1);
  const box = boxOf(shape, low, count);
  if (box.elementCount * elementSize > largestBox + 2 * target.length) {
    yield* readTiles(object, gather, target, missing, work);
    return;
  }
  const bytes = yield* readElements(object, box, missing, work);
  copyParts(bytes, gather.parts(count, low), target, elementSize);
}

/** Reads the parts of rows that have elements of the selection, one after another. */
function* readTiles(
  object: ObjectState,
  gather: Gather,
  target: Uint8Array,
  missing: MissingValues,
  work: VirtualWork | null,
): Operation<void> {
  const { shape } = gather;
  const { size } = datasetState(object).description.datatype;
  const last = shape.length - 1;
  const tile = ones(shape.length);
  tile[last] = Math.min(shape[last], Math.ceil(tileBytes / size));
  for (const part of gather.parts(tile, zeros(shape.length))) {
    const start = part.scaled.map((at, axis) => at * tile[axis]);
    const count = tile.map((extent, axis) => Math.min(extent, shape[axis] - start[axis]));
    copyPart(yield* readElements(object, boxOf(shape, start, count), missing, work), part, target, size);
  }
}

function boxOf(shape: readonly number[], start: readonly number[], count: readonly number[]): ResolvedSelection {
  const elementCount = count.reduce((product, extent) => product * extent, 1);
  return { shape, start, count, step: ones(shape.length), resultShape: count, elementCount, scalar: false };
}

function* readContiguous(
  object: ObjectState,
  layout: ContiguousLayout,
  gather: Gather,
  target: Uint8Array,
): Operation<void> {
  const { description } = datasetState(object);
  const elementSize = description.datatype.size;
  if (layout.address === null) {
    const fill = fillBytes(description);
    if (fill !== null) fillRepeating(target, 0, target.length, fill);
    return;
  }
  const start = object.file.offsetOf(layout.address);
  const total = gather.shape.reduce((product, extent) => product * extent, elementSize);
  if (layout.size !== null && total > layout.size) {
    throw corrupt(`contiguous storage has ${layout.size} bytes, the dataset needs ${total}`, start);
  }
  const windows = new Windows(object.file, target, elementSize);
  for (const part of gather.parts(gather.shape, zeros(gather.shape.length))) {
    for (const window of windowsOf(start, part.runs(), elementSize, largestGap)) {
      windows.add(window);
      if (windows.isFull) yield* windows.read();
    }
  }
  yield* windows.read();
}

/** A part of the selection, and the stored chunk that has it. */
interface WantedPart {
  readonly part: GatherPart;
  readonly record: ChunkRecord;
}

function* readChunks(
  object: ObjectState,
  layout: ChunkedLayout,
  gather: Gather,
  target: Uint8Array,
  work: VirtualWork | null,
): Operation<void> {
  const { file } = object;
  const state = datasetState(object);
  const { chunkDimensions, elementSize } = layout;
  const decodedBytes = chunkBytes(layout);
  const limit = file.context.limits.chunkBytes;
  const fileSize = file.size;
  const isFiltered = !isUnfiltered(state.description);
  if (isFiltered) requireDecodable(decodedBytes, target.length, limit);
  const origin = zeros(chunkDimensions.length);
  const records = yield* recordsOf(object, layout, gather);
  const fill = fillBytes(state.description);
  let batch: WantedPart[] = [];
  let bytes = 0;
  let stored = 0;
  let decoded = 0;
  const windows = new Windows(file, target, elementSize);
  for (const part of gather.parts(chunkDimensions, origin)) {
    const key = chunkKey(part.scaled);
    const record = records.get(key);
    const known = state.chunks?.staged(key) ?? (record === undefined ? undefined : file.chunkCache.get(record.address));
    if (known !== undefined) {
      copyPart(known, part, target, elementSize);
    } else if (record === undefined) {
      if (fill !== null) fillRuns(target, part.runs(), fill);
    } else if (filtersOf(object, layout, record) === null && addPart(windows, file, layout, part, record)) {
      if (windows.isFull) yield* windows.read();
    } else {
      if (isFiltered) work?.decode(decodedBytes, file);
      batch.push({ part, record });
      bytes += decodedBytes + record.size;
      stored += record.size;
      decoded += decodedBytes;
      if (bytes >= batchBytes) {
        if (isFiltered) requireProportion({ stored, decoded, wanted: target.length }, fileSize, limit);
        yield* readBatch(object, layout, batch, target);
        batch = [];
        bytes = 0;
      }
    }
  }
  yield* readBatch(object, layout, batch, target);
  yield* windows.read();
}

/** Takes what is wanted of a chunk without filters, unless that is better read with the whole chunk. */
function addPart(
  windows: Windows,
  file: FileState,
  layout: ChunkedLayout,
  part: GatherPart,
  record: ChunkRecord,
): boolean {
  if (!isSmallPart(layout, 1, 0)) return false;
  const found: Window[] = [];
  let bytes = 0;
  const start = partsOffset(file, layout, record);
  for (const window of windowsOf(start, part.runs(), layout.elementSize, gapWithin(file))) {
    bytes += window.length;
    if (!isSmallPart(layout, found.push(window), bytes)) return false;
  }
  for (const window of found) windows.add(window);
  return true;
}

/** The stored chunks that the selection may touch. */
function* recordsOf(object: ObjectState, layout: ChunkedLayout, gather: Gather): Operation<Map<ChunkKey, ChunkRecord>> {
  const { chunkDimensions } = layout;
  const low = gather.low.map((first, axis) => Math.floor(first / chunkDimensions[axis]));
  const high = gather.high.map((last, axis) => Math.floor(last / chunkDimensions[axis]));
  const volume = low.reduce((product, first, axis) => product * (high[axis] - first + 1), 1);
  const most = Math.floor(volume / scatteredFactor);
  const wanted: (readonly number[])[] = [];
  if (most > 0) {
    for (const { scaled } of gather.parts(chunkDimensions, zeros(low.length))) {
      if (wanted.push(scaled) > most) break;
    }
  }
  if (wanted.length === 0 || wanted.length > most) return yield* chunkRecords(object, layout, low, high);
  const { chunks } = datasetState(object);
  const found = yield* object.file.decode(() =>
    decodeAll(wanted, (scaled) =>
      chunks === null ? (chunkIndex(object, layout)?.find(scaled, scaled) ?? []) : [...chunks.find(scaled, scaled)],
    ),
  );
  const records = new Map<ChunkKey, ChunkRecord>();
  for (const list of found) for (const record of list) records.set(chunkKey(record.scaled), record);
  return records;
}

function fillRuns(target: Uint8Array, { target: starts, length }: GatherRuns, fill: Uint8Array): void {
  for (let run = 0; run < starts.length; run++) {
    const start = starts[run] * fill.length;
    fillRepeating(target, start, start + length * fill.length, fill);
  }
}

function* readBatch(
  object: ObjectState,
  layout: ChunkedLayout,
  batch: WantedPart[],
  target: Uint8Array,
): Operation<void> {
  if (batch.length === 0) return;
  batch.sort((a, b) => a.record.address - b.record.address);
  const chunks = yield* readDecodedChunks(
    object,
    layout,
    batch.map(({ record }) => record),
  );
  for (let index = 0; index < batch.length; index++) {
    const { part, record } = batch[index];
    copyPart(chunks[index].bytes, part, target, layout.elementSize);
    keepChunk(object.file, record, chunks[index]);
  }
}
