/** What consoles print of an instance. */

import { classInfoOf } from "./class-info.js";
import { readProperty } from "./instance-state.js";
import { printed } from "./printing.js";
import type { Serializable } from "./serializable.js";

/**
 * An object of the same class with plain values, for consoles, which would print accessors as such. A default that
 * cannot be made does not keep the rest from being printed.
 */
export function snapshot(instance: Serializable): object {
  const copy: object = Object.create(Object.getPrototypeOf(instance), {
    // So that consoles do not ask the copy in its turn.
    [printed]: { value: undefined },
  });
  const shown = classInfoOf(instance.constructor)?.shown;
  for (const key of Reflect.ownKeys(instance)) {
    const definition = typeof key === "string" ? shown?.get(key) : undefined;
    const descriptor =
      definition === undefined
        ? Object.getOwnPropertyDescriptor(instance, key)
        : { value: readOrError(() => readProperty(instance, String(key), definition)), enumerable: true };
    if (descriptor !== undefined) Object.defineProperty(copy, key, descriptor);
  }
  return copy;
}

function readOrError(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}
