import { leafDepth } from "../datatypes/compound.js";
import { encodeElements, holdsArrays } from "../datatypes/encode-elements.js";
import type { HeapSink } from "../datatypes/heap-objects.js";
import { arrayLength, refersToHeap } from "../datatypes/heap-objects.js";
import { holdsStrings, trailingShape } from "../datatypes/items.js";
import { arrayDepth, bytesAreLeaf, isArrayLike, leafCount, nothingIsLeaf } from "../datatypes/nested-values.js";
import { isPlainFloat } from "../datatypes/standard-types.js";
import { invalidArgument } from "../errors.js";
import { fillRepeating } from "../selection/copy.js";
import type { Datatype, FloatDatatype, VariableLengthDatatype } from "../structures/messages/datatype.js";
import type { FileState } from "./file-state.js";

/**
 * The stored bytes of a value for elements of `shape`; a single value fills them all. They may be the value's own
 * memory.
 *
 * @throws HDF5Error `invalid-argument` when the value's shape or type does not fit.
 */
export function bytesOfValue(
  file: FileState,
  datatype: Datatype,
  value: unknown,
  shape: readonly number[],
): Uint8Array {
  if (typeof value === "number" && shape.length === 0 && datatype.class === "float" && isPlainDouble(datatype)) {
    oneDouble[0] = value;
    return bytesOfDouble.slice();
  }
  const count = shape.reduce((product, extent) => product * extent, 1);
  const options = { sizes: file.context, heap: file.heapWriter ?? undefined, strings: file.strings };
  if (count !== 1 && isSingleValue(value) && !holdsColumns(value, datatype, count)) {
    const element = encodeElements(datatype, value, 1, { ...options, scalar: true });
    const bytes = new Uint8Array(count * datatype.size);
    fillRepeating(bytes, 0, bytes.length, element);
    return bytes;
  }
  requireShape(value, shape, datatype);
  const scalar = shape.length === 0;
  // One element that does not fit fails all, before any of them has taken space in the heap.
  if (count > 1 && refersToHeap(datatype))
    encodeElements(datatype, value, count, { ...options, heap: noStorage, scalar });
  return encodeElements(datatype, value, count, { ...options, scalar });
}

/** Whether elements are JavaScript's own numbers, which need no conversion. */
function isPlainDouble(datatype: FloatDatatype): boolean {
  return datatype.size === 8 && datatype.byteOrder === "little" && littleEndianHost && isPlainFloat(datatype);
}

const littleEndianHost = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Turns numbers into bytes, many times faster than a new array for each. */
const oneDouble = new Float64Array(1);
const bytesOfDouble = new Uint8Array(oneDouble.buffer);

/** Stores nothing; for trying whether elements can be encoded. */
const noStorage: HeapSink = { insert: () => ({ address: 0, index: 0 }) };

/** Whether a value is one element, whatever the datatype. */
function isSingleValue(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value) || ArrayBuffer.isView(value) || Symbol.iterator in value) return false;
  return !("data" in value && "shape" in value);
}

/**
 * Whether a record has the members of `count` elements, each in an array, rather than those of one. Members that are
 * arrays even in one element tell by the number of their items, sequences by how deep their arrays go.
 */
function holdsColumns(value: unknown, datatype: Datatype, count: number): boolean {
  if (datatype.class !== "compound" || typeof value !== "object" || value === null) return false;
  let isFound = false;
  for (const { name, datatype: member } of datatype.members) {
    const column = (value as Readonly<Record<string, unknown>>)[name];
    const found =
      member.class === "variable-length" && member.content === "sequence"
        ? holdsSequences(column, member, count)
        : leafCount(column, leafOf(member)) === count * arrayLength(trailingShape(member));
    if (found === false) return false;
    isFound ||= found === true;
  }
  return isFound;
}

/** The same for one member; `null` where it cannot be told. */
function holdsSequences(column: unknown, member: VariableLengthDatatype, count: number): boolean | null {
  if (holdsArrays(member.base)) return null;
  return isArrayLike(column) && column.length === count && arrayDepth(column, leafOf(member.base)) > leafDepth(member);
}

function leafOf(datatype: Datatype): (value: unknown) => boolean {
  return holdsStrings(datatype) ? bytesAreLeaf : nothingIsLeaf;
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
