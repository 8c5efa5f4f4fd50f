import type { DType, ElementData, ElementValue, NDArray } from "../format/index.js";
import {
  AttributeReference,
  ComplexArray,
  CompoundArray,
  enumNames,
  isNDArray,
  ObjectReference,
  RegionReference,
  UndecodableString,
  UnreadableReference,
} from "../format/index.js";
import type { Notation } from "./notation.js";

/** Writes one element. */
export type ElementFormat = (value: ElementValue) => string;

/** What writes single elements of a type in a notation. Elements of array types are lists, nested by axis. */
export function elementFormat(dtype: DType, notation: Notation): ElementFormat {
  if (typeof dtype === "string") {
    if (dtype === "bool") return (value) => (typeof value === "number" ? String(value !== 0) : plain(value, notation));
    const digits = dtype === "float32" || dtype === "complex64" ? 9 : dtype === "float16" ? 5 : 17;
    return (value) => plain(value, notation, digits);
  }
  switch (dtype.kind) {
    case "enum":
      return enumFormat(dtype, notation);
    case "compound": {
      const members = dtype.members.map(({ name, dtype: type }) => ({ name, format: elementFormat(type, notation) }));
      return (value) => {
        if (!isRecord(value)) return plain(value, notation);
        return record(
          members.map(({ name, format }) => [name, format(value[name])]),
          notation,
        );
      };
    }
    case "array": {
      const format = elementFormat(leafOf(dtype), notation);
      const shape = trailingShapeOf(dtype);
      return (value) => (isElementData(value) ? nested(value, shape, 0, 0, format, notation) : format(value));
    }
    case "variable-length": {
      const format = elementFormat(dtype.base, notation);
      const shape = trailingShapeOf(dtype.base);
      return (value) => {
        if (!isElementData(value)) return format(value);
        const width = shape.reduce((product, extent) => product * extent, 1);
        const count = width === 0 ? 0 : value.length / width;
        return nested(value, [count, ...shape], 0, 0, format, notation);
      };
    }
    case "complex":
      return (value) => plain(value, notation, dtype.base === "float32" ? 9 : 17);
    default:
      return (value) => plain(value, notation);
  }
}

/** The type whose elements an array of a type's values holds: array types only add axes. */
export function leafOf(dtype: DType): DType {
  return typeof dtype === "object" && dtype.kind === "array" ? leafOf(dtype.base) : dtype;
}

/** Axes that a type adds to those of a dataspace. */
export function trailingShapeOf(dtype: DType): readonly number[] {
  if (typeof dtype === "string") return [];
  if (dtype.kind === "array") return [...dtype.shape, ...trailingShapeOf(dtype.base)];
  return dtype.kind === "opaque" ? [dtype.size] : [];
}

/** One element of data in any form. */
export function elementAt(data: ElementData, index: number): ElementValue {
  return data instanceof ComplexArray ? data.at(index) : data instanceof CompoundArray ? data.row(index) : data[index];
}

/** A value of any shape on one line. */
export function inlineFormat(value: NDArray | ElementValue, dtype: DType, notation: Notation): string {
  if (!isNDArray(value)) return elementFormat(dtype, notation)(value);
  return nested(value.data, value.shape, 0, 0, elementFormat(leafOf(dtype), notation), notation);
}

function nested(
  data: ElementData,
  shape: readonly number[],
  axis: number,
  offset: number,
  format: ElementFormat,
  notation: Notation,
): string {
  if (axis === shape.length) return format(elementAt(data, offset));
  const step = shape.slice(axis + 1).reduce((product, extent) => product * extent, 1);
  const parts = Array.from({ length: shape[axis] }, (_, index) =>
    nested(data, shape, axis + 1, offset + index * step, format, notation),
  );
  return `[${parts.join(notation.comma)}]`;
}

function enumFormat(dtype: DType, notation: Notation): ElementFormat {
  const names = enumNames(dtype);
  return (value) => {
    const name = typeof value === "number" || typeof value === "bigint" ? names.get(value) : undefined;
    return name === undefined ? plain(value, notation) : notation.name(name);
  };
}

/** A value by what it is alone. */
function plain(value: ElementValue, notation: Notation, digits = 17): string {
  switch (typeof value) {
    case "number":
      return notation.number(value, digits);
    case "bigint":
      return notation.bigint(value);
    case "string":
      return notation.string(value);
    case "boolean":
      return String(value);
  }
  if (value === null) return "null";
  if (value instanceof UndecodableString) return notation.undecodable(value);
  if (isElementData(value)) {
    const parts = Array.from({ length: value.length }, (_, index) => plain(elementAt(value, index), notation, digits));
    return `[${parts.join(notation.comma)}]`;
  }
  return record(
    Object.entries(entriesOf(value)).map(([name, part]) => [name, plain(part, notation, digits)]),
    notation,
  );
}

/** What is said of a value with parts. */
function entriesOf(
  value: Exclude<ElementValue & object, ElementData | UndecodableString>,
): Readonly<Record<string, ElementValue>> {
  if (value instanceof ObjectReference) return { reference: value.address };
  if (value instanceof RegionReference) return { reference: value.address, region: value.selection.kind };
  if (value instanceof AttributeReference) return { reference: value.address, attribute: value.name };
  if (value instanceof UnreadableReference) return { reference: null, unreadable: value.reason };
  return { ...value };
}

function record(entries: readonly (readonly [name: string, text: string])[], notation: Notation): string {
  return `{${entries.map(([name, text]) => notation.key(name) + notation.colon + text).join(notation.comma)}}`;
}

function isRecord(value: ElementValue): value is Readonly<Record<string, ElementValue>> {
  return typeof value === "object" && value !== null && !isElementData(value);
}

function isElementData(value: ElementValue): value is ElementData {
  return (
    Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof ComplexArray || value instanceof CompoundArray
  );
}
