import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { HDF5File, NDArray } from "../../src/format/index.js";
import { openSync } from "../../src/format/index.js";
import {
  Complex,
  FilePath,
  load,
  loadSync,
  Persistable,
  property,
  registerDatasetType,
  Serializable,
  scalar,
  Timestamp,
  TypedScalar,
  UnregisteredDataset,
  unregisterDatasetType,
} from "../../src/serialization/index.js";
import { describeFile, hasH5py, runPython } from "./h5py.js";

const scratch = mkdtempSync(join(tmpdir(), "jangada-save-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let files = 0;
const fresh = (): string => join(scratch, `file${files++}.hdf5`);

class Box extends Persistable.define("save.Box", {
  name: property({ default: "" }),
  content: property<unknown>({ default: null }),
  ratio: property({ default: 1, type: "float64" }),
  data: property<NDArray | null>({ default: null }),
  cache: property({ default: "none", copiable: false, saved: false }),
  id: property({ default: "unset", copiable: false }),
}) {}

class BigBox extends Box.define("save.BigBox", { size: property({ default: 1 }) }, { extension: ".h5" }) {}

class Other extends Persistable.define("save.Other", { name: property({ default: "" }) }) {}

const keys = (tree: unknown): string[] => Object.keys(tree as object);

async function inFile<Result>(path: string, look: (file: HDF5File) => Result): Promise<Result> {
  const file = openSync(path);
  try {
    return look(file);
  } finally {
    file.closeSync();
  }
}

describe("save and load", () => {
  it("give back every kind of value", async () => {
    const content = {
      nothing: null,
      yes: true,
      integer: -3,
      float: 2.5,
      zero: -0,
      whole: scalar(3, "float64"),
      small: scalar(7, "uint8"),
      big: 2n ** 62n,
      huge: 2n ** 64n - 1n,
      text: "Δt 🌡",
      empty: "",
      none: "NoneType:None",
      path: "Path:/not/a/path",
      complex: new Complex(1, -2),
      file: new FilePath("/a/b"),
      list: [1, [2, { deep: [3] }], null, "x"],
      emptyList: [],
      emptyDict: {},
      set: new Set([1, 2]),
      map: new Map([["k", 1]]),
      "a/b": "slash in a scalar's name",
      when: Timestamp.from("2024-01-01T10:00:00[Europe/Berlin]"),
      array: Uint16Array.of(1, 2, 3),
      nan: Number.NaN,
    };
    const path = await new Box({ name: "all", content }).save(fresh());
    const back = await Box.load(path);
    expect(back).toBeInstanceOf(Box);
    expect(back.content).toEqual({
      ...content,
      whole: 3,
      small: 7,
      set: [1, 2],
      map: { k: 1 },
      array: expect.objectContaining({ shape: [3], dtype: "uint16", data: Uint16Array.of(1, 2, 3) }),
    });
    expect(Object.getPrototypeOf(back.content)).toBeNull();
    const again = loadSync(await back.save(fresh()));
    expect(again.equals(back)).toBe(true);
  });

  it("put list items back in the order of their numbers", async () => {
    const content = Array.from({ length: 25 }, (_, index) => (index % 3 === 0 ? Int8Array.of(index) : index));
    const back = await Box.load(await new Box({ content }).save(fresh()));
    const items = back.content as unknown[];
    expect(items.map((item) => (typeof item === "number" ? item : (item as NDArray<"int8">).data[0]))).toEqual(
      Array.from({ length: 25 }, (_, index) => index),
    );
  });

  it("keep names from files off prototypes", async () => {
    const content = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "toString": [3]}') as unknown;
    const back = await Box.load(await new Box({ content }).save(fresh()));
    expect(keys(back.content).sort()).toEqual(["__proto__", "constructor", "toString"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("keep the stored type of scalars that were not changed", async () => {
    const content = { a: scalar(3, "float64"), b: [scalar(4, "int16")], c: scalar(5, "float32") };
    const first = await Box.load(await new Box({ content, ratio: 2 }).save(fresh()));
    (first.content as Record<string, unknown>)["c"] = 6;
    const path = await first.save(fresh());
    const dtypes = await inFile(path, (file) => {
      const group = file.getSync("root/content");
      const list = file.getSync("root/content/b");
      const root = file.getSync("root");
      if (group.kind !== "group" || list.kind !== "group" || root.kind !== "group") throw new Error("no groups");
      return [
        ...["a", "c"].map((name) => group.attrs.infosSync().find((info) => info.name === name)?.dtype),
        list.attrs.infosSync().find((info) => info.name === "0")?.dtype,
        root.attrs.infosSync().find((info) => info.name === "ratio")?.dtype,
      ];
    });
    expect(dtypes).toEqual(["float64", "int64", "int16", "float64"]);
  });

  it("leave out what is not saved", async () => {
    const back = await Box.load(await new Box({ cache: "full", id: "a1" }).save(fresh()));
    expect([back.cache, back.id]).toEqual(["none", "a1"]);
  });

  it("keep what is not copied, as Python does", async () => {
    const path = await new Box({ id: "a1" }).save(fresh());
    expect((await Box.load(path)).id).toBe("a1");
    expect(new Box({ id: "a1" }).copy().id).toBe("unset");
    if (!hasH5py) return;
    const script = "import h5py, sys; f = h5py.File(sys.argv[1]); a = f['root'].attrs; print(a['id'], 'cache' in a)";
    expect(runPython(script, path)).toEqual(["a1 False"]);
  });

  it("give a path the class's extension where it has none that HDF5 files have", async () => {
    const place = (name: string): string => join(scratch, name);
    expect(await new Box().save(place("run_10.30.15"))).toBe(place("run_10.30.15.hdf5"));
    expect(new BigBox().saveSync(place("plain"))).toBe(place("plain.h5"));
    expect(await new Box().save(place(".hidden"))).toBe(place(".hidden.hdf5"));
    for (const kept of ["kept.h5", "kept.HDF5", "kept.nc", "kept.nxs"]) {
      expect(await new BigBox().save(place(kept))).toBe(place(kept));
    }
    const url = await new Box().save(new URL(`file://${scratch}/some%20name.txt`));
    expect(url.href).toBe(`file://${scratch}/some%20name.txt.hdf5`);
    expect(existsSync(place("some name.txt.hdf5"))).toBe(true);
  });

  it("leave the path as it is, or replace its suffix, on request", async () => {
    const place = (name: string): string => join(scratch, name);
    expect(await new Box().save(place("asked"), { extension: false })).toBe(place("asked"));
    expect(await new Box().save(place("exp.v2"), { extension: "replace" })).toBe(place("exp.hdf5"));
    expect((await Box.load(place("asked"))).equals(new Box())).toBe(true);
    for (const name of ["asked", "exp.hdf5", "kept.h5", "kept.HDF5", "kept.nc", "kept.nxs"]) rmSync(place(name));
  });

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["an empty path", ""],
    ["a directory that is there", scratch],
    ["a directory's name", `${scratch}/sub/`],
    ["the directory itself", "."],
  ])("are refused for %s", async (_, target) => {
    for (const extension of target === "" || target === "." ? [true, false] : [true]) {
      const save = (): Promise<unknown> => new Box().save(target as string, { extension });
      await expect(save()).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(existsSync(`${scratch}.hdf5`)).toBe(false);
  });

  it("replace files whole, or refuse to", async () => {
    const path = fresh();
    await new Box({ name: "old" }).save(path);
    await expect(new Box({ name: "new" }).save(path, { overwrite: false })).rejects.toMatchObject({ code: "exists" });
    const before = readFileSync(path);
    const loop: unknown[] = [];
    loop.push({ loop });
    await expect(new Box({ content: loop }).save(path)).rejects.toMatchObject({
      code: "invalid-argument",
      path: "/root/content/0/loop",
    });
    await expect(new Box({ content: { "a/b": [1] } }).save(path)).rejects.toMatchObject({ path: "/root/content/a/b" });
    await expect(new Box({ content: "a\0b" }).save(path)).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(new Box({ content: 2n ** 64n }).save(path)).rejects.toMatchObject({ path: "/root/content" });
    const aborted = AbortSignal.abort(new Error("enough"));
    await expect(new Box({ name: "new" }).save(path, { signal: aborted })).rejects.toMatchObject({ code: "aborted" });
    const stop = (): never => {
      throw new Error("stop");
    };
    await expect(new Box({ data: new Float64Array(9) }).save(path, { onProgress: stop })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(readFileSync(path)).toEqual(before);
    expect(
      readdirSync(scratch).filter(
        (name) => !/^(file\d+|exp|plain|\.hidden|run_10.30.15|some name.txt)\.(hdf5|h5)$/.test(name),
      ),
    ).toEqual([]);
    await new Box({ name: "new" }).save(path);
    expect((await Box.load(path)).name).toBe("new");
  });

  it("tell progress in bytes", async () => {
    const seen: unknown[] = [];
    const box = new Box({ data: new Float64Array(10), content: [new Uint8Array(4)] });
    const path = await box.save(fresh(), { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { loaded: 4, total: 84, path: "/root/content/0" },
      { loaded: 84, total: 84, path: "/root/data" },
    ]);
    seen.length = 0;
    await Box.load(path, { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ loaded: 84, total: 84 });
    seen.length = 0;
    await new Box().save(fresh(), { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([{ loaded: 0, total: 0, path: "/root" }]);
  });

  it("load only some properties", async () => {
    const path = await new Box({ name: "n", data: new Float64Array(3), content: [1] }).save(fresh());
    const part = await Box.load(path, { only: ["data"] });
    expect([part.name, part.content, part.data?.shape]).toEqual(["", null, [3]]);
    await expect(Box.load(path, { only: ["nope" as "data"] })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("go through memory", async () => {
    const bytes = await new Box({ name: "memory", data: new Int32Array(5) }).toBytes();
    const back = await Box.load(bytes);
    expect([back.name, back.data?.data]).toEqual(["memory", new Int32Array(5)]);
    expect(Box.loadSync(new Box({ name: "sync" }).toBytesSync()).name).toBe("sync");
    const source = {
      size: bytes.length,
      read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
    };
    expect((await load(source)).equals(back)).toBe(true);
    expect(() => loadSync(source)).toThrow(expect.objectContaining({ code: "sync-unavailable" }));
    const remote = await Box.open(source);
    expect(await remote.data?.at(4)).toBe(0);
    await remote.close();
    expect((await load(new Blob([bytes as Uint8Array<ArrayBuffer>]))).equals(back)).toBe(true);
  });
});

describe("classes", () => {
  it("are found by the stored name, and must fit", async () => {
    const path = await new BigBox({ size: 4, name: "big" }).save(fresh());
    expect(await load(path)).toBeInstanceOf(BigBox);
    expect(await Box.load(path)).toBeInstanceOf(BigBox);
    await expect(Other.load(path)).rejects.toMatchObject({ code: "invalid-argument", path: "/root" });
    const small = await new Box().save(fresh());
    await expect(BigBox.load(small)).rejects.toThrow(/"save.Box", which is not "save.BigBox"/);
    await expect(load(join(scratch, "missing.hdf5"))).rejects.toMatchObject({ code: "not-found" });
  });

  it("are generic where the name is unknown, and are saved under it", async () => {
    const path = fresh();
    const tree = { __class__: "away.Thing", a: 1, inner: { __class__: "away.Inner", b: [scalar(2, "float64")] } };
    await Persistable.saveSerializedData(path, tree);
    const thing = await load(path);
    expect(thing.constructor.name).toBe("_GenericThing");
    expect((thing as Persistable & { a: number }).a).toBe(1);
    const again = await Persistable.loadSerializedData(await thing.save(fresh()));
    expect(again).toEqual({ __class__: "away.Thing", a: 1, inner: { __class__: "away.Inner", b: [2] } });
    expect(Persistable.loadSerializedDataSync(path)).toEqual(again);
    await expect(Box.load(path)).rejects.toThrow(/as far as is known here/);
    await expect(Persistable.saveSerializedData(fresh(), { a: 1 })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("name the keys that they lack", async () => {
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "save.Other", name: "x", wrong: 1 });
    await expect(load(path)).rejects.toThrow(/save\.Other has no property "wrong"/);
  });
});

describe("structure errors", () => {
  it("say where and what", async () => {
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "save.Other", name: "x" });
    writeFileSync(path, "nothing of the kind");
    await expect(load(path)).rejects.toMatchObject({ code: "corrupt" });
  });

  it.runIf(hasH5py)("name the place in foreign files", async () => {
    const path = fresh();
    const make = (code: string): void =>
      void runPython(`import h5py, sys, numpy as np\nf = h5py.File(sys.argv[1], 'w')\n${code}`, path);
    const failure = async (code: string): Promise<unknown> => {
      make(code);
      return await load(path).then(
        () => "loaded",
        ({ code: kind, path: place }: { code: string; path: string }) => `${kind} ${place}`,
      );
    };
    const root = "r = f.create_group('root'); r.attrs['__class__'] = 'a.B'; r.attrs['__container_type__'] = 'dict'\n";
    expect(await failure("f.create_group('data')")).toBe("not-found /root");
    expect(await failure("f['root'] = 1")).toBe("corrupt /root");
    expect(await failure("f.create_group('root')")).toBe("corrupt /root");
    expect(await failure(`${root}r.create_group('g')`)).toBe("corrupt /root/g");
    expect(await failure(`${root}r['loop'] = r`)).toBe("corrupt /root/loop");
    expect(
      await failure(`${root}l = r.create_group('l'); l.attrs['__container_type__'] = 'list'; l.attrs['1'] = 0`),
    ).toBe("corrupt /root/l");
    expect(
      await failure(`${root}l = r.create_group('l'); l.attrs['__container_type__'] = 'list'; l.attrs['x'] = 0`),
    ).toBe("corrupt /root/l");
    expect(await failure(`${root}r.attrs['x'] = 1; r.create_dataset('x', data=1)`)).toBe("corrupt /root/x");
    expect(await failure(`${root}r['t'] = np.dtype('f8')`)).toBe("unsupported /root/t");
  });

  it.runIf(hasH5py)("do not keep scalars of other types from being kept", async () => {
    const path = fresh();
    const script = `
import h5py, sys, numpy as np
f = h5py.File(sys.argv[1], 'w')
r = f.create_group('root'); r.attrs['__class__'] = 'a.B'; r.attrs['__container_type__'] = 'dict'
r.attrs['f4'] = np.float32(1); r.attrs['u1'] = np.uint8(3); r.attrs['f2'] = np.float16(0.5)
r.attrs['c8'] = np.complex64(1+2j); r.attrs['fixed'] = np.bytes_('abc'); r.attrs['big'] = np.uint64(2**64 - 1)
r.attrs['rec'] = np.array((1, 2.5), dtype=[('a', 'i4'), ('b', 'f8')]); r.attrs['none'] = 'NoneType:None'
`;
    runPython(script, path);
    const object = await load(path);
    const values = Serializable.valuesOf(object);
    expect([values.get("f4"), values.get("u1"), values.get("f2"), values.get("big")]).toEqual([
      1,
      3,
      0.5,
      2n ** 64n - 1n,
    ]);
    expect([values.get("c8"), values.get("fixed"), values.get("none")]).toEqual([new Complex(1, 2), "abc", null]);
    expect(values.get("rec")).toBeInstanceOf(TypedScalar);
    expect(describeFile(await object.save(fresh()))).toEqual(describeFile(path));
  });
});

describe("dataset types", () => {
  class Track {
    readonly points: NDArray;
    readonly unit: string;
    constructor(points: NDArray, unit: string) {
      this.points = points;
      this.unit = unit;
    }
  }

  it("are stored as arrays with attributes, and kept when they are not known", async () => {
    registerDatasetType(Track, {
      name: "save.Track",
      disassemble: (track) => [track.points, { unit: track.unit, scale: 2, none: null }],
      assemble: (array, { unit }) => new Track(array, String(unit)),
    });
    const box = new Box({ data: Float64Array.of(1, 2) });
    box.content = new Track(box.data as NDArray, "m");
    const path = await box.save(fresh());
    const back = (await Box.load(path)).content as Track;
    expect([back instanceof Track, back.unit, back.points.data]).toEqual([true, "m", Float64Array.of(1, 2)]);
    unregisterDatasetType(Track);
    const unknown = await Box.load(path);
    expect(unknown.content).toBeInstanceOf(UnregisteredDataset);
    expect((unknown.content as UnregisteredDataset).attributes).toEqual({ unit: "m", scale: 2, none: null });
    const again = (await Box.load(await unknown.save(fresh()))).content as UnregisteredDataset;
    expect(again).toEqual(unknown.content);
  });
});

describe("storage options", () => {
  it("come from the property, else from the class", async () => {
    const Packed = Persistable.define(
      "save.Packed",
      {
        a: property<NDArray | null>({ default: null }),
        b: property<NDArray | null>({ default: null, chunks: [7], filters: [{ id: "deflate", level: 1 }] }),
        c: property<unknown[]>({ default: () => [] }),
      },
      { filters: ["shuffle", "deflate"], chunks: [5] },
    );
    const data = Float64Array.from({ length: 100 }, (_, index) => index);
    const object = new Packed({ a: data, b: data, c: [data] });
    const path = await object.save(fresh());
    const found = await inFile(path, (file) =>
      ["a", "b", "c/0"].map((name) => {
        const dataset = file.getSync(`root/${name}`);
        if (dataset.kind !== "dataset") throw new Error("no dataset");
        return [dataset.chunks, dataset.filters.length];
      }),
    );
    expect(found).toEqual([
      [[5], 2],
      [[7], 1],
      [[5], 2],
    ]);
    expect((await Packed.load(path)).equals(object)).toBe(true);
    const wrong = new Packed({ b: { ...(object.a as NDArray), shape: [10, 10], stride: [10, 1] } });
    await expect(wrong.save(fresh())).rejects.toMatchObject({ code: "invalid-argument", path: "/root/b" });
  });
});
