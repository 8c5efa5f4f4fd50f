import { describe, expect, expectTypeOf, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import type { Lazy, ProxyDataset } from "../../src/serialization/index.js";
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

describe("types", () => {
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

  it("turn arrays into proxies when opened", () => {
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
