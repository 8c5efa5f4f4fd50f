import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import { open, openSync } from "../../src/format/index.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";
import { flat, hasH5py, python, scratchPath } from "./support.js";

/** Virtual datasets of parts of the same file, which need no resolver: one fixed, one that grows with its source. */
const setUp = `
with h5py.File('own-parts.h5', 'w', libver='latest') as f:
    f['part'] = np.arange(6, dtype='i4').reshape(2, 3)
    f.create_dataset('growing', data=np.arange(5, dtype='f4'), maxshape=(None,), chunks=(2,))
    layout = h5py.VirtualLayout((4, 3), 'f8')
    layout[1:3] = h5py.VirtualSource('.', 'part', (2, 3))
    f.create_virtual_dataset('fixed', layout, fillvalue=7)
    layout = h5py.VirtualLayout((2,), 'f4', maxshape=(None,))
    layout[0:h5py.h5s.UNLIMITED] = h5py.VirtualSource('.', 'growing', (5,), maxshape=(None,))[0:h5py.h5s.UNLIMITED]
    f.create_virtual_dataset('grown', layout)
`;
const fixed = { shape: [4, 3], data: [7, 7, 7, 0, 1, 2, 3, 4, 5, 7, 7, 7] };
const grown = { shape: [5], data: [0, 1, 2, 3, 4] };

function readSync(file: HDF5File, path: string): unknown {
  const dataset = file.getSync(path);
  if (dataset.kind !== "dataset") throw new Error(`${path} is a ${dataset.kind}`);
  return flat(dataset.readSync());
}

async function read(file: HDF5File, path: string): Promise<unknown> {
  const dataset = await file.get(path);
  if (dataset.kind !== "dataset") throw new Error(`${path} is a ${dataset.kind}`);
  return flat(await dataset.read());
}

describe.runIf(hasH5py)("virtual datasets without a resolver", () => {
  if (hasH5py) python(setUp);
  const path = scratchPath("own-parts.h5");

  it("are read at once and later, from bytes and local files, however these were opened", async () => {
    for (const source of [path, new Uint8Array(readFileSync(path))]) {
      for (const file of [await open(source), openSync(source), await open(source, { mode: "r+" })]) {
        expect(readSync(file, "grown")).toEqual(grown);
        expect(readSync(file, "fixed")).toEqual(fixed);
        expect(await read(file, "grown")).toEqual(grown);
        expect(await read(file, "fixed")).toEqual(fixed);
        await file.close();
      }
    }
  });

  it("are read from asynchronous sources, and described there", async () => {
    const bytes = new Uint8Array(readFileSync(path));
    for (const source of [new Blob([bytes]), new NothingResidentSource(bytes)]) {
      const file = await open(source);
      expect(await read(file, "grown")).toEqual(grown);
      expect(await read(file, "fixed")).toEqual(fixed);
      const dataset = await file.get("fixed");
      if (dataset.kind !== "dataset") throw new Error("not a dataset");
      expect(await dataset.virtualMappings()).toMatchObject([{ file: ".", dataset: "part" }]);
      expect(() => dataset.readSync()).toThrowError(expect.objectContaining({ code: "sync-unavailable" }));
      await file.close();
    }
  });
});
