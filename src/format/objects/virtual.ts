import type { ResolvedSelection } from "../selection/selection.js";
import { OnDemand } from "../storage/on-demand.js";
import type { Operation } from "../storage/operation.js";
import { datasetState } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import type { VirtualDatasets } from "./virtual-datasets.js";
import type { ReadElements } from "./virtual-read.js";

/** What reads virtual datasets, of which few files have any. */
export const virtualDatasets = new OnDemand<VirtualDatasets>(
  "a virtual dataset of this source",
  async () => (await import("./virtual-datasets.js")).virtualDatasets,
);

/** Bounds what virtual datasets that are made of virtual datasets may cause. */
export interface VirtualWork {
  readonly depth: number;
  readonly shared: { sources: number };
}

/** Sources that nested virtual datasets may open in one read. */
export const mostNestedSources = 4096;

export function newVirtualWork(): VirtualWork {
  return { depth: 0, shared: { sources: mostNestedSources } };
}

/**
 * Decodes what a dataset's messages say. The dimensions of a virtual dataset with unlimited mappings are brought up to
 * date with its sources, as far as those may be opened.
 */
export function* prepareDataset(object: ObjectState, work: VirtualWork = newVirtualWork()): Operation<void> {
  const state = yield* object.file.decode(() => datasetState(object));
  const { layout, dataspace } = state.description;
  if (layout.kind !== "virtual" || !dataspace.maxDimensions.some((most, axis) => most !== dataspace.dimensions[axis]))
    return;
  const { updateDimensions } = yield* virtualDatasets.wait();
  yield* updateDimensions(object, work);
}

/** Reads a selection of a virtual dataset into `target`, which is zero. */
export function* readVirtual(
  object: ObjectState,
  selection: ResolvedSelection,
  target: Uint8Array,
  work: VirtualWork,
  read: ReadElements,
): Operation<void> {
  const support = yield* virtualDatasets.wait();
  yield* support.readVirtual(object, selection, target, work, read);
}
