import { HDF5Error, invalidArgument } from "../errors.js";
import { axesOf, boundAxis, indexAt, isUnlimited, lengthWithin } from "./axis-blocks.js";
import type { AxisIndices, AxisSelection, IrregularSelection, MaskSelection } from "./element-selection.js";
import { isAxisIndices, isIrregular, notASelection } from "./element-selection.js";
import type { EncodedSelection } from "./encoded-selection.js";
import type { Gather, GatherAxis } from "./gather.js";
import { OrthogonalGather, PointsGather } from "./gather.js";
import { selectedIndices } from "./selected-indices.js";
import type { ResolvedSelection } from "./selection.js";
import { resolveSelection, slice } from "./selection.js";

/**
 * Applies a selection by lists, points or a mask, or one that comes from a file, to an array of `shape`.
 *
 * @throws HDF5Error `invalid-argument` for an index out of range or a mask of another shape.
 */
export function resolveGather(selection: IrregularSelection, shape: readonly number[]): ResolvedSelection | Gather {
  if (!("kind" in selection)) return orthogonal(selection, shape);
  return selection.kind === "mask" ? maskedElements(selection, shape) : encodedElements(selection, shape);
}

function orthogonal(entries: readonly AxisSelection[], shape: readonly number[]): OrthogonalGather {
  // What is regular is resolved as always; the other axes are empty for that.
  const regular = resolveSelection(
    entries.map((entry) => (isIrregular(entry) ? slice(0, 0) : entry)),
    shape,
  );
  const resultShape: number[] = [];
  let elementCount = 1;
  const axes = shape.map((extent, axis): GatherAxis => {
    const entry = entries[axis];
    const isList = entry !== undefined && isIrregular(entry);
    const found = isList ? listedAxis(entry, extent, axis) : rangeAxis(regular, axis);
    if (isList || typeof entry !== "number") resultShape.push(found.indices.length);
    elementCount *= found.indices.length;
    return found;
  });
  requireCount(elementCount);
  return new OrthogonalGather(shape, axes, resultShape);
}

/** Largest number of indices of one axis that are listed. */
const mostIndices = 2 ** 26;

function requireCount(count: number): void {
  if (count <= Number.MAX_SAFE_INTEGER) return;
  throw new HDF5Error("limit", `the selection has more than ${Number.MAX_SAFE_INTEGER} elements`);
}

function indexArray(count: number): Float64Array {
  if (count <= mostIndices) return new Float64Array(count);
  throw new HDF5Error(
    "limit",
    `a selection by lists takes at most ${mostIndices} indices of an axis; read it in parts`,
  );
}

function rangeAxis({ start, count, step }: ResolvedSelection, axis: number): GatherAxis {
  const indices = indexArray(count[axis]);
  for (let at = 0; at < indices.length; at++) indices[at] = start[axis] + at * step[axis];
  return inOrder(indices);
}

function inOrder(indices: Float64Array): GatherAxis {
  const positions = new Float64Array(indices.length);
  for (let at = 0; at < positions.length; at++) positions[at] = at;
  return { indices, positions };
}

function listedAxis(entry: AxisIndices | MaskSelection, extent: number, axis: number): GatherAxis {
  if (!isAxisIndices(entry)) {
    if (entry.kind !== "mask") throw invalidArgument(`axis ${axis} cannot be selected by ${entry.kind}`);
    if (entry.values.length !== extent || (entry.shape !== null && entry.shape.length !== 1)) {
      throw invalidArgument(`a mask of axis ${axis} has ${extent} values, not ${entry.values.length}`);
    }
    return inOrder(maskedIndices(entry.values));
  }
  const indices = indexArray(entry.length);
  let ascends = true;
  for (let at = 0; at < indices.length; at++) {
    indices[at] = indexWithin(entry[at], extent, axis);
    ascends &&= at === 0 || indices[at] >= indices[at - 1];
  }
  const axisInOrder = inOrder(indices);
  if (ascends) return axisInOrder;
  const positions = axisInOrder.positions.sort((a, b) => indices[a] - indices[b] || a - b);
  return { indices: indices.slice().sort(), positions };
}

function indexWithin(value: unknown, extent: number, axis: number): number {
  if (typeof value === "boolean") throw invalidArgument(`a mask of axis ${axis} is given as mask([…])`);
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw invalidArgument(`an index of axis ${axis} must be an integer, not ${String(value)}`);
  }
  const index = value < 0 ? value + extent : value;
  if (index < 0 || index >= extent) {
    throw invalidArgument(`index ${value} is out of range for axis ${axis} of size ${extent}`);
  }
  return index;
}

/** Positions of the values that are not zero. */
function maskedIndices(values: ArrayLike<unknown>): Float64Array {
  let count = 0;
  for (let at = 0; at < values.length; at++) if (values[at]) count++;
  const indices = new Float64Array(count);
  for (let at = 0, found = 0; at < values.length; at++) if (values[at]) indices[found++] = at;
  return indices;
}

function maskedElements({ values, shape: given }: MaskSelection, shape: readonly number[]): PointsGather {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const fits = given === null || (given.length === shape.length && given.every((extent, at) => extent === shape[at]));
  if (!fits || values.length !== size) {
    const found = given === null ? `${values.length} values` : `the shape [${given.join(", ")}]`;
    throw invalidArgument(`a mask with ${found} does not fit an array of shape [${shape.join(", ")}]`);
  }
  const indices = maskedIndices(values);
  return new PointsGather(shape, coordinatesOf(indices, shape), indices.length);
}

/** The coordinates of elements numbered in row-major order. */
export function coordinatesOf(indices: Float64Array, shape: readonly number[]): Float64Array {
  const rank = shape.length;
  const coordinates = new Float64Array(indices.length * rank);
  for (let point = 0; point < indices.length; point++) {
    let rest = indices[point];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const quotient = Math.floor(rest / shape[axis]);
      coordinates[point * rank + axis] = rest - quotient * shape[axis];
      rest = quotient;
    }
  }
  return coordinates;
}

function encodedElements(selection: EncodedSelection, shape: readonly number[]): ResolvedSelection | Gather {
  switch (selection.kind) {
    case "all":
      return resolveSelection(null, shape);
    case "none":
      return new PointsGather(shape, new Float64Array(0), 0);
    case "points":
      return pointElements(selection.coordinates, selection.rank, shape);
    case "hyperslab":
    case "blocks":
      return axesElements(selection, shape);
    default:
      throw notASelection();
  }
}

function pointElements(given: Float64Array, rank: number, shape: readonly number[]): PointsGather {
  if (given.length === 0) return new PointsGather(shape, given, 0);
  if (rank !== shape.length) {
    throw invalidArgument(`the points have ${rank} coordinates, the array has ${shape.length} axes`);
  }
  const coordinates = new Float64Array(given.length);
  for (let at = 0; at < given.length; at++) coordinates[at] = indexWithin(given[at], shape[at % rank], at % rank);
  return new PointsGather(shape, coordinates, coordinates.length / rank);
}

function axesElements(
  selection: Extract<EncodedSelection, { readonly kind: "hyperslab" | "blocks" }>,
  shape: readonly number[],
): Gather {
  const rank = selection.kind === "blocks" ? selection.rank : selection.start.length;
  if (rank !== shape.length) {
    throw invalidArgument(`the selection has ${rank} axes, the array has ${shape.length}`);
  }
  const axes = axesOf(selection, shape);
  if (axes === null) {
    if (selection.kind === "hyperslab") throw invalidArgument("the selection has no axes");
    const indices = selectedIndices(selection, shape).sort();
    return new PointsGather(shape, coordinatesOf(indices, shape), indices.length);
  }
  let elementCount = 1;
  const found = axes.map((axis, number): GatherAxis => {
    const length = lengthWithin(axis, shape[number]);
    if (!isUnlimited(axis) && length < (axis.count ?? 0) * (axis.block ?? 0)) {
      throw invalidArgument(`the selection goes beyond axis ${number} of size ${shape[number]}`);
    }
    const bounded = boundAxis(axis, length);
    const indices = indexArray(length);
    for (let at = 0; at < length; at++) indices[at] = indexAt(bounded, at);
    elementCount *= length;
    return inOrder(indices);
  });
  requireCount(elementCount);
  return new OrthogonalGather(
    shape,
    found,
    found.map(({ indices }) => indices.length),
  );
}
