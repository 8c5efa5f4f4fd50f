import { UnsupportedFeatureError } from "../errors.js";
import type { FillValue } from "../structures/messages/fill-value.js";
import { datasetState } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";

/** What is read where a dataset has no storage and no fill value. */
export type MissingValues = "zeros" | undefined;

/**
 * Refuses to read elements that were never stored and for which the file has no fill value, not even the
 * default one;
 * libhdf5 refuses the same. Single chunks that are missing beside others are zeros, as in h5py.
 *
 * @throws UnsupportedFeatureError
 */
export function requireValues(object: ObjectState, missing: MissingValues): void {
  const { chunks, description } = datasetState(object);
  const { layout, fillValue, externalFiles } = description;
  if (missing !== undefined || isDefined(fillValue)) return;
  if (layout.kind === "compact" || layout.kind === "virtual" || externalFiles !== null) return;
  if (layout.address !== null || chunks?.coordinates().next().done === false) return;
  throw new UnsupportedFeatureError(
    "reading elements that were never stored and whose fill value is undefined",
    'nothing was stored yet and the fill value is undefined; fill: "zeros" reads zeros',
  );
}

/** Whether there is a value for elements that were never stored; what need not be filled has zeros. */
function isDefined(fillValue: FillValue | null): boolean {
  if (fillValue === null) return false;
  const { status, version, fillTime } = fillValue;
  // An old message without a value does not stand for zeros, as a new one does.
  return status === "user" || fillTime === "never" || (status === "default" && version > 0);
}
