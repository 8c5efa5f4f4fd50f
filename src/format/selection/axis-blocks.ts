import type { BlocksSelection, EncodedSelection } from "./encoded-selection.js";

/** The selected indices of one axis: `count` blocks of `block` indices, `stride` apart; `null` is unlimited. */
export interface AxisBlocks {
  readonly start: number;
  readonly stride: number;
  readonly count: number | null;
  readonly block: number | null;
}

/** The same, limited. */
export interface BoundedAxis extends AxisBlocks {
  readonly count: number;
  readonly block: number;
  /** Number of selected indices; may be less than `count * block`, whose last ones are then left out. */
  readonly length: number;
}

/** Whether an axis goes on without end. */
export function isUnlimited(axis: AxisBlocks): boolean {
  return axis.count === null || axis.block === null;
}

/**
 * A selection as one product of axes, or `null` where it is none: separate points, or a union of blocks that do not
 * form a grid. `dimensions` are those that "all" stands for.
 */
export function axesOf(selection: EncodedSelection, dimensions: readonly number[]): AxisBlocks[] | null {
  switch (selection.kind) {
    case "all":
      return dimensions.map((extent) => ({ start: 0, stride: Math.max(extent, 1), count: 1, block: extent }));
    case "hyperslab":
      return selection.start.map((start, axis) => ({
        start,
        stride: selection.stride[axis],
        count: selection.count[axis],
        block: selection.block[axis],
      }));
    case "blocks":
      return gridOf(selection);
    case "none":
    case "points":
      return null;
  }
}

/** The axes of equal blocks at all points of a regular grid. */
function gridOf({ rank, bounds }: BlocksSelection): AxisBlocks[] | null {
  const blocks = bounds.length / (2 * rank);
  if (blocks === 0) return null;
  const axes: AxisBlocks[] = [];
  let points = 1;
  for (let axis = 0; axis < rank; axis++) {
    const block = bounds[rank + axis] - bounds[axis] + 1;
    const starts = new Set<number>();
    for (let at = axis; at < bounds.length; at += 2 * rank) {
      if (bounds[at + rank] - bounds[at] + 1 !== block) return null;
      starts.add(bounds[at]);
    }
    const sorted = [...starts].sort((a, b) => a - b);
    const stride = sorted.length > 1 ? sorted[1] - sorted[0] : block;
    if (stride < block || sorted.some((start, index) => start !== sorted[0] + index * stride)) return null;
    axes.push({ start: sorted[0], stride, count: sorted.length, block });
    points *= sorted.length;
  }
  if (points !== blocks) return null;
  const seen = new Set<number>();
  for (let at = 0; at < bounds.length; at += 2 * rank) {
    let number = 0;
    for (let axis = 0; axis < rank; axis++) {
      const { start, stride, count } = axes[axis];
      number = number * (count ?? 1) + (bounds[at + axis] - start) / stride;
    }
    seen.add(number);
  }
  return seen.size === blocks ? axes : null;
}

/** How many indices an axis selects below `extent`. */
export function lengthWithin(axis: AxisBlocks, extent: number): number {
  const { start, stride, count, block } = axis;
  if (extent <= start) return 0;
  const reach = extent - start;
  if (block === null) return reach;
  const whole = Math.floor(reach / stride);
  const most = whole * block + Math.min(reach - whole * stride, block);
  return count === null ? most : Math.min(most, count * block);
}

/** An axis of which only the first `length` selected indices are meant. */
export function boundAxis(axis: AxisBlocks, length: number): BoundedAxis {
  const { start, stride, block } = axis;
  if (block === null) return { start, stride: Math.max(length, 1), count: 1, block: length, length };
  // Blocks that touch are one.
  if (block === stride || length <= block)
    return { start, stride: Math.max(length, 1), count: 1, block: length, length };
  return { start, stride, count: block === 0 ? 0 : Math.ceil(length / block), block, length };
}

/** All selected indices of a limited axis. */
export function wholeAxis(axis: AxisBlocks): BoundedAxis {
  return boundAxis(axis, (axis.count ?? 0) * (axis.block ?? 0));
}

/** The index at a position among those selected. */
export function indexAt(axis: BoundedAxis, position: number): number {
  if (axis.count <= 1) return axis.start + position;
  const number = Math.floor(position / axis.block);
  return axis.start + number * axis.stride + (position - number * axis.block);
}

/** The first position whose index is at least `index`. */
export function positionFrom(axis: BoundedAxis, index: number): number {
  if (index <= axis.start) return 0;
  if (axis.count <= 1) return Math.min(index - axis.start, axis.length);
  const number = Math.floor((index - axis.start) / axis.stride);
  const within = index - axis.start - number * axis.stride;
  return Math.min(number * axis.block + Math.min(within, axis.block), axis.length);
}

/** Indices of a result and of a source, both in even steps, that belong together. */
export interface AxisRun {
  readonly target: number;
  readonly targetStep: number;
  readonly source: number;
  readonly sourceStep: number;
  readonly count: number;
}

/** A request for some indices of an axis. */
export interface AxisRequest {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/**
 * What a request takes of a mapping that moves the selected indices of `from` to those of `to`, one after another:
 * positions in the request's result, and indices of `to`.
 */
export function axisRuns(request: AxisRequest, from: BoundedAxis, to: BoundedAxis): AxisRun[] {
  const { start, step, count } = request;
  if (count === 0 || from.length === 0) return [];
  const first = positionFrom(from, start);
  const end = positionFrom(from, start + (count - 1) * step + 1);
  if (first >= end) return [];
  if (from.count <= 1 && to.count <= 1) return simpleRun(request, from, to);
  const runs = new RunCollector();
  const low = Math.ceil((indexAt(from, first) - start) / step);
  const high = Math.floor((indexAt(from, end - 1) - start) / step);
  if (end - first <= high - low + 1) {
    for (let position = first; position < end; position++) {
      const offset = indexAt(from, position) - start;
      if (offset % step === 0) runs.add(offset / step, indexAt(to, position));
    }
  } else {
    for (let result = low; result <= high; result++) {
      const index = start + result * step;
      const position = positionFrom(from, index);
      if (position < end && indexAt(from, position) === index) runs.add(result, indexAt(to, position));
    }
  }
  return runs.finish();
}

/** {@link axisRuns} of one block each. */
function simpleRun({ start, step, count }: AxisRequest, from: BoundedAxis, to: BoundedAxis): AxisRun[] {
  const low = Math.max(0, Math.ceil((from.start - start) / step));
  const high = Math.min(count - 1, Math.floor((from.start + from.length - 1 - start) / step));
  if (high < low) return [];
  const source = to.start + start + low * step - from.start;
  return [{ target: low, targetStep: 1, source, sourceStep: step, count: high - low + 1 }];
}

/** Joins pairs of indices to runs of even steps. */
class RunCollector {
  readonly #runs: AxisRun[] = [];
  #target = 0;
  #source = 0;
  #targetStep = 1;
  #sourceStep = 1;
  #count = 0;

  add(target: number, source: number): void {
    if (this.#count === 1) {
      // A source is read in ascending order.
      if (source > this.#source) {
        this.#targetStep = target - this.#target;
        this.#sourceStep = source - this.#source;
        this.#count = 2;
        return;
      }
    } else if (
      this.#count > 1 &&
      target === this.#target + this.#count * this.#targetStep &&
      source === this.#source + this.#count * this.#sourceStep
    ) {
      this.#count++;
      return;
    }
    this.#end();
    this.#target = target;
    this.#source = source;
    this.#count = 1;
  }

  #end(): void {
    if (this.#count === 0) return;
    const single = this.#count === 1;
    this.#runs.push({
      target: this.#target,
      targetStep: single ? 1 : this.#targetStep,
      source: this.#source,
      sourceStep: single ? 1 : this.#sourceStep,
      count: this.#count,
    });
    this.#count = 0;
  }

  finish(): AxisRun[] {
    this.#end();
    return this.#runs;
  }
}
