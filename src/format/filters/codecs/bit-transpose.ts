import { shuffle, unshuffle } from "../shuffle.js";

/**
 * Transposes 8 × 8 bits, `groups` times: bit `j` of byte `i` becomes bit `i` of byte `j`. The bytes of a group are
 * a stride apart, groups a step.
 */
function transposeBits(
  input: Uint8Array,
  from: number,
  inputStride: number,
  inputStep: number,
  output: Uint8Array,
  to: number,
  outputStride: number,
  outputStep: number,
  groups: number,
): void {
  let at = from;
  let out = to;
  for (let group = 0; group < groups; group++) {
    let low = input[at] | (input[at + inputStride] << 8);
    low |= (input[at + 2 * inputStride] << 16) | (input[at + 3 * inputStride] << 24);
    let high = input[at + 4 * inputStride] | (input[at + 5 * inputStride] << 8);
    high |= (input[at + 6 * inputStride] << 16) | (input[at + 7 * inputStride] << 24);
    let swap = (low ^ (low >>> 7)) & 0x00aa00aa;
    low ^= swap ^ (swap << 7);
    swap = (high ^ (high >>> 7)) & 0x00aa00aa;
    high ^= swap ^ (swap << 7);
    swap = (low ^ (low >>> 14)) & 0x0000cccc;
    low ^= swap ^ (swap << 14);
    swap = (high ^ (high >>> 14)) & 0x0000cccc;
    high ^= swap ^ (swap << 14);
    swap = (low ^ ((low >>> 28) | (high << 4))) & 0xf0f0f0f0;
    low ^= swap;
    high ^= swap >>> 4;
    output[out] = low;
    output[out + outputStride] = low >>> 8;
    output[out + 2 * outputStride] = low >>> 16;
    output[out + 3 * outputStride] = low >>> 24;
    output[out + 4 * outputStride] = high;
    output[out + 5 * outputStride] = high >>> 8;
    output[out + 6 * outputStride] = high >>> 16;
    output[out + 7 * outputStride] = high >>> 24;
    at += inputStep;
    out += outputStep;
  }
}

/**
 * Puts bit `n` of all elements, stored together, back into the elements. The length of `input` must be a multiple of
 * 8 elements.
 */
export function bitUnshuffle(input: Uint8Array, elementSize: number): Uint8Array {
  const planes = new Uint8Array(input.length);
  const count = input.length / elementSize;
  const row = count / 8;
  for (let byte = 0; byte < elementSize; byte++) {
    transposeBits(input, byte * count, row, 1, planes, byte * count, 1, 8, row);
  }
  return unshuffle(planes, elementSize);
}

/** The inverse of {@link bitUnshuffle}. */
export function bitShuffle(input: Uint8Array, elementSize: number): Uint8Array {
  const planes = shuffle(input, elementSize);
  const output = new Uint8Array(input.length);
  const count = input.length / elementSize;
  const row = count / 8;
  for (let byte = 0; byte < elementSize; byte++) {
    transposeBits(planes, byte * count, 1, 8, output, byte * count, row, 1, row);
  }
  return output;
}
