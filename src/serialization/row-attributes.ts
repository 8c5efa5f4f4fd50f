/**
 * Attributes of a dataset that hold one value for each of its rows, such as the `fold` of times: they are read, written
 * and resized with the rows.
 */

import type { AxisSelection, ElementSelection, NDArray } from "../format/index.js";
import { isArrayInput, toNDArray } from "./array-input.js";
import type { AttributeValue, AttributeValues, DatasetType } from "./registry.js";

/** The names of such attributes of a type. */
export function rowAttributeNames(type: DatasetType | undefined): readonly string[] {
  return type?.perElement ?? [];
}

/** The attributes of a type without those of its rows. */
export function commonAttributes(type: DatasetType | undefined, attributes: AttributeValues): AttributeValues {
  const names = rowAttributeNames(type);
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** The attributes that belong to selected rows. */
export function selectedAttributes(
  type: DatasetType | undefined,
  attributes: AttributeValues,
  selection: ElementSelection,
): AttributeValues {
  const selected: Record<string, AttributeValue> = { ...attributes };
  for (const name of rowAttributeNames(type)) {
    const value = attributes[name];
    if (!isArrayInput(value)) continue;
    const all = toNDArray(value).data as Uint8Array;
    const rows = selectedRows(selection, all.length);
    selected[name] = typeof rows === "number" ? all[rows] : rowArray(Uint8Array.from(rows, (row) => all[row]));
  }
  return selected;
}

/** Rows that are written, and what their attributes are. */
export interface WrittenRows {
  readonly selection: ElementSelection;
  /** Rows that the dataset has afterwards. */
  readonly rows: number;
  /** Attributes of what is written. */
  readonly attributes: AttributeValues;
}

/**
 * The attributes of rows after some were written, by name; those that do not change are left out, `null` where one is
 * not needed any more.
 */
export function attributesAfter(
  type: DatasetType | undefined,
  before: AttributeValues,
  { selection, rows, attributes }: WrittenRows,
): ReadonlyMap<string, NDArray | null> {
  const after = new Map<string, NDArray | null>();
  for (const name of rowAttributeNames(type)) {
    const old = before[name];
    const value = attributes[name];
    if (!isArrayInput(old) && value === undefined) continue;
    const all = new Uint8Array(rows);
    if (isArrayInput(old)) all.set((toNDArray(old).data as Uint8Array).subarray(0, rows));
    const written = selectedRows(selection, rows);
    const list = typeof written === "number" ? [written] : written;
    const given = isArrayInput(value) ? (toNDArray(value).data as ArrayLike<number>) : [Number(value ?? 0)];
    for (let at = 0; at < list.length; at++) all[list[at]] = given[given.length === 1 ? 0 : at];
    after.set(name, all.includes(1) ? rowArray(all) : null);
  }
  return after;
}

function rowArray(data: Uint8Array): NDArray {
  return { data, shape: [data.length], stride: [1], dtype: "uint8" };
}

/** The rows that a selection of so many means, in its order; the row where it is one index. */
function selectedRows(selection: ElementSelection, length: number): number | ArrayLike<number> {
  if (selection === null || selection === undefined) return rangeOf(0, length, 1);
  if (Array.isArray(selection)) return rowsOfEntry(selection[0], length);
  const chosen = selection as Exclude<ElementSelection, readonly unknown[] | null | undefined>;
  switch (chosen.kind) {
    case "mask":
      return rowsOfEntry(chosen, length);
    case "points":
      return chosen.coordinates.filter((_, at) => at % chosen.rank === 0).map((row) => from(row, length));
    case "none":
      return [];
    case "all":
      return rangeOf(0, length, 1);
    case "hyperslab": {
      const [start, stride, block] = [chosen.start[0], chosen.stride[0], chosen.block[0] ?? length];
      const count = chosen.count[0] ?? Math.ceil((length - start) / stride);
      const firsts = rangeOf(start, start + count * stride, stride);
      return firsts.flatMap((first) => rangeOf(first, Math.min(first + block, length), 1));
    }
    case "blocks": {
      const rows: number[] = [];
      for (let at = 0; at < chosen.bounds.length; at += 2 * chosen.rank) {
        rows.push(...rangeOf(chosen.bounds[at], chosen.bounds[at + chosen.rank] + 1, 1));
      }
      return rows;
    }
  }
}

function rowsOfEntry(entry: AxisSelection | undefined, length: number): number | ArrayLike<number> {
  if (entry === null || entry === undefined) return rangeOf(0, length, 1);
  if (typeof entry === "number") return from(entry, length);
  if ("kind" in entry) {
    const { values } = entry;
    return rangeOf(0, length, 1).filter((row) => values[row]);
  }
  if ("length" in entry) return Array.from(entry, (row) => from(row, length));
  const stop = Math.min(from(entry.stop ?? length, length), length);
  return rangeOf(Math.max(0, from(entry.start ?? 0, length)), stop, entry.step ?? 1);
}

function from(row: number, length: number): number {
  return row < 0 ? row + length : row;
}

function rangeOf(start: number, stop: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, at) => start + at * step);
}
