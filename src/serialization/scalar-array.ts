/** Arrays without axes, from the bare values that reading a scalar dataset answers. */

import type { DType, ElementData, NDArray } from "../format/index.js";
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

function isComplexType(dtype: DType): boolean {
  return dtype === "complex64" || dtype === "complex128" || (typeof dtype === "object" && dtype.kind === "complex");
}

function dataOf(value: unknown, dtype: DType): ElementData {
  switch (typeof value) {
    case "number": {
      const numbers = typeof dtype === "string" && Object.hasOwn(numberArrays, dtype) ? dtype : "float64";
      return numberArrays[numbers as keyof typeof numberArrays].of(value);
    }
    case "bigint":
      return dtype === "uint64" ? BigUint64Array.of(value) : BigInt64Array.of(value);
    case "boolean":
      return Uint8Array.of(value ? 1 : 0);
  }
  if (isComplexType(dtype) && typeof value === "object" && value !== null && "re" in value && "im" in value) {
    const parts = [Number(value.re), Number(value.im)];
    return new ComplexArray(dtype === "complex64" ? Float32Array.from(parts) : Float64Array.from(parts));
  }
  return [value] as unknown as ElementData;
}

/** The array without axes that holds `value`. */
export function scalarArray(value: unknown, dtype: DType): NDArray {
  return { data: dataOf(value, dtype), shape: [], stride: [], dtype };
}
