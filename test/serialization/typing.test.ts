import { describe, expect, expectTypeOf, it } from "vitest";
import { type NDArray, ndarray } from "../../src/format/index.js";
import type {
  Assembled,
  Complex,
  Lazy,
  LazyNames,
  PropertyNames,
  ProxyDataset,
} from "../../src/serialization/index.js";
import { type DatetimeIndex, Persistable, property, Serializable, Timestamp } from "../../src/serialization/index.js";

class Measurement extends Serializable.define("typing.Measurement", {
  value: property({ default: 0 }),
  trace: property<NDArray | null>({ default: null }),
}) {
  doubled(): number {
    return this.value * 2;
  }
}

class Experiment extends Persistable.define("typing.Experiment", {
  name: property({ default: "" }),
  temperature: property({ default: 293.15, type: "float64" }),
  data: property<NDArray | null>({ default: null }),
  when: property({ parser: (value: Date | string) => Timestamp.from(value) }),
  times: property<DatetimeIndex>(),
  measurements: property<Measurement[]>({ default: () => [] }),
}) {}

const Sub = Experiment.define("typing.Sub", { extra: property({ default: 1 }) }, { extension: ".h5" });

/** A type that a program registers as a dataset type, and says so. */
class Track {
  readonly points = new Float64Array(0);
  length(): number {
    return this.points.length;
  }
}

declare module "../../src/serialization/lazy-types.js" {
  interface DatasetTypes {
    readonly track: Track;
  }
}

class Kinds extends Serializable.define("typing.Kinds", {
  floats: property.array("float64"),
  eager: property.array("int8", { lazy: false }),
  alsoEager: property<NDArray<"float32">>({ lazy: false }),
  dict: property<Record<string, NDArray>>({ default: () => ({}) }),
  record: property<{ pi: number; items: NDArray<"int32">; tags: string[] }>({
    default: () => ({ pi: 3, items: ndarray(Int32Array.of(1)), tags: [] }),
  }),
  pair: property<[NDArray<"float64">, number]>({ default: () => [ndarray([1]), 2] }),
  when: property<Timestamp>(),
  complex: property<Complex>(),
  anything: property({ default: null }),
  track: property<Track>(),
}) {}

class Holding extends Serializable.define("typing.Holding", {
  kinds: property.of(() => Kinds),
  list: property.listOf(() => Kinds),
}) {}

describe("types", () => {
  it("are inferred of defaults that say little", () => {
    const Loose = Serializable.define("typing.Loose", {
      nothing: property({ default: null }),
      list: property({ default: [] }),
      made: property({ default: () => [] }),
      dict: property({ default: {} }),
      text: property({ default: "" }),
      numbers: property({ default: [1, 2] }),
      eager: property({ default: [], lazy: false }),
    });
    const loose = new Loose({ nothing: 3, list: ["a", 1], dict: { a: 1 } });
    expectTypeOf(loose.nothing).toEqualTypeOf<unknown>();
    expectTypeOf(loose.list).toEqualTypeOf<unknown[]>();
    expectTypeOf(loose.made).toEqualTypeOf<unknown[]>();
    expectTypeOf(loose.dict).toEqualTypeOf<Record<string, unknown>>();
    expectTypeOf(loose.text).toEqualTypeOf<string>();
    expectTypeOf(loose.numbers).toEqualTypeOf<number[]>();
    loose.nothing = "x";
    loose.list.push(new Date());
    expect(loose.list).toHaveLength(3);
  });

  it("name properties only", () => {
    expectTypeOf<PropertyNames<Measurement>>().toEqualTypeOf<"value" | "trace">();
    expectTypeOf<PropertyNames<InstanceType<typeof Sub>>>().toEqualTypeOf<
      "name" | "temperature" | "data" | "when" | "times" | "measurements" | "extra"
    >();
    expectTypeOf<LazyNames<Kinds>>().toEqualTypeOf<Exclude<PropertyNames<Kinds>, "eager" | "alsoEager">>();
  });

  it("are inferred from the properties", () => {
    const experiment = new Experiment({ name: "a", data: Float64Array.of(1), when: "2024-01-01", measurements: [] });
    expectTypeOf(experiment.name).toEqualTypeOf<string>();
    expectTypeOf(experiment.temperature).toEqualTypeOf<number>();
    expectTypeOf(experiment.data).toEqualTypeOf<NDArray | null>();
    expectTypeOf(experiment.when).toEqualTypeOf<Timestamp | null>();
    expectTypeOf(experiment.times).toEqualTypeOf<DatetimeIndex | null>();
    expectTypeOf(experiment.measurements).toEqualTypeOf<Measurement[]>();
    expectTypeOf(experiment.copy()).toEqualTypeOf<Experiment>();
    // @ts-expect-error a number is no name
    expect(new Experiment({ name: 3 }).name).toBe(3);
    // @ts-expect-error there is no such property
    expect(() => new Experiment({ nothing: 3 })).toThrow(/no property "nothing"/);
    experiment.update({ data: Float32Array.of(1), name: null });
    expect(experiment.name).toBe("");
  });

  it("are inherited", () => {
    const sub = new Sub({ extra: 2, name: "b" });
    expectTypeOf(sub.extra).toEqualTypeOf<number>();
    expectTypeOf(sub.name).toEqualTypeOf<string>();
    expect([sub.extra, sub.name, Sub.extension]).toEqual([2, "b", ".h5"]);
    expect(sub).toBeInstanceOf(Experiment);
  });

  it("take a proxy of numbers of one type where one of any is taken, and not the other way round", () => {
    expectTypeOf<ProxyDataset<"float64">>().toExtend<ProxyDataset>();
    expectTypeOf<ProxyDataset<"string">>().toExtend<ProxyDataset>();
    expectTypeOf<ProxyDataset<"int8">>().toExtend<ProxyDataset<"int8" | "int16">>();
    expectTypeOf<ProxyDataset>().not.toExtend<ProxyDataset<"float64">>();
    expectTypeOf<ProxyDataset<"int8">>().not.toExtend<ProxyDataset<"float64">>();
    expectTypeOf<ProxyDataset<DatetimeIndex>>().not.toExtend<ProxyDataset>();
  });

  it("turn arrays into proxies when opened", () => {
    expectTypeOf<Lazy<Kinds>["floats"]>().toEqualTypeOf<ProxyDataset<"float64"> | null>();
    expectTypeOf<Lazy<Kinds>["eager"]>().toEqualTypeOf<NDArray<"int8"> | null>();
    expectTypeOf<Lazy<Kinds>["alsoEager"]>().toEqualTypeOf<NDArray<"float32"> | null>();
    expectTypeOf<Lazy<Kinds, "alsoEager">["alsoEager"]>().toEqualTypeOf<ProxyDataset<"float32"> | null>();
    expectTypeOf<Lazy<Kinds>["dict"]>().toEqualTypeOf<Record<string, ProxyDataset>>();
    expectTypeOf<Lazy<Kinds>["record"]>().toEqualTypeOf<{ pi: number; items: ProxyDataset<"int32">; tags: string[] }>();
    expectTypeOf<Lazy<Kinds>["pair"]>().toEqualTypeOf<[ProxyDataset<"float64">, number]>();
    expectTypeOf<Lazy<Kinds>["when"]>().toEqualTypeOf<Timestamp | null>();
    expectTypeOf<Lazy<Kinds>["complex"]>().toEqualTypeOf<Complex | null>();
    expectTypeOf<Lazy<Kinds>["anything"]>().toEqualTypeOf<unknown>();
    expectTypeOf<Lazy<Kinds>["track"]>().toEqualTypeOf<ProxyDataset<Track> | null>();
    expectTypeOf<NonNullable<Lazy<Holding>["kinds"]>["floats"]>().toEqualTypeOf<ProxyDataset<"float64"> | null>();
    expectTypeOf<Lazy<Holding>["list"][number]["pair"]>().toEqualTypeOf<[ProxyDataset<"float64">, number]>();
    expectTypeOf<Assembled<"float64">>().toEqualTypeOf<NDArray<"float64">>();
    expectTypeOf<Assembled<Track>>().toEqualTypeOf<Track>();
    expectTypeOf<Lazy<Experiment>["data"]>().toEqualTypeOf<ProxyDataset | null>();
    expectTypeOf<Lazy<Experiment>["times"]>().toEqualTypeOf<ProxyDataset<DatetimeIndex> | null>();
    expectTypeOf<Lazy<Experiment>["name"]>().toEqualTypeOf<string>();
    expectTypeOf<Lazy<Experiment, "times">["data"]>().toEqualTypeOf<NDArray | null>();
    expectTypeOf<Lazy<Experiment>["measurements"][number]["trace"]>().toEqualTypeOf<ProxyDataset | null>();
    const use = async (path: string): Promise<string> => (await Experiment.open(path, { lazy: ["data"] })).name;
    expectTypeOf(use).returns.resolves.toEqualTypeOf<string>();
    expectTypeOf(Experiment.load).returns.resolves.toExtend<Persistable>();
  });
});
