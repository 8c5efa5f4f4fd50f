import assert from "node:assert/strict";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type NDArray, ndarray } from "../../src/format/index.js";
import {
  Complex,
  DatetimeIndex,
  FilePath,
  Persistable,
  property,
  revive,
  Serializable,
  Timestamp,
} from "../../src/serialization/index.js";

class Part extends Serializable.define("instances.Part", { value: property({ default: 0 }) }) {}

class Whole extends Persistable.define("instances.Whole", {
  name: property({ default: "" }),
  data: property<NDArray | null>({ default: null }),
  when: property<Timestamp | null>({ default: null }),
  times: property<DatetimeIndex | null>({ default: null }),
  part: property<Part | null>({ default: null }),
  parts: property<Part[]>({ default: () => [] }),
  table: property<Record<string, unknown>>({ default: () => ({}) }),
}) {
  label = "field";
}

const names = ["name", "data", "when", "times", "part", "parts", "table"];

const sample = (): Whole =>
  new Whole({
    name: "a",
    data: ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]),
    when: Timestamp.from("2024-05-17T21:04:00Z"),
    times: DatetimeIndex.from(["2024-05-17T21:04:00Z"], "UTC"),
    part: new Part({ value: 1 }),
    parts: [new Part({ value: 2 })],
    table: { big: 2n ** 60n, small: 7n, z: new Complex(1, 2) },
  });

/** Objects that differ from the sample in one place each. */
function* others(): Generator<readonly [string, Whole]> {
  const change = function* (what: string, make: (whole: Whole) => void): Generator<readonly [string, Whole]> {
    const whole = sample();
    make(whole);
    yield [what, whole];
  };
  yield* change("name", (whole) => {
    whole.name = "b";
  });
  yield* change("an element", (whole) => {
    (whole.data?.data as Float64Array)[3] = 5;
  });
  yield* change("the shape", (whole) => whole.update({ data: ndarray(Float64Array.of(1, 2, 3, 4), [4]) }));
  yield* change("the type", (whole) => whole.update({ data: ndarray(Float32Array.of(1, 2, 3, 4), [2, 2]) }));
  yield* change("a nanosecond", (whole) => {
    whole.when = new Timestamp((whole.when?.wallNanoseconds ?? 0n) + 1n, "UTC");
  });
  yield* change("a time of many", (whole) => {
    whole.times = DatetimeIndex.from(["2024-05-17T21:04:01Z"], "UTC");
  });
  yield* change("a nested object", (whole) => {
    if (whole.part !== null) whole.part.value = 9;
  });
  yield* change("an object in a list", (whole) => {
    whole.parts[0].value = 9;
  });
  yield* change("a length", (whole) => whole.parts.push(new Part()));
  yield* change("something in a dict", (whole) => {
    whole.table["z"] = new Complex(1, 3);
  });
}

describe("properties", () => {
  it("are own and enumerable", () => {
    const whole = sample();
    expect(Object.keys(whole)).toEqual([...names, "label"]);
    const spread = { ...whole };
    expect(spread.name).toBe("a");
    expect(spread.data?.data).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(Object.fromEntries(Object.entries(new Part({ value: 3 })))).toEqual({ value: 3 });
    expect("name" in whole && Object.hasOwn(whole, "name")).toBe(true);
    expect(Object.keys(new Whole())).toEqual([...names, "label"]);
  });

  it("are not proxied, deleted or made anew", () => {
    const whole = sample();
    expect(inspect(whole, { showProxy: true })).not.toContain("Proxy");
    expect(() => Reflect.deleteProperty(whole, "name")).not.toThrow();
    expect(whole.name).toBe("a");
    expect(() => {
      delete (whole as Partial<Whole>).name;
    }).toThrow(TypeError);
    expect(() => Object.defineProperty(whole, "name", { value: "x" })).toThrow(TypeError);
  });
});

describe("comparisons of other tools", () => {
  it("hold equal objects equal", () => {
    expect(sample()).toEqual(sample());
    expect(sample()).toStrictEqual(sample());
    expect(new Part({ value: 4 })).toEqual({ value: 4 });
    expect(sample()).toMatchObject({ name: "a", part: { value: 1 } });
    assert.deepEqual(sample(), sample());
    assert.deepStrictEqual(sample(), sample());
    expect(sample().copy()).toEqual(sample());
  });

  it("tell different ones apart", () => {
    for (const [what, other] of others()) {
      expect(other, what).not.toEqual(sample());
      expect(other, what).not.toStrictEqual(sample());
      assert.throws(() => assert.deepStrictEqual(other, sample()), assert.AssertionError, what);
      assert.notDeepStrictEqual(other, sample(), what);
      expect(other.equals(sample()), what).toBe(false);
    }
    expect(new Part()).not.toStrictEqual({ value: 0 });
    assert.notDeepStrictEqual(new Part(), { value: 0 });
  });

  it("say what differs", () => {
    const messages = [
      () => expect(new Part({ value: 1 })).toEqual(new Part({ value: 2 })),
      () => assert.deepStrictEqual(new Part({ value: 1 }), new Part({ value: 2 })),
    ].map((compare) => {
      try {
        compare();
      } catch (error) {
        return `${(error as Error).message} ${JSON.stringify(error)}`;
      }
      return "equal";
    });
    expect(messages[0]).toMatch(/"value": 1|value: 1/);
    expect(messages[1]).toMatch(/value: .*\b1[\s\S]*value: .*\b2/);
  });
});

describe("printing", () => {
  it("shows class, properties and fields", () => {
    expect(inspect(new Part({ value: 3 }))).toBe("Part { value: 3 }");
    expect(inspect([new Part()])).toBe("[ Part { value: 0 } ]");
    const text = inspect(sample(), { depth: 5, breakLength: 1000 });
    expect(text).toMatch(/^Whole \{ name: 'a', data: \{/);
    expect(text).toContain("when: Timestamp 2024-05-17T21:04:00+00:00");
    expect(text).toContain("parts: [ Part { value: 2 } ]");
    expect(text).toContain("label: 'field'");
    const failing = Serializable.define("instances.Failing", {
      value: property<number>({
        default: () => {
          throw new Error("no luck");
        },
      }),
    });
    expect(inspect(new failing())).toContain("no luck");
    const loop = new Whole({ name: "loop" });
    loop.table["self"] = loop;
    expect(inspect(loop, { depth: null })).toMatch(/^<ref \*1> Whole[\s\S]*self: \[Circular \*1\]/);
    loop.name = "changed";
    expect(inspect(loop)).toContain("changed");
  });

  it("shows what of a lazily opened object is in the file", () => {
    using lazy = Whole.openSync(sample().toBytesSync());
    expect(inspect(lazy, { breakLength: 1000 })).toContain(
      "data: ProxyDataset(/root/data, shape [2, 2], float64), when: Timestamp 2024",
    );
  });
});

describe("JSON", () => {
  it("has plain values", () => {
    const whole = sample();
    whole.table["path"] = new FilePath("/a/b");
    whole.table["map"] = new Map<string, unknown>([["set", new Set([1, 2])]]);
    whole.table["flat"] = Uint8Array.of(1, 2);
    whole.table["longs"] = BigInt64Array.of(1n, 2n ** 62n);
    expect(JSON.parse(JSON.stringify(whole))).toEqual({
      name: "a",
      data: [
        [1, 2],
        [3, 4],
      ],
      when: "2024-05-17T21:04:00+00:00",
      times: ["2024-05-17T21:04:00+00:00"],
      part: { value: 1 },
      parts: [{ value: 2 }],
      label: "field",
      table: {
        big: "1152921504606846976",
        small: 7,
        z: { re: 1, im: 2 },
        path: "/a/b",
        map: { set: [1, 2] },
        flat: [1, 2],
        longs: [1, "4611686018427387904"],
      },
    });
    expect(JSON.stringify({ at: new Part() })).toBe('{"at":{"value":0}}');
  });
});

describe("structuredClone", () => {
  it("gives the values, from which the object is made again", () => {
    const whole = sample();
    const { label, ...clone } = revive(structuredClone(whole));
    expect(label).toBe("field");
    expect(clone.data).toEqual(whole.data);
    expect(clone.when).toEqual(whole.when);
    expect(clone.part).toEqual({ value: 1 });
    const again = new Whole({ ...clone, part: new Part(clone.part ?? {}), parts: clone.parts.map((p) => new Part(p)) });
    expect(again.equals({ ...whole })).toBe(false);
    expect(again.name).toBe("a");
    expect(again.data).toEqual(whole.data);
    expect(again.times).toEqual(whole.times);
    for (const [what, other] of others()) expect(structuredClone(other), what).not.toEqual(structuredClone(whole));
  });

  it("refuses what is still in a file", () => {
    using lazy = Whole.openSync(sample().toBytesSync());
    expect(() => structuredClone(lazy)).toThrow(expect.objectContaining({ name: "DataCloneError" }));
  });
});

describe("classes that hide a property", () => {
  const Base = Serializable.define("instances.Base", { name: property({ default: "" }) });

  it("by a field are refused by the engine, and where objects are made for the caller it is explained", () => {
    class Shadowing extends Base.define("instances.Shadowing", {}) {
      override name = "shadow";
    }
    Shadowing.register();
    expect(() => new Shadowing()).toThrow(TypeError);
    expect(() => Serializable.deserialize({ __class__: "instances.Shadowing", name: "x" })).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        path: "/root",
        message: expect.stringMatching(/Shadowing.*class field.*name of a property/),
      }),
    );
  });

  it("by a method or accessor are refused", () => {
    class Hiding extends Base.define("instances.Hiding", {}) {}
    Object.defineProperty(Hiding.prototype, "name", { get: () => "hidden" });
    expect(() => new Hiding()).toThrow(/Hiding.*"name"/);
  });
});

describe("constructors", () => {
  class Vector extends Serializable.define("instances.Vector", {
    x: property({ default: 0 }),
    y: property({ default: 0 }),
    seen: property({ default: 0, copiable: false }),
  }) {
    #length: number;
    readonly axes = ["x", "y"];
    constructor(x: number, y: number) {
      super({ x, y });
      this.#length = Math.hypot(this.x, this.y);
      this.x = x;
    }
    length(): number {
      return this.#length;
    }
  }

  it("copy an instance of the class or of one that extends it", () => {
    const whole = sample();
    const copy = new Whole(whole);
    expect(copy).toEqual(whole);
    expect(copy.equals(whole)).toBe(true);
    expect(copy.data?.data).not.toBe(whole.data?.data);
    if (copy.part !== null) copy.part.value = 50;
    expect(whole.part?.value).toBe(1);
    const More = Part.define("instances.More", { more: property({ default: "m" }) });
    expect(new Part(new More({ value: 8 }))).toEqual({ value: 8 });
    expect(() => new Whole(new Part() as never)).toThrow(
      /instances.Whole is copied from an instance of the class, not from one of instances.Part/,
    );
    expect(() => new More(new Part() as never)).toThrow(/copied from an instance/);
  });

  it("that take something else are called without arguments when values are there already", () => {
    const vector = new Vector(3, 4);
    vector.seen = 5;
    const again = Serializable.deserialize(vector.serialize());
    expect(again).toBeInstanceOf(Vector);
    expect(again).toEqual({ x: 3, y: 4, seen: 5, axes: ["x", "y"] });
    expect((again as Vector).length()).toBe(5);
    const copy = vector.copy();
    expect([copy.x, copy.y, copy.seen, copy.length()]).toEqual([3, 4, 0, 5]);
    copy.x = 1;
    expect(copy.x).toBe(1);
  });

  it("that cannot do without arguments are told how, and restore is called where a class has it", () => {
    const Base = Serializable.define("instances.Text", { words: property<string[]>({ default: () => [] }) });
    class Text extends Base {
      constructor(text: string) {
        super({ words: text.split(" ") });
      }
    }
    const text = new Text("a b");
    expect(() => Serializable.deserialize({ a: text.serialize() })).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        path: "/root/a",
        message: expect.stringMatching(/Text.*called without arguments.*override the static method restore/),
      }),
    );
    class Better extends Base.define("instances.Better", {}) {
      constructor(text: string) {
        super({ words: text.split(" ") });
      }
      static override restore(values: Readonly<Record<string, unknown>>): Better {
        return new Better((values["words"] as string[]).join(" "));
      }
    }
    const again = Serializable.deserialize(new Better("a b").serialize());
    expect(again).toBeInstanceOf(Better);
    expect(again).toEqual({ words: ["a", "b"] });
    class Wrong extends Base.define("instances.Wrong", {}) {
      static override restore(): Better {
        return new Better("");
      }
    }
    expect(() => new Wrong().copy()).toThrow(/Wrong.restore gives no instance of Wrong/);
  });

  it("that make others of their class first are refused rather than mixed up", () => {
    class Nested extends Serializable.define("instances.Nested", { depth: property({ default: 0 }) }) {
      constructor(depth = 3) {
        const inner = depth > 1 ? new Nested(depth - 1) : null;
        super({ depth: inner === null ? 1 : inner.depth + 1 });
      }
    }
    expect(new Nested().depth).toBe(3);
    expect(() => new Nested().copy()).toThrow(/makes other instances of its class first/);
  });
});
