import { describe, expect, it } from "vitest";
import { createSync, openSync, slice } from "../../src/format/index.js";
import { readElements } from "../../src/format/objects/raw-data-read.js";
import type { Selection } from "../../src/format/selection/selection.js";
import { resolveSelection } from "../../src/format/selection/selection.js";

const mebibyte = 2 ** 20;

/** A file with a contiguous dataset of `rows` × 1024 bytes, of which only the beginning is there, and zero: so is the rest. */
function longDataset(rows: number) {
  const file = createSync(undefined, { libver: "earliest" });
  const marker = 345;
  file.createDatasetSync("long", { data: new Uint8Array(marker * 1024), shape: [marker, 1024], dtype: "uint8" });
  file.flushSync();
  const bytes = file.bytes();
  const head = bytes.slice();
  const view = new DataView(head.buffer);
  // The dimensions, and the size of the storage.
  for (let at = 0; at <= head.length - 8; at++) {
    const value = view.getBigUint64(at, true);
    if (value === BigInt(marker)) view.setBigUint64(at, BigInt(rows), true);
    if (value === BigInt(marker * 1024)) view.setBigUint64(at, BigInt(rows * 1024), true);
  }
  const read = (offset: number, length: number): Uint8Array => {
    const answer = new Uint8Array(length);
    answer.set(head.subarray(Math.min(offset, head.length), Math.min(offset + length, head.length)));
    return answer;
  };
  const dataset = openSync({ size: rows * 1024 + 2 * bytes.length, read, readSync: read }).getSync("long");
  if (dataset.kind !== "dataset" || dataset.shape === null) throw new Error("expected a dataset");
  expect(dataset.shape).toEqual([rows, 1024]);
  return { ...dataset, state: dataset.state, shape: dataset.shape };
}

describe("the memory that a read takes beside its result", () => {
  it.each<[string, Selection]>([
    ["a column", [null, 5]],
    ["every other byte", [slice(0, null, 16), slice(0, null, 2)]],
    ["elements far apart", [slice(0, null, 2), slice(1, 2)]],
  ])("is bounded for %s of a contiguous dataset", (_name, selection) => {
    const { state, shape } = longDataset(2 ** 19);
    const resolved = resolveSelection(selection, shape);
    const operation = readElements(state, resolved);
    let most = 0;
    let reads = 0;
    let step = operation.next();
    for (; !step.done; step = operation.next()) {
      const request = step.value;
      if (request.kind !== "read") throw new Error(`unexpected request: ${request.kind}`);
      reads++;
      // About what an entry of the list and a view cost.
      most = Math.max(
        most,
        request.targets.reduce((sum, target) => sum + target.length + 150, 0),
      );
    }
    expect(step.value).toHaveLength(resolved.elementCount);
    expect(reads).toBeGreaterThan(1);
    expect(most).toBeLessThan(48 * mebibyte);
  });
});
