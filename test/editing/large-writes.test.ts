/** Writes of more than is kept in memory reach the device before they are complete: what becomes of them when one fails. */

import { describe, expect, it } from "vitest";
import type { Dataset, HDF5File, NDArray, Selection } from "../../src/format/index.js";
import { createSync, HDF5Error, openSync, slice } from "../../src/format/index.js";
import { editor } from "../../src/format/objects/editor.js";
import { hostFor } from "../../src/format/objects/open-state.js";
import { openFile } from "../../src/format/open-file.js";
import { runAsync } from "../../src/format/storage/drivers.js";
import { FaultyDevice } from "../support/faulty-device.js";

const rows = 3000;
const columns = 3000;
const shape = [rows, columns];

/** Contiguous data need not be as many to be too many. */
const fewRows = 1000;

const numbers = Int32Array.from({ length: rows * columns }, (_, index) => index % 1009);

const fewNumbers = numbers.subarray(0, fewRows * columns);

function base(): Uint8Array {
  const file = createSync();
  file.createDatasetSync("chunked", { data: numbers, shape, chunks: [100, 130], maxShape: [null, null] });
  file.createDatasetSync("half", { data: numbers, shape, chunks: [100, 130], maxShape: [null, null] });
  file.createDatasetSync("filtered", {
    data: numbers,
    shape,
    chunks: [300, 300],
    filters: [{ id: "deflate", level: 1 }],
  });
  file.createDatasetSync("contiguous", { data: fewNumbers, shape: [fewRows, columns] });
  file.createDatasetSync("unwritten", { dtype: "int32", shape: [fewRows, columns], fillValue: 5 });
  file.closeSync();
  return file.bytes();
}

const start = base();

async function opened(sync: boolean): Promise<{ device: FaultyDevice; file: HDF5File }> {
  const device = new FaultyDevice(start, sync);
  const host = hostFor(device, {});
  return { device, file: await runAsync(openFile(host, { mode: "r+" }, { editor, foreign: null }, {}), host) };
}

function datasetOf(file: HDF5File, path: string): Promise<Dataset> {
  return file.get(path).then((object) => {
    if (object.kind !== "dataset") throw new Error(`${path} is a ${object.kind}`);
    return object;
  });
}

function stored(device: FaultyDevice, path: string): Int32Array {
  const object = openSync(device.bytes().slice()).getSync(path);
  if (object.kind !== "dataset") throw new Error(`${path} is a ${object.kind}`);
  return (object.readSync() as NDArray).data as Int32Array;
}

/** Whether the same numbers are in both; that of vitest takes minutes. */
function same(a: Int32Array, b: Int32Array): boolean {
  return (
    Buffer.compare(
      Buffer.from(a.buffer, a.byteOffset, a.byteLength),
      Buffer.from(b.buffer, b.byteOffset, b.byteLength),
    ) === 0
  );
}

interface Axis {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

/** What a write of consecutive numbers to a selection makes of the array. */
function written(
  before: Int32Array,
  [y, x]: readonly [Axis, Axis],
): { readonly value: Int32Array; readonly after: Int32Array; readonly selection: Selection } {
  const after = before.slice();
  const count = ({ start: first, stop, step }: Axis): number => Math.ceil((stop - first) / step);
  const value = new Int32Array(count(y) * count(x));
  let next = 0;
  for (let row = y.start; row < y.stop; row += y.step) {
    for (let column = x.start; column < x.stop; column += x.step) {
      value[next] = -next - 1;
      after[row * columns + column] = value[next++];
    }
  }
  return { value, after, selection: [y, x].map((axis) => slice(axis.start, axis.stop, axis.step)) };
}

const all = (extent: number): Axis => ({ start: 0, stop: extent, step: 1 });

describe("large writes", () => {
  const selections: readonly (readonly [string, readonly [Axis, Axis]])[] = [
    ["all", [all(rows), all(columns)]],
    [
      "most rows and columns",
      [
        { start: 7, stop: 2990, step: 1 },
        { start: 3, stop: 2999, step: 1 },
      ],
    ],
    [
      "every other element of a row",
      [
        { start: 0, stop: 3000, step: 1 },
        { start: 1, stop: 3000, step: 2 },
      ],
    ],
    ["rows far apart", [{ start: 5, stop: 3000, step: 90 }, all(columns)]],
    ["one column of each chunk", [all(rows), { start: 60, stop: 3000, step: 130 }]],
  ];
  for (const path of ["chunked", "filtered"]) {
    it.each(selections)(`put all elements in their places in ${path}: %s`, { timeout: 60_000 }, async (_, axes) => {
      const { device, file } = await opened(true);
      const { value, after, selection } = written(numbers, axes);
      const dataset = await datasetOf(file, path);
      dataset.writeSync(value, selection);
      expect(same((dataset.readSync() as NDArray).data as Int32Array, after)).toBe(true);
      file.closeSync();
      expect(same(stored(device, path), after)).toBe(true);
    });
  }

  it("reach over chunks that are stored and chunks that are not", { timeout: 60_000 }, async () => {
    const { device, file } = await opened(true);
    const dataset = await datasetOf(file, "half");
    dataset.writeSync(-9, [slice(0, 10)]);
    dataset.resizeSync([rows + 500, columns]);
    const value = new Int32Array((rows + 450) * columns).map((_, index) => index % 7);
    dataset.writeSync(value, [slice(25, rows + 475)]);
    const expected: Int32Array = new Int32Array((rows + 500) * columns);
    expected.set(numbers);
    expected.fill(-9, 0, 10 * columns);
    expected.set(value, 25 * columns);
    expect(same((dataset.readSync() as NDArray).data as Int32Array, expected)).toBe(true);
    file.closeSync();
    expect(same(stored(device, "half"), expected)).toBe(true);
  });
});

/** How many requests a write makes. */
async function requestsOf(path: string, value: Int32Array, selection: Selection): Promise<number> {
  const { device, file } = await opened(false);
  const dataset = await datasetOf(file, path);
  await file.attrs.set("earlier", 1);
  await dataset.write(77, [0]);
  device.watch(() => {});
  await dataset.write(value, selection);
  const { calls } = device;
  device.watch(null);
  await file.abandon();
  return calls;
}

/** The first, the one in the middle, and the last of so many requests. */
function tried(requests: number): readonly number[] {
  return [...new Set([0, Math.floor(requests / 2), requests - 1])].filter((at) => at >= 0);
}

describe("a large write of which a request fails", () => {
  const cases = [
    { path: "chunked", before: numbers },
    { path: "filtered", before: numbers },
    { path: "contiguous", before: fewNumbers },
    { path: "unwritten", before: new Int32Array(fewRows * columns).fill(5) },
  ];
  for (const fault of ["io", "abort"] as const) {
    for (const { path, before } of cases) {
      it(`happens or does not: ${path}, ${fault}`, { timeout: 180_000 }, async () => {
        const half: readonly [Axis, Axis] = [
          { start: 3, stop: before.length / columns - 50, step: 1 },
          { start: 1, stop: columns, step: 1 },
        ];
        const { value, after, selection } = written(before, half);
        let rejected = 0;
        for (const at of tried(await requestsOf(path, value, selection))) {
          const { device, file } = await opened(false);
          const dataset = await datasetOf(file, path);
          await file.attrs.set("earlier", at);
          await dataset.write(77, [0]);
          const controller = new AbortController();
          device.watch((_, index) => {
            if (index !== at) return;
            if (fault === "io") throw new Error("the disk gave up");
            controller.abort();
          });
          const given = value.slice();
          const outcome = await dataset.write(given, selection, { signal: controller.signal }).then(
            () => null,
            (error: unknown) => error,
          );
          device.watch(null);
          // The caller's array is its own again.
          given.fill(12345);
          const expected = (outcome === null ? after : before).slice().fill(77, 0, columns);
          if (outcome !== null) {
            rejected++;
            expect(outcome).toBeInstanceOf(HDF5Error);
            expect((outcome as HDF5Error).code).toBe(fault === "io" ? "io" : "aborted");
            expect(same(((await dataset.read()) as NDArray).data as Int32Array, expected)).toBe(true);
          }
          await file.flush();
          expect(same(stored(device, path), expected)).toBe(true);
          await dataset.write(value, selection);
          await file.close();
          expect(same(stored(device, path), after.slice().fill(77, 0, columns))).toBe(true);
        }
        // Chunks that are written over are staged at the end, when nothing is left to fail.
        if (path === "chunked") expect(rejected).toBe(0);
        else expect(rejected).toBeGreaterThan(0);
      });
    }

    it(`takes no space: a new dataset, ${fault}`, { timeout: 60_000 }, async () => {
      for (let at = 0; at < 4; at++) {
        const { device, file } = await opened(false);
        const controller = new AbortController();
        device.watch((_, index) => {
          if (index !== at) return;
          if (fault === "io") throw new Error("the disk gave up");
          controller.abort();
        });
        const options = { data: numbers, shape, signal: controller.signal };
        const made = await file.createDataset("new", options).then(
          () => true,
          () => false,
        );
        const { calls } = device;
        device.watch(null);
        if (!made) {
          const { written: bytes } = device;
          await file.flush();
          expect(device.written).toBe(bytes);
          expect(await file.has("new")).toBe(false);
          // Space that was written to is not taken for space that never was.
          const zeros = await file.createDataset("zeros", { dtype: "int32", shape: [1000] });
          await zeros.write(1, [slice(0, 1)]);
          await file.close();
          expect(stored(device, "zeros").reduce((sum, item) => sum + item, 0)).toBe(1);
        } else {
          await file.close();
          expect(same(stored(device, "new"), numbers)).toBe(true);
        }
        if (calls <= at) break;
      }
    });
  }
});
