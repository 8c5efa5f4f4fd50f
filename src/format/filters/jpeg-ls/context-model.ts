import type { Line } from "./line.js";
import type { CodingParameters } from "./parameters.js";

/** J, the order of the run lengths that one bit stands for, by run index (ITU-T T.87, A.2.1). */
export const runOrders = Uint8Array.of(
  ...[0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15],
);
export const LAST_RUN_INDEX = runOrders.length - 1;

/** Contexts of the regular mode; the first is that of flat surroundings, for pixels of several components. */
const REGULAR_CONTEXTS = 365;
const LEAST_BIAS = -128;
const LARGEST_BIAS = 127;

/** The median edge detecting predictor (ITU-T T.87, A.4.1) from the left, upper and upper left neighbours. */
export function predict(left: number, above: number, aboveLeft: number): number {
  if (left < above) {
    if (aboveLeft >= above) return left;
    return aboveLeft <= left ? above : left + above - aboveLeft;
  }
  if (aboveLeft >= left) return above;
  return aboveLeft <= above ? left : left + above - aboveLeft;
}

/** The regions of gradients from -maximum to maximum, -4 to 4 (ITU-T T.87, A.3.3). */
function quantizationTable({ maximum, near, threshold1, threshold2, threshold3 }: CodingParameters): Int8Array {
  const table = new Int8Array(2 * maximum + 1).fill(-4);
  const firsts = [
    [1 - threshold3, -3],
    [1 - threshold2, -2],
    [1 - threshold1, -1],
    [-near, 0],
    [near + 1, 1],
    [threshold1, 2],
    [threshold2, 3],
    [threshold3, 4],
  ];
  for (const [first, region] of firsts) table.fill(region, maximum + first);
  return table;
}

/** The adaptive statistics of a scan, which reading and writing update alike. */
export class ContextModel {
  /** Region of each gradient, from index 0 for -{@link maximum}. */
  readonly regions: Int8Array;
  readonly maximum: number;
  readonly near: number;
  /** Most zeros that start a code word of the regular mode; as many as that announce a binary one. */
  readonly longestPrefix: number;
  readonly errorBits: number;
  /** Largest mapped error that can be coded. */
  readonly largestMapped: number;
  /** Sums of error magnitudes (A), of errors (B), bias corrections (C) and counts (N), four values a context. */
  readonly regular = new Int32Array(4 * REGULAR_CONTEXTS);
  /** The same for run interruptions: A, counts of negative errors (Nn), and N, in two contexts. */
  readonly interruption = new Int32Array(6);
  readonly #range: number;
  readonly #reset: number;
  readonly #modulus: number;

  constructor(parameters: CodingParameters) {
    this.regions = quantizationTable(parameters);
    this.maximum = parameters.maximum;
    this.near = parameters.near;
    this.errorBits = parameters.errorBits;
    this.longestPrefix = parameters.limit - parameters.errorBits - 1;
    this.#range = parameters.range;
    this.largestMapped = parameters.range;
    this.#reset = parameters.reset;
    this.#modulus = parameters.range * (2 * parameters.near + 1);
    this.restart();
  }

  /** Forgets everything, as at the start of a scan and after a restart marker. */
  restart(): void {
    const magnitude = Math.max(2, (this.#range + 32) >> 6);
    const { regular, interruption } = this;
    regular.fill(0);
    for (let at = 0; at < regular.length; at += 4) {
      regular[at] = magnitude;
      regular[at + 3] = 1;
    }
    interruption.set([magnitude, 0, 1, magnitude, 0, 1]);
  }

  /**
   * The contexts of the samples of a pixel, whose components are interleaved (ITU-T T.87, A.3).
   *
   * @returns whether all are flat, so that the run mode applies
   */
  pixelContexts(above: readonly Line[], lines: readonly Line[], x: number, contexts: Int32Array): boolean {
    const { regions, maximum } = this;
    let flat = true;
    for (let component = 0; component < contexts.length; component++) {
      const upper = above[component];
      const context =
        81 * regions[upper[x + 1] - upper[x] + maximum] +
        9 * regions[upper[x] - upper[x - 1] + maximum] +
        regions[upper[x - 1] - lines[component][x - 1] + maximum];
      contexts[component] = context;
      if (context !== 0) flat = false;
    }
    return flat;
  }

  /** k, the Golomb parameter of the regular context at `at`. */
  golombParameter(at: number): number {
    const magnitude = this.regular[at];
    const count = this.regular[at + 3];
    const k = Math.clz32(count) - Math.clz32(magnitude);
    if (k < 0) return 0;
    return count << k < magnitude ? k + 1 : k;
  }

  /** Whether errors of the context at `at` with parameter 0 are mapped the other way round. */
  isInverted(at: number): boolean {
    return this.near === 0 && 2 * this.regular[at + 1] <= -this.regular[at + 3];
  }

  /** Updates the regular context at `at` (ITU-T T.87, A.6). */
  update(at: number, error: number): void {
    const { regular } = this;
    let magnitude = regular[at] + Math.abs(error);
    let sum = regular[at + 1] + error * (2 * this.near + 1);
    let count = regular[at + 3];
    if (count === this.#reset) {
      magnitude >>= 1;
      sum >>= 1;
      count >>= 1;
    }
    count++;
    if (sum <= -count) {
      sum += count;
      if (sum <= -count) sum = 1 - count;
      if (regular[at + 2] > LEAST_BIAS) regular[at + 2]--;
    } else if (sum > 0) {
      sum -= count;
      if (sum > 0) sum = 0;
      if (regular[at + 2] < LARGEST_BIAS) regular[at + 2]++;
    }
    regular[at] = magnitude;
    regular[at + 1] = sum;
    regular[at + 3] = count;
  }

  /** k for a run interruption of the given type, 0 or 1. */
  interruptionParameter(type: number): number {
    const { interruption } = this;
    let count = interruption[3 * type + 2];
    const magnitude = interruption[3 * type] + (type === 0 ? 0 : count >> 1);
    let k = 0;
    for (; count < magnitude; k++) count *= 2;
    return k;
  }

  /** Whether non-zero errors of this type are mapped to even numbers where they are negative, given k. */
  interruptionIsInverted(type: number, k: number): boolean {
    return k === 0 && 2 * this.interruption[3 * type + 1] < this.interruption[3 * type + 2];
  }

  /** Updates the statistics of run interruptions (ITU-T T.87, A.7.2). */
  updateInterruption(type: number, error: number, mapped: number): void {
    const { interruption } = this;
    const at = 3 * type;
    if (error < 0) interruption[at + 1]++;
    interruption[at] += (mapped + 1 - type) >> 1;
    if (interruption[at + 2] === this.#reset) {
      interruption[at] >>= 1;
      interruption[at + 1] >>= 1;
      interruption[at + 2] >>= 1;
    }
    interruption[at + 2]++;
  }

  /** `value` as a sample. */
  clamp(value: number): number {
    return value < 0 ? 0 : value > this.maximum ? this.maximum : value;
  }

  /** The sample that an error makes of a prediction (ITU-T T.87, A.4.5 and A.5). */
  reconstruct(prediction: number, error: number): number {
    const { near, maximum } = this;
    let value = prediction + error * (2 * near + 1);
    if (value < -near) value += this.#modulus;
    else if (value > maximum + near) value -= this.#modulus;
    return this.clamp(value);
  }

  /** The error to code for a difference to the prediction, quantized and reduced (ITU-T T.87, A.4.4 and A.4.5). */
  quantizeError(difference: number): number {
    const { near } = this;
    const range = this.#range;
    const away = difference > 0 ? difference + near : difference - near;
    let error = (away / (2 * near + 1)) | 0;
    if (error < 0) error += range;
    return 2 * error >= range + (range & 1) ? error - range : error;
  }
}
