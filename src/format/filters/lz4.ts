import { corrupt } from "../errors.js";
import { expandExactly } from "./codecs/block-decoder.js";
import { decodeLz4Block, encodeLz4Block, lz4Bound } from "./codecs/lz4-block.js";
import type { Filter } from "./filter.js";

const HEADER_LENGTH = 12;
/** Largest block of the reference implementation's default. */
const DEFAULT_BLOCK = 2 ** 30;

/** Reads a big-endian length of 64 bits. */
export function readLength(view: DataView): number {
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}

/**
 * The framing (https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md): the length of
 * the data in 64 bits, the length of a block in 32, then each block after its stored length in 32, all big-endian.
 * A block that is stored with its own length is not compressed.
 */
function decode(
  input: Uint8Array,
  _clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  if (input.length < HEADER_LENGTH) throw corrupt("the LZ4 data are shorter than their header");
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const length = readLength(view);
  const blockLength = Math.min(view.getUint32(8), length);
  if (length > limit || (expectedLength !== null && length !== expectedLength)) {
    throw corrupt(`the LZ4 data have ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
  }
  if (blockLength === 0 && length > 0) throw corrupt("the LZ4 data have blocks of 0 bytes");
  const output = new Uint8Array(length);
  let from = HEADER_LENGTH;
  for (let start = 0; start < length; start += blockLength) {
    const target = output.subarray(start, Math.min(start + blockLength, length));
    if (from + 4 > input.length) throw corrupt("the LZ4 data are truncated");
    const end = from + 4 + view.getUint32(from);
    if (end > input.length) throw corrupt("the LZ4 data are truncated");
    const block = input.subarray(from + 4, end);
    if (block.length === target.length) target.set(block);
    else expandExactly("LZ4", decodeLz4Block, block, target);
    from = end;
  }
  return output;
}

function encode(input: Uint8Array, clientData: readonly number[]): Uint8Array {
  const blockLength = Math.max(1, Math.min(clientData[0] || DEFAULT_BLOCK, input.length, 0x7e000000));
  const blocks = Math.ceil(input.length / blockLength);
  const output = new Uint8Array(HEADER_LENGTH + blocks * (4 + lz4Bound(blockLength)));
  const view = new DataView(output.buffer);
  view.setUint32(4, input.length);
  view.setUint32(8, blockLength);
  let to = HEADER_LENGTH;
  for (let start = 0; start < input.length; start += blockLength) {
    const block = input.subarray(start, start + blockLength);
    let stored = encodeLz4Block(block, output.subarray(to + 4));
    if (stored >= block.length) {
      output.set(block, to + 4);
      stored = block.length;
    }
    view.setUint32(to, stored);
    to += 4 + stored;
  }
  return output.slice(0, to);
}

/** Filter 32004, "lz4". Client data: bytes of a block, where not the default. */
export const lz4Filter: Filter = { id: 32004, name: "lz4", decode, encode, clientDataFor: () => [] };
