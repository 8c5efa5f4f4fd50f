import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument, unsupported } from "../errors.js";
import type { FieldSizes } from "../structures/byte-reader.js";
import type {
  ArrayDatatype,
  Datatype,
  EnumDatatype,
  FloatDatatype,
  OpaqueDatatype,
  VariableLengthDatatype,
} from "../structures/messages/datatype.js";
import { encodeCompound, leafDepth } from "./compound.js";
import { enumMembersOf, formatDType } from "./dtype-of.js";
import type { EncodeContext } from "./element-context.js";
import { encodeFloats } from "./floats.js";
import { arrayLength, type HeapSink } from "./heap-objects.js";
import { encodeIntegers } from "./integers.js";
import {
  arrayDepth,
  bytesAreLeaf,
  flattenLevels,
  isArrayLike,
  isNDArray,
  nothingIsLeaf,
  rowMajorData,
} from "./nested-values.js";
import { encodeReferences } from "./references.js";
import { encodeSequences, encodeVariableStrings } from "./sequences.js";
import { complexBase, enumBase, isBoolean } from "./standard-types.js";
import type { StringForm } from "./strings.js";
import { encodeFixedStrings } from "./strings.js";
import { ComplexArray, CompoundArray } from "./values.js";

/** How elements are encoded. */
export interface EncodeOptions {
  readonly sizes: FieldSizes;
  /** Takes the content of variable-length elements and region references. */
  readonly heap?: HeapSink;
  /** What strings are read as, and so written from. Default `utf8`. */
  readonly strings?: StringForm;
  /**
   * Whether the value is one element rather than an array of them. Only empty sequences inside sequences need it;
   * where it is left out the value's own form decides.
   */
  readonly scalar?: boolean;
}

const noHeap: HeapSink = {
  insert() {
    throw unsupported("a variable-length element or region reference where no global heap is at hand");
  },
};

/**
 * The stored bytes of `count` elements. Takes typed arrays, nested arrays, {@link NDArray}s, single values, records
 * and references; numbers of another type are converted where nothing is lost but a float's last digits.
 *
 * May be a view of the value's own memory: it must not be written to.
 */
export function encodeElements(
  datatype: Datatype,
  value: unknown,
  count: number,
  { sizes, heap = noHeap, strings = "utf8", scalar }: EncodeOptions,
): Uint8Array {
  if (!Number.isSafeInteger(count) || count < 0) throw invalidArgument(`${count} is no number of elements`);
  return encode(datatype, value, count, { sizes, heap, strings, scalar, encode, lengthOf });
}

function encode(datatype: Datatype, given: unknown, count: number, context: EncodeContext): Uint8Array {
  const value = isNDArray(given) ? rowMajorData(given) : given;
  if (value instanceof ArrayBuffer || value instanceof DataView) {
    throw invalidArgument(`a ${value.constructor.name} has no element type; wrap it in a typed array`);
  }
  switch (datatype.class) {
    case "integer":
    case "bitfield":
    case "time":
      return encodeIntegers(datatype, flatten(value, count), count);
    case "float":
      return encodeFloats(datatype, flatten(value, count), count);
    case "string":
      return encodeFixedStrings(datatype, flatten(value, count, bytesAreLeaf), context.strings);
    case "opaque":
      return encodeOpaque(datatype, value, count);
    case "compound": {
      const base = complexBase(datatype);
      if (base !== null) return encodeComplex(base, value, count);
      return encodeCompound(datatype, Array.isArray(value) ? flatten(value, count) : value, count, context);
    }
    case "reference":
      return encodeReferences(datatype, flatten(value, count), context.sizes, context.heap);
    case "enum":
      return encodeEnum(datatype, value, count);
    case "variable-length":
      return datatype.content === "string"
        ? encodeVariableStrings(datatype, flatten(value, count, bytesAreLeaf), context)
        : encodeSequences(datatype, sequencesOf(datatype, value, count, context.scalar), context);
    case "array":
      checkTrailing(datatype, value);
      return encode(datatype.base, value, count * arrayLength(datatype.dimensions), { ...context, scalar: false });
    case "complex":
      if (datatype.base.class !== "float") throw unsupported(`complex numbers over the class ${datatype.base.class}`);
      return encodeComplex(datatype.base, value, count);
  }
}

/** Exactly `count` single values, from any nesting of arrays or from one value. */
function flatten(
  value: unknown,
  count: number,
  isLeaf: (value: unknown) => boolean = nothingIsLeaf,
): ArrayLike<unknown> {
  const depth = arrayDepth(value, isLeaf);
  const flat = depth > 0 && isArrayLike(value) ? flattenLevels(value, depth - 1) : [value];
  if (flat.length !== count) throw invalidArgument(`expected ${count} elements, found ${flat.length}`);
  return flat;
}

/** Requires nested arrays to end in the axes of an array type, where they go that deep. */
function checkTrailing({ dimensions, base }: ArrayDatatype, value: unknown): void {
  if (!Array.isArray(value) || leafDepth(base) > 0 || base.class === "array" || base.class === "opaque") return;
  const extents: number[] = [];
  let part: unknown = value;
  while (isArrayLike(part) && !(part instanceof Uint8Array && base.class === "string")) {
    extents.push(part.length);
    part = part[0];
  }
  if (extents.length <= dimensions.length || extents.includes(0)) return;
  const trailing = extents.slice(-dimensions.length);
  if (trailing.some((extent, axis) => extent !== dimensions[axis])) {
    throw invalidArgument(`expected arrays of shape ${dimensions.join(" × ")}, found ${trailing.join(" × ")}`);
  }
}

/** The items of an array, with the elements of {@link NDArray}s of this very type, as rows are read, in their place. */
export function elementsOfRows(datatype: Datatype, items: readonly unknown[]): readonly unknown[] {
  if (!items.some(isNDArray)) return items;
  const wanted = formatDType(datatype);
  return items.flatMap((item) => {
    const data = isNDArray(item) && formatDType(item.dtype) === wanted ? rowMajorData(item) : null;
    return isArrayLike(data) ? Array.from(data) : [item];
  });
}

/** One item for each element of a variable-length type. */
function sequencesOf(
  datatype: VariableLengthDatatype,
  given: unknown,
  count: number,
  scalar: boolean | undefined,
): ArrayLike<unknown> {
  const inner = leafDepth(datatype);
  const value = Array.isArray(given) ? elementsOfRows(datatype, given) : given;
  let items: ArrayLike<unknown> | undefined;
  if (isArrayLike(value) && scalar !== true) {
    const depth = arrayDepth(value, nothingIsLeaf);
    const isExact = !holdsArrays(datatype.base);
    if (isExact && depth > inner) items = flattenLevels(value, depth - inner - 1);
    else if (value.length === count && (scalar === false || count !== 1 || depth < inner || !isExact)) items = value;
  }
  items ??= [value];
  if (items.length !== count) throw invalidArgument(`expected ${count} sequences, found ${items.length}`);
  return items;
}

/** Whether elements hold arrays that may be given flat or nested. */
export function holdsArrays(datatype: Datatype): boolean {
  if (datatype.class === "array" || datatype.class === "opaque") return true;
  return datatype.class === "variable-length" && datatype.content === "sequence" && holdsArrays(datatype.base);
}

function lengthOf(base: Datatype, sequence: unknown, index: number): number {
  const value = isNDArray(sequence) ? rowMajorData(sequence) : sequence;
  if (value instanceof ComplexArray || value instanceof CompoundArray) return value.length;
  if (!isArrayLike(value)) {
    throw invalidArgument(`expected an array at index ${index}, found ${describeValue(value)}`);
  }
  let width = 1;
  if (base.class === "opaque" && value instanceof Uint8Array) width = base.size;
  else if (base.class === "array" && arrayDepth(value, nothingIsLeaf) === 1) width = arrayLength(base.dimensions);
  if (value.length % width !== 0) {
    throw invalidArgument(`expected a multiple of ${width} values at index ${index}, found ${value.length}`);
  }
  return value.length / width;
}

function encodeOpaque({ size }: OpaqueDatatype, value: unknown, count: number): Uint8Array {
  if (value instanceof Uint8Array) {
    if (value.length !== count * size) {
      throw invalidArgument(`expected ${count} opaque elements of ${size} bytes, found ${value.length} bytes`);
    }
    return value;
  }
  const encoded = new Uint8Array(count * size);
  let used = 0;
  for (const item of byteBlocks(value)) {
    if (!(item instanceof Uint8Array) || item.length === 0 || item.length % size !== 0) {
      const index = used / size;
      throw invalidArgument(`expected a Uint8Array of ${size} bytes at index ${index}, found ${describeValue(item)}`);
    }
    if (used + item.length <= encoded.length) encoded.set(item, used);
    used += item.length;
  }
  if (used !== encoded.length) throw invalidArgument(`expected ${count} elements, found ${used / size}`);
  return encoded;
}

/** What arrays of any nesting hold, the data of an {@link NDArray} in one. */
function* byteBlocks(value: unknown): Generator<unknown> {
  const item = isNDArray(value) ? rowMajorData(value) : value;
  if (!Array.isArray(item)) yield item;
  else for (const inner of item) yield* byteBlocks(inner);
}

function encodeComplex(base: FloatDatatype, value: unknown, count: number): Uint8Array {
  if (value instanceof ComplexArray) return encodeFloats(base, value.data, 2 * count);
  const items = flatten(value, count);
  const parts: unknown[] = new Array(2 * count);
  for (let index = 0; index < count; index++) {
    const item = items[index];
    if (typeof item === "object" && item !== null && "re" in item && "im" in item) {
      parts[2 * index] = item.re;
      parts[2 * index + 1] = item.im;
    } else if (typeof item === "number") {
      parts[2 * index] = item;
      parts[2 * index + 1] = 0;
    } else {
      throw invalidArgument(`expected { re, im } or a number at index ${index}, found ${describeValue(item)}`);
    }
  }
  return encodeFloats(base, parts, 2 * count);
}

function encodeEnum(datatype: EnumDatatype, value: unknown, count: number): Uint8Array {
  const flat = flatten(value, count);
  const base = enumBase(datatype);
  if (isBoolean(datatype)) {
    for (let index = 0; index < flat.length; index++) {
      const item = flat[index];
      if (item !== 0 && item !== 1 && typeof item !== "boolean") {
        throw invalidArgument(`expected a boolean at index ${index}, found ${describeValue(item)}`);
      }
    }
  }
  if (Array.isArray(flat) && flat.some((item) => typeof item === "string")) {
    const values = new Map(enumMembersOf(datatype).map((member) => [member.name, member.value]));
    const numbers = flat.map((item: unknown, index) => {
      if (typeof item !== "string") return item;
      const number = values.get(item);
      if (number === undefined) {
        throw invalidArgument(`the enumeration has no name ${describeValue(item)} (index ${index})`);
      }
      return number;
    });
    return encodeIntegers(base, numbers, count);
  }
  return encodeIntegers(base, flat, count);
}
