import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import { slice } from "../../src/format/index.js";
import {
  DatetimeIndex,
  Persistable,
  ProxyDataset,
  property,
  Serializable,
  Timestamp,
} from "../../src/serialization/index.js";
import { hasH5py, runPython } from "./h5py.js";

const scratch = mkdtempSync(join(tmpdir(), "jangada-open-"));
afterAll(() => rmSync(scratch, { recursive: true }));
let files = 0;
const fresh = (): string => join(scratch, `file${files++}.hdf5`);

class Sensor extends Serializable.define("open.Sensor", {
  label: property({ default: "" }),
  trace: property<NDArray | null>({ default: null }),
}) {}

class Run extends Persistable.define("open.Run", {
  name: property({ default: "" }),
  count: property({ default: 0 }),
  data: property<NDArray | null>({ default: null }),
  small: property<NDArray | null>({ default: null, lazy: false }),
  times: property<DatetimeIndex>(),
  start: property<Timestamp>(),
  sensor: property<Sensor>(),
  list: property<unknown[]>({ default: () => [] }),
}) {}

const ramp = (length: number): Float64Array => Float64Array.from({ length }, (_, index) => index);
const values = async (proxy: ProxyDataset | null): Promise<number[]> => {
  if (proxy === null) throw new Error("there is no array");
  return Array.from(((await proxy.get()) as NDArray<"float64">).data);
};

async function saved(length = 10): Promise<string> {
  return await new Run({
    name: "run",
    data: ramp(length),
    small: Int8Array.of(1),
    times: DatetimeIndex.from(["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"]),
    start: Timestamp.from("2024-01-01T00:00:00Z"),
    sensor: new Sensor({ label: "s", trace: Float32Array.of(1, 2) }),
    list: [Uint8Array.of(5), "text"],
  }).save(fresh());
}

describe("modes", () => {
  it("r reads and refuses to write", async () => {
    const path = await saved();
    const before = readFileSync(path);
    const run = await Run.open(path);
    expect([run.name, run.isOpen, run.data instanceof ProxyDataset]).toEqual(["run", true, true]);
    expect(() => {
      run.name = "other";
    }).toThrow(expect.objectContaining({ code: "read-only", path: "/root/name" }));
    await expect(run.data?.set(1, [0])).rejects.toMatchObject({ code: "read-only" });
    await expect(run.data?.append(ramp(2))).rejects.toMatchObject({ code: "read-only" });
    await run.close();
    await run.close();
    expect(run.isOpen).toBe(false);
    await expect(run.data?.get()).rejects.toMatchObject({ code: "closed" });
    expect(() => run.data?.shape).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => {
      run.name = "other";
    }).toThrow(expect.objectContaining({ code: "closed" }));
    expect(readFileSync(path)).toEqual(before);
    await expect(Run.open(join(scratch, "missing.hdf5"))).rejects.toMatchObject({ code: "not-found" });
    await expect(Run.open(join(scratch, "missing.hdf5"), { mode: "r+" })).rejects.toMatchObject({ code: "not-found" });
  });

  it("r+ changes the file", async () => {
    const path = await saved();
    {
      await using run = await Run.open(path, { mode: "r+" });
      run.name = "changed";
      run.update({ count: 3 });
      await run.data?.set(99.5, [2]);
      await run.data?.append(ramp(2));
    }
    const back = await Run.load(path);
    expect([back.name, back.count]).toEqual(["changed", 3]);
    expect(Array.from((back.data as NDArray<"float64">).data)).toEqual([0, 1, 99.5, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  });

  it("w replaces at the first flush, x refuses, a creates or opens", async () => {
    const path = await saved();
    const before = readFileSync(path);
    const run = await Run.open(path, { mode: "w", init: { name: "fresh", data: ramp(3) } });
    expect(readFileSync(path)).toEqual(before);
    expect(await values(run.data)).toEqual([0, 1, 2]);
    await run.data?.append(ramp(1));
    await run.close();
    const back = await Run.load(path);
    expect([back.name, back.data?.shape, back.sensor]).toEqual(["fresh", [4], null]);
    await expect(Run.open(path, { mode: "x" })).rejects.toMatchObject({ code: "exists" });
    const added = fresh();
    using first = Run.openSync(added, { mode: "a", init: { count: 1, data: ramp(1) } });
    first.closeSync();
    using second = Run.openSync(added, { mode: "a", init: { count: 2 } });
    expect(second.count).toBe(1);
    second.data?.appendSync(ramp(2));
    second.closeSync();
    expect(Run.loadSync(added).data?.shape).toEqual([3]);
    const created = fresh();
    await (await Run.open(created, { mode: "x", init: { name: "x" } })).close();
    expect((await Run.load(created)).name).toBe("x");
    await expect(Run.open(created, { mode: "q" as "r" })).rejects.toMatchObject({ code: "invalid-argument" });
    expect(existsSync(`${created}.tmp`)).toBe(false);
  });

  it("do not leak the file when opening fails", async () => {
    const path = await saved();
    class Elsewhere extends Persistable.define("open.Elsewhere", {}) {}
    await expect(Elsewhere.open(path, { mode: "r+" })).rejects.toMatchObject({ code: "invalid-argument" });
    const run = await Run.open(path, { mode: "r+" });
    await run.close();
  });
});

describe("assignments", () => {
  it("are written at the flush, to nested objects too", async () => {
    const path = await saved();
    const run = await Run.open(path, { mode: "r+" });
    run.update({ data: Int32Array.of(7, 8), list: [run.list, { a: 1 }], start: null, name: "NoneType:None" });
    if (run.sensor !== null) run.sensor.label = "renamed";
    await run.flush();
    const middle = await Run.load(path);
    expect([middle.name, middle.data?.data, middle.start]).toEqual(["NoneType:None", Int32Array.of(7, 8), null]);
    expect([middle.sensor?.label, middle.sensor?.trace?.data]).toEqual(["renamed", Float32Array.of(1, 2)]);
    expect(middle.list).toMatchObject([[{ data: Uint8Array.of(5) }, "text"], { a: 1 }]);
    const sensor = new Sensor({ label: "new" });
    run.update({ sensor });
    await run.flush();
    sensor.label = "later";
    await run.close();
    expect((await Run.load(path)).sensor?.label).toBe("later");
    expect(() => {
      sensor.label = "too late";
    }).toThrow(expect.objectContaining({ code: "closed" }));
  });

  it("swap arrays of the same file", async () => {
    const path = await saved(3);
    const run = await Run.open(path, { mode: "r+" });
    const { data, sensor } = run;
    if (sensor === null) throw new Error("no sensor");
    [run.data, sensor.trace] = [sensor.trace, data];
    await run.close();
    const back = await Run.load(path);
    expect([back.data?.data, back.sensor?.trace?.data]).toEqual([Float32Array.of(1, 2), ramp(3)]);
  });

  it("that cannot be saved change nothing and are reported", async () => {
    const path = await saved();
    const run = await Run.open(path, { mode: "r+" });
    run.list = [() => 1];
    run.name = "lost";
    await expect(run.flush()).rejects.toMatchObject({ code: "invalid-argument", path: "/root/list/0" });
    run.list = [];
    await run.close();
    expect([(await Run.load(path)).name, (await Run.load(path)).list]).toEqual(["lost", []]);
    const again = await Run.open(path, { mode: "r+" });
    again.list = [Symbol.iterator];
    await expect(again.close()).rejects.toMatchObject({ code: "invalid-argument" });
    expect(again.isOpen).toBe(false);
    expect(() => new Run().isOpen).not.toThrow();
    await expect(new Run().flush()).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("what is loaded", () => {
  it("is chosen by only and lazy", async () => {
    const path = await saved();
    await using run = await Run.open(path);
    expect([run.small instanceof ProxyDataset, run.start instanceof Timestamp]).toEqual([false, true]);
    expect(run.times).toBeInstanceOf(ProxyDataset);
    expect(await run.times?.read()).toEqual(DatetimeIndex.from(["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"]));
    expect(run.sensor?.trace).toBeInstanceOf(ProxyDataset);
    expect(run.list[0]).toBeInstanceOf(ProxyDataset);
    await using some = await Run.open(path, { lazy: ["small"] });
    expect([some.small instanceof ProxyDataset, some.data instanceof ProxyDataset]).toEqual([true, false]);
    expect(some.data?.shape).toEqual([10]);
    await using part = await Run.open(path, { only: ["name"] });
    expect([part.name, part.data]).toEqual(["run", null]);
    expect(run.sensor?.trace?.typeName).toBe("numpy.ndarray");
  });

  it("can be saved elsewhere from proxies", async () => {
    const path = await saved();
    const run = await Run.open(path);
    const copy = await run.save(fresh());
    await run.close();
    expect((await Run.load(copy)).equals(await Run.load(path))).toBe(true);
    await expect(run.save(fresh())).rejects.toMatchObject({ code: "closed" });
  });
});

describe("ProxyDataset", () => {
  const opened = async (length = 10): Promise<{ run: Awaited<ReturnType<typeof open>>; data: ProxyDataset }> => {
    const run = await open(length);
    if (run.data === null) throw new Error("no data");
    return { run, data: run.data };
  };
  const open = async (length: number) => await Run.open(await saved(length), { mode: "r+" });

  it("knows what it stands for", async () => {
    const { run, data } = await opened();
    expect([data.shape, data.dtype, data.ndim, data.size, data.nbytes, data.length]).toEqual([
      [10],
      "float64",
      1,
      10,
      80,
      10,
    ]);
    expect([data.maxShape, data.chunks?.length, data.path, data.typeName]).toEqual([
      [null],
      1,
      "/root/data",
      "numpy.ndarray",
    ]);
    expect(await data.attrs.get("__dataset_type__")).toBe("numpy.ndarray");
    expect(data.toString()).toMatch(/ProxyDataset\(\/root\/data, shape \[10\], float64\)/);
    await run.close();
  });

  it("reads parts", async () => {
    const { run, data } = await opened();
    expect(((await data.get([slice(2, 4)])) as NDArray<"float64">).data).toEqual(Float64Array.of(2, 3));
    expect([await data.at(-1), data.atSync(0), data.getSync([3])]).toEqual([9, 0, 3]);
    await expect(data.at(10)).rejects.toMatchObject({ code: "invalid-argument" });
    const blocks: number[][] = [];
    for await (const block of data.blocks({ rows: 4 })) blocks.push([...(block.data as NDArray<"float64">).data]);
    expect(blocks).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect([...data.blocksSync({ rows: 6 })].map(({ data: { shape } }) => shape)).toEqual([[6], [4]]);
    let whole = 0;
    for await (const block of data) whole += block.data.shape[0];
    expect(whole).toBe(10);
    await run.close();
  });

  it("writes, grows and resizes", async () => {
    const { run, data } = await opened();
    await data.set(ramp(10), [slice(0, 10)]);
    expect(data.shape).toEqual([10]);
    await data.set(-1, [slice(8, 12)]);
    expect((await values(data)).slice(7)).toEqual([7, -1, -1, -1, -1]);
    await data.set(99.5, [14]);
    expect(data.shape).toEqual([15]);
    expect((await values(data)).slice(11)).toEqual([-1, 0, 0, 99.5]);
    data.setSync(Float64Array.of(1, 2), [slice(15, 19, 2)]);
    expect((await values(data)).slice(14)).toEqual([99.5, 1, 0, 2]);
    await expect(data.set(ramp(3), [slice(18, 20)])).rejects.toMatchObject({ code: "invalid-argument" });
    expect(data.shape).toEqual([18]);
    await data.resize(2);
    expect(await values(data)).toEqual([0, 1]);
    data.resizeSync([4]);
    expect(await values(data)).toEqual([0, 1, 0, 0]);
    await expect(data.resize([2, 2])).rejects.toMatchObject({ code: "invalid-argument", path: "/root/data" });
    await run.close();
  });

  it("keeps changes that nobody awaited in order", async () => {
    const { run, data } = await opened(0);
    const pending = [data.append([1, 2]), data.set(5, [4]), data.append([7]), data.set(9, [-1])];
    expect(() => data.appendSync([1])).toThrow(/await them/);
    expect(await values(data)).toEqual([1, 2, 0, 0, 5, 9]);
    await Promise.all(pending);
    const failing = data.append(["not a number"]);
    const after = data.append([8]);
    await expect(failing).rejects.toMatchObject({ code: "invalid-argument" });
    await after;
    expect(await data.at(-1)).toBe(8);
    const last = data.append([10]);
    await run.close();
    await last;
  });

  it("refuses to be computed with", async () => {
    const { run, data } = await opened();
    expect(() => Number(data)).toThrow(/read it first/);
    expect(() => `${data as unknown as string}`).toThrow(/read it first/);
    expect(() => (data as unknown as number) * 2).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => [...(data as unknown as Iterable<number>)]).toThrow(/cannot be iterated/);
    expect(() => JSON.stringify({ data })).toThrow(/JSON/);
    await run.close();
  });

  it("takes times of the same zone only", async () => {
    const { run } = await opened();
    await run.times?.append(DatetimeIndex.from(["2024-01-03T00:00:00Z"]));
    await run.times?.set(Timestamp.from("2024-01-05T00:00:00Z"), [0]);
    await expect(run.times?.append(DatetimeIndex.from(["2024-01-03"], "Europe/Berlin"))).rejects.toThrow(
      /Europe\/Berlin/,
    );
    expect((await run.times?.read())?.toJSON()).toEqual([
      "2024-01-05T00:00:00+00:00",
      "2024-01-02T00:00:00+00:00",
      "2024-01-03T00:00:00+00:00",
    ]);
    await run.close();
  });

  it("leaves arrays without axes as they are", async () => {
    const path = await new Run({ data: { data: Float64Array.of(2.5), shape: [], stride: [], dtype: "float64" } }).save(
      fresh(),
    );
    await using run = await Run.open(path, { mode: "r+" });
    expect([run.data?.shape, await run.data?.get(), (await run.data?.read())?.shape]).toEqual([[], 2.5, []]);
    await run.data?.set(3.5);
    expect(run.data?.getSync()).toBe(3.5);
    await expect(run.data?.append([1])).rejects.toThrow(/without axes/);
    await expect(run.data?.resize(2)).rejects.toThrow(/without axes/);
    await expect(run.data?.at(0)).rejects.toThrow(/without axes/);
  });

  it.runIf(hasH5py)("edits files that h5py then reads", async () => {
    const path = await saved();
    {
      using run = Run.openSync(path, { mode: "r+" });
      for (let index = 0; index < 50; index++) run.data?.appendSync(ramp(20));
      run.name = "edited";
    }
    const script =
      "import h5py, sys\nf = h5py.File(sys.argv[1], 'r+')\nd = f['root/data']\nprint(d.shape[0], d[:].sum(), f['root'].attrs['name'])\nd.resize(3, 0)";
    expect(runPython(script, path)).toEqual([`1010 ${45 + 50 * 190}.0 edited`]);
    expect((await Run.load(path)).data?.data).toEqual(ramp(3));
  });
});
