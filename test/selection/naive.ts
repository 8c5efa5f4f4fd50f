import fc from "fast-check";
import type { Selection } from "../../src/format/selection/selection.js";
import { slice } from "../../src/format/selection/selection.js";

/** The indices that a selection picks on each axis, the slow and obvious way. */
export function pickedIndices(selection: Selection, shape: readonly number[]): number[][] {
  return shape.map((size, axis) => {
    const entry = selection?.[axis] ?? null;
    if (typeof entry === "number") return [entry < 0 ? entry + size : entry];
    const step = entry?.step ?? 1;
    let start = entry?.start ?? 0;
    let stop = entry?.stop ?? size;
    if (start < 0) start = Math.max(0, start + size);
    if (stop < 0) stop = Math.max(0, stop + size);
    const indices: number[] = [];
    for (let index = start; index < Math.min(stop, size); index += step) indices.push(index);
    return indices;
  });
}

/** All index tuples of a Cartesian product, in row-major order. */
export function tuples(indices: readonly (readonly number[])[]): number[][] {
  let all: number[][] = [[]];
  for (const axis of indices) all = all.flatMap((prefix) => axis.map((index) => [...prefix, index]));
  return all;
}

/** Row-major position of an index tuple. */
export function position(tuple: readonly number[], shape: readonly number[]): number {
  let at = 0;
  for (let axis = 0; axis < shape.length; axis++) at = at * shape[axis] + tuple[axis];
  return at;
}

export function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}

/** Shapes of rank 0 to 5, chunk dimensions for them, and valid selections. */
export const cases = fc
  .integer({ min: 0, max: 5 })
  .chain((rank) => {
    const largest = rank < 2 ? 40 : rank < 4 ? 9 : 5;
    return fc.record({
      shape: fc.array(fc.integer({ min: rank === 1 ? 0 : 1, max: largest }), { minLength: rank, maxLength: rank }),
      chunks: fc.array(fc.integer({ min: 1, max: largest + 2 }), { minLength: rank, maxLength: rank }),
    });
  })
  .chain(({ shape, chunks }) => {
    const entries = shape.map((size) => {
      const end = fc.option(fc.integer({ min: -size - 3, max: size + 3 }), { nil: null });
      const range = fc
        .record({ start: end, stop: end, step: fc.option(fc.integer({ min: 1, max: size + 2 }), { nil: null }) })
        .map(({ start, stop, step }) => slice(start, stop, step));
      return size === 0
        ? fc.oneof(fc.constant(null), range)
        : fc.oneof(fc.constant(null), range, range, fc.integer({ min: -size, max: size - 1 }));
    });
    return fc.record({
      shape: fc.constant(shape),
      chunks: fc.constant(chunks),
      selection: fc
        .tuple(...entries)
        .chain((all) => fc.integer({ min: 0, max: all.length }).map((kept) => all.slice(0, kept))),
    });
  });
