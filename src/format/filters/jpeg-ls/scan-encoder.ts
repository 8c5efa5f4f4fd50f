import type { BitSink } from "./bit-sink.js";
import { ContextModel, LAST_RUN_INDEX, predict, runOrders } from "./context-model.js";
import type { Line } from "./line.js";
import { extendEdges } from "./line.js";
import type { CodingParameters } from "./parameters.js";

/** Encodes the lines of a scan, and puts what a decoder makes of them in their place. */
export class ScanEncoder {
  readonly #model: ContextModel;
  readonly #runIndexes: number[];
  readonly #limit: number;

  constructor(parameters: CodingParameters, components: number) {
    this.#model = new ContextModel(parameters);
    this.#runIndexes = new Array<number>(components).fill(0);
    this.#limit = parameters.limit;
  }

  /** Bytes that a line of as many samples never exceeds: a code word and a bit of a run each, one bit in 8 stuffed. */
  mostBytes(samples: number): number {
    return Math.ceil((samples * (this.#limit + 1)) / 7) + 8;
  }

  /** Encodes one line of the component with number `component` in the scan. */
  encodeLine(bits: BitSink, above: Line, line: Line, component: number): void {
    extendEdges(above, line);
    const model = this.#model;
    const { regions, maximum, near } = model;
    const end = line.length - 1;
    for (let x = 1; x < end; ) {
      const left = line[x - 1];
      const aboveLeft = above[x - 1];
      const overhead = above[x];
      const context =
        81 * regions[above[x + 1] - overhead + maximum] +
        9 * regions[overhead - aboveLeft + maximum] +
        regions[aboveLeft - left + maximum];
      if (context !== 0) {
        line[x] = this.#writeSample(bits, context, predict(left, overhead, aboveLeft), line[x]);
        x++;
        continue;
      }
      const start = x;
      while (x < end && Math.abs(line[x] - left) <= near) line[x++] = left;
      this.#writeRun(bits, x - start, x === end, component);
      if (x === end) break;
      const type = Math.abs(left - above[x]) <= near ? 1 : 0;
      line[x] = this.#writeInterruption(bits, left, above[x], type, line[x], component);
      this.#shortenRuns(component);
      x++;
    }
  }

  /** Encodes one line of pixels, whose components are interleaved by sample. */
  encodePixels(bits: BitSink, above: readonly Line[], lines: readonly Line[]): void {
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
          const predicted = predict(line[x - 1], upper[x], upper[x - 1]);
          line[x] = this.#writeSample(bits, contexts[component], predicted, line[x]);
        }
        x++;
        continue;
      }
      const start = x;
      x = this.#flatUntil(lines, x);
      this.#writeRun(bits, x - start, x === end, 0);
      if (x === end) break;
      for (let component = 0; component < components; component++) {
        const line = lines[component];
        line[x] = this.#writeInterruption(bits, line[x - 1], above[component][x], 0, line[x], 0);
      }
      this.#shortenRuns(0);
      x++;
    }
  }

  /** The end of the run of pixels like the one before `start`, which they become. */
  #flatUntil(lines: readonly Line[], start: number): number {
    const { near } = this.#model;
    const end = lines[0].length - 1;
    for (let x = start; x < end; x++) {
      for (const line of lines) if (Math.abs(line[x] - line[start - 1]) > near) return x;
      for (const line of lines) line[x] = line[start - 1];
    }
    return end;
  }

  /** Writes a sample in regular mode (ITU-T T.87, A.4 to A.6) and answers what it is decoded to. */
  #writeSample(bits: BitSink, signedContext: number, predicted: number, sample: number): number {
    const model = this.#model;
    const at = 4 * Math.abs(signedContext);
    const sign = signedContext < 0 ? -1 : 1;
    const prediction = model.clamp(predicted + sign * model.regular[at + 2]);
    const k = model.golombParameter(at);
    const error = model.quantizeError(sign * (sample - prediction));
    const coded = k === 0 && model.isInverted(at) ? ~error : error;
    bits.writeGolomb(coded < 0 ? -2 * coded - 1 : 2 * coded, k, model.longestPrefix, model.errorBits);
    model.update(at, error);
    return model.reconstruct(prediction, sign * error);
  }

  /** Writes the length of a run (ITU-T T.87, A.7.1). */
  #writeRun(bits: BitSink, length: number, endsLine: boolean, component: number): void {
    let index = this.#runIndexes[component];
    let left = length;
    while (left >= 1 << runOrders[index]) {
      bits.write(1, 1);
      left -= 1 << runOrders[index];
      if (index < LAST_RUN_INDEX) index++;
    }
    this.#runIndexes[component] = index;
    if (!endsLine) bits.write(left, runOrders[index] + 1);
    else if (left > 0) bits.write(1, 1);
  }

  /** Writes the sample that ends a run (ITU-T T.87, A.7.2), of type 1 where `left` and `above` are alike. */
  #writeInterruption(
    bits: BitSink,
    left: number,
    above: number,
    type: number,
    sample: number,
    component: number,
  ): number {
    const model = this.#model;
    const prediction = type === 1 ? left : above;
    const sign = type === 0 && above < left ? -1 : 1;
    const error = model.quantizeError(sign * (sample - prediction));
    const k = model.interruptionParameter(type);
    const inverted = model.interruptionIsInverted(type, k);
    const odd = error !== 0 && error < 0 !== inverted ? 1 : 0;
    const mapped = 2 * Math.abs(error) - type - odd;
    const longestPrefix = model.longestPrefix - runOrders[this.#runIndexes[component]] - 1;
    bits.writeGolomb(mapped, k, longestPrefix, model.errorBits);
    model.updateInterruption(type, error, mapped);
    return model.reconstruct(prediction, sign * error);
  }

  #shortenRuns(component: number): void {
    if (this.#runIndexes[component] > 0) this.#runIndexes[component]--;
  }
}
