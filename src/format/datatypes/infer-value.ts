import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument, lookingAt } from "../errors.js";
import type { CompoundDTypeMember, DType, NamedDType } from "./dtype.js";
import { formatDType } from "./dtype-of.js";
import { flattenLevels, isNDArray, typedArrayName } from "./nested-values.js";
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
  const first = values.find((value) => value !== null && value !== undefined) ?? values[0];
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

/** Numbers in arrays of arrays. */
export interface NestedNumbers extends ReadonlyArray<number | NestedNumbers> {}

/** What the elements of a typed array are. */
export type DTypeOfArray<A> = A extends { readonly [Symbol.toStringTag]: infer Tag }
  ? Tag extends keyof NamesOfArrays
    ? NamesOfArrays[Tag]
    : DType
  : DType;

interface NamesOfArrays {
  readonly Int8Array: "int8";
  readonly Int16Array: "int16";
  readonly Int32Array: "int32";
  readonly BigInt64Array: "int64";
  readonly Uint8Array: "uint8";
  readonly Uint16Array: "uint16";
  readonly Uint32Array: "uint32";
  readonly BigUint64Array: "uint64";
  readonly Float32Array: "float32";
  readonly Float64Array: "float64";
}

/**
 * An array over `data` in row-major order. Where they are left out, the dtype is inferred and the shape is that of
 * nested arrays, or the length of flat data.
 *
 * @throws HDF5Error `invalid-argument` when data and shape differ in length, or nested arrays are ragged
 */
export function ndarray<D extends DType>(data: TypedArrayFor<D>, shape: readonly number[], dtype: D): NDArray<D>;
export function ndarray<A extends TypedArray>(data: A, shape?: readonly number[]): NDArray<DTypeOfArray<A>>;
export function ndarray(data: NestedNumbers, shape?: readonly number[]): NDArray<"float64">;
export function ndarray(data: unknown, shape?: readonly number[]): NDArray;
export function ndarray(data: unknown, shape?: readonly number[], dtype?: DType): NDArray {
  return lookingAt(() => arrayOver(data, shape, dtype));
}

function arrayOver(data: unknown, shape?: readonly number[], dtype?: DType): NDArray {
  const elements = dtype === undefined && Array.isArray(data) ? inferElements(data) : null;
  const length = elements?.data.length ?? lengthOfData(data);
  const extents = shape ?? elements?.shape ?? [length];
  if (!Array.isArray(extents)) throw invalidArgument(`a shape is an array of sizes, not ${describeValue(shape)}`);
  const expected = extents.reduce((product, extent) => product * extent, 1);
  if (!extents.every((extent) => Number.isSafeInteger(extent) && extent >= 0) || expected !== length) {
    throw invalidArgument(`${length} elements do not make an array of shape ${describeShape(extents)}`);
  }
  return {
    data: (elements?.data ?? data) as TypedArrayFor<DType>,
    shape: [...extents],
    stride: rowMajorStride(extents),
    dtype: dtype ?? elements?.dtype ?? inferValue(data).dtype,
  };
}

/** The elements of a list, flat and as those of the dtype are. */
function inferElements(list: readonly unknown[]): InferredValue & { readonly data: ArrayLike<unknown> } {
  const { dtype, shape } = inferValue(list);
  const flat = flattenLevels(list, shape.length - 1);
  switch (dtype) {
    case "float64":
      return { dtype, shape, data: Float64Array.from(flat as ArrayLike<number>) };
    case "float32":
      return { dtype, shape, data: Float32Array.from(flat as ArrayLike<number>) };
    case "bool":
      return { dtype, shape, data: Uint8Array.from(flat as ArrayLike<unknown>, Number) };
    case "int64":
      return { shape, ...longElements(Array.from(flat as ArrayLike<bigint>)) };
    default:
      return { dtype, shape, data: flat };
  }
}

function longElements(values: readonly bigint[]): { readonly dtype: DType; readonly data: ArrayLike<unknown> } {
  if (values.every((value) => BigInt.asIntN(64, value) === value)) {
    return { dtype: "int64", data: BigInt64Array.from(values) };
  }
  if (values.every((value) => BigInt.asUintN(64, value) === value)) {
    return { dtype: "uint64", data: BigUint64Array.from(values) };
  }
  throw invalidArgument("the integers fit neither int64 nor uint64");
}

function lengthOfData(data: unknown): number {
  if (typeof data === "object" && data !== null && "length" in data && typeof data.length === "number") {
    return data.length;
  }
  throw invalidArgument(`expected an array of elements, found ${describeValue(data)}`);
}
