/** How far the first axis must grow for a selection to be written. */

import type { Selection, Slice } from "../format/index.js";
import { isArrayInput, isFlatArray, toNDArray } from "./array-input.js";

interface Rows {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

/** The rows that a selection means, those beyond the end included; `null` where the format layer shall judge. */
function rowsOf(first: number | Slice | null | undefined, length: number): Rows | null {
  if (first === null || first === undefined) return { start: 0, count: length, step: 1 };
  if (typeof first === "number") {
    return Number.isSafeInteger(first) && first >= -length
      ? { start: absolute(first, length), count: 1, step: 1 }
      : null;
  }
  const distance = first.step ?? 1;
  const start = Math.max(0, absolute(first.start ?? 0, length));
  const stop = absolute(first.stop ?? length, length);
  if (![start, stop, distance].every(Number.isSafeInteger) || distance < 1) return null;
  return { start, count: Math.max(0, Math.ceil((stop - start) / distance)), step: distance };
}

function absolute(index: number, length: number): number {
  return index < 0 ? index + length : index;
}

/** The length that the first axis must have for a selection to be written. */
export function requiredLength(selection: Selection, shape: readonly number[]): number {
  if (shape.length === 0) return 0;
  const rows = rowsOf(selection?.[0], shape[0]);
  return rows === null || rows.count === 0 ? 0 : rows.start + (rows.count - 1) * rows.step + 1;
}

/** How many elements a selection has once the first axis has the required length. */
export function selectedCount(selection: Selection, shape: readonly number[], required: number): number {
  let count = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const extent = axis === 0 ? Math.max(required, shape[0]) : shape[axis];
    const entry = selection?.[axis];
    // The end of a slice beyond the array is where it says; of the other axes it is clipped.
    const clipped =
      axis > 0 && typeof entry === "object" && entry !== null ? { ...entry, stop: clip(entry, extent) } : entry;
    const length = axis === 0 ? shape[0] : extent;
    count *= rowsOf(clipped, length)?.count ?? 0;
  }
  return count;
}

function clip({ stop }: Slice, extent: number): number | null {
  return stop === null ? null : Math.min(stop, extent);
}

/** How many elements were given, `null` where only the format layer can tell. */
export function countOf(value: unknown): number | null {
  if (isFlatArray(value)) return value.length;
  if (isArrayInput(value)) return toNDArray(value).shape.reduce((product, extent) => product * extent, 1);
  if (!Array.isArray(value)) return typeof value === "object" ? null : 1;
  let count = 0;
  for (const item of value) {
    const inner = countOf(item);
    if (inner === null) return null;
    count += inner;
  }
  return count;
}
