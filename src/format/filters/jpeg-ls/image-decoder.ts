import { isHostOrder, swapInPlace } from "../../datatypes/byte-order.js";
import { corrupt, unsupported } from "../../errors.js";
import { BitSource, segmentEnd } from "./bit-source.js";
import { undoColorTransform } from "./color-transform.js";
import type { Frame, Scan } from "./header.js";
import { HeaderReader, markers } from "./header.js";
import type { Line } from "./line.js";
import { newLines } from "./line.js";
import { codingParameters } from "./parameters.js";
import { ScanDecoder } from "./scan-decoder.js";

type Samples = Uint8Array | Uint16Array;

/** Puts one line of one component where it belongs. */
function store(line: Line, samples: Samples, start: number, step: number): void {
  const end = line.length - 1;
  if (step === 1) {
    samples.set(line.subarray(1, end), start);
    return;
  }
  for (let x = 1, to = start; x < end; x++, to += step) samples[to] = line[x];
}

/** The bits up to the next marker, which the reader then stands at. */
function nextSegment(input: Uint8Array, reader: HeaderReader): BitSource {
  const end = segmentEnd(input, reader.position);
  const bits = new BitSource(input, reader.position, end);
  reader.position = end;
  return bits;
}

function readRestartMarker(reader: HeaderReader, index: number): void {
  const wanted = markers.restart0 + (index & 7);
  if (reader.readMarker() !== wanted) throw corrupt("the JPEG-LS data have no restart marker where one is expected");
}

/** Decodes the lines of a scan. Components of one scan are stored interleaved by sample, others one after the other. */
function decodeScan(input: Uint8Array, reader: HeaderReader, frame: Frame, scan: Scan, samples: Samples): void {
  const { width, height, precision } = frame;
  const count = scan.components.length;
  const decoder = new ScanDecoder(codingParameters(scan.preset, precision, scan.near, corrupt), count);
  let above = newLines(count, width);
  let lines = newLines(count, width);
  let bits = nextSegment(input, reader);
  const start = count === 1 ? scan.components[0] * width * height : 0;
  for (let y = 0; y < height; y++) {
    if (scan.restartInterval > 0 && y > 0 && y % scan.restartInterval === 0) {
      bits.end();
      readRestartMarker(reader, y / scan.restartInterval - 1);
      bits = nextSegment(input, reader);
      decoder.restart();
      for (const line of above) line.fill(0);
      for (const line of lines) line.fill(0);
    }
    if (scan.interleave === "sample") decoder.decodePixels(bits, above, lines);
    else for (let index = 0; index < count; index++) decoder.decodeLine(bits, above[index], lines[index], index);
    for (let index = 0; index < count; index++) {
      store(lines[index], samples, start + y * width * count + scan.components[index] * (count > 1 ? 1 : 0), count);
    }
    [above, lines] = [lines, above];
  }
  bits.end();
}

/** The transform to undo once the samples of `scan` are there. */
function checkedTransform(frame: Frame, scan: Scan): 0 | 1 | 2 | 3 {
  if (scan.colorTransform === 0) return 0;
  const fits = frame.precision === 8 || frame.precision === 16;
  if (!fits || frame.components.length !== 3 || scan.interleave === "none" || scan.near > 0) {
    throw unsupported("a JPEG-LS colour transform of other than three lossless interleaved components of 8 or 16 bits");
  }
  return scan.colorTransform;
}

/**
 * Decodes a JPEG-LS image (ITU-T T.87 | ISO/IEC 14495-1), lossless or near-lossless.
 *
 * Samples of up to 8 bits answer as bytes, others as little-endian 16-bit integers. Components that share a scan are
 * interleaved by sample, whether the scan interleaves them by line or by sample; those in scans of their own follow
 * one another. The reference implementation CharLS does the same.
 *
 * @param checkLength - told the length of the result before anything is allocated for it; throws where it is wrong.
 */
export function decodeJpegLs(input: Uint8Array, checkLength: (length: number) => void): Uint8Array {
  const reader = new HeaderReader(input);
  let output: Uint8Array | null = null;
  let samples: Samples = new Uint8Array();
  const missing = new Set<number>();
  let sampleSize = 1;
  do {
    const { frame, scan } = reader.readScan();
    if (output === null) {
      sampleSize = frame.precision > 8 ? 2 : 1;
      const length = frame.width * frame.height * frame.components.length * sampleSize;
      checkLength(length);
      output = new Uint8Array(length);
      samples = sampleSize === 1 ? output : new Uint16Array(output.buffer);
      for (let index = 0; index < frame.components.length; index++) missing.add(index);
    }
    if (scan.components.length > 1 && scan.components.length < frame.components.length) {
      throw unsupported("a JPEG-LS image with several scans of several components");
    }
    for (const component of scan.components) {
      if (!missing.delete(component)) throw corrupt(`the JPEG-LS image has component ${component} twice`);
    }
    const transform = checkedTransform(frame, scan);
    decodeScan(input, reader, frame, scan, samples);
    if (transform !== 0) undoColorTransform(samples, transform, 2 ** frame.precision);
  } while (missing.size > 0);
  if (!isHostOrder("little", sampleSize)) swapInPlace(output, sampleSize);
  return output;
}
