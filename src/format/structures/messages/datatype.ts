import { corrupt, HDF5Error, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { decodeText, namesApart } from "../text.js";
import type { DatatypeHeader } from "./datatype-header.js";
import { decodeDatatypeHeader, decodeEnumerated, encodeDatatypeHeader, newestVersion } from "./datatype-header.js";
import {
  decodeBitfield,
  decodeFloat,
  decodeInteger,
  decodeTime,
  encodeNumberProperties,
  numberBits,
} from "./datatype-numbers.js";
import { ownDatatypeVersion } from "./datatype-versions.js";

export {
  containsReference,
  containsStandardReference,
  containsVariableLength,
  datatypesEqual,
  hasManyUnusedBits,
  minimalDatatypeVersion,
  withDatatypeVersion,
} from "./datatype-versions.js";

/** Byte order of a stored number; `vax` orders 16-bit words big-endian and bytes within them little-endian. */
export type ByteOrder = "little" | "big" | "vax";

/** How a stored string ends. */
export type StringPadding = "null-terminated" | "null-padded" | "space-padded";

/** Character set of a string or name. */
export type CharacterSet = "ascii" | "utf-8";

interface DatatypeBase {
  /** Message version the type was stored with, 0–5. */
  readonly version: number;
  /** Bytes of one element as stored. */
  readonly size: number;
}

/** Placement of significant bits within an element. */
export interface BitPlacement {
  /** First significant bit, counted from the least significant. */
  readonly bitOffset: number;
  /** Number of significant bits. */
  readonly precision: number;
  readonly lowPadding: 0 | 1;
  readonly highPadding: 0 | 1;
}

/** Class 0. */
export interface IntegerDatatype extends DatatypeBase, BitPlacement {
  readonly class: "integer";
  readonly byteOrder: ByteOrder;
  readonly signed: boolean;
}

/** Class 1. */
export interface FloatDatatype extends DatatypeBase, BitPlacement {
  readonly class: "float";
  readonly byteOrder: ByteOrder;
  readonly internalPadding: 0 | 1;
  readonly normalization: "none" | "msb-set" | "implied";
  readonly signPosition: number;
  readonly exponentPosition: number;
  readonly exponentSize: number;
  readonly mantissaPosition: number;
  readonly mantissaSize: number;
  readonly exponentBias: number;
}

/** Class 2. */
export interface TimeDatatype extends DatatypeBase {
  readonly class: "time";
  readonly byteOrder: ByteOrder;
  readonly precision: number;
}

/** Class 3: strings of a fixed number of bytes. */
export interface StringDatatype extends DatatypeBase {
  readonly class: "string";
  readonly padding: StringPadding;
  readonly characterSet: CharacterSet;
}

/** Class 4. */
export interface BitfieldDatatype extends DatatypeBase, BitPlacement {
  readonly class: "bitfield";
  readonly byteOrder: ByteOrder;
}

/** Class 5. */
export interface OpaqueDatatype extends DatatypeBase {
  readonly class: "opaque";
  /** The tag up to its first NUL. */
  readonly tag: string;
  readonly tagBytes: Uint8Array;
}

/** One member of a compound datatype. */
export interface CompoundMember {
  readonly name: string;
  /** The name as stored, which need not be valid UTF-8. */
  readonly nameBytes: Uint8Array;
  /** Byte offset within the element. */
  readonly offset: number;
  readonly datatype: Datatype;
}

/** Class 6. */
export interface CompoundDatatype extends DatatypeBase {
  readonly class: "compound";
  /** In stored order. */
  readonly members: readonly CompoundMember[];
}

/** Class 7. */
export interface ReferenceDatatype extends DatatypeBase {
  readonly class: "reference";
  /** `object` and `region` are stored types 0 and 1; the `standard-` kinds are the references of HDF5 1.12. */
  readonly referenceKind: "object" | "region" | "standard-object" | "standard-region" | "standard-attribute";
}

/** One name of an enumeration. */
export interface EnumMember {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** The value's stored bytes, in the base type's encoding. */
  readonly valueBytes: Uint8Array;
}

/** Class 8. */
export interface EnumDatatype extends DatatypeBase {
  readonly class: "enum";
  readonly base: Datatype;
  readonly members: readonly EnumMember[];
}

/** Class 9. */
export interface VariableLengthDatatype extends DatatypeBase {
  readonly class: "variable-length";
  readonly content: "sequence" | "string";
  /** Meaningful for strings. */
  readonly padding: StringPadding;
  /** Meaningful for strings. */
  readonly characterSet: CharacterSet;
  readonly base: Datatype;
}

/** Class 10. */
export interface ArrayDatatype extends DatatypeBase {
  readonly class: "array";
  readonly dimensions: readonly number[];
  readonly base: Datatype;
}

/** Class 11 (HDF5 2.0): two elements of `base`, real part first. */
export interface ComplexDatatype extends DatatypeBase {
  readonly class: "complex";
  readonly base: Datatype;
}

/** A datatype exactly as stored (specification IV.A.2.d, "The Datatype Message"). */
export type Datatype =
  | IntegerDatatype
  | FloatDatatype
  | TimeDatatype
  | StringDatatype
  | BitfieldDatatype
  | OpaqueDatatype
  | CompoundDatatype
  | ReferenceDatatype
  | EnumDatatype
  | VariableLengthDatatype
  | ArrayDatatype
  | ComplexDatatype;

const paddings = ["null-terminated", "null-padded", "space-padded"] as const;
const characterSets = ["ascii", "utf-8"] as const;
const referenceKinds = ["object", "region", "standard-object", "standard-region", "standard-attribute"] as const;
/** First of the reference kinds of version 4, which also store the version of their own encoding. */
const firstStandardReference = 2;
const standardReferenceEncoding = 0x10;
const contents = ["sequence", "string"] as const;

/** Class bit field of a complex number in the one form that exists: both parts of one type, rectangular. */
const homogeneousRectangular = 0x01;

/** Tags fill a multiple of 8 bytes and their length is stored in 8 bits. */
const maxTagLength = 248;
const maxMembers = 0xffff;
/** Dimensions that a version 1 compound member has room for. */
const maxMemberRank = 4;
const maxArrayRank = 32;

/** Bytes that a version 3 compound uses for its members' offsets. */
function memberOffsetWidth(size: number): number {
  return size < 0x100 ? 1 : size < 0x10000 ? 2 : size < 0x1000000 ? 3 : 4;
}

/**
 * Decodes a datatype of any class, and the types that it is made of, at message versions 0–5.
 *
 * A version 1 compound member with dimensions becomes an {@link ArrayDatatype} of the compound's version.
 */
export function decodeDatatype(reader: ByteReader, depthLimit = 64): Datatype {
  if (depthLimit <= 0) {
    throw new HDF5Error("limit", `a datatype is nested too deeply (at byte ${reader.offset})`, {
      offset: reader.offset,
    });
  }
  const header = decodeDatatypeHeader(reader);
  const { version, size, bits, start } = header;
  switch (header.class) {
    case "integer":
      return decodeInteger(reader, header);
    case "float":
      return decodeFloat(reader, header);
    case "time":
      return decodeTime(reader, header);
    case "string":
      return {
        class: "string",
        version,
        size,
        padding: decodeEnumerated(paddings, bits & 0x0f, "string padding", start),
        characterSet: decodeEnumerated(characterSets, (bits >> 4) & 0x0f, "character set", start),
      };
    case "bitfield":
      return decodeBitfield(reader, header);
    case "opaque": {
      const field = reader.take(bits & 0xff);
      const terminator = field.indexOf(0);
      const tagBytes = field.slice(0, terminator < 0 ? field.length : terminator);
      return { class: "opaque", version, size, tag: decodeText(tagBytes), tagBytes };
    }
    case "compound":
      return decodeCompound(reader, header, depthLimit);
    case "reference":
      return {
        class: "reference",
        version,
        size,
        referenceKind: decodeEnumerated(referenceKinds, bits & 0x0f, "reference type", start),
      };
    case "enum":
      return decodeEnum(reader, header, depthLimit);
    case "variable-length":
      return decodeVariableLength(reader, header, depthLimit);
    case "array":
      return decodeArray(reader, header, depthLimit);
    case "complex": {
      if (bits !== homogeneousRectangular) throw unsupported(`complex numbers of form 0x${bits.toString(16)}`, start);
      const base = decodeDatatype(reader, depthLimit - 1);
      if (size !== 2 * base.size) throw corrupt(`a complex number has ${size} bytes, its parts ${base.size}`, start);
      return { class: "complex", version, size, base };
    }
  }
}

/** A name up to its NUL, with the padding to a multiple of 8 bytes that ended with version 2. */
function decodeMemberName(reader: ByteReader, version: number): Uint8Array {
  const start = reader.position;
  const nameBytes = reader.untilNull().slice();
  if (version < 3) reader.align(8, start);
  return nameBytes;
}

function decodeCompound(reader: ByteReader, header: DatatypeHeader, depthLimit: number): CompoundDatatype {
  const { version, size, bits, start } = header;
  const count = bits & 0xffff;
  if (count === 0) throw corrupt("a compound datatype has no members", start);
  const offsetWidth = version >= 3 ? memberOffsetWidth(size) : 4;
  const members: CompoundMember[] = [];
  let end = 0;
  for (let index = 0; index < count; index++) {
    const at = reader.offset;
    const nameBytes = decodeMemberName(reader, version);
    const name = decodeText(nameBytes);
    const offset = reader.uint(offsetWidth);
    const dimensions = version < 2 ? decodeMemberDimensions(reader) : [];
    let datatype = decodeDatatype(reader, depthLimit - 1);
    if (dimensions.length > 0) {
      const memberSize = arraySize(dimensions, datatype.size, at);
      datatype = { class: "array", version, size: memberSize, dimensions, base: datatype };
    }
    if (offset + datatype.size > size) {
      throw corrupt(`the member "${name}" ends at byte ${offset + datatype.size} of a compound of ${size}`, at);
    }
    if (
      offset < end &&
      members.some((other) => offset >= other.offset && offset < other.offset + other.datatype.size)
    ) {
      throw corrupt(`the member "${name}" overlaps one before it`, at);
    }
    end = Math.max(end, offset + datatype.size);
    members.push({ name, nameBytes, offset, datatype });
  }
  return { class: "compound", version, size, members: namesApart(members) };
}

/** The dimensions that version 1 stores with each member; the permutation was never used. */
function decodeMemberDimensions(reader: ByteReader): readonly number[] {
  const at = reader.offset;
  const rank = reader.u8();
  if (rank > maxMemberRank) throw corrupt(`a compound member has ${rank} dimensions`, at);
  reader.skip(11);
  const dimensions: number[] = [];
  for (let axis = 0; axis < maxMemberRank; axis++) dimensions.push(reader.u32());
  return dimensions.slice(0, rank);
}

function arraySize(dimensions: readonly number[], baseSize: number, offset: number): number {
  let size = baseSize;
  for (const dimension of dimensions) size *= dimension;
  if (size === 0 || size > 0xffffffff) {
    throw corrupt(`an array datatype of ${dimensions.join(" x ")} elements of ${baseSize} bytes is impossible`, offset);
  }
  return size;
}

function decodeEnum(reader: ByteReader, header: DatatypeHeader, depthLimit: number): EnumDatatype {
  const { version, size, bits, start } = header;
  const count = bits & 0xffff;
  const base = decodeDatatype(reader, depthLimit - 1);
  if (base.size !== size) throw corrupt(`an enumeration has ${size} bytes, its base type ${base.size}`, start);
  const names: Uint8Array[] = [];
  for (let index = 0; index < count; index++) names.push(decodeMemberName(reader, version));
  const values = reader.take(count * size).slice();
  const members = names.map((nameBytes, index) => ({
    name: decodeText(nameBytes),
    nameBytes,
    valueBytes: values.subarray(index * size, (index + 1) * size),
  }));
  return { class: "enum", version, size, base, members: namesApart(members) };
}

function decodeVariableLength(reader: ByteReader, header: DatatypeHeader, depthLimit: number): VariableLengthDatatype {
  const { version, size, bits, start } = header;
  const content = decodeEnumerated(contents, bits & 0x0f, "variable-length type", start);
  const isString = content === "string";
  return {
    class: "variable-length",
    version,
    size,
    content,
    padding: isString ? decodeEnumerated(paddings, (bits >> 4) & 0x0f, "string padding", start) : "null-terminated",
    characterSet: isString ? decodeEnumerated(characterSets, (bits >> 8) & 0x0f, "character set", start) : "ascii",
    base: decodeDatatype(reader, depthLimit - 1),
  };
}

function decodeArray(reader: ByteReader, header: DatatypeHeader, depthLimit: number): ArrayDatatype {
  const { version, size, start } = header;
  const rank = reader.u8();
  if (rank === 0 || rank > maxArrayRank) throw corrupt(`an array datatype has ${rank} dimensions`, start);
  if (version < 3) reader.skip(3);
  const dimensions: number[] = [];
  for (let axis = 0; axis < rank; axis++) dimensions.push(reader.u32());
  // Permutation indices, never used.
  if (version < 3) reader.skip(4 * rank);
  const base = decodeDatatype(reader, depthLimit - 1);
  if (arraySize(dimensions, base.size, start) !== size) {
    throw corrupt(`an array datatype of ${dimensions.join(" x ")} elements of ${base.size} bytes has ${size}`, start);
  }
  return { class: "array", version, size, dimensions, base };
}

/**
 * Encodes each type at its own `version`, or at the oldest one that has its class. A version 1 compound stores arrays
 * of its own version as dimensions of the member, of which there are at most four.
 */
export function encodeDatatype(writer: ByteWriter, datatype: Datatype): void {
  const version = Math.max(datatype.version, ownDatatypeVersion(datatype));
  if (version > newestVersion) throw invalidArgument(`a datatype message has version 0 to 5, not ${version}`);
  encodeDatatypeHeader(writer, { class: datatype.class, version, bits: classBits(datatype), size: datatype.size });
  switch (datatype.class) {
    case "integer":
    case "float":
    case "time":
    case "bitfield":
      encodeNumberProperties(writer, datatype);
      return;
    case "string":
    case "reference":
      return;
    case "opaque":
      writer.bytes(datatype.tagBytes);
      writer.fill(0, tagFieldLength(datatype) - datatype.tagBytes.length);
      return;
    case "compound":
      for (const member of datatype.members) encodeCompoundMember(writer, datatype, member);
      return;
    case "enum":
      encodeDatatype(writer, datatype.base);
      for (const member of datatype.members) encodeMemberName(writer, version, member.nameBytes);
      for (const member of datatype.members) writer.bytes(member.valueBytes);
      return;
    case "array":
      encodeArrayDimensions(writer, version, datatype.dimensions);
      encodeDatatype(writer, datatype.base);
      return;
    case "variable-length":
    case "complex":
      encodeDatatype(writer, datatype.base);
  }
}

/** The class bit field. */
function classBits(datatype: Datatype): number {
  switch (datatype.class) {
    case "integer":
    case "float":
    case "time":
    case "bitfield":
      return numberBits(datatype);
    case "string":
      return paddings.indexOf(datatype.padding) | (characterSets.indexOf(datatype.characterSet) << 4);
    case "opaque":
      return tagFieldLength(datatype);
    case "compound":
    case "enum":
      if (datatype.members.length > maxMembers || (datatype.class === "compound" && datatype.members.length === 0)) {
        throw invalidArgument(`${datatype.class} datatypes with ${datatype.members.length} members cannot be stored`);
      }
      return datatype.members.length;
    case "reference": {
      const kind = referenceKinds.indexOf(datatype.referenceKind);
      return kind < firstStandardReference ? kind : kind | standardReferenceEncoding;
    }
    case "variable-length":
      if (datatype.content === "sequence") return 0;
      return 1 | (paddings.indexOf(datatype.padding) << 4) | (characterSets.indexOf(datatype.characterSet) << 8);
    case "array":
      return 0;
    case "complex":
      return homogeneousRectangular;
  }
}

function tagFieldLength({ tagBytes }: OpaqueDatatype): number {
  if (tagBytes.length > maxTagLength) throw invalidArgument(`an opaque tag has at most ${maxTagLength} bytes`);
  return Math.ceil(tagBytes.length / 8) * 8;
}

function encodeMemberName(writer: ByteWriter, version: number, nameBytes: Uint8Array): void {
  if (nameBytes.includes(0)) throw invalidArgument("the name of a datatype's member contains a NUL");
  const start = writer.length;
  writer.bytes(nameBytes);
  writer.u8(0);
  if (version < 3) writer.align(8, start);
}

function encodeCompoundMember(writer: ByteWriter, { version, size }: CompoundDatatype, member: CompoundMember): void {
  encodeMemberName(writer, version, member.nameBytes);
  writer.uint(member.offset, version >= 3 ? memberOffsetWidth(size) : 4);
  let { datatype } = member;
  if (version < 2) {
    let dimensions: readonly number[] = [];
    if (datatype.class === "array" && datatype.version < 2) {
      dimensions = datatype.dimensions;
      datatype = datatype.base;
    }
    if (dimensions.length > maxMemberRank) {
      throw invalidArgument(`a version ${version} compound has no members of ${dimensions.length} dimensions`);
    }
    writer.u8(dimensions.length);
    writer.fill(0, 11);
    for (let axis = 0; axis < maxMemberRank; axis++) writer.u32(dimensions[axis] ?? 0);
  }
  encodeDatatype(writer, datatype);
}

function encodeArrayDimensions(writer: ByteWriter, version: number, dimensions: readonly number[]): void {
  if (dimensions.length === 0 || dimensions.length > maxArrayRank) {
    throw invalidArgument(`an array datatype has 1 to ${maxArrayRank} dimensions, not ${dimensions.length}`);
  }
  writer.u8(dimensions.length);
  if (version < 3) writer.fill(0, 3);
  for (const dimension of dimensions) writer.u32(dimension);
  if (version < 3) for (let axis = 0; axis < dimensions.length; axis++) writer.u32(axis);
}
