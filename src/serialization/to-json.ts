/** Values as JSON can have them. */

import type { NDArray } from "../format/index.js";
import { ComplexArray, CompoundArray } from "../format/index.js";
import { isNDArray } from "./array-input.js";
import { isPlainObject, maximumDepth, setOwn } from "./deep.js";
import { invalidArgument } from "./errors.js";

/**
 * A value as JSON can have it: arrays by axis, large integers as text. What has a method `toJSON` decides for itself;
 * `JSON.stringify` asks it.
 */
export function plainJSON(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") return plainInteger(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > maximumDepth) {
    throw invalidArgument(`values nested deeper than ${maximumDepth} levels, or that refer to themselves, are no JSON`);
  }
  if (isNDArray(value)) return plainArray(value, depth);
  if (isElements(value)) return plainItems(value, depth);
  if ("toJSON" in value && typeof value.toJSON === "function") return plainJSON(value.toJSON(), depth + 1);
  if (value instanceof Map) return plainEntries(value, depth);
  return isPlainObject(value) ? plainEntries(Object.entries(value), depth) : value;
}

/** The entries of an object or map as an object. */
export function plainEntries(entries: Iterable<readonly [unknown, unknown]>, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, item] of entries) setOwn(result, String(key), plainJSON(item, depth + 1));
  return result;
}

function plainInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}

function isElements(value: object): value is Iterable<unknown> {
  return (
    Array.isArray(value) ||
    value instanceof Set ||
    (ArrayBuffer.isView(value) && !(value instanceof DataView)) ||
    value instanceof ComplexArray ||
    value instanceof CompoundArray
  );
}

function plainItems(items: Iterable<unknown>, depth: number): unknown[] {
  return Array.from(items, (item) => plainJSON(item, depth + 1));
}

function plainArray({ data, shape, stride }: NDArray, depth: number): unknown {
  const items = Array.from(data as Iterable<unknown>);
  const part = (axis: number, start: number): unknown =>
    axis === shape.length
      ? plainJSON(items[start], depth + 1)
      : Array.from({ length: shape[axis] }, (_, index) => part(axis + 1, start + index * stride[axis]));
  return part(0, 0);
}
