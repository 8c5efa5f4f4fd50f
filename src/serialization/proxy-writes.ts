/** Changing arrays that stay in their file: elements are set, appended and cut off. */

import { describeValue } from "../arguments/describe-value.js";
import type { Dataset, ElementSelection } from "../format/index.js";
import { slice } from "../format/index.js";
import { broadcast, countOf } from "./broadcast.js";
import { lookingAt, messageOf } from "./errors.js";
import { writtenArea } from "./growth.js";
import type { ProxySelection } from "./proxy-selection.js";
import { elementSelection } from "./proxy-selection.js";
import type { ProxyType } from "./proxy-type.js";
import { errorAt } from "./serialize.js";
import type { Task } from "./task.js";
import { step } from "./task.js";

/** An array in a file. */
export interface StoredArray {
  readonly dataset: Dataset;
  readonly type: ProxyType;
}

const fixedRank = "the number of its axes never changes; assign an array that has one, such as ndarray([value])";

/** @throws HDF5Error `invalid-argument` for a dataset without axes */
export function requireAxes(dataset: Dataset, consequence: string): void {
  if (dataset.ndim === 0) throw refusal(dataset, `a dataset without axes ${consequence}`);
}

function refusal(dataset: Dataset, message: string): Error {
  return errorAt("invalid-argument", dataset.path ?? "", message);
}

/** Overwrites the selected elements; the array grows for those beyond its end. */
export function* setElements({ dataset, type }: StoredArray, value: unknown, given: ProxySelection): Task<void> {
  const { elements, attributes } = type.elements(value);
  const shape = dataset.shape ?? [];
  const area = lookingAt(() => writtenArea(elementSelection(given, shape.length), shape, dataset.maxShape ?? []));
  const { selection, required, result } = area;
  requireRoom(dataset, required);
  const filling = result === null ? elements : filled(dataset, elements, result);
  const isLarger = required.some((extent, axis) => extent > shape[axis]);
  yield* type.change({ selection, rows: required[0] ?? 0, attributes }, () =>
    isLarger ? growAndWrite(dataset, required, filling, selection) : write(dataset, filling, selection),
  );
}

function filled(dataset: Dataset, elements: unknown, shape: readonly number[]): unknown {
  try {
    return broadcast(elements, shape, dataset.dtype);
  } catch (error) {
    throw refusal(dataset, messageOf(error));
  }
}

function requireRoom(dataset: Dataset, required: readonly number[]): void {
  const axis = required.findIndex((extent, at) => extent > (dataset.maxShape?.[at] ?? Number.POSITIVE_INFINITY));
  if (axis < 0) return;
  const most = dataset.maxShape?.[axis];
  const advice = axis === 0 ? "" : "; a property says with maxShape how far its arrays can grow";
  throw refusal(
    dataset,
    `the selection needs ${required[axis]} indices of axis ${axis}, which has at most ${most}${advice}`,
  );
}

/** Adds elements at the end of an axis. */
export function* appendElements({ dataset, type }: StoredArray, value: unknown, axis: number): Task<void> {
  requireAxes(dataset, `cannot be appended to: ${fixedRank}`);
  const { elements, attributes } = type.elements(value);
  const options = { axis };
  const append = (): Task<void> =>
    step(
      () => dataset.appendSync(elements, options),
      () => dataset.append(elements, options),
    );
  if (!type.hasRowAttributes) return yield* append();
  const before = dataset.shape?.[0] ?? 0;
  const rows = axis === 0 ? before + (countOf(elements, dataset.dtype) ?? 1) : before;
  yield* type.change({ selection: [slice(before, rows)], rows, attributes }, append);
}

/** Changes the shape, or the length of the first axis. */
export function* resizeArray({ dataset, type }: StoredArray, shape: number | readonly number[]): Task<void> {
  requireAxes(dataset, `cannot be resized: ${fixedRank}`);
  const before = dataset.shape ?? [];
  const wanted = typeof shape === "number" ? [shape, ...before.slice(1)] : shape;
  if (!lookingAt(() => Array.isArray(wanted) && wanted.every((extent) => typeof extent === "number"))) {
    const what = describeValue(shape);
    throw refusal(dataset, `a shape is an array of sizes, or the length of the first axis, not ${what}`);
  }
  if (wanted.length !== before.length) {
    const shapes = `[${before.join(", ")}] to [${wanted.join(", ")}]`;
    throw refusal(dataset, `the number of axes of a dataset never changes: ${shapes}`);
  }
  requireRoom(dataset, wanted);
  const resized = { selection: [slice(0, 0)], rows: wanted[0], attributes: {} };
  yield* type.change(resized, () => setShape(dataset, wanted));
}

/** Grows the array for what is written beyond its end; it is as before when that fails. */
function* growAndWrite(
  dataset: Dataset,
  required: readonly number[],
  elements: unknown,
  selection: ElementSelection,
): Task<void> {
  const shape = dataset.shape ?? [];
  yield* setShape(dataset, required);
  try {
    yield* write(dataset, elements, selection);
  } catch (error) {
    yield* setShape(dataset, shape, "always");
    throw error;
  }
}

/** Writes elements of the array as it is. */
export function* write(dataset: Dataset, value: unknown, selection: ElementSelection): Task<void> {
  yield* step(
    () => dataset.writeSync(value, selection),
    () => dataset.write(value, selection),
  );
}

function* setShape(dataset: Dataset, shape: readonly number[], when?: "always"): Task<void> {
  yield* step(
    () => dataset.resizeSync(shape),
    () => dataset.resize(shape),
    when,
  );
}
