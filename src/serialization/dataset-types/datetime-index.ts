/** Many points in time with one zone, as `pandas.DatetimeIndex` has them. */

import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument, lookingAt } from "../errors.js";
import { printed } from "../printing.js";
import type { Fold } from "./time-zone.js";
import { effectiveFold, epochFromWall, foldOf, requireZoneName, wallFromEpoch } from "./time-zone.js";
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
  /** The {@link Timestamp.fold} of each time; `null` where all are 0. */
  readonly fold: Uint8Array | null;

  constructor(wallNanoseconds: BigInt64Array, timezone: string | null = null, fold: Uint8Array | null = null) {
    if (!ArrayBuffer.isView(wallNanoseconds) || !(wallNanoseconds instanceof BigInt64Array)) {
      throw invalidArgument("a DatetimeIndex is made from a BigInt64Array of nanoseconds; see DatetimeIndex.from");
    }
    this.wallNanoseconds = wallNanoseconds;
    this.timezone = requireZoneName(timezone);
    this.fold = fold === null ? null : effectiveFolds(wallNanoseconds, timezone, fold);
  }

  /** The index of instants, as the clocks of `timezone` show them. */
  static fromEpochNanoseconds(epochNanoseconds: BigInt64Array, timezone: string | null = null): DatetimeIndex {
    // What it is made from is checked before it is looked at.
    const instants = indexOf(epochNanoseconds, timezone).wallNanoseconds;
    if (timezone === null) return indexOf(instants, null);
    const walls = instants.map((instant) => wallFromEpoch(instant, timezone));
    const fold = Uint8Array.from(walls, (wall, index) => foldOf(wall, timezone, instants[index]));
    return indexOf(walls, timezone, fold);
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
      Uint8Array.from(stamps, (stamp) => stamp.fold),
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
    return this.wallNanoseconds.map((wall, index) => epochFromWall(wall, timezone, this.#foldAt(index)));
  }

  #foldAt(index: number): Fold {
    return this.fold?.at(index) === 1 ? 1 : 0;
  }

  /** One time; a negative index counts from the end. */
  at(index: number): Timestamp {
    const wall = typeof index === "number" ? this.wallNanoseconds.at(index) : undefined;
    if (wall === undefined)
      throw invalidArgument(`the index ${describeValue(index)} is out of range for ${this.length} times`);
    return new Timestamp(wall, this.timezone, this.#foldAt(index));
  }

  *[Symbol.iterator](): IterableIterator<Timestamp> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
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

function indexOf(
  wallNanoseconds: BigInt64Array,
  timezone: string | null,
  fold: Uint8Array | null = null,
): DatetimeIndex {
  return new DatetimeIndex(wallNanoseconds, timezone, fold);
}

/** The folds that mean something, `null` where none does. */
function effectiveFolds(walls: BigInt64Array, timezone: string | null, fold: Uint8Array): Uint8Array | null {
  if (!ArrayBuffer.isView(fold) || !(fold instanceof Uint8Array) || fold.length !== walls.length) {
    throw invalidArgument("the folds of a DatetimeIndex are a Uint8Array with 0 or 1 for each time");
  }
  let isAny = false;
  const folds = fold.map((value, index) => {
    if (value === 0) return 0;
    if (value !== 1) throw invalidArgument(`the fold of a time is 0 or 1, not ${value}`);
    const effective = effectiveFold(walls[index], timezone, 1);
    isAny ||= effective === 1;
    return effective;
  });
  return isAny ? folds : null;
}
