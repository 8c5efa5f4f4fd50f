import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument } from "../errors.js";
import { defaultLimits } from "../limits.js";
import type { FieldSizes } from "../structures/byte-reader.js";
import type {
  ByteOrder,
  CompoundMember,
  Datatype,
  EnumDatatype,
  ReferenceDatatype,
} from "../structures/messages/datatype.js";
import { encodeText } from "../structures/text.js";
import type {
  BitfieldDType,
  CompoundDType,
  DType,
  EnumDType,
  EnumDTypeMember,
  FloatDType,
  IntegerDType,
  NamedDType,
  StringDType,
} from "./dtype.js";
import { enumMembers, isStoredDatatype } from "./dtype.js";
import { requireDTypeFields } from "./dtype-fields.js";
import { arrayLength, heapIdSize } from "./heap-objects.js";
import { encodeIntegers } from "./integers.js";
import { floatDatatype, ieeeFields, integerDatatype } from "./standard-types.js";

const largestSize = 0xffffffff;
const newFileSizes: FieldSizes = { offsetSize: 8, lengthSize: 8 };

/**
 * The record that stores `dtype`, in the oldest version that can. A stored record passes through.
 *
 * @param sizes field sizes of the file, on which the size of strings, sequences and references depends
 */
export function datatypeOf(dtype: DType | Datatype, sizes: FieldSizes = newFileSizes): Datatype {
  return convert(dtype, sizes, defaultLimits.depth);
}

function convert(dtype: DType | Datatype, sizes: FieldSizes, depth: number): Datatype {
  if (depth === 0) throw invalidArgument(`a dtype is nested more than ${defaultLimits.depth} deep`);
  if (typeof dtype === "string") return namedDatatype(dtype, sizes);
  if (typeof dtype !== "object" || dtype === null) throw invalidArgument(`${describeValue(dtype)} is no dtype`);
  if (isStoredDatatype(dtype)) return dtype;
  requireDTypeFields(dtype);
  switch (dtype.kind) {
    case "integer":
      return { ...integerDatatype(checkSize(dtype.size), dtype.signed), ...placement(dtype) };
    case "float":
      return floatOf(dtype);
    case "string":
      return stringOf(dtype, sizes);
    case "compound":
      return compoundOf(dtype, sizes, depth);
    case "enum":
      return enumOf(dtype, sizes, depth);
    case "array": {
      const base = convert(dtype.base, sizes, depth - 1);
      if (dtype.shape.length === 0 || dtype.shape.length > 32) {
        throw invalidArgument("an array dtype has 1 to 32 dimensions");
      }
      for (const extent of dtype.shape) checkSize(extent);
      const size = checkSize(base.size * arrayLength(dtype.shape));
      return { class: "array", version: Math.max(2, base.version), size, dimensions: [...dtype.shape], base };
    }
    case "variable-length": {
      const base = convert(dtype.base, sizes, depth - 1);
      return {
        class: "variable-length",
        version: base.version,
        size: 4 + heapIdSize(sizes),
        content: "sequence",
        padding: "null-terminated",
        characterSet: "ascii",
        base,
      };
    }
    case "opaque": {
      const tagBytes = encodeText(dtype.tag);
      // The tag's length, padded to a multiple of 8, is stored in one byte.
      if (tagBytes.length > 247 || tagBytes.includes(0)) {
        throw invalidArgument("an opaque tag has at most 247 bytes and no NUL");
      }
      return { class: "opaque", version: 1, size: checkSize(dtype.size), tag: dtype.tag, tagBytes };
    }
    case "bitfield":
      return {
        class: "bitfield",
        version: 1,
        size: checkSize(dtype.size),
        lowPadding: 0,
        highPadding: 0,
        ...placement(dtype),
      };
    case "time": {
      const { byteOrder, precision } = placement(dtype);
      return { class: "time", version: 1, size: checkSize(dtype.size), byteOrder, precision };
    }
    case "complex": {
      const base = convert(dtype.base, sizes, depth - 1);
      if (base.class !== "float") throw invalidArgument("the base of a complex dtype is a floating-point type");
      return { class: "complex", version: 5, size: checkSize(2 * base.size), base };
    }
  }
}

/** The records of named types in files with 8-byte fields, which nearly all are; made once. */
const namedRecords = new Map<NamedDType, Datatype>();

function namedDatatype(name: NamedDType, sizes: FieldSizes): Datatype {
  if (sizes.offsetSize !== 8 || sizes.lengthSize !== 8) return newNamedDatatype(name, sizes);
  const known = namedRecords.get(name);
  if (known !== undefined) return known;
  const record = newNamedDatatype(name, sizes);
  namedRecords.set(name, record);
  return record;
}

function newNamedDatatype(name: NamedDType, sizes: FieldSizes): Datatype {
  const number = /^(u?int|float)(8|16|32|64)$/.exec(name);
  if (number !== null && name !== ("float8" as string)) {
    const size = Number(number[2]) / 8;
    const fields = number[1] === "float" ? ieeeFields(size) : null;
    return fields === null ? integerDatatype(size, number[1] === "int") : floatDatatype(size, fields);
  }
  switch (name) {
    case "bool":
      return enumRecord(integerDatatype(1, true), [
        { name: "FALSE", value: 0 },
        { name: "TRUE", value: 1 },
      ]);
    case "string":
      return stringOf({ kind: "string" }, sizes);
    case "complex64":
    case "complex128": {
      const part = name === "complex64" ? "float32" : "float64";
      const members = [
        { name: "r", dtype: part },
        { name: "i", dtype: part },
      ] as const;
      return compoundOf({ kind: "compound", members }, sizes, 2);
    }
    // Old references have room for 8-byte addresses even where the file's are shorter.
    case "object-reference":
      return { class: "reference", version: 1, size: Math.max(8, sizes.offsetSize), referenceKind: "object" };
    case "region-reference":
      return { class: "reference", version: 1, size: Math.max(12, heapIdSize(sizes)), referenceKind: "region" };
    case "standard-object-reference":
    case "standard-region-reference":
    case "standard-attribute-reference": {
      const referenceKind = name.slice(0, -"-reference".length) as ReferenceDatatype["referenceKind"];
      return { class: "reference", version: 4, size: 6 + heapIdSize(sizes), referenceKind };
    }
    default:
      throw invalidArgument(`there is no dtype ${JSON.stringify(name)}`);
  }
}

function checkSize(size: number): number {
  if (!Number.isInteger(size) || size < 1 || size > largestSize) {
    throw invalidArgument(`a size in a dtype is an integer from 1 to ${largestSize}, not ${size}`);
  }
  return size;
}

function placement(dtype: IntegerDType | BitfieldDType | { size: number; byteOrder?: ByteOrder; precision?: number }): {
  byteOrder: ByteOrder;
  bitOffset: number;
  precision: number;
} {
  const bitOffset = ("bitOffset" in dtype ? dtype.bitOffset : undefined) ?? 0;
  const precision = dtype.precision ?? dtype.size * 8 - bitOffset;
  checkPlacement(dtype.size, bitOffset, precision);
  return { byteOrder: dtype.byteOrder ?? "little", bitOffset, precision };
}

function checkPlacement(size: number, bitOffset: number, precision: number): void {
  const valid = Number.isInteger(bitOffset) && Number.isInteger(precision) && bitOffset >= 0 && precision >= 1;
  if (!valid || bitOffset + precision > size * 8) {
    throw invalidArgument(`${precision} bits at bit ${bitOffset} do not fit ${size} bytes`);
  }
}

function floatOf(dtype: FloatDType): Datatype {
  const { kind: _, size, byteOrder = "little", ...given } = dtype;
  checkSize(size);
  const fields = { ...ieeeFields(size), ...given };
  const { signPosition, exponentPosition, exponentSize, mantissaPosition, mantissaSize, exponentBias } = fields;
  if (
    signPosition === undefined ||
    exponentPosition === undefined ||
    exponentSize === undefined ||
    mantissaPosition === undefined ||
    mantissaSize === undefined ||
    exponentBias === undefined
  ) {
    throw invalidArgument(`a float of ${size} bytes needs the positions and sizes of its fields`);
  }
  const { bitOffset = 0, precision = size * 8 - bitOffset, normalization = "implied" } = fields;
  checkPlacement(size, bitOffset, precision);
  const end = bitOffset + precision;
  if (
    signPosition >= end ||
    exponentSize < 1 ||
    exponentSize > 30 ||
    mantissaSize < 1 ||
    exponentPosition + exponentSize > end ||
    mantissaPosition + mantissaSize > end
  ) {
    throw invalidArgument("the fields of a float dtype lie outside its bits");
  }
  return floatDatatype(
    size,
    {
      bitOffset,
      precision,
      normalization,
      signPosition,
      exponentPosition,
      exponentSize,
      mantissaPosition,
      mantissaSize,
      exponentBias,
    },
    byteOrder,
  );
}

function stringOf(dtype: StringDType, sizes: FieldSizes): Datatype {
  const characterSet = dtype.characterSet ?? "utf-8";
  if (dtype.length !== undefined) {
    const size = checkSize(dtype.length);
    return { class: "string", version: 1, size, padding: dtype.padding ?? "null-padded", characterSet };
  }
  return {
    class: "variable-length",
    version: 1,
    size: 4 + heapIdSize(sizes),
    content: "string",
    padding: dtype.padding ?? "null-terminated",
    characterSet,
    base: integerDatatype(1, false),
  };
}

function nameBytesOf(name: string, names: Set<string>): Uint8Array {
  if (typeof name !== "string" || name.includes("\0")) throw invalidArgument("a member name is a string without NUL");
  if (names.has(name)) throw invalidArgument(`the member name ${JSON.stringify(name)} is given twice`);
  names.add(name);
  return encodeText(name);
}

function compoundOf(dtype: CompoundDType, sizes: FieldSizes, depth: number): Datatype {
  if (dtype.members.length === 0) throw invalidArgument("a compound dtype needs at least one member");
  const names = new Set<string>();
  const members: CompoundMember[] = [];
  let end = 0;
  let furthest = 0;
  let version = 1;
  for (const { name, dtype: memberType, offset = end } of dtype.members) {
    const datatype = convert(memberType, sizes, depth - 1);
    if (!Number.isInteger(offset) || offset < 0) throw invalidArgument(`${offset} is no offset of a member`);
    for (const other of members) {
      if (offset < other.offset + other.datatype.size && other.offset < offset + datatype.size) {
        throw invalidArgument(`the members ${JSON.stringify(other.name)} and ${JSON.stringify(name)} overlap`);
      }
    }
    members.push({ name, nameBytes: nameBytesOf(name, names), offset, datatype });
    end = offset + datatype.size;
    furthest = Math.max(furthest, end);
    version = Math.max(version, datatype.version);
  }
  const size = checkSize(dtype.size ?? furthest);
  if (size < furthest) throw invalidArgument(`a compound of ${size} bytes cannot hold its members of ${furthest}`);
  return { class: "compound", version, size, members };
}

function enumOf(dtype: EnumDType, sizes: FieldSizes, depth: number): Datatype {
  const base = convert(dtype.base, sizes, depth - 1);
  if (base.class !== "integer") throw invalidArgument("the base of an enum dtype is an integer type");
  return enumRecord(base, enumMembers(dtype));
}

function enumRecord(base: Extract<Datatype, { class: "integer" }>, members: readonly EnumDTypeMember[]): EnumDatatype {
  const names = new Set<string>();
  const values = members.map((member) => member.value);
  const bytes = encodeIntegers(base, values, values.length);
  return {
    class: "enum",
    version: base.version,
    size: base.size,
    base,
    members: members.map(({ name }, index) => ({
      name,
      nameBytes: nameBytesOf(name, names),
      valueBytes: bytes.slice(index * base.size, (index + 1) * base.size),
    })),
  };
}
