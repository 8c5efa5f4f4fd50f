import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolveSelection, resolveSelectionGrowing, slice } from "../../src/format/selection/selection.js";
import { failure } from "../support/failure.js";
import { cases, pickedIndices } from "./naive.js";

describe("slice", () => {
  it("takes stop, start and stop, or start, stop and step", () => {
    expect(slice(5)).toEqual({ start: null, stop: 5, step: null });
    expect(slice(null)).toEqual({ start: null, stop: null, step: null });
    expect(slice()).toEqual({ start: null, stop: null, step: null });
    expect(slice(2, 5)).toEqual({ start: 2, stop: 5, step: null });
    expect(slice(2, null)).toEqual({ start: 2, stop: null, step: null });
    expect(slice(2, 5, 2)).toEqual({ start: 2, stop: 5, step: 2 });
    expect(slice(null, null, 2)).toEqual({ start: null, stop: null, step: 2 });
  });
});

describe("resolveSelection", () => {
  it("picks the same indices as the obvious model", () => {
    fc.assert(
      fc.property(cases, ({ shape, selection }) => {
        const resolved = resolveSelection(selection, shape);
        const picked = pickedIndices(selection, shape);
        const found = shape.map((_, axis) =>
          Array.from({ length: resolved.count[axis] }, (_, n) => resolved.start[axis] + n * resolved.step[axis]),
        );
        expect(found).toEqual(picked);
        expect(resolved.elementCount).toBe(picked.reduce((total, axis) => total * axis.length, 1));
        expect(resolved.resultShape).toEqual(
          picked.filter((_, axis) => typeof selection[axis] !== "number").map((axis) => axis.length),
        );
        expect(resolved.scalar).toBe(shape.every((_, axis) => typeof selection[axis] === "number"));
      }),
    );
  });

  it("selects everything for null, undefined and fewer entries than axes", () => {
    for (const selection of [null, undefined, [], [null]]) {
      expect(resolveSelection(selection, [3, 4])).toMatchObject({ resultShape: [3, 4], elementCount: 12 });
    }
    expect(resolveSelection([1], [3, 4])).toMatchObject({ start: [1, 0], count: [1, 4], resultShape: [4] });
  });

  it("resolves a scalar", () => {
    expect(resolveSelection(null, [])).toMatchObject({ resultShape: [], elementCount: 1, scalar: true });
    expect(resolveSelection([-1, 0], [3, 4])).toMatchObject({ start: [2, 0], scalar: true, elementCount: 1 });
  });

  it("names axis, index and size of what is out of range", () => {
    for (const index of [5, -6]) {
      const error = failure(() => resolveSelection([0, index], [2, 5]));
      expect(error.code).toBe("invalid-argument");
      expect(error.message).toBe(`index ${index} is out of range for axis 1 of size 5`);
    }
  });

  it("refuses what is no selection", () => {
    const bad: [selection: unknown, message: RegExp][] = [
      [[0, 0, 0], /3 entries, the array has 2 axes/],
      [[1.5], /index of axis 0 must be an integer, not 1.5/],
      [[Number.NaN], /not NaN/],
      [[slice(Number.NaN)], /stop of axis 0/],
      [[slice(0.5, 2)], /start of axis 0/],
      [[null, slice(0, 2, -1)], /step of axis 1 is -1: negative steps/],
      [[slice(0, 2, 0)], /at least 1/],
      [[slice(0, 2, 1.5)], /step of axis 0 must be an integer/],
      [["1"], /not "1"/],
      [[1n], /not 1/],
      [[[0, 1]], /not an array/],
      [[{}], /slice/],
      [3, /a selection is an array/],
    ];
    for (const [selection, message] of bad) {
      const error = failure(() => resolveSelection(selection as never, [4, 5]));
      expect(error.code).toBe("invalid-argument");
      expect(error.message).toMatch(message);
    }
  });

  it("reports element counts that no number holds", () => {
    expect(failure(() => resolveSelection(null, [2 ** 40, 2 ** 40])).code).toBe("limit");
    expect(resolveSelection(null, [2 ** 600, 2 ** 600, 0]).elementCount).toBe(0);
  });
});

describe("resolveSelectionGrowing", () => {
  const unlimited = [null, 5];

  it("reports the shape that writing past the end needs", () => {
    const grown = resolveSelectionGrowing([slice(10, 20)], [15, 5], unlimited);
    expect(grown).toMatchObject({ requiredShape: [20, 5], start: [10, 0], count: [10, 5], resultShape: [10, 5] });
    expect(resolveSelectionGrowing([200], [100, 5], unlimited)).toMatchObject({
      requiredShape: [201, 5],
      start: [200, 0],
    });
    expect(resolveSelectionGrowing([slice(100, 110, 4)], [100, 5], unlimited).requiredShape).toEqual([109, 5]);
  });

  it("does not grow for what lies within, is open-ended or is empty", () => {
    for (const entry of [slice(3), slice(5, null), slice(20, null), slice(30, 20), -1, null, slice(-3, 15)]) {
      expect(resolveSelectionGrowing([entry], [15, 5], unlimited).requiredShape).toEqual([15, 5]);
    }
    expect(resolveSelectionGrowing([slice(20, null)], [15, 5], unlimited).elementCount).toBe(0);
    expect(resolveSelectionGrowing([slice(20, 30), slice(0)], [15, 5], unlimited).requiredShape).toEqual([15, 5]);
    expect(resolveSelectionGrowing(null, [], []).requiredShape).toEqual([]);
  });

  it("grows the first axis only and up to its maximum", () => {
    expect(failure(() => resolveSelectionGrowing([0, 5], [15, 5], [null, null])).message).toMatch(/axis 1/);
    expect(failure(() => resolveSelectionGrowing([slice(10, 20)], [15], [18])).message).toBe(
      "axis 0 would need size 20, its maximum is 18",
    );
    expect(failure(() => resolveSelectionGrowing([-16], [15], [null])).code).toBe("invalid-argument");
  });
});
