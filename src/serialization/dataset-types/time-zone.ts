/** Offsets of time zones from UTC, by the runtime's own zone data. */

import { describeValue } from "../../arguments/describe-value.js";
import { UnsupportedFeatureError } from "../../format/index.js";
import { invalidArgument } from "../errors.js";

/** The integer that stands for "not a time" in 64-bit nanoseconds. */
export const notATime = -(2n ** 63n);

const nanosecondsPerSecond = 1_000_000_000n;
const secondsPerDay = 86_400;

/** A zone's distance from UTC, in seconds, at an instant in seconds since 1970. */
interface Zone {
  offsetAt(epochSeconds: number): number;
  /** Whether the offset is one and the same from the day before one, counted from 1970, to the day after it. */
  isSteadyAround(day: number): boolean;
}

class FixedZone implements Zone {
  readonly #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  offsetAt(): number {
    return this.#offset;
  }

  isSteadyAround(): boolean {
    return true;
  }
}

/** A zone of the IANA database. Days without a transition cost one look-up. */
class NamedZone implements Zone {
  readonly #format: Intl.DateTimeFormat;
  /** Offset at the start of each day asked for. */
  readonly #atDayStart = new Map<number, number>();
  readonly #steady = new Map<number, boolean>();

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format;
  }

  offsetAt(epochSeconds: number): number {
    const day = Math.floor(epochSeconds / secondsPerDay);
    const before = this.#dayStart(day);
    return before === this.#dayStart(day + 1) ? before : this.#exact(epochSeconds);
  }

  isSteadyAround(day: number): boolean {
    let steady = this.#steady.get(day);
    if (steady === undefined) {
      const offset = this.#dayStart(day - 1);
      steady = [day, day + 1, day + 2].every((start) => this.#dayStart(start) === offset);
      this.#steady.set(day, steady);
    }
    return steady;
  }

  #dayStart(day: number): number {
    let offset = this.#atDayStart.get(day);
    if (offset === undefined) {
      offset = this.#exact(day * secondsPerDay);
      this.#atDayStart.set(day, offset);
    }
    return offset;
  }

  #exact(epochSeconds: number): number {
    const fields = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
    for (const { type, value } of this.#format.formatToParts(epochSeconds * 1000)) {
      if (Object.hasOwn(fields, type)) fields[type as keyof typeof fields] = Number(value);
    }
    const { year, month, day, hour, minute, second } = fields;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - epochSeconds;
  }
}

/** `UTC+03:00`, `UTC-3`, `+0530`, `pytz.FixedOffset(-180)`: what Python calls zones that are mere offsets. */
function fixedOffset(name: string): number | null {
  const minutes = /^pytz\.FixedOffset\((-?\d{1,4})\)$/.exec(name);
  if (minutes !== null) return Number(minutes[1]) * 60;
  const clock = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?$/.exec(name);
  if (clock === null) return null;
  const [, sign, hours, minute = "0", second = "0"] = clock;
  if (Number(hours) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const seconds = Number(hours) * 3600 + Number(minute) * 60 + Number(second);
  return sign === "-" ? -seconds : seconds;
}

/** The zone of a name, `null` when the runtime does not know it. */
function findZone(name: string): Zone | null {
  if (/^(?:UTC|Z|GMT|tzutc\(\)|Etc\/UTC)$/.test(name)) return new FixedZone(0);
  const offset = fixedOffset(name);
  if (offset !== null) return new FixedZone(offset);
  try {
    return new NamedZone(
      new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        calendar: "iso8601",
        numberingSystem: "latn",
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      }),
    );
  } catch {
    return null;
  }
}

/** Zones found so far; only names that the runtime knows get in. */
const zones = new Map<string, Zone>();

function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = findZone(name);
  if (zone === null) {
    throw new UnsupportedFeatureError(
      `time zone ${JSON.stringify(name)}`,
      `this runtime does not know the time zone ${JSON.stringify(name)}, so only the wall time can be had`,
    );
  }
  zones.set(name, zone);
  return zone;
}

/** @throws HDF5Error `invalid-argument` for what is neither a name nor `null` */
export function requireZoneName(timezone: unknown): string | null {
  if (timezone === null || typeof timezone === "string") return timezone;
  throw invalidArgument(`a time zone is given by its name, or null for none, not ${describeValue(timezone)}`);
}

/** Whether the clocks of a zone show a time twice. */
function isAmbiguous(wallNanoseconds: bigint, timezone: string): boolean {
  return epochFromWall(wallNanoseconds, timezone, 0) !== epochFromWall(wallNanoseconds, timezone, 1);
}

/** Why a wall time is not simply an instant: its clock shows it twice or never, or 64 bits do not hold the instant. */
export type Oddity = "twice" | "never" | "outside";

const nanosecondsPerDay = secondsPerDay * 1e9;
/** Wall times between these are instants that 64 bits hold, in any zone. */
const surelyInside = 2n ** 63n - BigInt(2 * nanosecondsPerDay);

/** The {@link Oddity} of a time, `null` for nearly all, and where the zone is unknown or none. */
export function oddityOf(wallNanoseconds: bigint, timezone: string | null): Oddity | null {
  if (timezone === null || wallNanoseconds === notATime || !isKnownTimeZone(timezone)) return null;
  const isInside = wallNanoseconds < surelyInside && wallNanoseconds > -surelyInside;
  if (isInside && zoneOf(timezone).isSteadyAround(Math.floor(Number(wallNanoseconds) / nanosecondsPerDay))) return null;
  const instant = epochFromWall(wallNanoseconds, timezone);
  if (instant === notATime || BigInt.asIntN(64, instant) !== instant) return "outside";
  if (isAmbiguous(wallNanoseconds, timezone)) return "twice";
  return wallFromEpoch(instant, timezone) === wallNanoseconds ? null : "never";
}

/** The {@link Fold} with which a wall time means an instant. */
export function foldOf(wallNanoseconds: bigint, timezone: string | null, epochNanoseconds: bigint): Fold {
  return epochFromWall(wallNanoseconds, timezone) === epochNanoseconds ? 0 : 1;
}

/** `fold`, or 0 where the clocks of a known zone show the time once. */
export function effectiveFold(wallNanoseconds: bigint, timezone: string | null, fold: Fold): Fold {
  if (fold === 0 || (timezone !== null && !isKnownTimeZone(timezone))) return fold;
  return timezone !== null && isAmbiguous(wallNanoseconds, timezone) ? 1 : 0;
}

/** Whether instants can be told in a zone; `null` is the absence of a zone. */
export function isKnownTimeZone(name: string | null): boolean {
  if (name === null) return true;
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

function floorSeconds(nanoseconds: bigint): number {
  const seconds = Number(nanoseconds / nanosecondsPerSecond);
  return nanoseconds % nanosecondsPerSecond < 0n ? seconds - 1 : seconds;
}

/** A zone's offset at an instant, in seconds. */
export function offsetSeconds(epochNanoseconds: bigint, timezone: string | null): number {
  return timezone === null ? 0 : zoneOf(timezone).offsetAt(floorSeconds(epochNanoseconds));
}

/** What a clock on the wall shows at an instant. */
export function wallFromEpoch(epochNanoseconds: bigint, timezone: string | null): bigint {
  if (timezone === null || epochNanoseconds === notATime) return epochNanoseconds;
  return epochNanoseconds + BigInt(offsetSeconds(epochNanoseconds, timezone)) * nanosecondsPerSecond;
}

/** Which of two: 1 for the later of the instants at which a clock on the wall shows one time, as in Python. */
export type Fold = 0 | 1;

/**
 * The instant at which a clock on the wall shows a time: where it shows it twice, the earlier one or, for a `fold` of 1,
 * the later. A time that the clock skips is read with the offset from before the gap.
 *
 * @throws UnsupportedFeatureError when the runtime does not know the zone.
 */
export function epochFromWall(wallNanoseconds: bigint, timezone: string | null, fold: Fold = 0): bigint {
  if (timezone === null || wallNanoseconds === notATime) return wallNanoseconds;
  const zone = zoneOf(timezone);
  const wall = floorSeconds(wallNanoseconds);
  const before = zone.offsetAt(wall - secondsPerDay);
  const after = zone.offsetAt(wall + secondsPerDay);
  let offset = before;
  if (before !== after) {
    // The larger offset gives the earlier instant.
    const candidates = before > after ? [before, after] : [after, before];
    const possible = candidates.filter((candidate) => zone.offsetAt(wall - candidate) === candidate);
    offset = possible[fold] ?? possible[0] ?? before;
  }
  return wallNanoseconds - BigInt(offset) * nanosecondsPerSecond;
}
