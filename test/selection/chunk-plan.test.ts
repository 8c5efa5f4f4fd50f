import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planChunks } from "../../src/format/chunks/chunk-plan.js";
import { resolveSelection, slice } from "../../src/format/selection/selection.js";
import { cases, pickedIndices, position, tuples } from "./naive.js";

describe("planChunks", () => {
  it("visits every selected element once, in the right chunk and place", () => {
    fc.assert(
      fc.property(cases, ({ shape, chunks, selection }) => {
        const resolved = resolveSelection(selection, shape);
        const plan = planChunks(resolved, chunks);
        const wanted = tuples(pickedIndices(selection, shape));
        const found: (number[] | undefined)[] = new Array(wanted.length).fill(undefined);
        const scaledSeen: number[][] = [];
        for (const chunk of plan) {
          scaledSeen.push([...chunk.scaled]);
          const local = tuples(chunk.count.map((count) => Array.from({ length: count }, (_, index) => index)));
          for (const offsets of local) {
            const at = position(
              offsets.map((offset, axis) => offset + chunk.startInResult[axis]),
              resolved.count,
            );
            const within = offsets.map((offset, axis) => chunk.startInChunk[axis] + offset * resolved.step[axis]);
            for (let axis = 0; axis < shape.length; axis++) expect(within[axis]).toBeLessThan(chunks[axis]);
            expect(found[at]).toBeUndefined();
            found[at] = within.map((index, axis) => chunk.scaled[axis] * chunks[axis] + index);
          }
          const inBounds = chunk.scaled.map((scaled, axis) =>
            Math.min(chunks[axis], shape[axis] - scaled * chunks[axis]),
          );
          const isWhole = inBounds.every((size, axis) => chunk.count[axis] === size);
          expect(chunk.whole).toBe(isWhole);
        }
        expect(found).toEqual(wanted);
        expect(scaledSeen.length).toBe(plan.chunkCount);
        const sorted = [...scaledSeen].sort((a, b) => {
          const axis = a.findIndex((value, index) => value !== b[index]);
          return axis < 0 ? 0 : a[axis] - b[axis];
        });
        expect(scaledSeen).toEqual(sorted);
        if (scaledSeen.length > 0) {
          for (let axis = 0; axis < shape.length; axis++) {
            const coordinates = scaledSeen.map((scaled) => scaled[axis]);
            expect(plan.low[axis]).toBe(Math.min(...coordinates));
            expect(plan.high[axis]).toBe(Math.max(...coordinates));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("does not walk chunks that a large step jumps over", () => {
    const plan = planChunks(resolveSelection([slice(null, null, 2 ** 40)], [2 ** 50]), [16]);
    expect(plan.chunkCount).toBe(1024);
    expect([...plan].length).toBe(1024);
  });

  it("plans nothing for an empty selection", () => {
    const plan = planChunks(resolveSelection([slice(0)], [10, 10]), [3, 3]);
    expect(plan.chunkCount).toBe(0);
    expect([...plan]).toEqual([]);
  });

  it("refuses chunk dimensions that cannot be", () => {
    expect(() => planChunks(resolveSelection(null, [10]), [0])).toThrow(/chunk dimension 0 is 0/);
    expect(() => planChunks(resolveSelection(null, [10]), [2, 2])).toThrow(/2 axes/);
  });
});
