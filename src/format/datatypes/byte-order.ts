import { corrupt, unsupported } from "../errors.js";
import type { ByteOrder } from "../structures/messages/datatype.js";

/** Whether this machine stores the least significant byte first. */
export const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bytes of the largest number looked at. */
const largestNumber = 256;

/** Whether numbers of this order can be used as they are. */
export function isHostOrder(byteOrder: ByteOrder, size: number): boolean {
  return size === 1 || byteOrder === (hostIsLittleEndian ? "little" : "big");
}

/** Reverses the bytes of each word of 2, 4 or 8 bytes; `bytes` must start at a multiple of the word's size. */
export function swapInPlace(bytes: Uint8Array, size: number): void {
  if (size === 2) {
    const words = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 1);
    for (let index = 0; index < words.length; index++) {
      const word = words[index];
      words[index] = (word << 8) | (word >>> 8);
    }
  } else if (size === 4) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    for (let index = 0; index < words.length; index++) words[index] = swapped(words[index]);
  } else if (size === 8) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, (bytes.length >>> 3) * 2);
    for (let index = 0; index < words.length; index += 2) {
      const first = words[index];
      words[index] = swapped(words[index + 1]);
      words[index + 1] = swapped(first);
    }
  }
}

function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/**
 * The first `count` words of `size` bytes in this machine's order and aligned: `bytes` itself where it is so already,
 * else new memory.
 */
export function hostWords(bytes: Uint8Array, count: number, size: number, byteOrder: ByteOrder): Uint8Array {
  const length = count * size;
  if (isHostOrder(byteOrder, size)) {
    return bytes.byteOffset % size === 0 ? bytes.subarray(0, length) : copyOf(bytes, length);
  }
  const copy = copyOf(bytes, length);
  swapInPlace(copy, size);
  return copy;
}

/** A copy in plain new memory, whatever subclass `bytes` is of. */
function copyOf(bytes: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  return copy;
}

/** For each byte from the least significant on, its place in a stored element. */
export function significanceOrder(size: number, byteOrder: ByteOrder): number[] {
  if (size > largestNumber) throw unsupported(`a number of ${size} bytes`);
  if (byteOrder === "vax" && size % 2 !== 0) throw corrupt(`a VAX number of ${size} bytes, which is odd`);
  return Array.from({ length: size }, (_, index) => {
    if (byteOrder === "little") return index;
    if (byteOrder === "big") return size - 1 - index;
    return size - 2 - (index & ~1) + (index & 1);
  });
}

/** The `width` (at most 53) bits from `position` of the element at `start`. */
export function readBits(
  bytes: Uint8Array,
  start: number,
  order: readonly number[],
  position: number,
  width: number,
): number {
  let value = 0;
  let scale = 1;
  let taken = 0;
  while (taken < width) {
    const bit = position + taken;
    const shift = bit & 7;
    const chunk = Math.min(8 - shift, width - taken);
    value += ((bytes[start + order[bit >> 3]] >> shift) & ((1 << chunk) - 1)) * scale;
    scale *= 1 << chunk;
    taken += chunk;
  }
  return value;
}

/** Any number of bits from `position` of the element at `start`. */
export function readBigBits(
  bytes: Uint8Array,
  start: number,
  order: readonly number[],
  position: number,
  width: number,
): bigint {
  let value = 0n;
  for (let taken = 0; taken < width; taken += 48) {
    const part = readBits(bytes, start, order, position + taken, Math.min(48, width - taken));
    value |= BigInt(part) << BigInt(taken);
  }
  return value;
}

/** Sets `width` bits from `position` of the element at `start`, which must be zero before. */
export function writeBits(
  bytes: Uint8Array,
  start: number,
  order: readonly number[],
  position: number,
  width: number,
  value: bigint,
): void {
  let rest = value;
  for (let taken = 0; taken < width; ) {
    const bit = position + taken;
    const shift = bit & 7;
    const chunk = Math.min(8 - shift, width - taken);
    bytes[start + order[bit >> 3]] |= Number(rest & BigInt((1 << chunk) - 1)) << shift;
    rest >>= BigInt(chunk);
    taken += chunk;
  }
}
