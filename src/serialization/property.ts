/** Declaration of one property of a serializable class. */

import type { Known } from "../arguments/known-options.js";
import type { Synonyms } from "../arguments/option-problem.js";
import type { DatasetOptions, NDArray } from "../format/index.js";
import type { ArrayInput } from "./array-input.js";
import { requireOptions } from "./require-options.js";
import type { ScalarType } from "./scalar.js";
import type { Serializable } from "./serializable.js";

/** Told of each change; `oldValue` is `null` at first. */
export interface Observer<Out> {
  // Method syntax, so that an observer may declare its own class as the type of `instance`.
  bivariant(instance: Serializable, oldValue: Out | null, newValue: Out): void;
}

/** How the arrays of a property or class are stored. */
export interface StorageOptions {
  /** Chunk shape, of the arrays' rank. By default 16 KiB or more, less where an object has very many short arrays. */
  readonly chunks?: readonly number[];
  /** Filters, in the order in which they are applied. */
  readonly filters?: DatasetOptions["filters"];
}

/** Settings of a property that do not depend on its type. */
export interface PropertySettings extends StorageOptions {
  /** Whether the property can be set only once; reading it before fixes it to its default. */
  readonly writeonce?: boolean;
  /** Whether `copy` takes the property along and `equals` compares it. Default true. */
  readonly copiable?: boolean;
  /** Whether files hold the property. Default: the same as `copiable`. */
  readonly saved?: boolean;
  /** What the property is. */
  readonly doc?: string;
  /** The type its scalar is stored with. */
  readonly type?: ScalarType;
  /** Whether `open` leaves the property's arrays in the file. Default true. */
  readonly lazy?: boolean;
}

/** What {@link property} takes. */
export interface PropertyOptions<Out, In> extends PropertySettings {
  /** Called with each value but `null`, defaults included; what it returns is kept. */
  readonly parser?: (value: In) => Out;
  /** Called after each change, in order. */
  readonly observers?: readonly Observer<Out>["bivariant"][];
  /** Called once, after the first value was set and its observers were told. */
  // Method syntax for the same reason as above.
  postInit?(instance: Serializable): void;
}

const propertyNames: Known<PropertyOptions<unknown, never> & { readonly default?: unknown }> = {
  default: true,
  chunks: "array",
  filters: "array",
  writeonce: "boolean",
  copiable: "boolean",
  saved: "boolean",
  doc: "string",
  type: true,
  lazy: "boolean",
  parser: "function",
  observers: "array",
  postInit: "function",
};

const propertySynonyms: Synonyms = { value: "default", dtype: "type", readonly: "writeonce" };

/** A property's default: a value, or a function of the instance that makes one. */
export type Default<Value> = Value | { bivariant(instance: Serializable): Value }["bivariant"];

/** A declared property of any type. */
export interface AnyProperty {
  readonly definition: PropertyDefinition;
}

/** A declared property; made by {@link property}. */
export interface Property<Out, In = Out> extends AnyProperty {
  /** Never present: carries the types. */
  readonly types?: { readonly out: Out; readonly in: (value: In) => void };
}

/** What a property is, without its types. */
export interface PropertyDefinition extends PropertySettings {
  readonly default: unknown;
  readonly parser: ((value: unknown) => unknown) | undefined;
  readonly observers: readonly ((instance: Serializable, oldValue: unknown, newValue: unknown) => void)[];
  readonly postInit: ((instance: Serializable) => void) | undefined;
  readonly writeonce: boolean;
  readonly copiable: boolean;
  readonly saved: boolean;
  readonly lazy: boolean;
}

/** Named properties, as `define` takes them. */
export type Schema = Readonly<Record<string, AnyProperty>>;

/** What the properties of a schema are read as. */
export type Values<S extends Schema> = {
  -readonly [Key in keyof S]: S[Key] extends Property<infer Out, infer _In> ? Out : never;
};

/** What can be given for a value: arrays also without a shape, and `null` for the default. */
export type Given<In> = In | null | undefined | ([Extract<In, NDArray>] extends [never] ? never : ArrayInput);

/** What a constructor takes for a schema. */
export type Init<S extends Schema> = {
  readonly [Key in keyof S]?: S[Key] extends Property<infer _Out, infer In> ? Given<In> : never;
};

/** A property with a parser. */
export function property<Out, In = Out>(
  options: PropertyOptions<Out, In> & {
    readonly parser: (value: In) => Out;
    readonly default: Default<NoInfer<In> | NoInfer<Out>>;
  },
): Property<Out, In>;
/** A property with a parser that is `null` until it is set. */
export function property<Out, In = Out>(
  options: PropertyOptions<Out, In> & { readonly parser: (value: In) => Out; readonly default?: null },
): Property<Out | null, In>;
/** A property with a default. */
export function property<Out, In = Out>(
  options: PropertyOptions<Out, In> & { readonly default: Default<Out> },
): Property<Out, In>;
/** A property that is `null` until it is set. */
export function property<Out = unknown, In = Out>(options?: PropertyOptions<Out, In>): Property<Out | null, In>;
export function property(
  options: PropertyOptions<unknown, never> & { readonly default?: unknown } = {},
): Property<unknown, never> {
  requireOptions("property", options, propertyNames, propertySynonyms);
  const copiable = options.copiable ?? true;
  const definition = {
    ...options,
    default: options.default ?? null,
    parser: options.parser as PropertyDefinition["parser"],
    observers: (options.observers ?? []) as PropertyDefinition["observers"],
    postInit: options.postInit,
    writeonce: options.writeonce ?? false,
    copiable,
    saved: options.saved ?? copiable,
    lazy: options.lazy ?? true,
  };
  return { definition };
}
