import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument } from "../errors.js";
import type { IntegerArray } from "./integers.js";
import type { TypedArray } from "./values.js";

/** Numbers as callers give them; each element is checked. */
export type NumberSource = TypedArray | ArrayLike<unknown>;

function integerArray(precision: number, signed: boolean, length: number): IntegerArray {
  if (precision <= 8) return signed ? new Int8Array(length) : new Uint8Array(length);
  if (precision <= 16) return signed ? new Int16Array(length) : new Uint16Array(length);
  if (precision <= 32) return signed ? new Int32Array(length) : new Uint32Array(length);
  return signed ? new BigInt64Array(length) : new BigUint64Array(length);
}

function sameKind(source: NumberSource, precision: number, signed: boolean): source is IntegerArray {
  switch (precision) {
    case 8:
      return signed ? source instanceof Int8Array : source instanceof Uint8Array;
    case 16:
      return signed ? source instanceof Int16Array : source instanceof Uint16Array;
    case 32:
      return signed ? source instanceof Int32Array : source instanceof Uint32Array;
    case 64:
      return signed ? source instanceof BigInt64Array : source instanceof BigUint64Array;
    default:
      return false;
  }
}

/**
 * `source` as integers of `precision` bits, in the smallest array that holds them: the array itself where it is of
 * that kind already. Fractions, NaN and what is out of range are refused.
 */
export function toIntegers(source: NumberSource, precision: number, signed: boolean): IntegerArray {
  if (sameKind(source, precision, signed)) return source;
  const values = integerArray(precision, signed, source.length);
  const name = `${signed ? "int" : "uint"}${precision}`;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const low = signed ? -(1n << BigInt(precision - 1)) : 0n;
    const high = (1n << BigInt(signed ? precision - 1 : precision)) - 1n;
    for (let index = 0; index < values.length; index++) {
      const value = source[index];
      const integer = typeof value === "bigint" ? value : BigInt(integerAt(value, index, name));
      if (integer < low || integer > high) throw outOfRange(integer, index, name);
      values[index] = integer;
    }
    return values;
  }
  const low = signed ? -(2 ** (precision - 1)) : 0;
  const high = 2 ** (signed ? precision - 1 : precision) - 1;
  for (let index = 0; index < values.length; index++) {
    const value = source[index];
    const integer = typeof value === "bigint" ? Number(value) : integerAt(value, index, name);
    if (integer < low || integer > high) throw outOfRange(integer, index, name);
    values[index] = integer;
  }
  return values;
}

function integerAt(value: unknown, index: number, name: string): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number") throw notANumber(value, index, name);
  if (!Number.isInteger(value))
    throw invalidArgument(`${value} is no integer and does not fit ${name} at index ${index}`);
  return value;
}

function outOfRange(value: number | bigint, index: number, name: string): Error {
  return invalidArgument(`${value} does not fit ${name} at index ${index}`);
}

/**
 * `source` as floats of `size` bytes: the array itself where it is of that kind already. Numbers round to the nearest;
 * what would become infinite and big integers that would change are refused.
 */
export function toFloats(source: NumberSource, size: 4 | 8, name: string): Float32Array | Float64Array {
  if (size === 8 && source instanceof Float64Array) return source;
  if (size === 4 && source instanceof Float32Array) return source;
  const values = size === 4 ? new Float32Array(source.length) : new Float64Array(source.length);
  for (let index = 0; index < values.length; index++) {
    const number = floatAt(source[index], index, name);
    values[index] = number;
    if (!Number.isFinite(values[index]) && Number.isFinite(number)) {
      throw invalidArgument(`${number} does not fit ${name} at index ${index}`);
    }
  }
  return values;
}

function floatAt(value: unknown, index: number, name: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "bigint") throw notANumber(value, index, name);
  const number = Number(value);
  if (!Number.isFinite(number) || BigInt(number) !== value) {
    throw invalidArgument(`${value} is not exact in ${name} at index ${index}; convert it to a number first`);
  }
  return number;
}

function notANumber(value: unknown, index: number, name: string): Error {
  return invalidArgument(`expected a number for ${name} at index ${index}, found ${describeValue(value)}`);
}
