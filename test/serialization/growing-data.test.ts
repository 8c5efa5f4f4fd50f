import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import { open } from "../../src/format/index.js";
import { Persistable, property } from "../../src/serialization/index.js";
import { hasH5py, runPython } from "./h5py.js";

const directory = mkdtempSync(join(tmpdir(), "jangada-growing-"));
afterAll(() => rmSync(directory, { recursive: true }));

const KiB = 1024;

class Series extends Persistable.define("growing.Series", {
  data: property<NDArray | null>({ default: null }),
}) {}

class Bundle extends Persistable.define("growing.Bundle", {
  items: property<unknown[]>({ default: () => [] }),
}) {}

/** Saves and appends by the calls of h5py that Python's library makes. */
const pythonSeries = `
import h5py, numpy, sys
path = sys.argv[1]
with h5py.File(path, "w") as file:
    root = file.create_group("root")
    root.attrs["__container_type__"] = "dict"
    root.attrs["__class__"] = "growing.Series"
    data = numpy.array([1.0, 2.0, 3.0])
    dataset = root.create_dataset("data", data=data, maxshape=(None,))
    dataset.attrs["__dataset_type__"] = "numpy.ndarray"
for turn in range(200):
    with h5py.File(path, "r+") as file:
        dataset = file["root/data"]
        old = dataset.shape[0]
        dataset.resize(old + 3000, axis=0)
        dataset[old:] = numpy.arange(turn * 3000, (turn + 1) * 3000, dtype=float)
`;

/** Shape of the chunks of each dataset named. */
async function chunkShapes(path: string, names: readonly string[]): Promise<(readonly number[] | null)[]> {
  await using file = await open(path);
  const shapes: (readonly number[] | null)[] = [];
  for (const name of names) {
    const dataset = await file.get(name);
    if (dataset.kind !== "dataset") throw new Error(`${name} is no dataset`);
    shapes.push(dataset.chunks);
  }
  return shapes;
}

describe("data that grow", () => {
  it("takes little more space than its numbers where it is opened, appended to and closed again and again", async () => {
    const path = await new Series({ data: Float64Array.of(1, 2, 3) }).save(join(directory, "series"));
    expect(await chunkShapes(path, ["root/data"])).toEqual([[2048]]);
    const expected = [1, 2, 3];
    for (let turn = 0; turn < 100; turn++) {
      const values = Float64Array.from({ length: 3000 }, (_, index) => turn * 3000 + index);
      expected.push(...values);
      const lazy = await Series.open(path, { mode: "r+" });
      await lazy.data?.append(values);
      await lazy.close();
    }
    const loaded = await Series.load(path);
    expect(loaded.data?.data).toEqual(Float64Array.from(expected));
    expect(statSync(path).size).toBeLessThan(3.5 * 1024 * KiB);
    if (!hasH5py) return;
    const script = "import h5py, sys; print(h5py.File(sys.argv[1])['root/data'][...].sum())";
    expect(Number(runPython(script, path)[0])).toBe(expected.reduce((sum, value) => sum + value, 0));
  });

  it.skipIf(!hasH5py)(
    "makes a file no larger than that of Python's library, 200 times over",
    async () => {
      const path = await new Series({ data: Float64Array.of(1, 2, 3) }).save(join(directory, "ours"));
      const theirs = join(directory, "theirs.hdf5");
      runPython(pythonSeries, theirs);
      for (let turn = 0; turn < 200; turn++) {
        const lazy = await Series.open(path, { mode: "r+" });
        await lazy.data?.append(Float64Array.from({ length: 3000 }, (_, index) => turn * 3000 + index));
        await lazy.close();
      }
      const [ours, python] = [await Series.load(path), await Series.load(theirs)];
      expect(ours.data?.shape).toEqual([600_003]);
      expect(ours.equals(python)).toBe(true);
      // Measured: 0.51. h5py chooses chunks of three elements, as many as there are at first.
      expect(statSync(path).size / statSync(theirs).size).toBeLessThan(1.5);
    },
    60_000,
  );

  it("is padded by no more than 4 MiB in one object, or 1 KiB for each of very many arrays", async () => {
    const items = (count: number): Float64Array[] =>
      Array.from({ length: count }, (_, at) => Float64Array.of(at, 2, 3));
    for (const { count, chunk, room } of [
      { count: 100, chunk: [2048], room: 16 * KiB },
      { count: 4500, chunk: [128], room: KiB },
    ]) {
      const path = await new Bundle({ items: items(count) }).save(join(directory, `bundle-${count}`));
      expect(await chunkShapes(path, [`root/items/${"7".padStart(String(count - 1).length, "0")}`])).toEqual([chunk]);
      expect(statSync(path).size).toBeLessThan(count * (room + 4 * KiB));
      const loaded = await Bundle.load(path);
      expect((loaded.items[count - 1] as NDArray<"float64">).data).toEqual(Float64Array.of(count - 1, 2, 3));
    }
  });
});
