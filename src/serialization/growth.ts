/** Which elements a selection means when they are written, and how far the array must grow for that. */

import type { AxisSelection, ElementSelection, MaskSelection, Slice } from "../format/index.js";

/** What is written. */
export interface WrittenArea {
  /** The same elements, with positions that do not depend on the array's shape where it grows. */
  readonly selection: ElementSelection;
  /** The shape that the array must have, which is larger along axes that grow. */
  readonly required: readonly number[];
  /** The shape of the elements, without the axes that one index picked; `null` where the format layer shall judge. */
  readonly result: readonly number[] | null;
}

/** A selection that is not made of axes. */
type SeparateElements = Exclude<ElementSelection, readonly unknown[] | null | undefined>;

interface AxisArea {
  readonly entry: AxisSelection;
  readonly required: number;
  /** Number of elements; `null` where one index picks them. */
  readonly count: number | null;
}

/**
 * The area that a selection of an array of `shape` means when it is written. The first axis grows for what is beyond
 * its end, and others that `maxShape` lets grow; of axes that it does not, slices end where the axis does.
 */
export function writtenArea(
  selection: ElementSelection,
  shape: readonly number[],
  maxShape: readonly (number | null)[],
): WrittenArea {
  if (typeof selection === "object" && selection !== null && !Array.isArray(selection)) {
    return {
      selection,
      required: shape,
      result: countedSeparately(selection as SeparateElements),
    };
  }
  const entries = (selection ?? []) as readonly AxisSelection[];
  const areas: AxisArea[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const grows = axis === 0 || maxShape[axis] !== shape[axis];
    const area = areaOf(entries[axis], shape[axis], grows);
    if (area === null) return { selection, required: shape, result: null };
    areas.push(area);
  }
  if (entries.length > shape.length) return { selection, required: shape, result: null };
  const isEmpty = areas.some(({ count }) => count === 0);
  const grows = !isEmpty && areas.some(({ required }, axis) => required > shape[axis]);
  return {
    selection: grows ? areas.map(({ entry }) => entry) : selection,
    required: grows ? areas.map(({ required }, axis) => Math.max(required, shape[axis])) : shape,
    result: areas.flatMap(({ count }) => (count === null ? [] : [count])),
  };
}

/** Points, masks of the whole array and the like do not grow it. */
function countedSeparately(selection: SeparateElements): number[] | null {
  switch (selection.kind) {
    case "mask":
      return [countTrue(selection)];
    case "points":
      return [selection.rank === 0 ? 0 : selection.coordinates.length / selection.rank];
    case "none":
      return [0];
    default:
      return null;
  }
}

function countTrue({ values }: MaskSelection): number {
  let count = 0;
  for (let at = 0; at < values.length; at++) if (values[at]) count++;
  return count;
}

/** `null` for what is wrong, which the format layer tells best. */
function areaOf(entry: AxisSelection | undefined, length: number, grows: boolean): AxisArea | null {
  if (entry === null || entry === undefined) return { entry: null, required: 0, count: length };
  if (typeof entry === "number") {
    if (!Number.isSafeInteger(entry) || entry < -length || (entry >= length && !grows)) return null;
    const index = absolute(entry, length);
    return { entry: index, required: index + 1, count: null };
  }
  if (typeof entry !== "object") return null;
  if ("kind" in entry) return { entry, required: 0, count: countTrue(entry) };
  if ("length" in entry) return listedArea(entry, length, grows);
  return slicedArea(entry, length, grows);
}

function listedArea(indices: ArrayLike<unknown>, length: number, grows: boolean): AxisArea | null {
  const list = new Array<number>(indices.length);
  let required = 0;
  for (let at = 0; at < list.length; at++) {
    const index = indices[at];
    if (typeof index !== "number" || !Number.isSafeInteger(index) || index < -length) return null;
    list[at] = absolute(index, length);
    required = Math.max(required, list[at] + 1);
  }
  return required > length && !grows ? null : { entry: list, required, count: list.length };
}

function slicedArea({ start, stop, step }: Slice, length: number, grows: boolean): AxisArea | null {
  const distance = step ?? 1;
  const first = Math.max(0, absolute(start ?? 0, length));
  const end = Math.max(0, absolute(stop ?? length, length));
  if (![first, end, distance].every(Number.isSafeInteger) || distance < 1) return null;
  const last = grows ? end : Math.min(end, length);
  const count = Math.max(0, Math.ceil((last - first) / distance));
  const required = count === 0 ? 0 : first + (count - 1) * distance + 1;
  return { entry: { start: first, stop: last, step: distance }, required, count };
}

function absolute(index: number, length: number): number {
  return index < 0 ? index + length : index;
}
