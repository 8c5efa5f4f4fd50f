/** The examples of the Python library's page, in TypeScript: nothing in here is cast. */

import type { Constructor, NDArray } from "jangada";
import { load, ndarray, Persistable, property, slice, Timestamp } from "jangada";

export class Experiment extends Persistable.define("seed.Experiment", {
  name: property({ default: "" }),
  temperature: property({ default: 293.15, type: "float64" }),
  data: property.array("float64"),
}) {}

export async function basicSaveAndLoad(): Promise<number> {
  const exp = new Experiment({ name: "Test1", temperature: 373.15, data: [1.2, 3.4, 5.6] });
  await exp.save("experiment.hdf5");
  const again = await Experiment.load("experiment.hdf5");
  const any = await load("experiment.hdf5");
  const data: Float64Array | undefined = again.data?.data;
  return any instanceof Experiment ? any.temperature : (data?.[0] ?? Number.NaN);
}

export async function lazyLoading(): Promise<readonly [readonly number[], Float64Array, string, number]> {
  await using exp = await Experiment.open("large_data.hdf5", { mode: "r" });
  if (exp.data === null) throw new Error("there is no data");
  const chunk = await exp.data.get([slice(100, 200)]);
  return [exp.data.shape, chunk.data, exp.name, exp.temperature];
}

export async function modifyingData(): Promise<void> {
  await using exp = await Experiment.open("data.hdf5", { mode: "r+" });
  await exp.data?.set(99.9, [50]);
  await exp.data?.set(new Float64Array(10), [slice(10, 20)]);
  await exp.data?.append(Float64Array.of(7, 8, 9));
}

class TimeSeries extends Persistable.define("seed.TimeSeries", {
  name: property({ default: "" }),
  data: property.array("float64", { default: [] }),
}) {}

export async function incrementalCollection(collect: () => Float64Array): Promise<void> {
  const series = new TimeSeries({ name: "Time Series", data: Float64Array.of(1, 2, 3) });
  await series.save("timeseries.hdf5");
  for (let day = 0; day < 30; day++) {
    await using open = await TimeSeries.open("timeseries.hdf5", { mode: "r+" });
    await open.data.append(collect());
  }
}

export class Measurement extends Persistable.define("seed.Measurement", {
  timestamp: property<Timestamp>(),
  value: property({ default: 0, type: "float64" }),
}) {
  doubled(): number {
    return this.value * 2;
  }
}

export class MultiPoint extends Persistable.define("seed.MultiPoint", {
  name: property({ default: "" }),
  measurements: property.listOf(() => Measurement),
  byName: property.dictOf(() => Measurement),
  best: property.of(() => Measurement),
}) {}

export async function nestedObjects(): Promise<number> {
  const exp = new MultiPoint({
    name: "Multi-point",
    measurements: [
      new Measurement({ timestamp: Timestamp.from("2024-01-01"), value: 1.2 }),
      new Measurement({ timestamp: Timestamp.from("2024-01-02"), value: 3.4 }),
    ],
  });
  exp.best = exp.measurements[1] ?? null;
  await exp.save("experiment.hdf5");
  const loaded = await MultiPoint.load("experiment.hdf5");
  const named = loaded.byName["first"];
  return (loaded.measurements[0]?.doubled() ?? 0) + (named?.value ?? 0) + (loaded.best?.doubled() ?? 0);
}

class WithMetadata extends Persistable.define("seed.WithMetadata", {
  metadata: property({ default: {} }),
  items: property({ default: [] }),
  whatever: property({ default: null }),
  measurements: property<NDArray | null>({ default: null }),
}) {}

export function typeMapping(): readonly string[] {
  const exp = new WithMetadata({ metadata: { pi: 3.14, items: [1, 2, 3] }, measurements: Float32Array.of(1.1, 2.2) });
  exp.items.push("x", 1);
  exp.whatever = "anything";
  exp.metadata["more"] = true;
  exp.measurements = ndarray([
    [1, 2],
    [3, 4],
  ]);
  const { whatever } = exp;
  return typeof whatever === "string" ? [whatever] : Object.keys(exp.metadata);
}

export class MyData extends Persistable.define(
  "seed.MyData",
  { data: property<NDArray<"float64"> | null>({ default: null }) },
  { extension: ".h5" },
) {}

export function arraysOfOneType(): Float64Array {
  const mine = new MyData({ data: Float64Array.of(1, 2, 3) });
  mine.data = ndarray(Float64Array.of(4, 5));
  mine.update({ data: Float64Array.of(6) });
  mine.data = ndarray([[1, 2]]);
  return mine.data.data;
}

export async function batchProcessing(process: (chunk: Float64Array) => number): Promise<readonly number[]> {
  await using dataset = await TimeSeries.open("data.hdf5");
  const results: number[] = [];
  for (let start = 0; start < dataset.data.length; start += 1000) {
    const chunk = await dataset.data.get([slice(start, start + 1000)]);
    results.push(process(chunk.data));
  }
  return results;
}

export class Analysis extends Persistable.define("seed.Analysis", {
  raw: property.array("float64"),
  cached: property<string>({ copiable: false, saved: false }),
}) {}

/** A class that holds itself. */
export class Tree extends Persistable.define("seed.Tree", {
  label: property({ default: "" }),
  parent: property.of((): Constructor<Tree> => Tree),
  children: property.listOf((): Constructor<Tree> => Tree),
}) {
  depth(): number {
    return this.parent === null ? 0 : this.parent.depth() + 1;
  }
}

/** Observers, parsers and defaults that know the class. */
export class Watched extends Persistable.define("seed.Watched", {
  low: property({ default: 0, observers: [(self: Watched, old, now) => self.note(`${old ?? "nothing"} to ${now}`)] }),
  high: property<number, number, Watched>({
    default: (self): number => self.low + 1,
    observers: [(self, _, now) => self.note(now.toFixed())],
  }),
  when: property({ parser: (value: Date | string) => Timestamp.from(value) }),
}) {
  readonly notes: string[] = [];

  note(text: string): void {
    this.notes.push(text);
  }
}

export async function onlySome(): Promise<string> {
  const watched = new Watched({ when: "2024-01-01", low: null });
  watched.update({ when: new Date(), high: 3 });
  await watched.save("watched");
  const part = await Watched.load("watched.hdf5", { only: ["low", "when"] });
  return part.when?.toString() ?? "never";
}
