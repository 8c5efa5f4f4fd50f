import { hostIsLittleEndian } from "../../datatypes/byte-order.js";
import { decodeBitPlanes } from "./bit-planes.js";
import type { ZfpBitStream } from "./bit-stream.js";
import { coefficientOrders } from "./coefficient-order.js";
import type { ZfpHeader } from "./header.js";
import { fromNegabinary32, inverseReversibleTransform32, inverseTransform32 } from "./transform-32.js";
import { fromNegabinary64, inverseReversibleTransform64, inverseTransform64 } from "./transform-64.js";

/** Place of the low half of a 64-bit element among its two words. */
const LOW = hostIsLittleEndian ? 0 : 1;

const EXPONENT_BIAS_32 = 127;
const EXPONENT_BIAS_64 = 1023;

/**
 * Decodes the blocks of a stream one after another, each of four elements along every axis, into {@link words}.
 *
 * A block of floating-point data is a bit that tells whether it has values, its largest exponent, and integers that
 * are relative to that. Integers are transformed, reordered and coded by bit planes.
 */
export class ZfpBlockDecoder {
  /** The elements of the last block as this machine stores them; those of 64 bits take two words. */
  readonly words: Int32Array;
  readonly #stream: ZfpBitStream;
  readonly #header: ZfpHeader;
  readonly #isWide: boolean;
  readonly #isFloat: boolean;
  readonly #order: Uint8Array;
  readonly #low: Int32Array;
  /** Empty where elements have 32 bits. */
  readonly #high: Int32Array;
  /** {@link words} as floating-point numbers. */
  readonly #floats: Float32Array | Float64Array;
  readonly #power = new DataView(new ArrayBuffer(8));

  constructor(stream: ZfpBitStream, header: ZfpHeader) {
    this.#stream = stream;
    this.#header = header;
    this.#isWide = header.type === "int64" || header.type === "double";
    this.#isFloat = header.type === "float" || header.type === "double";
    this.#order = coefficientOrders[header.sizes.length - 1];
    const size = this.#order.length;
    this.words = new Int32Array(this.#isWide ? 2 * size : size);
    this.#low = new Int32Array(size);
    this.#high = new Int32Array(this.#isWide ? size : 0);
    this.#floats = this.#isWide ? new Float64Array(this.words.buffer) : new Float32Array(this.words.buffer);
  }

  /** Decodes the next block. */
  decode(): void {
    const { minimumBits, maximumBits, maximumPrecision, reversible } = this.#header;
    if (this.#isFloat) {
      if (reversible) this.#decodeReversibleFloats();
      else this.#decodeFloats();
    } else {
      if (reversible) this.#decodeReversibleIntegers(0);
      else this.#decodeIntegers(minimumBits, maximumBits, maximumPrecision);
      this.#storeIntegers();
    }
    this.#stream.endBlock();
  }

  /** Decodes the integers of a block, which has so many bits left, into the halves. */
  #decodeIntegers(minimumBits: number, maximumBits: number, precision: number): void {
    this.#decodePlanes(minimumBits, maximumBits, precision);
    if (this.#isWide) inverseTransform64(this.#high, this.#low);
    else inverseTransform32(this.#low);
  }

  /** {@link #decodeIntegers} in reversible mode, where the precision comes first; `used` bits of the block are read. */
  #decodeReversibleIntegers(used: number): void {
    const { minimumBits, maximumBits } = this.#header;
    const precisionBits = this.#isWide ? 6 : 5;
    const precision = this.#stream.read(precisionBits) + 1;
    const bits = used + precisionBits;
    this.#decodePlanes(minimumBits - bits, (maximumBits - bits) >>> 0, precision);
    if (this.#isWide) inverseReversibleTransform64(this.#high, this.#low);
    else inverseReversibleTransform32(this.#low);
  }

  #decodePlanes(minimumBits: number, maximumBits: number, precision: number): void {
    const stream = this.#stream;
    const high = this.#high;
    const low = this.#low;
    high.fill(0);
    low.fill(0);
    const used = decodeBitPlanes(stream, maximumBits, precision, this.#isWide ? 64 : 32, this.#order, high, low);
    if (used < minimumBits) stream.skip(minimumBits - used);
    if (this.#isWide) fromNegabinary64(high, low);
    else fromNegabinary32(low);
  }

  /** Whether the block has values; if not, it is passed over, and all zero. */
  #hasValues(): boolean {
    if (this.#stream.read(1) === 1) return true;
    this.#stream.skip(this.#header.minimumBits - 1);
    this.words.fill(0);
    return false;
  }

  #readExponent(): number {
    return this.#isWide ? this.#stream.read(11) - EXPONENT_BIAS_64 : this.#stream.read(8) - EXPONENT_BIAS_32;
  }

  #decodeFloats(): void {
    if (!this.#hasValues()) return;
    const { minimumBits, maximumBits, maximumPrecision, minimumExponent, sizes } = this.#header;
    const exponent = this.#readExponent();
    const bits = this.#isWide ? 12 : 9;
    const precision = Math.min(maximumPrecision, Math.max(0, exponent - minimumExponent + 2 * sizes.length + 2));
    // Where the limit is below the bits that are read already there is none, as in ZFP's unsigned arithmetic.
    this.#decodeIntegers(minimumBits - bits, (maximumBits - bits) >>> 0, precision);
    this.#storeScaled(exponent);
  }

  #decodeReversibleFloats(): void {
    if (!this.#hasValues()) return;
    if (this.#stream.read(1) === 1) {
      this.#decodeReversibleIntegers(2);
      this.#storeReinterpreted();
      return;
    }
    const exponent = this.#readExponent();
    this.#decodeReversibleIntegers(this.#isWide ? 13 : 10);
    // The smallest exponent stands for zeros only.
    if (exponent === (this.#isWide ? -EXPONENT_BIAS_64 : -EXPONENT_BIAS_32)) this.words.fill(0);
    else this.#storeScaled(exponent);
  }

  #storeIntegers(): void {
    const words = this.words;
    const low = this.#low;
    const high = this.#high;
    if (!this.#isWide) words.set(low);
    else {
      for (let index = 0; index < low.length; index++) {
        words[2 * index + LOW] = low[index];
        words[2 * index + 1 - LOW] = high[index];
      }
    }
  }

  /** 2 to the power of `exponent` (-1086 to 1023), exactly; zero below the smallest double. */
  #powerOfTwo(exponent: number): number {
    const isSubnormal = exponent < -1022;
    this.#power.setUint32(0, ((isSubnormal ? exponent + 64 : exponent) + 1023) << 20);
    return isSubnormal ? this.#power.getFloat64(0) / 2 ** 64 : this.#power.getFloat64(0);
  }

  /** Stores the integers as floating-point numbers, relative to `exponent`. */
  #storeScaled(exponent: number): void {
    const low = this.#low;
    const floats = this.#floats;
    if (!this.#isWide) {
      const scale = Math.fround(this.#powerOfTwo(exponent - 30));
      for (let index = 0; index < low.length; index++) floats[index] = scale * Math.fround(low[index]);
    } else {
      const high = this.#high;
      const scale = this.#powerOfTwo(exponent - 62);
      for (let index = 0; index < low.length; index++) {
        floats[index] = scale * (high[index] * 0x100000000 + (low[index] >>> 0));
      }
    }
  }

  /** Stores the integers as the bits of floating-point numbers, which have a sign and a magnitude. */
  #storeReinterpreted(): void {
    const low = this.#low;
    const high = this.#high;
    if (!this.#isWide) {
      for (let index = 0; index < low.length; index++) if (low[index] < 0) low[index] ^= 0x7fffffff;
    } else {
      for (let index = 0; index < low.length; index++) {
        if (high[index] >= 0) continue;
        high[index] ^= 0x7fffffff;
        low[index] = ~low[index];
      }
    }
    this.#storeIntegers();
  }
}
