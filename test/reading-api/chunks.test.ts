import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Dataset, DatasetOptions, HDF5File, Selection } from "../../src/format/index.js";
import { createSync, open, openSync, slice } from "../../src/format/index.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

const scratch = mkdtempSync(join(tmpdir(), "chunks-"));
const path = join(scratch, "chunks.h5");
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const rows = 100;
const columns = 1500;
const shape = [rows, columns];

/** Noise, so that chunks stay long once they are compressed. */
function noise(): Float32Array {
  let state = 1;
  return Float32Array.from({ length: rows * columns }, () => {
    state = Math.imul(state, 1664525) + 1013904223;
    return state / 65536;
  });
}

const filters: Record<string, DatasetOptions["filters"]> = {
  none: [],
  deflate: [{ id: "deflate", level: 1 }],
  shuffled: ["shuffle", { id: "deflate", level: 1 }],
  checked: ["shuffle", { id: "deflate", level: 1 }, "fletcher32"],
};
/** Chunks of whole rows, long and short, that end with the dataset or do not, and blocks. */
const chunkings = [
  [20, columns],
  [16, columns],
  [3, columns],
  [40, 800],
];

const data = noise();

function makeFile(): Uint8Array {
  const file = createSync();
  for (const [name, pipeline] of Object.entries(filters)) {
    chunkings.forEach((chunks, index) => {
      const dataset = file.createDatasetSync(`${name} ${index}`, {
        dtype: "float32",
        shape,
        chunks,
        filters: pipeline,
        fillValue: 7,
      });
      // Rows 60 to 79 are not stored where chunks allow that.
      dataset.writeSync(data.subarray(0, 60 * columns), [slice(0, 60)]);
      dataset.writeSync(data.subarray(80 * columns), [slice(80, rows)]);
    });
  }
  file.flushSync();
  return file.bytes();
}

const bytes = makeFile();
const expected = data.slice().fill(7, 60 * columns, 80 * columns);

const selections: [Selection, number, number, number, number, number][] = [
  [null, 0, rows, 1, 0, columns],
  [[slice(16, 60)], 16, 60, 1, 0, columns],
  [[slice(5, 97)], 5, 97, 1, 0, columns],
  [[slice(1, 90, 30)], 1, 90, 30, 0, columns],
  [[41], 41, 42, 1, 0, columns],
  [[slice(10, 99), slice(700, 900)], 10, 99, 1, 700, 900],
];

function selected([, from, to, step, left, right]: (typeof selections)[number]): Float32Array {
  const parts: number[] = [];
  for (let row = from; row < to; row += step) {
    for (let column = left; column < right; column++) parts.push(expected[row * columns + column]);
  }
  return Float32Array.from(parts);
}

function datasetOf(file: HDF5File, name: string): Dataset {
  const object = file.getSync(name);
  if (object.kind !== "dataset") throw new Error("no dataset");
  return object;
}

function sameData(value: unknown, wanted: Float32Array): boolean {
  const found = (value as { readonly data: Float32Array }).data;
  return found.length === wanted.length && found.every((number, index) => number === wanted[index]);
}

describe("chunks of any length and filters", () => {
  const names = Object.keys(filters).flatMap((name) => chunkings.map((_, index) => `${name} ${index}`));

  it.each(names)("%s are read from files, memory and remote sources", async (name) => {
    writeFileSync(path, bytes);
    const files = [openSync(path), openSync(bytes), openSync(path, { mode: "r+" })];
    const remote = await open(new NothingResidentSource(bytes));
    const remoteObject = await remote.get(name);
    for (const selection of selections) {
      const wanted = selected(selection);
      for (const file of files) {
        const dataset = datasetOf(file, name);
        expect(sameData(dataset.readSync(selection[0]), wanted)).toBe(true);
        expect(sameData(await dataset.read(selection[0]), wanted)).toBe(true);
        const target = new Float32Array(wanted.length).fill(9);
        await dataset.readInto(target, selection[0]);
        expect(sameData({ data: target }, wanted)).toBe(true);
      }
      if (remoteObject.kind !== "dataset") throw new Error("no dataset");
      expect(sameData(await remoteObject.read(selection[0]), wanted)).toBe(true);
    }
    for (const file of [...files, remote]) await file.close();
  });

  it.each(names)("%s are read with what is staged", (name) => {
    const file = openSync(bytes, { mode: "r+" });
    const dataset = datasetOf(file, name);
    const changed = expected.slice();
    for (const row of [0, 15, 16, 70]) {
      const line = new Float32Array(columns).fill(row + 0.5);
      dataset.writeSync(line, [row]);
      changed.set(line, row * columns);
    }
    expect(sameData(dataset.readSync(), changed)).toBe(true);
    expect(sameData(dataset.readSync([slice(14, 72)]), changed.slice(14 * columns, 72 * columns))).toBe(true);
    file.closeSync();
  });
});
