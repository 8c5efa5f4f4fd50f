/**
 * What can be saved and under which name: primitive types, dataset types and classes.
 *
 * Besides the registry of filters this is the only global state. Names in a file are looked up here; nothing that is
 * not registered is ever constructed.
 */

import type { NDArray } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import type { ArrayInput } from "./array-input.js";
import { Complex } from "./complex.js";
import { DatetimeIndex } from "./dataset-types/datetime-index.js";
import { datetimeIndexType, timestampType } from "./dataset-types/pandas.js";
import { Timestamp } from "./dataset-types/timestamp.js";
import { invalidArgument, lookingAt } from "./errors.js";
import { FilePath } from "./file-path.js";

/** A constructor of any signature. */
export type Constructor<Instance = object> = abstract new (...args: never[]) => Instance;

/** What an attribute of a disassembled object may be. */
export type AttributeValue = string | number | bigint | boolean | null | Complex | FilePath | ArrayInput;

/** The attributes beside a disassembled object's array. */
export type AttributeValues = Readonly<Record<string, AttributeValue>>;

/** How objects of a type become an array with attributes, and back. */
export interface DatasetType<Instance = unknown> {
  /** Stored as `__dataset_type__`; what Python's library calls the type. */
  readonly name: string;
  disassemble(instance: Instance): readonly [array: ArrayInput, attributes: AttributeValues];
  assemble(array: NDArray, attributes: AttributeValues): Instance;
  /** Attributes that hold one value for each row of the array. Where one is not there, all are 0. */
  readonly perElement?: readonly string[];
  /** One row of an array that stays in the file; by default the stored value. */
  element?(value: unknown, attributes: AttributeValues): unknown;
  /** What other readers cannot do with an instance; saving tells it through `onWarning`. */
  notice?(instance: Instance): string | null;
}

/** What an attribute stores for a registered primitive type; it loads as that. */
export type PrimitiveEncoder<Instance> = (instance: Instance) => string | number | bigint | boolean | null | Complex;

/** A class whose name is registered. */
export interface RegisteredClass {
  readonly defined: Constructor;
  /** The class to construct: the defined one, or the user's class that extends it. */
  constructed: Constructor;
  explicit: boolean;
  /** Whether the program has used it, or a class that extends it, or has declared a property that holds it. */
  used: boolean;
}

/** The name of plain arrays. */
export const arrayTypeName = "numpy.ndarray";

const datasetTypes = new Map<Constructor, DatasetType>([
  [Timestamp, timestampType as DatasetType],
  [DatetimeIndex, datetimeIndexType as DatasetType],
]);
const primitiveTypes = new Map<Constructor, PrimitiveEncoder<unknown>>();
const classes = new Map<string, RegisteredClass>();
const builtIn: ReadonlySet<Constructor> = new Set<Constructor>([Timestamp, DatetimeIndex, Complex, FilePath]);

/**
 * Makes instances of a class savable as an array with attributes.
 *
 * @throws HDF5Error `exists` when the name is another class's.
 */
export function registerDatasetType<Instance extends object>(
  type: Constructor<Instance>,
  datasetType: DatasetType<Instance>,
): void {
  const { name, disassemble, assemble } = lookingAt(() => ({ ...datasetType }));
  if (typeof type !== "function" || typeof disassemble !== "function" || typeof assemble !== "function") {
    throw invalidArgument("a class and how its instances are disassembled and assembled are needed");
  }
  if (typeof name !== "string" || name === "") throw invalidArgument("a dataset type needs a name");
  for (const [other, { name: otherName }] of datasetTypes) {
    if (otherName === name && other !== type) {
      throw new HDF5Error("exists", `the dataset type ${JSON.stringify(name)} is registered for another class`);
    }
  }
  if (name === arrayTypeName) throw new HDF5Error("exists", `${arrayTypeName} is the name of plain arrays`);
  datasetTypes.set(type, datasetType as DatasetType);
}

/** Undoes {@link registerDatasetType}; says whether there was anything to undo. */
export function unregisterDatasetType(type: Constructor): boolean {
  if (builtIn.has(type)) throw invalidArgument(`${type.name} is built in`);
  return datasetTypes.delete(type);
}

/**
 * Makes instances of a class pass through `serialize` as they are. `encode` says what the attribute in the file
 * holds; without it, the object's `valueOf()`.
 */
export function registerPrimitiveType<Instance extends object>(
  type: Constructor<Instance>,
  encode: PrimitiveEncoder<Instance> = (instance) => instance.valueOf() as ReturnType<PrimitiveEncoder<Instance>>,
): void {
  if (builtIn.has(type)) throw new HDF5Error("exists", `${type.name} is built in`);
  primitiveTypes.set(type, encode as PrimitiveEncoder<unknown>);
}

/** Undoes {@link registerPrimitiveType}; says whether there was anything to undo. */
export function unregisterPrimitiveType(type: Constructor): boolean {
  return primitiveTypes.delete(type);
}

/** The registered type of an object: that of its own class, else of the nearest class it inherits from. */
function nearest<Value>(types: ReadonlyMap<Constructor, Value>, instance: object): Value | undefined {
  for (let prototype = Object.getPrototypeOf(instance); prototype !== null; ) {
    const type: unknown = Object.hasOwn(prototype, "constructor") ? prototype.constructor : undefined;
    const found = typeof type === "function" ? types.get(type as unknown as Constructor) : undefined;
    if (found !== undefined) return found;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

/** The dataset type of an object, nearest class first. */
export function datasetTypeOf(instance: object): DatasetType | undefined {
  return nearest(datasetTypes, instance);
}

/** The dataset type that a file names. */
export function datasetTypeNamed(name: string): DatasetType | undefined {
  for (const type of datasetTypes.values()) if (type.name === name) return type;
  return undefined;
}

/** How a registered primitive object is stored, nearest class first. */
export function primitiveEncoderOf(instance: object): PrimitiveEncoder<unknown> | undefined {
  return nearest(primitiveTypes, instance);
}

/** Classes of whose redefinition it was told. */
const redefined = new Set<string>();

/** What is known by name. */
export interface Registered {
  /** The classes that are constructed, by the name that files store. */
  readonly classes: ReadonlyMap<string, Constructor>;
  /** The dataset types, by the name that files store. */
  readonly datasetTypes: ReadonlyMap<string, Constructor>;
  /** The types whose instances become attributes. */
  readonly primitiveTypes: readonly Constructor[];
}

/** What is registered now. */
export function registered(): Registered {
  return {
    classes: new Map(Array.from(classes, ([name, { constructed }]) => [name, constructed])),
    datasetTypes: new Map(Array.from(datasetTypes, ([type, { name }]) => [name, type])),
    primitiveTypes: [...primitiveTypes.keys()],
  };
}

/**
 * Registers a class under the name that files know it by. Another one takes its place, as happens in notebooks and when
 * modules are reloaded; that it does is said once.
 */
export function registerClass(name: string, type: Constructor, replace: boolean): void {
  if (classes.has(name) && !replace && !redefined.has(name)) {
    redefined.add(name);
    console.warn(
      `the class ${JSON.stringify(name)} is defined again and takes the place of the first one; pass { replace: true } if that is meant`,
    );
  }
  classes.set(name, { defined: type, constructed: type, explicit: false, used: false });
}

/**
 * Notes the class that a user made from a defined one, so that files name it. The first one seen stays, until one
 * is registered explicitly.
 */
export function noteSubclass(name: string, type: Constructor, explicit: boolean): void {
  const entry = classes.get(name);
  if (entry === undefined) return;
  entry.used = true;
  if (entry.constructed === type) {
    entry.explicit ||= explicit;
    return;
  }
  if (!(type.prototype instanceof entry.defined)) return;
  if (explicit || (!entry.explicit && entry.constructed === entry.defined)) {
    entry.constructed = type;
    entry.explicit = explicit;
  }
}

/** Whether files of a name load as what `define` made, of which a class may have been made that was never used. */
export function isUnused(name: string): boolean {
  return classes.get(name)?.used === false;
}

/** The class to construct for a stored name. */
export function classNamed(name: string): Constructor | undefined {
  return classes.get(name)?.constructed;
}
