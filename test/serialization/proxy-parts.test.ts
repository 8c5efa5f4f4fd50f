/** Parts of arrays in lazily opened objects: selected, set, appended and resized as in NumPy. */

import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import { mask, ndarray, openSync, points, slice } from "../../src/format/index.js";
import type { Lazy, ProxySelection } from "../../src/serialization/index.js";
import {
  DatetimeIndex,
  ellipsis,
  Persistable,
  ProxyDataset,
  property,
  Timestamp,
} from "../../src/serialization/index.js";
import { hasH5py } from "./h5py.js";

class Holder extends Persistable.define("parts.Holder", {
  data: property<NDArray<"float64"> | null>({ default: null }),
  free: property<NDArray<"float64"> | null>({ default: null, maxShape: [null, null] }),
  limited: property<NDArray<"float64"> | null>({ default: null, maxShape: [6, 8], chunks: [2, 2] }),
  texts: property<NDArray | null>({ default: null }),
  any: property<unknown>(),
  times: property<DatetimeIndex | null>({ default: null }),
}) {}

const ramp = (...shape: number[]): NDArray<"float64"> => {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return ndarray(
    Float64Array.from({ length: count }, (_, index) => index),
    shape,
  ) as NDArray<"float64">;
};

async function opened(init: ConstructorParameters<typeof Holder>[0]): Promise<Lazy<Holder>> {
  const bytes = await new Holder(init).toBytes({ onWarning: () => undefined });
  return await Holder.open(bytes as never, { mode: "r+" });
}

async function proxyOf(array: unknown): Promise<ProxyDataset> {
  const lazy = await opened({ any: array });
  if (!(lazy.any instanceof ProxyDataset)) expect.unreachable();
  return lazy.any as ProxyDataset;
}

async function listed<Type>(proxy: ProxyDataset<Type>, selection?: ProxySelection): Promise<unknown> {
  const value = (await proxy.readRaw(selection)) as NDArray;
  return [value.shape, Array.from(value.data as Float64Array)];
}

describe("what is set", () => {
  it("fills a selection with one row, one column or one value", async () => {
    const proxy = await proxyOf(ramp(4, 3));
    await proxy.set(Float64Array.of(-1, -2, -3), [slice(0, 3)]);
    expect(await listed(proxy)).toEqual([
      [4, 3],
      [-1, -2, -3, -1, -2, -3, -1, -2, -3, 9, 10, 11],
    ]);
    await proxy.set([[7], [8]], [slice(2, 4)]);
    expect(await listed(proxy, [slice(2, 4)])).toEqual([
      [2, 3],
      [7, 7, 7, 8, 8, 8],
    ]);
    proxy.setSync({ data: Float64Array.of(5), shape: [1, 1], stride: [1, 1], dtype: "float64" }, [null, 1]);
    proxy.setSync(ndarray([[4, 4, 6]]), [3]);
    expect(await listed(proxy)).toEqual([
      [4, 3],
      [-1, 5, -3, -1, 5, -3, 7, 5, 7, 4, 4, 6],
    ]);
    await proxy.set(Float64Array.of(1, 2, 3, 4, 5, 6), [slice(0, 2)]);
    expect(await listed(proxy, [slice(0, 2)])).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it("grows the array, and a row fills what is new", async () => {
    const proxy = await proxyOf(ramp(1, 3));
    await proxy.set([7, 8, 9], [slice(1, 4)]);
    expect(await listed(proxy)).toEqual([
      [4, 3],
      [0, 1, 2, 7, 8, 9, 7, 8, 9, 7, 8, 9],
    ]);
    await proxy.set([1, 2, 3], [6]);
    expect(await listed(proxy, [slice(4, 7)])).toEqual([
      [3, 3],
      [0, 0, 0, 0, 0, 0, 1, 2, 3],
    ]);
    // What counts from the end counts from the one that was there.
    await proxy.set(-1, [slice(-1, 9), 0]);
    expect(await listed(proxy, [slice(5, 9), 0])).toEqual([[4], [0, -1, -1, -1]]);
    await proxy.set([5, 6], [[0, 10], 2]);
    expect([proxy.shape, await proxy.readRaw([10, 2]), await proxy.readRaw([0, 2])]).toEqual([[11, 3], 6, 5]);
  });

  it("that does not fit is refused, with both shapes, and changes nothing", async () => {
    const proxy = await proxyOf(ramp(4, 3));
    const before = await listed(proxy);
    await expect(proxy.set([1, 2], [slice(0, 3)])).rejects.toMatchObject({
      code: "invalid-argument",
      path: "/root/any",
      message: expect.stringMatching(/shape \[2\].*shape \[3, 3\]/),
    });
    for (const [value, selection] of [
      [ramp(2, 3), [slice(0, 3)]],
      [ramp(3, 2), [slice(3, 6)]],
      [[1, 2, 3, 4], [slice(4, 6)]],
      [ramp(2), [9, slice(0, 1)]],
      [ramp(1), [0, 3]],
      [["a", "b", "c"], [slice(4, 6)]],
    ] as const) {
      await expect(proxy.set(value, selection)).rejects.toMatchObject({ code: "invalid-argument", path: "/root/any" });
      expect(await listed(proxy)).toEqual(before);
    }
  });

  it("may be strings, complex numbers, integers of 64 bits and records", async () => {
    const texts = await proxyOf({ data: ["a", "b", "c", "d"], shape: [2, 2], stride: [2, 1], dtype: "string" });
    await texts.set(["x", "y"], [slice(0, 4)]);
    expect(((await texts.readRaw()) as NDArray).data).toEqual(["x", "y", "x", "y", "x", "y", "x", "y"]);
    const bytes = new TextEncoder().encode("ä");
    await texts.set(bytes, [slice(0, 4), 0]);
    expect(((await texts.readRaw([null, 0])) as NDArray).data).toEqual(["ä", "ä", "ä", "ä"]);
    const integers = await proxyOf(ndarray(BigInt64Array.of(1n, 2n, 3n, 4n), [2, 2]));
    await integers.set(BigInt64Array.of(8n, 9n), [slice(0, 3)]);
    expect(((await integers.readRaw()) as NDArray).data).toEqual(BigInt64Array.of(8n, 9n, 8n, 9n, 8n, 9n));
    const members = [{ name: "id", dtype: "int32" }] as const;
    const rows = [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }];
    const records = await proxyOf({ data: rows, shape: [2, 2], stride: [2, 1], dtype: { kind: "compound", members } });
    await records.set((await records.readRaw([0])) as NDArray, [slice(0, 3)]);
    const found = (await records.readRaw()) as NDArray<never>;
    expect(Array.from(found.data as Iterable<{ id: number }>, ({ id }) => id)).toEqual([1, 2, 1, 2, 1, 2]);
  });
});

describe("selections", () => {
  it("have an ellipsis for the axes that are not mentioned", async () => {
    const proxy = await proxyOf(ramp(2, 3, 4));
    expect(await listed(proxy, [ellipsis, 0])).toEqual(await listed(proxy, [null, null, 0]));
    expect(await listed(proxy, [1, ellipsis])).toEqual(await listed(proxy, [1]));
    expect(await listed(proxy, [1, ellipsis, slice(1, 3)])).toEqual(await listed(proxy, [1, null, slice(1, 3)]));
    expect(await listed(proxy, [ellipsis])).toEqual(await listed(proxy));
    expect(await proxy.readRaw([0, ellipsis, 1, 2])).toBe(6);
    await proxy.set(-1, [ellipsis, 3]);
    expect(await listed(proxy, [0, ellipsis])).toEqual([
      [3, 4],
      [0, 1, 2, -1, 4, 5, 6, -1, 8, 9, 10, -1],
    ]);
    await expect(proxy.get([ellipsis, ellipsis])).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(proxy.get([ellipsis, 0, 0, 0, 0])).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("are masks, of the whole array or an axis, and lists", async () => {
    const proxy = await proxyOf(ramp(3, 4));
    const even = {
      ...ramp(3, 4),
      dtype: "bool",
      data: Uint8Array.from({ length: 12 }, (_, at) => (at + 1) % 2),
    } as const;
    expect(await listed(proxy, even as NDArray)).toEqual([[6], [0, 2, 4, 6, 8, 10]]);
    expect(await listed(proxy, [[true, false, true], slice(0, 2)])).toEqual([
      [2, 2],
      [0, 1, 8, 9],
    ]);
    expect(await listed(proxy, [null, [3, 0]])).toEqual([
      [3, 2],
      [3, 0, 7, 4, 11, 8],
    ]);
    expect(await listed(proxy, [ndarray(Int32Array.of(-1, 0)), ellipsis])).toEqual(await listed(proxy, [[2, 0]]));
    expect(await listed(proxy, [ndarray(BigInt64Array.of(2n)), 1])).toEqual([[1], [9]]);
    await proxy.set([-1, -2], [mask([false, true, true]), 0]);
    await proxy.set(100, even as NDArray);
    expect(await listed(proxy)).toEqual([
      [3, 4],
      [100, 1, 100, 3, 100, 5, 100, 7, 100, 9, 100, 11],
    ]);
    await proxy.set([1, 2, 3, 4], [[0, 2]]);
    expect(await listed(proxy, [[0, 2]])).toEqual([
      [2, 4],
      [1, 2, 3, 4, 1, 2, 3, 4],
    ]);
    await proxy.set(
      [[5], [6]],
      points([
        [0, 0],
        [2, 3],
      ]),
    );
    expect([await proxy.readRaw([0, 0]), await proxy.readRaw([2, 3])]).toEqual([5, 6]);
    await expect(proxy.get([[true, false]])).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(proxy.get(ramp(3, 4))).rejects.toThrow(/booleans/);
    await expect(proxy.set(ramp(5), even as NDArray)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("are typed: what has a range is an array", async () => {
    const lazy = await opened({ data: ramp(2, 2) });
    const { data } = lazy;
    if (data === null) expect.unreachable();
    expectTypeOf(await data.get([slice(1), ellipsis])).toEqualTypeOf<NDArray<"float64">>();
    expectTypeOf(await data.get([[0, 1], 0])).toEqualTypeOf<NDArray<"float64">>();
    const chosen: NDArray = { data: Uint8Array.of(1, 0, 0, 1), shape: [2, 2], stride: [2, 1], dtype: "bool" };
    expectTypeOf(await data.get(chosen)).toEqualTypeOf<NDArray<"float64">>();
    expectTypeOf(await data.get([ellipsis, 0])).toEqualTypeOf<number | NDArray<"float64">>();
    // @ts-expect-error: a string selects nothing
    await expect(data.get(["x"])).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("of times take their instants along", async () => {
    const twice = ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-12-01T00:00:00Z", "2024-10-27T01:45:00Z"];
    const times = DatetimeIndex.from(twice, "Europe/Berlin");
    const lazy = await opened({ times });
    const proxy = lazy.times;
    if (proxy === null) expect.unreachable();
    const instants = [...times.epochNanoseconds];
    const pick = (...at: number[]) => at.map((index) => instants[index]);
    expect([...(await proxy.get([[3, 0, 1]])).epochNanoseconds]).toEqual(pick(3, 0, 1));
    expect([...(await proxy.get(mask([false, true, true, false]))).epochNanoseconds]).toEqual(pick(1, 2));
    expect((await proxy.get([ellipsis, 1])).epochNanoseconds).toBe(instants[1]);
    await proxy.set(times, [[1, 0, 3, 2]]);
    expect([...(await proxy.read()).epochNanoseconds]).toEqual(pick(1, 0, 3, 2));
    await proxy.set(Timestamp.from(twice[1], "Europe/Berlin"), [slice(2, 6)]);
    expect([...(await proxy.read()).epochNanoseconds]).toEqual(pick(1, 0, 1, 1, 1, 1));
    await proxy.append(Timestamp.from(twice[3], "Europe/Berlin"));
    expect([...(await proxy.read()).epochNanoseconds]).toEqual(pick(1, 0, 1, 1, 1, 1, 3));
  });
});

describe("axes", () => {
  it("grow where the property's maxShape lets them", async () => {
    const lazy = await opened({ free: ramp(2, 2), limited: ramp(2, 2) });
    const { free, limited } = lazy;
    if (free === null || limited === null) expect.unreachable();
    expect([free.maxShape, limited.maxShape, limited.chunks]).toEqual([
      [null, null],
      [6, 8],
      [2, 2],
    ]);
    await free.append([[8], [9]], { axis: 1 });
    expect(await listed(free)).toEqual([
      [2, 3],
      [0, 1, 8, 2, 3, 9],
    ]);
    free.appendSync([5, 6, 7]);
    await free.set(-1, [slice(2, 4), slice(-1, 5)]);
    expect(await listed(free)).toEqual([
      [4, 5],
      [0, 1, 8, 0, 0, 2, 3, 9, 0, 0, 5, 6, -1, -1, -1, 0, 0, -1, -1, -1],
    ]);
    await free.resize([1, 2]);
    expect(await listed(free)).toEqual([
      [1, 2],
      [0, 1],
    ]);
    await limited.set(7, [5, 7]);
    expect(limited.shape).toEqual([6, 8]);
    for (const change of [
      () => limited.append(ramp(8)),
      () => limited.append(ramp(6), { axis: 1 }),
      () => limited.set(1, [6, 0]),
      () => limited.resize([6, 9]),
      () => limited.resize(7),
    ]) {
      await expect(change()).rejects.toMatchObject({ code: "invalid-argument", path: "/root/limited" });
    }
    // Of an axis that is at its end, slices are clipped as they are when read.
    await limited.set(2, [0, slice(6, 100)]);
    expect(await listed(limited, [0])).toEqual([[8], [0, 1, 0, 0, 0, 0, 2, 2]]);
    expect(limited.shape).toEqual([6, 8]);
  });

  it("beyond the first do not grow otherwise, and say how they would", async () => {
    const proxy = await proxyOf(ramp(2, 2));
    await expect(proxy.append(ramp(2), { axis: 1 })).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(proxy.resize([2, 3])).rejects.toThrow(/maxShape/);
    await expect(proxy.append(ramp(2), { axis: 2 })).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(proxy.append(ramp(2), { axis: -1 })).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(proxy.append(ramp(2), { axes: 1 } as never)).rejects.toThrow(/axis/);
    await expect(proxy.resize([2])).rejects.toThrow(/number of axes/);
    await proxy.resize([3, 1]);
    expect(await listed(proxy)).toEqual([
      [3, 1],
      [0, 2, 0],
    ]);
  });

  it("are needed to grow: arrays without any say so", async () => {
    const proxy = await proxyOf({ data: Float64Array.of(2.5), shape: [], stride: [], dtype: "float64" });
    for (const change of [() => proxy.append(1), () => proxy.resize(1), () => proxy.resize([])]) {
      await expect(change()).rejects.toThrow(/without axes .*number of its axes never changes/);
    }
    await proxy.set(3.5, [ellipsis]);
    expect(await proxy.get()).toBe(3.5);
  });

  it("of a property are checked against its arrays", async () => {
    expect(() => new Holder({ free: ramp(3) as never }).toBytesSync()).toThrow(/maxShape.*2 axes/);
    expect(() => new Holder({ limited: ramp(2, 9) }).toBytesSync()).toThrow(/maxShape allows 8 of 9 along axis 1/);
    expect(() => property({ maxShape: [1.5] })).toThrow(/maxShape/);
    expect(() => property({ maxShape: 3 } as never)).toThrow(/maxShape/);
    const again = openSync(new Holder({ free: ramp(1, 1) }).toBytesSync()).datasetSync("root/free");
    expect(again.maxShape).toEqual([null, null]);
  });
});

interface Range {
  readonly slice: readonly [start: number, stop: number, step: number];
}

function isRange(entry: Entry | undefined): entry is Range {
  return typeof entry === "object" && entry !== null && !Array.isArray(entry);
}

/** One axis as Python's script takes it: an index, a slice, a list or a mask. */
type Entry = number | Range | readonly number[] | readonly boolean[] | null;

interface Case {
  readonly shape: readonly number[];
  readonly entries: readonly Entry[];
  readonly value: readonly number[];
}

const judge = `
import json, sys
import numpy
def indices(entry, extent):
    if entry is None: return numpy.arange(extent)
    if isinstance(entry, dict): return numpy.arange(extent)[slice(*entry["slice"])]
    if isinstance(entry, int): return numpy.arange(extent)[[entry]]
    return numpy.arange(extent)[numpy.array(entry, dtype=bool if entry and isinstance(entry[0], bool) else int)]
answers = []
for case in json.load(sys.stdin):
    a = numpy.arange(float(numpy.prod(case["shape"]))).reshape(case["shape"])
    entries = case["entries"] + [None] * (a.ndim - len(case["entries"]))
    grid = numpy.ix_(*[indices(entry, extent) for entry, extent in zip(entries, a.shape)])
    shape = [axis for axis, entry in zip(a[grid].shape, entries) if not isinstance(entry, int)]
    read = a[grid].reshape(shape)
    value = -1 - numpy.arange(float(numpy.prod(case["value"]))).reshape(case["value"])
    target = numpy.empty(shape)
    try:
        target[...] = value
        a[grid] = target.reshape(a[grid].shape)
        answers.append({"shape": shape, "read": read.reshape(-1).tolist(), "after": a.reshape(-1).tolist()})
    except ValueError:
        answers.append({"shape": shape, "read": read.reshape(-1).tolist(), "after": None})
print(json.dumps(answers))
`;

const entryOf = (extent: number): fc.Arbitrary<Entry> =>
  fc.oneof(
    fc.constant(null),
    fc.integer({ min: -extent, max: extent - 1 }),
    fc
      .tuple(
        fc.integer({ min: -extent, max: extent }),
        fc.integer({ min: -extent, max: extent + 3 }),
        fc.integer({ min: 1, max: 3 }),
      )
      .map((bounds) => ({ slice: bounds })),
    fc.array(fc.integer({ min: -extent, max: extent - 1 }), { minLength: 1, maxLength: 4 }),
    fc.array(fc.boolean(), { minLength: extent, maxLength: extent }),
  );

const anyCase: fc.Arbitrary<Case> = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })
  .chain((shape) =>
    fc
      .tuple(
        fc.nat(shape.length),
        fc.tuple(...shape.map(entryOf)),
        fc.array(fc.constantFrom(1, 1, 2, 3, 4), { maxLength: 4 }),
      )
      .map(([mentioned, entries, value]) => ({ shape, entries: entries.slice(0, mentioned), value })),
  );

function selectionOf(entries: readonly Entry[]): ProxySelection {
  return entries.map((entry) => (isRange(entry) ? slice(...entry.slice) : entry)) as ProxySelection;
}

it.runIf(hasH5py)(
  "what is read and set is what NumPy reads and sets, for selections and values by chance",
  async () => {
    const cases = fc.sample(anyCase, { numRuns: 400, seed: 7 });
    const options = { encoding: "utf8", input: JSON.stringify(cases), maxBuffer: 1 << 28 } as const;
    const { stdout, stderr, status } = spawnSync("/usr/bin/python3", ["-c", judge], options);
    if (status !== 0) throw new Error(stderr);
    const answers = JSON.parse(stdout) as { shape: number[]; read: number[]; after: number[] | null }[];
    let set = 0;
    let refused = 0;
    for (const [index, { shape, entries, value }] of cases.entries()) {
      const { shape: wanted, read, after } = answers[index];
      const proxy = await proxyOf(ramp(...shape));
      const selection = selectionOf(entries);
      const found = await proxy.readRaw(selection);
      if (typeof found === "number") expect([[], [found]]).toEqual([wanted, read]);
      else expect(await listed(proxy, selection)).toEqual([wanted, read]);
      // Beyond the end the first axis would grow, where NumPy's does not.
      const first = entries[0];
      const grows = isRange(first) && first.slice[1] > shape[0];
      const given = ramp(...value);
      const negative = { ...given, data: given.data.map((each) => -1 - each) };
      if (grows) continue;
      if (after !== null) {
        await proxy.set(negative, selection);
        expect((await listed(proxy)) as unknown).toEqual([shape, after]);
        set++;
      } else {
        const squeezed = (axes: readonly number[]) => axes.filter((extent) => extent !== 1).join();
        const lenient =
          squeezed(value) === squeezed(wanted) ||
          (value.length === 1 && value[0] === wanted.reduce((product, extent) => product * extent, 1));
        if (lenient) continue;
        await expect(proxy.set(negative, selection)).rejects.toMatchObject({ code: "invalid-argument" });
        refused++;
      }
    }
    expect([set > 100, refused > 20]).toEqual([true, true]);
  },
);
