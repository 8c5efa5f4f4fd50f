/**
 * Dimension scales: the attributes by which datasets are the coordinates of the axes of others ("HDF5 Dimension Scale
 * Specification", HDF Group; netCDF-4 stores its dimensions so).
 */
import { ComplexArray, CompoundArray, ObjectReference } from "../datatypes/values.js";
import { corrupt, HDF5Error } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { findAttribute } from "./attribute-table.js";
import { datasetState } from "./dataset-state.js";
import { elementsToValue } from "./element-values.js";
import type { ObjectState } from "./object-state.js";
import { referredObject } from "./referred-object.js";

/** One axis of a dataset: its label, and the scales attached to it. */
export interface AxisScales {
  readonly label: string | null;
  readonly scales: readonly ObjectState[];
}

/** An axis of a dataset that a scale is attached to. */
export interface ScaleUse {
  readonly dataset: ObjectState;
  readonly axis: number;
}

const scaleClass = "DIMENSION_SCALE";

/** The elements of an attribute, whatever its shape; `null` where there is none of that name. */
function* attributeData(object: ObjectState, name: string): Operation<unknown> {
  const attribute = yield* findAttribute(object, name);
  if (attribute === undefined || attribute.dataspace.kind === "null") return null;
  const { datatype, dataspace, data } = attribute;
  const value = yield* elementsToValue(object.file, datatype, data, dataspace.dimensions, false, { strings: "utf8" });
  return typeof value === "object" && value !== null && "stride" in value ? value.data : value;
}

function* textAttribute(object: ObjectState, name: string): Operation<string | null> {
  const data = yield* attributeData(object, name);
  const text: unknown = Array.isArray(data) ? data[0] : null;
  return typeof text === "string" ? text : null;
}

/** Whether a dataset is a dimension scale: its attribute CLASS says so. */
export function* isScale(object: ObjectState): Operation<boolean> {
  return (yield* textAttribute(object, "CLASS")) === scaleClass;
}

/** The name of a dimension scale; `null` for one without, and for what is no scale. */
export function* scaleName(object: ObjectState): Operation<string | null> {
  return (yield* isScale(object)) ? yield* textAttribute(object, "NAME") : null;
}

/** Labels and scales of each axis, from the attributes DIMENSION_LABELS and DIMENSION_LIST. */
export function* axisScales(object: ObjectState): Operation<AxisScales[]> {
  const { dimensions } = datasetState(object).description.dataspace;
  const labels = yield* attributeData(object, "DIMENSION_LABELS");
  const lists = yield* attributeData(object, "DIMENSION_LIST");
  const opened = new Map<number, ObjectState>();
  const axes: AxisScales[] = [];
  for (let axis = 0; axis < dimensions.length; axis++) {
    const label: unknown = Array.isArray(labels) ? labels[axis] : null;
    const list: unknown = Array.isArray(lists) ? lists[axis] : null;
    const scales: ObjectState[] = [];
    for (const reference of Array.isArray(list) ? list : []) {
      const scale = yield* referredDataset(object, reference, opened);
      if (scale !== null) scales.push(scale);
    }
    axes.push({ label: typeof label === "string" && label !== "" ? label : null, scales });
  }
  return axes;
}

/** The axes that a scale is attached to, from its attribute REFERENCE_LIST. */
export function* scaleUses(object: ObjectState): Operation<ScaleUse[]> {
  const list = yield* attributeData(object, "REFERENCE_LIST");
  if (!(list instanceof CompoundArray) || list.names.length < 2) return [];
  const references = list.column(0);
  const axes = list.column(1);
  if (!Array.isArray(references) || axes instanceof ComplexArray || axes instanceof CompoundArray) return [];
  const opened = new Map<number, ObjectState>();
  const uses: ScaleUse[] = [];
  for (let index = 0; index < list.length; index++) {
    const dataset = yield* referredDataset(object, references[index], opened);
    const axis = Number(axes[index]);
    if (dataset === null) continue;
    if (!(axis >= 0 && axis < datasetState(dataset).description.dataspace.dimensions.length)) {
      throw corrupt(`a scale is attached to axis ${axis} of a dataset that has no such axis`);
    }
    uses.push({ dataset, axis });
  }
  return uses;
}

/** The dataset that a reference leads to; `null` for a reference that leads nowhere, and for what is no dataset. */
function* referredDataset(
  from: ObjectState,
  reference: unknown,
  opened: Map<number, ObjectState>,
): Operation<ObjectState | null> {
  if (!(reference instanceof ObjectReference) || reference.file !== null) return null;
  const known = opened.get(reference.address);
  if (known !== undefined) return known;
  const object = yield* existingObject(from, reference.address);
  if (object?.kind !== "dataset") return null;
  yield* from.file.decode(() => datasetState(object));
  opened.set(reference.address, object);
  return object;
}

function* existingObject(from: ObjectState, address: number): Operation<ObjectState | null> {
  try {
    return yield* referredObject(from.file, address, from);
  } catch (error) {
    if (error instanceof HDF5Error && error.code === "not-found") return null;
    throw error;
  }
}
