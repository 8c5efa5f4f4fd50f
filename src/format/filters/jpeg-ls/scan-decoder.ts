import { corrupt } from "../../errors.js";
import type { BitSource } from "./bit-source.js";
import { ContextModel, LAST_RUN_INDEX, predict, runOrders } from "./context-model.js";
import type { Line } from "./line.js";
import { extendEdges } from "./line.js";
import type { CodingParameters } from "./parameters.js";

/** Decodes the lines of a scan. */
export class ScanDecoder {
  readonly #model: ContextModel;
  readonly #runIndexes: number[];

  constructor(parameters: CodingParameters, components: number) {
    this.#model = new ContextModel(parameters);
    this.#runIndexes = new Array<number>(components).fill(0);
  }

  /** Starts over, after a restart marker. */
  restart(): void {
    this.#model.restart();
    this.#runIndexes.fill(0);
  }

  /** Decodes one line of the component with number `component` in the scan. */
  decodeLine(bits: BitSource, above: Line, line: Line, component: number): void {
    extendEdges(above, line);
    const model = this.#model;
    const { regions, maximum } = model;
    const end = line.length - 1;
    let x = 1;
    let left = line[0];
    let aboveLeft = above[0];
    let overhead = above[1];
    // The region of the gradient to the upper right is that of the one to the upper left of the next sample.
    let leftRegion = regions[overhead - aboveLeft + maximum];
    while (x < end) {
      const aboveRight = above[x + 1];
      const rightRegion = regions[aboveRight - overhead + maximum];
      const context = 81 * rightRegion + 9 * leftRegion + regions[aboveLeft - left + maximum];
      if (context === 0) {
        const stop = x + this.#readRun(bits, end - x, component);
        line.fill(left, x, stop);
        x = stop;
        if (stop < end) {
          const type = Math.abs(left - above[stop]) <= model.near ? 1 : 0;
          line[stop] = this.#readInterruption(bits, left, above[stop], type, component);
          this.#shortenRuns(component);
          x++;
        }
        left = line[x - 1];
        aboveLeft = above[x - 1];
        overhead = above[x];
        leftRegion = regions[overhead - aboveLeft + maximum];
        continue;
      }
      left = this.#readSample(bits, context, predict(left, overhead, aboveLeft));
      line[x++] = left;
      aboveLeft = overhead;
      overhead = aboveRight;
      leftRegion = rightRegion;
    }
    bits.endLine();
  }

  /** Decodes one line of pixels, whose components are interleaved by sample. */
  decodePixels(bits: BitSource, above: readonly Line[], lines: readonly Line[]): void {
    const components = lines.length;
    for (let component = 0; component < components; component++) extendEdges(above[component], lines[component]);
    const model = this.#model;
    const contexts = new Int32Array(components);
    const end = lines[0].length - 1;
    for (let x = 1; x < end; ) {
      if (!model.pixelContexts(above, lines, x, contexts)) {
        for (let component = 0; component < components; component++) {
          const upper = above[component];
          const line = lines[component];
          line[x] = this.#readSample(bits, contexts[component], predict(line[x - 1], upper[x], upper[x - 1]));
        }
        x++;
        continue;
      }
      const start = x;
      x += this.#readRun(bits, end - x, 0);
      for (const line of lines) line.fill(line[start - 1], start, x);
      if (x === end) break;
      for (let component = 0; component < components; component++) {
        const line = lines[component];
        line[x] = this.#readInterruption(bits, line[start - 1], above[component][x], 0, 0);
      }
      this.#shortenRuns(0);
      x++;
    }
    bits.endLine();
  }

  /** A sample in regular mode (ITU-T T.87, A.4 to A.6). */
  #readSample(bits: BitSource, signedContext: number, predicted: number): number {
    const model = this.#model;
    const at = 4 * Math.abs(signedContext);
    const bias = model.regular[at + 2];
    const prediction = model.clamp(signedContext < 0 ? predicted - bias : predicted + bias);
    const k = model.golombParameter(at);
    const mapped = bits.readGolomb(k, model.longestPrefix, model.errorBits);
    if (mapped > model.largestMapped) throw corrupt("the JPEG-LS scan has an error that is too large");
    let error = (mapped >>> 1) ^ -(mapped & 1);
    if (k === 0 && model.isInverted(at)) error = ~error;
    model.update(at, error);
    return model.reconstruct(prediction, signedContext < 0 ? -error : error);
  }

  /** The length of a run, at most `most` (ITU-T T.87, A.7.1). */
  #readRun(bits: BitSource, most: number, component: number): number {
    let index = this.#runIndexes[component];
    let length = 0;
    while (length < most && bits.read(1) === 1) {
      length += 1 << runOrders[index];
      if (length <= most && index < LAST_RUN_INDEX) index++;
      if (length >= most) {
        this.#runIndexes[component] = index;
        return most;
      }
    }
    this.#runIndexes[component] = index;
    length += bits.read(runOrders[index]);
    if (length > most) throw corrupt("the JPEG-LS scan has a run beyond the end of a line");
    return length;
  }

  /** The sample that ends a run (ITU-T T.87, A.7.2), of type 1 where `left` and `above` are alike. */
  #readInterruption(bits: BitSource, left: number, above: number, type: number, component: number): number {
    const model = this.#model;
    const k = model.interruptionParameter(type);
    const longestPrefix = model.longestPrefix - runOrders[this.#runIndexes[component]] - 1;
    const mapped = bits.readGolomb(k, longestPrefix, model.errorBits);
    if (mapped > model.largestMapped) throw corrupt("the JPEG-LS scan has an error that is too large");
    const odd = (mapped + type) & 1;
    const magnitude = (mapped + type + odd) >> 1;
    const error = (odd === 1) !== model.interruptionIsInverted(type, k) ? -magnitude : magnitude;
    model.updateInterruption(type, error, mapped);
    if (type === 1) return model.reconstruct(left, error);
    return model.reconstruct(above, above < left ? -error : error);
  }

  #shortenRuns(component: number): void {
    if (this.#runIndexes[component] > 0) this.#runIndexes[component]--;
  }
}
