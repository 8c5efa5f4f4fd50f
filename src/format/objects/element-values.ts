import { decodeElements } from "../datatypes/decode-elements.js";
import { dtypeOf } from "../datatypes/dtype-of.js";
import { encodeElements } from "../datatypes/encode-elements.js";
import { noHeapObjects, refersToHeap } from "../datatypes/heap-objects.js";
import { elementBase, scalarOf, trailingShape } from "../datatypes/items.js";
import type { ElementValue, NDArray } from "../datatypes/values.js";
import { rowMajorStride } from "../datatypes/values.js";
import { invalidArgument } from "../errors.js";
import { fillRepeating } from "../selection/copy.js";
import type { Operation } from "../storage/operation.js";
import type { Datatype } from "../structures/messages/datatype.js";
import type { FileState } from "./file-state.js";

/** How values are read. */
export interface ReadOptions {
  /** `bytes` gives each string as the bytes that are stored. Default `text`, in which invalid UTF-8 is an error. */
  readonly strings?: "text" | "bytes";
}

/** The value that stored elements have: the single value where `scalar`, else an array of `shape`. */
export function* elementsToValue(
  file: FileState,
  datatype: Datatype,
  bytes: Uint8Array,
  shape: readonly number[],
  scalar: boolean,
  options: ReadOptions,
): Operation<NDArray | ElementValue> {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const heap = refersToHeap(datatype) ? yield* file.heap.fetch(datatype, bytes, count) : noHeapObjects;
  const { readBytes } = file.context.limits;
  const data = decodeElements(datatype, bytes, count, {
    heap,
    sizes: file.context,
    strings: options.strings,
    limit: readBytes,
  });
  if (scalar && datatype.class !== "array") return scalarOf(datatype, data);
  const fullShape = [...shape, ...trailingShape(datatype)];
  return {
    data,
    shape: fullShape,
    stride: rowMajorStride(fullShape),
    dtype: dtypeOf(elementBase(datatype)),
  } as NDArray;
}

/**
 * The stored bytes of a value for elements of `shape`; a single value fills them all.
 *
 * @throws HDF5Error `invalid-argument` when the value's shape or type does not fit.
 */
export function bytesOfValue(
  file: FileState,
  datatype: Datatype,
  value: unknown,
  shape: readonly number[],
): Uint8Array {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const options = { sizes: file.context, heap: file.heap };
  if (count !== 1 && isSingleValue(value)) {
    const element = encodeElements(datatype, value, 1, { ...options, scalar: true });
    const bytes = new Uint8Array(count * datatype.size);
    fillRepeating(bytes, 0, bytes.length, element);
    return bytes;
  }
  requireShape(value, shape, datatype);
  return encodeElements(datatype, value, count, { ...options, scalar: shape.length === 0 });
}

/** Whether a value is one element, whatever the datatype. */
function isSingleValue(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value) || ArrayBuffer.isView(value) || Symbol.iterator in value) return false;
  return !("data" in value && "shape" in value);
}

/** Requires the shape that a value has, if it has one, to be that of the elements; axes of length 1 do not count. */
function requireShape(value: unknown, shape: readonly number[], datatype: Datatype): void {
  const found = shapeOf(value, datatype);
  if (found === null) return;
  const wanted = [...shape, ...trailingShape(datatype)];
  const squeezed = (axes: readonly number[]): string => axes.filter((extent) => extent !== 1).join(" x ");
  if (squeezed(found) !== squeezed(wanted)) {
    throw invalidArgument(`a value of shape [${found.join(", ")}] does not fit [${wanted.join(", ")}]`);
  }
}

function shapeOf(value: unknown, datatype: Datatype): readonly number[] | null {
  if (typeof value !== "object" || value === null) return null;
  if ("data" in value && "shape" in value && Array.isArray(value.shape)) return value.shape;
  // Arrays within elements cannot be told from axes; the encoding counts them.
  if (!Array.isArray(value) || !hasPlainElements(datatype)) return null;
  const shape: number[] = [];
  let level: unknown = value;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0];
  }
  return shape.length > 1 && level !== undefined && !ArrayBuffer.isView(level) ? shape : null;
}

function hasPlainElements({ class: name }: Datatype): boolean {
  return name === "integer" || name === "float" || name === "string" || name === "enum" || name === "bitfield";
}
