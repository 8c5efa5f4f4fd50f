import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, expectTypeOf, it, vi } from "vitest";
import { HDF5Error, type NDArray, openSync } from "../../src/format/index.js";
import {
  DatetimeIndex,
  Persistable,
  property,
  registerPrimitiveType,
  Serializable,
  type StandardSchema,
  Timestamp,
  unregisterPrimitiveType,
} from "../../src/serialization/index.js";
import { hasH5py, runPython } from "./h5py.js";

const directory = mkdtempSync(join(tmpdir(), "class-options-"));
afterAll(() => rmSync(directory, { recursive: true }));

describe("names in files", () => {
  class Part extends Persistable.define(
    "names.Part",
    { innerValue: property({ default: 0, type: "float64" }), _hiddenHTTPCode2: property({ default: 1 }) },
    { storedNames: "snake_case" },
  ) {}
  class Door extends Persistable.define(
    "names.Door",
    {
      isShut: property({ default: true, storedAs: "close" }),
      openedAt: property({ default: "", storedAs: "update" }),
      maxTemp: property.array("float64", { default: [1], chunks: [7] }),
      lastPart: property.of(() => Part),
      plain: property({ default: 1 }),
    },
    { storedNames: "snake_case" },
  ) {}
  const sample = (): Door =>
    new Door({ isShut: false, openedAt: "noon", maxTemp: [1, 2, 3], lastPart: new Part({ innerValue: 5 }), plain: 2 });

  it("are those that are given, and snake_case where the class says so", async () => {
    const door = sample();
    expect(Object.keys(door)).toEqual(["isShut", "openedAt", "maxTemp", "lastPart", "plain"]);
    expect(door.serialize()).toMatchObject({
      close: false,
      update: "noon",
      max_temp: { shape: [3] },
      last_part: { inner_value: 5, _hidden_http_code2: 1 },
    });
    const path = await door.save(join(directory, "door"));
    const again = await Door.load(path);
    expect(again).toEqual(door);
    expect(Serializable.deserialize(door.serialize())).toEqual(door);
    const file = openSync(path);
    expect(file.datasetSync("root/max_temp").chunks).toEqual([7]);
    file.closeSync();
    if (!hasH5py) return;
    const script =
      "import h5py, sys; r = h5py.File(sys.argv[1])['root']; print(sorted(r.attrs), sorted(r), r['last_part'].attrs['inner_value'])";
    expect(runPython(script, path)).toEqual([
      "['__class__', '__container_type__', 'close', 'plain', 'update'] ['last_part', 'max_temp'] 5.0",
    ]);
  });

  it("are followed when only some are loaded, and when an object is open", async () => {
    const path = await sample().save(join(directory, "open-door"));
    const some = await Door.load(path, { only: ["isShut", "maxTemp"] });
    expect([some.isShut, some.maxTemp.data, some.openedAt]).toEqual([false, Float64Array.of(1, 2, 3), ""]);
    const eager = await Door.open(path, { lazy: [] });
    expect(eager.maxTemp).toMatchObject({ shape: [3], dtype: "float64" });
    await eager.close();
    const lazy = await Door.open(path, { mode: "r+" });
    await lazy.maxTemp.append([4]);
    lazy.openedAt = "midnight";
    lazy.isShut = true;
    if (lazy.lastPart !== null) lazy.lastPart.innerValue = 6;
    await lazy.close();
    const again = await Door.load(path);
    expect([again.openedAt, again.isShut, again.lastPart?.innerValue, again.maxTemp.shape]).toEqual([
      "midnight",
      true,
      6,
      [4],
    ]);
    const types = openSync(path);
    expect(
      types
        .groupSync("root/last_part")
        .attrs.infosSync()
        .find(({ name }) => name === "inner_value")?.dtype,
    ).toBe("float64");
    types.closeSync();
  });

  it("keep the stored types of scalars", async () => {
    const Loose = Persistable.define("names.Loose", { ratio: property<number>(), some_ratio: property<number>() });
    const Camel = Persistable.define("names.Camel", { someRatio: property<number>() }, { storedNames: "snake_case" });
    const tree = { __class__: "names.Camel", some_ratio: 3 };
    expect((Serializable.deserialize(tree) as InstanceType<typeof Camel>).someRatio).toBe(3);
    const bytes = openSync(await new Camel({ someRatio: 3 }).toBytes());
    expect(bytes.groupSync("root").attrs.getSync("some_ratio")).toBe(3n);
    bytes.closeSync();
    expect(Loose.propertyNames).toEqual(["ratio", "some_ratio"]);
  });

  it("are inherited, and name one property each", () => {
    const Wider = Door.define("names.Wider", {
      extraWide: property({ default: 2 }),
      plainer: property({ default: 1 }),
    });
    expect(Object.keys(new Wider().serialize())).toEqual([
      "__class__",
      "close",
      "update",
      "max_temp",
      "last_part",
      "plain",
      "extra_wide",
      "plainer",
    ]);
    for (const define of [
      () => Serializable.define("names.A", { a: property(), b: property({ storedAs: "a" }) }),
      () => Serializable.define("names.B", { aB: property(), a_b: property() }, { storedNames: "snake_case" }),
      () => Serializable.define("names.C", { a: property({ storedAs: "__class__" }) }),
      () => Serializable.define("names.D", { a: property({ storedAs: "" }) }),
      () => Serializable.define("names.E", {}, { storedNames: "kebab-case" as never }),
    ]) {
      expect(define).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
    expect(() => Serializable.deserialize({ __class__: "names.Door", isShut: true })).toThrow(/no property "isShut"/);
  });
});

describe("a name that is defined again", () => {
  it("means the new class, with one warning", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const define = (x: number): typeof Serializable & (new () => Serializable) =>
      class Cell extends Serializable.define("again.Cell", { x: property({ default: x }) }) {};
    define(1);
    define(2);
    const Last = define(3);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/again\.Cell.*defined again/)]]);
    warn.mockRestore();
    expect(Serializable.deserialize({ __class__: "again.Cell" })).toMatchObject({ x: 3 });
    expect(new Last()).toBeInstanceOf(Serializable);
  });
});

describe("registered", () => {
  it("lists classes and types", () => {
    class Money {}
    class Named extends Serializable.define("registered.Named", {}) {}
    new Named();
    registerPrimitiveType(Money, () => 1);
    const { classes, datasetTypes, primitiveTypes } = Serializable.registered();
    expect(classes.get("registered.Named")).toBe(Named);
    expect(datasetTypes.get("pandas.core.indexes.datetimes.DatetimeIndex")).toBe(DatetimeIndex);
    expect([...datasetTypes.values()]).toContain(Timestamp);
    expect(primitiveTypes).toContain(Money);
    unregisterPrimitiveType(Money);
    expect(Serializable.registered().primitiveTypes).not.toContain(Money);
    expect(classes).not.toBe(Serializable.registered().classes);
  });
});

describe("observe and unobserve", () => {
  class Base extends Serializable.define("observed.Base", {
    x: property({ default: 0 }),
    data: property<NDArray | null>({ default: null }),
  }) {
    readonly log: string[] = [];
    static {
      Base.observe("x", (self, old, now) => {
        expectTypeOf(self).toEqualTypeOf<Base>();
        expectTypeOf(now).toEqualTypeOf<number>();
        expectTypeOf(old).toEqualTypeOf<number | null>();
        self.log?.push(`class ${old} ${now}`);
      });
    }
  }
  class Derived extends Base.define("observed.Derived", { y: property({ default: 0 }) }) {}

  it("tell of changes to a class's instances, and of those of classes that extend it", () => {
    const derived = new Derived();
    derived.x = 1;
    const seen: unknown[] = [];
    const observer = (self: Derived, old: number | null, now: number): void => void seen.push([self, old, now]);
    Derived.observe("x", observer);
    Derived.observe("x", observer);
    derived.x = 2;
    new Base().x = 7;
    expect(seen).toEqual([[derived, 1, 2]]);
    expect(derived.log).toEqual(["class null 1", "class 1 2"]);
    expect([Derived.unobserve("x", observer), Derived.unobserve("x", observer)]).toEqual([true, false]);
    derived.x = 3;
    expect(seen).toHaveLength(1);
    expect(derived.log).toHaveLength(3);
  });

  it("tell of changes to one instance", () => {
    const [one, other] = [new Derived(), new Derived()];
    const seen: unknown[] = [];
    const observer = (_: Derived, old: number | null, now: number): void => void seen.push([old, now]);
    expect(one.observe("y", observer)).toBe(one);
    one.y = 5;
    other.y = 6;
    expect(one.unobserve("y", observer)).toBe(true);
    expect(one.unobserve("y", observer)).toBe(false);
    one.y = 7;
    expect(seen).toEqual([[null, 5]]);
    expect(one.copy().log).toEqual([]);
    // @ts-expect-error there is no such property
    expect(() => one.observe("z", observer)).toThrow(/no property "z"/);
    // @ts-expect-error there is no such property
    expect(() => Derived.observe("z", observer)).toThrow(/no property "z"/);
    expect(() => one.observe("y", 3 as never)).toThrow(HDF5Error);
  });
});

describe("a validator of the whole class", () => {
  const ordered: StandardSchema<{ low: number; high: number }> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        const { low, high } = value as { low: number; high: number };
        return low > high ? { issues: [{ message: `is more than ${high}`, path: ["low"] }] } : { value: { low, high } };
      },
    },
  };
  class Range extends Persistable.define(
    "validated.Range",
    { low: property({ default: 0 }), high: property({ default: 10 }) },
    { validator: ordered },
  ) {}

  it("is asked when an object is made, updated, loaded and saved", async () => {
    expect(() => new Range({ low: 11 })).toThrow(/validated\.Range.*low: is more than 10/);
    const range = new Range({ low: 3, high: 5 });
    expect(() => range.update({ low: 6 })).toThrow(/more than 5/);
    expect([range.low, range.high]).toEqual([3, 5]);
    range.update({ low: 6, high: 7 });
    range.low = 8;
    await expect(range.toBytes()).rejects.toMatchObject({ code: "invalid-argument", path: "/root" });
    range.high = 9;
    const bytes = await range.toBytes();
    expect(await Range.load(bytes)).toEqual({ low: 8, high: 9 });
    expect(() => Serializable.deserialize({ __class__: "validated.Range", low: 3, high: 1 })).toThrow(
      /\/root.*more than 1/,
    );
    expect(() => Serializable.define("validated.Wrong", {}, { validator: 3 as never })).toThrow(/"validator"/);
  });

  it("is inherited", () => {
    const Wide = Range.define("validated.Wide", { name: property({ default: "" }) });
    expect(() => new Wide({ low: 20 })).toThrow(/more than 10/);
  });
});
