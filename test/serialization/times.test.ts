import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UnsupportedFeatureError } from "../../src/format/index.js";
import { DatetimeIndex, Timestamp } from "../../src/serialization/index.js";

const hour = 3_600_000_000_000n;

describe("Timestamp", () => {
  it("keeps wall time, instant and zone apart", () => {
    const saoPaulo = new Timestamp(1720080000000000000n, "America/Sao_Paulo");
    expect(saoPaulo.epochNanoseconds).toBe(1720090800000000000n);
    expect(String(saoPaulo)).toBe("2024-07-04T08:00:00-03:00");
    expect(String(new Timestamp(1705321800123456789n))).toBe("2024-01-15T12:30:00.123456789");
    expect(String(new Timestamp(1718495999000000000n, "UTC"))).toBe("2024-06-15T23:59:59+00:00");
    expect(Timestamp.fromEpochNanoseconds(1720090800000000000n, "America/Sao_Paulo")).toEqual(saoPaulo);
    expect(new Timestamp(5n).epochNanoseconds).toBe(5n);
  });

  it("takes the earlier instant of an ambiguous time, and the offset before a gap", () => {
    const ambiguous = Timestamp.from("2024-10-27T02:30:00[Europe/Berlin]");
    expect(new Date(Number(ambiguous.epochNanoseconds / 1_000_000n)).toISOString()).toBe("2024-10-27T00:30:00.000Z");
    const skipped = Timestamp.from("2024-03-31T02:30:00[Europe/Berlin]");
    expect(skipped.toDate().toISOString()).toBe("2024-03-31T01:30:00.000Z");
    const southern = Timestamp.from("2018-02-17T23:30:00[America/Sao_Paulo]");
    expect(southern.toDate().toISOString()).toBe("2018-02-18T01:30:00.000Z");
  });

  it("is made from dates, strings and Temporal objects", () => {
    const date = new Date("2024-07-04T11:00:00.123Z");
    expect(String(Timestamp.from(date))).toBe("2024-07-04T11:00:00.123000+00:00");
    expect(Timestamp.from(date, "America/Sao_Paulo").toDate()).toEqual(date);
    expect(Timestamp.from(date, "America/Sao_Paulo").wallNanoseconds).toBe(
      Timestamp.from(date, "UTC").wallNanoseconds - 3n * hour,
    );
    expect(Timestamp.from("2024-07-04").timezone).toBeNull();
    expect(Timestamp.from("2024-07-04T08:00:00.5-03:00")).toEqual(
      new Timestamp(Timestamp.from("2024-07-04T08:00:00.500").wallNanoseconds, "UTC-03:00"),
    );
    expect(Timestamp.from("2024-07-04T11:00:00Z").timezone).toBe("UTC");
    expect(Timestamp.from({ epochNanoseconds: 7n, timeZoneId: "UTC" })).toEqual(new Timestamp(7n, "UTC"));
    const plain = {
      year: 1970,
      month: 1,
      day: 2,
      hour: 0,
      minute: 0,
      second: 1,
      millisecond: 2,
      microsecond: 3,
      nanosecond: 4,
    };
    expect(Timestamp.from(plain)).toEqual(new Timestamp(86_401_002_003_004n));
    for (const wrong of ["2024-13-01", "2024-02-30", "yesterday", "2024-01-01T25:00"]) {
      expect(() => Timestamp.from(wrong)).toThrow(/not (a|an ISO 8601) time/);
    }
    expect(() => Timestamp.from("2500-01-01")).toThrow(/1677 to 2262/);
    const temporal = {
      Instant: { fromEpochNanoseconds: (value: bigint) => value },
      ZonedDateTime: class {
        readonly parts: unknown[];
        constructor(...parts: unknown[]) {
          this.parts = parts;
        }
      },
      PlainDateTime: { from: (text: string) => `plain ${text}` },
    };
    expect(new Timestamp(0n, "UTC").toTemporal(temporal)).toMatchObject({ parts: [0n, "UTC"] });
    expect(new Timestamp(0n).toTemporal(temporal)).toBe("plain 1970-01-01T00:00:00");
  });

  it("has NaT", () => {
    const nat = new Timestamp(-(2n ** 63n), "Europe/Berlin");
    expect([nat.isNotATime, String(nat), nat.toDate().getTime()]).toEqual([true, "NaT", Number.NaN]);
    expect(nat.epochNanoseconds).toBe(-(2n ** 63n));
    expect(Timestamp.from(new Date(Number.NaN)).isNotATime).toBe(true);
    expect(Timestamp.from("NaT")).toEqual(Timestamp.notATime());
  });

  it("keeps the wall time of unknown zones and refuses to tell the instant", () => {
    const stamp = new Timestamp(86_400_000_000_000n, "Mars/Olympus");
    expect(() => stamp.epochNanoseconds).toThrow(UnsupportedFeatureError);
    expect(String(stamp)).toBe("1970-01-02T00:00:00[Mars/Olympus]");
    expect(new Timestamp(hour, "pytz.FixedOffset(60)").epochNanoseconds).toBe(0n);
    expect(new Timestamp(hour, "UTC+01:00").epochNanoseconds).toBe(0n);
    expect(() => new Timestamp(0n, "UTC+99:00").epochNanoseconds).toThrow(UnsupportedFeatureError);
  });

  it("round-trips instants through the wall", () => {
    const zones = fc.constantFrom(
      "UTC",
      "Europe/Berlin",
      "America/Sao_Paulo",
      "Asia/Kolkata",
      "Australia/Lord_Howe",
      null,
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 60n), max: 2n ** 62n }), zones, (epoch, zone) => {
        const stamp = Timestamp.fromEpochNanoseconds(epoch, zone);
        const back = stamp.epochNanoseconds;
        // Within the hour that a clock shows twice, the earlier instant is meant.
        expect(Timestamp.fromEpochNanoseconds(back, zone).wallNanoseconds).toBe(stamp.wallNanoseconds);
        expect(back <= epoch && epoch - back <= 3n * hour).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("DatetimeIndex", () => {
  it("is a sequence of timestamps with one zone", () => {
    const index = DatetimeIndex.from(["2024-03-31T00:00:00Z", "2024-03-31T01:00:00Z"], "Europe/Berlin");
    expect([...index].map(String)).toEqual(["2024-03-31T01:00:00+01:00", "2024-03-31T03:00:00+02:00"]);
    expect(index.epochNanoseconds).toEqual(BigInt64Array.of(1711843200000000000n, 1711846800000000000n));
    expect(DatetimeIndex.fromEpochNanoseconds(index.epochNanoseconds, "Europe/Berlin")).toEqual(index);
    expect(index.at(-1).timezone).toBe("Europe/Berlin");
    expect(() => index.at(2)).toThrow(/out of range/);
    expect(() => DatetimeIndex.from(["2024-01-01", "2024-01-01T00:00:00Z"])).toThrow(/one DatetimeIndex/);
    expect(DatetimeIndex.from([]).length).toBe(0);
  });
});
