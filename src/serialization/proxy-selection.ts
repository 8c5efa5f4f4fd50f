/** What can be selected of a proxy: besides what datasets take, NumPy's ellipsis and arrays of booleans and integers. */

import type { AxisIndices, AxisSelection, ElementSelection, NDArray } from "../format/index.js";
import { mask } from "../format/index.js";
import { isNDArray } from "./array-input.js";
import { invalidArgument } from "./errors.js";

/** All axes that are not mentioned, as `...` in NumPy: `[ellipsis, 0]` is the first index of the last axis. */
export const ellipsis: unique symbol = Symbol("ellipsis");

/** What is taken of one axis; {@link ellipsis} stands for any number of whole ones. */
export type ProxyEntry = AxisSelection | NDArray | readonly boolean[] | typeof ellipsis;

/** Which elements of a proxy are meant; an array of booleans with the proxy's shape selects those where it is true. */
export type ProxySelection = ElementSelection | NDArray | readonly ProxyEntry[];

/**
 * The selection as datasets of `rank` axes take it.
 *
 * @throws HDF5Error `invalid-argument` for arrays that select nothing, and more than one ellipsis
 */
export function elementSelection(selection: ProxySelection, rank: number): ElementSelection {
  if (isNDArray(selection)) return mask(requireBooleans(selection));
  if (!Array.isArray(selection)) return selection as ElementSelection;
  const entries: readonly ProxyEntry[] = selection;
  const at = entries.indexOf(ellipsis);
  if (at < 0) return entries.map(axisSelection);
  if (entries.indexOf(ellipsis, at + 1) >= 0) throw invalidArgument("a selection has one ellipsis at most");
  const whole = new Array<null>(Math.max(0, rank - entries.length + 1)).fill(null);
  return [...entries.slice(0, at), ...whole, ...entries.slice(at + 1)].map(axisSelection);
}

function axisSelection(entry: ProxyEntry): AxisSelection {
  if (isNDArray(entry)) return entry.dtype === "bool" ? mask(entry) : indicesOf(entry);
  const isMask = Array.isArray(entry) && entry.length > 0 && entry.every((each) => typeof each === "boolean");
  return isMask ? mask(entry as readonly boolean[]) : (entry as AxisSelection);
}

function requireBooleans(array: NDArray): NDArray {
  if (array.dtype === "bool") return array;
  throw invalidArgument(
    "an array that selects elements is one of booleans; indices are given by axis, as in [[0, 2], null]",
  );
}

function indicesOf({ data, shape }: NDArray): AxisIndices {
  if (shape.length === 1) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Array.from(data, Number);
    if (ArrayBuffer.isView(data)) return data as AxisIndices;
  }
  throw invalidArgument("an axis is selected by a list of booleans or of integers");
}
