/** h5canon/1 section 5: datatypes as JSON. */

import { compareBytes, integer, text, upToNul } from "./canon-text.mjs";

const orders = { little: "le", big: "be", vax: "vax" };
const paddings = { "null-terminated": "nullterm", "null-padded": "nullpad", "space-padded": "spacepad" };
const characterSets = { ascii: "ascii", "utf-8": "utf8" };
const normalizations = { none: "none", "msb-set": "msbset", implied: "implied" };
const bitPaddings = ["zero", "one"];
/** Sign position, exponent position and size, mantissa position and size, bias of the IEEE layouts. */
const ieeeLayouts = {
  2: [15, 10, 5, 0, 10, 15],
  4: [31, 23, 8, 0, 23, 127],
  8: [63, 52, 11, 0, 52, 1023],
};

/** The canonical form of a stored datatype. */
export function describeDatatype(datatype) {
  const { size } = datatype;
  switch (datatype.class) {
    case "integer":
      return { class: "int", size, signed: datatype.signed, ...placement(datatype) };
    case "float":
      return { class: "float", size, ...placement(datatype), ...floatLayout(datatype) };
    case "time":
      return { class: "time", size, ...order(datatype), ...precision(datatype.precision, 0, size) };
    case "bitfield":
      return { class: "bitfield", size, ...placement(datatype) };
    case "string":
      return { class: "string", size, cset: characterSets[datatype.characterSet], pad: paddings[datatype.padding] };
    case "opaque":
      return { class: "opaque", size, tag: text(upToNul(datatype.tagBytes)) };
    case "compound":
      return {
        class: "compound",
        size,
        members: membersByOffset(datatype).map((member) => ({
          name: text(member.nameBytes),
          offset: member.offset,
          type: describeDatatype(member.datatype),
        })),
      };
    case "reference":
      return {
        class: "reference",
        kind: datatype.referenceKind.startsWith("standard") ? "std" : datatype.referenceKind,
      };
    case "enum":
      return { class: "enum", base: describeDatatype(datatype.base), members: enumMembers(datatype) };
    case "variable-length":
      if (datatype.content === "string") {
        return {
          class: "string",
          cset: characterSets[datatype.characterSet],
          pad: paddings[datatype.padding],
          vlen: true,
        };
      }
      return { class: "vlen", base: describeDatatype(datatype.base) };
    case "array":
      return { class: "array", base: describeDatatype(datatype.base), dims: datatype.dimensions.map(integer) };
    case "complex":
      return { class: "complex", base: describeDatatype(datatype.base) };
    default:
      throw new Error(`a datatype of class ${datatype.class}`);
  }
}

/** Members in order of their offsets, those at one offset in stored order. */
export function membersByOffset(datatype) {
  return [...datatype.members].sort((a, b) => a.offset - b.offset);
}

function order(datatype) {
  return datatype.size > 1 ? { order: orders[datatype.byteOrder] } : {};
}

function precision(bits, offset, size) {
  return bits !== 8 * size || offset !== 0 ? { precision: bits, offset } : {};
}

function placement(datatype) {
  const { lowPadding, highPadding } = datatype;
  return {
    ...order(datatype),
    ...precision(datatype.precision, datatype.bitOffset, datatype.size),
    ...(lowPadding || highPadding ? { bitpad: [bitPaddings[lowPadding], bitPaddings[highPadding]] } : {}),
  };
}

function floatLayout(datatype) {
  const layout = [
    datatype.signPosition,
    datatype.exponentPosition,
    datatype.exponentSize,
    datatype.mantissaPosition,
    datatype.mantissaSize,
    datatype.exponentBias,
  ];
  const ieee = ieeeLayouts[datatype.size];
  const plain =
    ieee?.every((value, index) => value === layout[index]) &&
    datatype.normalization === "implied" &&
    datatype.precision === 8 * datatype.size &&
    datatype.bitOffset === 0;
  if (plain) return {};
  return {
    layout: {
      sign: datatype.signPosition,
      exp: [datatype.exponentPosition, datatype.exponentSize],
      mant: [datatype.mantissaPosition, datatype.mantissaSize],
      bias: integer(datatype.exponentBias),
      norm: normalizations[datatype.normalization],
    },
  };
}

function enumMembers(datatype) {
  const { base } = datatype;
  const signed = base.class === "integer" && base.signed;
  const members = datatype.members.map((member) => ({
    bytes: member.nameBytes,
    value: String(storedInteger(member.valueBytes, base.byteOrder === "big", signed)),
  }));
  members.sort((a, b) => compareBytes(a.bytes, b.bytes) || (a.value < b.value ? -1 : 1));
  return members.map((member) => [text(member.bytes), member.value]);
}

function storedInteger(bytes, bigEndian, signed) {
  let value = 0n;
  for (let index = 0; index < bytes.length; index++) {
    value = (value << 8n) | BigInt(bytes[bigEndian ? index : bytes.length - 1 - index]);
  }
  return signed ? BigInt.asIntN(8 * bytes.length, value) : value;
}
