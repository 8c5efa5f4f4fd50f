import type { FieldSizes } from "../structures/byte-reader.js";
import type { Datatype } from "../structures/messages/datatype.js";
import type { ConversionRules } from "./convert-numbers.js";
import type { HeapObjects, HeapSink } from "./heap-objects.js";
import type { StringForm } from "./strings.js";
import type { ElementData } from "./values.js";

/** What decoding nested elements passes on. */
export interface DecodeContext {
  readonly heap: HeapObjects;
  readonly sizes: FieldSizes;
  readonly strings: StringForm;
  /** What floats may lose that no float64 equals. */
  readonly rules: ConversionRules;
  /** Bytes that variable-length elements may still take. */
  readonly budget: { left: number };
  readonly decode: (datatype: Datatype, bytes: Uint8Array, count: number, context: DecodeContext) => ElementData;
}

/** What encoding nested elements passes on. */
export interface EncodeContext {
  readonly heap: HeapSink;
  readonly sizes: FieldSizes;
  readonly strings: StringForm;
  /** Whether the value is one element (`true`) or an array of them (`false`), where that is known. */
  readonly scalar: boolean | undefined;
  readonly encode: (datatype: Datatype, value: unknown, count: number, context: EncodeContext) => Uint8Array;
  /** Number of elements of `base` in one sequence; `index` names it in errors. */
  readonly lengthOf: (base: Datatype, sequence: unknown, index: number) => number;
}
