import { corrupt, HDF5Error } from "../errors.js";
import { ones, zeros } from "../selection/axes.js";
import type { RunPlan, RunRange } from "../selection/contiguous-runs.js";
import { contiguousRuns, scatterRuns } from "../selection/contiguous-runs.js";
import { copyBox } from "../selection/copy.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import { done } from "../storage/operation.js";
import { Scratch } from "../storage/scratch.js";
import type { ContiguousLayout } from "../structures/messages/data-layout.js";
import { readChunked } from "./chunked-read.js";
import { datasetState, fillResult } from "./dataset-state.js";
import type { FileState } from "./file-state.js";
import type { MissingValues } from "./missing-values.js";
import { requireValues } from "./missing-values.js";
import type { ObjectState } from "./object-state.js";
import { readExternalData } from "./stored-elsewhere.js";
import { readVirtual } from "./virtual.js";
import type { VirtualWork } from "./virtual-work.js";

/** Gaps up to this many bytes are read over in contiguous storage. */
const largestGap = 1024;
/** Bytes with gaps, and ranges, that are read together. */
const batchBytes = 16 * 1024 * 1024;
const batchRanges = 65_536;

/** Reads the stored elements of a selection, in row-major order, into new memory. */
export function* readElements(
  object: ObjectState,
  selection: ResolvedSelection,
  missing: MissingValues = undefined,
  work: VirtualWork | null = null,
): Operation<Uint8Array> {
  const bytes = allocateResult(object, selection.elementCount, datasetState(object).description.datatype.size);
  yield* readElementsInto(object, selection, bytes, missing, work);
  return bytes;
}

/** Reads the stored elements of a selection, in row-major order, into `bytes`, which are zero and of their length. */
export function readElementsInto(
  object: ObjectState,
  selection: ResolvedSelection,
  bytes: Uint8Array,
  missing: MissingValues = undefined,
  work: VirtualWork | null = null,
): Operation<void> {
  const { layout, datatype, externalFiles } = datasetState(object).description;
  if (bytes.length === 0) return done(undefined);
  requireValues(object, missing);
  switch (layout.kind) {
    case "compact":
      copySelection(layout.data, selection, bytes, datatype.size);
      return done(undefined);
    case "contiguous":
      if (externalFiles !== null) return readExternalData(object, selection, bytes);
      return readContiguous(object, layout, selection, bytes);
    case "chunked":
      return readChunked(object, layout, selection, bytes, work);
    case "virtual":
      return readVirtual(object, selection, bytes, missing, work, readElements);
  }
}

/** Memory for a result, which a hostile extent must not make unbounded. */
function allocateResult(object: ObjectState, count: number, elementSize: number): Uint8Array {
  const length = count * elementSize;
  const { layout } = datasetState(object).description;
  const { device } = object.file;
  requireReadable(length, object.file.context.limits.readBytes);
  // Data that are not there cannot be read: refuse before the memory is taken.
  if (layout.kind === "contiguous" && layout.address !== null && object.file.transaction === null) {
    if (length > device.size) {
      throw corrupt(
        `the dataset has ${length} bytes or more, the file has ${device.size}`,
        object.file.offsetOf(layout.address),
      );
    }
  }
  return allocateBytes(length);
}

/** Refuses results of more bytes than the limit. */
export function requireReadable(length: number, limit: number): void {
  if (length <= limit) return;
  throw new HDF5Error(
    "limit",
    `the selection has ${length} bytes, the limit "readBytes" is ${limit}; read it in parts`,
  );
}

/** New memory for a result. */
export function allocateBytes(length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new HDF5Error(
      "limit",
      `the selection has ${length} bytes, which this runtime cannot allocate; read it in parts`,
      { cause },
    );
  }
}

function copySelection(
  source: Uint8Array,
  selection: ResolvedSelection,
  target: Uint8Array,
  elementSize: number,
): void {
  const needed = selection.shape.reduce((product, extent) => product * extent, elementSize);
  if (source.length < needed) {
    throw corrupt(`compact data have ${source.length} bytes, the dataset needs ${needed}`);
  }
  copyBox(
    source,
    selection.shape,
    selection.start,
    selection.step,
    target,
    selection.count,
    zeros(selection.count.length),
    ones(selection.count.length),
    selection.count,
    elementSize,
  );
}

function* readContiguous(
  object: ObjectState,
  layout: ContiguousLayout,
  selection: ResolvedSelection,
  target: Uint8Array,
): Operation<void> {
  const { description } = datasetState(object);
  const elementSize = description.datatype.size;
  if (layout.address === null) {
    fillResult(target, description);
    return;
  }
  const file = object.file;
  const start = file.offsetOf(layout.address);
  const total = selection.shape.reduce((product, extent) => product * extent, elementSize);
  if (layout.size !== null && total > layout.size) {
    throw corrupt(`contiguous storage has ${layout.size} bytes, the dataset needs ${total}`, start);
  }
  const plan = contiguousRuns(selection, selection.shape, elementSize, largestGap);
  let batch: RunRange[] = [];
  let held = 0;
  const scratch = new Scratch();
  for (const range of plan.ranges) {
    batch.push(range);
    if (!range.dense) held += range.length;
    if (held < batchBytes && batch.length < batchRanges) continue;
    yield* readRanges(file, start, plan, batch, target, scratch.room(held));
    batch = [];
    held = 0;
  }
  yield* readRanges(file, start, plan, batch, target, scratch.room(held));
}

/** Reads ranges of data that begin at `start`: those without gaps straight into their places, others into `room`. */
function* readRanges(
  file: FileState,
  start: number,
  plan: RunPlan,
  ranges: readonly RunRange[],
  target: Uint8Array,
  room: Uint8Array,
): Operation<void> {
  const offsets: number[] = [];
  const targets: Uint8Array[] = [];
  let used = 0;
  for (const { offset, length, dense, resultOffset, resultLength } of ranges) {
    offsets.push(start + offset);
    if (dense) targets.push(target.subarray(resultOffset, resultOffset + resultLength));
    else {
      targets.push(room.subarray(used, used + length));
      used += length;
    }
  }
  yield* file.readRaw(offsets, targets);
  for (let index = 0; index < ranges.length; index++) {
    if (!ranges[index].dense) scatterRuns(plan, ranges[index], targets[index], target);
  }
}
