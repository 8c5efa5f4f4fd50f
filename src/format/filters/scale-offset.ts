import { corrupt } from "../errors.js";
import { BitReader } from "./bit-reader.js";
import {
  CLASS_FLOAT,
  CLASS_INTEGER,
  checkClientData,
  FILL_VALUE_AT,
  HEADER_LENGTH,
  isElementSize,
  reverseElements,
} from "./scale-offset-parameters.js";

/** Client data and header of a chunk, checked. */
interface Packing {
  readonly isFloat: boolean;
  readonly size: number;
  readonly elements: number;
  readonly littleEndian: boolean;
  readonly decimals: number;
  /** Bits per packed value. */
  readonly width: number;
  readonly hasFill: boolean;
  /** Low and high 32 bits of the fill value. */
  readonly fill: readonly [low: number, high: number];
  /** The 8 little-endian bytes of the minimum. */
  readonly minimum: DataView;
}

function readPacking(input: Uint8Array, clientData: readonly number[]): Packing {
  const [, scaleFactor, elements, dataClass, size, , order, hasFill] = clientData;
  const header = new DataView(input.buffer, input.byteOffset, input.length);
  if (input.length < HEADER_LENGTH) throw corrupt(`scale-offset data has ${input.length} bytes, its header has 21`);
  const width = header.getUint32(0, true);
  const isFloat = dataClass === CLASS_FLOAT;
  if (!isElementSize(dataClass, size)) throw corrupt(`scale-offset elements have ${size} bytes`);
  if (width > size * 8) throw corrupt(`scale-offset values of ${width} bits do not fit elements of ${size} bytes`);
  const minimum = new DataView(new ArrayBuffer(8));
  const minimumSize = Math.min(input[4], 8);
  for (let index = 0; index < minimumSize; index++) minimum.setUint8(index, input[5 + index]);
  return {
    isFloat,
    size,
    elements,
    littleEndian: order === 0,
    decimals: scaleFactor | 0,
    width,
    hasFill: hasFill === 1,
    fill: [clientData[FILL_VALUE_AT], clientData[FILL_VALUE_AT + 1]],
    minimum,
  };
}

/** Values of up to 32 bits, of integers and floats. */
function unpackNarrow(reader: BitReader, packing: Packing, out: DataView): void {
  const { isFloat, size, elements, littleEndian, width, hasFill, minimum } = packing;
  const fillCode = hasFill ? 2 ** width - 1 : -1;
  const fill = packing.fill[0];
  const integerMinimum = minimum.getInt32(0, true);
  const floatMinimum = minimum.getFloat32(0, true);
  const scale = Math.fround(Number(`1e${packing.decimals}`));
  for (let index = 0; index < elements; index++) {
    const code = reader.readWide(width);
    if (isFloat) {
      if (code === fillCode) out.setUint32(index * 4, fill, littleEndian);
      else out.setFloat32(index * 4, Math.fround(Math.fround(code) / scale) + floatMinimum, littleEndian);
      continue;
    }
    const value = code === fillCode ? fill : (code + integerMinimum) | 0;
    if (size === 4) out.setInt32(index * 4, value, littleEndian);
    else if (size === 2) out.setInt16(index * 2, value, littleEndian);
    else out.setInt8(index, value);
  }
}

/** 64-bit values, as pairs of 32-bit words. */
function unpackWide(reader: BitReader, packing: Packing, out: DataView): void {
  const { isFloat, elements, littleEndian, width, hasFill, minimum } = packing;
  const highWidth = Math.max(width - 32, 0);
  const lowWidth = width - highWidth;
  const fillLow = 2 ** lowWidth - 1;
  const fillHigh = 2 ** highWidth - 1;
  const minimumLow = minimum.getUint32(0, true);
  const minimumHigh = minimum.getUint32(4, true);
  const floatMinimum = minimum.getFloat64(0, true);
  const scale = Number(`1e${packing.decimals}`);
  const lowAt = littleEndian ? 0 : 4;
  const highAt = 4 - lowAt;
  for (let index = 0; index < elements; index++) {
    const high = reader.readWide(highWidth);
    const low = reader.readWide(lowWidth);
    const isFill = hasFill && low === fillLow && high === fillHigh;
    if (isFloat && !isFill) {
      out.setFloat64(index * 8, (high * 2 ** 32 + low) / scale + floatMinimum, littleEndian);
      continue;
    }
    const lowSum = low + minimumLow;
    const carry = lowSum > 0xffffffff ? 1 : 0;
    out.setUint32(index * 8 + lowAt, isFill ? packing.fill[0] : lowSum, littleEndian);
    out.setUint32(index * 8 + highAt, isFill ? packing.fill[1] : high + minimumHigh + carry, littleEndian);
  }
}

function copyUnpacked(data: Uint8Array, length: number, size: number, littleEndian: boolean): Uint8Array {
  if (data.length < length) throw corrupt(`scale-offset data has ${data.length} bytes of values, expected ${length}`);
  const output = data.slice(0, length);
  if (!littleEndian) reverseElements(output, size);
  return output;
}

/**
 * Filter 6, "scaleoffset": values minus the chunk's minimum, in as few bits as the largest needs; floats are scaled to
 * integers first. A value with all bits set stands for the fill value, where there is one.
 */
export function decodeScaleOffset(
  input: Uint8Array,
  clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  checkClientData(clientData);
  const [, scaleFactor, , dataClass, elementSize] = clientData;
  // Integers that were to keep all their bits are stored as they are.
  if (dataClass === CLASS_INTEGER && scaleFactor === elementSize * 8) return input;
  const packing = readPacking(input, clientData);
  const { elements, size, width, littleEndian } = packing;
  const length = elements * size;
  if (length > limit || (expectedLength !== null && length !== expectedLength)) {
    throw corrupt(`scale-offset data has ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
  }
  const data = input.subarray(HEADER_LENGTH);
  if (width === size * 8) return copyUnpacked(data, length, size, littleEndian);
  if (width * elements > data.length * 8) {
    throw corrupt(`scale-offset data of ${data.length} bytes cannot hold ${elements} values of ${width} bits`);
  }
  const output = new Uint8Array(length);
  const reader = new BitReader(data);
  const out = new DataView(output.buffer);
  if (size === 8) unpackWide(reader, packing, out);
  else unpackNarrow(reader, packing, out);
  return output;
}
