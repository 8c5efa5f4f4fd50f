/** Times that a clock shows twice: the instant is kept, whatever is done with it. Lazily opened times are times. */

import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, expectTypeOf, it, vi } from "vitest";
import { openSync, slice } from "../../src/format/index.js";
import type { NDArray, ProxyDataset, Warning } from "../../src/index.js";
import { DatetimeIndex, loadSync, Persistable, property, revive, Timestamp } from "../../src/index.js";
import { hasH5py, runPython } from "./h5py.js";

const zone = "Europe/Berlin";
const hour = 3_600_000_000_000n;
const first = BigInt(Date.UTC(2024, 9, 27, 0, 30)) * 1_000_000n;
const second = first + hour;
const wall = BigInt(Date.UTC(2024, 9, 27, 2, 30)) * 1_000_000n;

class Log extends Persistable.define("folds.Log", {
  when: property<Timestamp | null>({ default: null }),
  times: property<DatetimeIndex | null>({ default: null }),
}) {}

const quiet = { onWarning: () => {} };

function foldIn(bytes: Uint8Array, path: string): unknown {
  const { attrs } = openSync(bytes).datasetSync(path);
  if (!attrs.hasSync("fold")) return null;
  const value = attrs.getSync("fold");
  return typeof value === "object" && value !== null ? [...((value as NDArray).data as Uint8Array)] : Number(value);
}

describe("a time that a clock shows twice", () => {
  it("is one of two instants", () => {
    const [early, late] = [first, second].map((instant) => Timestamp.fromEpochNanoseconds(instant, zone));
    expect([early.wallNanoseconds, late.wallNanoseconds]).toEqual([wall, wall]);
    expect([early.fold, late.fold]).toEqual([0, 1]);
    expect([early.epochNanoseconds, late.epochNanoseconds]).toEqual([first, second]);
    expect(late.toString()).toBe("2024-10-27T02:30:00+01:00");
    expect(Timestamp.from("2024-10-27T02:30:00+01:00[Europe/Berlin]").epochNanoseconds).toBe(second);
    expect(Timestamp.from(late, "UTC").epochNanoseconds).toBe(second);
    expect(Timestamp.from(new Date(Number(second / 1_000_000n)), zone).epochNanoseconds).toBe(second);
    // What is shown once has no fold.
    expect(new Timestamp(wall + 5n * hour, zone, 1).fold).toBe(0);
    expect(new Timestamp(wall, "UTC", 1).fold).toBe(0);
  });

  it("keeps its instant when it is saved, loaded, copied, compared, cloned and sent", () => {
    const instants = BigInt64Array.of(first - hour, first, second, second + hour);
    const log = new Log({
      when: Timestamp.fromEpochNanoseconds(second, zone),
      times: DatetimeIndex.fromEpochNanoseconds(instants, zone),
    });
    const bytes = log.toBytesSync(quiet);
    expect(foldIn(bytes, "root/when")).toBe(1);
    expect(foldIn(bytes, "root/times")).toEqual([0, 0, 1, 0]);
    const loaded = loadSync(bytes) as Log;
    for (const each of [loaded, log.copy()]) {
      expect(each.when?.epochNanoseconds).toBe(second);
      expect(each.times?.epochNanoseconds).toEqual(instants);
      expect(each.equals(log)).toBe(true);
    }
    const other = new Log({ when: Timestamp.fromEpochNanoseconds(first, zone), times: log.times });
    expect(other.equals(log)).toBe(false);
    expect(revive(structuredClone(log.when))?.epochNanoseconds).toBe(second);
    expect(revive(structuredClone(log.times))?.epochNanoseconds).toEqual(instants);
    expect([...(log.times ?? [])].map((time) => time.epochNanoseconds)).toEqual([...instants]);
    expect(DatetimeIndex.from(log.times ?? []).epochNanoseconds).toEqual(instants);
  });

  it("has no attribute where none is needed", () => {
    const log = new Log({
      when: Timestamp.fromEpochNanoseconds(first, zone),
      times: DatetimeIndex.fromEpochNanoseconds(BigInt64Array.of(first, second + hour), zone),
    });
    const bytes = log.toBytesSync(quiet);
    expect([foldIn(bytes, "root/when"), foldIn(bytes, "root/times")]).toEqual([null, null]);
  });

  it("is told once, as Python's library does not load it", () => {
    const warnings: Warning[] = [];
    const times = DatetimeIndex.fromEpochNanoseconds(BigInt64Array.of(first, second), zone);
    const log = new Log({ when: times.at(0), times });
    log.toBytesSync({ onWarning: (warning) => warnings.push(warning) });
    expect(warnings).toMatchObject([{ code: "not-in-python", path: "/root/when" }]);
    const printed = vi.spyOn(console, "warn").mockImplementation(() => {});
    log.toBytesSync();
    expect(printed).toHaveBeenCalledTimes(1);
    printed.mockClear();
    new Log({ when: Timestamp.fromEpochNanoseconds(second + 9n * hour, zone) }).toBytesSync();
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it.each([
    ["shown never", new Timestamp(BigInt(Date.UTC(2024, 2, 31, 2, 30)) * 1_000_000n, zone), /no clock/],
    ["outside of what 64 bits hold in UTC", new Timestamp(-(2n ** 63n) + 1n, "Asia/Kathmandu"), /1677 to 2262/],
    ["at the other end", new Timestamp(2n ** 63n - 1n, "America/New_York"), /1677 to 2262/],
    ["a single NaT", Timestamp.notATime(zone), /NaT/],
  ])("is not the only thing that Python's library does not load: a time %s", (_, when, message) => {
    const warnings: Warning[] = [];
    const onWarning = (warning: Warning): unknown => warnings.push(warning);
    new Log({ when }).toBytesSync({ onWarning });
    expect(warnings).toMatchObject([
      { code: "not-in-python", path: "/root/when", message: expect.stringMatching(message) },
    ]);
    warnings.length = 0;
    const usual = Timestamp.from("2024-03-31T03:30", zone);
    new Log({ when: usual, times: DatetimeIndex.from([Timestamp.notATime(zone), usual]) }).toBytesSync({ onWarning });
    expect(warnings).toEqual([]);
  });

  it("is known in a lazily opened file: read, written, appended, resized", () => {
    const instants = [first - hour, first, second, second + hour];
    const log = new Log({ times: DatetimeIndex.fromEpochNanoseconds(BigInt64Array.from(instants), zone) });
    const lazy = Log.openSync(log.toBytesSync(quiet), { mode: "r+" });
    const times = lazy.times as ProxyDataset<DatetimeIndex>;
    const epochs = (): bigint[] => [...times.readSync().epochNanoseconds];
    expect(times.atSync(2).epochNanoseconds).toBe(second);
    expect(times.atSync(-3).epochNanoseconds).toBe(first);
    expect([...times.getSync([slice(1, 4, 2)]).epochNanoseconds]).toEqual([first, second + hour]);
    expect([...times.readSync([slice(2, 4)]).epochNanoseconds]).toEqual([second, second + hour]);
    expect((times.readRawSync([slice(1, 3)]).data as BigInt64Array)[0]).toBe(wall);
    times.appendSync(DatetimeIndex.fromEpochNanoseconds(BigInt64Array.of(second, first), zone));
    expect(epochs()).toEqual([...instants, second, first]);
    times.setSync(Timestamp.fromEpochNanoseconds(first, zone), [2]);
    times.setSync(Timestamp.fromEpochNanoseconds(second, zone), [0]);
    expect(epochs()).toEqual([second, first, first, second + hour, second, first]);
    times.setSync(DatetimeIndex.fromEpochNanoseconds(BigInt64Array.of(second, second), zone), [slice(7, 9)]);
    expect(epochs().slice(7)).toEqual([second, second]);
    times.resizeSync(5);
    expect(epochs()).toEqual([second, first, first, second + hour, second]);
    // An instant of another zone is refused, and changes nothing.
    expect(() => times.appendSync(DatetimeIndex.from(["2024-01-01T00:00:00Z"]))).toThrow(/attributes .* differ/);
    lazy.flushSync();
    times.setSync(DatetimeIndex.fromEpochNanoseconds(BigInt64Array.from(Array(5).fill(first)), zone));
    expect(times.typeAttributes).toEqual({ timezone: zone });
    expect(epochs()).toEqual(Array(5).fill(first));
    lazy.closeSync();
  });

  it("has the types of times when it is opened", () => {
    const use = (times: ProxyDataset<DatetimeIndex>) => ({
      one: times.atSync(0),
      some: times.getSync([slice(0, 2)]),
      picked: times.getSync([3]),
      all: times.getSync(),
      raw: times.readRawSync([slice(0, 2)]),
    });
    expectTypeOf(use).returns.toEqualTypeOf<{
      one: Timestamp;
      some: DatetimeIndex;
      picked: Timestamp;
      all: DatetimeIndex | Timestamp;
      raw: NDArray;
    }>();
  });

  it("is refused where the fold is nothing that makes sense", () => {
    for (const fold of [2, -1, true, "1", null]) {
      expect(() => new Timestamp(wall, zone, fold as 1)).toThrow(/fold/);
    }
    expect(() => new DatetimeIndex(BigInt64Array.of(wall), zone, Uint8Array.of(1, 0))).toThrow(/folds/);
    expect(() => new DatetimeIndex(BigInt64Array.of(wall), zone, Uint8Array.of(2))).toThrow(/fold/);
  });

  it("never changes, in any zone", () => {
    const zones = [
      "Europe/Berlin",
      "America/St_Johns",
      "Australia/Lord_Howe",
      "Asia/Kathmandu",
      "America/Sao_Paulo",
      "UTC",
    ];
    const instants = fc.array(
      fc.oneof(
        fc.bigInt({ min: first - 40n * hour, max: first + 40n * hour }),
        fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
      ),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(instants, fc.constantFrom(...zones), (list, name) => {
        const times = DatetimeIndex.fromEpochNanoseconds(BigInt64Array.from(list), name);
        const log = new Log({ times, when: times.at(-1) });
        const loaded = loadSync(log.toBytesSync(quiet)) as Log;
        expect([...(loaded.times?.epochNanoseconds ?? [])]).toEqual(list);
        expect(loaded.when?.epochNanoseconds).toBe(list.at(-1));
      }),
      { numRuns: 60 },
    );
  });

  const hasZones = spawnSync("/usr/bin/python3", ["-c", "import zoneinfo; zoneinfo.ZoneInfo('Europe/Berlin')"]);

  it.skipIf(!hasH5py || hasZones.status !== 0)("is what Python's zoneinfo says", () => {
    const step = 600_000_000_000n;
    const list = Array.from({ length: 60 }, (_, index) => first - 4n * hour + BigInt(index) * step);
    const times = DatetimeIndex.fromEpochNanoseconds(BigInt64Array.from(list), zone);
    const script = `import sys, datetime, zoneinfo
for text in sys.argv[1].split(","):
    t = datetime.datetime.fromtimestamp(int(text) // 10**9, zoneinfo.ZoneInfo("${zone}"))
    print(t.replace(tzinfo=None).isoformat(), t.fold)`;
    const found = [...times].map((time) => `${time.toString().slice(0, 19)} ${time.fold}`);
    expect(found).toEqual(runPython(script, list.join(",")));
  });
});
