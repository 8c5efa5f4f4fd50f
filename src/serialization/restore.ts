/**
 * Instances for values that are there already: those of a file, of a tree, of an object that is copied.
 *
 * The class's constructor is called, as only it can make private fields and run the initialisers of others. But it may
 * take anything, so it is called without arguments, and the base constructor takes the values from here.
 */

import { HDF5Error } from "../format/index.js";
import { invalidArgument, messageOf } from "./errors.js";
import { stateOf } from "./instance-state.js";
import type { Constructor } from "./registry.js";
import type { Serializable } from "./serializable.js";
import type { Dict } from "./serialize.js";

interface Restoring {
  readonly type: Constructor;
  readonly values: Dict;
}

let next: Restoring | undefined;

/** Values of files that constructors are given as their arguments. */
const ofFiles = new WeakSet<object>();

/** Marks values that a file has. */
export function fromFile(values: Dict): Dict {
  ofFiles.add(values);
  return values;
}

/** Whether the values that a constructor was given are those of a file. */
export function isFromFile(values: unknown): boolean {
  return typeof values === "object" && values !== null && ofFiles.has(values);
}

/** The values for an instance that is being constructed, where they are not the constructor's arguments. */
export function takeRestored(type: Constructor): Dict | undefined {
  if (next?.type !== type) return undefined;
  const { values } = next;
  next = undefined;
  return values;
}

/** Calls the constructor of a class for an instance that has these values. */
export function constructRestored(type: Constructor, values: Dict): Serializable {
  const outer = next;
  next = { type, values };
  try {
    const instance = new (type as unknown as new () => Serializable)();
    const state = stateOf(instance);
    if (!state.restoring)
      throw invalidArgument(`the constructor of ${type.name} makes other instances of its class first`);
    state.restoring = false;
    return instance;
  } finally {
    next = outer;
  }
}

/** What `Serializable.restore` of a class makes of the values; what is wrong is said with the class and the place. */
export function restoreInstance(type: Constructor, values: Dict, path?: string): Serializable {
  const where = path === undefined ? "" : `${path}: `;
  try {
    const instance = (type as unknown as typeof Serializable).restore(values);
    if (!(instance instanceof type)) throw invalidArgument(`${type.name}.restore gives no instance of ${type.name}`);
    return instance;
  } catch (error) {
    if (error instanceof HDF5Error && error.path !== undefined) throw error;
    const message = messageOf(error);
    const code = error instanceof HDF5Error ? error.code : "invalid-argument";
    const advice = error instanceof HDF5Error ? "" : adviceFor(type, message);
    throw new HDF5Error(code, `${where}${type.name}: ${message}${advice}`, { path, cause: error });
  }
}

function adviceFor(type: Constructor, message: string): string {
  // V8, SpiderMonkey and JavaScriptCore, in this order.
  if (/redefine|unconfigurable/i.test(message)) {
    return '; a class field has the name of a property: remove it, or declare it without a value ("declare name: …")';
  }
  return `; the constructor of ${type.name} was called without arguments: if it needs some, override the static method restore`;
}
