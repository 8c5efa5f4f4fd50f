/** Many points in time with one zone, as `pandas.DatetimeIndex` has them. */

import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument, lookingAt } from "../errors.js";
import { printed } from "../printing.js";
import { epochFromWall, requireZoneName, wallFromEpoch } from "./time-zone.js";
import type { TimestampInput } from "./timestamp.js";
import { Timestamp } from "./timestamp.js";

/** Times that are printed of an index. */
const mostPrinted = 100;

/** A sequence of wall times in one zone, to the nanosecond. */
export class DatetimeIndex implements Iterable<Timestamp> {
  /** Nanoseconds since 1970 of the wall clock. */
  readonly wallNanoseconds: BigInt64Array;
  /** Name of the zone; `null` for times without one. */
  readonly timezone: string | null;

  constructor(wallNanoseconds: BigInt64Array, timezone: string | null = null) {
    if (!ArrayBuffer.isView(wallNanoseconds) || !(wallNanoseconds instanceof BigInt64Array)) {
      throw invalidArgument("a DatetimeIndex is made from a BigInt64Array of nanoseconds; see DatetimeIndex.from");
    }
    this.wallNanoseconds = wallNanoseconds;
    this.timezone = requireZoneName(timezone);
  }

  /** The index of instants, as the clocks of `timezone` show them. */
  static fromEpochNanoseconds(epochNanoseconds: BigInt64Array, timezone: string | null = null): DatetimeIndex {
    // What it is made from is checked before it is looked at.
    const instants = indexOf(epochNanoseconds, timezone).wallNanoseconds;
    return timezone === null
      ? indexOf(instants, null)
      : indexOf(
          instants.map((instant) => wallFromEpoch(instant, timezone)),
          timezone,
        );
  }

  /** An index of whatever {@link Timestamp.from} takes. All must have one zone, or `timezone` be given. */
  static from(values: Iterable<TimestampInput>, timezone?: string | null): DatetimeIndex {
    const stamps = lookingAt(() => Array.from(values, (value) => Timestamp.from(value, timezone)));
    const zone = timezone === undefined ? (stamps[0]?.timezone ?? null) : timezone;
    for (const stamp of stamps) {
      if (stamp.timezone !== zone) {
        throw invalidArgument(`times of the zones ${zone} and ${stamp.timezone} do not go into one DatetimeIndex`);
      }
    }
    return indexOf(
      BigInt64Array.from(stamps, (stamp) => stamp.wallNanoseconds),
      zone,
    );
  }

  get length(): number {
    return this.wallNanoseconds.length;
  }

  /**
   * Nanoseconds since 1970 in UTC; those of the wall clock where there is no zone. Computed anew each time.
   *
   * @throws UnsupportedFeatureError when the runtime does not know the zone.
   */
  get epochNanoseconds(): BigInt64Array {
    const { timezone } = this;
    if (timezone === null) return this.wallNanoseconds.slice();
    return this.wallNanoseconds.map((wall) => epochFromWall(wall, timezone));
  }

  /** One time; a negative index counts from the end. */
  at(index: number): Timestamp {
    const wall = typeof index === "number" ? this.wallNanoseconds.at(index) : undefined;
    if (wall === undefined)
      throw invalidArgument(`the index ${describeValue(index)} is out of range for ${this.length} times`);
    return new Timestamp(wall, this.timezone);
  }

  *[Symbol.iterator](): IterableIterator<Timestamp> {
    for (const wall of this.wallNanoseconds) yield new Timestamp(wall, this.timezone);
  }

  toJSON(): string[] {
    return Array.from(this, String);
  }

  toString(): string {
    const shown = Array.from({ length: Math.min(this.length, mostPrinted) }, (_, index) => String(this.at(index)));
    if (shown.length < this.length) shown.push(`… ${this.length - shown.length} more`);
    return `DatetimeIndex(${this.length}) [${shown.join(", ")}]`;
  }

  /** @internal */
  [printed](): string {
    return this.toString();
  }
}

function indexOf(wallNanoseconds: BigInt64Array, timezone: string | null): DatetimeIndex {
  return new DatetimeIndex(wallNanoseconds, timezone);
}
