/** How times are stored: 64-bit nanoseconds of the wall clock beside the zone's name, under pandas' type names. */

import type { NDArray } from "../../format/index.js";
import { HDF5Error } from "../../format/index.js";
import type { AttributeValues, DatasetType } from "../registry.js";
import { DatetimeIndex } from "./datetime-index.js";
import { Timestamp } from "./timestamp.js";

function wallNanoseconds(array: NDArray, rank: number, what: string): BigInt64Array {
  const { data } = array;
  if (!(data instanceof BigInt64Array) || array.shape.length !== rank) {
    throw new HDF5Error("corrupt", `${what} is stored as int64 of rank ${rank}, not as what the file holds`);
  }
  return data;
}

function zoneName(attributes: AttributeValues): string | null {
  const { timezone } = attributes;
  if (timezone === undefined || timezone === null) return null;
  if (typeof timezone !== "string") throw new HDF5Error("corrupt", "the attribute timezone is not a string");
  return timezone;
}

export const timestampType: DatasetType<Timestamp> = {
  name: "pandas._libs.tslibs.timestamps.Timestamp",
  disassemble: (instance) => [
    { data: BigInt64Array.of(instance.wallNanoseconds), shape: [], stride: [], dtype: "int64" },
    { timezone: instance.timezone },
  ],
  assemble: (array, attributes) => new Timestamp(wallNanoseconds(array, 0, "a Timestamp")[0], zoneName(attributes)),
};

export const datetimeIndexType: DatasetType<DatetimeIndex> = {
  name: "pandas.core.indexes.datetimes.DatetimeIndex",
  disassemble: (instance) => [instance.wallNanoseconds, { timezone: instance.timezone }],
  assemble: (array, attributes) =>
    new DatetimeIndex(wallNanoseconds(array, 1, "a DatetimeIndex"), zoneName(attributes)),
};
