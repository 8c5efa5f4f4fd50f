import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument } from "../errors.js";
import type {
  ByteOrder,
  CharacterSet,
  Datatype,
  FloatDatatype,
  StringPadding,
} from "../structures/messages/datatype.js";

/** Numbers in their usual layouts; stored little-endian on creation. */
export type NumberDType =
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "float32"
  | "float64";

/** Datatypes that one word describes. */
export type NamedDType =
  | NumberDType
  /** The enumeration FALSE = 0, TRUE = 1 over int8. */
  | "bool"
  /** Variable-length UTF-8. */
  | "string"
  /** The compound of two float32 members `r` and `i`. */
  | "complex64"
  /** The compound of two float64 members `r` and `i`. */
  | "complex128"
  | "object-reference"
  | "region-reference"
  /**
   * The references of HDF5 1.12, which older libraries cannot open; each element may refer to an object, a region or an
   * attribute.
   */
  | "standard-object-reference"
  | "standard-region-reference"
  | "standard-attribute-reference";

/** An integer of another width, byte order or placement of its bits. */
export interface IntegerDType {
  readonly kind: "integer";
  /** Bytes of one element. */
  readonly size: number;
  readonly signed: boolean;
  /** Default `little`. */
  readonly byteOrder?: ByteOrder;
  /** Default 0. */
  readonly bitOffset?: number;
  /** Significant bits; default all of them. */
  readonly precision?: number;
}

/** A floating-point number of another layout or byte order; IEEE 754 of the given size where the fields are left out. */
export interface FloatDType
  extends Partial<
    Pick<
      FloatDatatype,
      | "byteOrder"
      | "bitOffset"
      | "precision"
      | "normalization"
      | "signPosition"
      | "exponentPosition"
      | "exponentSize"
      | "mantissaPosition"
      | "mantissaSize"
      | "exponentBias"
    >
  > {
  readonly kind: "float";
  /** Bytes of one element. */
  readonly size: number;
}

/** A string; of variable length where `length` is left out. */
export interface StringDType {
  readonly kind: "string";
  /** Bytes of one element. */
  readonly length?: number;
  /** Default `utf-8`. */
  readonly characterSet?: CharacterSet;
  /** Default `null-padded` for a fixed length, `null-terminated` for a variable one. */
  readonly padding?: StringPadding;
}

/** One member of a {@link CompoundDType}. */
export interface CompoundDTypeMember {
  readonly name: string;
  readonly dtype: DType;
  /** Byte offset in the element; default directly after the member before. */
  readonly offset?: number;
}

/** A record of named members. */
export interface CompoundDType {
  readonly kind: "compound";
  readonly members: readonly CompoundDTypeMember[];
  /** Bytes of one element; default the end of the last member. */
  readonly size?: number;
}

/** One name of an {@link EnumDType}. */
export interface EnumDTypeMember {
  readonly name: string;
  readonly value: number | bigint;
}

/** Named integers. Types read from a file list their members as an array, in stored order. */
export interface EnumDType {
  readonly kind: "enum";
  /** An integer type. */
  readonly base: DType;
  readonly members:
    | readonly EnumDTypeMember[]
    | ReadonlyMap<string, number | bigint>
    | Readonly<Record<string, number | bigint>>;
}

/** An array of fixed shape in each element; read as trailing axes. */
export interface ArrayDType {
  readonly kind: "array";
  readonly base: DType;
  readonly shape: readonly number[];
}

/** A sequence of any length in each element. */
export interface VariableLengthDType {
  readonly kind: "variable-length";
  readonly base: DType;
}

/** Bytes without further meaning; read as one byte array with a trailing axis. */
export interface OpaqueDType {
  readonly kind: "opaque";
  readonly size: number;
  readonly tag: string;
}

/** Bits, read as unsigned integers. */
export interface BitfieldDType {
  readonly kind: "bitfield";
  readonly size: number;
  readonly byteOrder?: ByteOrder;
  readonly bitOffset?: number;
  readonly precision?: number;
}

/** The class "time", read as signed integers. */
export interface TimeDType {
  readonly kind: "time";
  readonly size: number;
  readonly byteOrder?: ByteOrder;
  readonly precision?: number;
}

/** The complex class of HDF5 2.0, which older libraries cannot open; `complex128` is what they know. */
export interface ComplexDType {
  readonly kind: "complex";
  /** A floating-point type. */
  readonly base: DType;
}

/** A datatype as callers write and read it. */
export type DType =
  | NamedDType
  | IntegerDType
  | FloatDType
  | StringDType
  | CompoundDType
  | EnumDType
  | ArrayDType
  | VariableLengthDType
  | OpaqueDType
  | BitfieldDType
  | TimeDType
  | ComplexDType;

/** @throws HDF5Error `invalid-argument` for what is neither a name nor a record */
export function requireDType(dtype: unknown): void {
  if (typeof dtype === "string" || (typeof dtype === "object" && dtype !== null)) return;
  throw invalidArgument(`a type is a name such as "float64" or a record, not ${describeValue(dtype)}`);
}

/** Whether a type is a stored record rather than the public notation. */
export function isStoredDatatype(dtype: DType | Datatype): dtype is Datatype {
  return typeof dtype === "object" && "class" in dtype;
}

/** The members of an enumeration in one form. */
export function enumMembers(dtype: EnumDType): readonly EnumDTypeMember[] {
  const { members } = dtype;
  if (Array.isArray(members)) return members;
  const entries: Iterable<[string, number | bigint]> =
    members instanceof Map ? members.entries() : Object.entries(members);
  return Array.from(entries, ([name, value]) => ({ name, value }));
}
