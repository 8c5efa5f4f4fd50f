import type { Gather } from "../selection/gather.js";
import type { ResolvedSelection } from "../selection/selection.js";

/** Some of the elements to be written: `bytes` holds those of the selection in row-major order. */
export interface WrittenPart {
  readonly selection: ResolvedSelection;
  readonly bytes: Uint8Array;
}

/** Elements to be written, as regular selections; of one that is in several parts the last counts. */
export interface WrittenElements {
  readonly byteLength: number;
  /** The parts, made anew at each call. */
  parts(): Iterable<WrittenPart>;
}

/** The elements of a regular selection. */
export function regularElements(selection: ResolvedSelection, bytes: Uint8Array): WrittenElements {
  return { byteLength: bytes.length, parts: () => [{ selection, bytes }] };
}

/** The elements of a selection by lists, points or a mask. */
export function gatheredElements(gather: Gather, bytes: Uint8Array, elementSize: number): WrittenElements {
  return { byteLength: bytes.length, parts: () => gather.pieces(bytes, elementSize) };
}
