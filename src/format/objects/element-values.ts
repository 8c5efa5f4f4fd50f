import type { Known } from "../../arguments/known-options.js";
import type { ConversionRules, ConvertedDType } from "../datatypes/convert-numbers.js";
import { convertNumbers } from "../datatypes/convert-numbers.js";
import { decodeElements } from "../datatypes/decode-elements.js";
import { dtypeOf } from "../datatypes/dtype-of.js";
import { noHeapObjects, refersToHeap } from "../datatypes/heap-objects.js";
import { elementBase, scalarOf, trailingShape } from "../datatypes/items.js";
import { withLocalAddresses } from "../datatypes/local-addresses.js";
import type { PickedElements } from "../datatypes/members.js";
import { pickMember, withMembers } from "../datatypes/members.js";
import { withComplexNumbers } from "../datatypes/standard-types.js";
import type { StringForm } from "../datatypes/strings.js";
import { stringForms } from "../datatypes/strings.js";
import type { ElementData, ElementValue, NDArray, TypedArray } from "../datatypes/values.js";
import { ComplexArray, rowMajorStride } from "../datatypes/values.js";
import { invalidArgument } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { Datatype } from "../structures/messages/datatype.js";
import type { CallOptions } from "./call-options.js";
import { callNames } from "./call-options.js";
import type { FileState } from "./file-state.js";

/** How values are read. */
export interface ReadOptions extends ConversionRules {
  /**
   * What strings are read as. Default what the file was opened with, else `utf8`, in which one that is not valid UTF-8
   * is an `UndecodableString`.
   */
  readonly strings?: StringForm;
  /** One member of compound elements, read as if there were no others; a list of names leads into nested ones. */
  readonly member?: string | readonly string[];
  /** The members of compound elements that are wanted; others, and what they refer to, are left out. */
  readonly members?: readonly string[];
  /**
   * Numbers as another type, exactly or with an error; see {@link ConversionRules} for what may be lost instead. The
   * parts of complex numbers can be `float32` or `float64`.
   */
  readonly as?: ConvertedDType;
}

/** The names of {@link ReadOptions} and of what every call takes. */
export const readNames: Known<ReadOptions & CallOptions> = {
  ...callNames,
  strings: stringForms,
  member: true,
  members: "array",
  as: true,
  overflow: ["error", "clamp"],
  inexact: ["error", "round"],
};

/** The value that stored elements have: the single value where `scalar`, else an array of `shape`. */
export function* elementsToValue(
  file: FileState,
  stored: Datatype,
  storedBytes: Uint8Array,
  shape: readonly number[],
  scalar: boolean,
  options: ReadOptions,
): Operation<NDArray | ElementValue> {
  const storedCount = shape.reduce((product, extent) => product * extent, 1);
  const local = withLocalAddresses(stored, storedBytes, storedCount, file.context);
  const { datatype, bytes, count, trailing } = wantedElements(stored, local, storedCount, options);
  const heap = refersToHeap(datatype) ? yield* file.heap.fetch(datatype, bytes, count) : noHeapObjects;
  const { as } = options;
  const data = decodeElements(as === undefined ? datatype : withComplexNumbers(datatype), bytes, count, {
    heap,
    sizes: file.context,
    rules: options.as === undefined ? {} : options,
    strings: options.strings ?? file.strings,
    limit: Math.min(file.context.limits.readBytes, file.heap.largestContent(bytes.length)),
  });
  const isScalar = scalar && trailing.length === 0 && datatype.class !== "array";
  if (isScalar && as === undefined) return scalarOf(datatype, data);
  if (data instanceof ComplexArray && as !== undefined) {
    const complex = complexAs(data, as, options);
    if (isScalar) return complex.at(0);
    const complexShape = [...shape, ...trailing, ...trailingShape(datatype)];
    const name = as === "float32" ? "complex64" : "complex128";
    return { data: complex, shape: complexShape, stride: rowMajorStride(complexShape), dtype: name } as NDArray;
  }
  const converted = as === undefined ? data : convertNumbers(numbersIn(data, datatype, as), as, options);
  if (isScalar && ArrayBuffer.isView(converted)) return converted[0];
  const fullShape = [...shape, ...trailing, ...trailingShape(datatype)];
  return {
    data: converted,
    shape: fullShape,
    stride: rowMajorStride(fullShape),
    dtype: as ?? dtypeOf(elementBase(datatype)),
  } as NDArray;
}

function wantedElements(
  datatype: Datatype,
  bytes: Uint8Array,
  count: number,
  { member, members }: ReadOptions,
): PickedElements {
  if (member !== undefined) {
    if (members !== undefined) throw invalidArgument("a read has either one member or several members");
    return pickMember(datatype, bytes, count, member);
  }
  const wanted = members === undefined ? datatype : withMembers(datatype, members);
  return { datatype: wanted, bytes, count, trailing: [] };
}

/** Complex numbers whose parts are of a type. */
function complexAs(data: ComplexArray, as: ConvertedDType, rules: ConversionRules): ComplexArray {
  if (as !== "float32" && as !== "float64") throw invalidArgument(`complex numbers cannot be read as ${as}`);
  return new ComplexArray(convertNumbers(data.data, as, rules));
}

/** Decoded elements that can be converted. */
function numbersIn(data: ElementData, datatype: Datatype, as: string): TypedArray {
  const { class: name } = elementBase(datatype);
  if (ArrayBuffer.isView(data) && name !== "opaque") return data;
  throw invalidArgument(`elements of class ${name} cannot be read as ${as}`);
}
