import { corrupt, unsupported } from "../../../errors.js";
import { PADDING } from "./backward-bits.js";
import type { HuffmanTable } from "./huffman.js";
import { decodeHuffman, readHuffmanTable } from "./huffman.js";
import type { SequenceState } from "./sequences.js";
import { executeSequences, newSequenceState } from "./sequences.js";

const MAGIC = 0xfd2fb528;
const FIRST_SKIPPABLE = 0x184d2a50;
const LARGEST_BLOCK = 128 * 1024;

/** What is kept from block to block. */
interface FrameState {
  readonly sequences: SequenceState;
  huffman: HuffmanTable | null;
}

/** Literals of one block and where their section ends. */
interface Literals {
  readonly bytes: Uint8Array;
  readonly end: number;
}

function truncated(): never {
  throw corrupt("a Zstandard frame is truncated");
}

/** Reads a literals section (RFC 8878, section 3.1.1.3.1). */
function readLiterals(bytes: Uint8Array, view: DataView, start: number, end: number, state: FrameState): Literals {
  if (start >= end) truncated();
  const header = bytes[start];
  const kind = header & 3;
  const format = (header >> 2) & 3;
  if (kind < 2) {
    let from = start + 1;
    let length = header >> 3;
    if (format === 1) {
      length = (header >> 4) | (bytes[start + 1] << 4);
      from += 1;
    } else if (format === 3) {
      length = (header >> 4) | (bytes[start + 1] << 4) | (bytes[start + 2] << 12);
      from += 2;
    }
    if (length > LARGEST_BLOCK) throw corrupt(`a Zstandard block has ${length} literals`);
    const stop = from + (kind === 0 ? length : 1);
    if (stop > end) truncated();
    if (kind === 0) return { bytes: bytes.subarray(from, stop), end: stop };
    return { bytes: new Uint8Array(length).fill(bytes[from]), end: stop };
  }
  // Two lengths of 10, 14 or 18 bits after four bits.
  const width = format < 2 ? 10 : 6 + 4 * format;
  const low = view.getUint32(start, true);
  const length = (low >>> 4) & ((1 << width) - 1);
  const high = low / 2 ** (4 + width) + bytes[start + 4] * 2 ** (28 - width);
  const stored = Math.floor(high) & ((1 << width) - 1);
  let from = start + (4 + 2 * width) / 8;
  const stop = from + stored;
  if (stop > end) truncated();
  if (length > LARGEST_BLOCK) throw corrupt(`a Zstandard block has ${length} literals`);
  if (kind === 2) {
    const { table, end: tableEnd } = readHuffmanTable(view, from, stop);
    state.huffman = table;
    from = tableEnd;
  }
  if (state.huffman === null) throw corrupt("a Zstandard block repeats a Huffman table that was never there");
  const literals = new Uint8Array(length);
  decodeHuffman(state.huffman, view, from, stop, format === 0 ? 1 : 4, literals, length);
  return { bytes: literals, end: stop };
}

/** Reads a frame header; answers where it ends and what it says of the frame. */
function readFrameHeader(view: DataView, start: number, end: number): { end: number; hasChecksum: boolean } {
  if (start + 5 > end) truncated();
  const descriptor = view.getUint8(start + 4);
  if ((descriptor & 8) !== 0) throw corrupt("a Zstandard frame has a reserved bit set");
  const single = (descriptor & 32) !== 0;
  const idLength = [0, 1, 2, 4][descriptor & 3];
  const sizeLength = [single ? 1 : 0, 2, 4, 8][descriptor >> 6];
  const idStart = start + 5 + (single ? 0 : 1);
  const headerEnd = idStart + idLength + sizeLength;
  if (headerEnd > end) truncated();
  for (let index = 0; index < idLength; index++) {
    if (view.getUint8(idStart + index) !== 0) throw unsupported("Zstandard with a dictionary");
  }
  return { end: headerEnd, hasChecksum: (descriptor & 4) !== 0 };
}

/**
 * Expands Zstandard frames (RFC 8878) without dictionaries; checksums of the content are not compared. Answers the
 * bytes written, or -1 where `output` is too small.
 */
export function decodeZstandard(input: Uint8Array, output: Uint8Array): number {
  const size = input.length;
  const bytes = new Uint8Array(size + PADDING);
  bytes.set(input);
  const view = new DataView(bytes.buffer);
  let from = 0;
  let to = 0;
  do {
    if (from + 4 > size) truncated();
    const magic = view.getUint32(from, true);
    if ((magic & 0xfffffff0) >>> 0 === FIRST_SKIPPABLE) {
      if (from + 8 > size) truncated();
      from += 8 + view.getUint32(from + 4, true);
      if (from > size) truncated();
      continue;
    }
    if (magic !== MAGIC) throw corrupt(`a Zstandard frame starts with 0x${magic.toString(16)}`);
    const header = readFrameHeader(view, from, size);
    from = header.end;
    const frameStart = to;
    const state: FrameState = { sequences: newSequenceState(), huffman: null };
    for (let last = false; !last; ) {
      if (from + 3 > size) truncated();
      const word = view.getUint32(from, true) & 0xffffff;
      from += 3;
      last = (word & 1) === 1;
      const kind = (word >> 1) & 3;
      const length = word >>> 3;
      const stop = from + (kind === 1 ? 1 : length);
      if (stop > size) truncated();
      if (length > LARGEST_BLOCK || kind === 3) throw corrupt("a Zstandard block is damaged");
      if (kind === 2) {
        const literals = readLiterals(bytes, view, from, stop, state);
        to = executeSequences(
          view,
          literals.end,
          stop,
          state.sequences,
          literals.bytes,
          literals.bytes.length,
          output,
          to,
          frameStart,
        );
        if (to < 0) return -1;
      } else {
        if (to + length > output.length) return -1;
        if (kind === 0) output.set(bytes.subarray(from, stop), to);
        else output.fill(bytes[from], to, to + length);
        to += length;
      }
      from = stop;
    }
    if (header.hasChecksum) from += 4;
    if (from > size) truncated();
  } while (from < size);
  return to;
}
