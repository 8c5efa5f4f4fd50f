import { corrupt, invalidArgument, unsupported } from "../errors.js";
import type { BitfieldDatatype, ByteOrder, IntegerDatatype, TimeDatatype } from "../structures/messages/datatype.js";
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
import { toIntegers } from "./conversion.js";
import { isPlainInteger } from "./standard-types.js";
import type { TypedArray } from "./values.js";

/** The arrays that hold integers. */
export type IntegerArray = Exclude<TypedArray, Float32Array | Float64Array>;

/** Stored datatypes whose elements are integers to JavaScript. */
export type IntegerLike = IntegerDatatype | BitfieldDatatype | TimeDatatype;

interface IntegerLayout {
  readonly size: number;
  readonly signed: boolean;
  readonly byteOrder: ByteOrder;
  readonly bitOffset: number;
  readonly precision: number;
}

function layoutOf(datatype: IntegerLike): IntegerLayout {
  const { size, byteOrder, precision } = datatype;
  const bitOffset = datatype.class === "time" ? 0 : datatype.bitOffset;
  const signed = datatype.class === "integer" ? datatype.signed : datatype.class === "time";
  if (precision < 1 || bitOffset + precision > size * 8) {
    throw corrupt(`${precision} significant bits at bit ${bitOffset} do not fit an element of ${size} bytes`);
  }
  return { size, signed, byteOrder, bitOffset, precision };
}

/** Bits of the array that holds integers of `size` bytes. */
function widthFor(size: number): 8 | 16 | 32 | 64 {
  if (size === 1) return 8;
  if (size === 2) return 16;
  return size <= 4 ? 32 : 64;
}

/** An array over existing memory, which must be aligned for it. */
export function integerView(bytes: Uint8Array, size: number, signed: boolean): IntegerArray {
  const { buffer, byteOffset, byteLength } = bytes;
  switch (size) {
    case 1:
      return signed ? new Int8Array(buffer, byteOffset, byteLength) : new Uint8Array(buffer, byteOffset, byteLength);
    case 2:
      return signed
        ? new Int16Array(buffer, byteOffset, byteLength / 2)
        : new Uint16Array(buffer, byteOffset, byteLength / 2);
    case 4:
      return signed
        ? new Int32Array(buffer, byteOffset, byteLength / 4)
        : new Uint32Array(buffer, byteOffset, byteLength / 4);
    default:
      return signed
        ? new BigInt64Array(buffer, byteOffset, byteLength / 8)
        : new BigUint64Array(buffer, byteOffset, byteLength / 8);
  }
}

/**
 * Integers, bitfields (unsigned) and times (signed) as the nearest array that holds them. Plain integers in this
 * machine's order are a view of `bytes` where they are aligned.
 */
export function decodeIntegers(datatype: IntegerLike, bytes: Uint8Array, count: number): IntegerArray {
  const layout = layoutOf(datatype);
  const { size, signed, byteOrder } = layout;
  if (isPlainInteger(layout)) return integerView(hostWords(bytes, count, size, byteOrder), size, signed);
  const width = widthFor(size);
  const values = integerView(new Uint8Array((count * width) / 8), width / 8, signed);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) decodeWide(layout, bytes, values);
  else decodeNarrow(layout, bytes, values);
  return values;
}

function decodeNarrow(
  { size, signed, byteOrder, bitOffset, precision }: IntegerLayout,
  bytes: Uint8Array,
  values: Exclude<IntegerArray, BigInt64Array | BigUint64Array>,
): void {
  const order = significanceOrder(size, byteOrder);
  const unused = 32 - precision;
  for (let index = 0; index < values.length; index++) {
    const bits = readBits(bytes, index * size, order, bitOffset, precision);
    values[index] = signed ? (bits << unused) >> unused : bits;
  }
}

function decodeWide(
  { size, signed, byteOrder, bitOffset, precision }: IntegerLayout,
  bytes: Uint8Array,
  values: BigInt64Array | BigUint64Array,
): void {
  const order = significanceOrder(size, byteOrder);
  for (let index = 0; index < values.length; index++) {
    const bits = readBigBits(bytes, index * size, order, bitOffset, precision);
    const value = signed ? BigInt.asIntN(precision, bits) : bits;
    values[index] = value;
    if (values[index] !== value) throw unsupported(`an integer of ${precision} bits past 64 (element ${index})`);
  }
}

/** The stored bytes of `count` integers; refuses what the type cannot hold. May be a view of `source`. */
export function encodeIntegers(datatype: IntegerLike, source: NumberSource, count: number): Uint8Array {
  const layout = layoutOf(datatype);
  const { size, signed, byteOrder, bitOffset, precision } = layout;
  if (source.length !== count) throw invalidArgument(`expected ${count} integers, found ${source.length}`);
  if (precision > 64) throw unsupported(`writing integers of ${precision} bits`);
  const values = toIntegers(source, precision, signed);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (isPlainInteger(layout)) {
    if (isHostOrder(byteOrder, size)) return bytes;
    const copy = bytes.slice();
    swapInPlace(copy, size);
    return copy;
  }
  const order = significanceOrder(size, byteOrder);
  const encoded = new Uint8Array(count * size);
  const lowPadding = datatype.class === "time" ? 0 : datatype.lowPadding;
  const highPadding = datatype.class === "time" ? 0 : datatype.highPadding;
  const end = bitOffset + precision;
  for (let index = 0; index < count; index++) {
    const start = index * size;
    writeBits(encoded, start, order, bitOffset, precision, BigInt.asUintN(precision, BigInt(values[index])));
    if (lowPadding === 1) writeBits(encoded, start, order, 0, bitOffset, -1n);
    if (highPadding === 1) writeBits(encoded, start, order, end, size * 8 - end, -1n);
  }
  return encoded;
}
