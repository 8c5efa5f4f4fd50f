/** What counts as an array, and how it is brought into one form. */

import type { DType, NDArray, TypedArray } from "../format/index.js";
import { ComplexArray, CompoundArray, ndarray } from "../format/index.js";

/** Whatever can be given where an {@link NDArray} is kept. */
export type ArrayInput = NDArray | TypedArray | ComplexArray | CompoundArray;

/** Whether a value is an `NDArray`: flat data with shape, stride and dtype. */
export function isNDArray(value: unknown): value is NDArray {
  // Dicts that were loaded have no prototype: one that happens to have these keys stays a dict.
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) === null) return false;
  const { data, shape, stride, dtype } = value as Partial<Record<keyof NDArray, unknown>>;
  return (
    (isFlatArray(data) || Array.isArray(data)) &&
    Array.isArray(shape) &&
    Array.isArray(stride) &&
    shape.length === stride.length &&
    (typeof dtype === "string" || (typeof dtype === "object" && dtype !== null))
  );
}

/** Whether a value is an array without a shape of its own. */
export function isFlatArray(value: unknown): value is TypedArray | ComplexArray | CompoundArray {
  return (
    (ArrayBuffer.isView(value) && !(value instanceof DataView)) ||
    value instanceof ComplexArray ||
    value instanceof CompoundArray
  );
}

/** Whether a value is an array of elements, as distinct from a list. */
export function isArrayInput(value: unknown): value is ArrayInput {
  return isFlatArray(value) || isNDArray(value);
}

/** Arrays as NDArrays, anything else as it is. */
export function normalizeArray(value: unknown): unknown {
  return isFlatArray(value) ? toNDArray(value) : value;
}

/** An array in the form that has a shape. */
export function toNDArray(value: ArrayInput): NDArray<DType> {
  return isNDArray(value) ? value : ndarray(value);
}
