/** Objects that take the values of others, which were read anew, and stay the same objects. */

import { deepEquals, isPlainObject } from "./deep.js";
import { stateOf, tellObservers } from "./instance-state.js";
import { Serializable } from "./serializable.js";

/**
 * Gives an object the values of another of its class, and so down through lists and dicts: where both have an object of
 * the same class at a place, the old one stays and takes the values. Observers are told of what has become another value.
 *
 * @returns by each new object, the old one that has taken its values
 */
export function adoptValues(old: Serializable, fresh: Serializable): ReadonlyMap<Serializable, Serializable> {
  const adopted = new Map<Serializable, Serializable>();
  adoptInto(old, fresh, adopted);
  return adopted;
}

function adoptInto(old: Serializable, fresh: Serializable, adopted: Map<Serializable, Serializable>): void {
  adopted.set(fresh, old);
  const state = stateOf(old);
  const { values, stored, kept } = stateOf(fresh);
  Object.assign(state, { stored, kept });
  const changes: [name: string, before: unknown][] = [];
  for (const name of new Set([...state.values.keys(), ...values.keys()])) {
    const before = state.values.get(name) ?? null;
    if (values.has(name)) state.values.set(name, merged(before, values.get(name), adopted));
    else state.values.delete(name);
    if (!deepEquals(before, state.values.get(name) ?? null)) changes.push([name, before]);
  }
  for (const [name, before] of changes) tellObservers(old, name, before, state.values.get(name) ?? null);
}

function merged(old: unknown, fresh: unknown, adopted: Map<Serializable, Serializable>): unknown {
  if (fresh instanceof Serializable) {
    if (!(old instanceof Serializable) || old.constructor !== fresh.constructor) return fresh;
    adoptInto(old, fresh, adopted);
    return old;
  }
  if (Array.isArray(fresh) && Array.isArray(old)) {
    for (const [index, item] of fresh.entries()) fresh[index] = merged(old[index], item, adopted);
  } else if (isPlainObject(fresh) && isPlainObject(old)) {
    for (const [key, item] of Object.entries(fresh)) fresh[key] = merged(old[key], item, adopted);
  }
  return fresh;
}
