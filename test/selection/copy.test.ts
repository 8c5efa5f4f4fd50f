import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contiguousRuns, scatterRuns } from "../../src/format/selection/contiguous-runs.js";
import { copyBox, fillBox } from "../../src/format/selection/copy.js";
import { resolveSelection, slice } from "../../src/format/selection/selection.js";
import { cases, pickedIndices, position, product, tuples } from "./naive.js";

const elementSizes = fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 12, 16);

/** Bytes that differ from element to element, at any alignment. */
function numbered(elements: number, elementSize: number, misalignment = 0): Uint8Array {
  const bytes = new Uint8Array(elements * elementSize + misalignment).subarray(misalignment);
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 167 + (index >> 8) * 31 + 1) & 255;
  return bytes;
}

function gather(source: Uint8Array, picked: number[][], shape: readonly number[], elementSize: number): Uint8Array {
  const all = tuples(picked);
  const result = new Uint8Array(all.length * elementSize);
  all.forEach((tuple, index) => {
    const at = position(tuple, shape) * elementSize;
    result.set(source.subarray(at, at + elementSize), index * elementSize);
  });
  return result;
}

const withStart = (shape: readonly number[]) => ({ zeros: shape.map(() => 0), ones: shape.map(() => 1) });

describe("copyBox", () => {
  it("gathers and scatters as the obvious model does", () => {
    fc.assert(
      fc.property(cases, elementSizes, fc.nat(3), ({ shape, selection }, elementSize, misalignment) => {
        const resolved = resolveSelection(selection, shape);
        const { zeros, ones } = withStart(shape);
        const source = numbered(product(shape), elementSize, misalignment);
        const expected = gather(source, pickedIndices(selection, shape), shape, elementSize);
        const result = new Uint8Array(expected.length);
        const { start, step, count } = resolved;
        copyBox(source, shape, start, step, result, count, zeros, ones, count, elementSize);
        expect(result).toEqual(expected);

        const back = new Uint8Array(source.length);
        copyBox(result, count, zeros, ones, back, shape, start, step, count, elementSize);
        expect(gather(back, pickedIndices(selection, shape), shape, elementSize)).toEqual(expected);
        const untouched = new Set(tuples(pickedIndices(selection, shape)).map((tuple) => position(tuple, shape)));
        for (let element = 0; element < product(shape); element++) {
          if (untouched.has(element)) continue;
          for (let byte = 0; byte < elementSize; byte++) expect(back[element * elementSize + byte]).toBe(0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("copies long runs and short ones alike", () => {
    for (const columns of [1, 2, 7, 48, 300]) {
      const source = numbered(10 * 1000, 4);
      const target = new Uint8Array(10 * columns * 4);
      copyBox(source, [10, 1000], [0, 5], [1, 1], target, [10, columns], [0, 0], [1, 1], [10, columns], 4);
      for (let row = 0; row < 10; row++) {
        const from = (row * 1000 + 5) * 4;
        expect(target.subarray(row * columns * 4, (row + 1) * columns * 4)).toEqual(
          source.subarray(from, from + columns * 4),
        );
      }
    }
  });

  it("keeps the bits of not-a-number values", () => {
    const source = new Uint8Array(new Uint32Array([0x7fa00001, 0, 0xffc12345, 0, 0x7f800001, 0]).buffer);
    const target = new Uint8Array(12);
    copyBox(source, [6], [0], [2], target, [3], [0], [1], [3], 4);
    expect([...new Uint32Array(target.buffer)]).toEqual([0x7fa00001, 0xffc12345, 0x7f800001]);
  });

  it("refuses buffers that are too short", () => {
    expect(() => copyBox(new Uint8Array(7), [8], [0], [1], new Uint8Array(8), [8], [0], [1], [8], 1)).toThrow(/source/);
    expect(() => copyBox(new Uint8Array(8), [8], [0], [1], new Uint8Array(7), [8], [0], [1], [8], 1)).toThrow(/target/);
  });
});

describe("fillBox", () => {
  it("fills what is selected and nothing else", () => {
    fc.assert(
      fc.property(cases, elementSizes, fc.boolean(), ({ shape, selection }, elementSize, zero) => {
        const { start, step, count } = resolveSelection(selection, shape);
        const value = zero ? null : numbered(1, elementSize);
        const target = new Uint8Array(product(shape) * elementSize).fill(99);
        fillBox(target, shape, start, step, count, elementSize, value);
        const expected = new Uint8Array(target.length).fill(99);
        for (const tuple of tuples(pickedIndices(selection, shape))) {
          expected.set(value ?? new Uint8Array(elementSize), position(tuple, shape) * elementSize);
        }
        expect(target).toEqual(expected);
      }),
    );
  });

  it("refuses a value of another size", () => {
    expect(() => fillBox(new Uint8Array(8), [2], [0], [1], [2], 4, new Uint8Array(3))).toThrow(/3 bytes/);
  });
});

describe("contiguousRuns", () => {
  it("reads the selection from its ranges", () => {
    fc.assert(
      fc.property(cases, elementSizes, fc.constantFrom(0, 3, 16, 1000), ({ shape, selection }, elementSize, gap) => {
        const source = numbered(product(shape), elementSize);
        const expected = gather(source, pickedIndices(selection, shape), shape, elementSize);
        const plan = contiguousRuns(resolveSelection(selection, shape), shape, elementSize, gap);
        const result = new Uint8Array(expected.length);
        let end = Number.NEGATIVE_INFINITY;
        for (const range of plan.ranges) {
          expect(range.offset - end).toBeGreaterThan(gap);
          end = range.offset + range.length;
          expect(range.dense).toBe(range.length === range.resultLength);
          if (gap === 0) expect(range.dense).toBe(true);
          scatterRuns(plan, range, source.subarray(range.offset, end), result);
        }
        expect(result).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("plans one dense range for what is contiguous", () => {
    const plan = contiguousRuns(resolveSelection([4, slice(2, 5)], [9, 8, 7]), [9, 8, 7], 4, 0);
    expect([...plan.ranges]).toEqual([
      { offset: (4 * 56 + 14) * 4, length: 84, firstRun: 0, runs: 1, resultOffset: 0, resultLength: 84, dense: true },
    ]);
    const large = contiguousRuns(resolveSelection(null, [2 ** 40]), [2 ** 40], 8, 0);
    expect([...large.ranges]).toMatchObject([{ length: 2 ** 43 }]);
  });

  it("bounds the buffers of ranges with gaps", () => {
    const shape = [4096, 8192];
    const plan = contiguousRuns(resolveSelection([null, slice(0, 4096)], shape), shape, 4, 1 << 20);
    const ranges = [...plan.ranges];
    expect(ranges.length).toBe(8);
    for (const range of ranges) expect(range.length).toBeLessThanOrEqual(16 * 1024 * 1024);
  });
});
