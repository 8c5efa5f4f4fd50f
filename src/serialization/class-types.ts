/** The types of the classes that `define` makes. */

import type { ConstructorOptions, ConstructorSource } from "./construct-from.js";
import type { Given, HasSchema, Init, Property, Schema, SchemaOf, Values } from "./property-types.js";
import type { Constructor } from "./registry.js";
import type { Serializable } from "./serializable.js";

/** The instances of a class that `define` made. */
export type DefinedInstance<Base extends Constructor<Serializable>, S extends Schema> = InstanceType<Base> &
  Values<S> &
  HasSchema<S>;

/** A class that `define` made. */
export type DefinedClass<Base extends Constructor<Serializable>, S extends Schema> = {
  readonly [Key in Exclude<keyof Base, "prototype">]: Base[Key];
} & {
  readonly prototype: DefinedInstance<Base, S>;
} & FromSource<Base, S> & {
    new (init?: InitOf<Base> & Init<S>): DefinedInstance<Base, S>;
  };

/** Persistable classes can be constructed with a file. The other signature is the last, which says what values they take. */
type FromSource<Base extends Constructor<Serializable>, S extends Schema> = Base extends { readonly loadSync: unknown }
  ? {
      new (source: ConstructorSource, options?: ConstructorOptions<DefinedInstance<Base, S>>): DefinedInstance<Base, S>;
    }
  : unknown;

/** What a class's constructor takes. */
export type InitOf<Base extends Constructor<Serializable>> = Base extends abstract new (
  init?: infer I,
) => unknown
  ? // The root class takes any properties, which is to say none of its own; decorated ones do not say which.
    string extends keyof NonNullable<I>
    ? [PropertyNames<InstanceType<Base>>] extends [never]
      ? unknown
      : Updates<InstanceType<Base>>
    : NonNullable<I>
  : unknown;

/** The names of an instance's members that are no methods, of a class that does not say which are its properties. */
type FieldNames<Instance> = {
  [Key in keyof Instance]-?: Key extends string
    ? NonNullable<Instance[Key]> extends (...args: never[]) => unknown
      ? never
      : Key
    : never;
}[keyof Instance];

/** The names of the properties of an instance. */
export type PropertyNames<Instance> =
  unknown extends SchemaOf<Instance>
    ? Exclude<FieldNames<Instance>, keyof Serializable | "isOpen">
    : Extract<keyof SchemaOf<Instance>, string>;

/** The names of the properties whose arrays `open` leaves in the file, unless it is told others. */
export type LazyNames<Instance> = {
  [Name in PropertyNames<Instance>]: SchemaOf<Instance> extends { readonly [N in Name]: infer P }
    ? P extends Property<infer _Out, infer _In, infer Stays>
      ? false extends Stays
        ? never
        : Name
      : Name
    : Name;
}[PropertyNames<Instance>];

/** What `update` takes. */
export type Updates<Instance> =
  SchemaOf<Instance> extends Schema
    ? Init<SchemaOf<Instance>>
    : { readonly [Name in PropertyNames<Instance>]?: Name extends keyof Instance ? Given<Instance[Name]> : never };
