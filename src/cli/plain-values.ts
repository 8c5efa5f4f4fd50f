import type { ElementData, ElementValue, NDArray } from "../format/index.js";
import { AttributeReference, ComplexArray, CompoundArray, ObjectReference, RegionReference } from "../format/index.js";

/** What JSON can hold. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** What a read answers. */
export type ReadValue = NDArray | ElementValue;

/** Whether a read answered an array. */
export function isArray(value: ReadValue): value is NDArray {
  return typeof value === "object" && value !== null && "stride" in value && "shape" in value && "dtype" in value;
}

/**
 * A value as JSON: arrays nested by axis, records as objects, 64-bit integers beyond 2^53 as strings of digits, NaN
 * and infinities as strings.
 */
export function plainValue(value: ReadValue): Plain {
  return isArray(value) ? nested(value, 0, 0) : plainElement(value);
}

function nested(array: NDArray, axis: number, offset: number): Plain {
  if (axis === array.shape.length) return plainElement(elementAt(array.data, offset, array));
  return Array.from({ length: array.shape[axis] }, (_, index) =>
    nested(array, axis + 1, offset + index * array.stride[axis]),
  );
}

/** One element of data in any form. */
export function elementAt(data: ElementData, index: number, array?: NDArray): ElementValue {
  if (data instanceof ComplexArray) return data.at(index);
  if (data instanceof CompoundArray) return data.row(index);
  const element = data[index];
  return array?.dtype === "bool" ? element === 1 : element;
}

/** One element as JSON. */
export function plainElement(value: ElementValue): Plain {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof ObjectReference) return { reference: value.address };
  if (value instanceof RegionReference) return { reference: value.address, region: value.selection.kind };
  if (value instanceof AttributeReference) return { reference: value.address, attribute: value.name };
  if (isElementData(value)) {
    return Array.from({ length: value.length }, (_, index) => plainElement(elementAt(value, index)));
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainElement(part as ElementValue)]));
}

function isElementData(value: object): value is ElementData {
  return (
    Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof ComplexArray || value instanceof CompoundArray
  );
}

/** A value on one line, for people. */
export function inlineText(value: Plain): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (isList(value)) return `[${value.map(inlineText).join(", ")}]`;
  const entries = Object.entries(value);
  return `{${entries.map(([name, part]) => `${name}: ${inlineText(part)}`).join(", ")}}`;
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

/** A value over several lines: one line for each run along the last axis, or for each record. */
export function linesText(value: ReadValue): string {
  if (!isArray(value)) return inlineText(plainElement(value));
  const inlineAxes = value.data instanceof CompoundArray ? 0 : 1;
  return axisText(value, value.shape.length - inlineAxes, 0, 0, "");
}

function axisText(array: NDArray, lineAxis: number, axis: number, offset: number, indent: string): string {
  if (axis >= lineAxis) return inlineText(nested(array, axis, offset));
  const inner = `${indent}  `;
  const rows = Array.from(
    { length: array.shape[axis] },
    (_, index) => inner + axisText(array, lineAxis, axis + 1, offset + index * array.stride[axis], inner),
  );
  return rows.length === 0 ? "[]" : `[\n${rows.join(",\n")}\n${indent}]`;
}

/** For `JSON.stringify`: the 64-bit numbers of enumerations in a datatype as digits, maps as objects. */
export function withoutBigints(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === "bigint" ? value.toString() : value;
}
