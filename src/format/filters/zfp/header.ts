import { swapInPlace } from "../../datatypes/byte-order.js";
import { corrupt, unsupported } from "../../errors.js";
import { ZfpBitStream } from "./bit-stream.js";

/** Scalar types by their code in the header. */
const scalarTypes = ["int32", "int64", "float", "double"] as const;

export type ZfpScalarType = (typeof scalarTypes)[number];

/** Limits of every block of a stream, in ZFP's own terms, to which all its modes come down. */
export interface ZfpParameters {
  /** Fewest bits of a block; shorter ones are padded. */
  readonly minimumBits: number;
  /** Most bits of a block. */
  readonly maximumBits: number;
  /** Most bit planes of a block. */
  readonly maximumPrecision: number;
  /** Exponent of the smallest bit plane of floating-point data. */
  readonly minimumExponent: number;
  /** Whether blocks are coded without loss, by another transform. */
  readonly reversible: boolean;
}

/** What the client data of the filter says about each chunk. */
export interface ZfpHeader extends ZfpParameters {
  readonly type: ZfpScalarType;
  /** Sizes of the axes, one to four, the fastest varying first. */
  readonly sizes: readonly number[];
  /** Byte order of the decoded elements: that of the machine which wrote the file. */
  readonly byteOrder: "little" | "big";
}

/** Codec version that is written since ZFP 0.5.0; there was no header before. */
const CODEC_VERSION = 5;
/** "zfp" and the codec version as a little-endian word. */
const MAGIC = 0x0570667a;

const MINIMUM_BITS = 1;
const MAXIMUM_BITS = 16658;
const MAXIMUM_PRECISION = 64;
const MINIMUM_EXPONENT = -1074;

/** Codes of the short form of a mode, 12 bits: from these on, up to the next. */
const PRECISION_MODES = 2048;
const REVERSIBLE_MODE = PRECISION_MODES + 128;
const ACCURACY_MODES = REVERSIBLE_MODE + 1;
const LONG_MODE = 4095;
/** What the long form adds to the smallest exponent. */
const LONG_EXPONENT_BIAS = 16495;

/** Bits for the size of one axis, by the number of axes. */
const sizeBits = [48, 24, 16, 12];

/**
 * Codec version by the first word: bits 0 to 11 are the version of the filter, 12 to 15 of the codec, 16 to 31 of the
 * ZFP library. Filters before 1.1.0 leave the codec out, which was the library's minor version then.
 */
function writerCodec(version: number): number {
  if ((version & 0xfff) >= 0x110) return (version >>> 12) & 15;
  const library = (version >>> 16) << 4;
  return library < 0x1000 ? library >> 8 : CODEC_VERSION;
}

/** The words of the header as a little-endian machine has them, and the byte order of the one that wrote them. */
function headerWords(clientData: readonly number[]): { words: Uint32Array; byteOrder: "little" | "big" } {
  const words = Uint32Array.from(clientData.slice(1));
  if (words.length > 0 && (words[0] ^ MAGIC) << 8 === 0) return { words, byteOrder: "little" };
  swapInPlace(new Uint8Array(words.buffer), 4);
  if (words.length > 0 && (words[0] ^ MAGIC) << 8 === 0) return { words, byteOrder: "big" };
  throw corrupt("the client data has no ZFP header");
}

function readMode(bits: ZfpBitStream): ZfpParameters {
  const common = {
    minimumBits: MINIMUM_BITS,
    maximumBits: MAXIMUM_BITS,
    maximumPrecision: MAXIMUM_PRECISION,
    minimumExponent: MINIMUM_EXPONENT,
    reversible: false,
  };
  const mode = bits.read(12);
  if (mode < PRECISION_MODES) return { ...common, minimumBits: mode + 1, maximumBits: mode + 1 };
  if (mode < REVERSIBLE_MODE) return { ...common, maximumPrecision: mode - PRECISION_MODES + 1 };
  if (mode === REVERSIBLE_MODE) return { ...common, minimumExponent: MINIMUM_EXPONENT - 1, reversible: true };
  if (mode < LONG_MODE) return { ...common, minimumExponent: mode - ACCURACY_MODES + MINIMUM_EXPONENT };
  const minimumBits = bits.read(15) + 1;
  const maximumBits = bits.read(15) + 1;
  const maximumPrecision = bits.read(7) + 1;
  const minimumExponent = bits.read(15) - LONG_EXPONENT_BIAS;
  return {
    minimumBits,
    maximumBits,
    maximumPrecision,
    minimumExponent,
    reversible: minimumExponent < MINIMUM_EXPONENT,
  };
}

/**
 * Decodes the client data: a word of versions, then ZFP's own stream header as H5Z-ZFP stores it (magic, type and
 * sizes, mode). Words written on a big-endian machine are swapped.
 */
export function decodeZfpHeader(clientData: readonly number[]): ZfpHeader {
  const { words, byteOrder } = headerWords(clientData);
  const codec = words[0] >>> 24;
  if (codec !== CODEC_VERSION) throw unsupported(`ZFP codec version ${codec}`);
  const writer = writerCodec(clientData[0]);
  if (writer > CODEC_VERSION) throw unsupported(`ZFP codec version ${writer}`);
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setUint32(index * 4, word, true);
  });
  const bits = new ZfpBitStream(bytes);
  bits.skip(32);
  const type = scalarTypes[bits.read(2)];
  const rank = bits.read(2) + 1;
  const width = sizeBits[rank - 1];
  const sizes = Array.from({ length: rank }, () => {
    // Sizes of one-dimensional data have 48 bits.
    const low = bits.read(Math.min(width, 24));
    return low + (width > 24 ? bits.read(24) * 0x1000000 : 0) + 1;
  });
  const parameters = readMode(bits);
  bits.endBlock();
  if (parameters.minimumBits > parameters.maximumBits || parameters.maximumPrecision > MAXIMUM_PRECISION) {
    throw corrupt(
      `the ZFP header asks for ${parameters.minimumBits} to ${parameters.maximumBits} bits per block and a precision of ${parameters.maximumPrecision}`,
    );
  }
  return { ...parameters, type, sizes, byteOrder };
}
