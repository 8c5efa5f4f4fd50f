import { convertElements } from "../datatypes/convert-elements.js";
import { refersToHeap } from "../datatypes/heap-objects.js";
import { corrupt, unsupported } from "../errors.js";
import type { AxisRun, BoundedAxis } from "../selection/axis-blocks.js";
import { axesOf, axisRuns, boundAxis, lengthWithin, positionFrom, wholeAxis } from "../selection/axis-blocks.js";
import { copyBox, fillRepeating } from "../selection/copy.js";
import { PointsGather } from "../selection/gather.js";
import { coordinatesOf } from "../selection/resolve-gather.js";
import { selectedIndices } from "../selection/selected-indices.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import { containsReference } from "../structures/messages/datatype.js";
import { datasetState, fillBytes } from "./dataset-state.js";
import { readGathered } from "./gather-read.js";
import type { MissingValues } from "./missing-values.js";
import type { ObjectState } from "./object-state.js";
import type { VirtualPart } from "./virtual-layout.js";
import { unlimitedLength, virtualState, withSource } from "./virtual-layout.js";
import { VirtualWork } from "./virtual-work.js";

/** Reads elements of any dataset. */
export type ReadElements = (
  object: ObjectState,
  selection: ResolvedSelection,
  missing: MissingValues,
  work: VirtualWork,
) => Operation<Uint8Array>;

/** A virtual dataset while a selection of it is read. */
interface VirtualRead {
  readonly object: ObjectState;
  readonly selection: ResolvedSelection;
  readonly target: Uint8Array;
  readonly missing: MissingValues;
  readonly work: VirtualWork;
  readonly read: ReadElements;
}

/** A box of a source is read as a whole up to this many elements, and this many more for each that is wanted of it. */
const largestBox = 1024 * 1024;
const sparsest = 64;

/** The one index of an axis that the other side does not have. */
const single: BoundedAxis = { start: 0, stride: 1, count: 1, block: 1, length: 1 };

/**
 * Reads a selection of a virtual dataset into `target`, which is zero: from its sources, with the fill value where
 * there are none.
 */
export function* readVirtual(
  object: ObjectState,
  selection: ResolvedSelection,
  target: Uint8Array,
  missing: MissingValues,
  outer: VirtualWork | null,
  read: ReadElements,
): Operation<void> {
  const work = outer ?? new VirtualWork(target.length);
  const { description } = datasetState(object);
  const { fillValue } = description;
  // Unlike stored data, those that are missing here have the fill value whenever there is one.
  const fill = fillBytes({
    ...description,
    fillValue: fillValue === null ? null : { ...fillValue, fillTime: "if-set" },
  });
  if (fill !== null) fillRepeating(target, 0, target.length, fill);
  const { parts } = yield* virtualState(object);
  const reading = { object, selection, target, missing, work, read };
  for (const part of parts) {
    if (part.isSeries) yield* readSeries(reading, part);
    else if (part.axes === null) yield* readScattered(reading, part);
    else
      yield* readPart(
        reading,
        part,
        part.axes.map((axis, at) => within(axis, selection.shape[at])),
        0,
      );
  }
}

/** What an axis selects below an extent; a limited one selects all that it says. */
function within(axis: Parameters<typeof wholeAxis>[0], extent: number): BoundedAxis {
  return axis.count === null || axis.block === null ? boundAxis(axis, lengthWithin(axis, extent)) : wholeAxis(axis);
}

/** Reads the blocks of a series that a selection touches. */
function* readSeries(reading: VirtualRead, part: VirtualPart): Operation<void> {
  const { selection } = reading;
  const { axes, unlimited } = part;
  const axis = axes?.[unlimited];
  if (axes === null || axis === undefined || axis.block === null) return;
  const { block, stride } = axis;
  const low = selection.start[unlimited];
  const high = low + (selection.count[unlimited] - 1) * selection.step[unlimited];
  const first = Math.max(0, Math.ceil((low - axis.start - block + 1) / stride));
  const last = Math.min(part.available - 1, Math.floor((high - axis.start) / stride));
  for (let number = first; number <= last; number++) {
    const bounded = axes.map((other, at) =>
      at === unlimited
        ? boundAxis({ start: axis.start + number * stride, stride: block, count: 1, block }, block)
        : within(other, selection.shape[at]),
    );
    yield* readPart(reading, part, bounded, number);
  }
}

/** Reads what a selection takes of one mapping, or of one block of a series. */
function* readPart(
  reading: VirtualRead,
  part: VirtualPart,
  axes: readonly BoundedAxis[],
  block: number,
): Operation<void> {
  const { object, selection, work } = reading;
  if (!axes.every((axis, at) => touches(axis, selection, at))) return;
  yield* withSource(object, part, block, work, function* readIt(source): Operation<void> {
    const { dimensions } = datasetState(source).description.dataspace;
    const sourceAxes = axesOf(part.mapping.sourceSelection, dimensions);
    if (sourceAxes === null || sourceAxes.length !== dimensions.length) {
      if (part.mapping.sourceSelection.kind === "none") return;
      yield* readIndices(reading, part, axes, source);
      return;
    }
    let virtual = axes;
    let taken = sourceAxes.map(wholeAxis);
    const { unlimited } = part;
    if (unlimited >= 0 && !part.isSeries) {
      const length = Math.min(axes[unlimited].length, unlimitedLength(part.mapping, dimensions));
      virtual = axes.map((axis, at) => (at === unlimited ? boundAxis(axis, length) : axis));
      taken = sourceAxes.map((axis) =>
        axis.count === null || axis.block === null ? boundAxis(axis, length) : wholeAxis(axis),
      );
    }
    const pairs = pairAxes(virtual, taken);
    if (pairs === null) yield* readIndices(reading, part, virtual, source, taken);
    else yield* readBoxes(reading, virtual, taken, pairs, source);
  });
}

function touches(axis: BoundedAxis, { start, count, step }: ResolvedSelection, at: number): boolean {
  const low = start[at];
  const high = low + (count[at] - 1) * step[at];
  return positionFrom(axis, low) < positionFrom(axis, high + 1);
}

/**
 * For each axis of the virtual dataset the axis of the source that it goes along with, −1 for one of length 1; `null`
 * where the two have different shapes.
 */
function pairAxes(virtual: readonly BoundedAxis[], source: readonly BoundedAxis[]): number[] | null {
  let next = 0;
  const skipSingle = (): void => {
    while (next < source.length && source[next].length === 1) next++;
  };
  const pairs = virtual.map(({ length }) => {
    if (length === 1) return -1;
    skipSingle();
    return next < source.length && source[next].length === length ? next++ : Number.NaN;
  });
  skipSingle();
  return next < source.length || pairs.some(Number.isNaN) ? null : pairs;
}

/** Reads boxes of a source that are in even steps here and there. */
function* readBoxes(
  reading: VirtualRead,
  virtual: readonly BoundedAxis[],
  taken: readonly BoundedAxis[],
  pairs: readonly number[],
  source: ObjectState,
): Operation<void> {
  const { selection } = reading;
  const runs = virtual.map((axis, at) => {
    const request = { start: selection.start[at], step: selection.step[at], count: selection.count[at] };
    return axisRuns(request, axis, pairs[at] < 0 ? single : taken[pairs[at]]);
  });
  if (runs.some((list) => list.length === 0)) return;
  const chosen = runs.map(() => 0);
  for (;;) {
    yield* readBox(
      reading,
      runs.map((list, at) => list[chosen[at]]),
      taken,
      pairs,
      source,
    );
    let axis = runs.length - 1;
    while (axis >= 0 && ++chosen[axis] === runs[axis].length) chosen[axis--] = 0;
    if (axis < 0) return;
  }
}

function* readBox(
  reading: VirtualRead,
  runs: readonly AxisRun[],
  taken: readonly BoundedAxis[],
  pairs: readonly number[],
  source: ObjectState,
): Operation<void> {
  const { selection, target, object } = reading;
  const start = taken.map((axis) => axis.start);
  const count = taken.map(() => 1);
  const step = taken.map(() => 1);
  runs.forEach((run, at) => {
    const to = pairs[at];
    if (to < 0) return;
    start[to] = run.source;
    count[to] = run.count;
    step[to] = run.sourceStep;
  });
  const bytes = yield* readSource(reading, source, { start, count, step });
  const counts = runs.map((run) => run.count);
  const zeros = runs.map(() => 0);
  const ones = runs.map(() => 1);
  const { size } = datasetState(object).description.datatype;
  const targetStart = runs.map((run) => run.target);
  const targetStep = runs.map((run) => run.targetStep);
  copyBox(bytes, counts, zeros, ones, target, selection.count, targetStart, targetStep, counts, size);
}

/** Refuses elements that mean something in the source's file only. */
function requireLocal(object: ObjectState, source: ObjectState): void {
  const { datatype } = datasetState(source).description;
  if (source.file !== object.file && (refersToHeap(datatype) || containsReference(datatype))) {
    throw unsupported("a virtual dataset of variable-length elements or references in other files");
  }
}

/** Reads elements of a source, as elements of the virtual dataset. */
function* readSource(
  { object, read, missing, work }: VirtualRead,
  source: ObjectState,
  box: Pick<ResolvedSelection, "start" | "count" | "step">,
): Operation<Uint8Array> {
  const { datatype } = datasetState(object).description;
  const from = datasetState(source).description;
  requireLocal(object, source);
  const { dimensions: shape } = from.dataspace;
  for (let axis = 0; axis < shape.length; axis++) {
    const end = box.start[axis] + (box.count[axis] - 1) * box.step[axis] + 1;
    if (end > shape[axis]) {
      throw corrupt(`a virtual dataset needs ${end} indices of axis ${axis} of a source, which has ${shape[axis]}`);
    }
  }
  const elementCount = box.count.reduce((product, extent) => product * extent, 1);
  const selection = { shape, ...box, resultShape: box.count, elementCount, scalar: false };
  work.take(elementCount * from.datatype.size);
  const bytes = yield* read(source, selection, missing, work);
  return convertElements(bytes, elementCount, from.datatype, datatype);
}

/** Reads a mapping whose virtual selection is no grid. */
function* readScattered(reading: VirtualRead, part: VirtualPart): Operation<void> {
  if (part.mapping.virtualSelection.kind === "none") return;
  yield* withSource(reading.object, part, 0, reading.work, (source) => readIndices(reading, part, null, source));
}

/** Reads element by element in stored order: for selections of different shapes, and unions of blocks. */
function* readIndices(
  reading: VirtualRead,
  part: VirtualPart,
  virtualAxes: readonly BoundedAxis[] | null,
  source: ObjectState,
  sourceAxes: readonly BoundedAxis[] | null = null,
): Operation<void> {
  const { object, selection, target } = reading;
  const { dimensions } = datasetState(source).description.dataspace;
  const to = selectedIndices(virtualAxes ?? part.mapping.virtualSelection, selection.shape);
  const from = selectedIndices(sourceAxes ?? part.mapping.sourceSelection, dimensions);
  if (to.length !== from.length) {
    throw corrupt(`a mapping of a virtual dataset has ${to.length} elements, its source ${from.length}`);
  }
  const rank = dimensions.length;
  const low = dimensions.map(() => Number.POSITIVE_INFINITY);
  const high = dimensions.map(() => -1);
  const wanted: number[] = [];
  for (let element = 0; element < to.length; element++) {
    const result = positionInResult(to[element], selection);
    if (result < 0) continue;
    wanted.push(result, from[element]);
    let rest = from[element];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const index = rest % dimensions[axis];
      rest = Math.floor(rest / dimensions[axis]);
      if (index < low[axis]) low[axis] = index;
      if (index > high[axis]) high[axis] = index;
    }
  }
  if (wanted.length === 0) return;
  const count = low.map((first, axis) => high[axis] - first + 1);
  const elements = count.reduce((product, extent) => product * extent, 1);
  const { size } = datasetState(object).description.datatype;
  if (elements > largestBox + (sparsest * wanted.length) / 2) {
    yield* readPoints(reading, source, wanted);
    return;
  }
  const bytes = yield* readSource(reading, source, { start: low, count, step: low.map(() => 1) });
  for (let pair = 0; pair < wanted.length; pair += 2) {
    let rest = wanted[pair + 1];
    let at = 0;
    for (let axis = rank - 1, scale = 1; axis >= 0; axis--) {
      at += ((rest % dimensions[axis]) - low[axis]) * scale;
      rest = Math.floor(rest / dimensions[axis]);
      scale *= count[axis];
    }
    target.set(bytes.subarray(at * size, (at + 1) * size), wanted[pair] * size);
  }
}

/** Reads elements of a source that are far apart: `wanted` has the place of each in the result, and its number. */
function* readPoints(
  { object, target, missing, work }: VirtualRead,
  source: ObjectState,
  wanted: readonly number[],
): Operation<void> {
  const { datatype } = datasetState(object).description;
  const from = datasetState(source).description;
  requireLocal(object, source);
  const { dimensions } = from.dataspace;
  const count = wanted.length / 2;
  const indices = new Float64Array(count);
  for (let point = 0; point < count; point++) indices[point] = wanted[2 * point + 1];
  work.take(count * from.datatype.size);
  const points = new PointsGather(dimensions, coordinatesOf(indices, dimensions), count);
  const stored = yield* readGathered(source, points, missing, work);
  const bytes = convertElements(stored, count, from.datatype, datatype);
  for (let point = 0; point < count; point++) {
    target.set(bytes.subarray(point * datatype.size, (point + 1) * datatype.size), wanted[2 * point] * datatype.size);
  }
}

/** Number of an element in the result of a selection, or −1 where it is not selected. */
function positionInResult(index: number, { shape, start, count, step }: ResolvedSelection): number {
  let rest = index;
  let position = 0;
  for (let axis = shape.length - 1, scale = 1; axis >= 0; axis--) {
    const offset = (rest % shape[axis]) - start[axis];
    rest = Math.floor(rest / shape[axis]);
    if (offset < 0 || offset % step[axis] !== 0 || offset >= count[axis] * step[axis]) return -1;
    position += (offset / step[axis]) * scale;
    scale *= count[axis];
  }
  return position;
}
