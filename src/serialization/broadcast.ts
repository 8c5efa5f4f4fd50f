/** Values that are repeated along axes so that they fill a selection, by NumPy's rules. */

import type { DType, NDArray, TypedArray } from "../format/index.js";
import { ComplexArray, CompoundArray } from "../format/index.js";
import { isFlatArray, isNDArray } from "./array-input.js";
import { invalidArgument } from "./errors.js";

interface Shaped {
  readonly data: unknown;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/**
 * The elements of `value` for a selection of shape `wanted`: the value itself where it has that shape, as axes of length
 * 1 do not count, where it is flat and has as many elements, and where it is one element; else what repeating it gives.
 *
 * @throws HDF5Error `invalid-argument` for a shape that does not become the wanted one
 */
export function broadcast(value: unknown, wanted: readonly number[], dtype: DType): unknown {
  const given = shaped(value, dtype);
  if (given === null || product(wanted) === 1) return value;
  const isFlat = given.shape.length === 1;
  if (squeezed(given.shape) === squeezed(wanted) || (isFlat && product(given.shape) === product(wanted))) return value;
  return repeated(given, stridesFor(given, wanted), wanted);
}

/** How many elements a value has, `null` where only the format layer can tell. */
export function countOf(value: unknown, dtype: DType): number | null {
  const given = shaped(value, dtype);
  if (given !== null) return product(given.shape);
  return typeof value === "object" ? null : 1;
}

function shaped(value: unknown, dtype: DType): Shaped | null {
  const isRecords = isCompound(value) || (isNDArray(value) && isCompound(value.data));
  // Arrays and lists within elements, such as sequences, cannot be told from axes; bytes are one string.
  if (!isRecords && !hasPlainElements(dtype)) return null;
  if (value instanceof Uint8Array && isString(dtype)) return { data: [value], shape: [], stride: [] };
  if (isNDArray(value)) return value as NDArray;
  if (isFlatArray(value)) return { data: value, shape: [value.length], stride: [1] };
  if (!Array.isArray(value)) return null;
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const data = value.flat(shape.length - 1) as unknown[];
  if (data.length !== product(shape) || data.some((item) => isFlatArray(item) || Array.isArray(item))) return null;
  return { data, shape, stride: rowMajor(shape) };
}

function isCompound(value: unknown): boolean {
  return value instanceof CompoundArray;
}

function isString(dtype: DType): boolean {
  return dtype === "string" || (typeof dtype === "object" && dtype.kind === "string");
}

function hasPlainElements(dtype: DType): boolean {
  return typeof dtype === "string" || !["compound", "array", "variable-length", "opaque"].includes(dtype.kind);
}

function product(shape: readonly number[]): number {
  return shape.reduce((count, extent) => count * extent, 1);
}

function squeezed(shape: readonly number[]): string {
  return shape.filter((extent) => extent !== 1).join(" ");
}

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => product(shape.slice(axis + 1)));
}

/** The distance of elements along each wanted axis; 0 along those that are repeated. */
function stridesFor({ shape, stride }: Shaped, wanted: readonly number[]): number[] {
  const extra = shape.length - wanted.length;
  const fits = shape.every((extent, axis) => extent === 1 || extent === wanted[axis - extra]);
  if (!fits) {
    const shapes = `[${shape.join(", ")}] does not fill a selection of shape [${wanted.join(", ")}]`;
    throw invalidArgument(`a value of shape ${shapes}`);
  }
  return wanted.map((_, axis) => ((shape[axis + extra] ?? 1) === 1 ? 0 : stride[axis + extra]));
}

function repeated({ data }: Shaped, strides: readonly number[], wanted: readonly number[]): unknown {
  if (data instanceof ComplexArray) {
    const parts = repeatNumbers(data.data, [...strides.map((distance) => distance * 2), 1], [...wanted, 2]);
    return new ComplexArray(parts as Float64Array);
  }
  if (ArrayBuffer.isView(data)) return repeatNumbers(data as TypedArray, strides, wanted);
  const items = data instanceof CompoundArray ? Array.from(data) : (data as readonly unknown[]);
  const all: unknown[] = [];
  forEachRun(strides, wanted, (from, count, distance) => {
    for (let at = 0; at < count; at++) all.push(items[from + at * distance]);
  });
  return all;
}

function repeatNumbers(data: TypedArray, strides: readonly number[], wanted: readonly number[]): TypedArray {
  const all = new (data.constructor as new (length: number) => TypedArray)(product(wanted));
  let to = 0;
  forEachRun(strides, wanted, (from, count, distance) => {
    if (distance === 0) all.fill(data[from] as never, to, to + count);
    else if (distance === 1) all.set(data.subarray(from, from + count) as never, to);
    else for (let at = 0; at < count; at++) all[to + at] = data[from + at * distance];
    to += count;
  });
  return all;
}

/** Visits the runs along the last axis, in row-major order. */
function forEachRun(
  strides: readonly number[],
  shape: readonly number[],
  visit: (from: number, count: number, distance: number) => void,
): void {
  const last = shape.length - 1;
  if (shape.includes(0)) return;
  const position = shape.map(() => 0);
  const runs = product(shape.slice(0, last));
  for (let run = 0, from = 0; run < runs; run++) {
    visit(from, shape[last], strides[last]);
    for (let axis = last - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++position[axis] < shape[axis]) break;
      from -= position[axis] * strides[axis];
      position[axis] = 0;
    }
  }
}
