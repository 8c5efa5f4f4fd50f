/**
 * Objects as plain trees and back.
 *
 * A tree consists of dicts (objects without prototype), lists, scalars, arrays and instances of dataset types. An
 * object is a dict that carries the name of its class under `__class__`.
 */

import type { HDF5ErrorCode } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import { isArrayInput, toNDArray } from "./array-input.js";
import { classInfoOf, storedNameOf } from "./class-info.js";
import { checkValid } from "./class-validation.js";
import { Complex } from "./complex.js";
import { isPlainObject, maximumDepth, serializedAsIs } from "./deep.js";
import { FilePath } from "./file-path.js";
import { noteHeld } from "./held-objects.js";
import { readProperty, stateOf, touch } from "./instance-state.js";
import type { Origin } from "./origin.js";
import { untouchedNames } from "./origin.js";
import type { ArrayStorage, StorageOptions } from "./property-definition.js";
import type { Constructor } from "./registry.js";
import { classNamed, datasetTypeOf, isUnused, primitiveEncoderOf } from "./registry.js";
import { restoreInstance } from "./restore.js";
import type { StoredScalars } from "./scalar.js";
import { rememberedScalars, rememberScalars, TypedScalar, withStoredType } from "./scalar.js";
import type { Serializable } from "./serializable.js";
import type { ObjectChange } from "./versions.js";
import { classVersions, currentVersions, differences, migrateTree } from "./versions.js";
import type { WarningCallback } from "./warnings.js";

/** The key of a class's name. */
export const classKey = "__class__";
/** The attribute that tells lists from dicts. */
export const containerKey = "__container_type__";
/** The attribute that names a dataset's type. */
export const datasetTypeKey = "__dataset_type__";

/** A dict of a serialized tree: an object without prototype. */
export type Dict = { [key: string]: unknown };

/** How arrays are stored: by an object's dict, for the whole object and by property. */
export type StorageHints = Map<
  Dict,
  {
    readonly all: StorageOptions;
    readonly byKey: ReadonlyMap<string, ArrayStorage>;
    /** The names of what is as it is in the file that the object comes from. */
    readonly untouched: ReadonlySet<string>;
  }
>;

/** An error that names the place in the tree. */
export function errorAt(code: HDF5ErrorCode, path: string, message: string): HDF5Error {
  return new HDF5Error(code, `${path}: ${message}`, { path });
}

/** What serializing is told and tells. */
export interface SerializeContext {
  /** Whether scalars that have a fixed type become typed scalars. */
  readonly typed: boolean;
  /** Whether properties that are not saved are left out. */
  readonly savedOnly: boolean;
  /** Filled with how arrays are to be stored, where given. */
  readonly hints?: StorageHints;
  /** The file that is written to, where objects may come from it. */
  readonly origin?: Origin | undefined;
  /** Filled with the objects and their places. */
  readonly placed?: [Serializable, string][];
  /** Properties of the root object that are left out. */
  readonly omitted?: ReadonlySet<string>;
  /** The containers around the current value and where they are. */
  readonly ancestors: Map<object, string>;
}

/** A place in a tree, in the form of a path in a file. */
export function joinPath(parent: string, key: string | number): string {
  return parent === "/" ? `/${key}` : `${parent}/${key}`;
}

/** The tree of a value. `path` is where it is. */
export function serializeValue(value: unknown, path: string, context: SerializeContext): unknown {
  switch (typeof value) {
    case "undefined":
      return null;
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return value;
    case "object":
      return value === null ? null : serializeObject(value, path, context);
    default:
      throw errorAt("invalid-argument", path, `a ${typeof value} cannot be saved`);
  }
}

function serializeObject(value: object, path: string, context: SerializeContext): unknown {
  if (value instanceof TypedScalar || value instanceof Complex || value instanceof FilePath) return value;
  if (serializedAsIs in value || datasetTypeOf(value) !== undefined) return value;
  if (primitiveEncoderOf(value) !== undefined) return value;
  // Asking an object of ours would read its properties.
  if (classInfoOf(value.constructor) === undefined && isArrayInput(value)) return toNDArray(value);
  const first = context.ancestors.get(value);
  if (first !== undefined) {
    throw errorAt("invalid-argument", path, `a circular reference: this is the object at ${first}, which contains it`);
  }
  if (context.ancestors.size >= maximumDepth) {
    throw errorAt("invalid-argument", path, `values nested deeper than ${maximumDepth} levels cannot be saved`);
  }
  context.ancestors.set(value, path);
  const tree = serializeContainer(value, path, context);
  context.ancestors.delete(value);
  return tree;
}

function serializeContainer(value: object, path: string, context: SerializeContext): unknown {
  if (Array.isArray(value) || value instanceof Set) {
    const scalars = context.typed ? rememberedScalars(value) : undefined;
    return Array.from(value as Iterable<unknown>, (item, index) =>
      serializeValue(withStoredType(item, String(index), scalars), joinPath(path, index), context),
    );
  }
  const info = classInfoOf(value.constructor);
  if (info !== undefined) return serializeInstance(value as Serializable, path, context);
  if (value instanceof Map || isPlainObject(value)) return serializeDict(value, path, context);
  const name = value.constructor?.name || "an anonymous class";
  const advice =
    value instanceof Date
      ? "make a Timestamp of it: Timestamp.from(date)"
      : value instanceof ArrayBuffer || value instanceof DataView
        ? "make a typed array of it"
        : "define the class with Serializable.define, or register it with registerDatasetType or registerPrimitiveType";
  throw errorAt("invalid-argument", path, `instances of ${name} cannot be saved; ${advice}`);
}

function serializeDict(
  value: Record<string, unknown> | Map<unknown, unknown>,
  path: string,
  context: SerializeContext,
): Dict {
  const dict: Dict = Object.create(null);
  const scalars = context.typed ? rememberedScalars(value) : undefined;
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
  for (const [key, item] of entries) {
    if (typeof key !== "string") {
      throw errorAt("invalid-argument", path, `the keys of a dict are strings, not ${typeof key}s`);
    }
    if (key === classKey || key === containerKey) {
      throw errorAt("invalid-argument", path, `the key ${key} has a meaning of its own and cannot be used in a dict`);
    }
    dict[key] = serializeValue(withStoredType(item, key, scalars), joinPath(path, key), context);
  }
  return dict;
}

function serializeInstance(instance: Serializable, path: string, context: SerializeContext): Dict {
  const info = classInfoOf(instance.constructor);
  if (info === undefined) throw errorAt("invalid-argument", path, "not an instance of a defined class");
  if (context.savedOnly) checkValid(instance, info, path);
  const dict: Dict = Object.create(null);
  dict[classKey] = info.name;
  const versions = currentVersions(info);
  if (versions !== undefined) Object.assign(dict, { [classVersions]: versions });
  const { stored, kept } = stateOf(instance);
  const byKey = new Map<string, ArrayStorage>();
  for (const [name, definition] of info.schema) {
    if (context.savedOnly && !definition.saved) continue;
    if (path === "/root" && context.omitted?.has(name)) continue;
    if (!context.savedOnly) touch(instance, name);
    const value = readProperty(instance, name, definition);
    const key = storedNameOf(info, name);
    const place = joinPath(path, key);
    const tree = serializeValue(context.typed ? withStoredType(value, key, stored) : value, place, context);
    dict[key] = context.typed && definition.type !== undefined ? fixType(tree, definition.type) : tree;
    const { chunks, filters, maxShape } = definition;
    if (chunks !== undefined || filters !== undefined || maxShape !== undefined) byKey.set(key, definition);
  }
  for (const [key, value] of Object.entries(kept ?? {})) {
    if (Object.hasOwn(dict, key)) continue;
    dict[key] = serializeValue(
      context.typed ? withStoredType(value, key, stored) : value,
      joinPath(path, key),
      context,
    );
  }
  const { origin } = context;
  const untouched = origin === undefined ? new Set<string>() : untouchedNames(instance, path, origin);
  context.placed?.push([instance, path]);
  context.hints?.set(dict, { all: info.storage, byKey, untouched });
  return dict;
}

/** A property's scalar with the type that the property declares. */
export function fixType(tree: unknown, type: TypedScalar["type"]): unknown {
  // A property's declared type counts more than the one it was loaded with.
  if (tree instanceof TypedScalar) return new TypedScalar(tree.value, type);
  const fixed = (typeof tree !== "object" && tree !== undefined) || tree instanceof Complex;
  return fixed ? new TypedScalar(tree, type) : tree;
}

/** What deserializing is told. */
export interface DeserializeContext {
  /** Makes the class for a name that no class is registered for. */
  readonly genericClass: (name: string, keys: readonly string[]) => Constructor;
  /** The class to construct for a name, where it is not to be the registered one. */
  readonly classFor?: (name: string) => Constructor | undefined;
  /** Told of each object and the dict that it was made from. */
  readonly constructed?: (instance: Serializable, dict: object) => void;
  /** Told of what may not be what was meant. */
  readonly warn?: WarningCallback | undefined;
  /** Told of each object that was not as its class has it now. */
  readonly migrated?: (change: ObjectChange) => void;
}

/** The value of a tree. `path` is where it is. */
export function deserializeValue(tree: unknown, path: string, context: DeserializeContext, depth = 0): unknown {
  if (typeof tree === "function" || typeof tree === "symbol") {
    throw errorAt("invalid-argument", path, `a ${typeof tree} is no part of a tree`);
  }
  if (typeof tree !== "object" || tree === null) return tree;
  if (Array.isArray(tree)) {
    checkDepth(depth, path);
    const list = tree.map((item, index) => deserializeValue(item, joinPath(path, index), context, depth + 1));
    rememberScalars(list, rememberedScalars(tree) ?? new Map());
    return list;
  }
  if (!isPlainObject(tree) || isArrayInput(tree)) return tree;
  checkDepth(depth, path);
  if (Object.hasOwn(tree, classKey)) return deserializeInstance(tree, path, context, depth);
  const values = deserializeMembers(tree, path, context, depth);
  rememberScalars(values, rememberedScalars(tree) ?? new Map());
  return values;
}

function deserializeMembers(
  tree: Record<string, unknown>,
  path: string,
  context: DeserializeContext,
  depth: number,
): Dict {
  const values: Dict = Object.create(null);
  for (const [key, item] of Object.entries(tree)) {
    if (key !== classKey) values[key] = deserializeValue(item, joinPath(path, key), context, depth + 1);
  }
  return values;
}

/** What a tree has for an instance of a class. */
export interface InstanceValues {
  /** By property. */
  readonly values: Dict;
  /** What is to be kept besides, by name. */
  readonly kept: Dict | undefined;
  /** The stored types of scalars. */
  readonly stored: StoredScalars | undefined;
}

/** What the tree of an object has for an instance of a class, as that is now. */
export function deserializeProperties(
  given: Record<string, unknown>,
  type: Constructor,
  path: string,
  context: DeserializeContext,
  depth = 0,
): InstanceValues {
  const info = classInfoOf(type);
  // Before what is in it becomes objects.
  noteHeld(type);
  if (info === undefined) throw errorAt("invalid-argument", path, `${type.name} has no properties`);
  const { tree, versions } = migrateTree(given, info, path);
  const renamed: [string, string][] = [];
  const values: Dict = Object.create(null);
  let kept: Dict | undefined;
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(deserializeMembers(tree, path, context, depth))) {
    const old = info.keys.has(key) ? undefined : info.aliases.get(key);
    const name = info.keys.get(key) ?? old;
    if (old !== undefined) renamed.push([key, storedNameOf(info, old)]);
    if (name !== undefined && Object.hasOwn(values, name)) {
      throw errorAt(
        "invalid-argument",
        path,
        `${info.name} has the property ${JSON.stringify(name)} twice, under an old name too`,
      );
    }
    if (name !== undefined) values[name] = value;
    else if (info.unknown === "error") unknown.push(JSON.stringify(key));
    else if (info.unknown === "keep") {
      kept ??= Object.create(null) as Dict;
      kept[key] = value;
    }
  }
  if (unknown.length > 0) {
    const what = unknown.length > 1 ? "properties" : "property";
    throw errorAt("invalid-argument", path, `the class ${info.name} has no ${what} ${unknown.join(", ")}`);
  }
  if (versions.length + renamed.length > 0) {
    context.migrated?.({ path, className: info.name, versions, renamed, ...differences(given, tree) });
  }
  return { values, kept, stored: rememberedScalars(tree) ?? rememberedScalars(given) };
}

function checkDepth(depth: number, path: string): void {
  if (depth >= maximumDepth) throw errorAt("limit", path, `values are nested deeper than ${maximumDepth} levels`);
}

function deserializeInstance(
  tree: Record<string, unknown>,
  path: string,
  context: DeserializeContext,
  depth: number,
): Serializable {
  const name = tree[classKey];
  if (typeof name !== "string") throw errorAt("invalid-argument", path, `${classKey} is not a string`);
  const names = Object.keys(tree).filter((key) => key !== classKey);
  const type = context.classFor?.(name) ?? classNamed(name) ?? context.genericClass(name, names);
  if (context.warn !== undefined && isUnused(name)) {
    const message = `this is loaded as a plain ${JSON.stringify(name)}: a class that extends it has to be named, by register(), in the option "classes", or where a property holds it`;
    context.warn({ code: "plain-base", message, path });
  }
  const { values, kept, stored } = deserializeProperties(tree, type, path, context, depth);
  const instance = restoreInstance(type, values, path);
  Object.assign(stateOf(instance), { stored, kept });
  context.constructed?.(instance, tree);
  return instance;
}
