/** How times are stored: 64-bit nanoseconds of the wall clock beside the zone's name, under pandas' type names. */

import type { NDArray } from "../../format/index.js";
import { HDF5Error } from "../../format/index.js";
import { isArrayInput, toNDArray } from "../array-input.js";
import type { AttributeValue, AttributeValues, DatasetType } from "../registry.js";
import { DatetimeIndex } from "./datetime-index.js";
import type { Fold, Oddity } from "./time-zone.js";
import { oddityOf } from "./time-zone.js";
import { Timestamp } from "./timestamp.js";

const notices: Readonly<Record<Oddity, string>> = {
  twice:
    "a clock of its zone shows this time twice: Python's library does not load such times (here the instant is kept)",
  never: "no clock of its zone shows this time: Python's library does not load such times",
  outside: "in UTC this time lies outside the years 1677 to 2262: Python's library does not load such times",
};
const singleNaT = "Python's library does not load a single NaT, only those of a DatetimeIndex";

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

function foldFrom(value: AttributeValue | undefined): Fold {
  const fold = value === undefined ? 0 : Number(value);
  if (fold !== 0 && fold !== 1) throw new HDF5Error("corrupt", "the attribute fold is not 0 or 1");
  return fold;
}

function foldsFrom(value: AttributeValue | undefined, length: number): Uint8Array | null {
  if (value === undefined) return null;
  if (!isArrayInput(value) || (toNDArray(value).data as ArrayLike<unknown>).length !== length) {
    throw new HDF5Error("corrupt", "the attribute fold does not have one value for each time");
  }
  return Uint8Array.from(toNDArray(value).data as ArrayLike<number>, (fold) => foldFrom(fold));
}

function attributesOf(timezone: string | null, fold: AttributeValue): AttributeValues {
  return fold === null ? { timezone } : { timezone, fold };
}

function noticeOf(wall: bigint, timezone: string | null): string | null {
  const oddity = oddityOf(wall, timezone);
  return oddity === null ? null : notices[oddity];
}

function firstNotice({ wallNanoseconds: walls, timezone }: DatetimeIndex): string | null {
  for (const wall of walls) {
    const notice = noticeOf(wall, timezone);
    if (notice !== null) return notice;
  }
  return null;
}

export const timestampType: DatasetType<Timestamp> = {
  name: "pandas._libs.tslibs.timestamps.Timestamp",
  disassemble: ({ wallNanoseconds: wall, timezone, fold }) => [
    { data: BigInt64Array.of(wall), shape: [], stride: [], dtype: "int64" },
    attributesOf(timezone, fold === 0 ? null : fold),
  ],
  assemble: (array, attributes) =>
    new Timestamp(wallNanoseconds(array, 0, "a Timestamp")[0], zoneName(attributes), foldFrom(attributes["fold"])),
  notice: (time) => (time.isNotATime ? singleNaT : noticeOf(time.wallNanoseconds, time.timezone)),
};

export const datetimeIndexType: DatasetType<DatetimeIndex> = {
  name: "pandas.core.indexes.datetimes.DatetimeIndex",
  disassemble: ({ wallNanoseconds: walls, timezone, fold }) => [walls, attributesOf(timezone, fold)],
  assemble: (array, attributes) => {
    const walls = wallNanoseconds(array, 1, "a DatetimeIndex");
    return new DatetimeIndex(walls, zoneName(attributes), foldsFrom(attributes["fold"], walls.length));
  },
  perElement: ["fold"],
  element: (value, attributes) =>
    new Timestamp(BigInt(value as bigint), zoneName(attributes), foldFrom(attributes["fold"])),
  notice: firstNotice,
};
