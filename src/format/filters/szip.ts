import { corrupt } from "../errors.js";
import { BitReader } from "./bit-reader.js";
import { unshuffle } from "./shuffle.js";

/** Bits of the options mask. */
const OPTION_MSB = 16;
const OPTION_NEAREST_NEIGHBOUR = 32;

/** Most pixels per block and blocks per scanline. */
const MAXIMUM_BLOCK = 32;
const MAXIMUM_SCANLINE = 4096;

/** A run of zero blocks with this code reaches to the end of its segment of 64 blocks. */
const REST_OF_SEGMENT = 5;
const SEGMENT_BLOCKS = 64;

/** Largest code of a pair in the "second extension". */
const LARGEST_PAIR = 90;

/** For each pair code, the sum of the pair and the first code with this sum. */
const pairs: { readonly sums: Uint8Array; readonly firsts: Uint8Array } = (() => {
  const sums = new Uint8Array(LARGEST_PAIR + 1);
  const firsts = new Uint8Array(LARGEST_PAIR + 1);
  for (let sum = 0, code = 0; sum < 13; sum++) {
    const first = code;
    for (let second = 0; second <= sum; second++, code++) {
      sums[code] = sum;
      firsts[code] = first;
    }
  }
  return { sums, firsts };
})();

interface SzipParameters {
  /** Bits per sample as coded: 8 where 32- and 64-bit pixels were split into bytes. */
  readonly bits: number;
  readonly blockSize: number;
  /** Blocks per scanline, each of which starts with a reference sample. */
  readonly blocks: number;
  readonly pixelsPerScanline: number;
  readonly differences: boolean;
}

/** Decodes the residuals of one scanline into `samples`. */
function decodeScanline(reader: BitReader, parameters: SzipParameters, samples: Int32Array): void {
  const { bits, blockSize, blocks, differences } = parameters;
  const optionBits = bits > 16 ? 5 : bits > 8 ? 4 : 3;
  const uncompressed = 2 ** optionBits - 1;
  for (let block = 0; block < blocks; block++) {
    let at = block * blockSize;
    const end = at + blockSize;
    const option = reader.read(optionBits);
    const hasReference = differences && block === 0;
    if (option === uncompressed) {
      while (at < end) samples[at++] = reader.read(bits);
      continue;
    }
    const pairCoded = option === 0 && reader.read(1) === 1;
    if (hasReference) samples[at++] = reader.read(bits);
    if (option > 0) {
      const lowBits = option - 1;
      for (let index = at; index < end; index++) samples[index] = reader.unary() << lowBits;
      for (let index = at; index < end; index++) samples[index] += reader.readWide(lowBits);
    } else if (pairCoded) {
      while (at < end) {
        const code = reader.unary();
        if (code > LARGEST_PAIR) throw corrupt(`the szip stream has the pair code ${code}`);
        const second = code - pairs.firsts[code];
        // After a reference sample the first pair has only its second half.
        if (at % 2 === 0) samples[at++] = pairs.sums[code] - second;
        samples[at++] = second;
      }
    } else {
      let run = reader.unary() + 1;
      if (run === REST_OF_SEGMENT) run = Math.min(blocks - block, SEGMENT_BLOCKS - (block % SEGMENT_BLOCKS));
      else if (run > REST_OF_SEGMENT) run--;
      if (run > blocks - block) throw corrupt("a run of zero blocks reaches past its szip scanline");
      samples.fill(0, at, (block + run) * blockSize);
      block += run - 1;
    }
  }
}

/** Turns mapped differences from the sample before into samples. */
function addDifferences(samples: Int32Array, bits: number): void {
  const maximum = 2 ** bits - 1;
  const middle = 2 ** (bits - 1);
  let value = samples[0];
  for (let index = 1; index < samples.length; index++) {
    const mapped = samples[index];
    const upper = value >= middle;
    // Differences alternate in sign as long as both signs stay within range.
    const bound = upper ? maximum - value : value;
    if ((mapped + 1) >>> 1 <= bound) value += mapped & 1 ? -((mapped + 1) >>> 1) : mapped >>> 1;
    else value = upper ? maximum - mapped : mapped;
    samples[index] = value;
  }
}

function storeSamples(samples: Int32Array, output: Uint8Array, from: number, pixelSize: number, msb: boolean): void {
  const count = Math.min(samples.length, (output.length - from) / pixelSize);
  let to = from;
  for (let index = 0; index < count; index++) {
    const value = samples[index];
    if (pixelSize === 1) output[to] = value;
    else {
      for (let byte = 0; byte < pixelSize; byte++) {
        output[to + (msb ? pixelSize - 1 - byte : byte)] = (value >>> (8 * byte)) & 255;
      }
    }
    to += pixelSize;
  }
}

/**
 * Filter 4, "szip": adaptive Rice coding (CCSDS 121.0) of scanlines. Client data: options, pixels per block, bits per
 * pixel, pixels per scanline. The stream follows its unpacked length in 4 bytes.
 */
export function decodeSzip(
  input: Uint8Array,
  clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  const [mask, blockSize, bitsPerPixel, pixelsPerScanline] = clientData;
  if (clientData.length < 4 || input.length < 4) throw corrupt("szip data or its client data is too short");
  const split = bitsPerPixel === 32 || bitsPerPixel === 64;
  if (bitsPerPixel < 1 || (bitsPerPixel > 24 && !split)) throw corrupt(`szip pixels have ${bitsPerPixel} bits`);
  if (blockSize < 2 || blockSize > MAXIMUM_BLOCK || blockSize % 2 !== 0) {
    throw corrupt(`szip blocks have ${blockSize} pixels`);
  }
  if (pixelsPerScanline < 1 || pixelsPerScanline > MAXIMUM_SCANLINE) {
    throw corrupt(`szip scanlines have ${pixelsPerScanline} pixels`);
  }
  const length = new DataView(input.buffer, input.byteOffset, 4).getUint32(0, true);
  if (length > limit || (expectedLength !== null && length !== expectedLength)) {
    throw corrupt(`the szip stream expands to ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
  }
  const bits = split ? 8 : bitsPerPixel;
  const pixelSize = bits > 16 ? 4 : bits > 8 ? 2 : 1;
  if (length % pixelSize !== 0) throw corrupt(`${length} bytes of szip data are no whole number of pixels`);
  const blocks = Math.ceil(pixelsPerScanline / blockSize);
  const parameters: SzipParameters = {
    bits,
    blockSize,
    blocks,
    pixelsPerScanline,
    differences: (mask & OPTION_NEAREST_NEIGHBOUR) !== 0,
  };
  const reader = new BitReader(input.subarray(4));
  const samples = new Int32Array(blocks * blockSize);
  // The last block of a scanline may hold padding.
  const pixels = samples.subarray(0, pixelsPerScanline);
  const output = new Uint8Array(length);
  for (let at = 0; at < length; at += pixelsPerScanline * pixelSize) {
    decodeScanline(reader, parameters, samples);
    if (parameters.differences) addDifferences(samples, bits);
    storeSamples(pixels, output, at, pixelSize, (mask & OPTION_MSB) !== 0);
  }
  return split ? unshuffle(output, bitsPerPixel / 8) : output;
}
