/** Rows of arrays: whether they are those of a file, and some of them as an array. */

import type { NDArray } from "../format/index.js";
import { ComplexArray } from "../format/index.js";
import { toNDArray } from "./array-input.js";

type Numbers = Exclude<ReturnType<typeof numbersOf>, null>;

/** Rows that are this near to each other are written together. */
const nearRows = 16;

/** The numbers of an array, two for each complex one, or its strings; `null` for other elements. */
function numbersOf(data: unknown): (ArrayBufferView & { readonly length: number }) | readonly string[] | null {
  if (data instanceof ComplexArray) return data.data;
  if (ArrayBuffer.isView(data) && "length" in data) return data as ArrayBufferView & { readonly length: number };
  return Array.isArray(data) && data.every((item) => typeof item === "string") ? (data as readonly string[]) : null;
}

/** Whether rows of an array can be told apart and taken out: it lies in memory row by row. */
export function hasPlainRows({ data, shape, stride }: NDArray): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] > 1 && stride[axis] !== step) return false;
    step *= shape[axis];
  }
  const numbers = numbersOf(data);
  if (numbers === null) return false;
  return numbers.length === step * (data instanceof ComplexArray ? 2 : 1);
}

/** Rows `from` to `to` of an array that {@link hasPlainRows}. */
export function rowsOf(array: NDArray, from: number, to: number): NDArray {
  const { data, shape, dtype } = array;
  const row = shape.slice(1).reduce((product, extent) => product * extent, 1);
  const slice = (values: unknown, each: number): unknown =>
    Array.isArray(values)
      ? values.slice(from * each, to * each)
      : (values as { subarray(start: number, stop: number): unknown }).subarray(from * each, to * each);
  const part =
    data instanceof ComplexArray ? new ComplexArray(slice(data.data, 2 * row) as Float64Array) : slice(data, row);
  const rows = toNDArray(part as Float64Array);
  return { ...rows, shape: [to - from, ...shape.slice(1)], stride: array.stride, dtype } as NDArray;
}

/**
 * The runs of rows in which an array differs from what is stored of it from row `start` on: their first row and the one
 * after the last.
 */
export function differingRows(array: NDArray, start: number, stored: NDArray): readonly (readonly [number, number])[] {
  const [rows] = stored.shape;
  const ours = numbersOf(rowsOf(array, start, start + rows).data);
  const theirs = numbersOf(stored.data);
  if (ours === null || theirs === null || ours.length !== theirs.length) return [[start, start + rows]];
  const [left, right] = comparable(ours, theirs);
  const width = left.length / rows;
  const runs: [number, number][] = [];
  for (let at = 0; at < left.length; at++) {
    if (left[at] === right[at]) continue;
    const row = Math.floor(at / width);
    const last = runs.at(-1);
    if (last !== undefined && start + row - last[1] < nearRows) last[1] = start + row + 1;
    else runs.push([start + row, start + row + 1]);
    // The rest of the row is written anyway.
    at = (row + 1) * width - 1;
  }
  return runs;
}

/** As integers of up to four bytes: NaN equals NaN, and 0 is not −0. */
function comparable(left: Numbers, right: Numbers): readonly [ArrayLike<unknown>, ArrayLike<unknown>] {
  if (!ArrayBuffer.isView(left) || !ArrayBuffer.isView(right)) {
    return [left as readonly string[], right as readonly string[]];
  }
  const fits = [left, right].every(({ byteOffset, byteLength }) => byteOffset % 4 === 0 && byteLength % 4 === 0);
  const isWide = fits && left.byteLength % (4 * left.length) === 0;
  const view = ({ buffer, byteOffset, byteLength }: ArrayBufferView): ArrayLike<number> =>
    isWide ? new Int32Array(buffer, byteOffset, byteLength / 4) : new Uint8Array(buffer, byteOffset, byteLength);
  return [view(left), view(right)];
}
