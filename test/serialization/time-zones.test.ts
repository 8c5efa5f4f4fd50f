/** Instants, wall clocks and folds, with the zone data of Python's zoneinfo as the judge. */

import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DatetimeIndex, loadSync, Persistable, property, Timestamp } from "../../src/serialization/index.js";
import { hasH5py } from "./h5py.js";

class Holder extends Persistable.define("zones.Holder", { time: property<unknown>() }) {}

const quiet = { onWarning: () => undefined };

/** Whole and odd offsets, folds of an hour and of half one, skipped days, zones that gave up on changing their clocks. */
const zones = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "America/St_Johns",
  "America/Sao_Paulo",
  "Australia/Lord_Howe",
  "Australia/Sydney",
  "Asia/Kathmandu",
  "Asia/Kolkata",
  "Asia/Tehran",
  "Africa/Monrovia",
  "Pacific/Apia",
  "Pacific/Chatham",
  "Pacific/Kiritimati",
  "Europe/Dublin",
];

const least = -(2n ** 63n) + 1n;
const most = 2n ** 63n - 1n;
const day = 86_400_000_000_000n;
/** Years for which zone data, which are corrected now and then, agree everywhere. */
const [since, until] = [BigInt(Date.UTC(1883, 0)) * 1_000_000n, BigInt(Date.UTC(2026, 0)) * 1_000_000n];

const script = `
import json, sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
epoch = datetime(1970, 1, 1)
def nanoseconds(delta): return (delta.days * 86400 + delta.seconds) * 10**9
def offset(where, seconds):
    return (epoch.replace(tzinfo=timezone.utc) + timedelta(seconds=seconds)).astimezone(where).utcoffset()
def transitions(where):
    found, before = [], offset(where, 0)
    for day in range(1, 365 * 55):
        after = offset(where, day * 86400)
        if after != before:
            low, high = (day - 1) * 86400, day * 86400
            while high - low > 1:
                middle = (low + high) // 2
                if offset(where, middle) == before: low = middle
                else: high = middle
            found.append(high)
        before = after
    return found
answers = []
for kind, zone, text in json.load(sys.stdin):
    seconds, rest = divmod(int(text), 10**9)
    where = ZoneInfo(zone)
    if kind == "transitions":
        answers.append(transitions(where))
        continue
    if kind == "instant":
        local = (epoch.replace(tzinfo=timezone.utc) + timedelta(seconds=seconds)).astimezone(where)
        wall = nanoseconds(local.replace(tzinfo=None) - epoch) + rest
        answers.append([str(wall), local.fold, int(local.utcoffset().total_seconds())])
    else:
        both = []
        for fold in (0, 1):
            local = (epoch + timedelta(seconds=seconds)).replace(tzinfo=where, fold=fold)
            instant = local.astimezone(timezone.utc).replace(tzinfo=None)
            both.append(str(nanoseconds(instant - epoch) + rest))
        answers.append(both)
print(json.dumps(answers))
`;

function ask<Answer>(
  questions: readonly (readonly [kind: "instant" | "wall" | "transitions", zone: string, nanoseconds: string])[],
): Answer[] {
  const options = { encoding: "utf8", input: JSON.stringify(questions), maxBuffer: 1 << 28 } as const;
  const { status, stdout, stderr } = spawnSync("/usr/bin/python3", ["-c", script], options);
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Answer[];
}

const instant = fc.bigInt({ min: since, max: until });

/** A zone, and an instant or wall time; every other one near the hour at which clocks were changed there. */
function zonedTimes(): fc.Arbitrary<[zone: string, nanoseconds: bigint]> {
  const changes = ask<number[]>(zones.map((name) => ["transitions", name, "0"]));
  return fc.integer({ min: 0, max: zones.length - 1 }).chain((at) => {
    const near = fc
      .tuple(
        fc.constantFrom(0, ...changes[at]),
        fc.integer({ min: -180, max: 180 }),
        fc.constantFrom(0n, 1n, 999_999_999n),
      )
      .map(([seconds, minutes, rest]) => BigInt(seconds + minutes * 60) * 1_000_000_000n + rest);
    return fc.tuple(fc.constant(zones[at]), fc.oneof(instant, near));
  });
}

describe.runIf(hasH5py)("by zoneinfo", () => {
  it("an instant has the wall time, the fold and the offset that it has there", () => {
    const samples = fc.sample(zonedTimes(), { numRuns: 3000, seed: 11 });
    const answers = ask<[string, number, number]>(samples.map(([name, at]) => ["instant", name, String(at)]));
    let folds = 0;
    for (const [index, [name, at]] of samples.entries()) {
      const [wall, fold, offset] = answers[index];
      const time = Timestamp.fromEpochNanoseconds(at, name);
      expect([time.wallNanoseconds, time.fold, time.epochNanoseconds], `${at} ${name}`).toEqual([
        BigInt(wall),
        fold,
        at,
      ]);
      expect(time.toDate().getTime()).toBe(Number((at - (((at % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n));
      expect(offsetOf(String(time)), `${time}`).toBe(offset);
      expect(Timestamp.from(String(time), name).epochNanoseconds).toBe(at);
      folds += fold;
    }
    expect(folds).toBeGreaterThan(5);
  });

  it("a wall time means the instants that it means there, in gaps too", () => {
    // Clocks show about the hour of the change a whole offset away from it.
    const walls = zonedTimes().chain(([name, at]) => fc.tuple(fc.constant(name), wallsAround(name, at)));
    const samples = fc.sample(walls, { numRuns: 3000, seed: 12 });
    const answers = ask<[string, string]>(samples.map(([name, at]) => ["wall", name, String(at)]));
    let twice = 0;
    let skipped = 0;
    for (const [index, [name, wall]] of samples.entries()) {
      const [first, second] = answers[index].map(BigInt);
      expect(new Timestamp(wall, name).epochNanoseconds, `${wall} ${name}`).toBe(first);
      // In a gap, Python's fold of 1 is the offset behind it; here only times that are shown twice have one.
      const later = new Timestamp(wall, name, 1);
      expect([later.fold, later.epochNanoseconds]).toEqual(second > first ? [1, second] : [0, first]);
      if (second > first) twice++;
      if (second < first) skipped++;
    }
    expect([twice > 3, skipped > 3]).toEqual([true, true]);
  });
});

/** What the clocks of a zone show at an instant, or might have shown an hour before or after. */
function wallsAround(name: string, at: bigint): fc.Arbitrary<bigint> {
  const wall = Timestamp.fromEpochNanoseconds(at, name).wallNanoseconds;
  return fc.integer({ min: -90, max: 90 }).map((minutes) => wall + BigInt(minutes) * 60_000_000_000n);
}

/** The offset at the end of an ISO time, in seconds. */
function offsetOf(text: string): number {
  const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (match === null) expect.unreachable(text);
  const [, sign, hours, minutes, seconds = "0"] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === "-" ? -size : size;
}

describe("a known instant", () => {
  const anyInstant = fc.oneof(
    fc.bigInt({ min: least, max: most }),
    fc.constantFrom(least, most, 0n, -1n, -999_999n, -1_000_000n, 1n),
    instant,
  );

  it("is the same after saving, loading, copying, converting; near the ends of the range it may have no wall time", () => {
    fc.assert(
      fc.property(fc.constantFrom(null, "UTC+05:30", "UTC-03:00:01", ...zones), anyInstant, (name, at) => {
        if (at - day < least || at + day > most) {
          try {
            Timestamp.fromEpochNanoseconds(at, name);
          } catch (error) {
            expect(error).toMatchObject({ code: "invalid-argument" });
            return;
          }
        }
        const time = Timestamp.fromEpochNanoseconds(at, name);
        const index = DatetimeIndex.fromEpochNanoseconds(BigInt64Array.of(at, at), name);
        const saved = loadSync(new Holder({ time: [time, index] }).toBytesSync(quiet)) as Holder;
        const [loaded, loadedIndex] = saved.time as [Timestamp, DatetimeIndex];
        const [copied] = (saved.copy() as Holder).time as [Timestamp];
        for (const each of [time, loaded, copied, index.at(0), [...loadedIndex][1]]) {
          expect([each?.epochNanoseconds, each?.timezone]).toEqual([at, name]);
        }
        expect(time.toDate().getTime()).toBe(
          Number((at - (((at % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n),
        );
        if (name !== null && at + day <= most) expect(Timestamp.from(time, "Asia/Tokyo").epochNanoseconds).toBe(at);
      }),
      { numRuns: 300, seed: 13 },
    );
  });

  it("is not there for NaT, whatever the zone", () => {
    for (const name of [null, ...zones]) {
      const time = Timestamp.notATime(name);
      const saved = loadSync(new Holder({ time }).toBytesSync(quiet)) as Holder;
      const loaded = saved.time as Timestamp;
      expect([loaded.isNotATime, loaded.timezone, loaded.fold, String(loaded)]).toEqual([true, name, 0, "NaT"]);
      expect(loaded.toDate().getTime()).toBeNaN();
      expect(Timestamp.from(new Date(Number.NaN), name).isNotATime).toBe(true);
    }
  });
});
