import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Dataset, NDArray } from "../../src/format/index.js";
import { createSync, mask, open, openSync, points, slice } from "../../src/format/index.js";

const shape = [50, 70, 90];
const total = shape[0] * shape[1] * shape[2];

/** Chunks of 600 kB and 900 kB, which small selections do not take whole, in shapes that cut the array unevenly. */
const datasets = {
  blocks: { chunks: [30, 64, 80], type: Int32Array },
  slabs: { chunks: [50, 50, 90], type: Int32Array },
  bytes: { chunks: [50, 70, 90], type: Uint8Array },
};
type Name = keyof typeof datasets;

const file = createSync();
for (const [name, { chunks, type }] of Object.entries(datasets)) {
  const data = new type(total);
  for (let index = 0; index < total; index++) data[index] = index * 7;
  file.createDatasetSync(name, { data, shape, chunks });
}
file.closeSync();
const bytes = file.bytes();
const local = openSync(bytes);
const remote = await open({
  size: bytes.length,
  read: (offset: number, length: number) => bytes.slice(offset, offset + length),
});
const blob = await open(new Blob([bytes.slice()]));
afterAll(async () => {
  local.closeSync();
  await remote.close();
  await blob.close();
});

type Selection = Parameters<Dataset["read"]>[0];

/** Reads in three ways what the indices name, and compares it. */
async function check(name: Name, selection: Selection, indices: number[]): Promise<void> {
  const { type } = datasets[name];
  const expected = type.from(indices.map((index) => index * 7));
  const found = local.getSync(name);
  if (found.kind !== "dataset") throw new Error(`${name} is no dataset`);
  expect((found.readSync(selection) as NDArray).data).toEqual(expected);
  for (const file of [remote, blob]) {
    const dataset = (await file.get(name)) as Dataset;
    expect(((await dataset.read(selection)) as NDArray).data).toEqual(expected);
  }
}

const axis = (extent: number) =>
  fc
    .tuple(fc.nat(extent - 1), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 30 }))
    .map(([start, count, step]) => {
      const indices: number[] = [];
      for (let index = start; index < extent && indices.length < count; index += step) indices.push(index);
      return { selection: slice(start, start + (count - 1) * step + 1, step), indices };
    });

const names = fc.constantFrom<Name>("blocks", "slabs", "bytes");
const position = fc.tuple(...shape.map((extent) => fc.nat(extent - 1)));

function indexOf([a, b, c]: readonly number[]): number {
  return (a * shape[1] + b) * shape[2] + c;
}

describe("small parts of large unfiltered chunks", () => {
  it("hold what was written, for boxes with steps", async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.tuple(...shape.map(axis)), async (name, [a, b, c]) => {
        const indices: number[] = [];
        for (const i of a.indices)
          for (const j of b.indices) for (const k of c.indices) indices.push(indexOf([i, j, k]));
        await check(name, [a.selection, b.selection, c.selection], indices);
      }),
      { numRuns: 150 },
    );
  });

  it("hold what was written, for points in any order", async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.array(position, { minLength: 1, maxLength: 20 }), async (name, chosen) => {
        await check(name, points(chosen), chosen.map(indexOf));
      }),
      { numRuns: 100 },
    );
  });

  it("hold what was written, for lists and masks", async () => {
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.uniqueArray(fc.nat(shape[0] - 1), { minLength: 1, maxLength: 5 }),
        fc.uniqueArray(fc.nat(shape[2] - 1), { minLength: 1, maxLength: 5 }),
        fc.nat(shape[1] - 1),
        async (name, first, last, middle) => {
          const indices: number[] = [];
          const ascending = last.toSorted((a, b) => a - b);
          for (const i of first) for (const k of ascending) indices.push(indexOf([i, middle, k]));
          const marked = mask(Array.from({ length: shape[2] }, (_, index) => last.includes(index)));
          await check(name, [first, middle, marked], indices);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("are seen as they were changed, before and after the flush", async () => {
    const edited = openSync(bytes, { mode: "r+" });
    const dataset = edited.getSync("blocks");
    if (dataset.kind !== "dataset") throw new Error("no dataset");
    dataset.writeSync(Int32Array.of(-1, -2), [3, 4, slice(5, 7)]);
    const part = [3, 4, slice(4, 8)];
    const expected = Int32Array.of(indexOf([3, 4, 4]) * 7, -1, -2, indexOf([3, 4, 7]) * 7);
    expect((dataset.readSync(part) as NDArray).data).toEqual(expected);
    expect((dataset.readSync(points([[3, 4, 6]])) as NDArray).data).toEqual(Int32Array.of(-2));
    edited.flushSync();
    expect((dataset.readSync(part) as NDArray).data).toEqual(expected);
    edited.closeSync();
  });
});
