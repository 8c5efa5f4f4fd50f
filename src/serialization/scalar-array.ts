/** Arrays without axes, from the bare values that reading a scalar dataset answers. */

import type { DType, ElementData, FloatDType, NDArray } from "../format/index.js";
import { ComplexArray } from "../format/index.js";

const numberArrays = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float16: Float32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** The array that numbers of a type are read as where there are several. */
function numberArray(dtype: DType): (typeof numberArrays)[keyof typeof numberArrays] {
  if (typeof dtype === "string") {
    return Object.hasOwn(numberArrays, dtype) ? numberArrays[dtype as keyof typeof numberArrays] : Float64Array;
  }
  switch (dtype.kind) {
    case "enum":
      return numberArray(dtype.base);
    case "integer":
      return integerArray(dtype.size, dtype.signed);
    case "time":
      return integerArray(dtype.size, true);
    case "bitfield":
      return integerArray(dtype.size, false);
    case "float":
      return isNarrow(dtype) ? Float32Array : Float64Array;
    default:
      return Float64Array;
  }
}

function integerArray(size: number, signed: boolean): (typeof numberArrays)[keyof typeof numberArrays] {
  if (size === 1) return signed ? Int8Array : Uint8Array;
  if (size === 2) return signed ? Int16Array : Uint16Array;
  return signed ? Int32Array : Uint32Array;
}

/** Whether every value of a layout, as files tell it, is exact in float32. */
function isNarrow(dtype: FloatDType): boolean {
  const { exponentSize = 11, exponentBias = 1023, mantissaSize = 52, normalization = "implied" } = dtype;
  const significant = normalization === "implied" ? mantissaSize + 1 : mantissaSize;
  const largestExponent = 2 ** exponentSize - 2 - exponentBias;
  return significant <= 24 && largestExponent <= 127 && 1 - exponentBias - mantissaSize >= -149;
}

function isComplexType(dtype: DType): boolean {
  return dtype === "complex64" || dtype === "complex128" || (typeof dtype === "object" && dtype.kind === "complex");
}

function isNarrowComplex(dtype: DType): boolean {
  if (typeof dtype === "string") return dtype === "complex64";
  return dtype.kind === "complex" && numberArray(dtype.base) === Float32Array;
}

function isUnsigned(dtype: DType): boolean {
  if (typeof dtype === "string") return dtype === "uint64";
  if (dtype.kind === "enum") return isUnsigned(dtype.base);
  return dtype.kind === "bitfield" || (dtype.kind === "integer" && !dtype.signed);
}

function dataOf(value: unknown, dtype: DType): ElementData {
  switch (typeof value) {
    case "number":
      return numberArray(dtype).of(value);
    case "bigint":
      return isUnsigned(dtype) ? BigUint64Array.of(value) : BigInt64Array.of(value);
    case "boolean":
      return Uint8Array.of(value ? 1 : 0);
  }
  if (isComplexType(dtype) && typeof value === "object" && value !== null && "re" in value && "im" in value) {
    const parts = [Number(value.re), Number(value.im)];
    return new ComplexArray(isNarrowComplex(dtype) ? Float32Array.from(parts) : Float64Array.from(parts));
  }
  return [value] as unknown as ElementData;
}

/** The array without axes that holds `value`. */
export function scalarArray(value: unknown, dtype: DType): NDArray {
  return { data: dataOf(value, dtype), shape: [], stride: [], dtype };
}

/** The element of an array that has one. */
export function scalarOf({ data, dtype }: NDArray): unknown {
  if (data instanceof ComplexArray) return data.at(0);
  const [element] = data;
  return dtype === "bool" ? element === 1 : element;
}
