import type { Known } from "../../arguments/known-options.js";
import { elementsOfRows } from "../datatypes/encode-elements.js";
import { holdsStrings, trailingShape } from "../datatypes/items.js";
import { bytesAreLeaf, leafCount, nothingIsLeaf } from "../datatypes/nested-values.js";
import { invalidArgument } from "../errors.js";
import type { ElementSelection } from "../selection/element-selection.js";
import { resolveSelection, slice } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import type { Datatype } from "../structures/messages/datatype.js";
import type { CallOptions } from "./call-options.js";
import { callNames } from "./call-options.js";
import { requireChangeable } from "./change-object.js";
import { checkShape } from "./create-dataset.js";
import { datasetState } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import { requireEditableStorage, writeElements } from "./raw-data-write.js";
import { requireOptions } from "./required-options.js";
import { resizeElements } from "./resize.js";
import { isGather, resolveElements } from "./selected-elements.js";
import { bytesOfValue } from "./value-bytes.js";
import { gatheredElements, regularElements } from "./written-elements.js";

function dimensionsOf(object: ObjectState): readonly number[] {
  const { dataspace } = datasetState(object).description;
  if (dataspace.kind === "null") throw invalidArgument("a dataset with a null dataspace has no elements");
  return dataspace.dimensions;
}

/** Writes a value to a selection. */
export function* writeValue(object: ObjectState, value: unknown, selection: ElementSelection): Operation<void> {
  requireChangeable(object);
  const { description } = datasetState(object);
  const resolved = yield* resolveElements(selection, dimensionsOf(object));
  requireEditableStorage(description);
  const bytes = bytesOfValue(object.file, description.datatype, value, resolved.resultShape);
  const elements = isGather(resolved)
    ? gatheredElements(resolved, bytes, description.datatype.size)
    : regularElements(resolved, bytes);
  yield* writeElements(object, elements);
}

/** How elements are appended. */
export interface AppendOptions {
  /** The axis that grows. Default 0. */
  readonly axis?: number;
}

const appendNames: Known<AppendOptions & CallOptions> = { ...callNames, axis: "size" };

/** Appends a value along an axis. */
export function* appendValue(object: ObjectState, value: unknown, options: AppendOptions): Operation<void> {
  requireOptions("append", options, appendNames);
  const { axis = 0 } = options;
  requireChangeable(object);
  const { description } = datasetState(object);
  const before = dimensionsOf(object);
  if (!Number.isInteger(axis) || axis < 0 || axis >= before.length) {
    throw invalidArgument(`a dataset of ${before.length} axes cannot be appended to along axis ${axis}`);
  }
  requireEditableStorage(description);
  const others = before.reduce((product, extent, at) => (at === axis ? product : product * extent), 1);
  const count = elementsOf(value, description.datatype);
  const steps = others === 0 ? Number.NaN : count / others;
  if (!Number.isInteger(steps)) {
    throw invalidArgument(`${count} elements are no whole number of steps of ${others} along axis ${axis}`);
  }
  if (steps === 0) return;
  const after = before.map((extent, at) => (at === axis ? extent + steps : extent));
  checkGrowth(object, after);
  const added = before.map((extent, at) => (at === axis ? steps : extent));
  const bytes = bytesOfValue(object.file, description.datatype, value, added);
  yield* resizeElements(object, after);
  const selection = before.map((extent, at) => (at === axis ? slice(extent, extent + steps) : null));
  yield* writeElements(object, regularElements(resolveSelection(selection, after), bytes));
}

/** Changes the dimensions. */
export function* resizeDataset(object: ObjectState, shape: readonly number[]): Operation<void> {
  requireChangeable(object);
  checkShape(shape);
  const before = dimensionsOf(object);
  if (shape.length !== before.length) {
    throw invalidArgument(`a shape of ${shape.length} axes does not fit a dataset of ${before.length}`);
  }
  checkGrowth(object, shape);
  if (shape.every((extent, axis) => extent === before[axis])) return;
  yield* resizeElements(object, [...shape]);
}

function checkGrowth(object: ObjectState, shape: readonly number[]): void {
  const { layout, dataspace } = datasetState(object).description;
  if (layout.kind !== "chunked") {
    throw invalidArgument(`a ${layout.kind} dataset cannot change its size; create it with maxShape`);
  }
  shape.forEach((extent, axis) => {
    const most = dataspace.maxDimensions[axis];
    if (most !== null && extent > most) {
      throw invalidArgument(`axis ${axis} would need size ${extent}, its maximum is ${most}`);
    }
  });
}

/** Number of elements of a datatype in a value. */
function elementsOf(value: unknown, datatype: Datatype): number {
  if (datatype.class === "variable-length" && datatype.content === "sequence" && Array.isArray(value)) {
    return elementsOfRows(datatype, value).length;
  }
  const width = trailingShape(datatype).reduce((product, extent) => product * extent, 1);
  const items = leafCount(value, holdsStrings(datatype) ? bytesAreLeaf : nothingIsLeaf);
  return items === null ? 1 : items / width;
}
