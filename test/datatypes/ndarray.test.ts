import { describe, expect, expectTypeOf, it } from "vitest";
import { convertNumbers, createSync, HDF5Error, type NDArray, ndarray } from "../../src/format/index.js";

describe("ndarray", () => {
  it("has the shape of nested arrays", () => {
    const array = ndarray([
      [1, 2],
      [3, 4],
    ]);
    expectTypeOf(array).toEqualTypeOf<NDArray<"float64">>();
    expect(array).toEqual({ data: Float64Array.of(1, 2, 3, 4), shape: [2, 2], stride: [2, 1], dtype: "float64" });
    expect(ndarray([[[1n], [2n]]])).toMatchObject({ data: BigInt64Array.of(1n, 2n), shape: [1, 2, 1], dtype: "int64" });
    expect(ndarray([[true], [false]])).toMatchObject({ data: Uint8Array.of(1, 0), shape: [2, 1], dtype: "bool" });
    expect(ndarray([["a", "b"]])).toMatchObject({ data: ["a", "b"], shape: [1, 2], dtype: "string" });
    expect(ndarray([Float32Array.of(1, 2), Float32Array.of(3, 4)])).toMatchObject({
      data: Float32Array.of(1, 2, 3, 4),
      shape: [2, 2],
      dtype: "float32",
    });
    expect(ndarray([2n ** 64n - 1n])).toMatchObject({ data: BigUint64Array.of(2n ** 64n - 1n), dtype: "uint64" });
    expect(ndarray([[1, 2, 3, 4]], [2, 2])).toMatchObject({ shape: [2, 2], stride: [2, 1] });
    expect(ndarray([])).toMatchObject({ data: new Float64Array(0), shape: [0] });
  });

  it("has the type of a typed array", () => {
    expectTypeOf(ndarray(Float64Array.of(1))).toEqualTypeOf<NDArray<"float64">>();
    expectTypeOf(ndarray(Int16Array.of(1), [1, 1])).toEqualTypeOf<NDArray<"int16">>();
    expectTypeOf(ndarray(BigUint64Array.of(1n)).data).toEqualTypeOf<BigUint64Array>();
    const data = Int16Array.of(1);
    expect(ndarray(data).data).toBe(data);
  });

  it("refuses what is ragged, mixed or of another length", () => {
    for (const make of [
      () => ndarray([[1, 2], [3]]),
      () => ndarray([1, [2]]),
      () => ndarray([[1, "a"]]),
      () => ndarray([[1, 2]], [3]),
      () => ndarray([2n ** 63n, -1n]),
    ]) {
      expect(make).toThrow(HDF5Error);
    }
  });

  it("is written as it is", () => {
    const file = createSync();
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const dataset = file.createDatasetSync("a", { data: ndarray(rows) });
    expect(dataset.shape).toEqual([2, 3]);
    expect(dataset.readSync()).toMatchObject({ data: Float64Array.of(1, 2, 3, 4, 5, 6) });
    file.closeSync();
  });
});

describe("convertNumbers", () => {
  it("converts what fits exactly, or as the rules say", () => {
    const bytes = Uint8Array.of(1, 255);
    expect(convertNumbers(bytes, "uint8")).toBe(bytes);
    expectTypeOf(convertNumbers(bytes, "float64")).toEqualTypeOf<Float64Array>();
    expect(convertNumbers(bytes, "int64")).toEqual(BigInt64Array.of(1n, 255n));
    expect(convertNumbers(Float64Array.of(1.5, 300), "uint8", { overflow: "clamp", inexact: "round" })).toEqual(
      Uint8Array.of(2, 255),
    );
    for (const convert of [
      () => convertNumbers(bytes, "int8"),
      () => convertNumbers([1] as never, "int8"),
      () => convertNumbers(bytes, "int9" as never),
      () => convertNumbers(bytes, "int8", { overflow: "wrap" as never }),
    ]) {
      expect(convert).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
  });
});
