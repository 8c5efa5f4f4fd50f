import { isHostOrder, swapInPlace } from "../../datatypes/byte-order.js";
import { corrupt } from "../../errors.js";
import type { Filter } from "../filter.js";
import { ZfpBitStream } from "./bit-stream.js";
import { ZfpBlockDecoder } from "./block-decoder.js";
import { decodeZfpHeader } from "./header.js";

/** Decodes all blocks, the first axis varying fastest, and puts the part of each that lies in the array in place. */
function decodeBlocks(
  decoder: ZfpBlockDecoder,
  sizes: readonly number[],
  wordsPerElement: number,
  out: Int32Array,
): void {
  const [sizeX, sizeY = 1, sizeZ = 1, sizeW = 1] = sizes;
  const { words } = decoder;
  for (let blockW = 0; blockW < sizeW; blockW += 4) {
    const countW = Math.min(4, sizeW - blockW);
    for (let blockZ = 0; blockZ < sizeZ; blockZ += 4) {
      const countZ = Math.min(4, sizeZ - blockZ);
      for (let blockY = 0; blockY < sizeY; blockY += 4) {
        const countY = Math.min(4, sizeY - blockY);
        for (let blockX = 0; blockX < sizeX; blockX += 4) {
          const rowWords = Math.min(4, sizeX - blockX) * wordsPerElement;
          decoder.decode();
          for (let w = 0; w < countW; w++) {
            for (let z = 0; z < countZ; z++) {
              for (let y = 0; y < countY; y++) {
                let from = (y + 4 * z + 16 * w) * 4 * wordsPerElement;
                const row = ((blockW + w) * sizeZ + blockZ + z) * sizeY + blockY + y;
                let to = (row * sizeX + blockX) * wordsPerElement;
                for (const end = to + rowWords; to < end; ) out[to++] = words[from++];
              }
            }
          }
        }
      }
    }
  }
}

function decode(
  input: Uint8Array,
  clientData: readonly number[],
  expectedLength: number | null,
  limit: number,
): Uint8Array {
  const header = decodeZfpHeader(clientData);
  const elementSize = header.type === "int32" || header.type === "float" ? 4 : 8;
  const length = header.sizes.reduce((product, size) => product * size, elementSize);
  if (length > limit || (expectedLength !== null && length !== expectedLength)) {
    throw corrupt(`the ZFP header tells of ${length} bytes, expected ${expectedLength ?? `at most ${limit}`}`);
  }
  const output = new Uint8Array(length);
  const decoder = new ZfpBlockDecoder(new ZfpBitStream(input), header);
  decodeBlocks(decoder, header.sizes, elementSize / 4, new Int32Array(output.buffer));
  if (!isHostOrder(header.byteOrder, elementSize)) swapInPlace(output, elementSize);
  return output;
}

/**
 * Filter 32013, "zfp", as the H5Z-ZFP plugin writes it; this one only reads.
 *
 * Every mode (rate, precision, accuracy, expert, reversible) of 32- and 64-bit integers and floating-point numbers in
 * one to four dimensions. Lossy data decode to the same bits as with the ZFP library.
 */
export const zfpFilter: Filter = { id: 32013, name: "zfp", decode };
