import type { Known } from "../../arguments/known-options.js";
import { isHostOrder, swapInPlace } from "../datatypes/byte-order.js";
import { decodeElements } from "../datatypes/decode-elements.js";
import { dtypeOf } from "../datatypes/dtype-of.js";
import { elementBase, trailingShape } from "../datatypes/items.js";
import { isPlainFloat, isPlainInteger } from "../datatypes/standard-types.js";
import type { ElementValue, NDArray, TypedArray } from "../datatypes/values.js";
import { rowMajorStride } from "../datatypes/values.js";
import { corrupt, HDF5Error, invalidArgument } from "../errors.js";
import { contiguousRuns } from "../selection/contiguous-runs.js";
import type { ElementSelection } from "../selection/element-selection.js";
import type { Gather } from "../selection/gather.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import type { ByteOrder, Datatype } from "../structures/messages/datatype.js";
import type { CallOptions } from "./call-options.js";
import { callNames } from "./call-options.js";
import { datasetState } from "./dataset-state.js";
import type { ReadOptions } from "./element-values.js";
import { elementsToValue, readNames } from "./element-values.js";
import type { ObjectState } from "./object-state.js";
import { requireReadable } from "./raw-data-read.js";
import { isGather, readSelected, readSelectedInto, resolveElements } from "./selected-elements.js";

/** How the stored bytes of elements are read. */
export interface RawReadOptions {
  /**
   * What is read of a dataset of which nothing was stored yet and whose fill value is undefined. By default that is an
   * error `unsupported`, as it is in libhdf5.
   */
  readonly fill?: "zeros";
}

/** How elements are read into memory of the caller's. */
export interface ElementReadOptions extends ReadOptions, RawReadOptions {}

/** The names of {@link RawReadOptions} and of what every call takes. */
export const rawReadNames: Known<RawReadOptions & CallOptions> = { ...callNames, fill: ["zeros"] };

/** The names of {@link ElementReadOptions} and of what every call takes. */
export const elementReadNames: Known<ElementReadOptions & CallOptions> = { ...readNames, ...rawReadNames };

/** How a dataset is read. */
export interface DatasetReadOptions extends ElementReadOptions {
  /**
   * Allows numbers to be a view of the file's own memory instead of a copy. That is the case where the file is in
   * memory and open for reading only, the data are contiguous, uncompressed, aligned and in this machine's byte order,
   * and the selection is one range of them; in all other cases the result is a copy as always. A view must not be
   * written to. Default `false`.
   */
  readonly view?: boolean;
}

/** The names of {@link DatasetReadOptions} and of what every call takes. */
export const datasetReadNames: Known<DatasetReadOptions & CallOptions> = {
  ...elementReadNames,
  view: "boolean",
};

/** An array in memory of the caller's. */
export interface ArrayInto<Target extends TypedArray> extends Omit<NDArray, "data"> {
  readonly data: Target;
}

function isWhole(selection: ElementSelection): boolean {
  return selection === null || selection === undefined || (Array.isArray(selection) && selection.length === 0);
}

/** The value of a selection; `null` for a null dataspace. */
export function* readValue(
  object: ObjectState,
  selection: ElementSelection,
  options: DatasetReadOptions,
): Operation<NDArray | ElementValue | null> {
  const { dataspace, datatype } = datasetState(object).description;
  if (dataspace.kind === "null") {
    if (!isWhole(selection)) throw invalidArgument("a dataset with a null dataspace has no elements");
    return null;
  }
  const resolved = yield* resolveElements(selection, dataspace.dimensions);
  const resident = options.view === true && !isGather(resolved) ? residentBytes(object, resolved) : null;
  const bytes = resident ?? (yield* readSelected(object, resolved, options.fill));
  const scalar = !isGather(resolved) && resolved.scalar;
  return yield* elementsToValue(object.file, datatype, bytes, resolved.resultShape, scalar, options);
}

/** The selected bytes where they are in memory, one after another; else `null`. */
function residentBytes(object: ObjectState, resolved: ResolvedSelection): Uint8Array | null {
  const { layout, datatype, externalFiles } = datasetState(object).description;
  const { resident } = object.file.device;
  if (resident === undefined || object.file.transaction !== null || resolved.elementCount === 0) return null;
  if (layout.kind !== "contiguous" || layout.address === null || externalFiles !== null) return null;
  const [range, next] = contiguousRuns(resolved, resolved.shape, datatype.size, 0).ranges;
  if (range === undefined || next !== undefined) return null;
  const start = object.file.offsetOf(layout.address);
  const total = resolved.shape.reduce((product, extent) => product * extent, datatype.size);
  if (start + total > resident.length || (layout.size !== null && total > layout.size)) {
    throw corrupt(`the dataset needs ${total} bytes, which are not there`, start);
  }
  return resident.subarray(start + range.offset, start + range.offset + range.length);
}

/**
 * Reads a selection into memory of the caller's.
 *
 * @throws HDF5Error `invalid-argument` where type or length of `target` do not fit, before anything is read.
 */
export function* readValueInto<Target extends TypedArray>(
  object: ObjectState,
  target: Target,
  selection: ElementSelection,
  options: ElementReadOptions,
): Operation<ArrayInto<Target>> {
  if (!ArrayBuffer.isView(target) || !("length" in target)) throw invalidArgument("the target is a typed array");
  const { dataspace, datatype } = datasetState(object).description;
  if (dataspace.kind === "null") throw invalidArgument("a dataset with a null dataspace has no elements");
  const resolved = yield* resolveElements(selection, dataspace.dimensions);
  if (options.as !== undefined || options.member !== undefined) {
    return yield* copyValueInto(object, target, resolved, options);
  }
  const shape = [...resolved.resultShape, ...trailingShape(datatype)];
  requireLength(target, shape);
  requireKind(target, kindOf(datatype), datatype);
  const base = elementBase(datatype);
  const order = directOrder(base);
  if (order === null) return yield* copyValueInto(object, target, resolved, options);
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  requireReadable(bytes.length, object.file.context.limits.readBytes);
  if (!overwritesAll(object)) bytes.fill(0);
  yield* readSelectedInto(object, resolved, bytes, options.fill);
  if (!isHostOrder(order, target.BYTES_PER_ELEMENT)) swapInPlace(bytes, target.BYTES_PER_ELEMENT);
  return { data: target, shape, stride: rowMajorStride(shape), dtype: dtypeOf(base) };
}

function* copyValueInto<Target extends TypedArray>(
  object: ObjectState,
  target: Target,
  resolved: ResolvedSelection | Gather,
  options: ElementReadOptions,
): Operation<ArrayInto<Target>> {
  const { datatype } = datasetState(object).description;
  const bytes = yield* readSelected(object, resolved, options.fill);
  const value = yield* elementsToValue(object.file, datatype, bytes, resolved.resultShape, false, options);
  const { data, shape, stride, dtype } = requireArray(value);
  requireLength(target, shape);
  requireKind(target, ArrayBuffer.isView(data) ? data[Symbol.toStringTag] : null, datatype);
  copyArray(target, data as TypedArray);
  return { data: target, shape, stride, dtype };
}

function copyArray(target: TypedArray, source: TypedArray): void {
  if (target instanceof BigInt64Array || target instanceof BigUint64Array) {
    if (source instanceof BigInt64Array || source instanceof BigUint64Array) target.set(source);
  } else if (!(source instanceof BigInt64Array || source instanceof BigUint64Array)) {
    target.set(source);
  }
}

function requireLength(target: TypedArray, shape: readonly number[]): void {
  const length = shape.reduce((product, extent) => product * extent, 1);
  if (target.length !== length) {
    throw invalidArgument(`the target has ${target.length} elements, the selection has ${length}`);
  }
}

function requireKind(target: TypedArray, kind: string | null, { class: name }: Datatype): void {
  if (kind === null) throw invalidArgument(`elements of class ${name} cannot be read into a typed array`);
  if (target[Symbol.toStringTag] !== kind) {
    throw invalidArgument(
      `the elements are read as ${kind}, not into ${target[Symbol.toStringTag]}; say "as" to convert them`,
    );
  }
}

/** The kind of typed array that elements are decoded to, `null` where it is none. */
function kindOf(datatype: Datatype): string | null {
  if (elementBase(datatype).class === "compound") return null;
  const empty = decodeElements(datatype, new Uint8Array(0), 0, { sizes: { offsetSize: 8, lengthSize: 8 } });
  return ArrayBuffer.isView(empty) ? empty[Symbol.toStringTag] : null;
}

/** The byte order of elements that typed arrays hold as they are stored, `null` for others. */
function directOrder(datatype: Datatype): ByteOrder | null {
  switch (datatype.class) {
    case "integer":
    case "bitfield":
      return isPlainInteger(datatype) ? datatype.byteOrder : null;
    case "float":
      return isPlainFloat(datatype) && datatype.size > 2 ? datatype.byteOrder : null;
    case "enum":
      return directOrder(datatype.base);
    case "opaque":
      return "little";
    default:
      return null;
  }
}

/** Whether reading writes to every byte of the result. */
function overwritesAll(object: ObjectState): boolean {
  const { layout, externalFiles } = datasetState(object).description;
  return layout.kind === "contiguous" && layout.address !== null && externalFiles === null;
}

/** A value that is an array. */
export function requireArray(value: NDArray | ElementValue | null): NDArray {
  if (typeof value === "object" && value !== null && "stride" in value) return value as NDArray;
  throw new HDF5Error("corrupt", "expected an array, found a single value");
}
