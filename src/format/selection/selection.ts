import { HDF5Error, invalidArgument } from "../errors.js";

/** A range of one axis, made by {@link slice}. */
export interface Slice {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number | null;
}

/**
 * What part of an array is meant: one entry per axis, `null` for a whole axis, an integer to pick one index and drop
 * the axis. Axes that are not mentioned are whole.
 */
export type Selection = readonly (number | Slice | null)[] | null | undefined;

/** A selection applied to a shape: a regular hyperslab. */
export interface ResolvedSelection {
  /** The shape that the selection was applied to. */
  readonly shape: readonly number[];
  /** First index, per axis. */
  readonly start: readonly number[];
  /** Number of indices, per axis. */
  readonly count: readonly number[];
  /** Distance between indices, per axis; at least 1. */
  readonly step: readonly number[];
  /** `count` without the axes that integers dropped. */
  readonly resultShape: readonly number[];
  readonly elementCount: number;
  /** Whether every axis was picked by an integer, so that the result is a single value. */
  readonly scalar: boolean;
}

/** A selection for writing, which may reach past the end of the first axis. */
export interface GrowingSelection extends ResolvedSelection {
  /** The shape that the array must have; equal to `shape`, and different from the current one where it must grow. */
  readonly requiredShape: readonly number[];
}

/**
 * A range of indices of one axis, as in Python: `slice(stop)`, `slice(start, stop)` or `slice(start, stop, step)`.
 * `null` means "from the beginning" or "to the end", negative numbers count from the end, and ends beyond the axis
 * are clipped.
 */
export function slice(stop?: number | null): Slice;
export function slice(start: number | null, stop?: number | null, step?: number | null): Slice;
export function slice(start?: number | null, stop?: number | null, step?: number | null): Slice {
  if (stop === undefined && step === undefined) return { start: null, stop: start ?? null, step: null };
  return { start: start ?? null, stop: stop ?? null, step: step ?? null };
}

interface AxisRange {
  readonly start: number;
  readonly count: number;
  readonly step: number;
  readonly dropped: boolean;
}

function describe(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function requireInteger(value: unknown, what: string, axis: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw invalidArgument(`the ${what} of axis ${axis} must be an integer, not ${describe(value)}`);
  }
  return value;
}

function resolveIndex(value: number, axis: number, size: number, growing: boolean): AxisRange {
  const index = requireInteger(value, "index", axis);
  const start = index < 0 ? index + size : index;
  if (start < 0 || (start >= size && !growing)) {
    throw invalidArgument(`index ${index} is out of range for axis ${axis} of size ${size}`);
  }
  return { start, count: 1, step: 1, dropped: true };
}

function bound(value: unknown, what: string, axis: number, size: number, whenNull: number, growing: boolean): number {
  if (value === null || value === undefined) return whenNull;
  const index = requireInteger(value, what, axis);
  if (index < 0) return Math.max(index + size, 0);
  return growing ? index : Math.min(index, size);
}

function resolveSlice(entry: Slice, axis: number, size: number, growing: boolean): AxisRange {
  const step = entry.step === null || entry.step === undefined ? 1 : requireInteger(entry.step, "step", axis);
  if (step < 0) {
    throw invalidArgument(`the step of axis ${axis} is ${step}: negative steps are not available, reverse the result`);
  }
  if (step === 0) throw invalidArgument(`the step of axis ${axis} must be at least 1, not 0`);
  const start = bound(entry.start, "start", axis, size, 0, growing);
  const stop = bound(entry.stop, "stop", axis, size, size, growing);
  return { start, count: stop > start ? Math.floor((stop - start - 1) / step) + 1 : 0, step, dropped: false };
}

function resolveAxis(entry: unknown, axis: number, size: number, growing: boolean): AxisRange {
  if (entry === null || entry === undefined) return { start: 0, count: size, step: 1, dropped: false };
  if (typeof entry === "number") return resolveIndex(entry, axis, size, growing);
  if (typeof entry !== "object" || !("start" in entry && "stop" in entry && "step" in entry)) {
    throw invalidArgument(
      `axis ${axis} is selected by an integer, slice(…) or null, not ${Array.isArray(entry) ? "an array" : describe(entry)}`,
    );
  }
  return resolveSlice(entry as Slice, axis, size, growing);
}

function resolve(selection: Selection, shape: readonly number[], growing: boolean): ResolvedSelection {
  const entries: readonly unknown[] = selection ?? [];
  if (!Array.isArray(entries)) {
    throw invalidArgument(`a selection is an array with one entry per axis, not ${describe(selection)}`);
  }
  if (entries.length > shape.length) {
    throw invalidArgument(`the selection has ${entries.length} entries, the array has ${shape.length} axes`);
  }
  const start: number[] = [];
  const count: number[] = [];
  const step: number[] = [];
  const resultShape: number[] = [];
  let elementCount = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const range = resolveAxis(entries[axis], axis, shape[axis], growing && axis === 0);
    start.push(range.start);
    count.push(range.count);
    step.push(range.step);
    if (!range.dropped) resultShape.push(range.count);
    elementCount *= range.count;
  }
  // An axis of length 0 makes the product 0 even where the others overflow to infinity.
  if (count.includes(0)) elementCount = 0;
  if (elementCount > Number.MAX_SAFE_INTEGER) {
    throw new HDF5Error("limit", `the selection has more than ${Number.MAX_SAFE_INTEGER} elements`);
  }
  return { shape, start, count, step, resultShape, elementCount, scalar: resultShape.length === 0 };
}

/**
 * Applies `selection` to an array of `shape`.
 *
 * @throws HDF5Error `invalid-argument` for an index out of range, a negative step or what is no selection.
 */
export function resolveSelection(selection: Selection, shape: readonly number[]): ResolvedSelection {
  return resolve(selection, shape, false);
}

/**
 * Applies `selection` for writing: integers and slice ends of the first axis may lie beyond the current size, and the
 * result then says which shape is needed. Nothing grows for a selection without elements.
 *
 * @throws HDF5Error `invalid-argument` also where the maximum shape does not allow that.
 */
export function resolveSelectionGrowing(
  selection: Selection,
  shape: readonly number[],
  maxShape: readonly (number | null)[],
): GrowingSelection {
  const resolved = resolve(selection, shape, true);
  const requiredShape = shape.slice();
  if (shape.length > 0 && resolved.elementCount > 0) {
    const needed = resolved.start[0] + (resolved.count[0] - 1) * resolved.step[0] + 1;
    if (needed > shape[0]) {
      const most = maxShape[0];
      if (most !== null && needed > most) {
        throw invalidArgument(`axis 0 would need size ${needed}, its maximum is ${most}`);
      }
      requiredShape[0] = needed;
    }
  }
  return { ...resolved, shape: requiredShape, requiredShape };
}
