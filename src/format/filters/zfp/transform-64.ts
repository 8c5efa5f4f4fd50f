/** Bits with negative weight in each half of a negabinary number. */
const NEGATIVE_WEIGHTS = 0xaaaaaaaa | 0;

/** Turns negabinary numbers, split into halves, into two's complement. */
export function fromNegabinary64(high: Int32Array, low: Int32Array): void {
  for (let index = 0; index < low.length; index++) {
    const turned = low[index] ^ NEGATIVE_WEIGHTS;
    const borrow = turned >>> 0 < NEGATIVE_WEIGHTS >>> 0 ? 1 : 0;
    low[index] = turned - NEGATIVE_WEIGHTS;
    high[index] = (high[index] ^ NEGATIVE_WEIGHTS) - NEGATIVE_WEIGHTS - borrow;
  }
}

/** The transform of 32-bit blocks for numbers that are split into halves. */
export function inverseTransform64(high: Int32Array, low: Int32Array): void {
  const lines = low.length >> 2;
  for (let stride = lines; stride > 0; stride >>= 2) {
    for (let line = 0; line < lines; line++) {
      const inner = line & (stride - 1);
      const first = inner + ((line - inner) << 2);
      const second = first + stride;
      const third = second + stride;
      const fourth = third + stride;
      let xLow = low[first];
      let xHigh = high[first];
      let yLow = low[second];
      let yHigh = high[second];
      let zLow = low[third];
      let zHigh = high[third];
      let wLow = low[fourth];
      let wHigh = high[fourth];
      let sum = 0;

      // y += w >> 1
      sum = (yLow + ((wLow >>> 1) | (wHigh << 31))) | 0;
      yHigh = (yHigh + (wHigh >> 1) + (sum >>> 0 < yLow >>> 0 ? 1 : 0)) | 0;
      yLow = sum;
      // w -= y >> 1
      sum = (yLow >>> 1) | (yHigh << 31);
      wHigh = (wHigh - (yHigh >> 1) - (wLow >>> 0 < sum >>> 0 ? 1 : 0)) | 0;
      wLow = (wLow - sum) | 0;
      // y += w, w = 2w - y
      sum = (yLow + wLow) | 0;
      yHigh = (yHigh + wHigh + (sum >>> 0 < wLow >>> 0 ? 1 : 0)) | 0;
      yLow = sum;
      sum = wLow << 1;
      wHigh = (((wHigh << 1) | (wLow >>> 31)) - yHigh - (sum >>> 0 < yLow >>> 0 ? 1 : 0)) | 0;
      wLow = (sum - yLow) | 0;
      // z += x, x = 2x - z
      sum = (zLow + xLow) | 0;
      zHigh = (zHigh + xHigh + (sum >>> 0 < xLow >>> 0 ? 1 : 0)) | 0;
      zLow = sum;
      sum = xLow << 1;
      xHigh = (((xHigh << 1) | (xLow >>> 31)) - zHigh - (sum >>> 0 < zLow >>> 0 ? 1 : 0)) | 0;
      xLow = (sum - zLow) | 0;
      // y += z, z = 2z - y
      sum = (yLow + zLow) | 0;
      yHigh = (yHigh + zHigh + (sum >>> 0 < zLow >>> 0 ? 1 : 0)) | 0;
      yLow = sum;
      sum = zLow << 1;
      zHigh = (((zHigh << 1) | (zLow >>> 31)) - yHigh - (sum >>> 0 < yLow >>> 0 ? 1 : 0)) | 0;
      zLow = (sum - yLow) | 0;
      // w += x, x = 2x - w
      sum = (wLow + xLow) | 0;
      wHigh = (wHigh + xHigh + (sum >>> 0 < xLow >>> 0 ? 1 : 0)) | 0;
      wLow = sum;
      sum = xLow << 1;
      xHigh = (((xHigh << 1) | (xLow >>> 31)) - wHigh - (sum >>> 0 < wLow >>> 0 ? 1 : 0)) | 0;
      xLow = (sum - wLow) | 0;

      low[first] = xLow;
      high[first] = xHigh;
      low[second] = yLow;
      high[second] = yHigh;
      low[third] = zLow;
      high[third] = zHigh;
      low[fourth] = wLow;
      high[fourth] = wHigh;
    }
  }
}

/** Adds the element at `from` to the one at `to`. */
function add(high: Int32Array, low: Int32Array, to: number, from: number): void {
  const sum = (low[to] + low[from]) | 0;
  high[to] += high[from] + (sum >>> 0 < low[from] >>> 0 ? 1 : 0);
  low[to] = sum;
}

/** The reversible transform of 32-bit blocks for numbers that are split into halves. */
export function inverseReversibleTransform64(high: Int32Array, low: Int32Array): void {
  const lines = low.length >> 2;
  for (let stride = lines; stride > 0; stride >>= 2) {
    for (let line = 0; line < lines; line++) {
      const inner = line & (stride - 1);
      const first = inner + ((line - inner) << 2);
      const second = first + stride;
      const third = second + stride;
      const fourth = third + stride;
      add(high, low, fourth, third);
      add(high, low, third, second);
      add(high, low, fourth, third);
      add(high, low, second, first);
      add(high, low, third, second);
      add(high, low, fourth, third);
    }
  }
}
