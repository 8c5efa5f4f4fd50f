/** The types of declared properties, and what follows from them for the instances of a class. */

import type { NDArray, TypedArray } from "../format/index.js";
import type { ArrayInput } from "./array-input.js";
import type { PropertyDefinition } from "./property-definition.js";

/** What `property()` gives, as the decorator of an accessor: the property's default is the accessor's initial value. */
export type AccessorDecorator = <This extends object, Value>(
  target: ClassAccessorDecoratorTarget<This, Value>,
  context: ClassAccessorDecoratorContext<This, Value>,
) => ClassAccessorDecoratorResult<This, Value>;

/** A declared property of any type. */
export interface AnyProperty extends AccessorDecorator {
  readonly definition: PropertyDefinition;
}

/**
 * A declared property; made by `property`. It is read as `Out`, can be given as `In`, and `Stays` says whether `open`
 * leaves its arrays in the file.
 */
export interface Property<Out, In = Out, Stays extends boolean = true> extends AnyProperty {
  /** Never present: carries the types. */
  readonly types?: { readonly out: Out; readonly in: (value: In) => void; readonly stays: Stays };
}

/** Named properties, as `define` takes them. */
export type Schema = Readonly<Record<string, AnyProperty>>;

/** What the properties of a schema are read as. */
export type Values<S extends Schema> = {
  -readonly [Key in keyof S]: S[Key] extends Property<infer Out, infer _In, infer _Stays> ? Out : never;
};

/** What can be given for an array: one without a shape too. */
export type ArrayGiven<Value> =
  Value extends NDArray<infer _D, infer Data>
    ? TypedArray extends Data
      ? ArrayInput
      : Extract<Data, TypedArray>
    : never;

/** What can be given for a value: arrays also without a shape, and `null` for the default. */
export type Given<In> = In | null | undefined | ArrayGiven<In>;

/** What a constructor takes for a schema. */
export type Init<S extends Schema> = {
  readonly [Key in keyof S]?: S[Key] extends Property<infer _Out, infer In, infer _Stays> ? Given<In> : never;
};

declare const schemaOf: unique symbol;

/** Carries the properties of a class in the type of its instances; never present. */
export interface HasSchema<S> {
  readonly [schemaOf]?: S;
}

/** The properties that the type of an instance carries; `unknown` where it carries none. */
export type SchemaOf<Instance> = Instance extends HasSchema<infer S> ? S : unknown;
