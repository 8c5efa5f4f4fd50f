import type { HDF5Error } from "../errors.js";
import { invalidArgument, lookingAt } from "../errors.js";
import type { EncodedSelection, PointsSelection } from "./encoded-selection.js";
import type { Selection, Slice } from "./selection.js";

/** Indices of one axis, in any order; they may repeat, and negative ones count from the end. */
export type AxisIndices =
  | readonly number[]
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float64Array;

/** The elements at which a mask is not zero, in row-major order; made by {@link mask}. */
export interface MaskSelection {
  readonly kind: "mask";
  readonly values: ArrayLike<unknown>;
  /** `null` where only the number of elements was given. */
  readonly shape: readonly number[] | null;
}

/** What is taken of one axis; arrays of indices and masks of several axes are combined as an outer product. */
export type AxisSelection = number | Slice | AxisIndices | MaskSelection | null;

/**
 * Which elements are meant: a regular {@link Selection}; the same with arrays of indices or a one-dimensional mask for
 * some axes; separate {@link points}; a {@link mask} of the whole array; or the selection of a region reference.
 *
 * Points and masks of the whole array have a result of one axis, in the order of the points.
 */
export type ElementSelection = Selection | readonly AxisSelection[] | MaskSelection | EncodedSelection;

/** A selection that is no regular hyperslab, or is not known to be one. */
export type IrregularSelection = readonly AxisSelection[] | MaskSelection | EncodedSelection;

/** The error for values that are no selection. */
export function notASelection(): HDF5Error {
  return invalidArgument("a selection is an array with one entry per axis, points(…) or mask(…)");
}

/**
 * Whether a selection is made of single indices and slices only.
 *
 * @throws HDF5Error `invalid-argument` for what is no selection.
 */
export function isRegular(selection: ElementSelection): selection is Selection {
  if (selection === null || selection === undefined) return true;
  if (Array.isArray(selection)) return !(selection as readonly AxisSelection[]).some(isIrregular);
  if (typeof selection !== "object" || !("kind" in selection)) throw notASelection();
  if (selection.kind === "mask" && !isAxisIndices(selection.values)) throw notASelection();
  return false;
}

/** Whether an entry lists indices. */
export function isIrregular(entry: AxisSelection): entry is AxisIndices | MaskSelection {
  return isAxisIndices(entry) || (typeof entry === "object" && entry !== null && "kind" in entry);
}

/** Whether a value is an array of numbers. */
export function isAxisIndices(value: unknown): value is AxisIndices {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
}

/**
 * Separate elements, one list of coordinates for each: `points([[0, 3], [2, 1]])`. They are read in this order and may
 * repeat; negative coordinates count from the end.
 *
 * @throws HDF5Error `invalid-argument` where the lists differ in length or hold other things than integers.
 */
export function points(list: readonly (readonly number[] | AxisIndices)[]): PointsSelection {
  return lookingAt(() => pointsIn(list));
}

function pointsIn(list: readonly (readonly number[] | AxisIndices)[]): PointsSelection {
  if (!isAxisIndices(list) || (list.length > 0 && !isAxisIndices(list[0])))
    throw invalidArgument("points are given as a list of coordinates for each");
  const rank = list.length === 0 ? 0 : list[0].length;
  const flat = new Float64Array(list.length * rank);
  let at = 0;
  for (const point of list) {
    if (!isAxisIndices(point) || point.length !== rank) {
      throw invalidArgument("points are given as lists of coordinates, all of one length");
    }
    for (let axis = 0; axis < rank; axis++) flat[at++] = integer(point[axis]);
  }
  return { kind: "points", rank, coordinates: flat };
}

/**
 * Separate elements, one list of indices for each axis: `coordinates([0, 2], [3, 1])` means the elements [0, 3] and
 * [2, 1], like `points([[0, 3], [2, 1]])`.
 *
 * @throws HDF5Error `invalid-argument` where the lists differ in length or hold other things than integers.
 */
export function coordinates(...axes: readonly AxisIndices[]): PointsSelection {
  return lookingAt(() => pointsAlong(axes));
}

function pointsAlong(axes: readonly AxisIndices[]): PointsSelection {
  const rank = axes.length;
  const count = rank === 0 || !isAxisIndices(axes[0]) ? 0 : axes[0].length;
  const flat = new Float64Array(count * rank);
  for (let axis = 0; axis < rank; axis++) {
    const indices = axes[axis];
    if (!isAxisIndices(indices) || indices.length !== count) {
      throw invalidArgument("coordinates are given as one list of indices for each axis, all of one length");
    }
    for (let index = 0; index < count; index++) flat[index * rank + axis] = integer(indices[index]);
  }
  return { kind: "points", rank, coordinates: flat };
}

function integer(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw invalidArgument(`a coordinate is an integer, not ${String(value)}`);
}

/**
 * The elements at which `values` is not zero (or not `false`), in row-major order. As a whole selection a mask has the
 * shape of the dataset, as an entry of a selection the length of the axis.
 *
 * @param values - an `NDArray` of booleans or numbers, or flat values
 * @param shape - of flat values; may be left out where their number says enough
 */
export function mask(
  values: ArrayLike<number | boolean> | { readonly data: unknown; readonly shape: readonly number[] },
  shape?: readonly number[],
): MaskSelection {
  return lookingAt(() => maskOf(values, shape));
}

function maskOf(
  values: ArrayLike<number | boolean> | { readonly data: unknown; readonly shape: readonly number[] },
  shape?: readonly number[],
): MaskSelection {
  if (typeof values !== "object" || values === null) throw invalidArgument("a mask is an array of booleans or numbers");
  const hasShape = "data" in values;
  const flat: unknown = hasShape ? values.data : values;
  const axes = shape ?? (hasShape ? values.shape : null);
  if (axes !== null && !Array.isArray(axes)) throw invalidArgument("the shape of a mask is an array of sizes");
  if (!isAxisIndices(flat)) throw invalidArgument("a mask is an array of booleans or numbers");
  if (axes !== null && axes.reduce((product, extent) => product * extent, 1) !== flat.length) {
    throw invalidArgument(`a mask of ${flat.length} values does not have the shape [${axes.join(", ")}]`);
  }
  return { kind: "mask", values: flat, shape: axes };
}
