import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectedPieces } from "../../src/cli/selected-pieces.js";
import { createSync, isNDArray, slice } from "../../src/format/index.js";

const axis = fc.record({
  extent: fc.integer({ min: 0, max: 7 }),
  chunk: fc.integer({ min: 1, max: 4 }),
  entry: fc.oneof(
    fc.constant(null),
    fc.integer({ min: -7, max: 6 }),
    fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 3 })),
  ),
});

describe("a selection cut into pieces", () => {
  it("reads the same elements in the same order, no piece larger than asked for", () => {
    fc.assert(
      fc.property(fc.array(axis, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 20 }), (axes, most) => {
        const shape = axes.map(({ extent }) => extent);
        const selection = axes.map(({ entry, extent }) => {
          if (typeof entry === "number") return extent === 0 ? null : ((entry % extent) + extent) % extent;
          return entry === null ? null : slice(...entry);
        });
        if (selection.every((entry) => typeof entry === "number")) return;
        const data = Float64Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, (_, i) => i);
        const file = createSync();
        const dataset = file.createDatasetSync("data", { data, shape });
        const whole = dataset.readSync(selection);
        const cut = selectedPieces(
          selection,
          shape,
          axes.map(({ chunk }) => chunk),
          most,
        );
        const values: number[] = [];
        for (const piece of cut.pieces) {
          const part = dataset.readSync(piece);
          if (!isNDArray(part)) throw new Error("not an array");
          const elements = [...(part.data as Float64Array)];
          expect(elements.length).toBeLessThanOrEqual(most);
          values.push(...elements);
        }
        file.closeSync();
        expect({ shape: cut.shape, values }).toEqual(
          isNDArray(whole) ? { shape: whole.shape, values: [...(whole.data as Float64Array)] } : {},
        );
      }),
      { numRuns: 500 },
    );
  });
});
