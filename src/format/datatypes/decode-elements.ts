import { corrupt, invalidArgument, unsupported } from "../errors.js";
import { defaultLimits } from "../limits.js";
import type { FieldSizes } from "../structures/byte-reader.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { decodeCompound } from "./compound.js";
import type { ConversionRules } from "./convert-numbers.js";
import type { DecodeContext } from "./element-context.js";
import { decodeFloats } from "./floats.js";
import { arrayLength, type HeapObjects, noHeapObjects, requireSize } from "./heap-objects.js";
import { decodeIntegers } from "./integers.js";
import { decodeReferences } from "./references.js";
import { decodeSequences, decodeVariableStrings } from "./sequences.js";
import { complexBase, enumBase } from "./standard-types.js";
import type { StringForm } from "./strings.js";
import { decodeFixedStrings } from "./strings.js";
import { ComplexArray, type ElementData } from "./values.js";

/** How elements are decoded. */
export interface DecodeOptions {
  /** The global-heap objects that the elements refer to, at every level. */
  readonly heap?: HeapObjects;
  readonly sizes: FieldSizes;
  /** What strings become. Default `utf8`. */
  readonly strings?: StringForm;
  /** What floats may lose that no float64 equals; by default such a number is an error. */
  readonly rules?: ConversionRules;
  /** Most bytes that variable-length elements may take. Default that of the library's limits. */
  readonly limit?: number;
}

/**
 * The values of `count` stored elements. Array types are flattened: see `trailingShape`. Numbers in this machine's
 * order are a view of `bytes` where those are aligned, and compound columns are decoded late: `bytes` must stay as
 * they are while the result is in use.
 */
export function decodeElements(
  datatype: Datatype,
  bytes: Uint8Array,
  count: number,
  options: DecodeOptions,
): ElementData {
  if (!Number.isSafeInteger(count) || count < 0) throw invalidArgument(`${count} is no number of elements`);
  const { heap = noHeapObjects, sizes, strings = "utf8", rules = {}, limit = defaultLimits.readBytes } = options;
  return decode(datatype, bytes, count, { heap, sizes, strings, rules, budget: { left: limit }, decode });
}

function decode(datatype: Datatype, bytes: Uint8Array, count: number, context: DecodeContext): ElementData {
  const { size } = datatype;
  if (size < 1) throw corrupt(`a ${datatype.class} datatype has a size of ${size} bytes`);
  if (count * size > bytes.length) {
    throw corrupt(`expected ${count} elements of ${size} bytes, found ${bytes.length} bytes`);
  }
  switch (datatype.class) {
    case "integer":
    case "bitfield":
    case "time":
      return decodeIntegers(datatype, bytes, count);
    case "float":
      return decodeFloats(datatype, bytes, count, context.rules);
    case "string":
      return decodeFixedStrings(datatype, bytes, count, context.strings);
    case "opaque":
      return new Uint8Array(bytes.buffer, bytes.byteOffset, count * size);
    case "compound": {
      const base = complexBase(datatype);
      if (base !== null) return new ComplexArray(decodeFloats(base, bytes, 2 * count, context.rules, 2));
      return decodeCompound(datatype, bytes, count, context);
    }
    case "reference":
      return decodeReferences(datatype, bytes, count, context.sizes, context.heap);
    case "enum":
      return decodeIntegers(enumBase(datatype), bytes, count);
    case "variable-length":
      return datatype.content === "string"
        ? decodeVariableStrings(datatype, bytes, count, context)
        : decodeSequences(datatype, bytes, count, context);
    case "array": {
      const length = arrayLength(datatype.dimensions);
      requireSize(datatype, length * datatype.base.size);
      if (length * datatype.base.size !== size) throw corrupt(`an array of ${size} bytes has ${length} elements`);
      return context.decode(datatype.base, bytes, count * length, context);
    }
    case "complex":
      if (datatype.base.class !== "float") throw unsupported(`complex numbers over the class ${datatype.base.class}`);
      if (2 * datatype.base.size !== size) throw corrupt(`a complex number of ${size} bytes`);
      return new ComplexArray(decodeFloats(datatype.base, bytes, 2 * count, context.rules, 2));
  }
}
