/** Declaration of one property of a serializable class. */

import type { Known } from "../arguments/known-options.js";
import type { Synonyms } from "../arguments/option-problem.js";
import type { ArrayMaker, ArrayPropertyType } from "./array-property.js";
import { arrayConverter } from "./array-property.js";
import { accessorDecorator } from "./decorators.js";
import { invalidArgument } from "./errors.js";
import type { HolderMakers } from "./held-objects.js";
import { dictConverter, listConverter, objectConverter } from "./held-objects.js";
import type { PropertyDefinition, PropertySettings } from "./property-definition.js";
import type { Property } from "./property-types.js";
import type { Constructor } from "./registry.js";
import { requireOptions } from "./require-options.js";
import type { Serializable } from "./serializable.js";
import type { StandardSchema } from "./standard-schema.js";
import { isStandardSchema, validated } from "./standard-schema.js";

/** Told of each change; `oldValue` is `null` at first. */
export interface Observer<Out, Self = Serializable> {
  // Method syntax, so that an observer may declare a class as the type of `instance`.
  bivariant(instance: Self, oldValue: Out | null, newValue: Out): void;
}

/** Makes what is kept of what was given, or is a validator after the interface "Standard Schema". */
export type Parser<Out, In = Out, Self = Serializable> =
  | { bivariant(value: In, instance: Self): Out }["bivariant"]
  | StandardSchema<In, Out>;

/** What {@link property} takes besides a default. */
export interface PropertyOptions<Out, In = Out, Self = Serializable> extends PropertySettings {
  /** Called with each value but `null`, defaults included; what it returns is kept. */
  readonly parser?: Parser<Out, In, Self> | undefined;
  /** Called after each change, in order. */
  readonly observers?: readonly Observer<Out, Self>["bivariant"][] | undefined;
  /** Called once, after the first value was set and its observers were told. */
  // Method syntax for the same reason as above.
  postInit?(instance: Self): void;
}

/** What the forms of {@link property} take that say themselves what the property holds, and how it becomes that. */
export type HolderOptions<Out, Self, Stays> = Omit<PropertyOptions<Out, Out, Self>, keyof PropertySettings | "parser"> &
  Omit<PropertySettings, "type" | "lazy"> & { readonly lazy?: Stays | undefined };

const propertyNames: Known<PropertyOptions<unknown> & { readonly default?: unknown }> = {
  default: true,
  chunks: "array",
  maxShape: "array",
  filters: "array",
  writeonce: "boolean",
  copiable: "boolean",
  saved: "boolean",
  storedAs: "string",
  aliases: "array",
  doc: "string",
  type: true,
  lazy: "boolean",
  // A function, or a validator.
  parser: true,
  observers: "array",
  postInit: "function",
};

const propertySynonyms: Synonyms = { value: "default", dtype: "type", readonly: "writeonce" };

/** A property's default: a value, or a function of the instance that makes one. */
export type Default<Value, Self = Serializable> = Value | { bivariant(instance: Self): Value }["bivariant"];

/** The settings of a property whose arrays are loaded when its object is opened. */
interface Eager {
  readonly lazy: false;
}

/** The options of a property that is `null` until it is set. */
type Unset<Out, In, Self> = PropertyOptions<Out, In, Self> & { readonly default?: null | undefined };

/** `null` is no default of its own: what the type of the property is does not follow from it. */
type WithDefault<Out, In, Self> = PropertyOptions<Out, In, Self> & { readonly default: Default<Out, Self> & {} };

/** The options of a property whose parser gets the default too. */
type WithParser<Out, In, Self> = PropertyOptions<Out, In, Self> & {
  readonly parser: Parser<Out, In, Self>;
  readonly default: Default<NoInfer<In> | NoInfer<Out>, Self> & {};
};

/** The options of a property with an empty default, which says nothing of what is going to be in it. */
type WithEmpty<Nothing, Value> = PropertyOptions<Value> & {
  readonly default: Nothing | (() => Nothing);
  readonly parser?: undefined;
};

type EmptyList = readonly never[];
type EmptyDict = Readonly<Record<string, never>>;
type Dict = Record<string, unknown>;

/**
 * Declares properties.
 *
 * The types are inferred, or given: `property<NDArray<"float64"> | null>({ default: null })`. Observers and the like
 * may name the class that is being defined as the type of their first parameter where the others are inferred, and
 * where it is given as the third type.
 */
export interface PropertyMaker extends ArrayMaker, HolderMakers {
  /** A property of a list. */
  (options: WithEmpty<EmptyList, unknown[]> & Eager): Property<unknown[], readonly unknown[], false>;
  (options: WithEmpty<EmptyList, unknown[]>): Property<unknown[], readonly unknown[]>;
  /** A property of a dict. */
  (options: WithEmpty<EmptyDict, Dict> & Eager): Property<Dict, Readonly<Dict>, false>;
  (options: WithEmpty<EmptyDict, Dict>): Property<Dict, Readonly<Dict>>;
  // The first of those with type parameters gives functions their context, the last one is what errors tell of.
  /** A property with a default. */
  <Out, In = Out, Self = Serializable>(options: WithDefault<Out, In, Self> & Eager): Property<Out, In, false>;
  /** A property with a parser. */
  <Out, In = Out, Self = Serializable>(options: WithParser<Out, In, Self> & Eager): Property<Out, In, false>;
  <Out, In = Out, Self = Serializable>(options: WithParser<Out, In, Self>): Property<Out, In>;
  /** A property that is `null` until it is set. */
  <Out = unknown, In = Out, Self = Serializable>(
    options: Unset<Out, In, Self> & Eager,
  ): Property<Out | null, In, false>;
  <Out = unknown, In = Out, Self = Serializable>(options?: Unset<Out, In, Self>): Property<Out | null, In>;
  /** A property with a default. */
  <Out, In = Out, Self = Serializable>(options: WithDefault<Out, In, Self>): Property<Out, In>;
}

/** Options of any property, as they arrive. */
type AnyOptions = PropertyOptions<unknown, unknown, never> & { readonly default?: unknown };

function declare(
  options: AnyOptions,
  more: Pick<PropertyDefinition, "convert" | "elements" | "holds"> & { readonly default?: unknown } = {},
): Property<never, unknown, never> {
  requireOptions("property", options, propertyNames, propertySynonyms);
  const { parser } = options;
  if (parser !== undefined && typeof parser !== "function" && !isStandardSchema(parser)) {
    throw invalidArgument('property: "parser" is a function or a validator (Standard Schema)');
  }
  const { maxShape } = options;
  if (maxShape !== undefined && !maxShape.every((most) => most === null || (Number.isSafeInteger(most) && most >= 0))) {
    throw invalidArgument('property: "maxShape" has a size for each axis, or null for one without a limit');
  }
  const definition: PropertyDefinition = {
    ...options,
    ...more,
    default: options.default ?? more.default ?? null,
    parser: parserOf(options.parser as Parser<unknown> | undefined),
    observers: (options.observers ?? []) as PropertyDefinition["observers"],
    postInit: options.postInit as PropertyDefinition["postInit"],
    writeonce: options.writeonce ?? false,
    copiable: options.copiable ?? true,
    saved: options.saved ?? true,
    lazy: options.lazy ?? true,
  };
  return Object.assign(accessorDecorator(definition), { definition });
}

function parserOf(parser: Parser<unknown> | undefined): PropertyDefinition["parser"] {
  return isStandardSchema(parser) ? (value) => validated(parser, value) : parser;
}

/** Declares properties; see {@link PropertyMaker}. */
export const property: PropertyMaker = Object.assign((options: AnyOptions = {}) => declare(options), {
  array: (dtype: ArrayPropertyType, options: AnyOptions = {}) =>
    declare(options, { elements: dtype, convert: arrayConverter(dtype) }),
  of: (holds: () => Constructor<unknown>, options: AnyOptions = {}) =>
    declare(options, { holds, convert: objectConverter(holds) }),
  listOf: (holds: () => Constructor<unknown>, options: AnyOptions = {}) =>
    declare(options, { holds, convert: listConverter(holds), default: () => [] }),
  dictOf: (holds: () => Constructor<unknown>, options: AnyOptions = {}) =>
    declare(options, { holds, convert: dictConverter(holds), default: () => ({}) }),
});
