import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument } from "../errors.js";
import type { NDArray, TypedArray } from "./values.js";
import { ComplexArray, CompoundArray, rowMajorStride } from "./values.js";

const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

/** The name of a typed array's kind (`Float16Array` where the runtime has it), `undefined` for anything else. */
export function typedArrayName(value: unknown): string | undefined {
  return typedArrayTag?.call(value);
}

/** Whether a value is a typed array. */
export function isTypedArray(value: unknown): value is TypedArray {
  return typedArrayName(value) !== undefined;
}

/** Whether a value is an {@link NDArray}: what reading an array answers, and not a single value or `null`. */
export function isNDArray(value: unknown): value is NDArray {
  return (
    typeof value === "object" &&
    value !== null &&
    "data" in value &&
    "shape" in value &&
    Array.isArray(value.shape) &&
    "stride" in value &&
    Array.isArray(value.stride) &&
    "dtype" in value
  );
}

/** Whether a value is an array of elements rather than one of them. */
export function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || isTypedArray(value);
}

/** The elements of an {@link NDArray} in row-major order: its data, copied only where the strides differ. */
export function rowMajorData(array: NDArray): unknown {
  const { data, shape, stride } = array as {
    readonly data: unknown;
    readonly shape: readonly number[];
    readonly stride: readonly number[];
  };
  const length = shape.reduce((product, extent) => product * extent, 1);
  const expected = rowMajorStride(shape);
  const isRowMajor = shape.every((extent, axis) => extent <= 1 || stride[axis] === expected[axis]);
  if (isRowMajor || length === 0) return data;
  if (data instanceof ComplexArray) {
    const pairs = new (data.data instanceof Float32Array ? Float32Array : Float64Array)(2 * length);
    forEachOffset(shape, stride, (from, to) => {
      pairs[2 * to] = data.data[2 * from];
      pairs[2 * to + 1] = data.data[2 * from + 1];
    });
    return new ComplexArray(pairs);
  }
  if (!isArrayLike(data)) throw invalidArgument("an array of compounds must be in row-major order to be written");
  const copy: unknown[] | TypedArray = isTypedArray(data) ? data.slice(0, 0) : [];
  const gathered = isTypedArray(copy) ? new (copy.constructor as new (length: number) => TypedArray)(length) : copy;
  forEachOffset(shape, stride, (from, to) => {
    (gathered as unknown[])[to] = data[from];
  });
  return gathered;
}

function forEachOffset(
  shape: readonly number[],
  stride: readonly number[],
  visit: (from: number, to: number) => void,
): void {
  const position = shape.map(() => 0);
  const length = shape.reduce((product, extent) => product * extent, 1);
  let from = 0;
  for (let to = 0; to < length; to++) {
    visit(from, to);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis];
      if (++position[axis] < shape[axis]) break;
      from -= position[axis] * stride[axis];
      position[axis] = 0;
    }
  }
}

/** Of most types, no array is a single element. */
export const nothingIsLeaf = (): boolean => false;

/** Of strings and opaque elements, bytes are single elements. */
export const bytesAreLeaf = (value: unknown): boolean => value instanceof Uint8Array;

/** How deep arrays go: 0 for one element, 1 for an array of elements, and so on. */
export function arrayDepth(value: unknown, isLeaf: (value: unknown) => boolean, depth = 0): number {
  if (depth > 64) throw invalidArgument("arrays are nested more than 64 deep");
  if (isLeaf(value)) return 0;
  if (isTypedArray(value) || value instanceof ComplexArray || value instanceof CompoundArray) return 1;
  if (isNDArray(value)) return 1;
  if (!Array.isArray(value)) return 0;
  let deepest = 0;
  for (const item of value) {
    const inner = arrayDepth(item, isLeaf, depth + 1);
    if (inner > deepest) deepest = inner;
    // Elements without arrays are alike in this; looking at each would cost a pass.
    else if (inner === 0) break;
  }
  return deepest + 1;
}

/** Number of single elements in an array of any nesting; `null` for what is none. */
export function leafCount(value: unknown, isLeaf: (value: unknown) => boolean): number | null {
  if (isLeaf(value)) return null;
  if (isNDArray(value)) return value.shape.reduce((product, extent) => product * extent, 1);
  if (isTypedArray(value) || value instanceof ComplexArray || value instanceof CompoundArray) return value.length;
  if (!Array.isArray(value)) return null;
  return value.reduce<number>((sum, item) => sum + (leafCount(item, isLeaf) ?? 1), 0);
}

/** The items `levels` of arrays down, in one list; arrays beside each other must have the same length. */
export function flattenLevels(value: ArrayLike<unknown>, levels: number): ArrayLike<unknown> {
  let items = value;
  for (let level = 0; level < levels; level++) {
    const flat: unknown[] = [];
    let expected: number | undefined;
    for (let index = 0; index < items.length; index++) {
      const data = isNDArray(items[index]) ? rowMajorData(items[index] as NDArray) : items[index];
      const item = data instanceof ComplexArray || data instanceof CompoundArray ? [...data] : data;
      if (!isArrayLike(item)) {
        throw invalidArgument(`expected an array at index ${index}, found ${describeValue(item)}`);
      }
      expected ??= item.length;
      if (item.length !== expected) {
        throw invalidArgument(
          `a ragged array: one part has ${expected} elements, that at index ${index} has ${item.length}; for rows of different lengths give a variable-length dtype`,
        );
      }
      for (let inner = 0; inner < item.length; inner++) flat.push(item[inner]);
    }
    items = flat;
  }
  return items;
}
