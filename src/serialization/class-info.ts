/** What `define` knows of a class. */

import type { PropertyDefinition, StorageOptions } from "./property-definition.js";
import type { Constructor } from "./registry.js";
import type { StandardSchema } from "./standard-schema.js";
import type { StoredNames } from "./stored-names.js";
import type { ClassVersion, UnknownNames } from "./versions.js";

/** What `define` knows of a class. */
export interface ClassInfo {
  /** The name stored in files. */
  readonly name: string;
  /** What is known of the class that it extends, where that has properties. */
  readonly base: ClassInfo | undefined;
  /** The properties of the whole chain, in declaration order. */
  readonly schema: ReadonlyMap<string, PropertyDefinition>;
  /** How names in files follow from those of properties. */
  readonly nameRule: StoredNames;
  /** The name under which files hold each property. */
  readonly storedNames: ReadonlyMap<string, string>;
  /** The property that files hold under each name. */
  readonly keys: ReadonlyMap<string, string>;
  /** Other names under which older files hold a property. */
  readonly aliases: ReadonlyMap<string, string>;
  /** The version of the class itself, where it has versions. */
  readonly version: ClassVersion | undefined;
  /** What is done about names in files that are no properties. */
  readonly unknown: UnknownNames;
  /** Validators of whole instances, those of the classes it extends first. */
  readonly validators: readonly StandardSchema[];
  /** The decorated accessor that is initialised last; instances have all their defaults then. */
  readonly lastDecorated: string | undefined;
  /** How arrays are stored where their property does not say. */
  readonly storage: StorageOptions;
  /** The suffix that `save` gives to paths. */
  readonly extension: string;
  /** Whether the class was made for a name that no class is registered for. */
  readonly generic: boolean;
  /** The properties that instances show: all but those of a generic class whose names mean something else. */
  readonly shown: ReadonlyMap<string, PropertyDefinition>;
  /** The accessors of each instance. */
  readonly accessors: PropertyDescriptorMap;
}

const infos = new WeakMap<object, ClassInfo>();

/** Tells what is known of a class. */
export function setClassInfo(type: Constructor, info: ClassInfo): void {
  infos.set(type, info);
}

/** The name under which files hold a property of a class; that of what is no property is its own. */
export function storedNameOf(info: ClassInfo | undefined, key: string): string {
  return info?.storedNames.get(key) ?? key;
}

/** All names under which files may hold a property of a class. */
export function namesInFiles(info: ClassInfo | undefined, key: string): readonly string[] {
  const aliases = [...(info?.aliases ?? [])].filter(([, name]) => name === key).map(([alias]) => alias);
  return [storedNameOf(info, key), ...aliases];
}

/** What is known of a class or of the nearest one it extends. */
export function classInfoOf(type: unknown): ClassInfo | undefined {
  for (let current = type; typeof current === "function"; current = Object.getPrototypeOf(current)) {
    const info = infos.get(current);
    if (info !== undefined) return info;
  }
  return undefined;
}
