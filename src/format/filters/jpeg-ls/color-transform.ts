/** The reversible colour transforms of HP's implementation, by their code in its application segment; 0 is none. */
export type ColorTransform = 0 | 1 | 2 | 3;

export function isColorTransform(code: number): code is ColorTransform {
  return code <= 3;
}

/**
 * Undoes a colour transform of `pixels`, three samples each, in place.
 *
 * @param range - how many values a sample has: 256 or 65536.
 */
export function undoColorTransform(pixels: Uint8Array | Uint16Array, transform: 1 | 2 | 3, range: number): void {
  const bias = range / 2;
  const mask = range - 1;
  for (let at = 0; at + 2 < pixels.length; at += 3) {
    const first = pixels[at];
    const second = pixels[at + 1];
    const third = pixels[at + 2];
    if (transform === 3) {
      const green = first - ((second + third) >> 2) + range / 4;
      pixels[at] = third + green - bias;
      pixels[at + 1] = green;
      pixels[at + 2] = second + green - bias;
    } else {
      const red = (first + second - bias) & mask;
      const base = transform === 1 ? second : (red + second) >> 1;
      pixels[at] = red;
      pixels[at + 2] = third + base - bias;
    }
  }
}
