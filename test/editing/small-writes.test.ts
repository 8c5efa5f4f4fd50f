/** Elements of stored, unfiltered chunks are written as they are, and not their chunk. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSync, openSync, slice } from "../../src/format/index.js";
import { record } from "../crash/images.js";

const shape = [40, 30];
const chunks = [16, 8];

function base(): Uint8Array {
  const file = createSync();
  const data = Int32Array.from({ length: 1200 }, (_, index) => index);
  file.createDatasetSync("one", {
    data: Float64Array.from({ length: 100_000 }, (_, index) => index),
    chunks: [20_000],
  });
  file.createDatasetSync("two", { data, shape, chunks, maxShape: [null, null] });
  file.closeSync();
  return file.bytes().slice();
}

const bytes = base();

describe("elements of unfiltered chunks", () => {
  it("are written alone", () => {
    const device = record(bytes, (file) => file.datasetSync("one").writeSync(Float64Array.of(-1), [slice(777, 778)]));
    const written = device.events.reduce((sum, event) => sum + (event.kind === "write" ? event.bytes.length : 0), 0);
    expect(written).toBeLessThan(64);
    const again = openSync(device.bytes());
    expect(again.datasetSync("one").readSync([slice(776, 779)]).data).toEqual(Float64Array.of(776, -1, 778));
  });

  it("are all there, whatever was written, cut and grown before the flush", () => {
    const step = fc.record({
      kind: fc.constantFrom("write", "write", "write", "resize", "flush"),
      rows: fc.tuple(fc.nat(45), fc.integer({ min: 1, max: 20 })),
      columns: fc.tuple(fc.nat(29), fc.integer({ min: 1, max: 12 })),
      step: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const file = openSync(bytes, { mode: "r+" });
        const dataset = file.datasetSync("two");
        let model = Array.from({ length: 40 }, (_, row) =>
          Array.from({ length: 30 }, (__, column) => row * 30 + column),
        );
        let next = 10_000;
        for (const { kind, rows, columns, step: by } of steps) {
          if (kind === "flush") file.flushSync();
          else if (kind === "resize") {
            const extent = Math.max(1, rows[0]);
            dataset.resizeSync([extent, 30]);
            model = Array.from({ length: extent }, (_, row) => model[row] ?? new Array<number>(30).fill(0));
          } else {
            const [fromRow, toRow] = [Math.min(rows[0], model.length - 1), Math.min(rows[0] + rows[1], model.length)];
            const [fromColumn, toColumn] = [columns[0], Math.min(columns[0] + columns[1], 30)];
            const columnList: number[] = [];
            for (let column = fromColumn; column < toColumn; column += by) columnList.push(column);
            const values: number[] = [];
            for (let row = fromRow; row < toRow; row++) {
              for (const column of columnList) {
                (model[row] as number[])[column] = next;
                values.push(next++);
              }
            }
            if (values.length === 0) continue;
            dataset.writeSync(Int32Array.from(values), [slice(fromRow, toRow), slice(fromColumn, toColumn, by)]);
          }
        }
        file.closeSync();
        const again = openSync(file.bytes());
        expect(Array.from(again.datasetSync("two").readSync([null, null]).data as Int32Array)).toEqual(model.flat());
      }),
      { numRuns: 300 },
    );
  });
});
