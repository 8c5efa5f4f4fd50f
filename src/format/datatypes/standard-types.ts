import { corrupt, unsupported } from "../errors.js";
import type {
  ByteOrder,
  CompoundDatatype,
  Datatype,
  EnumDatatype,
  FloatDatatype,
  IntegerDatatype,
} from "../structures/messages/datatype.js";
import { datatypesEqual } from "../structures/messages/datatype.js";
import type { NumberDType } from "./dtype.js";

/** The fields of a floating-point layout, without size and byte order. */
type FloatFields = Pick<
  FloatDatatype,
  | "bitOffset"
  | "precision"
  | "normalization"
  | "signPosition"
  | "exponentPosition"
  | "exponentSize"
  | "mantissaPosition"
  | "mantissaSize"
  | "exponentBias"
>;

/** IEEE 754 layouts by size: half, single, double and quadruple precision. */
const exponentSizes: ReadonlyMap<number, number> = new Map([
  [2, 5],
  [4, 8],
  [8, 11],
  [16, 15],
]);

/** The IEEE 754 layout of `size` bytes, `null` where there is none. */
export function ieeeFields(size: number): FloatFields | null {
  const exponentSize = exponentSizes.get(size);
  if (exponentSize === undefined) return null;
  const precision = size * 8;
  const mantissaSize = precision - 1 - exponentSize;
  return {
    bitOffset: 0,
    precision,
    normalization: "implied",
    signPosition: precision - 1,
    exponentPosition: mantissaSize,
    exponentSize,
    mantissaPosition: 0,
    mantissaSize,
    exponentBias: 2 ** (exponentSize - 1) - 1,
  };
}

/** An integer datatype whose bits are all significant. */
export function integerDatatype(size: number, signed: boolean, byteOrder: ByteOrder = "little"): IntegerDatatype {
  return {
    class: "integer",
    version: 1,
    size,
    byteOrder,
    signed,
    bitOffset: 0,
    precision: size * 8,
    lowPadding: 0,
    highPadding: 0,
  };
}

/** A floating-point datatype of the given layout. */
export function floatDatatype(size: number, fields: FloatFields, byteOrder: ByteOrder = "little"): FloatDatatype {
  return {
    class: "float",
    version: byteOrder === "vax" ? 3 : 1,
    size,
    byteOrder,
    ...fields,
    lowPadding: 0,
    highPadding: 0,
    internalPadding: 0,
  };
}

/** Whether an integer is one of 1, 2, 4 or 8 bytes, all bits significant, little- or big-endian. */
export function isPlainInteger(datatype: {
  readonly size: number;
  readonly byteOrder: ByteOrder;
  readonly bitOffset: number;
  readonly precision: number;
}): boolean {
  const { size } = datatype;
  return (
    (size === 1 || size === 2 || size === 4 || size === 8) &&
    datatype.bitOffset === 0 &&
    datatype.precision === size * 8 &&
    (datatype.byteOrder !== "vax" || size === 1)
  );
}

/** Whether a float has an IEEE 754 layout of 2, 4 or 8 bytes, little- or big-endian. */
export function isPlainFloat(datatype: FloatDatatype): boolean {
  if (datatype.byteOrder === "vax" || datatype.size > 8) return false;
  const fields = ieeeFields(datatype.size);
  return (
    fields !== null &&
    datatype.bitOffset === fields.bitOffset &&
    datatype.precision === fields.precision &&
    datatype.normalization === fields.normalization &&
    datatype.signPosition === fields.signPosition &&
    datatype.exponentPosition === fields.exponentPosition &&
    datatype.exponentSize === fields.exponentSize &&
    datatype.mantissaPosition === fields.mantissaPosition &&
    datatype.mantissaSize === fields.mantissaSize &&
    datatype.exponentBias === fields.exponentBias
  );
}

/** The name of a standard number type in either byte order, `null` for any other type. */
export function numberName(datatype: Datatype): NumberDType | null {
  if (datatype.class === "integer" && isPlainInteger(datatype)) {
    return `${datatype.signed ? "int" : "uint"}${datatype.size * 8}` as NumberDType;
  }
  if (datatype.class === "float" && isPlainFloat(datatype)) return `float${datatype.size * 8}` as NumberDType;
  return null;
}

/** Whether an enumeration is a boolean: FALSE = 0 and TRUE = 1 over a one-byte integer. */
export function isBoolean(datatype: Datatype): boolean {
  if (datatype.class !== "enum" || datatype.base.class !== "integer") return false;
  if (datatype.base.size !== 1 || datatype.members.length !== 2 || !isPlainInteger(datatype.base)) return false;
  return datatype.members.every(
    ({ name, valueBytes }) => (name === "FALSE" && valueBytes[0] === 0) || (name === "TRUE" && valueBytes[0] === 1),
  );
}

/** The float type of a complex number, whether a compound of `r` and `i` or of the complex class; else `null`. */
export function complexBase(datatype: Datatype): FloatDatatype | null {
  if (datatype.class === "complex") return datatype.base.class === "float" ? datatype.base : null;
  return datatype.class === "compound" ? complexCompoundBase(datatype) : null;
}

function complexCompoundBase(datatype: CompoundDatatype): FloatDatatype | null {
  const base = complexPart(datatype);
  return base !== null && (base.size === 4 || base.size === 8) && isPlainFloat(base) ? base : null;
}

/** The float type, of any layout, of the members `r` and `i` of which a compound is made; else `null`. */
function complexPart({ members, size }: CompoundDatatype): FloatDatatype | null {
  if (members.length !== 2) return null;
  const [real, imaginary] = members;
  const base = real.datatype;
  const matches =
    real.name === "r" &&
    imaginary.name === "i" &&
    base.class === "float" &&
    datatypesEqual(base, imaginary.datatype) &&
    real.offset === 0 &&
    imaginary.offset === base.size &&
    size === 2 * base.size;
  return matches ? base : null;
}

/** The type with compounds of floats `r` and `i` as complex numbers, whose parts may be read as other floats. */
export function withComplexNumbers(datatype: Datatype): Datatype {
  if (datatype.class === "array") return { ...datatype, base: withComplexNumbers(datatype.base) };
  const base = datatype.class === "compound" ? complexPart(datatype) : null;
  return base === null ? datatype : { class: "complex", version: 5, size: datatype.size, base };
}

/** The type that an enumeration's values are stored as; booleans are 0 or 1 whether the base is signed or not. */
export function enumBase(datatype: EnumDatatype): IntegerDatatype {
  const { base } = datatype;
  if (base.class !== "integer") throw unsupported(`an enumeration over the class ${base.class}`);
  if (base.size !== datatype.size) throw corrupt(`an enumeration of ${datatype.size} bytes over ${base.size}`);
  return isBoolean(datatype) ? { ...base, signed: false } : base;
}
