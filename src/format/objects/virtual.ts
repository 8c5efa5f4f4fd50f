import type { ResolvedSelection } from "../selection/selection.js";
import { OnDemand } from "../storage/on-demand.js";
import type { Operation } from "../storage/operation.js";
import { datasetState } from "./dataset-state.js";
import type { MissingValues } from "./missing-values.js";
import type { ObjectState } from "./object-state.js";
import type { VirtualDatasets } from "./virtual-datasets.js";
import type { ReadElements } from "./virtual-read.js";
import type { VirtualWork } from "./virtual-work.js";

/** What reads virtual datasets, of which few files have any. */
export const virtualDatasets = new OnDemand<VirtualDatasets>(
  "a virtual dataset of this source",
  async () => (await import("./virtual-datasets.js")).virtualDatasets,
);

/**
 * Decodes what a dataset's messages say. The dimensions of a virtual dataset with unlimited mappings are brought up to
 * date with its sources, as far as those may be opened.
 */
export function* prepareDataset(object: ObjectState, work: VirtualWork | null = null): Operation<void> {
  const state = yield* object.file.decode(() => datasetState(object));
  const { layout, dataspace } = state.description;
  if (layout.kind !== "virtual" || !dataspace.maxDimensions.some((most, axis) => most !== dataspace.dimensions[axis]))
    return;
  const { updateDimensions } = yield* virtualDatasets.wait();
  yield* updateDimensions(object, work);
}

/**
 * Reads a selection of a virtual dataset into `target`, which is zero; `missing` holds for its sources, `work` is that of
 * the read it is part of.
 */
export function* readVirtual(
  object: ObjectState,
  selection: ResolvedSelection,
  target: Uint8Array,
  missing: MissingValues,
  work: VirtualWork | null,
  read: ReadElements,
): Operation<void> {
  const support = yield* virtualDatasets.wait();
  yield* support.readVirtual(object, selection, target, missing, work, read);
}
