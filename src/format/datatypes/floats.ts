import { corrupt, invalidArgument, UnsupportedFeatureError, unsupported } from "../errors.js";
import type { FloatDatatype } from "../structures/messages/datatype.js";
import {
  hostWords,
  isHostOrder,
  readBigBits,
  readBits,
  significanceOrder,
  swapInPlace,
  writeBits,
} from "./byte-order.js";
import type { NumberSource } from "./conversion.js";
import { toFloats } from "./conversion.js";
import type { ConversionRules } from "./convert-numbers.js";
import { isPlainFloat } from "./standard-types.js";

/** Bits of a float64's mantissa that are stored. */
const mantissaBits = 52;

function checkLayout(datatype: FloatDatatype): void {
  const { size, signPosition, exponentPosition, exponentSize, mantissaPosition, mantissaSize, normalization } =
    datatype;
  const bits = size * 8;
  if (
    signPosition >= bits ||
    exponentSize < 1 ||
    mantissaSize < (normalization === "implied" ? 1 : 2) ||
    exponentPosition + exponentSize > bits ||
    mantissaPosition + mantissaSize > bits
  ) {
    throw corrupt(`the fields of a floating-point type lie outside its ${size} bytes`);
  }
  if (exponentSize > 30) throw unsupported(`a floating-point exponent of ${exponentSize} bits`);
}

/** Whether each value of the layout is exact in float32. */
function fitsFloat32({ exponentSize, exponentBias, mantissaSize, normalization }: FloatDatatype): boolean {
  const significant = normalization === "implied" ? mantissaSize + 1 : mantissaSize;
  const largestExponent = 2 ** exponentSize - 2 - exponentBias;
  return significant <= 24 && largestExponent <= 127 && 1 - exponentBias - mantissaSize >= -149;
}

/**
 * Floats as `Float32Array` where every value of the layout is exact in it, else as `Float64Array`. Plain float32 and
 * float64 in this machine's order are a view of `bytes` where they are aligned.
 *
 * @param rules - whether values are rounded that float64 cannot hold exactly, and cut that are beyond its range
 * @param parts - numbers in one element, of which errors tell the index
 * @throws HDF5Error `unsupported` at a value that float64 cannot hold exactly
 */
export function decodeFloats(
  datatype: FloatDatatype,
  bytes: Uint8Array,
  count: number,
  rules: ConversionRules = {},
  parts = 1,
): Float32Array | Float64Array {
  const { size, byteOrder } = datatype;
  if (isPlainFloat(datatype)) {
    const words = hostWords(bytes, count, size, byteOrder);
    if (size === 4) return new Float32Array(words.buffer, words.byteOffset, count);
    if (size === 8) return new Float64Array(words.buffer, words.byteOffset, count);
    return decodeHalves(new Uint16Array(words.buffer, words.byteOffset, count));
  }
  checkLayout(datatype);
  const values = fitsFloat32(datatype) ? new Float32Array(count) : new Float64Array(count);
  const order = significanceOrder(size, byteOrder);
  for (let index = 0; index < count; index++) {
    values[index] = decodeFloat(datatype, bytes, index * size, order, rules, Math.floor(index / parts));
  }
  return values;
}

function decodeHalves(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < halves.length; index++) {
    const half = halves[index];
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 0) {
      values[index] = mantissa * 2 ** -24;
      bits[index] |= sign;
    } else {
      bits[index] = sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (mantissa << 13);
    }
  }
  return values;
}

function decodeFloat(
  datatype: FloatDatatype,
  bytes: Uint8Array,
  start: number,
  order: readonly number[],
  rules: ConversionRules,
  index: number,
): number {
  const { exponentSize, exponentBias, mantissaPosition, mantissaSize, normalization, byteOrder } = datatype;
  const sign = readBits(bytes, start, order, datatype.signPosition, 1) === 1 ? -1 : 1;
  const exponent = readBits(bytes, start, order, datatype.exponentPosition, exponentSize);
  const mantissa = readBigBits(bytes, start, order, mantissaPosition, mantissaSize);
  const isLargest = exponent === 2 ** exponentSize - 1;
  if (byteOrder === "vax" && (isLargest || (exponent === 0 && (sign < 0 || mantissa !== 0n)))) {
    throw unsupported(`a VAX floating-point number with the reserved exponent ${exponent} (element ${index})`);
  }
  // The bit before the binary point, in formats that store it: x87's, which libhdf5 calls "not normalised", too.
  const leading = normalization === "implied" ? 0n : 1n << BigInt(mantissaSize - 1);
  if (isLargest) {
    if ((mantissa & ~leading) === 0n) return sign * Number.POSITIVE_INFINITY;
    return Number.NaN;
  }
  if (mantissa === 0n && (exponent === 0 || normalization === "none")) return sign * 0;
  if (normalization === "implied") {
    const whole = exponent === 0 ? mantissa : mantissa | (1n << BigInt(mantissaSize));
    return sign * scaled(whole, Math.max(exponent, 1) - exponentBias - mantissaSize, datatype, rules, index);
  }
  if (normalization === "msb-set" && (exponent === 0 || (mantissa & leading) !== leading)) {
    throw unsupported(`an unnormalised floating-point number of ${datatype.size} bytes (element ${index})`);
  }
  return sign * scaled(mantissa, exponent - exponentBias - (mantissaSize - 1), datatype, rules, index);
}

/** `mantissa × 2^exponent`, exactly or as the rules allow. */
function scaled(
  mantissa: bigint,
  exponent: number,
  { size }: FloatDatatype,
  { inexact, overflow }: ConversionRules,
  index: number,
): number {
  let whole = mantissa;
  let power = exponent;
  while ((whole & 0xffffn) === 0n) {
    whole >>= 16n;
    power += 16;
  }
  while ((whole & 1n) === 0n) {
    whole >>= 1n;
    power++;
  }
  const significant = whole.toString(2).length;
  if (significant > mantissaBits + 1 || power < -1074 || power + significant > 1024) {
    const rounded = inexact === "round" ? nearest(whole, power, significant) : Number.NaN;
    if (Number.isFinite(rounded)) return rounded;
    if (inexact === "round" && overflow === "clamp") return Number.MAX_VALUE;
    throw notHeld(size, index, inexact === "round");
  }
  // Powers below 2^-1022 and above 2^1023 are reached in two exact steps.
  const first = Math.max(-1022, Math.min(1023, power));
  return Number(whole) * 2 ** (power - first) * 2 ** first;
}

function notHeld(size: number, index: number, isRounded: boolean): UnsupportedFeatureError {
  const lacks = isRounded ? "does not reach" : "cannot hold exactly";
  const remedy = isRounded ? 'overflow: "clamp" cuts it' : 'as: "float64" with inexact: "round" rounds it';
  const feature = `a floating-point number of ${size} bytes that float64 ${lacks} (element ${index})`;
  return new UnsupportedFeatureError(feature, `${feature} is not supported; ${remedy}`);
}

/** The float64 nearest to `whole × 2^power`, of two the even one; infinite where there is none. */
function nearest(whole: bigint, power: number, significant: number): number {
  // Bits that a float64 of this size has no room for: more than usual below its smallest normal number.
  const dropped = Math.max(significant - (mantissaBits + 1), -1074 - power);
  const kept = Number(shiftToEven(whole, -dropped));
  const scale = power + dropped;
  const first = Math.max(-1022, Math.min(900, scale));
  return kept * 2 ** first * 2 ** (scale - first);
}

/** The stored bytes of `count` floats, rounded to the nearest; what would become infinite is refused. */
export function encodeFloats(datatype: FloatDatatype, source: NumberSource, count: number): Uint8Array {
  const { size, byteOrder } = datatype;
  if (source.length !== count) throw invalidArgument(`expected ${count} numbers, found ${source.length}`);
  const name = `float${datatype.precision}`;
  if (isPlainFloat(datatype) && (size === 4 || size === 8)) {
    const values = toFloats(source, size, name);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (isHostOrder(byteOrder, size)) return bytes;
    const copy = bytes.slice();
    swapInPlace(copy, size);
    return copy;
  }
  checkLayout(datatype);
  const values = toFloats(source, 8, name);
  const encoded = new Uint8Array(count * size);
  if (isPlainFloat(datatype)) {
    const halves = new Uint16Array(encoded.buffer);
    encodeHalves(datatype, values, halves);
    if (source instanceof Float32Array) keepNaNs(source, halves);
    if (!isHostOrder(byteOrder, size)) swapInPlace(encoded, size);
    return encoded;
  }
  const order = significanceOrder(size, byteOrder);
  for (let index = 0; index < count; index++) {
    const { sign, exponent, mantissa } = partsOf(datatype, values[index], index);
    const start = index * size;
    writeBits(encoded, start, order, datatype.mantissaPosition, datatype.mantissaSize, mantissa);
    writeBits(encoded, start, order, datatype.exponentPosition, datatype.exponentSize, BigInt(exponent));
    writeBits(encoded, start, order, datatype.signPosition, 1, BigInt(sign));
  }
  return encoded;
}

function encodeHalves(datatype: FloatDatatype, values: ArrayLike<number>, halves: Uint16Array): void {
  for (let index = 0; index < halves.length; index++) {
    const value = values[index];
    const magnitude = Math.abs(value);
    if (magnitude >= 2 ** -14 && magnitude < 65504) {
      const exponent = Math.floor(Math.log2(magnitude));
      // log2 may err by one next to a power of two; a mantissa of 2048 carries by itself, one below 1024 borrows.
      const mantissa = roundToEven(magnitude * 2 ** (10 - exponent));
      if (mantissa >= 1024 && mantissa <= 2048) {
        halves[index] = (value < 0 ? 0x8000 : 0) | (((exponent + 15) << 10) + mantissa - 1024);
        continue;
      }
    }
    const parts = partsOf(datatype, value, index);
    halves[index] = (parts.sign << 15) | (parts.exponent << 10) | Number(parts.mantissa);
  }
}

/** NaNs that were read from halves keep their sign and the rest of their bits. */
function keepNaNs(source: Float32Array, halves: Uint16Array): void {
  const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
  for (let index = 0; index < halves.length; index++) {
    const mantissa = (bits[index] >> 13) & 0x3ff;
    if ((bits[index] & 0x7fffffff) > 0x7f800000 && mantissa !== 0)
      halves[index] = ((bits[index] >>> 16) & 0x8000) | 0x7c00 | mantissa;
  }
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Sign, exponent and mantissa fields of `value` in a layout. */
function partsOf(
  datatype: FloatDatatype,
  value: number,
  index: number,
): { readonly sign: 0 | 1; readonly exponent: number; readonly mantissa: bigint } {
  const { mantissaSize, exponentSize, exponentBias, normalization, byteOrder } = datatype;
  const sign = value < 0 || Object.is(value, -0) ? 1 : 0;
  const largest = 2 ** exponentSize - 1;
  const storesLeading = normalization !== "implied";
  const leading = storesLeading ? 1n << BigInt(mantissaSize - 1) : 0n;
  if (!Number.isFinite(value)) {
    if (byteOrder === "vax") throw invalidArgument(`${value} does not fit a VAX float at index ${index}`);
    const quiet = 1n << BigInt(mantissaSize - (storesLeading ? 2 : 1));
    return { sign, exponent: largest, mantissa: Number.isNaN(value) ? leading | quiet : leading };
  }
  // A negative zero would be a reserved operand to a VAX.
  if (value === 0) return { sign: byteOrder === "vax" ? 0 : sign, exponent: 0, mantissa: 0n };
  scratch.setFloat64(0, Math.abs(value));
  const bits = scratch.getBigUint64(0);
  const stored = Number(bits >> BigInt(mantissaBits));
  let whole = bits & ((1n << BigInt(mantissaBits)) - 1n);
  if (stored > 0) whole |= 1n << BigInt(mantissaBits);
  const power = Math.max(stored, 1) - 1023 - mantissaBits;
  const fraction = storesLeading ? mantissaSize - 1 : mantissaSize;
  const lead = power + whole.toString(2).length - 1;
  const exponent = Math.max(lead + exponentBias, 1);
  // The value in units of the last bit at this exponent.
  let mantissa = shiftToEven(whole, power - (exponent - exponentBias - fraction));
  let field = exponent;
  if (mantissa >= 1n << BigInt(fraction + 1)) {
    mantissa >>= 1n;
    field++;
  }
  const one = 1n << BigInt(fraction);
  const isNormal = mantissa >= one;
  if (field >= largest) throw invalidArgument(`${value} does not fit float${datatype.precision} at index ${index}`);
  if (!isNormal && mantissa !== 0n && (byteOrder === "vax" || storesLeading)) {
    throw invalidArgument(`${value} is too small for float${datatype.precision} at index ${index}`);
  }
  if (!isNormal) return { sign: byteOrder === "vax" ? 0 : sign, exponent: 0, mantissa };
  return { sign, exponent: field, mantissa: storesLeading ? mantissa : mantissa - one };
}

/** `whole × 2^shift`, rounded to the nearest integer, ties to even. */
function shiftToEven(whole: bigint, shift: number): bigint {
  if (shift >= 0) return whole << BigInt(shift);
  if (shift < -1100) return 0n;
  const down = BigInt(-shift);
  const floor = whole >> down;
  const rest = whole - (floor << down);
  const half = 1n << (down - 1n);
  const up = rest > half || (rest === half && (floor & 1n) === 1n);
  return up ? floor + 1n : floor;
}
