import { corrupt, invalidArgument, unsupported } from "../errors.js";
import { bitShuffle, bitUnshuffle } from "./codecs/bit-transpose.js";
import type { BlockDecoder } from "./codecs/block-decoder.js";
import { expandExactly } from "./codecs/block-decoder.js";
import { decodeLz4Block, encodeLz4Block, lz4Bound } from "./codecs/lz4-block.js";
import { decodeZstandard } from "./codecs/zstd/frame.js";
import type { Filter } from "./filter.js";
import { readLength } from "./lz4.js";

const HEADER_LENGTH = 12;
/** Elements are moved in groups of 8; the rest of a chunk, fewer than 8, stays as it is. */
const GROUP = 8;
const DEFAULT_BLOCK_BYTES = 8192;
const LEAST_DEFAULT_ELEMENTS = 128;
/** Values of the client data that name the compressor. */
const LZ4 = 2;
const ZSTANDARD = 3;
const LIBRARY_VERSION = [0, 3] as const;

/** The compressor that the client data ask for; `null` for none. */
function codecOf(clientData: readonly number[]): { name: string; decoder: BlockDecoder } | null {
  switch (clientData[4] ?? 0) {
    case 0:
      return null;
    case LZ4:
      return { name: "LZ4", decoder: decodeLz4Block };
    case ZSTANDARD:
      return { name: "Zstandard", decoder: decodeZstandard };
    default:
      throw unsupported(`bitshuffle with compressor ${clientData[4]}`);
  }
}

/**
 * Whether data were left uncompressed though a compressor is asked for, as filters that knew no Zstandard did. What
 * is stored tells, since later filters kept the old version in their client data: uncompressed data have the length
 * of the chunk and do not begin with a header that says so too. Where that length is hidden, the version decides for
 * data without a header.
 */
function isPlain(
  input: Uint8Array,
  clientData: readonly number[],
  elementSize: number,
  expectedLength: number | null,
): boolean {
  if (clientData[4] !== ZSTANDARD) return false;
  const isLikely = expectedLength === null ? clientData[0] === 0 && clientData[1] < 4 : input.length === expectedLength;
  return isLikely && !hasHeader(input, elementSize, expectedLength);
}

/** Whether data begin with a header, and a first block that fits in: one of the expected length where that is known. */
function hasHeader(input: Uint8Array, elementSize: number, expectedLength: number | null): boolean {
  if (input.length < HEADER_LENGTH + 4) return false;
  const view = viewOf(input);
  const length = readLength(view);
  const block = view.getUint32(8);
  return (
    (expectedLength === null ? length % elementSize === 0 : length === expectedLength) &&
    block > 0 &&
    block % (GROUP * elementSize) === 0 &&
    view.getUint32(HEADER_LENGTH) <= input.length - HEADER_LENGTH - 4
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function elementSizeOf(clientData: readonly number[]): number {
  const size = clientData[2] ?? 0;
  if (size < 1) throw corrupt("the bitshuffle filter has no element size");
  return size;
}

/** Elements of a block as the client data say. */
function blockElements(clientData: readonly number[], elementSize: number): number {
  const wanted = clientData[3] ?? 0;
  if (wanted !== 0) return wanted;
  const fitting = Math.floor(DEFAULT_BLOCK_BYTES / elementSize);
  return Math.max(fitting - (fitting % GROUP), LEAST_DEFAULT_ELEMENTS);
}

function decode(
  input: Uint8Array,
  clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  const elementSize = elementSizeOf(clientData);
  const codec = isPlain(input, clientData, elementSize, expectedLength) ? null : codecOf(clientData);
  const view = viewOf(input);
  let length = input.length;
  let block = blockElements(clientData, elementSize);
  let from = 0;
  if (codec !== null) {
    if (input.length < HEADER_LENGTH) throw corrupt("the bitshuffle data are shorter than their header");
    length = readLength(view);
    block = Math.floor(view.getUint32(8) / elementSize);
    from = HEADER_LENGTH;
  }
  if (length > limit || (expectedLength !== null && length !== expectedLength)) {
    throw corrupt(`the bitshuffle data have ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
  }
  if (block < GROUP || block % GROUP !== 0) throw corrupt(`the bitshuffle blocks have ${block} elements`);
  if (length % elementSize !== 0) throw corrupt("the bitshuffle data are no whole elements");
  const rest = ((length / elementSize) % GROUP) * elementSize;
  const end = length - rest;
  const output = new Uint8Array(length);
  const blockLength = block * elementSize;
  const scratch = codec === null ? null : new Uint8Array(Math.min(blockLength, end));
  for (let start = 0; start < end; start += blockLength) {
    const size = Math.min(blockLength, end - start);
    let moved: Uint8Array;
    if (codec === null || scratch === null) {
      moved = input.subarray(from, from + size);
      from += size;
    } else {
      if (from + 4 > input.length) throw corrupt("the bitshuffle data are truncated");
      const stop = from + 4 + view.getUint32(from);
      if (stop > input.length) throw corrupt("the bitshuffle data are truncated");
      moved = scratch.subarray(0, size);
      expandExactly(codec.name, codec.decoder, input.subarray(from + 4, stop), moved);
      from = stop;
    }
    output.set(bitUnshuffle(moved, elementSize), start);
  }
  if (from + rest > input.length) throw corrupt("the bitshuffle data are truncated");
  output.set(input.subarray(from, from + rest), end);
  return output;
}

function encode(input: Uint8Array, clientData: readonly number[]): Uint8Array | null {
  const elementSize = elementSizeOf(clientData);
  const compressor = clientData[4] ?? 0;
  const blockLength = blockElements(clientData, elementSize) * elementSize;
  if (input.length % elementSize !== 0 || blockLength % (GROUP * elementSize) !== 0) return null;
  const rest = ((input.length / elementSize) % GROUP) * elementSize;
  const end = input.length - rest;
  if (compressor === 0) {
    const output = input.slice();
    for (let start = 0; start < end; start += blockLength) {
      output.set(bitShuffle(input.subarray(start, Math.min(start + blockLength, end)), elementSize), start);
    }
    return output;
  }
  if (compressor !== LZ4) return null;
  const blocks = Math.ceil(end / blockLength);
  const output = new Uint8Array(HEADER_LENGTH + rest + blocks * (4 + lz4Bound(Math.min(blockLength, end))));
  const view = new DataView(output.buffer);
  view.setUint32(0, Math.floor(input.length / 2 ** 32));
  view.setUint32(4, input.length % 2 ** 32);
  view.setUint32(8, blockLength);
  let to = HEADER_LENGTH;
  for (let start = 0; start < end; start += blockLength) {
    const moved = bitShuffle(input.subarray(start, Math.min(start + blockLength, end)), elementSize);
    const stored = encodeLz4Block(moved, output.subarray(to + 4));
    view.setUint32(to, stored);
    to += 4 + stored;
  }
  output.set(input.subarray(end), to);
  return output.slice(0, to + rest);
}

/**
 * Filter 32008, "bitshuffle" (https://github.com/kiyo-masui/bitshuffle). Client data: version of the library, element
 * size, elements of a block (0 for the default), compressor (0 none, 2 LZ4, 3 Zstandard) and its level. New datasets
 * are compressed with LZ4.
 */
export const bitshuffleFilter: Filter = {
  id: 32008,
  name: "bitshuffle",
  decode,
  encode,
  clientDataFor: ({ level }, { elementSize }) => {
    if (level !== undefined) throw invalidArgument("the bitshuffle filter has no levels");
    return [...LIBRARY_VERSION, elementSize, 0, LZ4];
  },
};
