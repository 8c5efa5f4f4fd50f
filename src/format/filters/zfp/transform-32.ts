/** Bits with negative weight in negabinary. */
const NEGATIVE_WEIGHTS = 0xaaaaaaaa | 0;

/** Turns negabinary numbers into two's complement. */
export function fromNegabinary32(block: Int32Array): void {
  for (let index = 0; index < block.length; index++) {
    block[index] = (block[index] ^ NEGATIVE_WEIGHTS) - NEGATIVE_WEIGHTS;
  }
}

/** Undoes the decorrelating transform: along each axis, the last first, for all lines of four. */
export function inverseTransform32(block: Int32Array): void {
  const lines = block.length >> 2;
  for (let stride = lines; stride > 0; stride >>= 2) {
    for (let line = 0; line < lines; line++) {
      const inner = line & (stride - 1);
      const first = inner + ((line - inner) << 2);
      const second = first + stride;
      const third = second + stride;
      const fourth = third + stride;
      let x = block[first];
      let y = block[second];
      let z = block[third];
      let w = block[fourth];
      y = (y + (w >> 1)) | 0;
      w = (w - (y >> 1)) | 0;
      y = (y + w) | 0;
      w = (w + w - y) | 0;
      z = (z + x) | 0;
      x = (x + x - z) | 0;
      y = (y + z) | 0;
      z = (z + z - y) | 0;
      w = (w + x) | 0;
      x = (x + x - w) | 0;
      block[first] = x;
      block[second] = y;
      block[third] = z;
      block[fourth] = w;
    }
  }
}

/** {@link inverseTransform32} of the reversible mode: differences of third order along each axis. */
export function inverseReversibleTransform32(block: Int32Array): void {
  const lines = block.length >> 2;
  for (let stride = lines; stride > 0; stride >>= 2) {
    for (let line = 0; line < lines; line++) {
      const inner = line & (stride - 1);
      const first = inner + ((line - inner) << 2);
      const second = first + stride;
      const third = second + stride;
      const fourth = third + stride;
      const x = block[first];
      const y = block[second];
      const z = block[third];
      block[second] = x + y;
      block[third] = x + 2 * y + z;
      block[fourth] = x + 3 * (y + z) + block[fourth];
    }
  }
}
