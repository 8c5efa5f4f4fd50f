import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import { HDF5Error } from "../../src/format/index.js";
import {
  Complex,
  DatetimeIndex,
  FilePath,
  property,
  registerDatasetType,
  registerPrimitiveType,
  Serializable,
  scalar,
  Timestamp,
  TypedScalar,
  unregisterDatasetType,
  unregisterPrimitiveType,
} from "../../src/serialization/index.js";

class Inner extends Serializable.define("serializable.Inner", { value: property({ default: 0 }) }) {}

class Outer extends Serializable.define("serializable.Outer", {
  name: property({ default: "" }),
  inner: property<Inner | null>({ default: null }),
  items: property<unknown[]>({ default: () => [] }),
  table: property<Record<string, unknown>>({ default: () => ({}) }),
  data: property<NDArray | null>({ default: null }),
  cache: property<string>({ default: "empty", copiable: false }),
}) {}

const sample = (): Outer =>
  new Outer({
    name: "x",
    inner: new Inner({ value: 3 }),
    items: [1, "two", null, [new Inner({ value: 4 })], new Complex(1, -2), new FilePath("/a"), 12n],
    table: { a: { b: Timestamp.from("2024-01-01") }, __proto__x: 1 },
    data: Float64Array.of(1, Number.NaN),
    cache: "full",
  });

describe("serialize and deserialize", () => {
  it("make plain trees with the class's name and back", () => {
    const object = sample();
    const tree = object.serialize();
    expect(tree).toMatchObject({
      __class__: "serializable.Outer",
      name: "x",
      inner: { __class__: "serializable.Inner", value: 3 },
      cache: "full",
    });
    expect(Object.getPrototypeOf(tree)).toBeNull();
    const back = Serializable.deserialize(tree);
    expect(back).toBeInstanceOf(Outer);
    expect(object.equals(back)).toBe(true);
    expect((back as Outer).inner).toBeInstanceOf(Inner);
    expect((back as Outer).cache).toBe("full");
  });

  it("round-trip any nesting of plain values", () => {
    const key = fc.string({ minLength: 1 }).filter((text) => !text.startsWith("__c"));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.integer(),
        fc.double(),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.bigInt(),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(tree), (items) => {
        const object = new Outer({ items });
        const back = Serializable.deserialize(object.serialize());
        expect(object.equals(back)).toBe(true);
        expect(object.copy().equals(object)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("give unknown classes a generic one that keeps name and keys", () => {
    const tree = {
      __class__: "far.away.Thing",
      a: 1,
      list: [{ __class__: "far.away.Thing", a: 2, list: [] }],
      copy: 3,
    };
    const thing = Serializable.deserialize(tree) as Serializable & {
      a: number;
      list: (Serializable & { a: number })[];
    };
    expect(thing.constructor.name).toBe("_GenericThing");
    expect([thing.a, thing.list[0].a]).toEqual([1, 2]);
    expect(Serializable.valuesOf(thing).get("copy")).toBe(3);
    expect(thing.serialize()).toEqual(tree);
    const hostile = Serializable.deserialize(
      JSON.parse('{"__class__": "x.Y", "__proto__": {"polluted": 1}, "constructor": 2}') as unknown,
    ) as Serializable;
    expect(Serializable.valuesOf(hostile).get("__proto__")).toEqual({ polluted: 1 });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(hostile)).toBe((hostile.constructor as typeof Serializable).prototype);
  });

  it("name the keys that a known class does not have", () => {
    const tree = { __class__: "serializable.Inner", value: 1, wrong: 2, bad: 3 };
    expect(() => Serializable.deserialize({ a: [tree] })).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        path: "/root/a/0",
        message: expect.stringMatching(/"wrong", "bad"/),
      }),
    );
  });

  it("refuse what cannot be saved, and say where", () => {
    const at = (value: unknown): unknown => {
      try {
        new Outer({ items: [0, { deep: value }] }).serialize();
      } catch (error) {
        return error instanceof HDF5Error && error.code === "invalid-argument" ? error.path : error;
      }
      return "nothing was thrown";
    };
    for (const value of [() => 1, Symbol("s"), new Date(), /x/, new ArrayBuffer(3), new (class Foo {})()]) {
      expect(at(value)).toBe("/root/items/1/deep");
    }
    expect(at(new Map([[1, 2]]))).toBe("/root/items/1/deep");
    expect(at({ __class__: "x" })).toBe("/root/items/1/deep");
    expect(at(new Map<unknown, unknown>([["k", new Set([1])]]))).toBe("nothing was thrown");
  });

  it("refuse circular references and name both ends", () => {
    const object = new Outer({ name: "loop" });
    object.table = { list: [1, object] };
    expect(() => object.serialize()).toThrow(/\/root\/table\/list\/1: a circular reference.*\/root,/);
    const shared = { x: 1 };
    expect(new Outer({ items: [shared, shared] }).serialize()).toMatchObject({ items: [{ x: 1 }, { x: 1 }] });
    let deep: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(() => new Outer({ items: deep }).serialize()).toThrow(HDF5Error);
  });
});

describe("copy and equals", () => {
  it("are deep, by value and without what is not copiable", () => {
    const object = sample();
    const copy = object.copy();
    expect(copy).toBeInstanceOf(Outer);
    expect(copy.equals(object)).toBe(true);
    expect(copy.cache).toBe("empty");
    (copy.data as NDArray<"float64">).data[0] = 5;
    expect(copy.equals(object)).toBe(false);
    expect((object.data as NDArray<"float64">).data[0]).toBe(1);
    const other = object.copy();
    if (other.inner !== null) other.inner.value = 8;
    expect(object.inner?.value).toBe(3);
    expect(other.equals(object)).toBe(false);
    expect(object.equals(null)).toBe(false);
    expect(new Inner().equals(new Outer())).toBe(false);
    const typed = new Outer({ data: Float32Array.of(1, Number.NaN) });
    expect(new Outer({ data: Float64Array.of(1, Number.NaN) }).equals(typed)).toBe(false);
  });
});

describe("scalars", () => {
  it("check their type", () => {
    expect(scalar(3, "float64")).toEqual(new TypedScalar(3, "float64"));
    expect(scalar(2n ** 64n - 1n, "uint64").value).toBe(2n ** 64n - 1n);
    expect(() => scalar(300, "int8")).toThrow(/does not fit int8/);
    expect(() => scalar("x", "float32")).toThrow(HDF5Error);
    expect(() => scalar(1, "bool")).toThrow(HDF5Error);
  });
});

describe("registered types", () => {
  class Celsius {
    readonly degrees: number;
    constructor(degrees: number) {
      this.degrees = degrees;
    }
  }
  class Track {
    readonly points: Float64Array;
    readonly unit: string;
    constructor(points: Float64Array, unit: string) {
      this.points = points;
      this.unit = unit;
    }
  }
  class LongTrack extends Track {}

  it("pass through serialize, and are found by the nearest class", () => {
    registerPrimitiveType(Celsius, (value) => value.degrees);
    registerDatasetType(Track, {
      name: "test.Track",
      disassemble: (track) => [track.points, { unit: track.unit }],
      assemble: (array, { unit }) => new Track(array.data as Float64Array, String(unit)),
    });
    const track = new LongTrack(Float64Array.of(1), "m");
    const object = new Outer({ items: [new Celsius(3), track] });
    expect((object.serialize()["items"] as unknown[])[1]).toBe(track);
    expect(new Outer({ items: [new Celsius(3), new LongTrack(Float64Array.of(1), "m")] }).equals(object)).toBe(true);
    expect(new Outer({ items: [new Celsius(3), new LongTrack(Float64Array.of(2), "m")] }).equals(object)).toBe(false);
    expect(() =>
      registerDatasetType(Celsius, {
        name: "test.Track",
        disassemble: () => [[], {}] as never,
        assemble: () => track as never,
      }),
    ).toThrow(/registered for another class/);
    expect([unregisterPrimitiveType(Celsius), unregisterDatasetType(Track), unregisterDatasetType(Track)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(() => object.serialize()).toThrow(/cannot be saved/);
    expect(() => unregisterDatasetType(DatetimeIndex)).toThrow(/built in/);
  });
});
