import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dataset, ElementSelection, NDArray } from "../../src/format/index.js";
import {
  coordinates,
  create,
  createSync,
  HDF5Error,
  mask,
  ndarray,
  open,
  openSync,
  points,
  slice,
} from "../../src/format/index.js";
import { resolveGather } from "../../src/format/selection/resolve-gather.js";
import { hasH5py, python, readScratch, utf8 } from "../structures/support.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

const shape = [7, 9, 5];
const size = 7 * 9 * 5;
const values = Int32Array.from({ length: size }, (_, index) => index * 3 - 100);

function numbers(value: unknown): number[] {
  if (typeof value !== "object" || value === null || !("data" in value)) throw new Error("no array");
  return Array.from(value.data as Int32Array);
}

/** The same data in every layout, one of them with chunks that are missing. */
function layouts(): Uint8Array {
  const file = createSync();
  const data = { data: values, shape };
  file.createDatasetSync("contiguous", data);
  file.createDatasetSync("compact", { ...data, layout: "compact" });
  file.createDatasetSync("chunked", { ...data, chunks: [2, 4, 3] });
  file.createDatasetSync("deflated", { ...data, chunks: [3, 2, 5], filters: ["shuffle", "deflate"] });
  file.createDatasetSync("big", { ...data, dtype: { kind: "integer", size: 4, signed: true, byteOrder: "big" } });
  file.flushSync();
  return file.bytes();
}

const bytes = layouts();
const names = ["contiguous", "compact", "chunked", "deflated", "big"];

function datasetOf(name: string): Dataset {
  const object = openSync(bytes).getSync(name);
  if (object.kind !== "dataset") throw new Error("no dataset");
  return object;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HDF5Error) return error.code;
    throw error;
  }
  return "no error";
}

function at(index: readonly number[]): number {
  return values[(index[0] * shape[1] + index[1]) * shape[2] + index[2]];
}

describe("points", () => {
  const list = fc.array(fc.tuple(fc.nat(6), fc.nat(8), fc.nat(4)), { maxLength: 40 });

  it.each(names)("are read in their order from %s storage", (name) => {
    const dataset = datasetOf(name);
    fc.assert(
      fc.property(list, (wanted) => {
        const found = dataset.readSync(points(wanted)) as NDArray;
        expect(found.shape).toEqual([wanted.length]);
        expect(numbers(found)).toEqual(wanted.map(at));
      }),
      { numRuns: 60 },
    );
  });

  it("may be given by axis, and count from the end", () => {
    const dataset = datasetOf("chunked");
    const byAxis = dataset.readSync(coordinates([0, -1], Uint8Array.of(3, 8), [-5, 4]));
    expect(numbers(byAxis)).toEqual([at([0, 3, 0]), at([6, 8, 4])]);
    expect(numbers(dataset.readSync(points([])))).toEqual([]);
  });

  it("outside the array are refused", () => {
    const dataset = datasetOf("chunked");
    expect(codeOf(() => dataset.readSync(points([[7, 0, 0]])))).toBe("invalid-argument");
    expect(codeOf(() => dataset.readSync(points([[0, 0]])))).toBe("invalid-argument");
    expect(codeOf(() => points([[0, 0.5]]))).toBe("invalid-argument");
    expect(codeOf(() => points([[0], [0, 1]]))).toBe("invalid-argument");
    expect(codeOf(() => coordinates([0], [0, 1]))).toBe("invalid-argument");
  });
});

describe("masks", () => {
  it.each(names)("select in row-major order from %s storage", (name) => {
    const flags = Uint8Array.from(values, (value) => (value % 7 === 0 ? 1 : 0));
    const expected = Array.from(values).filter((value) => value % 7 === 0);
    const dataset = datasetOf(name);
    expect(numbers(dataset.readSync(mask(flags)))).toEqual(expected);
    expect(numbers(dataset.readSync(mask(flags, shape)))).toEqual(expected);
    expect(numbers(dataset.readSync(mask({ data: flags, shape })))).toEqual(expected);
  });

  it("of another shape are refused", () => {
    const dataset = datasetOf("compact");
    expect(codeOf(() => dataset.readSync(mask(new Uint8Array(size), [size])))).toBe("invalid-argument");
    expect(codeOf(() => dataset.readSync(mask(new Uint8Array(3))))).toBe("invalid-argument");
    expect(codeOf(() => mask(new Uint8Array(3), [2]))).toBe("invalid-argument");
    expect(codeOf(() => dataset.readSync([mask([true, false])]))).toBe("invalid-argument");
  });
});

/** One entry of a selection, with the indices that it means. */
function entry(extent: number): fc.Arbitrary<{ entry: unknown; indices: number[]; dropped: boolean }> {
  const all = Array.from({ length: extent }, (_, index) => index);
  return fc.oneof(
    fc.constant({ entry: null, indices: all, dropped: false }),
    fc.nat(extent - 1).map((index) => ({ entry: index, indices: [index], dropped: true })),
    fc.tuple(fc.nat(extent), fc.nat(extent), fc.integer({ min: 1, max: 3 })).map(([start, stop, step]) => ({
      entry: slice(start, stop, step),
      indices: all.filter((index) => index >= start && index < stop && (index - start) % step === 0),
      dropped: false,
    })),
    fc
      .array(fc.integer({ min: -extent, max: extent - 1 }), { maxLength: 8 })
      .map((list) => ({ entry: list, indices: list.map((i) => (i < 0 ? i + extent : i)), dropped: false })),
    fc.array(fc.boolean(), { minLength: extent, maxLength: extent }).map((flags) => ({
      entry: mask(flags),
      indices: all.filter((index) => flags[index]),
      dropped: false,
    })),
  );
}

describe("lists of indices", () => {
  it.each(names)("combine as an outer product in %s storage", (name) => {
    const dataset = datasetOf(name);
    fc.assert(
      fc.property(fc.tuple(entry(7), entry(9), entry(5)), (axes) => {
        const selection = axes.map((axis) => axis.entry) as ElementSelection;
        const expected: number[] = [];
        for (const i of axes[0].indices) {
          for (const j of axes[1].indices) for (const k of axes[2].indices) expected.push(at([i, j, k]));
        }
        const found = dataset.readSync(selection);
        if (axes.every(({ dropped }) => dropped)) {
          expect(found).toBe(expected[0]);
          return;
        }
        expect((found as NDArray).shape).toEqual(axes.filter((a) => !a.dropped).map((a) => a.indices.length));
        expect(numbers(found)).toEqual(expected);
      }),
      { numRuns: 120 },
    );
  });

  it("may repeat indices of any axis, however long its rows are", () => {
    const columns = 1_000_000;
    const file = createSync();
    const data = Int32Array.from({ length: 2 * columns }, (_, index) => index + 1);
    file.createDatasetSync("rows", { data, shape: [2, columns] });
    file.flushSync();
    const rows = openSync(file.bytes()).getSync("rows");
    if (rows.kind !== "dataset") throw new Error("expected a dataset");
    for (const [chosen, step] of [
      [[0, 0], 200],
      [[1, 1, 1], 2],
      [[1, 0, 1], 999],
    ] as const) {
      const read = rows.readSync([chosen, slice(0, null, step)]);
      const columnsRead = Math.ceil(columns / step);
      const expected = new Int32Array(chosen.length * columnsRead);
      chosen.forEach((row, at) => {
        for (let index = 0; index < columnsRead; index++) {
          expected[at * columnsRead + index] = data[row * columns + index * step];
        }
      });
      expect(read.shape).toEqual([chosen.length, columnsRead]);
      const found = read.data as Int32Array;
      expect(found.findIndex((value, index) => value !== expected[index])).toBe(-1);
    }
    const far = rows.readSync([
      [0, 0],
      [0, 1500, 999_999],
    ]);
    expect(far.data).toEqual(Int32Array.of(1, 1501, 1_000_000, 1, 1501, 1_000_000));
  });

  it("take little of the largest arrays", () => {
    expect(resolveGather([[5, 1], [7]], [2 ** 28, 2 ** 29]).elementCount).toBe(2);
  });

  it("are refused out of range", () => {
    const dataset = datasetOf("chunked");
    expect(codeOf(() => dataset.readSync([[0, 7]]))).toBe("invalid-argument");
    expect(codeOf(() => dataset.readSync([[0.5]]))).toBe("invalid-argument");
    expect(codeOf(() => dataset.readSync([null, null, null, [0]]))).toBe("invalid-argument");
  });
});

describe("the bytes that are read", () => {
  it("are those of the chunks needed, each once", async () => {
    const file = createSync();
    const data = Float64Array.from({ length: 100_000 }, (_, index) => index);
    file.createDatasetSync("x", { data, chunks: [1000] });
    file.flushSync();
    const source = new NothingResidentSource(file.bytes(), { pageSize: 4096 });
    const dataset = await (await open(source)).get("x");
    if (dataset.kind !== "dataset") throw new Error("no dataset");
    await dataset.read([slice(0, 1)]);
    source.requests.length = 0;
    const found = await dataset.read(points([[5500], [5501], [70_123], [5999], [5500]]));
    expect(numbers(found)).toEqual([5500, 5501, 70_123, 5999, 5500]);
    // By the page: a chunk of 8,000 bytes lies in at most three of them.
    expect(source.requests).toHaveLength(2);
    for (const { length } of source.requests) expect(length).toBeLessThanOrEqual(3 * 4096);
  });

  it("are found asynchronously with nothing resident", async () => {
    for (const name of names) {
      const dataset = await (await open(new NothingResidentSource(bytes))).get(name);
      if (dataset.kind !== "dataset") throw new Error("no dataset");
      expect(
        numbers(
          await dataset.read(
            points([
              [6, 8, 4],
              [0, 0, 0],
            ]),
          ),
        ),
      ).toEqual([at([6, 8, 4]), at([0, 0, 0])]);
    }
  });
});

describe("chunks that are missing", () => {
  it("have the fill value", () => {
    const file = createSync();
    const dataset = file.createDatasetSync("x", { shape: [10, 10], dtype: "int16", chunks: [3, 3], fillValue: -7 });
    dataset.writeSync(5, [slice(0, 3), slice(0, 3)]);
    expect(
      numbers(
        dataset.readSync(
          points([
            [0, 0],
            [9, 9],
            [2, 3],
          ]),
        ),
      ),
    ).toEqual([5, -7, -7]);
    file.flushSync();
    expect(
      numbers(
        dataset.readSync([
          [9, 0],
          [1, 4],
        ]),
      ),
    ).toEqual([-7, -7, 5, -7]);
  });
});

describe("writing", () => {
  it("takes points, masks and lists", () => {
    for (const name of names.slice(0, 4)) {
      const file = openSync(bytes.slice(), { mode: "r+" });
      const dataset = file.getSync(name);
      if (dataset.kind !== "dataset") throw new Error("no dataset");
      const expected = values.slice();
      const place = (i: number, j: number, k: number): number => (i * 9 + j) * 5 + k;
      dataset.writeSync(
        Int32Array.of(1, 2, 3),
        points([
          [6, 8, 4],
          [0, 0, 0],
          [6, 8, 4],
        ]),
      );
      expected[place(0, 0, 0)] = 2;
      expected[place(6, 8, 4)] = 3;
      dataset.writeSync(77, [[5, 1], null, 2]);
      for (const i of [1, 5]) for (let j = 0; j < 9; j++) expected[place(i, j, 2)] = 77;
      const block = Int32Array.from({ length: 4 }, (_, index) => -index);
      dataset.writeSync(ndarray(block, [2, 2]), [3, [8, 2], slice(1, 3)]);
      block.forEach((value, index) => {
        expected[place(3, index < 2 ? 8 : 2, 1 + (index % 2))] = value;
      });
      const flags = Uint8Array.from(expected, (value) => (value > 500 ? 1 : 0));
      dataset.writeSync(500, mask(flags));
      expected.forEach((value, index) => {
        if (value > 500) expected[index] = 500;
      });
      file.flushSync();
      expect(numbers(dataset.readSync())).toEqual(Array.from(expected));
      const again = openSync(file.bytes()).getSync(name);
      expect(again.kind === "dataset" && numbers(again.readSync())).toEqual(Array.from(expected));
      expect(
        codeOf(() =>
          dataset.writeSync(
            Int32Array.of(1),
            points([
              [0, 0, 0],
              [1, 1, 1],
            ]),
          ),
        ),
      ).toBe("invalid-argument");
    }
  });
});

describe.skipIf(!hasH5py)("h5py", () => {
  it("selects the same", () => {
    const found = python(`
data = np.arange(12 * 11, dtype='i8').reshape(12, 11) * 7
with h5py.File('fancy.h5', 'w') as f:
    d = f.create_dataset('x', data=data, chunks=(5, 4), compression='gzip')
    s = f.create_dataset('s', data=[('v%d' % i) * i for i in range(20)], dtype=h5py.string_dtype())
    f.create_dataset('region', data=d.regionref[2:9:3, 1:5], dtype=h5py.regionref_dtype)
    f.create_dataset('blocks', data=d.regionref[data % 5 == 0], dtype=h5py.regionref_dtype)
with h5py.File('fancy.h5') as f:
    d = f['x']
    print(json.dumps({
        'rows': d[[1, 4, 10], 2:9:2].tolist(),
        'columns': d[3, [0, 5, 10]].tolist(),
        'mask': d[data % 5 == 0].tolist(),
        'axis': d[np.arange(12) % 4 == 1].tolist(),
        'strings': [v.decode() for v in f['s'][[0, 3, 19]]],
        'region': d[f['region'][()]].tolist(),
        'blocks': d[f['blocks'][()]].tolist(),
    }))
`) as Record<string, unknown>;
    const file = openSync(readScratch("fancy.h5"));
    const x = file.getSync("x");
    const s = file.getSync("s");
    const region = file.getSync("region");
    const blocks = file.getSync("blocks");
    if (x.kind !== "dataset" || s.kind !== "dataset" || region.kind !== "dataset" || blocks.kind !== "dataset") {
      throw new Error("no datasets");
    }
    const flat = (name: string): number[] => (found[name] as unknown[]).flat() as number[];
    const read = (selection: ElementSelection): number[] => numbers(x.readSync(selection)).map(Number);
    const flags = Array.from({ length: 132 }, (_, index) => (index * 7) % 5 === 0);
    expect(read([[1, 4, 10], slice(2, 9, 2)])).toEqual(flat("rows"));
    expect(read([3, [0, 5, 10]])).toEqual(flat("columns"));
    expect(read(mask(flags))).toEqual(flat("mask"));
    expect(read([mask(Array.from({ length: 12 }, (_, index) => index % 4 === 1))])).toEqual(flat("axis"));
    expect((s.readSync([[0, 3, 19]]) as NDArray).data).toEqual(found["strings"]);
    for (const [name, dataset] of [
      ["region", region],
      ["blocks", blocks],
    ] as const) {
      const reference = dataset.readSync();
      if (typeof reference !== "object" || reference === null || !("selection" in reference)) throw new Error(name);
      expect(read(reference.selection as ElementSelection)).toEqual(flat(name));
    }
  });
});

it("selections keep a file's names for text", async () => {
  const file = await create();
  const dataset = await file.createDataset("t", { data: ["α", "b", "c"] });
  expect(((await dataset.read([[2, 0]])) as NDArray).data).toEqual(["c", "α"]);
  expect((await dataset.readRaw([[2, 0]])).count).toBe(2);
  expect(utf8.encode("α")).toHaveLength(2);
});
