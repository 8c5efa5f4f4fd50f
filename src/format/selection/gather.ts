import { HDF5Error } from "../errors.js";
import { copyBox } from "./copy.js";
import type { ResolvedSelection } from "./selection.js";

/**
 * Runs of elements in a source and in the result, both in row-major order; the sources are in ascending order, but for
 * repeated indices, with which they begin again.
 */
export interface GatherRuns {
  /** First element of each run in the source. */
  readonly source: Float64Array;
  /** First element of each run in the result. */
  readonly target: Float64Array;
  /** Elements of every run. */
  readonly length: number;
}

/** What is taken from one cell of a grid. */
export interface GatherPart {
  /** Coordinates of the cell, in units of cells. */
  readonly scaled: readonly number[];
  /** Runs within the cell; made anew at each call. */
  runs(): GatherRuns;
}

/** A regular part of a {@link Gather}, with the bytes of its elements. */
export interface GatherPiece {
  readonly selection: ResolvedSelection;
  readonly bytes: Uint8Array;
}

/** A selection that is no regular hyperslab, applied to a shape. */
export interface Gather {
  readonly shape: readonly number[];
  readonly resultShape: readonly number[];
  readonly elementCount: number;
  /** Smallest index of each axis; meaningless without elements. */
  readonly low: readonly number[];
  /** Largest index of each axis, inclusive; meaningless without elements. */
  readonly high: readonly number[];
  /** What is taken from each cell of a grid of `cell` elements that begins at `origin`; each cell comes once. */
  parts(cell: readonly number[], origin: readonly number[]): Iterable<GatherPart>;
  /** The same elements as regular selections, for writing `bytes`, which are in the order of the result. */
  pieces(bytes: Uint8Array, elementSize: number): Iterable<GatherPiece>;
}

/** The selected indices of one axis in ascending order, and where they go. */
export interface GatherAxis {
  readonly indices: Float64Array;
  readonly positions: Float64Array;
}

/** Indices `[from, to)` of an axis that lie in one cell. */
interface AxisCell {
  readonly scaled: number;
  readonly from: number;
  readonly to: number;
  /** Whether both indices and positions ascend one by one. */
  readonly consecutive: boolean;
}

function isConsecutive({ indices, positions }: GatherAxis, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at++) {
    if (indices[at] !== indices[at - 1] + 1 || positions[at] !== positions[at - 1] + 1) return false;
  }
  return true;
}

function cellsOf(axis: GatherAxis, size: number, origin: number): AxisCell[] {
  const { indices } = axis;
  const cells: AxisCell[] = [];
  let from = 0;
  while (from < indices.length) {
    const scaled = Math.floor((indices[from] - origin) / size);
    const end = (scaled + 1) * size + origin;
    let to = from + 1;
    while (to < indices.length && indices[to] < end) to++;
    cells.push({ scaled, from, to, consecutive: isConsecutive(axis, from, to) });
    from = to;
  }
  return cells;
}

function gridStrides(extents: readonly number[]): number[] {
  const strides = new Array<number>(extents.length);
  let stride = 1;
  for (let axis = extents.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= extents[axis];
  }
  return strides;
}

/** Advances `at` to the next combination below `counts`; false after the last. */
function advance(at: number[], counts: readonly number[]): boolean {
  for (let axis = at.length - 1; axis >= 0; axis--) {
    if (++at[axis] < counts[axis]) return true;
    at[axis] = 0;
  }
  return false;
}

/** The outer product of indices of each axis. */
export class OrthogonalGather implements Gather {
  readonly shape: readonly number[];
  readonly resultShape: readonly number[];
  readonly elementCount: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly #axes: readonly GatherAxis[];
  /** Indices per axis, dropped axes included. */
  readonly #counts: readonly number[];

  constructor(shape: readonly number[], axes: readonly GatherAxis[], resultShape: readonly number[]) {
    this.shape = shape;
    this.#axes = axes;
    this.#counts = axes.map(({ indices }) => indices.length);
    this.resultShape = resultShape;
    this.elementCount = this.#counts.includes(0) ? 0 : this.#counts.reduce((product, count) => product * count, 1);
    this.low = axes.map(({ indices }) => indices[0] ?? 0);
    this.high = axes.map(({ indices }) => indices[indices.length - 1] ?? 0);
  }

  *parts(cell: readonly number[], origin: readonly number[]): Generator<GatherPart, void, undefined> {
    if (this.elementCount === 0) return;
    const cells = this.#axes.map((axis, number) => cellsOf(axis, cell[number], origin[number]));
    const counts = cells.map((list) => list.length);
    const at = counts.map(() => 0);
    do {
      const chosen = at.map((index, axis) => cells[axis][index]);
      yield { scaled: chosen.map(({ scaled }) => scaled), runs: () => this.#runs(chosen, cell, origin) };
    } while (advance(at, counts));
  }

  #runs(chosen: readonly AxisCell[], cell: readonly number[], origin: readonly number[]): GatherRuns {
    const sourceStrides = gridStrides(cell);
    const targetStrides = gridStrides(this.#counts);
    let length = 1;
    // Axes from this one on are part of each run.
    let inner = chosen.length;
    while (inner > 0 && chosen[inner - 1].consecutive) {
      inner--;
      const count = chosen[inner].to - chosen[inner].from;
      length *= count;
      if (count !== cell[inner] || count !== this.#counts[inner]) break;
    }
    const counts = chosen.slice(0, inner).map(({ from, to }) => to - from);
    let source: Float64Array = new Float64Array(1);
    let target: Float64Array = new Float64Array(1);
    for (let axis = 0; axis < chosen.length; axis++) {
      const { from, scaled } = chosen[axis];
      const { indices, positions } = this.#axes[axis];
      const first = scaled * cell[axis] + origin[axis];
      if (axis >= inner) {
        shift(source, (indices[from] - first) * sourceStrides[axis]);
        shift(target, positions[from] * targetStrides[axis]);
        continue;
      }
      source = outerSum(source, indices, from, counts[axis], first, sourceStrides[axis]);
      target = outerSum(target, positions, from, counts[axis], 0, targetStrides[axis]);
    }
    return { source, target, length };
  }

  *pieces(bytes: Uint8Array, elementSize: number): Generator<GatherPiece, void, undefined> {
    if (this.elementCount === 0) return;
    const runs = this.#axes.map(consecutiveRuns);
    const counts = runs.map((list) => list.length);
    const at = counts.map(() => 0);
    const unit = counts.map(() => 1);
    const zero = counts.map(() => 0);
    do {
      const chosen = at.map((index, axis) => runs[axis][index]);
      const count = chosen.map((run) => run.count);
      const elementCount = count.reduce((product, extent) => product * extent, 1);
      const piece = new Uint8Array(elementCount * elementSize);
      const positions = chosen.map(({ position }) => position);
      copyBox(bytes, this.#counts, positions, unit, piece, count, zero, unit, count, elementSize);
      const start = chosen.map(({ index }) => index);
      yield { selection: regular(this.shape, start, count, elementCount), bytes: piece };
    } while (advance(at, counts));
  }
}

function shift(values: Float64Array, by: number): void {
  for (let index = 0; index < values.length; index++) values[index] += by;
}

/** Every `base` plus every `(values[from + k] - first) * stride`, the latter varying fastest. */
function outerSum(
  base: Float64Array,
  values: Float64Array,
  from: number,
  count: number,
  first: number,
  stride: number,
): Float64Array {
  const sums = new Float64Array(base.length * count);
  let at = 0;
  for (let index = 0; index < base.length; index++) {
    for (let value = 0; value < count; value++) {
      sums[at++] = base[index] + (values[from + value] - first) * stride;
    }
  }
  return sums;
}

/** Indices that ascend one by one together with their positions. */
interface ConsecutiveRun {
  readonly index: number;
  readonly position: number;
  readonly count: number;
}

function consecutiveRuns({ indices, positions }: GatherAxis): ConsecutiveRun[] {
  const runs: ConsecutiveRun[] = [];
  let from = 0;
  for (let at = 1; at <= indices.length; at++) {
    const goesOn =
      at < indices.length && indices[at] === indices[at - 1] + 1 && positions[at] === positions[at - 1] + 1;
    if (goesOn) continue;
    runs.push({ index: indices[from], position: positions[from], count: at - from });
    from = at;
  }
  return runs;
}

function regular(
  shape: readonly number[],
  start: readonly number[],
  count: readonly number[],
  elementCount: number,
): ResolvedSelection {
  return { shape, start, count, step: start.map(() => 1), resultShape: count, elementCount, scalar: false };
}

/** Points by the cells of a grid. */
interface PointGrouping {
  readonly grid: string;
  /** Number of the cell of each point. */
  readonly numbers: Float64Array;
  /** Number of the element within the cell. */
  readonly within: Float64Array;
  /** The points in ascending order of both. */
  readonly order: Uint32Array;
}

function runsOf({ within, order }: PointGrouping, from: number, to: number): GatherRuns {
  const source = new Float64Array(to - from);
  const target = new Float64Array(to - from);
  for (let at = from; at < to; at++) {
    source[at - from] = within[order[at]];
    target[at - from] = order[at];
  }
  return { source, target, length: 1 };
}

/** Separate elements. */
export class PointsGather implements Gather {
  readonly shape: readonly number[];
  readonly resultShape: readonly number[];
  readonly elementCount: number;
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Coordinates, point after point; within the shape. */
  readonly #coordinates: Float64Array;
  #grouping: PointGrouping | null = null;

  constructor(shape: readonly number[], coordinates: Float64Array, count: number) {
    this.shape = shape;
    this.#coordinates = coordinates;
    this.elementCount = count;
    this.resultShape = [count];
    const rank = shape.length;
    const low = shape.map((extent) => Math.max(extent - 1, 0));
    const high = shape.map(() => 0);
    for (let at = 0; at < coordinates.length; at++) {
      const axis = at % rank;
      if (coordinates[at] < low[axis]) low[axis] = coordinates[at];
      if (coordinates[at] > high[axis]) high[axis] = coordinates[at];
    }
    this.low = low;
    this.high = high;
  }

  *parts(cell: readonly number[], origin: readonly number[]): Generator<GatherPart, void, undefined> {
    const count = this.elementCount;
    const rank = cell.length;
    const grouping = this.#grouped(cell, origin);
    const { numbers, order } = grouping;
    for (let from = 0; from < count; ) {
      const first = order[from];
      const start = from;
      let to = from + 1;
      while (to < count && numbers[order[to]] === numbers[first]) to++;
      const scaled = cell.map((extent, axis) =>
        Math.floor((this.#coordinates[first * rank + axis] - origin[axis]) / extent),
      );
      yield { scaled, runs: () => runsOf(grouping, start, to) };
      from = to;
    }
  }

  /** The points by cell; kept, since the parts are gone through more than once. */
  #grouped(cell: readonly number[], origin: readonly number[]): PointGrouping {
    const grid = `${cell.join()} ${origin.join()}`;
    if (this.#grouping?.grid !== grid) this.#grouping = this.#group(grid, cell, origin);
    return this.#grouping;
  }

  #group(grid: string, cell: readonly number[], origin: readonly number[]): PointGrouping {
    const count = this.elementCount;
    const rank = cell.length;
    const coordinates = this.#coordinates;
    const cells = cell.map((extent, axis) => Math.floor((this.high[axis] - origin[axis]) / extent) + 1);
    if (cells.reduce((product, extent) => product * extent, 1) > Number.MAX_SAFE_INTEGER) {
      throw new HDF5Error("limit", "the points lie too far apart to be read at once; read them in parts");
    }
    const extent = cell.reduce((product, length) => product * length, 1);
    const numbers = new Float64Array(count);
    const within = new Float64Array(count);
    for (let point = 0, at = 0; point < count; point++) {
      let number = 0;
      let element = 0;
      for (let axis = 0; axis < rank; axis++) {
        const index = coordinates[at++] - origin[axis];
        const scaled = Math.floor(index / cell[axis]);
        number = number * cells[axis] + scaled;
        element = element * cell[axis] + (index - scaled * cell[axis]);
      }
      numbers[point] = number;
      within[point] = element;
    }
    return { grid, numbers, within, order: ascending(numbers, within, extent) };
  }

  *pieces(bytes: Uint8Array, elementSize: number): Generator<GatherPiece, void, undefined> {
    const rank = this.shape.length;
    const count = this.shape.map(() => 1);
    for (let point = 0; point < this.elementCount; point++) {
      const start = Array.from(this.#coordinates.subarray(point * rank, (point + 1) * rank));
      const element = bytes.slice(point * elementSize, (point + 1) * elementSize);
      yield { selection: regular(this.shape, start, count, 1), bytes: element };
    }
  }
}

/** The permutation that sorts by the first and then by the second keys, which are below `extent`; stable. */
function ascending(first: Float64Array, second: Float64Array, extent: number): Uint32Array {
  const count = first.length;
  const order = new Uint32Array(count);
  let sorted = true;
  let largest = 0;
  for (let at = 0; at < count; at++) {
    order[at] = at;
    if (first[at] > largest) largest = first[at];
    sorted &&= at === 0 || first[at] > first[at - 1] || (first[at] === first[at - 1] && second[at] >= second[at - 1]);
  }
  if (sorted) return order;
  if ((largest + 1) * extent * count > Number.MAX_SAFE_INTEGER) {
    return order.sort((a, b) => first[a] - first[b] || second[a] - second[b] || a - b);
  }
  // One number holds both keys and the place: numbers are sorted far faster than by a comparison.
  const packed = new Float64Array(count);
  for (let at = 0; at < count; at++) packed[at] = (first[at] * extent + second[at]) * count + at;
  packed.sort();
  for (let at = 0; at < count; at++) order[at] = packed[at] % count;
  return order;
}
