/** One point in time with nanoseconds and a zone, as `pandas.Timestamp` has them. */

import { describeValue } from "../../arguments/describe-value.js";
import { HDF5Error } from "../../format/index.js";
import { invalidArgument, lookingAt } from "../errors.js";
import { printed } from "../printing.js";
import type { InstantLike, PlainDateTimeLike, TemporalNamespace, ZonedDateTimeLike } from "./temporal.js";
import { runtimeTemporal } from "./temporal.js";
import type { Fold } from "./time-zone.js";
import {
  effectiveFold,
  epochFromWall,
  foldOf,
  notATime,
  offsetSeconds,
  requireZoneName,
  wallFromEpoch,
} from "./time-zone.js";

/** What a {@link Timestamp} is made from; strings are ISO 8601, with `Z`, an offset, a `[Zone/Name]` or none. */
export type TimestampInput = Timestamp | Date | string | InstantLike | ZonedDateTimeLike | PlainDateTimeLike;

const isoPattern =
  /^([+-]\d{6}|\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?(?:\[([^\]]+)\])?$/i;

/**
 * A point in time: what a clock on the wall shows in a zone, to the nanosecond.
 *
 * The wall time is what is stored. Where the zone's clock shows it twice, `fold` tells which of the instants is meant; it
 * is stored beside it where it is 1. (Python's library does not load such times.)
 */
export class Timestamp {
  /** Nanoseconds since 1970 of the wall clock. */
  readonly wallNanoseconds: bigint;
  /** Name of the zone; `null` for a time without one. */
  readonly timezone: string | null;
  /** 1 for the later of the two instants at which the zone's clock shows the time; 0 everywhere else. */
  readonly fold: Fold;

  constructor(wallNanoseconds: bigint, timezone: string | null = null, fold: Fold = 0) {
    if (typeof wallNanoseconds !== "bigint" || BigInt.asIntN(64, wallNanoseconds) !== wallNanoseconds) {
      throw invalidArgument("a timestamp is made from 64-bit nanoseconds (years 1677 to 2262)");
    }
    this.wallNanoseconds = wallNanoseconds;
    if (fold !== 0 && fold !== 1) throw invalidArgument(`the fold of a time is 0 or 1, not ${describeValue(fold)}`);
    this.timezone = requireZoneName(timezone);
    this.fold = effectiveFold(wallNanoseconds, timezone, fold);
  }

  /** "Not a time", pandas' NaT. */
  static notATime(timezone: string | null = null): Timestamp {
    return timestampAt(notATime, timezone);
  }

  /** The timestamp of an instant, as the clocks of `timezone` show it. */
  static fromEpochNanoseconds(epochNanoseconds: bigint, timezone: string | null = null): Timestamp {
    return fromEpoch(epochNanoseconds, timezone);
  }

  /**
   * A timestamp from a `Date` (zone UTC unless given), from Temporal's `Instant`, `ZonedDateTime` or
   * `PlainDateTime`, or from an ISO 8601 string. With `timezone`, instants are told in that zone, and times without a
   * zone are taken as its wall time.
   */
  static from(value: TimestampInput, timezone?: string | null): Timestamp {
    return lookingAt(() => timestampFrom(value, timezone));
  }

  get isNotATime(): boolean {
    return this.wallNanoseconds === notATime;
  }

  /**
   * Nanoseconds since 1970 in UTC; those of the wall clock where there is no zone.
   *
   * @throws UnsupportedFeatureError when the runtime does not know the zone.
   */
  get epochNanoseconds(): bigint {
    return epochFromWall(this.wallNanoseconds, this.timezone, this.fold);
  }

  /** Cut to whole milliseconds. */
  toDate(): Date {
    if (this.isNotATime) return new Date(Number.NaN);
    const epoch = this.epochNanoseconds;
    const milliseconds = epoch / 1_000_000n;
    return new Date(Number(epoch % 1_000_000n < 0n ? milliseconds - 1n : milliseconds));
  }

  /** A `Temporal.ZonedDateTime`, or a `Temporal.PlainDateTime` where there is no zone. */
  toTemporal(temporal: TemporalNamespace = runtimeTemporal()): unknown {
    if (this.isNotATime) throw invalidArgument("Temporal has no value for NaT");
    const { timezone } = this;
    return lookingAt(() =>
      timezone === null
        ? temporal.PlainDateTime.from(wallText(this.wallNanoseconds))
        : new temporal.ZonedDateTime(this.epochNanoseconds, timezone),
    );
  }

  /** ISO 8601, with the offset where the zone has one. */
  toString(): string {
    if (this.isNotATime) return "NaT";
    const wall = wallText(this.wallNanoseconds);
    if (this.timezone === null) return wall;
    let offset: number;
    try {
      offset = offsetSeconds(this.epochNanoseconds, this.timezone);
    } catch (error) {
      if (error instanceof HDF5Error && error.code === "unsupported") return `${wall}[${this.timezone}]`;
      throw error;
    }
    const size = Math.abs(offset);
    const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60];
    if (size % 60 !== 0) parts.push(size % 60);
    return `${wall}${offset < 0 ? "-" : "+"}${parts.map((part) => String(part).padStart(2, "0")).join(":")}`;
  }

  toJSON(): string {
    return this.toString();
  }

  /** @internal */
  [printed](): string {
    return `Timestamp ${this.toString()}`;
  }

  /** The epoch's nanoseconds, so that `<` and `>` compare instants. */
  valueOf(): bigint {
    return this.epochNanoseconds;
  }
}

function wallTime(fields: readonly number[], fraction: number): bigint {
  const [year, month, day, hour, minute, second] = fields;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const exact =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  if (!exact) throw invalidArgument(`${fields.slice(0, 3).join("-")} ${fields.slice(3).join(":")} is not a time`);
  return BigInt(date.getTime()) * 1_000_000n + BigInt(fraction);
}

function timestampAt(wallNanoseconds: bigint, timezone: string | null): Timestamp {
  return new Timestamp(wallNanoseconds, timezone);
}

function fromEpoch(epochNanoseconds: bigint, timezone: string | null): Timestamp {
  requireZoneName(timezone);
  if (typeof epochNanoseconds !== "bigint") throw invalidArgument("an instant is a bigint of nanoseconds since 1970");
  const wall = wallFromEpoch(epochNanoseconds, timezone);
  return new Timestamp(wall, timezone, foldOf(wall, timezone, epochNanoseconds));
}

/** {@link Timestamp.from} */
function timestampFrom(value: TimestampInput, timezone: string | null | undefined): Timestamp {
  if (value instanceof Timestamp) {
    if (timezone === undefined || timezone === value.timezone) return value;
    if (value.isNotATime || value.timezone === null || timezone === null) {
      return new Timestamp(value.wallNanoseconds, timezone);
    }
    return fromEpoch(value.epochNanoseconds, timezone);
  }
  if (value instanceof Date) {
    const zone = timezone === undefined ? "UTC" : timezone;
    const milliseconds = value.getTime();
    if (Number.isNaN(milliseconds)) return Timestamp.notATime(zone);
    return fromEpoch(BigInt(milliseconds) * 1_000_000n, zone);
  }
  if (typeof value === "string") return parseTimestamp(value, timezone);
  if (typeof value === "object" && value !== null) {
    if ("epochNanoseconds" in value && typeof value.epochNanoseconds === "bigint") {
      const own = "timeZoneId" in value && typeof value.timeZoneId === "string" ? value.timeZoneId : "UTC";
      return fromEpoch(value.epochNanoseconds, timezone === undefined ? own : timezone);
    }
    if ("nanosecond" in value && typeof value.nanosecond === "number") {
      const { year, month, day, hour, minute, second } = value;
      const fraction = value.millisecond * 1_000_000 + value.microsecond * 1000 + value.nanosecond;
      return new Timestamp(wallTime([year, month, day, hour, minute, second], fraction), timezone ?? null);
    }
  }
  throw invalidArgument("a timestamp is made from a Date, a Temporal object or an ISO 8601 string");
}

function parseTimestamp(text: string, timezone: string | null | undefined): Timestamp {
  if (text === "NaT") return Timestamp.notATime(timezone ?? null);
  const match = isoPattern.exec(text);
  if (match === null) throw invalidArgument(`${JSON.stringify(text)} is not an ISO 8601 time`);
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", offset, zone] = match;
  const fields = [year, month, day, hour, minute, second].map(Number);
  const wall = wallTime(fields, Number(fraction.padEnd(9, "0")));
  if (offset === undefined) {
    if (zone === undefined || timezone === undefined) return new Timestamp(wall, zone ?? timezone ?? null);
    return Timestamp.from(new Timestamp(wall, zone), timezone);
  }
  const fixed = /^z$/i.test(offset) || /^[+-]00(?::?00)*$/.test(offset) ? "UTC" : `UTC${offset}`;
  const instant = new Timestamp(wall, fixed).epochNanoseconds;
  const target = timezone === undefined ? (zone ?? fixed) : timezone;
  return Timestamp.fromEpochNanoseconds(instant, target);
}

function wallText(wallNanoseconds: bigint): string {
  const fraction = BigInt.asUintN(64, ((wallNanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
  const seconds = (wallNanoseconds - fraction) / 1_000_000_000n;
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  if (fraction === 0n) return text;
  const digits = String(fraction).padStart(9, "0");
  return `${text}.${digits.endsWith("000") ? digits.slice(0, 6) : digits}`;
}
