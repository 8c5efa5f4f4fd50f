import type { ZfpBitStream } from "./bit-stream.js";

/** Bits that are taken from the stream at once; any four bytes hold that many from any bit of the first on. */
const GROUP = 24;

/**
 * Decodes the embedded coding of one block: bit planes from the most significant on, in each of which the coefficients
 * that were significant before are verbatim, and the others follow as runs of zeros up to the next one.
 *
 * @param budget - most bits to read; the plane they end in stays incomplete.
 * @param precision - most planes to read.
 * @param width - bits of a coefficient, 32 or 64.
 * @param order - for each coefficient its place in the block.
 * @param high - bits 32 to 63 of the block, in negabinary; zero before.
 * @param low - bits 0 to 31.
 * @returns the bits read.
 */
export function decodeBitPlanes(
  stream: ZfpBitStream,
  budget: number,
  precision: number,
  width: number,
  order: Uint8Array,
  high: Int32Array,
  low: Int32Array,
): number {
  const { view, base } = stream;
  const size = order.length;
  const lastPlane = width > precision ? width - precision : 0;
  let at = stream.at;
  let left = budget;
  let significant = 0;
  for (let plane = width - 1; plane >= lastPlane && left > 0; plane--) {
    const words = plane >= 32 ? high : low;
    const bit = 1 << (plane & 31);
    const verbatim = significant < left ? significant : left;
    left -= verbatim;
    for (let first = 0; first < verbatim; first += GROUP) {
      const count = verbatim - first < GROUP ? verbatim - first : GROUP;
      let ones = (view.getUint32(base + (at >>> 3), true) >>> (at & 7)) & ((1 << count) - 1);
      at += count;
      while (ones !== 0) {
        words[order[first + 31 - Math.clz32(ones & -ones)]] |= bit;
        ones &= ones - 1;
      }
    }
    while (left > 0 && significant < size) {
      left--;
      let window = view.getUint32(base + (at >>> 3), true) >>> (at & 7);
      at++;
      // Whether there is another one in this plane.
      if ((window & 1) === 0) break;
      // The last coefficient needs no bit of its own, nor does one where the bits end.
      let most = size - 1 - significant;
      if (left < most) most = left;
      window >>>= 1;
      for (;;) {
        const group = most < GROUP ? most : GROUP;
        window &= (1 << group) - 1;
        if (window !== 0) {
          const zeros = 31 - Math.clz32(window & -window);
          significant += zeros;
          left -= zeros + 1;
          at += zeros + 1;
          break;
        }
        significant += group;
        left -= group;
        at += group;
        most -= group;
        if (most === 0) break;
        window = view.getUint32(base + (at >>> 3), true) >>> (at & 7);
      }
      words[order[significant++]] |= bit;
    }
  }
  stream.at = at;
  return budget - left;
}
