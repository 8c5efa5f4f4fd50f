import type { Filter } from "./filter.js";

const LITTLE_ENDIAN_HOST = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Interleaves four byte planes of `count` bytes (a multiple of 4), each `count` bytes after the one before, into
 * 32-bit words, four bytes of each plane at a time (a 4 × 4 transposition in registers).
 */
function interleave4(
  planes: Int32Array,
  firstPlane: number,
  planeWords: number,
  out: Int32Array,
  firstWord: number,
  wordStride: number,
): void {
  const second = firstPlane + planeWords;
  const third = second + planeWords;
  const fourth = third + planeWords;
  let to = firstWord;
  for (let index = 0; index < planeWords; index++) {
    const a = planes[firstPlane + index];
    const b = planes[second + index];
    const c = planes[third + index];
    const d = planes[fourth + index];
    const abEven = (a & 0x00ff00ff) | ((b & 0x00ff00ff) << 8);
    const abOdd = ((a >>> 8) & 0x00ff00ff) | (b & 0xff00ff00);
    const cdEven = (c & 0x00ff00ff) | ((d & 0x00ff00ff) << 8);
    const cdOdd = ((c >>> 8) & 0x00ff00ff) | (d & 0xff00ff00);
    out[to] = (abEven & 0xffff) | (cdEven << 16);
    out[to + wordStride] = (abOdd & 0xffff) | (cdOdd << 16);
    out[to + 2 * wordStride] = (abEven >>> 16) | (cdEven & 0xffff0000);
    out[to + 3 * wordStride] = (abOdd >>> 16) | (cdOdd & 0xffff0000);
    to += 4 * wordStride;
  }
}

/** The inverse of {@link interleave4}. */
function separate4(
  source: Int32Array,
  firstWord: number,
  wordStride: number,
  planes: Int32Array,
  firstPlane: number,
  planeWords: number,
): void {
  const second = firstPlane + planeWords;
  const third = second + planeWords;
  const fourth = third + planeWords;
  let from = firstWord;
  for (let index = 0; index < planeWords; index++) {
    const a = source[from];
    const b = source[from + wordStride];
    const c = source[from + 2 * wordStride];
    const d = source[from + 3 * wordStride];
    from += 4 * wordStride;
    const abEven = (a & 0x00ff00ff) | ((b & 0x00ff00ff) << 8);
    const abOdd = ((a >>> 8) & 0x00ff00ff) | (b & 0xff00ff00);
    const cdEven = (c & 0x00ff00ff) | ((d & 0x00ff00ff) << 8);
    const cdOdd = ((c >>> 8) & 0x00ff00ff) | (d & 0xff00ff00);
    planes[firstPlane + index] = (abEven & 0xffff) | (cdEven << 16);
    planes[second + index] = (abOdd & 0xffff) | (cdOdd << 16);
    planes[third + index] = (abEven >>> 16) | (cdEven & 0xffff0000);
    planes[fourth + index] = (abOdd >>> 16) | (cdOdd & 0xffff0000);
  }
}

/** Interleaves two planes of 16-bit elements: four elements per step. */
function interleave2(planes: Int32Array, planeWords: number, out: Int32Array): void {
  for (let index = 0; index < planeWords; index++) {
    const a = planes[index];
    const b = planes[planeWords + index];
    const even = (a & 0x00ff00ff) | ((b & 0x00ff00ff) << 8);
    const odd = ((a >>> 8) & 0x00ff00ff) | (b & 0xff00ff00);
    out[2 * index] = (even & 0xffff) | (odd << 16);
    out[2 * index + 1] = (even >>> 16) | (odd & 0xffff0000);
  }
}

/** The inverse of {@link interleave2}. */
function separate2(source: Int32Array, planes: Int32Array, planeWords: number): void {
  for (let index = 0; index < planeWords; index++) {
    const low = source[2 * index];
    const high = source[2 * index + 1];
    const even = (low & 0xffff) | (high << 16);
    const odd = (low >>> 16) | (high & 0xffff0000);
    planes[index] = (even & 0x00ff00ff) | ((odd & 0x00ff00ff) << 8);
    planes[planeWords + index] = ((even >>> 8) & 0x00ff00ff) | (odd & 0xff00ff00);
  }
}

/** Whether elements of this size are moved as 32-bit words. */
function hasWords(elementSize: number): boolean {
  return LITTLE_ENDIAN_HOST && (elementSize === 2 || (elementSize & 3) === 0);
}

/** `input`, or an aligned copy of its `planes` planes of `count` bytes in which each has `padded` bytes. */
function paddedPlanes(input: Uint8Array, planes: number, count: number, padded: number): Int32Array {
  const words = (planes * padded) / 4;
  if (count === padded && (input.byteOffset & 3) === 0) return new Int32Array(input.buffer, input.byteOffset, words);
  const copy = new Uint8Array(planes * padded);
  for (let plane = 0; plane < planes; plane++) {
    copy.set(input.subarray(plane * count, (plane + 1) * count), plane * padded);
  }
  return new Int32Array(copy.buffer);
}

/** Memory for `needed` bytes that is aligned for words, of which the first `length` are the output: `place` if it can be. */
function alignedOutput(length: number, needed: number, place: Uint8Array | null): Uint8Array {
  if (place !== null && place.length === needed && (place.byteOffset & 3) === 0) return place;
  return new Uint8Array(needed).subarray(0, length);
}

/** Puts byte `n` of all elements, stored together, back into the elements; in `place` where that is possible. */
export function unshuffle(input: Uint8Array, elementSize: number, place: Uint8Array | null = null): Uint8Array {
  const count = Math.floor(input.length / elementSize);
  if (elementSize <= 1 || count <= 1) return input;
  const whole = count * elementSize;
  let output: Uint8Array;
  if (hasWords(elementSize)) {
    const padded = Math.ceil(count / 4) * 4;
    const planeWords = padded / 4;
    const planes = paddedPlanes(input, elementSize, count, padded);
    // Room for the padding or for the bytes that are no whole element, whichever is more.
    output = alignedOutput(input.length, Math.max(padded * elementSize, input.length), place);
    const out = new Int32Array(output.buffer, output.byteOffset, planes.length);
    if (elementSize === 2) interleave2(planes, planeWords, out);
    else {
      const stride = elementSize / 4;
      for (let word = 0; word < stride; word++) interleave4(planes, word * padded, planeWords, out, word, stride);
    }
  } else {
    output = new Uint8Array(input.length);
    for (let byte = 0; byte < elementSize; byte++) {
      const plane = byte * count;
      for (let element = 0, to = byte; element < count; element++, to += elementSize) {
        output[to] = input[plane + element];
      }
    }
  }
  for (let index = whole; index < input.length; index++) output[index] = input[index];
  return output;
}

/** Stores byte `n` of all elements together; bytes that are no whole element stay at the end. */
export function shuffle(input: Uint8Array, elementSize: number): Uint8Array {
  const count = Math.floor(input.length / elementSize);
  if (elementSize <= 1 || count <= 1) return input;
  const output = new Uint8Array(input.length);
  const whole = count * elementSize;
  if (hasWords(elementSize)) {
    const padded = Math.ceil(count / 4) * 4;
    const planeWords = padded / 4;
    const source = paddedPlanes(input, 1, whole, padded * elementSize);
    const planes = padded === count ? new Int32Array(output.buffer, 0, source.length) : new Int32Array(source.length);
    if (elementSize === 2) separate2(source, planes, planeWords);
    else {
      const stride = elementSize / 4;
      for (let word = 0; word < stride; word++) separate4(source, word, stride, planes, word * padded, planeWords);
    }
    if (padded !== count) {
      const bytes = new Uint8Array(planes.buffer);
      for (let plane = 0; plane < elementSize; plane++) {
        output.set(bytes.subarray(plane * padded, plane * padded + count), plane * count);
      }
    }
  } else {
    for (let byte = 0; byte < elementSize; byte++) {
      const plane = byte * count;
      for (let element = 0, from = byte; element < count; element++, from += elementSize) {
        output[plane + element] = input[from];
      }
    }
  }
  for (let index = whole; index < input.length; index++) output[index] = input[index];
  return output;
}

/** Filter 2, "shuffle": client data is the element size; without it, or with 0 or 1, nothing happens. */
export const shuffleFilter: Filter = {
  id: 2,
  name: "shuffle",
  decode: (input, clientData, _expectedLength, _limit, place) => unshuffle(input, clientData[0] ?? 1, place),
  encode: (input, clientData) => shuffle(input, clientData[0] ?? 1),
  encodedLength: (length) => length,
  clientDataFor: (_options, dataset) => [dataset.elementSize],
};
