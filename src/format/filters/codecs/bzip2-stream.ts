import { corrupt } from "../../errors.js";

const BLOCK_MAGIC_HIGH = 0x314159;
const BLOCK_MAGIC_LOW = 0x265359;
const END_MAGIC_HIGH = 0x177245;
const END_MAGIC_LOW = 0x385090;
const GROUP_LENGTH = 50;
const LONGEST_CODE = 20;
const RUN_A = 0;
const RUN_B = 1;

/** Remainders of the bitwise CRC-32 that bzip2 uses (polynomial 0x04c11db7, most significant bit first). */
const crcTable = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte << 24;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder < 0 ? 0x04c11db7 : 0);
  crcTable[byte] = remainder;
}

/** Bits, the most significant of each byte first. */
class Bits {
  readonly #bytes: Uint8Array;
  #at = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next `count` bits, at most 24. */
  read(count: number): number {
    while (this.#count < count) {
      if (this.#at >= this.#bytes.length) throw corrupt("the bzip2 stream is truncated");
      this.#held = (this.#held << 8) | this.#bytes[this.#at++];
      this.#count += 8;
    }
    this.#count -= count;
    return (this.#held >>> this.#count) & ((1 << count) - 1);
  }
}

/** A canonical Huffman code: for each length, the first code past it, and where its symbols are. */
interface Code {
  readonly shortest: number;
  readonly limits: Int32Array;
  readonly offsets: Int32Array;
  readonly symbols: Uint16Array;
}

function readCode(bits: Bits, symbolCount: number): Code {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    while (bits.read(1) === 1) {
      length += bits.read(1) === 0 ? 1 : -1;
      if (length < 1 || length > LONGEST_CODE) throw corrupt(`a bzip2 code has ${length} bits`);
    }
    if (length < 1 || length > LONGEST_CODE) throw corrupt(`a bzip2 code has ${length} bits`);
    lengths[symbol] = length;
  }
  const counts = new Int32Array(LONGEST_CODE + 2);
  for (let symbol = 0; symbol < symbolCount; symbol++) counts[lengths[symbol]]++;
  const limits = new Int32Array(LONGEST_CODE + 1);
  const offsets = new Int32Array(LONGEST_CODE + 1);
  const starts = new Int32Array(LONGEST_CODE + 2);
  let shortest = 0;
  for (let size = 1, code = 0, at = 0; size <= LONGEST_CODE; size++) {
    if (shortest === 0 && counts[size] > 0) shortest = size;
    offsets[size] = at - code;
    starts[size] = at;
    code += counts[size];
    at += counts[size];
    limits[size] = code;
    code *= 2;
  }
  const symbols = new Uint16Array(symbolCount);
  for (let symbol = 0; symbol < symbolCount; symbol++) symbols[starts[lengths[symbol]]++] = symbol;
  return { shortest, limits, offsets, symbols };
}

function readSymbol(bits: Bits, code: Code): number {
  let size = code.shortest;
  let value = bits.read(size);
  while (value >= code.limits[size]) {
    if (size === LONGEST_CODE) throw corrupt("a bzip2 code is in no table");
    size++;
    value = (value << 1) | bits.read(1);
  }
  const index = value + code.offsets[size];
  if (index < 0 || index >= code.symbols.length) throw corrupt("a bzip2 code is in no table");
  return code.symbols[index];
}

/** The byte values that a block uses. */
function readAlphabet(bits: Bits): Uint8Array {
  const ranges = bits.read(16);
  const values: number[] = [];
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue;
    const used = bits.read(16);
    for (let index = 0; index < 16; index++) if ((used & (0x8000 >> index)) !== 0) values.push(range * 16 + index);
  }
  if (values.length === 0) throw corrupt("a bzip2 block uses no byte values");
  return Uint8Array.from(values);
}

/** The code to use for each group of symbols. */
function readSelectors(bits: Bits, codeCount: number): Uint8Array {
  const selectors = new Uint8Array(bits.read(15));
  const order = Uint8Array.of(0, 1, 2, 3, 4, 5);
  for (let index = 0; index < selectors.length; index++) {
    let place = 0;
    while (bits.read(1) === 1) {
      if (++place >= codeCount) throw corrupt("a bzip2 block selects a code that is not there");
    }
    const chosen = order[place];
    order.copyWithin(1, 0, place);
    order[0] = chosen;
    selectors[index] = chosen;
  }
  return selectors;
}

/** Reads the symbols of a block into `block`: move-to-front and zero runs undone; answers their number. */
function readBlock(bits: Bits, block: Uint32Array): number {
  const order = readAlphabet(bits);
  const codeCount = bits.read(3);
  if (codeCount < 2 || codeCount > 6) throw corrupt(`a bzip2 block has ${codeCount} codes`);
  const selectors = readSelectors(bits, codeCount);
  const endSymbol = order.length + 1;
  const codes: Code[] = [];
  for (let index = 0; index < codeCount; index++) codes.push(readCode(bits, endSymbol + 1));
  let count = 0;
  let run = 0;
  let weight = 1;
  for (const selector of selectors) {
    const code = codes[selector];
    for (let index = 0; index < GROUP_LENGTH; index++) {
      const symbol = readSymbol(bits, code);
      if (symbol === RUN_A || symbol === RUN_B) {
        run += weight << symbol;
        weight *= 2;
        if (run > block.length) throw corrupt("a bzip2 block is longer than its stream allows");
        continue;
      }
      if (count + run + 1 > block.length && symbol !== endSymbol) {
        throw corrupt("a bzip2 block is longer than its stream allows");
      }
      if (run > 0) {
        if (count + run > block.length) throw corrupt("a bzip2 block is longer than its stream allows");
        block.fill(order[0], count, count + run);
        count += run;
        run = 0;
        weight = 1;
      }
      if (symbol === endSymbol) return count;
      const value = order[symbol - 1];
      order.copyWithin(1, 0, symbol - 1);
      order[0] = value;
      block[count++] = value;
    }
  }
  throw corrupt("a bzip2 block does not end");
}

/** Links each byte of the block to the one after it in the text (in the upper 24 bits). */
function linkBlock(block: Uint32Array, count: number): void {
  const next = new Uint32Array(256);
  for (let index = 0; index < count; index++) next[block[index] & 255]++;
  for (let value = 0, sum = 0; value < 256; value++) {
    const occurrences = next[value];
    next[value] = sum;
    sum += occurrences;
  }
  for (let index = 0; index < count; index++) block[next[block[index] & 255]++] |= index << 8;
}

/**
 * Expands a bzip2 stream (https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf); what follows it is
 * ignored. Answers the bytes written, or -1 where `output` is too small.
 */
export function decodeBzip2(input: Uint8Array, output: Uint8Array): number {
  const bits = new Bits(input);
  const level = input[3] - 0x30;
  if (bits.read(24) !== 0x425a68 || !(level >= 1 && level <= 9)) throw corrupt("the bzip2 stream has no header");
  bits.read(8);
  const block = new Uint32Array(level * 100000);
  let to = 0;
  let streamCrc = 0;
  for (;;) {
    const high = bits.read(24);
    const low = bits.read(24);
    const storedCrc = (bits.read(16) << 16) | bits.read(16);
    if (high === END_MAGIC_HIGH && low === END_MAGIC_LOW) {
      if (storedCrc !== streamCrc) throw corrupt("the checksum of the bzip2 stream does not match");
      return to;
    }
    if (high !== BLOCK_MAGIC_HIGH || low !== BLOCK_MAGIC_LOW) throw corrupt("a bzip2 block has no signature");
    if (bits.read(1) !== 0) throw corrupt("a bzip2 block is randomised, as only bzip2 0.9.0 made them");
    const origin = bits.read(24);
    const count = readBlock(bits, block);
    if (origin >= count) throw corrupt("a bzip2 block starts outside of itself");
    linkBlock(block, count);
    let crc = -1;
    let entry = block[origin];
    let repeated = 0;
    let previous = -1;
    for (let index = 0; index < count; index++) {
      entry = block[entry >>> 8];
      const value = entry & 255;
      if (repeated === 4) {
        // After four equal bytes comes a number of further ones.
        if (to + value > output.length) return -1;
        for (let more = 0; more < value; more++) {
          output[to++] = previous;
          crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ previous];
        }
        repeated = 0;
        previous = -1;
        continue;
      }
      repeated = value === previous ? repeated + 1 : 1;
      previous = value;
      if (to >= output.length) return -1;
      output[to++] = value;
      crc = (crc << 8) ^ crcTable[(crc >>> 24) ^ value];
    }
    if (~crc !== storedCrc) throw corrupt("the checksum of a bzip2 block does not match");
    streamCrc = ((streamCrc << 1) | (streamCrc >>> 31)) ^ storedCrc;
  }
}
