import { UndecodableString, undecodableBytes } from "./datatypes/undecodable-string.js";
import { UnreadableReference } from "./datatypes/unreadable-reference.js";
import type { ElementData } from "./datatypes/values.js";
import {
  AttributeReference,
  ComplexArray,
  CompoundArray,
  type CompoundArrayMember,
  ObjectReference,
  RegionReference,
} from "./datatypes/values.js";
import type { HDF5ErrorCode } from "./errors.js";
import { HDF5Error, invalidArgument, lookingAt, UnsupportedFeatureError } from "./errors.js";
import type { EncodedSelection } from "./selection/encoded-selection.js";

/** A clone of an object whose class is gone. */
type Plain = Readonly<Record<string, unknown>>;

/** Makes an object of a class of the caller's from a plain one; `undefined` leaves it to {@link revive}. */
export type Reviver = (plain: Readonly<Record<string, unknown>>) => unknown;

/** Nesting that is followed. */
const maxDepth = 256;

/**
 * Gives back their classes to values that went through `structuredClone`, `postMessage`, IndexedDB or the like, at any
 * depth: `CompoundArray`, `ComplexArray`, `UndecodableString`, the references, and errors in the form of `HDF5Error.toJSON()`. Whatever else
 * is in the value stays as it is; what holds nothing to revive is answered itself, not a copy.
 *
 * An `HDF5Error` itself, when cloned, is an `Error` with its message only: send `error.toJSON()` and revive that.
 *
 * @param others - makes objects of other classes; asked for each plain object before what is in it is revived
 * @throws HDF5Error `limit` for values that are nested more than 256 deep
 */
export function revive<Value>(value: Value, others?: Reviver): Value {
  if (others !== undefined && typeof others !== "function") throw invalidArgument("a reviver is a function");
  return lookingAt(() => reviveAny(value, { others, done: new Map() }, 0) as Value);
}

interface Revival {
  readonly others: Reviver | undefined;
  /** What each object became: values may refer to one object many times. */
  readonly done: Map<object, unknown>;
}

function reviveAny(value: unknown, revival: Revival, depth: number): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const isList = Array.isArray(value);
  if (!isList && !isPlain(value)) return value;
  if (revival.done.has(value)) return revival.done.get(value);
  if (depth > maxDepth) throw new HDF5Error("limit", `the value is nested more than ${maxDepth} deep`);
  // What refers to itself keeps doing so.
  revival.done.set(value, value);
  const revived = isList ? reviveList(value, revival, depth) : reviveRecord(value, revival, depth);
  revival.done.set(value, revived);
  return revived;
}

function isPlain(value: object): value is Plain {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Also the plain objects of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function reviveList(list: readonly unknown[], revival: Revival, depth: number): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const revived = reviveAny(item, revival, depth + 1);
    if (revived === item) continue;
    copy ??= list.slice();
    copy[index] = revived;
  }
  return copy ?? list;
}

function reviveRecord(record: Plain, revival: Revival, depth: number): unknown {
  const other = revival.others?.(record);
  if (other !== undefined) return other;
  const object = reviveObject(record, (value) => reviveAny(value, revival, depth + 1));
  if (object !== undefined) return object;
  const entries = Object.entries(record);
  const revived = entries.map(([name, item]) => [name, reviveAny(item, revival, depth + 1)] as const);
  if (revived.every(([, item], index) => item === entries[index][1])) return record;
  // Whatever the names are: names of members come from files.
  return Object.fromEntries(revived);
}

/** The object of one of this library's classes that a plain one was; `undefined` where it was none. */
function reviveObject(plain: Plain, inner: (value: unknown) => unknown): unknown {
  switch (plain["kind"]) {
    case "compound-array":
      return compoundArrayOf(plain, inner);
    case "complex-array": {
      const { data } = plain;
      const isPairs = data instanceof Float64Array || data instanceof Float32Array;
      return isPairs && hasKeys(plain, 3) ? new ComplexArray(data) : undefined;
    }
    case "undecodable-string": {
      const bytes = hasKeys(plain, 3) ? undecodableBytes(plain) : null;
      return bytes === null ? undefined : new UndecodableString(bytes);
    }
    case "unreadable-reference": {
      const { bytes, reason } = plain;
      const isOne = bytes instanceof Uint8Array && typeof reason === "string" && hasKeys(plain, 3);
      return isOne ? new UnreadableReference(bytes, reason) : undefined;
    }
    case "object-reference":
    case "region-reference":
    case "attribute-reference":
      return referenceOf(plain);
  }
  const { name, code, message } = plain;
  const isError = (name === "HDF5Error" || name === "UnsupportedFeatureError") && typeof code === "string";
  return isError && typeof message === "string" ? errorOf(plain, code as HDF5ErrorCode, message, inner) : undefined;
}

function hasKeys(plain: Plain, count: number): boolean {
  return Object.keys(plain).length === count;
}

function compoundArrayOf(plain: Plain, inner: (value: unknown) => unknown): CompoundArray | undefined {
  const { length, members, columns } = plain;
  const isValid =
    Number.isSafeInteger(length) && Array.isArray(members) && typeof columns === "object" && columns !== null;
  if (!isValid || !hasKeys(plain, 5)) return undefined;
  const all = columns as Readonly<Record<string, ElementData>>;
  return new CompoundArray(length as number, members as readonly CompoundArrayMember[], (index) => {
    const { name } = members[index] as CompoundArrayMember;
    if (!Object.hasOwn(all, name)) throw invalidArgument(`the clone of a compound array has no column "${name}"`);
    return inner(all[name]) as ElementData;
  });
}

function referenceOf(plain: Plain): unknown {
  const { kind, address, file } = plain;
  if (typeof address !== "number" || (file !== null && typeof file !== "string")) return undefined;
  if (kind === "object-reference") return hasKeys(plain, 3) ? new ObjectReference(address, file) : undefined;
  if (!hasKeys(plain, 4)) return undefined;
  if (kind === "attribute-reference") {
    const { name } = plain;
    return typeof name === "string" ? new AttributeReference(address, name, file) : undefined;
  }
  const { selection } = plain;
  return typeof selection === "object" && selection !== null
    ? new RegionReference(address, selection as EncodedSelection, file)
    : undefined;
}

function errorOf(plain: Plain, code: HDF5ErrorCode, message: string, inner: (value: unknown) => unknown): HDF5Error {
  const { name, feature, cause, message: _message, code: _code, ...details } = plain;
  const revivedCause = cause === undefined ? undefined : causeOf(inner(cause));
  const error =
    name === "UnsupportedFeatureError" && typeof feature === "string"
      ? new UnsupportedFeatureError(feature, message, { cause: revivedCause })
      : new HDF5Error(code, message, { cause: revivedCause });
  return Object.assign(error, details);
}

/** A cause that was another kind of error. */
function causeOf(cause: unknown): unknown {
  if (typeof cause !== "object" || cause === null || !isPlain(cause)) return cause;
  const { name, message } = cause;
  if (typeof name !== "string" || typeof message !== "string") return cause;
  return Object.assign(new Error(message), { name });
}
