/** Numbers that a file holds in another byte order than the usual one stay so when their object is saved again. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Datatype, DType, NDArray } from "../../src/format/index.js";
import { createSync, openSync } from "../../src/format/index.js";
import { loadSync, Persistable, ProxyDataset, property } from "../../src/serialization/index.js";

class Inner extends Persistable.define("order.Inner", { data: property<NDArray | null>({ default: null }) }) {}
class Holder extends Persistable.define("order.Holder", {
  data: property<unknown>(),
  list: property<unknown[]>({ default: () => [] }),
  dict: property<Record<string, unknown>>({ default: () => ({}) }),
  inner: property<unknown>(),
  scalar: property<unknown>(),
}) {}
class Typed extends Persistable.define("order.Typed", { data: property.array("int32") }) {}

const directory = mkdtempSync(join(tmpdir(), "byte-order-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const integer = (size: number, signed = true): DType => ({ kind: "integer", size, signed, byteOrder: "big" });
const float = (size: number): DType => ({ kind: "float", size, byteOrder: "big" });

/** The type of elements with this field as stored in a file. */
function storedType(dtype: DType | Datatype): Datatype {
  const file = createSync();
  return file.createDatasetSync("x", { dtype, shape: [1] }).datatype;
}

function record(): Datatype {
  const compound = storedType({
    kind: "compound",
    members: [
      { name: "id", dtype: "int32" },
      { name: "x", dtype: float(8) },
    ],
  });
  return compound;
}

/** A complex number, which NumPy stores as a record of r and i. */
const complex: DType = {
  kind: "compound",
  members: [
    { name: "r", dtype: float(8) },
    { name: "i", dtype: float(8) },
  ],
};

interface Case {
  readonly dtype: DType | Datatype;
  readonly data: unknown;
}

const cases: Readonly<Record<string, Case>> = {
  int16: { dtype: integer(2), data: Int16Array.of(1, -2, 300) },
  int32: { dtype: integer(4), data: Int32Array.of(1, -2, 70000) },
  int64: { dtype: integer(8), data: BigInt64Array.of(1n, -2n, 2n ** 60n) },
  uint16: { dtype: integer(2, false), data: Uint16Array.of(1, 2, 65535) },
  uint32: { dtype: integer(4, false), data: Uint32Array.of(1, 2, 2 ** 32 - 1) },
  uint64: { dtype: integer(8, false), data: BigUint64Array.of(1n, 2n, 2n ** 64n - 1n) },
  float16: { dtype: float(2), data: Float32Array.of(1, -0.5, 1024) },
  float32: { dtype: float(4), data: Float32Array.of(1, -0.1, Number.NaN) },
  float64: { dtype: float(8), data: Float64Array.of(1, -0.1, Number.NaN) },
  complex: { dtype: complex, data: [0, 1, 2].map((re) => ({ re, im: -re - 1 })) },
  record: { dtype: record(), data: [0, 1, 2].map((id) => ({ id, x: id / 2 })) },
  enumeration: { dtype: { kind: "enum", base: integer(2), members: { A: 0, B: 1 } }, data: Int16Array.of(0, 1, 1) },
};

const places = ["data", "list/0", "list/1/0", "dict/a b", "inner/data"];

/** A file whose object holds an array at each of the places. */
function fileOf({ dtype, data }: Case, shape: readonly number[] = [3]): Uint8Array {
  const object = new Holder({ list: [0, [0]], dict: { "a b": 0 }, inner: new Inner(), scalar: 0 });
  const file = openSync(object.toBytesSync(), { mode: "r+" });
  const root = file.groupSync("root");
  for (const place of places) {
    const [parent, name] = [place.split("/").slice(0, -1).join("/"), place.split("/").at(-1) ?? ""];
    const group = parent === "" ? root : root.groupSync(parent);
    group.attrs.deleteSync(name);
    const maxShape = shape.map((extent, axis) => (axis === 0 ? null : extent));
    const growing = shape.length === 0 ? {} : { maxShape, chunks: true as const };
    const dataset = group.createDatasetSync(name, { dtype, data, shape, ...growing });
    dataset.attrs.setSync("__dataset_type__", "numpy.ndarray");
  }
  file.flushSync();
  return file.bytes().slice();
}

function typesIn(bytes: Uint8Array): Datatype[] {
  const root = openSync(bytes).groupSync("root");
  return places.map((place) => root.datasetSync(place).datatype);
}

function valuesIn(bytes: Uint8Array): unknown[] {
  const root = openSync(bytes).groupSync("root");
  return places.map((place) => root.datasetSync(place).readSync());
}

describe("arrays in another byte order", () => {
  it.each(Object.entries(cases))("of %s stay so when loaded and saved, wherever they are", (_, each) => {
    const bytes = fileOf(each);
    const loaded = loadSync(bytes) as Holder;
    const again = loaded.toBytesSync();
    expect(typesIn(again)).toEqual(typesIn(bytes));
    expect(valuesIn(again)).toEqual(valuesIn(bytes));
    expect(typesIn((loaded.copy() as Holder).toBytesSync())).toEqual(typesIn(bytes));
    expect(loaded.equals(loadSync(again))).toBe(true);
  });

  it("stay so with more axes, and without any", () => {
    const matrix = fileOf({ dtype: float(8), data: Float64Array.of(1, 2, 3, 4, 5, 6) }, [3, 2]);
    expect(typesIn((loadSync(matrix) as Holder).toBytesSync())).toEqual(typesIn(matrix));
    const single = fileOf({ dtype: float(8), data: 1.5 }, []);
    expect(typesIn((loadSync(single) as Holder).toBytesSync())).toEqual(typesIn(single));
    expect(valuesIn((loadSync(single) as Holder).toBytesSync())).toEqual([1.5, 1.5, 1.5, 1.5, 1.5]);
  });

  it("are usual arrays in memory; what is changed in place is saved as it was, what is made of it as usual", () => {
    const loaded = loadSync(fileOf(cases["float64"])) as Holder;
    const array = loaded.data as NDArray<"float64">;
    expect(array.dtype).toBe("float64");
    array.data[1] = 77;
    const root = openSync(loaded.toBytesSync()).groupSync("root");
    expect(root.datasetSync("data").datatype).toEqual(storedType(float(8)));
    expect((root.datasetSync("data").readSync() as NDArray<"float64">).data[1]).toBe(77);
    loaded.data = array.data.map((value) => value * 2);
    const usual = openSync(loaded.toBytesSync()).datasetSync("root/data").datatype;
    expect(usual).toEqual(storedType("float64"));
  });

  it("equal arrays of the usual order", () => {
    const { data } = cases["int32"];
    const usual = new Holder({ data: { data, shape: [3], stride: [1], dtype: "int32" } });
    const other = new Holder({ data: { data, shape: [3], stride: [1], dtype: integer(4) } });
    expect(usual.equals(other)).toBe(true);
    expect(other.equals(loadSync(other.toBytesSync()))).toBe(true);
    expect(openSync(other.toBytesSync()).datasetSync("root/data").datatype).toEqual(storedType(integer(4)));
    expect(usual.equals(new Holder({ data: { data, shape: [3], stride: [1], dtype: "float32" } }))).toBe(false);
  });

  it("are equal where only the notation of their types differs", () => {
    const array = (dtype: DType) =>
      new Holder({ data: { data: BigInt64Array.of(0n), shape: [1], stride: [1], dtype } });
    const named = array({ kind: "enum", base: integer(8), members: { A: 0, B: 2n ** 60n } });
    const loaded = loadSync(named.toBytesSync());
    expect([loaded.equals(named), named.equals(loaded)]).toEqual([true, true]);
    expect(loaded.equals(array({ kind: "enum", base: "int64", members: { A: 0, B: 1 } }))).toBe(false);
  });

  it("given to a property of the usual type have its type in memory and theirs in the file", () => {
    const object = new Typed({
      data: { data: Int32Array.of(5), shape: [1], stride: [1], dtype: integer(4) } as NDArray,
    });
    expect(object.data?.dtype).toBe("int32");
    const bytes = object.toBytesSync();
    expect(openSync(bytes).datasetSync("root/data").datatype).toEqual(storedType(integer(4)));
    const again = loadSync(bytes) as Typed;
    expect(again.data?.dtype).toBe("int32");
    expect(openSync(again.toBytesSync()).datasetSync("root/data").datatype).toEqual(storedType(integer(4)));
  });

  it("stay so in lazily opened objects: appended to, set, read and assigned elsewhere", async () => {
    const path = new Holder().saveSync(join(directory, "lazy"));
    const file = openSync(path, { mode: "r+" });
    const options = { dtype: float(8), data: Float64Array.of(1, 2, 3), maxShape: [null], chunks: true } as const;
    const root = file.groupSync("root");
    root.attrs.deleteSync("data");
    root.createDatasetSync("data", options).attrs.setSync("__dataset_type__", "numpy.ndarray");
    file.closeSync();
    const lazy = await Holder.open(path, { mode: "r+" });
    const proxy = lazy.data;
    if (!(proxy instanceof ProxyDataset)) expect.unreachable();
    await proxy.append(Float64Array.of(4, 5));
    await proxy.set(9, [0]);
    lazy.list = [await proxy.get(), proxy];
    lazy.inner = await proxy.read([null]);
    const elsewhere = new Holder({ data: proxy, list: [await proxy.get([[0, 2]] as never)] });
    const copied = await elsewhere.toBytes();
    await lazy.close();
    const big = storedType(float(8));
    for (const [bytes, names] of [
      [path, ["data", "list/0", "list/1", "inner"]],
      [copied, ["data", "list/0"]],
    ] as const) {
      const group = openSync(bytes).groupSync("root");
      for (const name of names) expect(group.datasetSync(name).datatype, name).toEqual(big);
      expect((group.datasetSync("data").readSync() as NDArray).data).toEqual(Float64Array.of(9, 2, 3, 4, 5));
    }
    expect((openSync(copied).datasetSync("root/list/0").readSync() as NDArray).data).toEqual(Float64Array.of(9, 3));
  });
});

it("scalars in another byte order stay so when loaded and saved", () => {
  const file = openSync(new Holder({ scalar: 0 }).toBytesSync(), { mode: "r+" });
  const { attrs } = file.groupSync("root");
  for (const [value, dtype] of [
    [7, integer(8)],
    [1.5, float(8)],
  ] as const) {
    attrs.setSync("scalar", value, { dtype });
    file.flushSync();
    const loaded = loadSync(file.bytes().slice()) as Holder;
    expect(loaded.scalar).toBe(value);
    const again = openSync(loaded.toBytesSync()).groupSync("root").attrs.infoSync("scalar");
    expect(again.datatype).toEqual(attrs.infoSync("scalar").datatype);
    loaded.scalar = 8;
    expect(openSync(loaded.toBytesSync()).groupSync("root").attrs.infoSync("scalar").dtype).toBe("int64");
  }
});
