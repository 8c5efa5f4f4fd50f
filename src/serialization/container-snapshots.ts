/** Lists and dicts of lazily opened objects: whether they were changed in place, and those that must not be. */

import { isArrayInput } from "./array-input.js";
import { deepCopy, deepEquals, isPlainObject } from "./deep.js";

/**
 * What a value was like: of a list or dict the values in it, of an array its elements. Other objects count as what they
 * are, as they say themselves when they change, or cannot.
 */
export type Snapshot =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "array"; readonly copy: unknown }
  | { readonly kind: "entries"; readonly entries: readonly (readonly [key: unknown, value: Snapshot])[] };

/** Whether a value can be changed without being assigned anew. */
export function isChangeable(value: unknown): value is object {
  return typeof value === "object" && value !== null && (isArrayInput(value) || entriesOf(value) !== null);
}

/** Takes note of a value. */
export function snapshotOf(value: unknown): Snapshot {
  if (typeof value !== "object" || value === null) return { kind: "value", value };
  if (isArrayInput(value)) return { kind: "array", copy: deepCopy(value) };
  const entries = entriesOf(value);
  if (entries === null) return { kind: "value", value };
  return { kind: "entries", entries: entries.map(([key, item]) => [key, snapshotOf(item)]) };
}

/** Whether a value is as it was. */
export function isUnchanged(value: unknown, snapshot: Snapshot): boolean {
  if (snapshot.kind === "value") return Object.is(value, snapshot.value);
  if (snapshot.kind === "array") return deepEquals(value, snapshot.copy);
  const entries = typeof value === "object" && value !== null ? entriesOf(value) : null;
  if (entries === null || entries.length !== snapshot.entries.length) return false;
  return snapshot.entries.every(([key, item], index) => {
    const [otherKey, other] = entries[index];
    return Object.is(key, otherKey) && isUnchanged(other, item);
  });
}

/** Freezes lists and dicts, and those in them. Arrays of numbers cannot be. */
export function freezeContainers(value: unknown): void {
  if (typeof value !== "object" || value === null || isArrayInput(value) || Object.isFrozen(value)) return;
  const entries = entriesOf(value);
  if (entries === null) return;
  Object.freeze(value);
  for (const [, item] of entries) freezeContainers(item);
}

function entriesOf(value: object): readonly (readonly [unknown, unknown])[] | null {
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return Array.from(value, (item, index) => [index, item] as const);
  return isPlainObject(value) && !isArrayInput(value) ? Object.entries(value) : null;
}
