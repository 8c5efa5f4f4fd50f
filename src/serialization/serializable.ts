// biome-ignore-all lint/complexity/noThisInStatic: static methods act on the class that they are called on
/** Classes with declared properties, which can be copied, compared and turned into plain trees. */

import type { Known } from "../arguments/known-options.js";
import type { NDArray } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import type { ArrayInput } from "./array-input.js";
import type { ClassInfo } from "./class-info.js";
import { classInfoOf, setClassInfo } from "./class-info.js";
import { copyDeep, deepCopy, deepEquals, equalsDeep, isPlainObject } from "./deep.js";
import { invalidArgument } from "./errors.js";
import { createState, readProperty, stateOf, writeProperty } from "./instance-state.js";
import type { Init, PropertyDefinition, Schema, StorageOptions, Values } from "./property.js";
import { property } from "./property.js";
import type { Constructor } from "./registry.js";
import { noteSubclass, registerClass } from "./registry.js";
import { requireOptions } from "./require-options.js";
import type { Dict } from "./serialize.js";
import { classKey, containerKey, deserializeValue, serializeValue } from "./serialize.js";

/** What `define` can be told besides name and properties. */
export interface DefineOptions extends StorageOptions {
  /** The suffix that `save` gives to paths; inherited, `.hdf5` at first. */
  readonly extension?: string;
  /** Whether the class takes the place of one that is defined under the same name. */
  readonly replace?: boolean;
}

const defineNames: Known<DefineOptions> = {
  chunks: "array",
  filters: "array",
  extension: "string",
  replace: "boolean",
};

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

/** How {@link Serializable.serialize} goes about it. */
export interface SerializeOptions {
  /** Whether scalars whose stored type is fixed come as typed scalars. Default false. */
  readonly types?: boolean;
}

const serializeNames: Known<SerializeOptions> = { types: "boolean" };

const defaultExtension = ".hdf5";

/** The instance handlers: they refuse to delete or shadow properties, which accessors alone cannot. */
const handler: ProxyHandler<Serializable> = {
  deleteProperty(target, key) {
    if (typeof key === "string" && classInfoOf(target.constructor)?.schema.has(key)) {
      throw invalidArgument(`the property ${JSON.stringify(key)} cannot be deleted; set it to null for its default`);
    }
    return Reflect.deleteProperty(target, key);
  },
  defineProperty(target, key, descriptor) {
    if (typeof key === "string" && classInfoOf(target.constructor)?.schema.has(key)) {
      throw invalidArgument(
        `a class field shadows the property ${JSON.stringify(key)}: remove the field, or declare it without a value ("declare ${key}: …")`,
      );
    }
    return Reflect.defineProperty(target, key, descriptor);
  },
};

/**
 * The base of classes with declared properties. Classes are made with {@link Serializable.define}:
 *
 * ```ts
 * class Point extends Serializable.define("geometry.Point", { x: property({ default: 0 }), y: property({ default: 0 }) }) {}
 * ```
 */
export class Serializable {
  /** An instance with these values; properties that are not mentioned have their defaults. */
  constructor(init?: Readonly<Record<string, unknown>>) {
    const info = classInfoOf(new.target);
    if (info === undefined) {
      throw invalidArgument("this class has no properties: make it with define(name, properties)");
    }
    noteSubclass(info.name, new.target, false);
    // Only a proxy can refuse shadowing and deletion.
    const instance = new Proxy<this>(this, handler);
    createState(instance);
    if (init !== undefined && init !== null) assignAll(instance, info, init);
    // biome-ignore lint/correctness/noConstructorReturn: the proxy stands for the instance
    return instance;
  }

  /**
   * A class with these properties besides those of the class it is called on.
   *
   * @param name - The name that files store, such as `mymodule.Experiment`.
   */
  static define<Base extends Constructor<Serializable>, const S extends Schema>(
    this: Base,
    name: string,
    schema: S,
    options: DefineOptions = {},
  ): DefinedClass<Base, S> {
    if (typeof name !== "string" || name === "" || name.includes("\0")) {
      throw invalidArgument("a class needs a name to be stored under");
    }
    requireOptions("define", options, defineNames);
    if (!isPlainObject(schema) || !Object.values(schema).every(isProperty)) {
      throw invalidArgument("define takes an object with properties, each made by property()");
    }
    const definitions = new Map(Object.entries(schema).map(([key, { definition }]) => [key, definition]));
    const type = makeClass(this, name, definitions, options, false);
    registerClass(name, type, options.replace ?? false);
    return type as unknown as DefinedClass<Base, S>;
  }

  /** The name that files store. */
  static get className(): string {
    return infoOf(this).name;
  }

  /** The suffix that `save` gives to paths. */
  static get extension(): string {
    return classInfoOf(this)?.extension ?? defaultExtension;
  }

  /** The names of all properties, in declaration order. */
  static get propertyNames(): readonly string[] {
    return [...infoOf(this).schema.keys()];
  }

  /** What a property was declared as. */
  static propertyDefinition(name: string): PropertyDefinition {
    const definition = infoOf(this).schema.get(name);
    if (definition === undefined) throw new HDF5Error("not-found", `there is no property ${JSON.stringify(name)}`);
    return definition;
  }

  /**
   * Makes this class the one that is constructed for its stored name. A class that extends a defined one becomes
   * known when it is first used; a module that only loads files by stored name calls this first.
   */
  static register<This extends Constructor<Serializable>>(this: This): This {
    noteSubclass(infoOf(this).name, this, true);
    return this;
  }

  /** The plain tree of a value: an object becomes a dict with its class's name under `__class__`. */
  static serialize(value: unknown, options: SerializeOptions = {}): unknown {
    return treeOf(value, options);
  }

  /** The value of a plain tree. Names of classes that are not defined give generic classes. */
  static deserialize(tree: unknown): unknown {
    return deserializeValue(tree, "/root", { genericClass: genericClasses(genericBase(this)) });
  }

  /** The values of all properties by name, in declaration order. */
  static valuesOf(instance: Serializable): Map<string, unknown> {
    const { schema } = infoOf(instance.constructor);
    return new Map(Array.from(schema, ([name, definition]) => [name, readProperty(instance, name, definition)]));
  }

  /** Sets several properties; arrays may be given without a shape. */
  update(values: Updates<this>): this {
    assignAll(this, infoOf(this.constructor), values);
    return this;
  }

  /** A new instance with copies of the copiable properties' values. */
  copy(): this {
    return this[copyDeep](0);
  }

  /** Whether another object is of the same class and its copiable properties have the same values. */
  equals(other: unknown): boolean {
    return this[equalsDeep](other, 0);
  }

  /** The plain tree of this object. */
  serialize(options?: SerializeOptions): Dict {
    return treeOf(this, options) as Dict;
  }

  /** @internal */
  [copyDeep](depth: number): this {
    const { schema } = infoOf(this.constructor);
    const init: Dict = Object.create(null);
    for (const [name, definition] of schema) {
      if (definition.copiable) init[name] = deepCopy(readProperty(this, name, definition), depth);
    }
    const copy = new (this.constructor as new (init: Dict) => this)(init);
    stateOf(copy).stored = stateOf(this).stored;
    return copy;
  }

  /** @internal */
  [equalsDeep](other: unknown, depth: number): boolean {
    if (Object.is(this, other)) return true;
    if (!isSerializable(other)) return false;
    const info = infoOf(this.constructor);
    const otherInfo = infoOf(other.constructor);
    if (info.name !== otherInfo.name || info.schema.size !== otherInfo.schema.size) return false;
    for (const [name, definition] of info.schema) {
      if (!definition.copiable) continue;
      const otherDefinition = otherInfo.schema.get(name);
      if (otherDefinition === undefined) return false;
      const value = readProperty(this, name, definition);
      if (!deepEquals(value, readProperty(other, name, otherDefinition), depth)) return false;
    }
    return true;
  }
}

function treeOf(value: unknown, options: SerializeOptions = {}): unknown {
  requireOptions("serialize", options, serializeNames);
  const { types: typed = false } = options;
  return serializeValue(value, "/root", { typed, savedOnly: false, ancestors: new Map() });
}

function isSerializable(value: unknown): value is Serializable {
  return value instanceof Serializable;
}

/** What is known of a defined class. */
export function infoOf(type: unknown): ClassInfo {
  const info = classInfoOf(type);
  if (info === undefined) throw invalidArgument("this class was not made with define(name, properties)");
  return info;
}

function isProperty(value: unknown): boolean {
  return typeof value === "object" && value !== null && "definition" in value;
}

function assignAll(instance: Serializable, info: ClassInfo, values: object): void {
  if (typeof values !== "object" || Array.isArray(values)) {
    throw invalidArgument(`${info.name} takes an object with the values of its properties`);
  }
  const unknown = Object.keys(values).filter((key) => !info.schema.has(key));
  if (unknown.length > 0) {
    throw invalidArgument(
      `${info.name} has no ${unknown.length > 1 ? "properties" : "property"} ${unknown.map((key) => JSON.stringify(key)).join(", ")}`,
    );
  }
  for (const [name, value] of Object.entries(values)) {
    const definition = info.schema.get(name);
    if (definition !== undefined) writeProperty(instance, name, definition, value);
  }
}

function defineAccessor(prototype: object, name: string, definition: PropertyDefinition): void {
  Object.defineProperty(prototype, name, {
    get(this: Serializable): unknown {
      return readProperty(this, name, definition);
    },
    set(this: Serializable, value: unknown) {
      writeProperty(this, name, definition, value);
    },
    enumerable: true,
    configurable: true,
  });
}

function makeClass(
  base: Constructor<Serializable>,
  name: string,
  definitions: ReadonlyMap<string, PropertyDefinition>,
  options: DefineOptions,
  generic: boolean,
): Constructor<Serializable> {
  const inherited = classInfoOf(base);
  const parent = base as unknown as typeof Serializable;
  const type = class extends parent {};
  const label = name.slice(name.lastIndexOf(".") + 1);
  Object.defineProperty(type, "name", { value: generic ? `_Generic${label}` : label, configurable: true });
  for (const [key, definition] of definitions) {
    const method = key in parent.prototype && inherited?.schema.has(key) !== true;
    const reserved = key === classKey || key === containerKey || key === "__proto__" || key === "";
    if (!generic && (method || reserved)) {
      throw invalidArgument(`${JSON.stringify(key)} cannot be the name of a property: it has a meaning of its own`);
    }
    // A generic object keeps values under any name; those that cannot be properties are found with valuesOf.
    if (!method && !reserved) defineAccessor(type.prototype, key, definition);
  }
  const { extension } = options;
  if (extension !== undefined && !/^\.[^/\\\0]+$/.test(extension)) {
    throw invalidArgument(`the extension ${JSON.stringify(extension)} does not have the form ".name"`);
  }
  setClassInfo(type, {
    name,
    schema: new Map([...(inherited?.schema ?? []), ...definitions]),
    storage: {
      chunks: options.chunks ?? inherited?.storage.chunks,
      filters: options.filters ?? inherited?.storage.filters,
    },
    extension: extension ?? inherited?.extension ?? defaultExtension,
    generic,
  });
  return type;
}

/** The class that generic classes extend, by the class that `deserialize` was called on. */
function genericBase(type: Constructor<Serializable>): Constructor<Serializable> {
  let base = type;
  while (classInfoOf(base) !== undefined) base = Object.getPrototypeOf(base) as Constructor<Serializable>;
  return base;
}

/** Makes generic classes: one for each name and set of keys. */
export function genericClasses(
  base: Constructor<Serializable>,
): (name: string, keys: readonly string[]) => Constructor {
  const made = new Map<string, Constructor<Serializable>>();
  const { definition } = property();
  return (name, keys) => {
    const signature = JSON.stringify([name, ...keys]);
    let type = made.get(signature);
    if (type === undefined) {
      type = makeClass(base, name, new Map(keys.map((key) => [key, definition])), {}, true);
      made.set(signature, type);
    }
    return type;
  };
}
