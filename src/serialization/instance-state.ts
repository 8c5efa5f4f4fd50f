/** The values of an instance's properties, and what reading and setting them does. */

import { HDF5Error } from "../format/index.js";
import { normalizeArray } from "./array-input.js";
import { Complex } from "./complex.js";
import { deepCopy, serializedAsIs } from "./deep.js";
import { invalidArgument, messageOf } from "./errors.js";
import { observersOf } from "./observers.js";
import type { PropertyDefinition } from "./property-definition.js";
import type { StoredScalars } from "./scalar.js";
import { checkScalar } from "./scalar.js";
import type { Serializable } from "./serializable.js";

/** Whoever wants to know of assignments to a lazily opened instance. */
export interface AssignmentListener {
  /** Throws where the property cannot be changed. */
  beforeAssignment(instance: Serializable, name: string): void;
  afterAssignment(instance: Serializable, name: string): void;
  /** A property that had no value was read and has its default now. */
  afterDefault?(instance: Serializable, name: string, value: unknown): void;
}

/** What an instance holds. */
export interface InstanceState {
  readonly values: Map<string, unknown>;
  /** Properties whose default is being made. */
  readonly initializing: Set<string>;
  /** Properties whose value somebody else may have got, and change. */
  readonly touched: Set<string>;
  /** Properties that were set to something, also to their defaults. */
  readonly assigned: Set<string>;
  /** Defaults of decorated accessors, which are initialised after the values that the constructor was given are set. */
  readonly defaults: Map<string, unknown>;
  /** Stored types of scalars, as loaded. */
  stored: StoredScalars | undefined;
  /** What the file held besides the properties, by its name there, to be saved again. */
  kept: Readonly<Record<string, unknown>> | undefined;
  listener: AssignmentListener | undefined;
  /** Whether the constructor is still running and has the values already: what it sets does not count. */
  restoring: boolean;
  /** Whether the base constructor is setting the values that a file has. */
  filling: boolean;
}

const states = new WeakMap<object, InstanceState>();

/** Gives a new instance its state. */
export function createState(instance: object): InstanceState {
  const state: InstanceState = {
    values: new Map(),
    defaults: new Map(),
    initializing: new Set(),
    touched: new Set(),
    assigned: new Set(),
    stored: undefined,
    kept: undefined,
    listener: undefined,
    restoring: false,
    filling: false,
  };
  states.set(instance, state);
  return state;
}

/** The state of an instance. */
export function stateOf(instance: object): InstanceState {
  const state = states.get(instance);
  if (state === undefined) throw invalidArgument("a property was used on an object that is no instance of its class");
  return state;
}

/** Runs a callback of the caller; what it throws travels as the cause. */
function callback<Result>(name: string, what: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    const { code, path } = error instanceof HDF5Error ? error : { code: "invalid-argument" as const, path: undefined };
    const text = `the ${what} of the property ${JSON.stringify(name)} failed: ${messageOf(error)}`;
    throw new HDF5Error(code, text, { path, cause: error });
  }
}

/** The default of a property of an instance, made anew. */
export function defaultValue(instance: Serializable, name: string, definition: PropertyDefinition): unknown {
  const value = stateOf(instance).defaults.get(name) ?? definition.default;
  if (typeof value !== "function") return deepCopy(value);
  return callback(name, "default", () => value.call(undefined, instance) as unknown);
}

function isScalar(value: unknown): boolean {
  return (typeof value !== "object" && typeof value !== "function") || value instanceof Complex;
}

/** What is kept of a value that was given. */
function fitted(instance: Serializable, name: string, definition: PropertyDefinition, given: unknown): unknown {
  const { parser, convert } = definition;
  const parsed = parser === undefined ? given : callback(name, "parser", () => parser(given, instance));
  const isDone = convert === undefined || parsed === null || parsed === undefined;
  return normalizeArray(isDone ? parsed : callback(name, "conversion", () => convert(parsed))) ?? null;
}

/** Stores a value, `null` meaning the default, and tells whoever is to be told. */
function store(instance: Serializable, name: string, definition: PropertyDefinition, given: unknown): void {
  const state = stateOf(instance);
  const { type } = definition;
  // It is not there yet while the constructor of the base class runs.
  if (definition.decorated && !state.defaults.has(name) && (given ?? null) === null) return;
  const raw = given ?? defaultValue(instance, name, definition) ?? null;
  const asIs = raw === null || (typeof raw === "object" && serializedAsIs in raw);
  const value = asIs ? raw : fitted(instance, name, definition, raw);
  if (type !== undefined && value !== null && isScalar(value)) checkScalar(value, type);
  if (definition.parser !== undefined || definition.observers.length > 0 || definition.postInit !== undefined) {
    state.touched.add(name);
  }
  const first = !state.values.has(name);
  const oldValue = state.values.get(name) ?? null;
  state.values.set(name, value);
  for (const observer of definition.observers) callback(name, "observer", () => observer(instance, oldValue, value));
  tellObservers(instance, name, oldValue, value);
  if (first) callback(name, "post-initialiser", () => definition.postInit?.(instance));
}

/** Tells those that observe a property of an object or of its class, besides what the property is declared with. */
export function tellObservers(instance: Serializable, name: string, oldValue: unknown, value: unknown): void {
  for (const observer of observersOf(instance, name)) {
    stateOf(instance).touched.add(name);
    callback(name, "observer", () => observer(instance, oldValue, value));
  }
}

/** Reads a property; the first reading gives it its default. */
export function readProperty(instance: Serializable, name: string, definition: PropertyDefinition): unknown {
  const state = stateOf(instance);
  if (!state.values.has(name)) {
    if (state.initializing.has(name)) {
      throw invalidArgument(`the default of the property ${JSON.stringify(name)} depends on itself`);
    }
    state.initializing.add(name);
    try {
      store(instance, name, definition, null);
    } finally {
      state.initializing.delete(name);
    }
    if (state.values.has(name)) state.listener?.afterDefault?.(instance, name, state.values.get(name));
  }
  return state.values.get(name) ?? null;
}

/** Reads all properties of an instance, in declaration order. */
export function readAll(instance: Serializable, schema: ReadonlyMap<string, PropertyDefinition>): Map<string, unknown> {
  return new Map(Array.from(schema, ([name, definition]) => [name, readProperty(instance, name, definition)]));
}

/** Sets a property, `null` or `undefined` to its default. */
export function writeProperty(
  instance: Serializable,
  name: string,
  definition: PropertyDefinition,
  value: unknown,
): void {
  const { values, touched, assigned, listener, restoring, filling } = stateOf(instance);
  if (restoring) return;
  if (definition.writeonce && values.has(name)) {
    throw invalidArgument(`the property ${JSON.stringify(name)} can be set only once`);
  }
  listener?.beforeAssignment(instance, name);
  if (!filling) {
    assigned.add(name);
    touched.add(name);
  }
  store(instance, name, definition, value);
  listener?.afterAssignment(instance, name);
}

/** Somebody gets the value of a property. */
export function touch(instance: Serializable, name: string): void {
  stateOf(instance).touched.add(name);
}
