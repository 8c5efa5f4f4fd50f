import { corrupt, unsupported } from "../../errors.js";
import { bitUnshuffle } from "../codecs/bit-transpose.js";
import type { BlockDecoder } from "../codecs/block-decoder.js";
import { expandExactly } from "../codecs/block-decoder.js";
import { decodeBloscLz } from "../codecs/blosclz.js";
import { decodeLz4Block } from "../codecs/lz4-block.js";
import { decodeSnappy } from "../codecs/snappy.js";
import { decodeZstandard } from "../codecs/zstd/frame.js";
import { deflateFilter, portableInflate } from "../deflate.js";
import { inflatePortable } from "../portable-inflate.js";
import { unshuffle } from "../shuffle.js";
import type { BloscHeader } from "./chunk-header.js";
import { BITSHUFFLE, BLOSC1_VERSION, DELTA, readBloscHeader, SHUFFLE } from "./chunk-header.js";

/** Blosc 1 splits blocks only of elements up to this size, and only into streams of at least this many bytes. */
const MOST_SPLITS = 16;
const LEAST_STREAM = 128;

const decodeZlib: BlockDecoder = (input, output) => {
  portableInflate.provide(inflatePortable);
  output.set(deflateFilter.decode(input, [], output.length, output.length));
  return output.length;
};

const codecs: readonly { readonly name: string; readonly decoder: BlockDecoder }[] = [
  { name: "BloscLZ", decoder: decodeBloscLz },
  { name: "LZ4", decoder: decodeLz4Block },
  { name: "Snappy", decoder: decodeSnappy },
  { name: "deflate", decoder: decodeZlib },
  { name: "Zstandard", decoder: decodeZstandard },
];

/** Puts bits back in place in whole groups of 8 elements; what is beyond them was never moved. */
function restoreBits(block: Uint8Array, header: BloscHeader): Uint8Array {
  const count = Math.floor(block.length / header.typeSize);
  // Blosc 1 moves nothing where the last group is not whole.
  const moved = count - (count % 8);
  if (header.version === BLOSC1_VERSION && moved !== count) return block;
  const length = moved * header.typeSize;
  if (length === 0) return block;
  if (length === block.length) return bitUnshuffle(block, header.typeSize);
  const output = block.slice();
  output.set(bitUnshuffle(block.subarray(0, length), header.typeSize));
  return output;
}

/** Undoes the exclusive-or with the element before, in the first block, or with the first block, in others. */
function undoDelta(block: Uint8Array, first: Uint8Array | null, typeSize: number): void {
  const size = typeSize === 1 || typeSize === 2 || typeSize === 4 ? typeSize : typeSize % 8 === 0 ? 8 : 1;
  const end = block.length - (block.length % size);
  if (first === null) for (let index = size; index < end; index++) block[index] ^= block[index - size];
  else for (let index = 0; index < end; index++) block[index] ^= first[index];
}

/** A Blosc or Blosc2 chunk, expanded block by block. */
export class BloscChunk {
  readonly header: BloscHeader;
  readonly blockCount: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #hasDelta: boolean;
  readonly #scratch: Uint8Array | null;
  #first: Uint8Array | null = null;
  /** Bytes of streams not yet used, so that streams that overlap cannot be expanded over and over. */
  #budget: number;

  constructor(bytes: Uint8Array) {
    const header = readBloscHeader(bytes);
    this.header = header;
    this.blockCount = header.length === 0 ? 0 : Math.ceil(header.length / header.blockSize);
    this.#bytes = bytes.subarray(0, header.storedLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, header.storedLength);
    this.#budget = header.storedLength;
    const delta = header.filters.findIndex((filter) => filter.id === DELTA);
    if (delta > 0) throw unsupported("Blosc2 chunks with the delta filter after others");
    this.#hasDelta = delta === 0;
    const stored = header.storedLength - header.headerLength;
    if (header.special === "value") {
      if (stored === 0 || header.length % stored !== 0) throw corrupt("a Blosc2 chunk repeats no value");
    } else if (header.special === null && header.copied) {
      if (stored < header.length) throw corrupt(`a Blosc chunk stores ${stored} of ${header.length} bytes`);
    } else if (header.special === null) {
      if (stored < 4 * this.blockCount) throw corrupt("a Blosc chunk is too short for its blocks");
      if (header.format >= codecs.length) throw unsupported(`Blosc codec ${header.format}`);
    }
    const moves = header.filters.some((filter) => filter.id !== DELTA);
    this.#scratch = moves && !header.copied && header.special === null ? new Uint8Array(header.blockSize) : null;
  }

  /** Bytes of block `index`. */
  blockLength(index: number): number {
    return Math.min(this.header.blockSize, this.header.length - index * this.header.blockSize);
  }

  /** Expands everything into `output`, which is as long as the data. */
  decode(output: Uint8Array): void {
    for (let index = 0; index < this.blockCount; index++) {
      const start = index * this.header.blockSize;
      this.decodeBlock(index, output.subarray(start, start + this.blockLength(index)));
    }
  }

  /** Expands block `index` into `output`, which is as long as it. Blocks are expanded in order, from the first. */
  decodeBlock(index: number, output: Uint8Array): void {
    const { special, copied, headerLength, blockSize, filters, typeSize } = this.header;
    if (special !== null) {
      this.#fillSpecial(index, output);
      return;
    }
    if (copied) {
      const start = headerLength + index * blockSize;
      output.set(this.#bytes.subarray(start, start + output.length));
      return;
    }
    if (this.#scratch === null) this.#expandBlock(index, output);
    else {
      let block = this.#scratch.subarray(0, output.length);
      this.#expandBlock(index, block);
      for (let place = filters.length - 1; place >= 0; place--) {
        const { id, meta } = filters[place];
        if (id === SHUFFLE) block = unshuffle(block, meta === 0 ? typeSize : meta);
        else if (id === BITSHUFFLE) block = restoreBits(block, this.header);
      }
      output.set(block);
    }
    if (this.#hasDelta) {
      undoDelta(output, this.#first, typeSize);
      this.#first ??= output.slice();
    }
  }

  #fillSpecial(index: number, output: Uint8Array): void {
    const { special, headerLength, blockSize, typeSize } = this.header;
    if (special === "zeros" || special === "uninitialised") output.fill(0);
    else if (special === "value") {
      const value = this.#bytes.subarray(headerLength);
      const start = index * blockSize;
      for (let at = 0; at < output.length; at++) output[at] = value[(start + at) % value.length];
    } else fillNaN(output, typeSize);
  }

  /** Expands the streams of a block, before its filters are undone. */
  #expandBlock(index: number, output: Uint8Array): void {
    const { headerLength, storedLength, format, unsplit, typeSize, version, length, blockSize } = this.header;
    let from = this.#view.getInt32(headerLength + 4 * index, true);
    const whole = output.length === blockSize || (index === 0 && length === blockSize);
    let streams = 1;
    if (!unsplit && whole && output.length >= typeSize) {
      const few = typeSize <= MOST_SPLITS && Math.floor(blockSize / typeSize) >= LEAST_STREAM;
      if (version !== BLOSC1_VERSION || few) streams = typeSize;
    }
    if (output.length % streams !== 0) throw corrupt(`a Blosc block of ${output.length} bytes has ${streams} streams`);
    const part = output.length / streams;
    const { name, decoder } = codecs[format];
    for (let stream = 0; stream < streams; stream++) {
      if (from < headerLength || from + 4 > storedLength) throw corrupt("a Blosc block lies outside of its chunk");
      const stored = this.#view.getInt32(from, true);
      from += 4;
      const target = output.subarray(stream * part, (stream + 1) * part);
      if (version !== BLOSC1_VERSION && stored <= 0) {
        // A run of one byte: zero, or the byte that the size holds.
        if (stored < 0 && (stored < -255 || (this.#bytes[from++] & 1) === 0)) throw corrupt("a Blosc2 run is damaged");
        target.fill(-stored);
        continue;
      }
      this.#budget -= stored;
      if (stored < 0 || from + stored > storedLength || this.#budget < 0) {
        throw corrupt("a Blosc stream lies outside of its chunk");
      }
      const input = this.#bytes.subarray(from, from + stored);
      if (stored === part) target.set(input);
      else expandExactly(name, decoder, input, target);
      from += stored;
    }
  }
}

/** Fills `output` with the quiet NaN of a float of `typeSize` bytes. */
export function fillNaN(output: Uint8Array, typeSize: number): void {
  if (typeSize !== 4 && typeSize !== 8) throw unsupported(`Blosc2 chunks of NaN of ${typeSize} bytes`);
  output.fill(0);
  for (let at = typeSize; at <= output.length; at += typeSize) {
    output[at - 1] = 0x7f;
    output[at - 2] = typeSize === 4 ? 0xc0 : 0xf8;
  }
}
