import { describe, expect, expectTypeOf, it } from "vitest";
import type { Dataset, ElementValue, Group, HDF5Object, NDArray, Selection } from "../../src/format/index.js";
import { createSync, isNDArray, mask, points, slice } from "../../src/format/index.js";

const file = createSync();
const dataset = file.createDatasetSync("data", { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2] });
const nothing = file.createDatasetSync("nothing", { data: null });
const scalar = file.createDatasetSync("scalar", { data: 5 });

describe("the type of what is read", () => {
  it("is an array where an axis has a range", async () => {
    expectTypeOf(dataset.readSync([0, null])).toEqualTypeOf<NDArray>();
    expectTypeOf(dataset.readSync([slice(1)])).toEqualTypeOf<NDArray>();
    expectTypeOf(dataset.readSync([[1, 0], 0])).toEqualTypeOf<NDArray>();
    expectTypeOf(dataset.readSync(points([[0, 1]]))).toEqualTypeOf<NDArray>();
    expectTypeOf(dataset.readSync(mask([true, false, true, true]))).toEqualTypeOf<NDArray>();
    expectTypeOf(dataset.readSync([null, 1], { as: "int32" }).data).toEqualTypeOf<Int32Array>();
    const row = await dataset.read([0, null]);
    expectTypeOf(row).toEqualTypeOf<NDArray>();
    expect(row.data).toEqual(Float64Array.of(1, 2));
  });

  it("is open where only the dataset decides", () => {
    type Open = NDArray | ElementValue | null;
    const selection: Selection = [slice(1)];
    expectTypeOf(dataset.readSync()).toEqualTypeOf<Open>();
    expectTypeOf(dataset.readSync([1, 1])).toEqualTypeOf<Open>();
    expectTypeOf(dataset.readSync(selection)).toEqualTypeOf<Open>();
    expectTypeOf(dataset.readSync([1, 1], { as: "int64" })).toEqualTypeOf<NDArray<"int64"> | bigint | null>();
    const value = dataset.readSync();
    if (!isNDArray(value)) throw new Error("not an array");
    expectTypeOf(value).toEqualTypeOf<NDArray>();
    expect([isNDArray(dataset.readSync([1, 1])), isNDArray(nothing.readSync())]).toEqual([false, false]);
  });

  it("does not lie: what has no elements or no axes has no ranges of them", () => {
    expect(nothing.readSync()).toBe(null);
    expect(nothing.readSync([])).toBe(null);
    for (const selection of [[slice(1)], [null], [0], points([]), mask([])]) {
      expect(() => nothing.readSync(selection)).toThrow(/null dataspace has no elements/);
    }
    expect(() => scalar.readSync([null])).toThrow(/axes/);
  });
});

describe("the type of what is found", () => {
  it("is a dataset or a group where one is asked for, else open until its kind is looked at", async () => {
    expectTypeOf(file.datasetSync("data")).toEqualTypeOf<Dataset>();
    expectTypeOf(await file.dataset("data")).toEqualTypeOf<Dataset>();
    expectTypeOf(file.groupSync("/")).toEqualTypeOf<Group>();
    expectTypeOf(await file.group("/")).toEqualTypeOf<Group>();
    expectTypeOf(file.getSync("data")).toEqualTypeOf<HDF5Object>();
    const object = file.getSync("data");
    if (object.kind !== "dataset") throw new Error("no dataset");
    expectTypeOf(object).toEqualTypeOf<Dataset>();
    expect(object.readSync([1, 1])).toBe(4);
    expect(file.groupSync("/").datasetSync("scalar").readSync()).toBe(5);
  });

  it("has a path that may be missing", async () => {
    const object = file.dereferenceSync(dataset.reference());
    expectTypeOf(object.path).toEqualTypeOf<string | null>();
    expectTypeOf(object.name).toEqualTypeOf<string | null>();
    expectTypeOf(await object.findPath()).toEqualTypeOf<string | null>();
    expectTypeOf(object.findPathSync()).toEqualTypeOf<string | null>();
    expect([object.path, object.name, await object.findPath()]).toEqual(["/data", "data", "/data"]);
  });

  it("does not have the methods of other kinds", () => {
    expectTypeOf<Group>().not.toHaveProperty("read");
    expectTypeOf<HDF5Object>().not.toHaveProperty("read");
    expectTypeOf<Dataset>().not.toHaveProperty("get");
  });
});
