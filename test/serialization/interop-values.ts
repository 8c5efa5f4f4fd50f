/** The records in which python-rules.py tells what a file holds, as values, and values as such records. */

import type { DType, ElementData, NDArray } from "../../src/format/index.js";
import { ComplexArray, CompoundArray } from "../../src/format/index.js";
import {
  Complex,
  DatetimeIndex,
  FilePath,
  Persistable,
  type ScalarType,
  Serializable,
  scalar,
  Timestamp,
} from "../../src/serialization/index.js";

/** The type of an array's elements, as NumPy writes it; variable-length strings, enumerations, and the fields of records. */
export type StoredType = string | EnumType | readonly (readonly [name: string, type: StoredType])[];

export interface EnumType {
  readonly enum: Readonly<Record<string, number>>;
  readonly base: string;
}

export interface ArrayRecord {
  readonly type: "ndarray";
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly data: Elements;
}

/** Base64 of the bytes of numbers, strings, or the elements of each field. */
export type Elements = string | readonly (string | Elements)[];

/** A value. */
export type ValueRecord =
  | { readonly type: "none" }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int"; readonly value: string; readonly dtype: string }
  | { readonly type: "float"; readonly value: string; readonly dtype: string }
  | { readonly type: "complex"; readonly re: string; readonly im: string; readonly dtype: string }
  | { readonly type: "str"; readonly value: string }
  | { readonly type: "path"; readonly value: string }
  | { readonly type: "list"; readonly items: readonly ValueRecord[] }
  | { readonly type: "dict"; readonly items: Readonly<Record<string, ValueRecord>> }
  | ObjectRecord
  | ArrayRecord
  | { readonly type: "timestamp"; readonly timezone: string | null; readonly wall: string; readonly fold?: number }
  | {
      readonly type: "datetimeindex";
      readonly timezone: string | null;
      readonly wall: readonly string[];
      readonly fold?: readonly number[];
    };

export interface ObjectRecord {
  readonly type: "object";
  readonly class: string;
  readonly properties: Readonly<Record<string, ValueRecord>>;
}

/** What is left of a record once a value has been loaded: JavaScript has one kind of number, in one order of bytes. */
export type LooseRecord = unknown;

const names: Readonly<Record<string, DType>> = {
  f2: "float16",
  f4: "float32",
  f8: "float64",
  c8: "complex64",
  c16: "complex128",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  b1: "bool",
};

export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

export function floatOf(text: string): number {
  if (text === "nan") return Number.NaN;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(`0x${text}`));
  return view.getFloat64(0);
}

export function bytesText(data: ArrayBufferView): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
}

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, "base64")).buffer;
}

function numbersOf(name: string, buffer: ArrayBuffer): ElementData {
  switch (name) {
    case "f2":
    case "f4":
      return new Float32Array(buffer);
    case "f8":
      return new Float64Array(buffer);
    case "c8":
      return new ComplexArray(new Float32Array(buffer));
    case "c16":
      return new ComplexArray(new Float64Array(buffer));
    case "i1":
      return new Int8Array(buffer);
    case "i2":
      return new Int16Array(buffer);
    case "i4":
      return new Int32Array(buffer);
    case "i8":
      return new BigInt64Array(buffer);
    case "u2":
      return new Uint16Array(buffer);
    case "u4":
      return new Uint32Array(buffer);
    case "u8":
      return new BigUint64Array(buffer);
    default:
      return new Uint8Array(buffer);
  }
}

function dtypeOf(type: StoredType): DType {
  if (type === "str") return "string";
  if (typeof type === "object" && "enum" in type) {
    return { kind: "enum", base: dtypeOf(type.base), members: type.enum };
  }
  if (typeof type !== "string") throw new Error("records are not made here");
  const [order, kind, size] = [type[0], type[1], Number(type.slice(2))];
  if (kind === "S") return { kind: "string", length: size, characterSet: "ascii", padding: "null-padded" };
  if (order !== ">") return names[type.slice(1)];
  if (kind === "f") return { kind: "float", size, byteOrder: "big" };
  return { kind: "integer", size, signed: kind === "i", byteOrder: "big" };
}

function strideOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1));
}

function arrayOf({ dtype, shape, data }: ArrayRecord): NDArray {
  const name = typeof dtype === "object" && "base" in dtype ? dtype.base.slice(1) : String(dtype).slice(1);
  const elements = typeof data === "string" ? numbersOf(name, bytesOf(data)) : (data as string[]);
  return { data: elements, shape, stride: strideOf(shape), dtype: dtypeOf(dtype) } as NDArray;
}

/** A scalar as it is, where it is stored with the type that it has by itself. */
function scalarOf(value: number | bigint | Complex, dtype: string, natural: string): unknown {
  return dtype === natural ? value : scalar(value, names[dtype.slice(1)] as ScalarType);
}

/** The value of a record, which saves as what the record says. */
export function fromRecord(record: ValueRecord): unknown {
  switch (record.type) {
    case "none":
      return null;
    case "bool":
    case "str":
      return record.value;
    case "int": {
      const integer = BigInt(record.value);
      const value = Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
      return scalarOf(value, record.dtype, integer >= 2n ** 63n ? "<u8" : "<i8");
    }
    case "float": {
      const value = floatOf(record.value);
      return scalarOf(value, record.dtype, Number.isSafeInteger(value) && !Object.is(value, -0) ? "<i8" : "<f8");
    }
    case "complex":
      return scalarOf(new Complex(floatOf(record.re), floatOf(record.im)), record.dtype, "<c16");
    case "path":
      return new FilePath(record.value);
    case "list":
      return record.items.map(fromRecord);
    case "dict":
      return dictOf(record.items);
    case "object": {
      const tree = Object.assign(dictOf(record.properties), { __class__: record.class });
      return Persistable.deserialize(tree);
    }
    case "ndarray":
      return arrayOf(record);
    case "timestamp":
      return new Timestamp(BigInt(record.wall), record.timezone, record.fold === 1 ? 1 : 0);
    case "datetimeindex": {
      const fold = record.fold === undefined ? null : Uint8Array.from(record.fold);
      return new DatetimeIndex(BigInt64Array.from(record.wall, BigInt), record.timezone, fold);
    }
  }
}

function dictOf(items: Readonly<Record<string, ValueRecord>>): Record<string, unknown> {
  const dict: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(items)) dict[key] = fromRecord(item);
  return dict;
}

function looseNumber(value: number | bigint): string {
  if (typeof value === "bigint") return String(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : floatText(value);
}

function looseType(type: StoredType): unknown {
  if (typeof type === "string") return type === "str" || type[1] === "S" ? type : (names[type.slice(1)] ?? type);
  return "enum" in type
    ? { enum: type.enum, base: looseType(type.base) }
    : type.map(([name, field]) => [name, looseType(field)]);
}

function mapValues<In, Out>(items: Readonly<Record<string, In>>, map: (item: In) => Out): Map<string, Out> {
  // A map, so that no key means anything to whoever compares.
  const sorted = Object.entries(items).sort(([left], [right]) => (left < right ? -1 : 1));
  return new Map(sorted.map(([key, item]) => [key, map(item)]));
}

/** What of a record is to be seen in the value that was loaded. */
export function loosened(record: ValueRecord): LooseRecord {
  switch (record.type) {
    case "int":
      return { type: "number", value: looseNumber(looseInteger(BigInt(record.value))) };
    case "float":
      return { type: "number", value: looseNumber(floatOf(record.value)) };
    case "complex":
      return { type: "complex", re: record.re, im: record.im };
    case "list":
      return { type: "list", items: record.items.map(loosened) };
    case "dict":
      return { type: "dict", items: mapValues(record.items, loosened) };
    case "object":
      return { type: "object", class: record.class, properties: mapValues(record.properties, loosened) };
    case "ndarray":
      return { ...record, dtype: looseType(record.dtype) };
    default:
      return record;
  }
}

function looseInteger(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function elementsOf(data: unknown, dtype: DType): Elements {
  if (typeof dtype === "object" && dtype.kind === "compound") {
    return dtype.members.map(({ name, dtype: field }) => elementsOf(columnOf(data, name, field), field));
  }
  if (data instanceof ComplexArray) return bytesText(data.data);
  if (ArrayBuffer.isView(data)) return bytesText(data);
  return data as string[];
}

/** One field of records: a column, or of the list that a single record is. */
function columnOf(data: unknown, name: string, field: DType): unknown {
  if (data instanceof CompoundArray) return data.column(name);
  const column = (data as Readonly<Record<string, unknown>>[]).map((row) => row[name]);
  if (field === "int32") return Int32Array.from(column as number[]);
  return field === "float64" ? Float64Array.from(column as number[]) : column;
}

function typeOf(dtype: DType): unknown {
  if (typeof dtype === "string") return dtype === "string" ? "str" : dtype;
  if (dtype.kind === "string") return `|S${dtype.length}`;
  if (dtype.kind === "compound") return dtype.members.map((member) => [member.name, typeOf(member.dtype)]);
  if (dtype.kind !== "enum") return dtype;
  const members = dtype.members as readonly { readonly name: string; readonly value: number }[];
  return { enum: Object.fromEntries(members.map(({ name, value }) => [name, value])), base: typeOf(dtype.base) };
}

/** A loaded value as a loosened record. */
export function describeValue(value: unknown): LooseRecord {
  if (value === null) return { type: "none" };
  if (typeof value === "boolean") return { type: "bool", value };
  if (typeof value === "string") return { type: "str", value };
  if (typeof value === "number" || typeof value === "bigint") return { type: "number", value: looseNumber(value) };
  if (value instanceof Complex) return { type: "complex", re: floatText(value.re), im: floatText(value.im) };
  if (value instanceof FilePath) return { type: "path", value: value.path };
  if (value instanceof Timestamp) {
    const { timezone, fold } = value;
    return { type: "timestamp", timezone, wall: String(value.wallNanoseconds), ...(fold === 1 && { fold }) };
  }
  if (value instanceof DatetimeIndex) {
    const { timezone, fold, wallNanoseconds } = value;
    const wall = Array.from(wallNanoseconds, String);
    return { type: "datetimeindex", timezone, wall, ...(fold !== null && { fold: [...fold] }) };
  }
  if (Array.isArray(value)) return { type: "list", items: value.map(describeValue) };
  if (value instanceof Serializable) {
    const { className } = value.constructor as typeof Serializable;
    const properties = mapValues(Object.fromEntries(Serializable.valuesOf(value)), describeValue);
    return { type: "object", class: className, properties };
  }
  const { data, shape, dtype } = value as NDArray;
  if (Array.isArray(shape) && Object.getPrototypeOf(value) !== null) {
    return { type: "ndarray", dtype: typeOf(dtype), shape, data: elementsOf(data, dtype) };
  }
  return { type: "dict", items: mapValues(value as Record<string, unknown>, describeValue) };
}
