import { corrupt } from "../../../errors.js";
import { BackwardBits } from "./backward-bits.js";
import { readFseTable } from "./fse.js";

const LONGEST_CODE = 11;
const LARGEST_WEIGHT_LOG = 6;

/** A Huffman decoding table (RFC 8878, section 4.2): for the next bits, the symbol and 256 times its length. */
export interface HuffmanTable {
  readonly maximumBits: number;
  readonly entries: Uint16Array;
}

/** Weights that are themselves coded, by two states that take turns. */
function readWeights(view: DataView, start: number, end: number): number[] {
  const { table, end: streamStart } = readFseTable(view, start, end, LARGEST_WEIGHT_LOG, 256);
  const bits = new BackwardBits(view, streamStart, end);
  const weights: number[] = [];
  let state = bits.read(table.accuracyLog);
  let other = bits.read(table.accuracyLog);
  if (bits.remaining < 0) throw corrupt("Zstandard Huffman weights are truncated");
  for (;;) {
    weights.push(table.symbols[state]);
    if (weights.length > 254) throw corrupt("there are too many Zstandard Huffman weights");
    const following = table.baselines[state] + bits.read(table.bits[state]);
    if (bits.remaining < 0) {
      weights.push(table.symbols[other]);
      return weights;
    }
    state = other;
    other = following;
  }
}

/** Reads the description of a Huffman table; answers the table and where the description ends. */
export function readHuffmanTable(view: DataView, start: number, end: number): { table: HuffmanTable; end: number } {
  if (start >= end) throw corrupt("a Zstandard Huffman table is missing");
  const header = view.getUint8(start);
  const stop = start + 1 + (header < 128 ? header : (header - 126) >> 1);
  if (stop > end) throw corrupt("a Zstandard Huffman table is truncated");
  let weights: number[] = [];
  if (header < 128) weights = readWeights(view, start + 1, stop);
  else {
    for (let index = 0; index < header - 127; index++) {
      const byte = view.getUint8(start + 1 + (index >> 1));
      weights.push(index & 1 ? byte & 15 : byte >> 4);
    }
  }
  return { table: buildHuffmanTable(weights), end: stop };
}

/** The table for these weights; that of the last symbol is left out and makes the sum a power of two. */
function buildHuffmanTable(weights: number[]): HuffmanTable {
  let sum = 0;
  for (const weight of weights) {
    if (weight > LONGEST_CODE) throw corrupt(`a Zstandard Huffman weight is ${weight}`);
    if (weight > 0) sum += 1 << (weight - 1);
  }
  if (sum === 0) throw corrupt("all Zstandard Huffman weights are 0");
  const maximumBits = 32 - Math.clz32(sum);
  const rest = (1 << maximumBits) - sum;
  if (maximumBits > LONGEST_CODE || (rest & (rest - 1)) !== 0) {
    throw corrupt("the Zstandard Huffman weights do not fit");
  }
  weights.push(32 - Math.clz32(rest));
  const entries = new Uint16Array(1 << maximumBits);
  let at = 0;
  for (let weight = 1; weight <= maximumBits; weight++) {
    const length = maximumBits + 1 - weight;
    for (let symbol = 0; symbol < weights.length; symbol++) {
      if (weights[symbol] !== weight) continue;
      const next = at + (1 << (weight - 1));
      entries.fill((length << 8) | symbol, at, next);
      at = next;
    }
  }
  return { maximumBits, entries };
}

/** Decodes one Huffman stream into `output[at, to)`, which must use it up. */
function decodeStream(
  table: HuffmanTable,
  view: DataView,
  start: number,
  end: number,
  output: Uint8Array,
  at: number,
  to: number,
): void {
  const { maximumBits, entries } = table;
  const mask = (1 << maximumBits) - 1;
  let { remaining } = new BackwardBits(view, start, end);
  let out = at;
  // Two symbols from each word, while the stream has whole words before the current bit.
  const pairs = to - 1;
  while (out < pairs && remaining >= 32) {
    const from = ((remaining + 7) >>> 3) - 4;
    const word = view.getUint32(start + from, true);
    let available = remaining - 8 * from;
    const first = entries[(word >>> (available - maximumBits)) & mask];
    available -= first >> 8;
    const second = entries[(word >>> (available - maximumBits)) & mask];
    output[out] = first;
    output[out + 1] = second;
    out += 2;
    remaining -= (first >> 8) + (second >> 8);
  }
  while (out < to) {
    const from = remaining - maximumBits;
    let bits: number;
    if (from >= 0) bits = (view.getUint32(start + (from >>> 3), true) >>> (from & 7)) & mask;
    else bits = (view.getUint32(start, true) << -from) & mask;
    const entry = entries[bits];
    output[out++] = entry;
    remaining -= entry >> 8;
    if (remaining < 0) throw corrupt("a Zstandard Huffman stream is truncated");
  }
  if (remaining !== 0) throw corrupt("a Zstandard Huffman stream has bits left over");
}

/** Decodes literals stored in one stream, or in four that start with the sizes of the first three. */
export function decodeHuffman(
  table: HuffmanTable,
  view: DataView,
  start: number,
  end: number,
  streams: 1 | 4,
  output: Uint8Array,
  length: number,
): void {
  if (streams === 1) {
    decodeStream(table, view, start, end, output, 0, length);
    return;
  }
  const part = Math.floor((length + 3) / 4);
  if (end - start < 6 || 3 * part > length) throw corrupt("Zstandard literals do not have their four streams");
  let from = start + 6;
  for (let index = 0; index < 4; index++) {
    const stop = index === 3 ? end : from + view.getUint16(start + 2 * index, true);
    if (stop > end) throw corrupt("a Zstandard Huffman stream is truncated");
    decodeStream(table, view, from, stop, output, index * part, index === 3 ? length : (index + 1) * part);
    from = stop;
  }
}
