/** Properties that hold arrays of one type. */

import { describeValue } from "../arguments/describe-value.js";
import type { ElementData, NamedData, NDArray, NumberDType, TypedArray } from "../format/index.js";
import { ComplexArray, convertNumbers, formatDType, ndarray } from "../format/index.js";
import { isFlatArray, isNDArray, toNDArray } from "./array-input.js";
import { invalidArgument } from "./errors.js";
import type { Default, HolderOptions } from "./property.js";
import type { Property } from "./property-types.js";
import type { Serializable } from "./serializable.js";
import { inMemoryOrder, sameDType } from "./stored-types.js";

/** The types of arrays that a property can be declared to hold. */
export type ArrayPropertyType = NumberDType | "bool" | "string" | "complex64" | "complex128";

/** What lists of values for an array are made of. */
export type ArrayItem<D extends ArrayPropertyType> = D extends "string"
  ? string
  : D extends "bool"
    ? boolean | number
    : D extends "int64" | "uint64"
      ? bigint | number
      : D extends NumberDType
        ? number
        : never;

/** Lists of lists, as many as the array has axes. */
export interface NestedItems<Item> extends ReadonlyArray<Item | NestedItems<Item>> {}

/** What can be given for an array of a type: arrays of any type whose values fit, with or without a shape, and lists. */
export type ArrayValue<D extends ArrayPropertyType> = NDArray | NamedData[D] | TypedArray | NestedItems<ArrayItem<D>>;

/** The form of `property` for arrays. */
export interface ArrayMaker {
  /**
   * A property that holds an array of one type. What it is given, and what a file holds, becomes one: numbers in lists,
   * and arrays of other types whose values fit.
   */
  array<D extends ArrayPropertyType, Self = Serializable, const Stays extends boolean = true>(
    dtype: D,
    options: HolderOptions<NDArray<D>, Self, Stays> & { readonly default: Default<ArrayValue<D>, Self> },
  ): Property<NDArray<D>, ArrayValue<D>, Stays>;
  array<D extends ArrayPropertyType, Self = Serializable, const Stays extends boolean = true>(
    dtype: D,
    options?: HolderOptions<NDArray<D> | null, Self, Stays> & { readonly default?: null | undefined },
  ): Property<NDArray<D> | null, ArrayValue<D>, Stays>;
}

/** The types of numbers in memory. */
const inMemory = {
  int8: "int8",
  int16: "int16",
  int32: "int32",
  int64: "int64",
  uint8: "uint8",
  uint16: "uint16",
  uint32: "uint32",
  uint64: "uint64",
  float16: "float32",
  float32: "float32",
  float64: "float64",
  bool: "uint8",
  complex64: "float32",
  complex128: "float64",
} as const satisfies Partial<Record<ArrayPropertyType, NumberDType>>;

const names: readonly unknown[] = [...Object.keys(inMemory), "string"];

/** What makes arrays of a type of whatever a property is given. */
export function arrayConverter(dtype: ArrayPropertyType): (value: unknown) => NDArray {
  if (!names.includes(dtype)) {
    throw invalidArgument(`property.array takes one of ${names.join(", ")}, not ${describeValue(dtype)}`);
  }
  return (value) => {
    const array = arrayOf(value, dtype);
    return array.dtype === dtype ? array : converted(array, dtype);
  };
}

function arrayOf(value: unknown, dtype: ArrayPropertyType): NDArray {
  if (isNDArray(value) || isFlatArray(value)) return toNDArray(value);
  if (Array.isArray(value)) return ndarray(value);
  throw invalidArgument(`an array of ${dtype} is made of an array or of lists of values`);
}

function converted(array: NDArray, dtype: ArrayPropertyType): NDArray {
  const data = convertedData(array, dtype);
  // An array of another byte order is in memory what is wanted, and stays what it is in files.
  return data === array.data && sameDType(array.dtype, dtype) ? inMemoryOrder(array, dtype) : { ...array, data, dtype };
}

function convertedData({ data, shape, dtype: given }: NDArray, dtype: ArrayPropertyType): ElementData {
  if (dtype === "string") {
    if (shape.includes(0)) return [];
    if (Array.isArray(data) && data.every((item) => typeof item === "string")) return data;
  } else if (dtype === "complex64" || dtype === "complex128") {
    if (data instanceof ComplexArray) return complexData(data, inMemory[dtype]);
  } else if (isTypedArray(data)) {
    const numbers = convertNumbers(data, inMemory[dtype]);
    if (dtype !== "bool" || numbers.every((value) => value === 0 || value === 1)) return numbers;
  }
  throw invalidArgument(`an array of ${formatDType(given)} does not become one of ${dtype}`);
}

function complexData(data: ComplexArray, as: "float32" | "float64"): ComplexArray {
  const parts = convertNumbers(data.data, as);
  return parts === data.data ? data : new ComplexArray(parts);
}

function isTypedArray(data: ElementData): data is TypedArray {
  return ArrayBuffer.isView(data);
}
