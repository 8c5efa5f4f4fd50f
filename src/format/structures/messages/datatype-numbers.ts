import { corrupt, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import type {
  BitfieldDatatype,
  BitPlacement,
  ByteOrder,
  FloatDatatype,
  IntegerDatatype,
  TimeDatatype,
} from "./datatype.js";
import type { DatatypeHeader } from "./datatype-header.js";
import { decodeEnumerated } from "./datatype-header.js";

/** Classes that are single numbers (specification IV.A.2.d, classes 0, 1, 2 and 4). */
export type NumberDatatype = IntegerDatatype | FloatDatatype | TimeDatatype | BitfieldDatatype;

const normalizations = ["none", "msb-set", "implied"] as const;
/** Class bit field. */
const bigEndianBit = 0x01;
const lowPaddingBit = 0x02;
const highPaddingBit = 0x04;
const signedBit = 0x08;
const internalPaddingBit = 0x08;
const normalizationShift = 4;
const vaxBit = 0x40;
/** Decodes the properties of a fixed-point number (class 0). */
export function decodeInteger(reader: ByteReader, header: DatatypeHeader): IntegerDatatype {
  const { version, size, bits } = header;
  return {
    class: "integer",
    version,
    size,
    byteOrder: decodeByteOrder(bits),
    signed: (bits & signedBit) !== 0,
    ...decodeBitPlacement(reader, header),
  };
}

/** Decodes the properties of a bit field (class 4). */
export function decodeBitfield(reader: ByteReader, header: DatatypeHeader): BitfieldDatatype {
  const { version, size, bits } = header;
  return { class: "bitfield", version, size, byteOrder: decodeByteOrder(bits), ...decodeBitPlacement(reader, header) };
}

/** Decodes the properties of a time (class 2). */
export function decodeTime(reader: ByteReader, { version, size, bits }: DatatypeHeader): TimeDatatype {
  return { class: "time", version, size, byteOrder: decodeByteOrder(bits), precision: reader.u16() };
}

/** Decodes the properties of a floating-point number (class 1). */
export function decodeFloat(reader: ByteReader, header: DatatypeHeader): FloatDatatype {
  const { version, size, bits, start } = header;
  let byteOrder = decodeByteOrder(bits);
  // The bit was reserved before version 3.
  if (version >= 3 && (bits & vaxBit) !== 0) {
    if (byteOrder === "little") throw unsupported("a reserved byte order of floating-point numbers", start);
    byteOrder = "vax";
  }
  const placement = decodeBitPlacement(reader, header);
  const float: FloatDatatype = {
    class: "float",
    version,
    size,
    byteOrder,
    ...placement,
    internalPadding: (bits & internalPaddingBit) === 0 ? 0 : 1,
    normalization: decodeEnumerated(normalizations, (bits >> normalizationShift) & 3, "mantissa normalization", start),
    signPosition: (bits >> 8) & 0xff,
    exponentPosition: reader.u8(),
    exponentSize: reader.u8(),
    mantissaPosition: reader.u8(),
    mantissaSize: reader.u8(),
    exponentBias: reader.u32(),
  };
  if (
    float.exponentSize === 0 ||
    float.mantissaSize === 0 ||
    float.signPosition >= 8 * size ||
    float.exponentPosition + float.exponentSize > 8 * size ||
    float.mantissaPosition + float.mantissaSize > 8 * size
  ) {
    throw corrupt(`the parts of a floating-point number do not lie within its ${size} bytes`, start);
  }
  return float;
}

function decodeByteOrder(bits: number): ByteOrder {
  return (bits & bigEndianBit) === 0 ? "little" : "big";
}

function decodeBitPlacement(reader: ByteReader, { bits, size, start }: DatatypeHeader): BitPlacement {
  const bitOffset = reader.u16();
  const precision = reader.u16();
  if (precision === 0 || bitOffset + precision > 8 * size) {
    throw corrupt(`a number of ${size} bytes has ${precision} bits from bit ${bitOffset}`, start);
  }
  return {
    bitOffset,
    precision,
    lowPadding: (bits & lowPaddingBit) === 0 ? 0 : 1,
    highPadding: (bits & highPaddingBit) === 0 ? 0 : 1,
  };
}

/** The class bit field of a number. */
export function numberBits(datatype: NumberDatatype): number {
  const byteOrder = (datatype.byteOrder === "little" ? 0 : bigEndianBit) | (datatype.byteOrder === "vax" ? vaxBit : 0);
  if (datatype.class === "time") return byteOrder;
  const common =
    byteOrder | (datatype.lowPadding === 0 ? 0 : lowPaddingBit) | (datatype.highPadding === 0 ? 0 : highPaddingBit);
  switch (datatype.class) {
    case "bitfield":
      return common;
    case "integer":
      return common | (datatype.signed ? signedBit : 0);
    case "float":
      return (
        common |
        (datatype.internalPadding === 0 ? 0 : internalPaddingBit) |
        (normalizations.indexOf(datatype.normalization) << normalizationShift) |
        (datatype.signPosition << 8)
      );
  }
}

/** What follows the header of a number. */
export function encodeNumberProperties(writer: ByteWriter, datatype: NumberDatatype): void {
  if (datatype.class === "time") {
    writer.u16(datatype.precision);
    return;
  }
  writer.u16(datatype.bitOffset);
  writer.u16(datatype.precision);
  if (datatype.class === "float") {
    writer.u8(datatype.exponentPosition);
    writer.u8(datatype.exponentSize);
    writer.u8(datatype.mantissaPosition);
    writer.u8(datatype.mantissaSize);
    writer.u32(datatype.exponentBias);
  }
}
