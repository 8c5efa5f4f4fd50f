/** Making the classes that have declared properties. */

import { accessorsOf } from "./accessors.js";
import { classInfoOf, setClassInfo } from "./class-info.js";
import { invalidArgument } from "./errors.js";
import { property } from "./property.js";
import type { PropertyDefinition, StorageOptions } from "./property-definition.js";
import type { Constructor } from "./registry.js";
import type { Serializable } from "./serializable.js";
import { classKey, containerKey } from "./serialize.js";
import type { StandardSchema } from "./standard-schema.js";
import type { StoredNames } from "./stored-names.js";
import { aliasesOf, keysByStoredName, storedNamesOf } from "./stored-names.js";
import type { VersionOptions } from "./versions.js";
import { versionOf } from "./versions.js";

/** What `define` can be told besides name and properties. */
export interface DefineOptions extends StorageOptions, VersionOptions {
  /** The suffix that `save` gives to paths; inherited, `.hdf5` at first. */
  readonly extension?: string;
  /** Whether the class takes the place of one that is defined under the same name. */
  readonly replace?: boolean;
  /** How the names in files follow from those of properties that have no `storedAs`; inherited, `same` at first. */
  readonly storedNames?: StoredNames;
  /**
   * A validator after the interface "Standard Schema". It is given the values of all properties by name when an object
   * is made, updated, loaded or saved; what it answers is not kept.
   */
  readonly validator?: StandardSchema;
}

/** The suffix of classes that do not say. */
export const defaultExtension = ".hdf5";

/** A class with these properties besides those of `base`. */
export function makeClass(
  base: Constructor<Serializable>,
  name: string,
  definitions: ReadonlyMap<string, PropertyDefinition>,
  options: DefineOptions,
  generic: boolean,
): Constructor<Serializable> {
  const parent = base as unknown as typeof Serializable;
  const type = class extends parent {};
  const label = name.slice(name.lastIndexOf(".") + 1);
  Object.defineProperty(type, "name", { value: generic ? `_Generic${label}` : label, configurable: true });
  describeClass(type, base, name, definitions, options, generic);
  return type;
}

/** Tells what is known of a class that extends `base` by these properties. */
export function describeClass(
  type: Constructor<Serializable>,
  base: Constructor<Serializable>,
  name: string,
  definitions: ReadonlyMap<string, PropertyDefinition>,
  options: DefineOptions,
  generic: boolean,
): void {
  const inherited = classInfoOf(base);
  const parent = base as unknown as typeof Serializable;
  const shown = new Map(inherited?.shown);
  for (const [key, definition] of definitions) {
    const method = key in parent.prototype;
    const reserved = key === classKey || key === containerKey || key === "__proto__" || key === "";
    if (!generic && (method || reserved)) {
      throw invalidArgument(`${JSON.stringify(key)} cannot be the name of a property: it has a meaning of its own`);
    }
    // A generic object keeps values under any name; those that cannot be properties are found with valuesOf.
    if (!method && !reserved) shown.set(key, definition);
  }
  const { extension } = options;
  if (extension !== undefined && !/^\.[^/\\\0]+$/.test(extension)) {
    throw invalidArgument(`the extension ${JSON.stringify(extension)} does not have the form ".name"`);
  }
  const { storedNames: nameRule = inherited?.nameRule ?? "same", validator } = options;
  const storedNames = new Map([...(inherited?.storedNames ?? []), ...storedNamesOf(definitions, nameRule)]);
  for (const [key, stored] of storedNames) if (!generic) checkStoredName(key, stored);
  const keys = keysByStoredName(storedNames);
  setClassInfo(type, {
    name,
    base: inherited,
    schema: new Map([...(inherited?.schema ?? []), ...definitions]),
    nameRule,
    storedNames,
    keys,
    aliases: new Map([...(inherited?.aliases ?? []), ...aliasesOf(definitions, keys)]),
    version: versionOf(options),
    unknown: options.unknown ?? inherited?.unknown ?? "error",
    validators: [...(inherited?.validators ?? []), ...(validator === undefined ? [] : [validator])],
    lastDecorated: [...definitions].findLast(([, { decorated }]) => decorated)?.[0] ?? inherited?.lastDecorated,
    storage: {
      chunks: options.chunks ?? inherited?.storage.chunks,
      filters: options.filters ?? inherited?.storage.filters,
    },
    extension: extension ?? inherited?.extension ?? defaultExtension,
    generic,
    shown,
    accessors: accessorsOf(shown),
  });
}

function checkStoredName(key: string, stored: string): void {
  if (stored === "" || stored === classKey || stored === containerKey || stored.includes("\0")) {
    throw invalidArgument(`the property ${JSON.stringify(key)} cannot be stored as ${JSON.stringify(stored)}`);
  }
}

/** The class that generic classes extend, by the class that `deserialize` was called on. */
export function genericBase(type: Constructor<Serializable>): Constructor<Serializable> {
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
