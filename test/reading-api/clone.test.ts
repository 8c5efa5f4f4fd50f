/** What a read gives goes through `structuredClone` and to other threads with its contents; `revive` gives it its classes. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/index.js";
import {
  AttributeReference,
  ComplexArray,
  CompoundArray,
  create,
  createSync,
  DatetimeIndex,
  HDF5Error,
  ObjectReference,
  openSync,
  Persistable,
  property,
  RegionReference,
  revive,
  slice,
  Timestamp,
  UndecodableString,
  UnreadableReference,
  UnsupportedFeatureError,
} from "../../src/index.js";

/** A value as another thread gets it. */
async function posted<Value>(value: Value): Promise<Value> {
  const { port1, port2 } = new MessageChannel();
  try {
    return await new Promise<Value>((resolve, reject) => {
      port2.once("message", resolve);
      port2.once("messageerror", reject);
      port1.postMessage(value);
    });
  } finally {
    port1.close();
  }
}

const ways = [
  ["structuredClone", async <Value>(value: Value): Promise<Value> => structuredClone(value)],
  ["MessageChannel", posted],
] as const;

/** The classes that a value is made of, wherever they are. */
function classesIn(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  const { name } = value.constructor ?? Object;
  const inner = Object.entries(value).flatMap(([key, item]) => classesIn(item, `${path}/${key}`));
  return name === "Object" || name === "Array" ? inner : [`${path} ${name}`, ...inner];
}

async function expectSurvival(value: unknown, what: string): Promise<void> {
  for (const [way, clone] of ways) {
    const cloned = await clone(value);
    // The contents are there without `revive` too.
    expect(cloned, `${what}, ${way}`).toEqual(structuredClone(cloned));
    const revived = revive(cloned);
    expect(revived, `${what}, ${way}`).toEqual(value);
    expect(classesIn(revived), `${what}, ${way}`).toEqual(classesIn(value));
    expect(revive(revived), `${what}, ${way}, again`).toBe(revived);
  }
}

async function expectFileSurvives(file: HDF5File, name: string): Promise<number> {
  let count = 0;
  const check = async (read: () => unknown, what: string): Promise<void> => {
    let value: unknown;
    try {
      value = read();
    } catch (error) {
      expect(error).toBeInstanceOf(HDF5Error);
      return;
    }
    await expectSurvival(value, `${name} ${what}`);
    count++;
  };
  await check(() => file.superblock, "superblock");
  for (const { path, object, link } of [{ path: "/", object: file, link: null }, ...file.visitSync()]) {
    await expectSurvival(link, `${name} link ${path}`);
    if (object === null) continue;
    for (const attribute of object.attrs.keysSync()) {
      await check(() => object.attrs.getSync(attribute), `${path}@${attribute}`);
      await check(() => object.attrs.readRawSync(attribute).bytes, `${path}@${attribute} raw`);
    }
    await check(() => object.attrs.entriesSync(), `${path} entries`);
    await check(() => object.attrs.infosSync(), `${path} infos`);
    if (object.kind === "datatype") await check(() => [object.dtype, object.datatype], `${path} type`);
    if (object.kind !== "dataset") continue;
    await check(() => object.readSync(), path);
    await check(() => object.stored, `${path} stored`);
    await check(() => object.storageSync(), `${path} storage`);
    await check(() => object.virtualMappingsSync(), `${path} mappings`);
    await check(() => [object.shape, object.maxShape, object.dtype, object.filters], `${path} properties`);
    if (object.ndim > 0) {
      await check(() => object.readSync([slice(0, 1)]), `${path}[0:1]`);
      if (object.size < 1000) await check(() => [...object.blocksSync()], `${path} blocks`);
    }
    if (object.size > 0) await check(() => object.readSync((object.shape ?? []).map(() => 0)), `${path}[0]`);
  }
  return count;
}

const golden = fileURLToPath(new URL("../../golden-files/", import.meta.url));

describe("what is read of the golden files", () => {
  it.each(readdirSync(golden).filter((name) => name.endsWith(".h5")))("%s", { timeout: 120_000 }, async (name) => {
    const file = openSync(readFileSync(golden + name));
    expect(await expectFileSurvives(file, name)).toBeGreaterThan(0);
    file.closeSync();
  });
});

/** One dataset of each kind of element, beside those of the golden files. */
function sample(): HDF5File {
  const file = createSync();
  const inner = {
    kind: "compound",
    members: [
      { name: "z", dtype: "complex128" },
      { name: "flag", dtype: "bool" },
      { name: "text", dtype: "string" },
    ],
  } as const;
  const record = {
    kind: "compound",
    members: [
      { name: "__proto__", dtype: "int32" },
      { name: "1", dtype: "float32" },
      { name: "0", dtype: "uint64" },
      { name: "grid", dtype: { kind: "array", base: "int16", shape: [2, 2] } },
      { name: "raw", dtype: { kind: "opaque", size: 3, tag: "t" } },
      { name: "inner", dtype: inner },
      { name: "inners", dtype: { kind: "variable-length", base: inner } },
      { name: "to", dtype: "object-reference" },
    ],
  } as const;
  const group = file.createGroupSync("group");
  const numbers = file.createDatasetSync("numbers", { data: Float64Array.of(1, 2, 3) });
  const innerValue = (index: number): object => ({ z: { re: index, im: -1 }, flag: index > 0, text: `text ${index}` });
  const rows = [0, 1, 2].map((index) =>
    Object.assign(Object.create(null), {
      ["__proto__"]: index,
      1: index / 2,
      0: BigInt(index),
      grid: [
        [index, 1],
        [2, 3],
      ],
      raw: Uint8Array.of(index, 1, 2),
      inner: innerValue(index),
      inners: [innerValue(index), innerValue(5)].slice(0, index),
      to: index === 0 ? null : group.reference(),
    }),
  );
  for (const row of rows) Object.defineProperty(row, "__proto__", { value: 7, enumerable: true });
  file.createDatasetSync("records", { data: rows, dtype: record });
  const standard = { dtype: "standard-attribute-reference" } as const;
  group.attrs.setSync("a", 1);
  file.createDatasetSync("attribute references", {
    data: [new AttributeReference(group.address, "a"), new AttributeReference(group.address, "a")],
    ...standard,
  });
  file.createDatasetSync("regions", {
    data: [numbers.regionReference([slice(0, 2)]), null],
    dtype: "region-reference",
  });
  file.createDatasetSync("complex", { data: new ComplexArray(Float32Array.of(1, 2, 3, 4)) });
  return file;
}

describe("what is read of each kind of element", () => {
  const file = sample();

  it("survives", async () => {
    expect(await expectFileSurvives(file, "sample")).toBeGreaterThan(20);
  });

  it("has its contents without revive", () => {
    const records = file.getSync("records");
    if (records.kind !== "dataset") throw new Error("no dataset");
    const clone: unknown = structuredClone(records.readSync());
    expect(clone).toMatchObject({
      shape: [3],
      data: {
        kind: "compound-array",
        length: 3,
        names: ["__proto__", "1", "0", "grid", "raw", "inner", "inners", "to"],
        columns: {
          1: Float32Array.of(0, 0.5, 1),
          0: BigUint64Array.of(0n, 1n, 2n),
          grid: Int16Array.of(0, 1, 2, 3, 1, 1, 2, 3, 2, 1, 2, 3),
          inner: { columns: { z: { data: Float64Array.of(0, -1, 1, -1, 2, -1) }, flag: Uint8Array.of(0, 1, 1) } },
          to: [null, { kind: "object-reference" }, { kind: "object-reference" }],
        },
      },
    });
  });

  it("has its methods after revive", () => {
    const read = (path: string): unknown => {
      const object = file.getSync(path);
      if (object.kind !== "dataset") throw new Error("no dataset");
      return object.readSync();
    };
    const records = revive(structuredClone(read("records"))) as { readonly data: CompoundArray };
    expect(records.data).toBeInstanceOf(CompoundArray);
    const original = (read("records") as { readonly data: CompoundArray }).data;
    expect([...records.data]).toEqual([...original]);
    expect(records.data.columnShape("grid")).toEqual([3, 2, 2]);
    expect(records.data.subarray(1, 3).row(1)).toEqual(original.row(2));
    expect(records.data.row(2)["inner"]).toMatchObject({ flag: true, text: "text 2", z: { re: 2, im: -1 } });
    expect(records.data.row(2)["to"]).toBeInstanceOf(ObjectReference);
    const complex = revive(structuredClone(read("complex"))) as { readonly data: ComplexArray };
    expect([...complex.data]).toEqual([
      { re: 1, im: 2 },
      { re: 3, im: 4 },
    ]);
    const regions = revive(structuredClone(read("regions"))) as { readonly data: readonly unknown[] };
    expect(regions.data[0]).toBeInstanceOf(RegionReference);
    expect(file.dereferenceSync(regions.data[0] as RegionReference).kind).toBe("dataset");
  });

  it("can be written after revive", () => {
    const records = file.getSync("records");
    if (records.kind !== "dataset") throw new Error("no dataset");
    const value = revive(structuredClone(records.readSync()));
    const copy = file.createDatasetSync("copy", { data: value, dtype: records.dtype });
    expect(copy.readSync()).toEqual(records.readSync());
  });

  it("is what cannot be read, too", async () => {
    const unreadable = [
      new UnreadableReference(Uint8Array.of(1, 2), "a reason"),
      new UndecodableString(Uint8Array.of(200)),
    ];
    await expectSurvival(unreadable, "unreadable");
  });

  it("decodes no column before it is asked for", () => {
    const other = createSync();
    other.createDatasetSync("d", { data: [{ a: 1, b: "x" }] });
    const dataset = other.getSync("d");
    if (dataset.kind !== "dataset") throw new Error("no dataset");
    const { data } = dataset.readSync() as { readonly data: CompoundArray };
    expect(Object.getOwnPropertyDescriptor(data, "columns")?.get).toBeTypeOf("function");
    expect(data.column("a")).toBe(data.columns["a"]);
  });
});

describe("errors", () => {
  const inner = new HDF5Error("corrupt", "inner", { offset: 7 });
  const errors = [
    new HDF5Error("not-found", "/a/b: nothing", { path: "/a/b" }),
    new HDF5Error("corrupt", "damaged", { path: "/d", offset: 12, cause: inner }),
    new HDF5Error("aborted", "aborted", { cause: new RangeError("the reason") }),
    new HDF5Error("io", "failed", { cause: "text" }),
    new UnsupportedFeatureError("a feature", undefined, { path: "/x", offset: 3 }),
  ];

  it.each(errors.map((error) => [error.message, error] as const))("survive as toJSON(): %s", async (_, error) => {
    for (const [, clone] of ways) {
      const revived = revive(await clone(error.toJSON())) as unknown as HDF5Error;
      expect(revived).toBeInstanceOf(error.constructor);
      expect(revived.toJSON()).toEqual(error.toJSON());
      expect(Object.keys(revived)).toEqual(Object.keys(error));
    }
    const json = revive(JSON.parse(JSON.stringify(error))) as HDF5Error;
    expect(json).toMatchObject({ code: error.code, message: error.message, path: error.path });
  });

  it("keep errors that they come from", () => {
    const [, corrupt, aborted] = errors.map((error) => revive(structuredClone(error.toJSON())) as unknown as HDF5Error);
    expect(corrupt.cause).toBeInstanceOf(HDF5Error);
    expect(corrupt.cause).toMatchObject({ code: "corrupt", offset: 7 });
    expect(aborted.cause).toBeInstanceOf(Error);
    expect(aborted.cause).toMatchObject({ name: "RangeError", message: "the reason" });
  });

  it("that come from what cannot be cloned can be", () => {
    const odd = [() => 1, Symbol("s"), { f: () => 1 }, new Proxy({}, {})];
    for (const cause of odd) {
      const error = new HDF5Error("io", "failed", { cause });
      expect(revive(structuredClone(error.toJSON()))).toMatchObject({ code: "io", message: "failed" });
    }
  });

  it("of parts that are not loaded can be cloned", () => {
    const file = openSync(readFileSync(`${golden}experiment.h5`));
    try {
      file.getSync("nowhere");
    } catch (error) {
      expect(revive(structuredClone((error as HDF5Error).toJSON()))).toMatchObject({
        code: "not-found",
        path: "/nowhere",
      });
    }
  });
});

class Log extends Persistable.define("clone.Log", {
  times: property<DatetimeIndex | null>({ default: null }),
  values: property<unknown>({ default: null }),
  start: property<Timestamp | null>({ default: null }),
}) {}

describe("what a lazily opened object reads", () => {
  it("survives", async () => {
    const times = new DatetimeIndex(BigInt64Array.of(1n, 2n, 3n), "Europe/Berlin");
    const values = { a: Float64Array.of(1, 2, 3), list: [1, "two", null] };
    const start = new Timestamp(5n, null);
    const log = Log.openSync(new Log({ times, values, start }).toBytesSync());
    const proxy = log.times;
    if (proxy === null) throw new Error("no proxy");
    await expectSurvival(proxy.readSync(), "times");
    await expectSurvival(proxy.readSync([slice(1, 3)]), "slice of times");
    await expectSurvival(proxy.getSync([slice(1, 3)]), "array of times");
    await expectSurvival([...proxy.blocksSync()], "blocks");
    await expectSurvival(log.start, "start");
    await expectSurvival(new Log({ times, values, start }).serialize(), "tree");
    log.closeSync();
  });
});

describe("handles", () => {
  it("are not cloned", async () => {
    const bytes = readFileSync(`${golden}experiment.h5`);
    const file = openSync(bytes);
    const log = Log.openSync(new Log({ times: DatetimeIndex.from([]), values: Float64Array.of(1) }).toBytesSync());
    const made = await create();
    const handles = [
      file,
      file.getSync("entry"),
      file.getSync("latest"),
      file.attrs,
      made,
      made.attrs,
      log,
      log.values,
    ];
    for (const handle of handles) {
      expect(() => structuredClone(handle)).toThrow(expect.objectContaining({ name: "DataCloneError" }));
    }
    file.closeSync();
    made.closeSync();
    log.closeSync();
  });
});
