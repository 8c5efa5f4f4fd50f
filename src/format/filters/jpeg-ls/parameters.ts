import type { HDF5Error } from "../../errors.js";
import { unsupported } from "../../errors.js";

/** The parameters that a marker segment LSE can set (ITU-T T.87, C.2.4.1.1); 0 stands for the default. */
export interface PresetParameters {
  /** MAXVAL, the largest sample. */
  readonly maximum: number;
  readonly threshold1: number;
  readonly threshold2: number;
  readonly threshold3: number;
  /** RESET, the count of occurrences at which the statistics of a context are halved. */
  readonly reset: number;
}

/** What the coding of a scan depends on, all defaults filled in and the rest derived (ITU-T T.87, A.2.1). */
export interface CodingParameters extends PresetParameters {
  /** NEAR, the largest difference of a decoded sample; 0 is lossless. */
  readonly near: number;
  /** RANGE, how many different prediction errors there are. */
  readonly range: number;
  /** qbpp, bits of a prediction error that is written in binary. */
  readonly errorBits: number;
  /** LIMIT, most bits of a code word. */
  readonly limit: number;
}

/** No parameter set. */
export const defaultPreset: PresetParameters = { maximum: 0, threshold1: 0, threshold2: 0, threshold3: 0, reset: 0 };

const DEFAULT_RESET = 64;
const LARGEST_RESET = 255;

/** The default thresholds (ITU-T T.87, C.2.4.1.1.1). */
function defaultThresholds(maximum: number, near: number): readonly [number, number, number] {
  const within = (value: number, least: number) => (value > maximum || value < least ? least : value);
  let first: number;
  let second: number;
  let third: number;
  if (maximum >= 128) {
    const factor = (Math.min(maximum, 4095) + 128) >> 8;
    first = factor + 2 + 3 * near;
    second = 4 * factor + 3 + 5 * near;
    third = 17 * factor + 4 + 7 * near;
  } else {
    const divisor = Math.floor(256 / (maximum + 1));
    first = Math.max(2, Math.floor(3 / divisor) + 3 * near);
    second = Math.max(3, Math.floor(7 / divisor) + 5 * near);
    third = Math.max(4, Math.floor(21 / divisor) + 7 * near);
  }
  const threshold1 = within(first, near + 1);
  const threshold2 = within(second, threshold1);
  return [threshold1, threshold2, within(third, threshold2)];
}

/**
 * The parameters of a scan of samples with `precision` bits.
 *
 * @param failure - makes the error that says where they contradict each other.
 */
export function codingParameters(
  preset: PresetParameters,
  precision: number,
  near: number,
  failure: (message: string) => HDF5Error,
): CodingParameters {
  const maximum = 2 ** precision - 1;
  if (preset.maximum > maximum) throw failure(`JPEG-LS samples up to ${preset.maximum} do not fit ${precision} bits`);
  // Of these CharLS makes something else than the standard says, and its readers follow it.
  if (preset.maximum !== 0 && preset.maximum !== maximum) {
    throw unsupported(`a JPEG-LS MAXVAL of ${preset.maximum} with samples of ${precision} bits`);
  }
  if (near > Math.min(255, maximum >> 1)) throw failure(`a JPEG-LS NEAR of ${near} is too large for ${maximum}`);
  const defaults = defaultThresholds(maximum, near);
  const threshold1 = preset.threshold1 || defaults[0];
  const threshold2 = preset.threshold2 || defaults[1];
  const threshold3 = preset.threshold3 || defaults[2];
  if (threshold1 <= near || threshold2 < threshold1 || threshold3 < threshold2 || threshold3 > maximum) {
    throw failure(`the JPEG-LS thresholds ${threshold1}, ${threshold2} and ${threshold3} are out of order`);
  }
  const reset = preset.reset || DEFAULT_RESET;
  if (reset < 3 || reset > Math.max(LARGEST_RESET, maximum)) throw failure(`the JPEG-LS RESET is ${reset}`);
  // CharLS keeps one byte of it.
  if (reset > LARGEST_RESET) throw unsupported(`a JPEG-LS RESET of ${reset}`);
  const range = Math.floor((maximum + 2 * near) / (2 * near + 1)) + 1;
  const limit = 2 * (precision + Math.max(8, precision));
  return {
    maximum,
    threshold1,
    threshold2,
    threshold3,
    reset,
    near,
    range,
    errorBits: 32 - Math.clz32(range - 1),
    limit,
  };
}
