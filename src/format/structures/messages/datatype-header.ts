import { corrupt, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import type { Datatype } from "./datatype.js";

/** Stored classes by number. */
const classes = [
  "integer",
  "float",
  "time",
  "string",
  "bitfield",
  "opaque",
  "compound",
  "reference",
  "enum",
  "variable-length",
  "array",
  "complex",
] as const satisfies readonly Datatype["class"][];

/** Newest version of the message, that of HDF5 2.0. */
export const newestVersion = 5;
/** The first eight bytes of every datatype (specification IV.A.2.d, "The Datatype Message"). */
export interface DatatypeHeader {
  readonly class: Datatype["class"];
  readonly version: number;
  /** The class bit field. */
  readonly bits: number;
  /** Bytes of one element. */
  readonly size: number;
  /** Absolute offset of the datatype. */
  readonly start: number;
}

/** Decodes class, version, bit field and size. */
export function decodeDatatypeHeader(reader: ByteReader): DatatypeHeader {
  const start = reader.offset;
  const classAndVersion = reader.u8();
  const version = classAndVersion >> 4;
  const classNumber = classAndVersion & 0x0f;
  if (version > newestVersion) throw unsupported(`version ${version} of the datatype message`, start);
  if (classNumber >= classes.length) throw unsupported(`datatype class ${classNumber}`, start);
  const bits = reader.uint(3);
  const size = reader.u32();
  if (size === 0) throw corrupt("a datatype has size zero", start + 4);
  return { class: classes[classNumber], version, bits, size, start };
}

/** Encodes class, version, bit field and size. */
export function encodeDatatypeHeader(writer: ByteWriter, header: Omit<DatatypeHeader, "start">): void {
  writer.u8((header.version << 4) | classes.indexOf(header.class));
  writer.uint(header.bits, 3);
  writer.u32(header.size);
}

/** The value that a field of the class bit field stands for; reserved ones are not supported. */
export function decodeEnumerated<Value>(values: readonly Value[], stored: number, what: string, offset: number): Value {
  if (stored >= values.length) throw unsupported(`${what} ${stored}`, offset);
  return values[stored];
}
