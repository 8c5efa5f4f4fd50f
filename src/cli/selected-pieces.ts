import type { Selection } from "../format/index.js";
import { slice } from "../format/index.js";

/** What a selection takes of one axis; an index that is out of range is left to the read, which says so. */
interface AxisPart {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  /** Given as an index: the result does not have the axis. */
  readonly isDropped: boolean;
}

/** A selection cut into reads. */
export interface Pieces {
  /** Shape of the whole result. */
  readonly shape: readonly number[];
  /** Selections to read one after another; at least one, since a read is what finds mistakes. */
  readonly pieces: Iterable<Selection>;
}

/**
 * Cuts a selection into reads of about `most` elements, in row-major order. Where a read takes part of an axis it
 * begins and ends where chunks do, so that few chunks are read twice.
 */
export function selectedPieces(
  selection: Selection,
  shape: readonly number[],
  chunks: readonly number[] | null,
  most: number,
): Pieces {
  const parts = shape.map((extent, axis) => axisPart(selection?.[axis], extent));
  const resultShape = parts.filter(({ isDropped }) => !isDropped).map(({ count }) => count);
  const isEmpty = parts.some(({ count }) => count === 0);
  const isTooLong = (selection?.length ?? 0) > shape.length;
  return { shape: resultShape, pieces: isEmpty || isTooLong ? [selection] : cut(parts, chunks, most) };
}

function axisPart(entry: NonNullable<Selection>[number] | undefined, extent: number): AxisPart {
  if (entry === null || entry === undefined) return { start: 0, step: 1, count: extent, isDropped: false };
  if (typeof entry === "number") return { start: entry, step: 1, count: 1, isDropped: true };
  const step = entry.step ?? 1;
  const bound = (value: number): number => (value < 0 ? Math.max(value + extent, 0) : Math.min(value, extent));
  const start = bound(entry.start ?? 0);
  const stop = bound(entry.stop ?? extent);
  return { start, step, count: stop > start ? Math.ceil((stop - start) / step) : 0, isDropped: false };
}

function* cut(parts: readonly AxisPart[], chunks: readonly number[] | null, most: number): Iterable<Selection> {
  // Axes behind `axis` are read whole, those before it one index at a time.
  let axis = parts.length;
  let inner = 1;
  while (axis > 0 && inner * parts[axis - 1].count <= most) inner *= parts[--axis].count;
  const outer = axis === 0 ? [] : parts.slice(0, axis - 1);
  const whole = parts.slice(axis).map((part) => entryOf(part, 0, part.count));
  const along = axis === 0 ? null : parts[axis - 1];
  const turns = outer.reduce((product, { count }) => product * count, 1);
  for (let turn = 0; turn < turns; turn++) {
    const fixed = indicesOf(turn, outer).map((at, index) => entryOf(outer[index], at, at + 1));
    if (along === null) {
      yield whole;
      continue;
    }
    const longest = Math.max(1, Math.floor(most / inner));
    for (let from = 0; from < along.count; ) {
      const to = pieceEnd(along, from, longest, chunks?.[axis - 1] ?? 1);
      yield [...fixed, entryOf(along, from, to), ...whole];
      from = to;
    }
  }
}

/** Where a part of an axis that begins at `from` ends: at the end of a chunk if there is one on the way. */
function pieceEnd({ start, step, count }: AxisPart, from: number, longest: number, chunk: number): number {
  const end = from + longest;
  if (end >= count) return count;
  const lastChunk = Math.floor((start + end * step) / chunk) * chunk;
  const aligned = Math.ceil((lastChunk - start) / step);
  return aligned > from ? aligned : end;
}

function indicesOf(turn: number, parts: readonly AxisPart[]): number[] {
  const indices = new Array<number>(parts.length);
  let rest = turn;
  for (let axis = parts.length - 1; axis >= 0; axis--) {
    indices[axis] = rest % parts[axis].count;
    rest = Math.floor(rest / parts[axis].count);
  }
  return indices;
}

function entryOf({ start, step, isDropped }: AxisPart, from: number, to: number): NonNullable<Selection>[number] {
  return isDropped ? start : slice(start + from * step, start + (to - 1) * step + 1, step);
}
