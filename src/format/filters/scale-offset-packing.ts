import { hostIsLittleEndian } from "../datatypes/byte-order.js";
import { BitWriter } from "./bit-writer.js";
import { HEADER_LENGTH, reverseElements } from "./scale-offset-parameters.js";

/** Elements of a chunk of filter 6, and how they are to be packed. */
export interface Chunk {
  readonly input: Uint8Array;
  /** The input in this machine's byte order, aligned. */
  readonly words: Uint8Array;
  readonly size: number;
  readonly elements: number;
  readonly littleEndian: boolean;
  readonly signed: boolean;
  readonly hasFill: boolean;
  /** Low and high 32 bits of the fill value. */
  readonly fillLow: number;
  readonly fillHigh: number;
  /** Bits per packed integer, 0 for as many as needed; decimal digits of floats. */
  readonly factor: number;
}

/** A chunk with its header, the `minimum` as 64 bits, and room for the values. */
function newOutput({ size, elements }: Chunk, width: number, minimum: bigint): Uint8Array {
  const bits = size * 8;
  // libhdf5 has a byte for bits left over, even where none are.
  const length = width === bits ? elements * size : Math.floor((elements * width) / 8) + 1;
  const output = new Uint8Array(HEADER_LENGTH + length);
  const header = new DataView(output.buffer);
  header.setUint32(0, width, true);
  header.setUint8(4, 8);
  header.setBigInt64(5, minimum, true);
  return output;
}

/** A chunk whose values keep all their bits. */
function storeUnpacked(chunk: Chunk, minimum: bigint): Uint8Array {
  const output = newOutput(chunk, chunk.size * 8, minimum);
  output.set(chunk.input, HEADER_LENGTH);
  if (!chunk.littleEndian) reverseElements(output.subarray(HEADER_LENGTH), chunk.size);
  return output;
}

/** Bits of the codes 0 to `span`, and of one more for a fill value. */
function widthOf(span: bigint, hasFill: boolean): number {
  const last = hasFill ? span + 1n : span;
  return last === 0n ? 0 : last.toString(2).length;
}

/** Whether a span of integers is so large that libhdf5 packs nothing, and leaves the minimum out. */
function isFullSpan(span: bigint, size: number): boolean {
  return span > 2n ** BigInt(size * 8) - 3n;
}

/** Integers of up to 32 bits; `null` where they need more bits than there may be, of which libhdf5 drops the highest. */
export function packNarrow(chunk: Chunk): Uint8Array | null {
  const { size, elements, signed, hasFill, factor } = chunk;
  // Unsigned 32-bit values are ordered as signed ones with the highest bit inverted, and differ by as much.
  const bias = size === 4 && !signed ? -0x80000000 : 0;
  const values = narrowValues(chunk, bias);
  const fill = size === 4 ? chunk.fillLow ^ bias : narrowValue(chunk.fillLow, size, signed);
  let first = 0;
  if (hasFill) while (first < elements && values[first] === fill) first++;
  let minimum = first < elements ? values[first] : bias;
  let maximum = minimum;
  for (let index = first; index < elements; index++) {
    const value = values[index];
    if (hasFill && value === fill) continue;
    if (value > maximum) maximum = value;
    else if (value < minimum) minimum = value;
  }
  const stored = BigInt(minimum - bias);
  const span = BigInt(maximum - minimum);
  if (factor === 0 && isFullSpan(span, size)) {
    return storeUnpacked(chunk, size === 1 && signed && !hasFill ? stored : 0n);
  }
  const needed = widthOf(span, hasFill);
  if (factor !== 0 && needed > factor) return null;
  const width = factor === 0 ? needed : factor;
  if (width === size * 8) return storeUnpacked(chunk, stored);
  const output = newOutput(chunk, width, stored);
  if (width === 0) return output;
  const writer = new BitWriter(output, HEADER_LENGTH);
  for (let index = 0; index < elements; index++) {
    const value = values[index];
    writer.write(hasFill && value === fill ? -1 : value - minimum, width);
  }
  writer.finish();
  return output;
}

function narrowValues({ words, size, elements, signed }: Chunk, bias: number): Int32Array {
  const { buffer, byteOffset } = words;
  if (size === 1) return new Int32Array(signed ? new Int8Array(buffer, byteOffset, elements) : words);
  if (size === 2)
    return new Int32Array(
      signed ? new Int16Array(buffer, byteOffset, elements) : new Uint16Array(buffer, byteOffset, elements),
    );
  const values = new Int32Array(buffer, byteOffset, elements);
  if (bias === 0) return values;
  const biased = new Int32Array(elements);
  for (let index = 0; index < elements; index++) biased[index] = values[index] ^ bias;
  return biased;
}

/** The value of the low bits of a word. */
function narrowValue(word: number, size: number, signed: boolean): number {
  const unused = 32 - size * 8;
  return signed ? (word << unused) >> unused : (word << unused) >>> unused;
}

/** 64-bit integers, as pairs of 32-bit words; `null` as for {@link packNarrow}. */
export function packWide(chunk: Chunk): Uint8Array | null {
  const { words, size, elements, signed, hasFill, fillLow, fillHigh, factor } = chunk;
  const values = new Int32Array(words.buffer, words.byteOffset, elements * 2);
  const lowAt = hostIsLittleEndian ? 0 : 1;
  const highAt = 1 - lowAt;
  // Inverting the highest bit makes unsigned words compare as signed ones.
  const lowBias = -0x80000000;
  const highBias = signed ? 0 : lowBias;
  const fillLowWord = fillLow | 0;
  const fillHighWord = fillHigh | 0;
  let found = false;
  let minimumLow = lowBias;
  let minimumHigh = highBias;
  let maximumLow = lowBias;
  let maximumHigh = highBias;
  for (let at = 0; at < values.length; at += 2) {
    if (hasFill && values[at + lowAt] === fillLowWord && values[at + highAt] === fillHighWord) continue;
    const low = values[at + lowAt] ^ lowBias;
    const high = values[at + highAt] ^ highBias;
    if (!found || high < minimumHigh || (high === minimumHigh && low < minimumLow)) {
      minimumLow = low;
      minimumHigh = high;
    }
    if (!found || high > maximumHigh || (high === maximumHigh && low > maximumLow)) {
      maximumLow = low;
      maximumHigh = high;
    }
    found = true;
  }
  const stored = wide(minimumHigh ^ highBias, minimumLow ^ lowBias);
  const span = BigInt.asUintN(64, wide(maximumHigh ^ highBias, maximumLow ^ lowBias) - stored);
  if (factor === 0 && isFullSpan(span, size)) return storeUnpacked(chunk, 0n);
  const needed = widthOf(span, hasFill);
  if (factor !== 0 && needed > factor) return null;
  const width = factor === 0 ? needed : factor;
  if (width === 64) return storeUnpacked(chunk, stored);
  const output = newOutput(chunk, width, stored);
  if (width === 0) return output;
  const writer = new BitWriter(output, HEADER_LENGTH);
  const highWidth = Math.max(width - 32, 0);
  const lowWidth = width - highWidth;
  const subtractLow = (minimumLow ^ lowBias) >>> 0;
  const subtractHigh = minimumHigh ^ highBias;
  for (let at = 0; at < values.length; at += 2) {
    const low = values[at + lowAt];
    const high = values[at + highAt];
    if (hasFill && low === fillLowWord && high === fillHighWord) {
      writer.write(-1, highWidth);
      writer.write(-1, lowWidth);
      continue;
    }
    const borrow = low >>> 0 < subtractLow ? 1 : 0;
    writer.write(high - subtractHigh - borrow, highWidth);
    writer.write(low - subtractLow, lowWidth);
  }
  writer.finish();
  return output;
}

/** The integer of two words, signed. */
function wide(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/**
 * Floats, scaled to integers and rounded; `null` where a value has no code (NaN, or float32 that are
 * infinite once scaled), which libhdf5 would lose.
 *
 * libhdf5 tells fill values from others with a tolerance in float64 where it looks for the least value, and in float32
 * where it packs; it damages a value between the two. Here both are what it packs with.
 */
export function packFloats(chunk: Chunk): Uint8Array | null {
  const { words, size, elements, hasFill, factor } = chunk;
  const { buffer, byteOffset } = words;
  const isSingle = size === 4;
  const values = isSingle
    ? new Float64Array(new Float32Array(buffer, byteOffset, elements))
    : new Float64Array(buffer, byteOffset, elements);
  const fill = floatValue(chunk);
  const scale = rounded(Number(`1e${factor}`), isSingle);
  // No difference is below -1.
  const tolerance = hasFill ? rounded(Number(`1e${-factor}`), isSingle) : -1;
  let found = false;
  let minimum = 0;
  let maximum = 0;
  for (let index = 0; index < elements; index++) {
    const value = values[index];
    const difference = value - fill;
    if (Math.abs(isSingle ? Math.fround(difference) : difference) < tolerance) continue;
    if (!found) {
      minimum = value;
      maximum = value;
      found = true;
    } else if (value > maximum) maximum = value;
    else if (value < minimum) minimum = value;
  }
  const least = rounded(minimum * scale, isSingle);
  const span = Math.round(rounded(rounded(maximum * scale, isSingle) - least, isSingle));
  if (span > 2 ** (size * 8 - 1)) return storeUnpacked(chunk, 0n);
  const stored = floatBits(minimum, isSingle);
  if (Number.isNaN(span)) return isSingle ? null : storeUnpacked(chunk, stored);
  const width = widthOf(BigInt(span), hasFill);
  if (width === size * 8) return storeUnpacked(chunk, stored);
  const output = newOutput(chunk, width, stored);
  const writer = new BitWriter(output, HEADER_LENGTH);
  const highWidth = Math.max(width - 32, 0);
  const lowWidth = width - highWidth;
  for (let index = 0; index < elements; index++) {
    const value = values[index];
    const difference = value - fill;
    if (Math.abs(isSingle ? Math.fround(difference) : difference) < tolerance) {
      writer.write(-1, highWidth);
      writer.write(-1, lowWidth);
      continue;
    }
    const code = Math.round(isSingle ? Math.fround(Math.fround(value * scale) - least) : value * scale - least);
    if (Number.isNaN(code)) return null;
    const high = Math.floor(code / 2 ** 32);
    writer.write(high, highWidth);
    writer.write(code - high * 2 ** 32, lowWidth);
  }
  writer.finish();
  return output;
}

function rounded(value: number, isSingle: boolean): number {
  return isSingle ? Math.fround(value) : value;
}

function floatValue({ size, fillLow, fillHigh }: Chunk): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, fillLow, true);
  view.setUint32(4, fillHigh, true);
  return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

function floatBits(value: number, isSingle: boolean): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (isSingle) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return view.getBigInt64(0, true);
}
