import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { createSync, openSync } from "../../src/format/index.js";
import { hasH5py, runPython } from "../serialization/h5py.js";

const golden = new URL("../../golden-files/", import.meta.url);

function datasetsOf(file: HDF5File): Dataset[] {
  return [...file.visitSync()].flatMap(({ object }) => (object?.kind === "dataset" ? [object] : []));
}

function open(name: string): HDF5File {
  return openSync(new Uint8Array(readFileSync(new URL(name, golden))));
}

describe("where raw data are", () => {
  const names = readdirSync(golden).filter((name) => name.endsWith(".h5"));
  it.each(names)("survives JSON and structuredClone: %s", (name) => {
    for (const dataset of datasetsOf(open(name))) {
      const storage = dataset.storageSync();
      expect(JSON.parse(JSON.stringify(storage))).toStrictEqual(storage);
      expect(structuredClone(storage)).toStrictEqual(storage);
    }
  });

  it("survives them for compact data and for chunks in memory", () => {
    const file = createSync();
    file.createDatasetSync("compact", { data: Uint8Array.of(1, 2, 255), layout: "compact" });
    file.createDatasetSync("chunked", { data: Int32Array.of(1, 2, 3), chunks: [2] });
    file.flushSync();
    const [chunked, compact] = datasetsOf(file).map((dataset) => JSON.parse(JSON.stringify(dataset.storageSync())));
    expect(compact).toEqual({ layout: "compact", data: [1, 2, 255] });
    expect(chunked).toMatchObject({ layout: "chunked", chunkShape: [2], size: 16, chunkCount: 2 });
    expect(chunked.chunks).toMatchObject([
      { start: [0], size: 8, filterMask: 0 },
      { start: [2], size: 8, filterMask: 0 },
    ]);
  });

  it.runIf(hasH5py)("survives them for data in other files", () => {
    const directory = mkdtempSync(join(tmpdir(), "storage-"));
    const path = join(directory, "elsewhere.h5");
    try {
      runPython(
        `
import h5py, sys
with h5py.File(sys.argv[1], 'w') as f:
    f.create_dataset('external', (4,), 'i4', external=[('a.raw', 8, 8), ('b.raw', 0, h5py.h5f.UNLIMITED)])
    layout = h5py.VirtualLayout((6, 10), 'i4', maxshape=(None, 10))
    layout[0:3] = h5py.VirtualSource('part-0.h5', 'data', (3, 10))
    layout[3:6:2, 1:9:3] = h5py.VirtualSource('x.h5', 'y', (2, 3))
    f.create_virtual_dataset('virtual', layout)
`,
        path,
      );
      const [external, virtual] = datasetsOf(openSync(new Uint8Array(readFileSync(path)))).map((dataset) => {
        const storage = dataset.storageSync();
        expect(JSON.parse(JSON.stringify(storage))).toStrictEqual(storage);
        expect(structuredClone(storage)).toStrictEqual(storage);
        return storage;
      });
      expect(external).toMatchObject({
        externalFiles: [
          { file: "a.raw", offset: 8, size: 8 },
          { file: "b.raw", offset: 0, size: null },
        ],
      });
      expect(virtual).toMatchObject({ mappings: [{ file: "part-0.h5" }, { file: "x.h5" }] });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("says of edge chunks that are not filtered that their filters were skipped", () => {
    const file = open("chunk-indexes.h5");
    const edges = datasetsOf(file).filter(({ path }) => path?.includes("edges"));
    expect(edges.length).toBeGreaterThan(2);
    for (const dataset of edges) {
      const storage = dataset.storageSync();
      if (storage.layout !== "chunked") throw new Error("no chunks");
      const shape = dataset.shape ?? [];
      const { chunkShape } = storage;
      const all = 2 ** dataset.filters.length - 1;
      const elementBytes = dataset.nbytes / dataset.size;
      const whole = chunkShape.reduce((product, extent) => product * extent, elementBytes);
      const masks = storage.chunks.map(({ start, size, filterMask }) => {
        const isEdge = start.some((at, axis) => at + chunkShape[axis] > shape[axis]);
        if (isEdge) expect(size).toBe(whole);
        return [isEdge, filterMask];
      });
      expect(masks).toContainEqual([true, all]);
      expect(masks.filter(([isEdge, mask]) => mask !== (isEdge ? all : 0))).toEqual([]);
    }
  });
});
