import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import { HDF5Error } from "../../src/format/index.js";
import { property, Serializable } from "../../src/serialization/index.js";

let names = 0;
const unique = (): string => `property.Class${names++}`;

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HDF5Error) return error.code;
    throw error;
  }
  return "nothing was thrown";
}

describe("defaults", () => {
  it("are values, copied for each instance, or made by a factory", () => {
    const Class = Serializable.define(unique(), {
      list: property<number[]>({ default: [1] }),
      sum: property<number>({ default: (instance) => (Serializable.valuesOf(instance).size > 0 ? 1 : 0) }),
      nothing: property<string>(),
    });
    const Factory = Serializable.define(unique(), {
      base: property({ default: 2 }),
      double: property<number>({ default: (instance: Serializable & { readonly base: number }) => instance.base * 2 }),
    });
    const [a, b] = [new Class(), new Class()];
    a.list.push(2);
    expect([a.list, b.list, a.nothing]).toEqual([[1, 2], [1], null]);
    const factory = new Factory({ base: 5 });
    expect(factory.double).toBe(10);
    factory.base = 7;
    expect(factory.double).toBe(10);
    expect(codeOf(() => a.sum)).toBe("invalid-argument");
  });

  it("come back when null or undefined is set", () => {
    const Class = Serializable.define(unique(), { value: property({ default: 4 }) });
    const object = new Class({ value: 9 });
    object.update({ value: null });
    expect(object.value).toBe(4);
    object.value = 3;
    object.update({ value: undefined });
    expect(object.value).toBe(4);
    expect(new Class({ value: null }).value).toBe(4);
  });
});

describe("parsers, observers and post-initialisers", () => {
  it("run in order, on defaults too", () => {
    const log: unknown[] = [];
    const Class = Serializable.define(unique(), {
      value: property({
        default: "1",
        parser: (value: string | number) => Number(value),
        observers: [
          (_, oldValue, newValue) => log.push(["first", oldValue, newValue]),
          (_, oldValue, newValue) => log.push(["second", oldValue, newValue]),
        ],
        postInit: () => log.push("post"),
      }),
    });
    const object = new Class();
    expect(log).toEqual([]);
    expect(object.value).toBe(1);
    expect(log).toEqual([["first", null, 1], ["second", null, 1], "post"]);
    log.length = 0;
    expect([object.value, object.value]).toEqual([1, 1]);
    object.value = 5;
    expect(log).toEqual([
      ["first", 1, 5],
      ["second", 1, 5],
    ]);
    log.length = 0;
    expect(new Class({ value: "7" }).value).toBe(7);
    expect(log).toEqual([["first", null, 7], ["second", null, 7], "post"]);
  });

  it("have what they throw as the cause", () => {
    const cause = new TypeError("no");
    const Class = Serializable.define(unique(), {
      value: property({
        default: null,
        parser: (_: string): string => {
          throw cause;
        },
      }),
    });
    expect(new Class().value).toBeNull();
    expect(() => new Class({ value: "x" })).toThrow(expect.objectContaining({ code: "invalid-argument", cause }));
  });
});

describe("restrictions", () => {
  it("let writeonce properties be set once", () => {
    const Class = Serializable.define(unique(), { id: property({ default: "none", writeonce: true }) });
    const object = new Class();
    object.id = "a";
    expect(() => {
      object.id = "b";
    }).toThrow(/set only once/);
    expect(object.id).toBe("a");
    expect(codeOf(() => new Class({ id: "x" }).update({ id: "y" }))).toBe("invalid-argument");
  });

  it("refuse deletion and class fields of the same name", () => {
    const Base = Serializable.define(unique(), { name: property({ default: "" }) });
    const object = new Base();
    expect(Reflect.deleteProperty(object, "name")).toBe(false);
    class Shadowing extends Base {
      override name = "shadow";
      other = 1;
    }
    expect(() => new Shadowing()).toThrow(TypeError);
    class Fine extends Base {
      other = 1;
      #secret = 2;
      get secret(): number {
        return this.#secret;
      }
    }
    const fine = new Fine({ name: "x" });
    expect([fine.other, fine.secret, fine.name]).toEqual([1, 2, "x"]);
  });

  it("refuse names that mean something else, unknown properties and classes without properties", () => {
    for (const name of ["copy", "constructor", "__class__", "__container_type__", "toString", ""]) {
      expect(codeOf(() => Serializable.define(unique(), { [name]: property() }))).toBe("invalid-argument");
    }
    const proto = JSON.parse('{"__proto__": 1}') as Record<string, unknown>;
    for (const key of Object.keys(proto)) {
      const schema = Object.defineProperty({}, key, { value: property(), enumerable: true });
      expect(codeOf(() => Serializable.define(unique(), schema))).toBe("invalid-argument");
    }
    expect(codeOf(() => new Serializable())).toBe("invalid-argument");
    const name = unique();
    Serializable.define(name, {});
    expect(Serializable.define(name, {}, { replace: true }).className).toBe(name);
  });

  it("check declared types", () => {
    const Class = Serializable.define(unique(), { value: property({ default: 0, type: "uint8" }) });
    expect(new Class({ value: 255 }).value).toBe(255);
    expect(() => new Class({ value: 256 })).toThrow(/does not fit uint8/);
    expect(() => new Class({ value: 1.5 })).toThrow(/holds integers/);
  });
});

describe("inheritance", () => {
  it("keeps the declaration order of the whole chain", () => {
    class Base extends Serializable.define(unique(), { a: property({ default: 1 }), b: property({ default: 2 }) }) {
      sum(): number {
        return this.a + this.b;
      }
    }
    class Derived extends Base.define(unique(), { c: property({ default: 3 }), a: property({ default: 10 }) }) {}
    expect(Derived.propertyNames).toEqual(["a", "b", "c"]);
    expect(Base.propertyNames).toEqual(["a", "b"]);
    const object = new Derived();
    expect(object.sum()).toBe(12);
    expect(object).toBeInstanceOf(Base);
    expect([...Serializable.valuesOf(object)]).toEqual([
      ["a", 10],
      ["b", 2],
      ["c", 3],
    ]);
    expect(Derived.propertyDefinition("c").default).toBe(3);
  });
});

describe("arrays", () => {
  it("become NDArrays when they are set", () => {
    const Class = Serializable.define(unique(), { data: property<NDArray | null>({ default: null }) });
    const object = new Class({ data: Int16Array.of(1, 2) });
    expect(object.data).toMatchObject({ shape: [2], dtype: "int16", data: Int16Array.of(1, 2) });
    object.update({ data: new Float32Array(3) });
    expect(object.data?.dtype).toBe("float32");
  });
});
