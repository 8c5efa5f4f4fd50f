// biome-ignore-all lint/complexity/noThisInStatic: static methods act on the class that they are called on
/** Classes with declared properties, which can be copied, compared and turned into plain trees. */

import type { Known } from "../arguments/known-options.js";
import { HDF5Error } from "../format/index.js";
import { checkMembers } from "./accessors.js";
import type { ClassInfo } from "./class-info.js";
import { classInfoOf } from "./class-info.js";
import type { DefinedClass, PropertyNames, Updates } from "./class-types.js";
import { changeValidly, checkValid } from "./class-validation.js";
import { decoratedProperties } from "./decorators.js";
import { copyDeep, deepCopy, deepEquals, equalsDeep, isPlainObject } from "./deep.js";
import { invalidArgument, lookingAt } from "./errors.js";
import { snapshot } from "./instance-printing.js";
import { createState, readAll, readProperty, stateOf, touch, writeProperty } from "./instance-state.js";
import type { DefineOptions } from "./make-class.js";
import { defaultExtension, describeClass, genericBase, genericClasses, makeClass } from "./make-class.js";
import type { InstanceObserver } from "./observers.js";
import { addObserver, classObservers, instanceObservers, removeObserver } from "./observers.js";
import { printed } from "./printing.js";
import type { PropertyDefinition } from "./property-definition.js";
import type { HasSchema, Init, Schema } from "./property-types.js";
import type { Constructor, Registered } from "./registry.js";
import { noteSubclass, registerClass, registered } from "./registry.js";
import { requireOptions } from "./require-options.js";
import { constructRestored, isFromFile, restoreInstance, takeRestored } from "./restore.js";
import type { Dict } from "./serialize.js";
import { deserializeValue, serializeValue } from "./serialize.js";
import { isStandardSchema } from "./standard-schema.js";
import { storedNameRules } from "./stored-names.js";
import { plainEntries } from "./to-json.js";
import { unknownNameRules } from "./versions.js";

const defineNames: Known<DefineOptions> = {
  chunks: "array",
  filters: "array",
  extension: "string",
  replace: "boolean",
  storedNames: storedNameRules,
  validator: true,
  version: true,
  migrate: true,
  unversioned: true,
  unknown: unknownNameRules,
};

/** How {@link Serializable.serialize} goes about it. */
export interface SerializeOptions {
  /** Whether scalars whose stored type is fixed come as typed scalars. Default false. */
  readonly types?: boolean;
}

const serializeNames: Known<SerializeOptions> = { types: "boolean" };

/**
 * The base of classes with declared properties. Classes are made with {@link Serializable.define}:
 *
 * ```ts
 * class Point extends Serializable.define("geometry.Point", { x: property({ default: 0 }), y: property({ default: 0 }) }) {}
 * ```
 */
export class Serializable {
  /**
   * An instance with these values; properties that are not mentioned have their defaults. Given another instance of the
   * class, or of one that extends it, it is a copy, as `copy()` makes them.
   */
  constructor(init?: Readonly<Record<string, unknown>>) {
    const info = classInfoOf(new.target);
    if (info === undefined) {
      throw invalidArgument(
        "this class has no properties: make it with define(name, properties), or decorate it with @stored(name)",
      );
    }
    noteSubclass(info.name, new.target, false);
    checkMembers(new.target, info);
    const state = createState(this);
    Object.defineProperties(this, info.accessors);
    const restored = takeRestored(new.target);
    state.filling = restored !== undefined || isFromFile(init);
    lookingAt(() => {
      if (restored !== undefined) assignAll(this, info, restored);
      else if (isSerializable(init)) copyInto(this, info, init);
      else if (init !== undefined && init !== null) assignAll(this, info, init);
      if (info.lastDecorated === undefined) checkValid(this, info);
    });
    state.filling = false;
    state.restoring = restored !== undefined;
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
    checkDefinition("define", name, options);
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

  /**
   * Makes the instance for values that are there already: those of a file, of a plain tree, of an instance that is
   * copied. The class's constructor is called without arguments, so that its fields come to be; what it sets of the
   * properties does not count, as they have the given values already.
   *
   * A class whose constructor needs its arguments overrides this:
   *
   * ```ts
   * static override restore(values: Readonly<Record<string, unknown>>): Vector {
   *   return new Vector(Number(values["x"]), Number(values["y"]));
   * }
   * ```
   *
   * @param values - by name of the property
   */
  static restore(values: Readonly<Record<string, unknown>>): Serializable {
    return constructRestored(this, values);
  }

  /** The classes and types that are known by name. */
  static registered(): Registered {
    return registered();
  }

  /**
   * Tells `observer` of each change to a property of the instances of this class and of those that extend it, after the
   * observers that the property is declared with. In a class's static block the types are known:
   *
   * ```ts
   * static {
   *   this.observe("name", (experiment, oldName, newName) => experiment.log(newName));
   * }
   * ```
   */
  static observe<Instance extends Serializable, Name extends PropertyNames<Instance> & keyof Instance>(
    this: Constructor<Instance>,
    name: Name,
    observer: InstanceObserver<Instance, Name>,
  ): void {
    addObserver(classObservers, this, infoOf(this), name, observer);
  }

  /** Undoes {@link Serializable.observe}; says whether there was anything to undo. */
  static unobserve<Instance extends Serializable, Name extends PropertyNames<Instance> & keyof Instance>(
    this: Constructor<Instance>,
    name: Name,
    observer: InstanceObserver<Instance, Name>,
  ): boolean {
    return removeObserver(classObservers, this, name, observer);
  }

  /** The plain tree of a value: an object becomes a dict with its class's name under `__class__`. */
  static serialize(value: unknown, options: SerializeOptions = {}): unknown {
    return treeOf(value, options);
  }

  /** The value of a plain tree. Names of classes that are not defined give generic classes. */
  static deserialize(tree: unknown): unknown {
    const context = { genericClass: genericClasses(genericBase(this)) };
    return lookingAt(() => deserializeValue(tree, "/root", context));
  }

  /** The values of all properties by name, in declaration order. */
  static valuesOf(instance: Serializable): Map<string, unknown> {
    const { schema } = infoOf(lookingAt(() => instance.constructor));
    const values = readAll(instance, schema);
    for (const name of values.keys()) touch(instance, name);
    return values;
  }

  /** Sets several properties; arrays may be given without a shape. */
  update<S extends Schema>(this: HasSchema<S>, values: Init<S>): this;
  update(values: Updates<this>): this;
  update(values: object): this {
    const info = infoOf(this.constructor);
    lookingAt(() => changeValidly(this, info, () => assignAll(this, info, values)));
    return this;
  }

  /** Tells `observer` of each change to a property of this object, after the observers of its class. */
  observe<Name extends PropertyNames<this> & keyof this>(name: Name, observer: InstanceObserver<this, Name>): this {
    addObserver(instanceObservers, this, infoOf(this.constructor), name, observer);
    return this;
  }

  /** Undoes `observe`; says whether there was anything to undo. */
  unobserve<Name extends PropertyNames<this> & keyof this>(
    name: Name,
    observer: InstanceObserver<this, Name>,
  ): boolean {
    return removeObserver(instanceObservers, this, name, observer);
  }

  /** A new instance with copies of the copiable properties' values. */
  copy(): this {
    return this[copyDeep](0);
  }

  /** Whether another object is of the same class and its copiable properties have the same values. */
  equals(other: unknown): boolean {
    return lookingAt(() => this[equalsDeep](other, 0));
  }

  /** The plain tree of this object. */
  serialize(options?: SerializeOptions): Dict {
    return treeOf(this, options) as Dict;
  }

  /** The values of all properties and fields as JSON can have them: arrays as lists, large integers as text. */
  toJSON(): Record<string, unknown> {
    return plainEntries(Object.entries(this), 0);
  }

  /** @internal What the consoles of Node, Deno and Bun print. */
  [printed](): object {
    return snapshot(this);
  }

  /** @internal */
  [copyDeep](depth: number): this {
    const copy = restoreInstance(this.constructor as Constructor, copiedValues(this, infoOf(this.constructor), depth));
    const { stored, kept } = stateOf(this);
    Object.assign(stateOf(copy), { stored, kept: deepCopy(kept) });
    return copy as this;
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
  return lookingAt(() => serializeValue(value, "/root", { typed, savedOnly: false, ancestors: new Map() }));
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

function checkDefinition(what: string, name: unknown, options: DefineOptions): void {
  if (typeof name !== "string" || name === "" || name.includes("\0")) {
    throw invalidArgument("a class needs a name to be stored under");
  }
  requireOptions(what, options, defineNames);
  if (options.validator !== undefined && !isStandardSchema(options.validator)) {
    throw invalidArgument(`${what}: "validator" is a validator after the interface "Standard Schema"`);
  }
}

/**
 * A decorator (TC39) that makes a class that extends {@link Serializable} or `Persistable` known under a name, with the
 * accessors that are decorated with `property()` as its properties:
 *
 * ```ts
 * @stored("mymodule.Experiment")
 * class Experiment extends Persistable {
 *   @property() accessor name = "";
 *   @property({ type: "float64" }) accessor temperature = 293.15;
 * }
 * ```
 *
 * The class is what files of that name load as from then on. It is the same as one made by `define`, but for the types:
 * what the constructor takes is not checked by TypeScript.
 */
export function stored(
  name: string,
  options: DefineOptions = {},
): <Type extends Constructor<Serializable>>(type: Type, context: ClassDecoratorContext<Type>) => void {
  checkDefinition("stored", name, options);
  return (type) => {
    if (typeof type !== "function" || !(type.prototype instanceof Serializable)) {
      throw invalidArgument("stored() decorates classes that extend Persistable or Serializable");
    }
    describeClass(type, Object.getPrototypeOf(type), name, decoratedProperties(type), options, false);
    registerClass(name, type, options.replace ?? false);
    // Files of the name load as this class, not as one that extends it without a name of its own.
    noteSubclass(name, type, true);
  };
}

function isProperty(value: unknown): boolean {
  return typeof value === "function" && "definition" in value;
}

/** Copies of the values of the copiable properties of a class. */
function copiedValues(instance: Serializable, { schema }: ClassInfo, depth: number): Dict {
  const values: Dict = Object.create(null);
  for (const [name, definition] of schema) {
    if (definition.copiable) values[name] = deepCopy(readProperty(instance, name, definition), depth);
  }
  return values;
}

function copyInto(instance: Serializable, info: ClassInfo, original: Serializable): void {
  const originalInfo = infoOf(original.constructor);
  for (let current: ClassInfo | undefined = originalInfo; current !== info; current = current.base) {
    if (current === undefined) {
      throw invalidArgument(
        `${info.name} is copied from an instance of the class, not from one of ${originalInfo.name}`,
      );
    }
  }
  assignAll(instance, info, copiedValues(original, info, 0));
  const { stored, kept } = stateOf(original);
  Object.assign(stateOf(instance), { stored, kept: deepCopy(kept) });
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
