/**
 * Attributes of a dataset that hold one value for each of its rows, such as the `fold` of times: they are read, written
 * and resized with the rows.
 */

import type { NDArray, Selection } from "../format/index.js";
import { createSync } from "../format/index.js";
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
  selection: Selection,
): AttributeValues {
  const selected: Record<string, AttributeValue> = { ...attributes };
  for (const name of rowAttributeNames(type)) {
    const value = attributes[name];
    if (isArrayInput(value)) selected[name] = inMemory(toNDArray(value), selection, null) as AttributeValue;
  }
  return selected;
}

/** Rows that are written, and what their attributes are. */
export interface WrittenRows {
  /** The rows; `null` for those that were added at the end. */
  readonly selection: Selection;
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
    const written = inMemory(toNDArray(all), selection, value ?? 0);
    after.set(name, (written.data as Uint8Array).some((each) => each !== 0) ? written : null);
  }
  return after;
}

/** What a selection of an array is, or what the array is with `value` written there: as of the dataset in the file. */
function inMemory(array: NDArray, selection: Selection, value: null): unknown;
function inMemory(array: NDArray, selection: Selection, value: AttributeValue): NDArray;
function inMemory(array: NDArray, selection: Selection, value: AttributeValue): unknown {
  const file = createSync();
  try {
    const dataset = file.createDatasetSync("rows", { data: array });
    if (value === null) return dataset.readSync(selection);
    dataset.writeSync(value, selection);
    return dataset.readSync();
  } finally {
    file.abandonSync();
  }
}
