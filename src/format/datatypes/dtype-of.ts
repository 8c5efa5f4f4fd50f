import { corrupt, lookingAt } from "../errors.js";
import type { Datatype, EnumDatatype, FloatDatatype } from "../structures/messages/datatype.js";
import type { DType, EnumDTypeMember } from "./dtype.js";
import { enumMembers, isStoredDatatype, requireDType } from "./dtype.js";
import { decodeIntegers } from "./integers.js";
import { complexBase, isBoolean, numberName } from "./standard-types.js";

/**
 * The public notation of a stored datatype. Standard numbers of either byte order become their names: values are
 * swapped on reading.
 */
export function dtypeOf(datatype: Datatype): DType {
  const name = numberName(datatype);
  if (name !== null) return name;
  switch (datatype.class) {
    case "integer": {
      const { size, signed, byteOrder, bitOffset, precision } = datatype;
      return { kind: "integer", size, signed, byteOrder, bitOffset, precision };
    }
    case "float":
      return floatDType(datatype);
    case "time": {
      const { size, byteOrder, precision } = datatype;
      return { kind: "time", size, byteOrder, precision };
    }
    case "string": {
      const { size, characterSet, padding } = datatype;
      return { kind: "string", length: size, characterSet, padding };
    }
    case "bitfield": {
      const { size, byteOrder, bitOffset, precision } = datatype;
      return { kind: "bitfield", size, byteOrder, bitOffset, precision };
    }
    case "opaque":
      return { kind: "opaque", size: datatype.size, tag: datatype.tag };
    case "compound": {
      const base = complexBase(datatype);
      if (base !== null) return base.size === 4 ? "complex64" : "complex128";
      const members = datatype.members.map((member) => ({
        name: member.name,
        dtype: dtypeOf(member.datatype),
        offset: member.offset,
      }));
      return { kind: "compound", members, size: datatype.size };
    }
    case "reference":
      return `${datatype.referenceKind}-reference`;
    case "enum":
      if (isBoolean(datatype)) return "bool";
      return { kind: "enum", base: dtypeOf(datatype.base), members: enumMembersOf(datatype) };
    case "variable-length": {
      if (datatype.content === "sequence") return { kind: "variable-length", base: dtypeOf(datatype.base) };
      const { characterSet, padding } = datatype;
      if (characterSet === "utf-8" && padding === "null-terminated") return "string";
      return { kind: "string", characterSet, padding };
    }
    case "array":
      return { kind: "array", base: dtypeOf(datatype.base), shape: [...datatype.dimensions] };
    case "complex":
      return { kind: "complex", base: dtypeOf(datatype.base) };
  }
}

function floatDType(datatype: FloatDatatype): DType {
  const { version: _, class: kind, lowPadding: _low, highPadding: _high, internalPadding: _in, ...fields } = datatype;
  return { kind, ...fields };
}

/** Names and values of a stored enumeration, in stored order. */
export function enumMembersOf(datatype: EnumDatatype): EnumDTypeMember[] {
  const { base } = datatype;
  if (base.class !== "integer") throw corrupt(`an enumeration has a base of class ${base.class}, not integer`);
  return datatype.members.map(({ name, valueBytes }) => ({ name, value: decodeIntegers(base, valueBytes, 1)[0] }));
}

/** One line of text for a datatype, such as `compound {x: float64, label: string[16]}`. */
export function formatDType(dtype: DType | Datatype): string {
  return lookingAt(() => textOf(dtype));
}

function textOf(dtype: DType | Datatype): string {
  requireDType(dtype);
  const notation = isStoredDatatype(dtype) ? dtypeOf(dtype) : dtype;
  if (typeof notation === "string") return notation;
  switch (notation.kind) {
    case "integer":
      return `${notation.signed ? "int" : "uint"}${notation.precision ?? notation.size * 8}${layoutText(notation)}`;
    case "float":
      return `float${notation.precision ?? notation.size * 8}${layoutText(notation)}`;
    case "bitfield":
      return `bitfield${notation.precision ?? notation.size * 8}${layoutText(notation)}`;
    case "time":
      return `time${notation.precision ?? notation.size * 8}${layoutText(notation)}`;
    case "string": {
      const notes = [notation.characterSet, notation.padding].filter((note) => note !== undefined);
      const text = notation.length === undefined ? "string" : `string[${notation.length}]`;
      return notes.length === 0 ? text : `${text} (${notes.join(", ")})`;
    }
    case "compound":
      return `compound {${notation.members.map(({ name, dtype }) => `${name}: ${formatDType(dtype)}`).join(", ")}}`;
    case "enum": {
      const members = enumMembers(notation).map(({ name, value }) => `${name} = ${value}`);
      return `enum ${formatDType(notation.base)} {${members.join(", ")}}`;
    }
    case "array":
      return `${formatDType(notation.base)}[${notation.shape.join(" × ")}]`;
    case "variable-length":
      return `variable-length ${formatDType(notation.base)}`;
    case "opaque":
      return `opaque[${notation.size}] ${JSON.stringify(notation.tag)}`;
    case "complex":
      return `complex ${formatDType(notation.base)}`;
  }
}

function layoutText(dtype: { size: number; byteOrder?: string; bitOffset?: number; precision?: number }): string {
  const notes: string[] = [];
  if (dtype.byteOrder !== undefined && dtype.byteOrder !== "little" && dtype.size > 1) notes.push(dtype.byteOrder);
  if (dtype.precision !== undefined && dtype.precision !== dtype.size * 8) notes.push(`in ${dtype.size} bytes`);
  if (dtype.bitOffset !== undefined && dtype.bitOffset !== 0) notes.push(`at bit ${dtype.bitOffset}`);
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}
