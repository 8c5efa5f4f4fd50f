import { unsupported } from "../errors.js";
import type { Datatype, FloatDatatype, IntegerDatatype, StringDatatype } from "../structures/messages/datatype.js";
import { datatypesEqual } from "../structures/messages/datatype.js";
import { decodeElements } from "./decode-elements.js";
import { encodeFloats } from "./floats.js";
import { encodeIntegers } from "./integers.js";

const sizes = { offsetSize: 8, lengthSize: 8 };

/**
 * Stored elements of one type as those of another, as HDF5 converts them: integers and floats of any kind, where what
 * is out of range becomes the nearest value, and fixed strings of any length. Equal types need no conversion.
 */
export function convertElements(bytes: Uint8Array, count: number, from: Datatype, to: Datatype): Uint8Array {
  if (datatypesEqual(from, to)) return bytes;
  const isNumber = from.class === "integer" || from.class === "float";
  if (isNumber && to.class === "integer")
    return encodeIntegers(to, toIntegers(numbersOf(from, bytes, count), to), count);
  if (isNumber && to.class === "float") return encodeFloats(to, toFloats(numbersOf(from, bytes, count), to), count);
  if (from.class === "string" && to.class === "string") return convertStrings(bytes, count, from, to);
  throw unsupported(
    `a conversion from the class ${from.class} to the class ${to.class}${from.class === to.class ? " of another form" : ""}`,
  );
}

type Numbers = ArrayLike<number> | ArrayLike<bigint>;

function numbersOf(datatype: IntegerDatatype | FloatDatatype, bytes: Uint8Array, count: number): Numbers {
  return decodeElements(datatype, bytes, count, { sizes }) as Numbers;
}

function toIntegers(
  values: Numbers,
  { precision, signed }: IntegerDatatype,
): BigInt64Array | BigUint64Array | Float64Array {
  if (precision > 32) {
    const low = signed ? -(2n ** BigInt(precision - 1)) : 0n;
    const high = 2n ** BigInt(signed ? precision - 1 : precision) - 1n;
    const result = signed ? new BigInt64Array(values.length) : new BigUint64Array(values.length);
    for (let index = 0; index < result.length; index++) {
      const integer = integerOf(values[index], low, high);
      result[index] = integer < low ? low : integer > high ? high : integer;
    }
    return result;
  }
  const low = signed ? -(2 ** (precision - 1)) : 0;
  const high = 2 ** (signed ? precision - 1 : precision) - 1;
  const result = new Float64Array(values.length);
  for (let index = 0; index < result.length; index++) {
    const number = Math.trunc(Number(values[index]));
    result[index] = number > high ? high : number < low ? low : Number.isNaN(number) ? 0 : number;
  }
  return result;
}

function integerOf(value: number | bigint, low: bigint, high: bigint): bigint {
  if (typeof value === "bigint") return value;
  if (Number.isFinite(value)) return BigInt(Math.trunc(value));
  return value > 0 ? high : value < 0 ? low : 0n;
}

function toFloats(values: Numbers, { size, precision }: FloatDatatype): Float32Array | Float64Array {
  const isSingle = size === 4 && precision === 32;
  const result = isSingle ? new Float32Array(values.length) : new Float64Array(values.length);
  for (let index = 0; index < result.length; index++) result[index] = Number(values[index]);
  return result;
}

function convertStrings(bytes: Uint8Array, count: number, from: StringDatatype, to: StringDatatype): Uint8Array {
  if (from.characterSet !== to.characterSet) throw unsupported("a conversion between character sets");
  const result = new Uint8Array(count * to.size);
  if (to.padding === "space-padded") result.fill(0x20);
  const most = to.padding === "null-terminated" ? to.size - 1 : to.size;
  for (let index = 0; index < count; index++) {
    const start = index * from.size;
    const length = Math.min(lengthOf(bytes, start, from), most);
    result.set(bytes.subarray(start, start + length), index * to.size);
  }
  return result;
}

/** Bytes of a fixed string without its padding. */
function lengthOf(bytes: Uint8Array, start: number, { size, padding }: StringDatatype): number {
  if (padding === "null-terminated") {
    const end = bytes.subarray(start, start + size).indexOf(0);
    return end < 0 ? size : end;
  }
  const pad = padding === "space-padded" ? 0x20 : 0;
  let length = size;
  while (length > 0 && bytes[start + length - 1] === pad) length--;
  return length;
}
