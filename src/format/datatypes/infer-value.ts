import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument, lookingAt } from "../errors.js";
import type { CompoundDTypeMember, DType, NamedDType } from "./dtype.js";
import { formatDType } from "./dtype-of.js";
import { isNDArray, typedArrayName } from "./nested-values.js";
import { undecodableBytes } from "./undecodable-string.js";
import { UnreadableReference } from "./unreadable-reference.js";
import type { NDArray, TypedArrayFor } from "./values.js";
import {
  AttributeReference,
  ComplexArray,
  CompoundArray,
  ObjectReference,
  RegionReference,
  rowMajorStride,
  type TypedArray,
} from "./values.js";

/** What data without a dtype is stored as. */
export interface InferredValue {
  readonly dtype: DType;
  /** Empty for a single value. */
  readonly shape: readonly number[];
}

const dtypesOfArrays: ReadonlyMap<string, NamedDType> = new Map([
  ["Int8Array", "int8"],
  ["Uint8Array", "uint8"],
  ["Uint8ClampedArray", "uint8"],
  ["Int16Array", "int16"],
  ["Uint16Array", "uint16"],
  ["Int32Array", "int32"],
  ["Uint32Array", "uint32"],
  ["BigInt64Array", "int64"],
  ["BigUint64Array", "uint64"],
  ["Float16Array", "float16"],
  ["Float32Array", "float32"],
  ["Float64Array", "float64"],
]);

/**
 * The dtype and shape of data that comes without: numbers are float64, bigints int64, booleans bool, strings of
 * variable length, records compounds, and nested arrays give the shape. The caller deals with `null`.
 */
export function inferValue(value: unknown): InferredValue {
  return infer(value, 0);
}

function infer(value: unknown, depth: number): InferredValue {
  if (depth > 32) throw invalidArgument("data has more than 32 axes");
  switch (typeof value) {
    case "number":
      return { dtype: "float64", shape: [] };
    case "bigint":
      return { dtype: "int64", shape: [] };
    case "boolean":
      return { dtype: "bool", shape: [] };
    case "string":
      return { dtype: "string", shape: [] };
    case "object":
      if (value !== null) return inferObject(value, depth);
  }
  throw invalidArgument(`${describeValue(value)} cannot be stored`);
}

function inferObject(value: object, depth: number): InferredValue {
  const arrayName = typedArrayName(value);
  if (arrayName !== undefined) {
    const dtype = dtypesOfArrays.get(arrayName);
    if (dtype === undefined) throw invalidArgument(`a ${arrayName} cannot be stored`);
    return { dtype, shape: [(value as TypedArray).length] };
  }
  if (isNDArray(value)) return { dtype: value.dtype, shape: value.shape };
  if (Array.isArray(value)) return inferArray(value, depth);
  if (value instanceof ComplexArray) {
    return { dtype: value.data instanceof Float32Array ? "complex64" : "complex128", shape: [value.length] };
  }
  if (value instanceof CompoundArray) {
    const members = value.names.map((name): CompoundDTypeMember => {
      const { dtype } = infer(value.column(name), depth + 1);
      const trailing = value.columnShape(name).slice(1);
      return { name, dtype: trailing.length === 0 ? dtype : { kind: "array", base: dtype, shape: trailing } };
    });
    return { dtype: { kind: "compound", members }, shape: [value.length] };
  }
  if (value instanceof ObjectReference) {
    return { dtype: value.file === null ? "object-reference" : "standard-object-reference", shape: [] };
  }
  if (value instanceof RegionReference) {
    return { dtype: value.file === null ? "region-reference" : "standard-region-reference", shape: [] };
  }
  if (value instanceof AttributeReference) return { dtype: "standard-attribute-reference", shape: [] };
  if (value instanceof UnreadableReference) {
    throw invalidArgument("the type of a reference that cannot be read must be given: say its dtype");
  }
  if (undecodableBytes(value) !== null) return { dtype: "string", shape: [] };
  return inferRecord(value, depth);
}

function inferRecord(value: object, depth: number): InferredValue {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    const advice =
      value instanceof ArrayBuffer || value instanceof DataView
        ? "wrap it in a typed array, whose kind gives the element type"
        : "give plain values, arrays or records";
    throw invalidArgument(`${describeValue(value)} cannot be stored; ${advice}`);
  }
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length === 0) throw invalidArgument("a record without members cannot be stored");
  const isComplex = entries.length === 2 && "re" in value && "im" in value;
  if (isComplex && typeof value.re === "number" && typeof value.im === "number") {
    return { dtype: "complex128", shape: [] };
  }
  const members = entries.map(([name, item]): CompoundDTypeMember => {
    const { dtype, shape } = infer(item, depth + 1);
    return { name, dtype: shape.length === 0 ? dtype : { kind: "array", base: dtype, shape } };
  });
  return { dtype: { kind: "compound", members }, shape: [] };
}

function inferArray(values: readonly unknown[], depth: number): InferredValue {
  if (values.length === 0) return { dtype: "float64", shape: [0] };
  // A null among references refers to nothing.
  const first = values.find((value) => value !== null && value !== undefined);
  const inner = infer(first, depth + 1);
  const isNested = inner.shape.length > 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (isNested) {
      const { shape, dtype } = infer(value, depth + 1);
      if (shape.length !== inner.shape.length || shape.some((extent, axis) => extent !== inner.shape[axis])) {
        throw invalidArgument(
          `a ragged array: the first part has shape ${describeShape(inner.shape)}, that at index ${index} ${describeShape(shape)}; for rows of different lengths give a variable-length dtype`,
        );
      }
      if (formatDType(dtype) !== formatDType(inner.dtype)) throw mixed(index);
    } else if (value === null && typeof inner.dtype === "string" && inner.dtype.endsWith("-reference")) {
      // Stored as a reference to nothing.
    } else if (inner.dtype === "string" && (typeof value === "string" || undecodableBytes(value) !== null)) {
      // Text, or bytes in its place.
    } else if (typeof value !== typeof first || value === null || Array.isArray(value)) {
      throw mixed(index);
    }
  }
  return { dtype: inner.dtype, shape: [values.length, ...inner.shape] };
}

function mixed(index: number): Error {
  return invalidArgument(`the values differ in kind from index ${index} on; give a dtype that holds them all`);
}

function describeShape(shape: readonly number[]): string {
  return shape.length === 0 ? "of one value" : shape.join(" × ");
}

/**
 * An array over flat `data` in row-major order; the dtype is inferred where it is left out.
 *
 * @throws HDF5Error `invalid-argument` when data and shape differ in length
 */
export function ndarray<D extends DType>(data: TypedArrayFor<D>, shape: readonly number[], dtype: D): NDArray<D>;
export function ndarray(data: unknown, shape?: readonly number[]): NDArray;
export function ndarray(data: unknown, shape?: readonly number[], dtype?: DType): NDArray {
  return lookingAt(() => arrayOver(data, shape, dtype));
}

function arrayOver(data: unknown, shape?: readonly number[], dtype?: DType): NDArray {
  const length = lengthOfData(data);
  const extents = shape ?? [length];
  if (!Array.isArray(extents)) throw invalidArgument(`a shape is an array of sizes, not ${describeValue(shape)}`);
  const expected = extents.reduce((product, extent) => product * extent, 1);
  if (!extents.every((extent) => Number.isSafeInteger(extent) && extent >= 0) || expected !== length) {
    throw invalidArgument(`${length} elements do not make an array of shape ${describeShape(extents)}`);
  }
  return {
    data: data as TypedArrayFor<DType>,
    shape: [...extents],
    stride: rowMajorStride(extents),
    dtype: dtype ?? inferValue(data).dtype,
  };
}

function lengthOfData(data: unknown): number {
  if (typeof data === "object" && data !== null && "length" in data && typeof data.length === "number") {
    return data.length;
  }
  throw invalidArgument(`expected an array of elements, found ${describeValue(data)}`);
}
