/** What consoles print of an instance. */

import { classInfoOf } from "./class-info.js";
import { readProperty } from "./instance-state.js";
import type { Serializable } from "./serializable.js";

/** Classes that have nothing but the name of another: some consoles print all methods of what they are given. */
const nominal = new WeakMap<object, object>();

/** One for each instance while it is printed, so that consoles notice circular references. */
const snapshots = new WeakMap<object, WeakRef<object>>();

/**
 * An object with the name of the class and plain values, for consoles, which would print accessors as such. A default
 * that cannot be made does not keep the rest from being printed.
 */
export function snapshot(instance: Serializable): object {
  const copy = snapshots.get(instance)?.deref() ?? emptySnapshot(instance);
  const shown = classInfoOf(instance.constructor)?.shown;
  for (const key of Reflect.ownKeys(instance)) {
    const definition = typeof key === "string" ? shown?.get(key) : undefined;
    const descriptor =
      definition === undefined
        ? Object.getOwnPropertyDescriptor(instance, key)
        : { value: readOrError(() => readProperty(instance, String(key), definition)), enumerable: true };
    if (descriptor !== undefined) Object.defineProperty(copy, key, { ...descriptor, configurable: true });
  }
  return copy;
}

function emptySnapshot(instance: Serializable): object {
  const type = instance.constructor;
  let prototype = nominal.get(type);
  if (prototype === undefined) {
    const named = class {};
    // The second is where Bun looks first.
    Object.defineProperties(named, { name: { value: type.name }, displayName: { value: type.name } });
    prototype = named.prototype as object;
    nominal.set(type, prototype);
  }
  const copy: object = Object.create(prototype);
  snapshots.set(instance, new WeakRef(copy));
  return copy;
}

function readOrError(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}
