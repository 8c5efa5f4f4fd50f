import type { ElementData } from "../format/index.js";
import type { ElementFormat } from "./element-format.js";
import { elementAt } from "./element-format.js";
import type { Output } from "./output.js";

/** Longer rows are broken into lines of at most this many characters. */
const lineLength = 100;

/** Prints an array whose elements come in parts, in row-major order. */
export interface ArrayPrinter {
  /** Prints the next elements. */
  add(data: ElementData): Promise<void>;
  /** Prints what is left. */
  end(): void;
}

/** How many whole blocks of the axes from each axis on have begun or ended at an element. */
function blockSizes(shape: readonly number[]): number[] {
  const sizes = new Array<number>(shape.length);
  let size = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    size *= shape[axis];
    sizes[axis] = size;
  }
  return sizes;
}

/** Number of axes of which a block begins at an element, which is the number that end before the next such one. */
function boundaries(sizes: readonly number[], index: number): number {
  let axis = sizes.length;
  while (axis > 0 && index % sizes[axis - 1] === 0) axis--;
  return sizes.length - axis;
}

/** As JSON, without white space. */
export class JsonArrayPrinter implements ArrayPrinter {
  readonly #sizes: readonly number[];
  readonly #format: ElementFormat;
  readonly #output: Output;
  #index = 0;

  constructor(shape: readonly number[], format: ElementFormat, output: Output) {
    this.#sizes = blockSizes(shape);
    this.#format = format;
    this.#output = output;
  }

  async add(data: ElementData): Promise<void> {
    for (let index = 0; index < data.length; index++) {
      const begun = boundaries(this.#sizes, this.#index);
      const before = this.#index === 0 ? "" : `${"]".repeat(begun)},`;
      this.#output.write(before + "[".repeat(begun) + this.#format(elementAt(data, index)));
      this.#index++;
      if (this.#output.isFull) await this.#output.flush();
    }
  }

  end(): void {
    this.#output.write(this.#index === 0 ? "[]" : "]".repeat(this.#sizes.length));
  }
}

/** For people: a line for each run along the last axis, long runs over several lines; each record on its own line. */
export class TextArrayPrinter implements ArrayPrinter {
  readonly #sizes: readonly number[];
  readonly #runLength: number;
  readonly #isRecord: boolean;
  readonly #format: ElementFormat;
  readonly #output: Output;
  #index = 0;
  /** The run under way, or its line once it is broken. */
  #line: string[] = [];
  #lineLength = 0;
  #isBroken = false;

  constructor(shape: readonly number[], isRecord: boolean, format: ElementFormat, output: Output) {
    const sizes = blockSizes(shape);
    this.#isRecord = isRecord;
    this.#runLength = isRecord ? 1 : shape[shape.length - 1];
    this.#sizes = isRecord ? sizes : sizes.slice(0, -1);
    this.#format = format;
    this.#output = output;
  }

  async add(data: ElementData): Promise<void> {
    for (let index = 0; index < data.length; index++) {
      if (this.#index % this.#runLength === 0) this.#begin();
      this.#put(this.#format(elementAt(data, index)));
      this.#index++;
      if (this.#index % this.#runLength === 0) this.#endRun();
      if (this.#output.isFull) await this.#output.flush();
    }
  }

  end(): void {
    if (this.#index === 0) this.#output.write("[]");
    else this.#close(this.#sizes.length);
  }

  #indent(depth: number): string {
    return "  ".repeat(depth);
  }

  /** Ends the blocks that end before the run at hand, and begins those that begin with it. */
  #begin(): void {
    const depth = this.#sizes.length;
    const begun = boundaries(this.#sizes, this.#index);
    if (this.#index > 0) {
      this.#close(begun);
      this.#output.write(",\n");
    }
    for (let axis = depth - begun; axis < depth; axis++) this.#output.write(`${this.#indent(axis)}[\n`);
  }

  #close(blocks: number): void {
    const depth = this.#sizes.length;
    for (let axis = depth - 1; axis >= depth - blocks; axis--) this.#output.write(`\n${this.#indent(axis)}]`);
  }

  #put(text: string): void {
    const isFirst = this.#line.length === 0;
    if (!this.#isRecord && !isFirst && this.#lineLength + text.length + 2 > lineLength) this.#break();
    this.#line.push(text);
    this.#lineLength += text.length + 2;
  }

  /** Writes the line, which the run goes on after. */
  #break(): void {
    const indent = this.#indent(this.#sizes.length);
    if (!this.#isBroken) this.#output.write(`${indent}[\n`);
    this.#isBroken = true;
    this.#output.write(`${indent}  ${this.#line.join(", ")},\n`);
    this.#line = [];
    this.#lineLength = 0;
  }

  #endRun(): void {
    const indent = this.#indent(this.#sizes.length);
    const text = this.#line.join(", ");
    if (this.#isRecord) this.#output.write(indent + text);
    else this.#output.write(this.#isBroken ? `${indent}  ${text}\n${indent}]` : `${indent}[${text}]`);
    this.#line = [];
    this.#lineLength = 0;
    this.#isBroken = false;
  }
}
