/**
 * Where objects come from, and which of their properties cannot have been changed since: those that nobody has read or
 * set, as an array or list can only be changed by whoever has got it.
 */

import { classInfoOf, storedNameOf } from "./class-info.js";
import { deepEquals } from "./deep.js";
import { defaultValue, stateOf } from "./instance-state.js";
import type { Serializable } from "./serializable.js";

/** A file as an object was read from it or written to it. */
export interface Origin {
  /** The absolute path. */
  readonly path: string;
  /** What the file system says of the file, other when it has been changed. */
  readonly version: string;
  /** Whether older versions of classes wrote it, so that objects are not as they are there. */
  readonly isOutdated?: boolean;
}

/** The place of an object in the file that it comes from. */
interface Home {
  readonly origin: Origin;
  readonly path: string;
}

const homes = new WeakMap<Serializable, Home>();
/** Properties of root objects that were not loaded. */
const missing = new WeakMap<Serializable, ReadonlySet<string>>();

/** Objects and the paths of their groups. */
export type Placed = readonly (readonly [Serializable, string])[];

/** Objects have been read from a file: what was touched since they were made may have changed. */
export function rememberRead(objects: Placed, origin: Origin): void {
  for (const [instance, path] of objects) homes.set(instance, { origin, path });
}

/**
 * Objects have been written to a file. Lists, arrays and objects that were touched stay so: the caller may have them in
 * hand.
 */
export function rememberWritten(objects: Placed, origin: Origin): void {
  for (const [instance, path] of objects) {
    const { touched, values } = stateOf(instance);
    for (const name of touched) {
      const value = values.get(name);
      if (typeof value !== "object" || value === null) touched.delete(name);
    }
    homes.set(instance, { origin, path });
    const left = missingNames(instance);
    if (left.size > 0) missing.set(instance, left);
    else missing.delete(instance);
  }
}

/** The file that an object comes from. */
export function originOf(instance: Serializable): Origin | undefined {
  return homes.get(instance)?.origin;
}

/** The names in the file of the properties of an object at `path` that are as they were in the file. */
export function untouchedNames(instance: Serializable, path: string, origin: Origin): ReadonlySet<string> {
  const home = homes.get(instance);
  const names = new Set<string>();
  if (home === undefined || home.origin !== origin || home.path !== path || origin.isOutdated) return names;
  const info = classInfoOf(instance.constructor);
  const { touched } = stateOf(instance);
  for (const name of info?.schema.keys() ?? []) if (!touched.has(name)) names.add(storedNameOf(info, name));
  return names;
}

/** Only these properties of an object were loaded. */
export function rememberPartial(instance: Serializable, loaded: readonly string[]): void {
  const names = [...(classInfoOf(instance.constructor)?.schema.keys() ?? [])];
  const rest = names.filter((name) => !loaded.includes(name));
  if (rest.length > 0) missing.set(instance, new Set(rest));
}

/** The properties of an object that were not loaded and not set since. */
export function missingNames(instance: Serializable): ReadonlySet<string> {
  const names = missing.get(instance);
  if (names === undefined) return new Set();
  const { values, assigned } = stateOf(instance);
  const schema = classInfoOf(instance.constructor)?.schema;
  const left = [...names].filter((name) => {
    const definition = schema?.get(name);
    if (assigned.has(name) || definition === undefined) return false;
    // A list that was read is the default, which may have been filled since.
    return !values.has(name) || deepEquals(values.get(name), defaultValue(instance, name, definition) ?? null);
  });
  return new Set(left);
}
