/**
 * Scalars with a stored type.
 *
 * JavaScript has one type of number where HDF5 has many. A {@link TypedScalar} fixes the type; scalars that were
 * loaded keep the type they were stored with for as long as they are not changed.
 */

import type { Datatype, DType } from "../format/index.js";
import { Complex } from "./complex.js";
import { invalidArgument } from "./errors.js";

/** The type of a scalar: the public notation, or a datatype exactly as a file stores it. */
export type ScalarType = DType | Datatype;

/** A value together with the type it is stored with; made by {@link scalar}. */
export class TypedScalar<Value = unknown> {
  readonly value: Value;
  readonly type: ScalarType;

  constructor(value: Value, type: ScalarType) {
    this.value = value;
    this.type = type;
  }

  toJSON(): Value {
    return this.value;
  }
}

const integerBits: Readonly<Record<string, readonly [signed: boolean, bits: number]>> = {
  int8: [true, 8],
  int16: [true, 16],
  int32: [true, 32],
  int64: [true, 64],
  uint8: [false, 8],
  uint16: [false, 16],
  uint32: [false, 32],
  uint64: [false, 64],
};

const floatTypes: ReadonlySet<unknown> = new Set(["float16", "float32", "float64"]);

/**
 * `value` to be stored with `type`, anywhere inside lists and dicts: `scalar(3, "float64")`.
 *
 * @throws HDF5Error `invalid-argument` when the type cannot hold the value.
 */
export function scalar<const Value extends number | bigint | boolean | string | Complex>(
  value: Value,
  type: ScalarType,
): TypedScalar<Value> {
  checkScalar(value, type);
  return new TypedScalar(value, type);
}

/** Refuses what one of the named types cannot hold; other types are checked when they are written. */
export function checkScalar(value: unknown, type: ScalarType): void {
  if (typeof type !== "string") return;
  if (Object.hasOwn(integerBits, type)) {
    const [signed, bits] = integerBits[type];
    if (typeof value !== "bigint" && !(typeof value === "number" && Number.isInteger(value))) {
      throw invalidArgument(`${describe(value)} cannot be stored as ${type}, which holds integers`);
    }
    const integer = BigInt(value);
    if (integer !== (signed ? BigInt.asIntN(bits, integer) : BigInt.asUintN(bits, integer))) {
      throw invalidArgument(`${describe(value)} does not fit ${type}`);
    }
  } else if (floatTypes.has(type)) {
    if (typeof value === "bigint" ? BigInt(Number(value)) !== value : typeof value !== "number") {
      throw invalidArgument(`${describe(value)} cannot be stored as ${type}`);
    }
  } else if (type === "bool" && typeof value !== "boolean") {
    throw invalidArgument(`${describe(value)} cannot be stored as bool`);
  } else if (type === "string" && typeof value !== "string") {
    throw invalidArgument(`${describe(value)} cannot be stored as string`);
  } else if ((type === "complex64" || type === "complex128") && !(value instanceof Complex)) {
    throw invalidArgument(`${describe(value)} cannot be stored as ${type}`);
  }
}

function describe(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return `an instance of ${value.constructor?.name ?? "Object"}`;
  return String(value);
}

/**
 * The type that a scalar is stored with when nothing fixes one: safe integers int64, other numbers float64, bigints
 * int64 or uint64.
 *
 * @throws HDF5Error `invalid-argument` for a bigint beyond 64 bits.
 */
export function naturalType(value: number | bigint | boolean | string | Complex): DType {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? "int64" : "float64";
    case "bigint":
      if (BigInt.asIntN(64, value) === value) return "int64";
      if (BigInt.asUintN(64, value) === value) return "uint64";
      throw invalidArgument(`${value}n does not fit 64 bits`);
    case "boolean":
      return "bool";
    case "string":
      return "string";
    default:
      return "complex128";
  }
}

/** A scalar as it was loaded and the type it had. */
export interface StoredScalar {
  readonly value: unknown;
  readonly type: ScalarType;
}

/** What is remembered of the scalars of one list, dict or object, by key. */
export type StoredScalars = ReadonlyMap<string, StoredScalar>;

const remembered = new WeakMap<object, StoredScalars>();

/** Remembers the stored types of a loaded list's or dict's scalars. */
export function rememberScalars(container: object, scalars: StoredScalars): void {
  if (scalars.size > 0) remembered.set(container, scalars);
}

/** The stored types of a list's or dict's scalars, as loaded. */
export function rememberedScalars(container: object): StoredScalars | undefined {
  return remembered.get(container);
}

/** `value` with the type it was loaded with, when it is the very value that was loaded. */
export function withStoredType(value: unknown, key: string, scalars: StoredScalars | undefined): unknown {
  const stored = scalars?.get(key);
  if (stored === undefined) return value;
  const unchanged =
    Object.is(value, stored.value) ||
    (value instanceof Complex &&
      stored.value instanceof Complex &&
      Object.is(value.re, stored.value.re) &&
      Object.is(value.im, stored.value.im));
  return unchanged ? new TypedScalar(value, stored.type) : value;
}
