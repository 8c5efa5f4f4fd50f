import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DatasetOptions } from "../../src/format/index.js";
import { createSync } from "../../src/format/index.js";

const KiB = 1024;
const itemSizes = { uint8: 1, int16: 2, float64: 8, complex128: 16 } as const;

/** The chunk shape that a dataset gets. */
function chunksOf(options: DatasetOptions, dtype: keyof typeof itemSizes = "float64"): readonly number[] | null {
  const file = createSync();
  const { chunks } = file.createDatasetSync("data", { ...options, dtype });
  file.abandonSync();
  return chunks;
}

describe("suggested chunks", () => {
  it("have 16 KiB or more where the data can grow, however little there is at first", () => {
    const dimension = fc.record({
      extent: fc.oneof(fc.constantFrom(0, 1, 3), fc.integer({ min: 0, max: 3000 })),
      grows: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(dimension, { minLength: 1, maxLength: 3 }),
        fc.constantFrom("uint8", "int16", "float64", "complex128"),
        (axes, dtype) => {
          const shape = axes.map(({ extent }) => extent);
          const maxShape = axes.map(({ extent, grows }) => (grows ? null : extent));
          const chunks = chunksOf({ shape, maxShape, chunks: true }, dtype) ?? [];
          const bytes = chunks.reduce((product, extent) => product * extent, itemSizes[dtype]);
          axes.forEach(({ extent, grows }, axis) => {
            if (!grows) expect(chunks[axis]).toBeLessThanOrEqual(Math.max(1, extent));
          });
          if (axes.some(({ grows }) => grows)) expect(bytes).toBeGreaterThanOrEqual(16 * KiB);
          expect(bytes).toBeLessThanOrEqual(1024 * KiB);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("keep rows whole, and are no larger than the data may become", () => {
    expect(chunksOf({ shape: [3], maxShape: [null] })).toEqual([2048]);
    expect(chunksOf({ shape: [3], maxShape: [null], filters: ["deflate"] })).toEqual([2048]);
    expect(chunksOf({ shape: [0, 5], maxShape: [null, 5] })).toEqual([410, 5]);
    expect(chunksOf({ shape: [5, 0], maxShape: [5, null] })).toEqual([5, 410]);
    expect(chunksOf({ shape: [3, 3], maxShape: [null, null] })).toEqual([48, 43]);
    expect(chunksOf({ shape: [3], maxShape: [100] })).toEqual([100]);
    expect(chunksOf({ shape: [0], maxShape: [1_000_000] })).toEqual([2048]);
  });

  it("do not pad data that cannot grow", () => {
    for (const filters of [[], ["deflate"], ["shuffle", "deflate"]] as const) {
      expect(chunksOf({ shape: [3], chunks: true, filters })).toEqual([3]);
      expect(chunksOf({ shape: [7, 2], layout: "chunked", filters })).toEqual([7, 2]);
    }
    const file = createSync();
    for (let index = 0; index < 100; index++) {
      file.createDatasetSync(`${index}`, { data: Float64Array.of(1, 2, 3), chunks: true });
    }
    file.flushSync();
    expect(file.bytes().length).toBeLessThan(100 * 3 * KiB);
  });
});
