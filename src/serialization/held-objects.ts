/** Properties that hold objects of a declared class, so that whoever loads a file need not have used the class before. */

import { describeValue } from "../arguments/describe-value.js";
import { classInfoOf } from "./class-info.js";
import { isPlainObject, serializedAsIs } from "./deep.js";
import { invalidArgument } from "./errors.js";
import type { Default, HolderOptions } from "./property.js";
import type { Property } from "./property-types.js";
import type { Constructor } from "./registry.js";
import { noteSubclass } from "./registry.js";
import type { Serializable } from "./serializable.js";

/** The forms of `property` for objects. The class is given by a function, as it may be defined further down. */
export interface HolderMakers {
  /**
   * A property that holds an object of a class, or of one that extends it. A class that holds itself says so twice, as
   * TypeScript does not find out: `property.of((): Constructor<Node> => Node)`.
   */
  of<Instance, Self = Serializable, const Stays extends boolean = true>(
    holds: () => Constructor<Instance>,
    options: HolderOptions<Instance, Self, Stays> & { readonly default: Default<NoInfer<Instance>, Self> },
  ): Property<Instance, Instance, Stays>;
  of<Instance, Self = Serializable, const Stays extends boolean = true>(
    holds: () => Constructor<Instance>,
    options?: HolderOptions<Instance | null, Self, Stays> & { readonly default?: null | undefined },
  ): Property<Instance | null, Instance, Stays>;
  /** A property that holds a list of objects of a class; empty at first. */
  listOf<Instance, Self = Serializable, const Stays extends boolean = true>(
    holds: () => Constructor<Instance>,
    options?: HolderOptions<Instance[], Self, Stays> & {
      readonly default?: Default<readonly NoInfer<Instance>[], Self>;
    },
  ): Property<Instance[], readonly Instance[], Stays>;
  /** A property that holds a dict of objects of a class; empty at first. */
  dictOf<Instance, Self = Serializable, const Stays extends boolean = true>(
    holds: () => Constructor<Instance>,
    options?: HolderOptions<Record<string, Instance>, Self, Stays> & {
      readonly default?: Default<Readonly<Record<string, NoInfer<Instance>>>, Self>;
    },
  ): Property<Record<string, Instance>, Readonly<Record<string, Instance>>, Stays>;
}

type Converter = (value: unknown) => unknown;

const noted = new WeakSet<object>();

/** Makes the classes that a class's properties hold known under their stored names. */
export function noteHeld(type: Constructor | undefined): void {
  const info = classInfoOf(type);
  if (info === undefined || noted.has(info)) return;
  for (const [name, { holds }] of info.schema) {
    const held = holds === undefined ? undefined : heldClass(name, holds);
    const heldInfo = classInfoOf(held);
    if (held !== undefined && heldInfo !== undefined) noteSubclass(heldInfo.name, held, false);
  }
  noted.add(info);
}

function heldClass(name: string, holds: () => Constructor<unknown>): Constructor {
  const type = holds();
  if (typeof type === "function") return type as Constructor;
  throw invalidArgument(`the property ${JSON.stringify(name)} does not say of which class its objects are`);
}

/** Checks an object. */
export function objectConverter(holds: () => Constructor<unknown>): Converter {
  return (value) => {
    checkInstance(value, holds(), "");
    return value;
  };
}

/** Checks the items of a list. */
export function listConverter(holds: () => Constructor<unknown>): Converter {
  return (value) => {
    if (!Array.isArray(value)) throw invalidArgument(`expected a list of ${holds().name}, found ${described(value)}`);
    const type = holds();
    value.forEach((item, index) => {
      checkInstance(item, type, ` at index ${index}`);
    });
    return value;
  };
}

/** Checks the values of a dict. */
export function dictConverter(holds: () => Constructor<unknown>): Converter {
  return (value) => {
    if (!isPlainObject(value)) throw invalidArgument(`expected a dict of ${holds().name}, found ${described(value)}`);
    const type = holds();
    for (const [key, item] of Object.entries(value)) checkInstance(item, type, ` under ${JSON.stringify(key)}`);
    return value;
  };
}

function checkInstance(value: unknown, type: Constructor<unknown>, place: string): void {
  if (value instanceof type || isOfRedefined(value, type)) return;
  // What is still in a file stands for an instance.
  if (typeof value === "object" && value !== null && serializedAsIs in value) return;
  throw invalidArgument(`expected an instance of ${type.name}${place}, found ${described(value)}`);
}

/** Whether an object is of what its class was before it was defined anew, as in notebooks and when modules are reloaded. */
function isOfRedefined(value: unknown, type: Constructor<unknown>): boolean {
  const name = classInfoOf(type)?.name;
  if (name === undefined || typeof value !== "object" || value === null) return false;
  for (let info = classInfoOf(value.constructor); info !== undefined; info = info.base) {
    if (info.name === name) return !info.generic;
  }
  return false;
}

function described(value: unknown): string {
  if (typeof value !== "object" || value === null) return describeValue(value);
  return `an instance of ${classInfoOf(value.constructor)?.name ?? value.constructor?.name ?? "Object"}`;
}
