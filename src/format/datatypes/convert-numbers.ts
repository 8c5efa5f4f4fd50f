import { invalidArgument } from "../errors.js";
import type { NumberDType } from "./dtype.js";
import type { TypedArray, TypedArrayFor } from "./values.js";

/** The types that numbers can be read as. */
export type ConvertedDType = Exclude<NumberDType, "float16">;

/** How values that the new type does not have are treated. */
export interface ConversionRules {
  /** Values beyond the range of the new type: an error (the default), or the nearest value it has. */
  readonly overflow?: "error" | "clamp";
  /**
   * Integers and long floats that a float type does not hold exactly, and fractions where integers are asked for: an error (the
   * default), or the nearest value, of two equally near ones the even one. Floats always round to narrower floats.
   */
  readonly inexact?: "error" | "round";
}

type Small = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

function newArray(as: ConvertedDType, length: number): TypedArray {
  switch (as) {
    case "int8":
      return new Int8Array(length);
    case "uint8":
      return new Uint8Array(length);
    case "int16":
      return new Int16Array(length);
    case "uint16":
      return new Uint16Array(length);
    case "int32":
      return new Int32Array(length);
    case "uint32":
      return new Uint32Array(length);
    case "int64":
      return new BigInt64Array(length);
    case "uint64":
      return new BigUint64Array(length);
    case "float32":
      return new Float32Array(length);
    case "float64":
      return new Float64Array(length);
    default:
      throw invalidArgument(`numbers cannot be read as ${JSON.stringify(as)}`);
  }
}

/**
 * Numbers as those of another type: the array itself where it has them already. Each value is exact, or an error, or
 * what `rules` allow. NaN is no integer whatever the rules.
 *
 * @throws HDF5Error `invalid-argument` at the first value that the new type does not have.
 */
export function convertNumbers<As extends ConvertedDType>(
  source: TypedArray,
  as: As,
  rules: ConversionRules = {},
): TypedArrayFor<As> {
  const target = newArray(as, 0).constructor === source.constructor ? source : newArray(as, source.length);
  if (target !== source) fill(target, source, as, rules);
  return target as TypedArrayFor<As>;
}

function fill(target: TypedArray, source: TypedArray, as: ConvertedDType, rules: ConversionRules): void {
  if (target instanceof Float32Array || target instanceof Float64Array) toFloats(target, source, as, rules);
  else if (target instanceof BigInt64Array || target instanceof BigUint64Array)
    toBigIntegers(target, source, as, rules);
  else toIntegers(target, source, as, rules);
}

function toFloats(
  target: Float32Array | Float64Array,
  source: TypedArray,
  as: ConvertedDType,
  { overflow, inexact }: ConversionRules,
): void {
  const isSingle = target instanceof Float32Array;
  if (source instanceof BigInt64Array || source instanceof BigUint64Array) {
    for (let index = 0; index < source.length; index++) {
      target[index] = isSingle ? nearestSingle(source[index]) : Number(source[index]);
      if (inexact !== "round" && BigInt(target[index]) !== source[index]) throw notExact(source[index], as, index);
    }
    return;
  }
  const fromIntegers = !(source instanceof Float32Array || source instanceof Float64Array);
  for (let index = 0; index < source.length; index++) {
    const value = source[index];
    target[index] = value;
    if (!isSingle || target[index] === value) continue;
    if (fromIntegers) {
      if (inexact !== "round") throw notExact(value, as, index);
    } else if (!Number.isFinite(target[index]) && Number.isFinite(value)) {
      if (overflow !== "clamp") throw outOfRange(value, as, index);
      target[index] = value < 0 ? -largestSingle : largestSingle;
    }
  }
}

/** Largest finite float32. */
const largestSingle = (2 - 2 ** -23) * 2 ** 127;

/** The float32 nearest to an integer: by way of a float64, but rounded once. */
function nearestSingle(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  const bits = magnitude.toString(2).length;
  if (bits <= 53) return Math.fround(Number(value));
  const dropped = BigInt(bits - 40);
  const kept = magnitude >> dropped;
  // What is dropped only matters for ties: one more bit tells that there was something.
  const sticky = kept << dropped === magnitude ? 0n : 1n;
  const rounded = Math.fround(Number((kept << 1n) | sticky)) * 2 ** (bits - 41);
  return value < 0n ? -rounded : rounded;
}

function toBigIntegers(
  target: BigInt64Array | BigUint64Array,
  source: TypedArray,
  as: ConvertedDType,
  { overflow, inexact }: ConversionRules,
): void {
  const low = target instanceof BigInt64Array ? -(2n ** 63n) : 0n;
  const high = target instanceof BigInt64Array ? 2n ** 63n - 1n : 2n ** 64n - 1n;
  for (let index = 0; index < target.length; index++) {
    const value = source[index];
    let integer: bigint;
    if (typeof value === "bigint") integer = value;
    else if (Number.isInteger(value)) integer = BigInt(value);
    else if (Number.isNaN(value)) throw outOfRange(value, as, index);
    else if (!Number.isFinite(value)) integer = value < 0 ? low - 1n : high + 1n;
    else if (inexact !== "round") throw notExact(value, as, index);
    else integer = BigInt(nearestInteger(value));
    if (integer < low || integer > high) {
      if (overflow !== "clamp") throw outOfRange(value, as, index);
      integer = integer < low ? low : high;
    }
    target[index] = integer;
  }
}

function toIntegers(
  target: Small,
  source: TypedArray,
  as: ConvertedDType,
  { overflow, inexact }: ConversionRules,
): void {
  const bits = target.BYTES_PER_ELEMENT * 8;
  const signed = target instanceof Int8Array || target instanceof Int16Array || target instanceof Int32Array;
  const low = signed ? -(2 ** (bits - 1)) : 0;
  const high = 2 ** (signed ? bits - 1 : bits) - 1;
  for (let index = 0; index < target.length; index++) {
    // A bigint past 2^53 is rounded, and out of range either way.
    let value = Number(source[index]);
    if (!Number.isInteger(value) && Number.isFinite(value)) {
      if (inexact !== "round") throw notExact(value, as, index);
      value = nearestInteger(value);
    }
    if (!(value >= low && value <= high)) {
      if (overflow !== "clamp" || Number.isNaN(value)) throw outOfRange(source[index], as, index);
      value = value < low ? low : high;
    }
    target[index] = value;
  }
}

/** The nearest integer; of two, the even one. */
function nearestInteger(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function outOfRange(value: number | bigint, as: ConvertedDType, index: number): Error {
  return invalidArgument(
    `the element ${index} is ${value}, which ${as} does not have; read it as it is, or with overflow: "clamp"`,
  );
}

function notExact(value: number | bigint, as: ConvertedDType, index: number): Error {
  return invalidArgument(
    `the element ${index} is ${value}, which is not exact in ${as}; read it as it is, or with inexact: "round"`,
  );
}
