import { describeValue } from "../../arguments/describe-value.js";
import { datatypeOf } from "../datatypes/datatype-of.js";
import type { DType } from "../datatypes/dtype.js";
import { inferValue } from "../datatypes/infer-value.js";
import { holdsStrings, trailingShape } from "../datatypes/items.js";
import { isArrayLike, isNDArray } from "../datatypes/nested-values.js";
import { corrupt, invalidArgument, unsupported } from "../errors.js";
import { resolveSelection } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import type { DataLayout } from "../structures/messages/data-layout.js";
import type { Dataspace } from "../structures/messages/dataspace.js";
import { elementCount, encodeDataspace, maxRank } from "../structures/messages/dataspace.js";
import type { Datatype } from "../structures/messages/datatype.js";
import {
  containsStandardReference,
  encodeDatatype,
  hasManyUnusedBits,
  minimalDatatypeVersion,
  withDatatypeVersion,
} from "../structures/messages/datatype.js";
import type { AllocationTime, FillValue } from "../structures/messages/fill-value.js";
import { encodeFillValue } from "../structures/messages/fill-value.js";
import { encodeFilterPipeline } from "../structures/messages/filter-pipeline.js";
import { MessageType } from "../structures/messages/message-types.js";
import { encodeSharedMessage } from "../structures/messages/shared-message.js";
import { suggestChunks } from "./chunk-shape.js";
import { largestMessage } from "./commit-attributes.js";
import type { DatasetOptions } from "./dataset-options.js";
import type { DatasetDescription } from "./dataset-state.js";
import { newDatasetState } from "./dataset-state.js";
import type { FileState } from "./file-state.js";
import { filterPipelineOf } from "./filter-options.js";
import type { StagedMessage } from "./object-state.js";
import { encodeMessage, encodeRecord, ObjectState, sharedFlag } from "./object-state.js";
import { writeElements } from "./raw-data-write.js";
import { bytesOfValue } from "./value-bytes.js";
import { regularElements } from "./written-elements.js";

/** Checks the options and creates a dataset without a link to it; its data are staged. */
export function* newDataset(
  file: FileState,
  options: DatasetOptions,
  dtype: DType | Datatype | undefined,
  committed: ObjectState | null,
): Operation<ObjectState> {
  file.editing();
  const description = describe(file, options, dtype, committed);
  const tracksOrder = options.trackOrder === true;
  const { data } = options;
  const { dataspace, datatype } = description;
  const isOld = file.libver === "earliest" && !tracksOrder && !hasManyUnusedBits(datatype);
  const headerVersion = isOld ? 1 : 2;
  const shape = dataspace.dimensions;
  const bytes = data === undefined || data === null ? null : bytesOfValue(file, datatype, data, shape);
  const object = ObjectState.create(file, {
    kind: "dataset",
    headerVersion,
    tracksAttributeOrder: tracksOrder,
    messages: descriptionMessages(file, description),
  });
  object.dataset = { ...newDatasetState(description), storedLayout: null };
  if (bytes !== null) yield* writeElements(object, regularElements(resolveSelection(null, shape), bytes));
  return object;
}

function describe(
  file: FileState,
  options: DatasetOptions,
  dtype: DType | Datatype | undefined,
  committed: ObjectState | null,
): DatasetDescription {
  const { data } = options;
  const given = dtype === undefined ? undefined : datatypeOf(dtype, file.context);
  const inferred = inferMissing(data, given, options.shape);
  const found = given ?? inferred?.dtype ?? (data === null ? "float64" : undefined);
  if (found === undefined) throw invalidArgument("a dataset needs data or a dtype");
  const datatype = storedForm(datatypeOf(found, file.context));
  const dataspace = dataspaceOf(file, options, datatype, inferred?.shape);
  const shape = dataspace.dimensions;
  const chunks = chunkDimensionsOf(options, dataspace, datatype.size);
  const layout = layoutOf(options, dataspace, datatype, chunks);
  const fillValue = fillValueOf(file, options, datatype, layout, shape);
  const filtered = { elementSize: datatype.size, chunkDimensions: chunks ?? [], datatype, fillValue: fillValue.value };
  return {
    dataspace,
    datatype,
    committedDatatype: committed?.address ?? null,
    layout,
    filterPipeline: filterPipelineOf(options.filters ?? [], filtered, file.libver === "earliest" ? 1 : 2),
    fillValue,
    externalFiles: null,
  };
}

/** A datatype in the oldest message version that can hold it, which most readers understand. */
export function storedForm(datatype: Datatype): Datatype {
  const version = minimalDatatypeVersion(datatype);
  return version === datatype.version ? datatype : withDatatypeVersion(datatype, version);
}

/**
 * The dtype and shape that data have by themselves; `null` where both are given or there are no data.
 *
 * @throws HDF5Error `invalid-argument` for data that need a dtype or a shape
 */
export function inferMissing(
  data: unknown,
  dtype: Datatype | undefined,
  shape: readonly number[] | undefined,
): { readonly dtype: DType | Datatype; readonly shape: readonly number[] } | null {
  if (data === undefined || data === null || (dtype !== undefined && shape !== undefined)) return null;
  // To the types of other data, the bytes of a string are an axis.
  if (dtype !== undefined && holdsStrings(dtype)) return { dtype, shape: shapeOfStrings(data) };
  try {
    return inferValue(data);
  } catch (error) {
    // Values that differ in kind or length may be the elements of the given type.
    const isFlat = Array.isArray(data) && (dtype?.class === "variable-length" || !data.some(isArrayLike));
    if (dtype === undefined || !isFlat) throw error;
    return { dtype, shape: [data.length] };
  }
}

function shapeOfStrings(data: unknown): readonly number[] {
  if (isNDArray(data)) return data.shape;
  if (!isArrayLike(data) || data instanceof Uint8Array) return [];
  return data.length === 0 ? [0] : [data.length, ...shapeOfStrings(data[0])];
}

function dataspaceOf(
  file: FileState,
  options: DatasetOptions,
  datatype: Datatype,
  inferred: readonly number[] | undefined,
): Dataspace {
  const version = file.libver === "earliest" ? 1 : 2;
  if (options.data === null && options.shape === undefined) {
    return { version: 2, kind: "null", dimensions: [], maxDimensions: [] };
  }
  const shape = options.shape ?? elementShape(inferred, datatype);
  if (shape === undefined) throw invalidArgument("a dataset needs data or a shape");
  checkShape(shape);
  const maxShape = options.maxShape ?? shape;
  if (maxShape.length !== shape.length) {
    throw invalidArgument(`maxShape has ${maxShape.length} axes, the shape has ${shape.length}`);
  }
  maxShape.forEach((most, axis) => {
    if (most !== null && !(Number.isSafeInteger(most) && most >= shape[axis])) {
      throw invalidArgument(`maxShape of axis ${axis} is ${most}, the axis has size ${shape[axis]}`);
    }
  });
  const kind = shape.length === 0 ? "scalar" : "simple";
  const dimensions = [...shape];
  const maxDimensions = options.maxShape === undefined ? dimensions : [...maxShape];
  const dataspace: Dataspace = { version, kind, dimensions, maxDimensions };
  elementCount(dataspace);
  return dataspace;
}

/** The shape of the elements in data whose innermost axes belong to the element type. */
export function elementShape(
  inferred: readonly number[] | undefined,
  datatype: Datatype,
): readonly number[] | undefined {
  if (inferred === undefined) return undefined;
  const trailing = trailingShape(datatype).length;
  if (datatype.class === "variable-length" && datatype.content === "sequence") return inferred.slice(0, 1);
  return trailing === 0 ? inferred : inferred.slice(0, Math.max(0, inferred.length - trailing));
}

/** Checks dimensions given by a caller. */
export function checkShape(shape: readonly number[]): void {
  if (!Array.isArray(shape)) throw invalidArgument(`a shape is an array of sizes, not ${String(shape)}`);
  if (shape.length > maxRank) throw invalidArgument(`a shape of ${shape.length} axes; at most ${maxRank} are possible`);
  shape.forEach((extent, axis) => {
    if (!Number.isSafeInteger(extent) || extent < 0) throw invalidArgument(`the size of axis ${axis} is ${extent}`);
  });
}

function chunkDimensionsOf(options: DatasetOptions, dataspace: Dataspace, elementSize: number): number[] | null {
  const { dimensions, maxDimensions } = dataspace;
  const grows = maxDimensions.some((most, axis) => most !== dimensions[axis]);
  const hasFilters = options.filters !== undefined && options.filters.length > 0;
  const needed = options.chunks !== undefined || hasFilters || grows || options.layout === "chunked";
  if (!needed) return null;
  if (options.layout !== undefined && options.layout !== "chunked") {
    throw invalidArgument(`${hasFilters ? "filters" : grows ? "growth" : "chunks"} need the layout "chunked"`);
  }
  if (dataspace.kind !== "simple") {
    // h5py users share options between datasets of all ranks: what cannot apply to a scalar is an error there too.
    throw invalidArgument(`a ${dataspace.kind} dataset cannot have chunks or filters`);
  }
  if (options.chunks === undefined || options.chunks === true) {
    return suggestChunks(dimensions, maxDimensions, elementSize);
  }
  const { chunks } = options;
  if (!Array.isArray(chunks)) {
    throw invalidArgument(`"chunks" are a list of sizes, or true, not ${describeValue(chunks)}`);
  }
  if (chunks.length !== dimensions.length) {
    throw invalidArgument(`chunks have ${chunks.length} axes, the shape has ${dimensions.length}`);
  }
  chunks.forEach((extent, axis) => {
    const most = maxDimensions[axis];
    if (!Number.isSafeInteger(extent) || extent < 1 || extent > 0xffffffff) {
      throw invalidArgument(`the chunk size of axis ${axis} is ${extent}`);
    }
    if (most !== null && extent > most && most > 0) {
      throw invalidArgument(`the chunk size ${extent} of axis ${axis} exceeds the axis' largest size ${most}`);
    }
  });
  if (chunks.reduce((product, extent) => product * extent, elementSize) > 0xffffffff) {
    throw invalidArgument("a chunk must have less than 4 GiB");
  }
  return [...chunks];
}

function layoutOf(
  options: DatasetOptions,
  dataspace: Dataspace,
  datatype: Datatype,
  chunks: readonly number[] | null,
): DataLayout {
  const version = 3;
  if (chunks !== null) {
    return {
      kind: "chunked",
      version,
      chunkDimensions: chunks,
      elementSize: datatype.size,
      address: null,
      indexing: { type: "btree-v1" },
      edgeChunksUnfiltered: false,
    };
  }
  const size = elementCount(dataspace) * datatype.size;
  if (options.layout !== "compact") return { kind: "contiguous", version, address: null, size };
  if (size > largestMessage - 8)
    throw invalidArgument(`compact data of ${size} bytes; at most ${largestMessage - 8} fit`);
  return { kind: "compact", version, data: new Uint8Array(size) };
}

const defaultFillValues = ([2, 3] as const).flatMap((version) =>
  (["early", "late", "incremental"] as const).map(
    (allocationTime): FillValue => ({ version, allocationTime, fillTime: "if-set", status: "default", value: null }),
  ),
);

/** The record of the default fill value, of which there is one for each case. */
function defaultFillValue(version: number, allocationTime: AllocationTime): FillValue {
  const found = defaultFillValues.find((fill) => fill.version === version && fill.allocationTime === allocationTime);
  if (found === undefined) throw corrupt(`there is no fill value message of version ${version}`);
  return found;
}

function fillValueOf(
  file: FileState,
  options: DatasetOptions,
  datatype: Datatype,
  layout: DataLayout,
  shape: readonly number[],
): FillValue {
  const allocationTime = layout.kind === "compact" ? "early" : layout.kind === "chunked" ? "incremental" : "late";
  const version = file.libver === "earliest" ? 2 : 3;
  if (options.fillValue === undefined || options.fillValue === null) return defaultFillValue(version, allocationTime);
  if (containsStandardReference(datatype)) {
    throw unsupported("a fill value of the references of HDF5 1.12, with which HDF5 2 opens no dataset,");
  }
  const value = bytesOfValue(file, datatype, options.fillValue, []).slice();
  if (layout.kind === "compact" && shape.length > 0) {
    for (let at = 0; at + value.length <= layout.data.length; at += value.length) layout.data.set(value, at);
  }
  return { version, allocationTime, fillTime: "if-set", status: "user", value };
}

/** All messages but the data layout, which the commit adds: where the data are is known then. */
function descriptionMessages(file: FileState, description: DatasetDescription): StagedMessage[] {
  const { dataspace, datatype, committedDatatype, filterPipeline, fillValue } = description;
  const constant = 1;
  const messages = [
    encodeMessage(file, MessageType.Dataspace, 0, (writer) => encodeDataspace(writer, dataspace)),
    committedDatatype === null
      ? encodeRecord(file, datatype, MessageType.Datatype, constant, (writer) => encodeDatatype(writer, datatype))
      : encodeMessage(file, MessageType.Datatype, constant | sharedFlag, (writer) => {
          encodeSharedMessage(writer, { kind: "committed", address: committedDatatype }, 2);
        }),
  ];
  if (fillValue === null) throw corrupt("a new dataset has no fill value message");
  messages.push(
    encodeRecord(file, fillValue, MessageType.FillValue, constant, (writer) => encodeFillValue(writer, fillValue)),
  );
  if (filterPipeline !== null) {
    messages.push(
      encodeMessage(file, MessageType.FilterPipeline, constant, (writer) =>
        encodeFilterPipeline(writer, filterPipeline),
      ),
    );
  }
  return messages;
}
