import { planChunks } from "../chunks/chunk-plan.js";
import type { ResolvedSelection, Selection, Slice } from "./selection.js";
import { slice } from "./selection.js";

/** Bytes of a block where nothing else was asked for and the storage has no chunks. */
const defaultBlockBytes = 1024 * 1024;

/**
 * The shape of blocks: whole chunks, as many of them as have about `bytes` in all, the last axes first.
 *
 * @param bytes - `null` for one chunk or, without chunks, 1 MiB
 */
export function blockShape(
  resolved: ResolvedSelection,
  chunks: readonly number[] | null,
  elementSize: number,
  bytes: number | null,
): number[] {
  const { count, step, shape } = resolved;
  const block = chunks === null ? shape.map(() => 1) : [...chunks];
  if (bytes === null && chunks !== null) return block;
  const most = bytes ?? defaultBlockBytes;
  /** Selected indices of an axis in a block of `extent` indices. */
  const selected = (extent: number, axis: number): number => Math.min(count[axis], Math.ceil(extent / step[axis]));
  let used = block.reduce((product, extent, axis) => product * selected(extent, axis), elementSize);
  for (let axis = block.length - 1; axis >= 0; axis--) {
    const others = used / selected(block[axis], axis);
    const whole = Math.ceil(shape[axis] / block[axis]) * block[axis];
    if (others * selected(whole, axis) <= most) {
      block[axis] = whole;
      used = others * selected(whole, axis);
      continue;
    }
    const fitting = Math.floor((Math.floor(most / others) * step[axis]) / block[axis]);
    block[axis] *= Math.max(1, fitting);
    break;
  }
  return block;
}

/** The parts of a selection, each within one block of a grid; axes that numbers drop stay dropped. */
export function* blockSelections(
  selection: Selection,
  resolved: ResolvedSelection,
  block: readonly number[],
): Generator<readonly (number | Slice)[], void, undefined> {
  for (const { scaled, startInChunk, count } of planChunks(resolved, block)) {
    yield count.map((indices, axis) => {
      const first = scaled[axis] * block[axis] + startInChunk[axis];
      if (typeof selection?.[axis] === "number") return first;
      return slice(first, first + (indices - 1) * resolved.step[axis] + 1, resolved.step[axis]);
    });
  }
}
