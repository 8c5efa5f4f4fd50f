import { corrupt, HDF5Error, unsupported } from "../errors.js";
import type { BoundedAxis } from "./axis-blocks.js";
import { axesOf, indexAt, wholeAxis } from "./axis-blocks.js";
import type { BlocksSelection, EncodedSelection } from "./encoded-selection.js";

/** Elements that are listed one by one. */
const mostElements = 16 * 1024 * 1024;

/**
 * The elements that a limited selection takes of an array, numbered in row-major order, in the order in which they are
 * stored; each once.
 *
 * @throws HDF5Error `limit` where there are too many to list.
 */
export function selectedIndices(
  selection: EncodedSelection | readonly BoundedAxis[],
  shape: readonly number[],
): Float64Array {
  if ("kind" in selection) {
    if (selection.kind === "none") return new Float64Array(0);
    const axes = axesOf(selection, shape);
    if (axes !== null) return gridIndices(axes.map(wholeAxis), shape);
    if (selection.kind === "blocks") return unionIndices(selection, shape);
    throw unsupported("a selection of single points in a virtual dataset");
  }
  return gridIndices(selection, shape);
}

function checkCount(count: number): void {
  if (count > mostElements) {
    throw new HDF5Error("limit", `a mapping of ${count} elements between different shapes is too large`);
  }
}

function gridIndices(axes: readonly BoundedAxis[], shape: readonly number[]): Float64Array {
  const count = axes.reduce((product, { length }) => product * length, 1);
  checkCount(count);
  axes.forEach((axis, at) => {
    if (axis.length > 0) checkIndex(indexAt(axis, axis.length - 1), shape[at], at);
  });
  let indices: Float64Array = Float64Array.of(0);
  for (let axis = 0; axis < axes.length; axis++) {
    const { length } = axes[axis];
    const next = new Float64Array(indices.length * length);
    for (let at = 0, outer = 0; outer < indices.length; outer++) {
      for (let position = 0; position < length; position++) {
        next[at++] = indices[outer] * shape[axis] + indexAt(axes[axis], position);
      }
    }
    indices = next;
  }
  return indices;
}

function checkIndex(index: number, extent: number, axis: number): void {
  if (index >= extent) throw corrupt(`a selection takes index ${index} of axis ${axis}, which has ${extent}`);
}

function unionIndices({ rank, bounds }: BlocksSelection, shape: readonly number[]): Float64Array {
  if (rank !== shape.length) throw corrupt(`a selection of ${rank} axes does not fit an array of ${shape.length}`);
  const lists: Float64Array[] = [];
  let total = 0;
  for (let at = 0; at < bounds.length; at += 2 * rank) {
    const axes: BoundedAxis[] = [];
    for (let axis = 0; axis < rank; axis++) {
      const start = bounds[at + axis];
      const block = bounds[at + rank + axis] - start + 1;
      axes.push({ start, stride: block, count: 1, block, length: block });
    }
    total += axes.reduce((product, { length }) => product * length, 1);
    checkCount(total);
    lists.push(gridIndices(axes, shape));
  }
  const all = new Float64Array(total);
  let filled = 0;
  for (const list of lists) {
    all.set(list, filled);
    filled += list.length;
  }
  all.sort();
  // Blocks may overlap.
  let kept = 0;
  for (let index = 0; index < all.length; index++) {
    if (index === 0 || all[index] !== all[index - 1]) all[kept++] = all[index];
  }
  return all.subarray(0, kept);
}
