import type { ElementSelection } from "../selection/element-selection.js";
import { isRegular } from "../selection/element-selection.js";
import type { Gather } from "../selection/gather.js";
import type { ResolvedSelection } from "../selection/selection.js";
import { resolveSelection } from "../selection/selection.js";
import { OnDemand } from "../storage/on-demand.js";
import type { Operation } from "../storage/operation.js";
import type { Gathering } from "./gathering.js";
import type { MissingValues } from "./missing-values.js";
import type { ObjectState } from "./object-state.js";
import { readElements, readElementsInto } from "./raw-data-read.js";

/** What resolves and reads selections that are no regular hyperslabs, which few programs use. */
export const gathering = new OnDemand<Gathering>(
  "a selection by lists, points or a mask",
  async () => (await import("./gathering.js")).gathering,
);

/** Whether a resolved selection is no regular hyperslab. */
export function isGather(resolved: ResolvedSelection | Gather): resolved is Gather {
  return !("step" in resolved);
}

/**
 * Applies any selection to an array of `shape`.
 *
 * @throws HDF5Error `invalid-argument` for an index out of range, a mask of another shape, or what is no selection.
 */
export function* resolveElements(
  selection: ElementSelection,
  shape: readonly number[],
): Operation<ResolvedSelection | Gather> {
  if (isRegular(selection)) return resolveSelection(selection, shape);
  return (yield* gathering.wait()).resolveGather(selection, shape);
}

/** The stored bytes of the selected elements. */
export function readSelected(
  object: ObjectState,
  resolved: ResolvedSelection | Gather,
  missing: MissingValues,
): Operation<Uint8Array> {
  if (isGather(resolved)) return gathering.get().readGathered(object, resolved, missing);
  return readElements(object, resolved, missing);
}

/** {@link readSelected} into memory that is zero and of the right length. */
export function readSelectedInto(
  object: ObjectState,
  resolved: ResolvedSelection | Gather,
  target: Uint8Array,
  missing: MissingValues,
): Operation<void> {
  if (isGather(resolved)) return gathering.get().readGatheredInto(object, resolved, target, missing);
  return readElementsInto(object, resolved, target, missing);
}
