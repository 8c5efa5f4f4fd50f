/** The types of the classes that `define` makes. */

import type { NDArray } from "../format/index.js";
import type { ArrayInput } from "./array-input.js";
import type { Init, Schema, Values } from "./property.js";
import type { Constructor } from "./registry.js";
import type { Serializable } from "./serializable.js";

/** A class that `define` made. */
export type DefinedClass<Base extends Constructor<Serializable>, S extends Schema> = {
  readonly [Key in Exclude<keyof Base, "prototype">]: Base[Key];
} & {
  readonly prototype: InstanceType<Base> & Values<S>;
  new (init?: InitOf<Base> & Init<S>): InstanceType<Base> & Values<S>;
};

/** What a class's constructor takes. */
export type InitOf<Base> = Base extends abstract new (
  init?: infer I,
) => unknown
  ? // The root class takes any properties, which is to say none of its own.
    string extends keyof NonNullable<I>
    ? unknown
    : NonNullable<I>
  : unknown;

/** The names of the properties of an instance. */
export type PropertyNames<Instance> = Exclude<keyof Instance, keyof Serializable | "save" | "saveSync" | symbol>;

/** What {@link Serializable.update} takes. */
export type Updates<Instance> = {
  readonly [Key in PropertyNames<Instance>]?:
    | Instance[Key]
    | null
    | ([Extract<Instance[Key], NDArray>] extends [never] ? never : ArrayInput);
};
