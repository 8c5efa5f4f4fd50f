import { isHostOrder, swapInPlace } from "../../datatypes/byte-order.js";
import { invalidArgument } from "../../errors.js";
import { BitSink } from "./bit-sink.js";
import type { Interleave } from "./header.js";
import { interleaves, markers } from "./header.js";
import { newLines } from "./line.js";
import type { CodingParameters, PresetParameters } from "./parameters.js";
import { codingParameters } from "./parameters.js";
import { ScanEncoder } from "./scan-encoder.js";

/** How to encode an image. */
export interface ImageDescription {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  /** Bits of a sample, 2 to 16. */
  readonly precision: number;
  readonly interleave: Interleave;
  readonly near: number;
  readonly preset: PresetParameters;
}

/** More bits than these make CharLS write the coding parameters even where they are the default. */
const SELF_EVIDENT_PRECISION = 12;

function appendSegment(sink: BitSink, marker: number, content: readonly number[]): void {
  sink.append([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255, ...content]);
}

function shorts(...values: number[]): number[] {
  return values.flatMap((value) => [value >> 8, value & 255]);
}

function appendHeaders(sink: BitSink, image: ImageDescription, parameters: CodingParameters): void {
  const { width, height, components, precision, preset } = image;
  sink.append([0xff, markers.startOfImage]);
  const identifiers = Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]);
  appendSegment(sink, markers.startOfFrame, [precision, ...shorts(height, width), components, ...identifiers.flat()]);
  const isDefault = Object.values(preset).every((value) => value === 0);
  if (isDefault && precision <= SELF_EVIDENT_PRECISION) return;
  const { maximum, threshold1, threshold2, threshold3, reset } = isDefault ? parameters : preset;
  appendSegment(sink, markers.presetParameters, [1, ...shorts(maximum, threshold1, threshold2, threshold3, reset)]);
}

/** Encodes the components from `first` on, `count` of them, as one scan. */
function appendScan(
  sink: BitSink,
  image: ImageDescription,
  parameters: CodingParameters,
  samples: Uint8Array | Uint16Array,
  first: number,
  count: number,
): void {
  const { width, height, interleave } = image;
  const selectors = Array.from({ length: count }, (_, index) => [first + index + 1, 0]);
  const mode = interleaves.indexOf(interleave);
  appendSegment(sink, markers.startOfScan, [count, ...selectors.flat(), image.near, mode, 0]);
  const encoder = new ScanEncoder(parameters, count);
  let above = newLines(count, width);
  let lines = newLines(count, width);
  let at = first * width * height;
  for (let y = 0; y < height; y++) {
    for (let x = 1; x <= width; x++) for (const line of lines) line[x] = samples[at++];
    sink.reserve(encoder.mostBytes(width * count));
    if (interleave === "sample") encoder.encodePixels(sink, above, lines);
    else for (let index = 0; index < count; index++) encoder.encodeLine(sink, above[index], lines[index], index);
    [above, lines] = [lines, above];
  }
  sink.endSegment();
}

/**
 * Encodes an image as JPEG-LS (ITU-T T.87 | ISO/IEC 14495-1), to the same bytes as the reference implementation CharLS
 * does; `null` where a sample is larger than the coding parameters allow.
 *
 * `input` is as `decodeJpegLs` answers it.
 */
export function encodeJpegLs(input: Uint8Array, image: ImageDescription): Uint8Array | null {
  const { components, precision, preset, near, interleave } = image;
  const parameters = codingParameters(preset, precision, near, invalidArgument);
  let samples: Uint8Array | Uint16Array = input;
  if (precision > 8) {
    const bytes = input.slice();
    if (!isHostOrder("little", 2)) swapInPlace(bytes, 2);
    samples = new Uint16Array(bytes.buffer);
  }
  for (let index = 0; index < samples.length; index++) if (samples[index] > parameters.maximum) return null;
  const sink = new BitSink(input.length + 256);
  appendHeaders(sink, image, parameters);
  if (interleave !== "none") appendScan(sink, image, parameters, samples, 0, components);
  else for (let index = 0; index < components; index++) appendScan(sink, image, parameters, samples, index, 1);
  sink.append([0xff, markers.endOfImage]);
  return sink.bytes();
}
