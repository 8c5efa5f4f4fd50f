import { corrupt, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/**
 * Messages 0x0012 and, before HDF5 1.6.1, 0x000E (specification IV.A.2.s, "The Object Modification Time Message", and
 * IV.A.2.o).
 */
export interface ObjectModificationTime {
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly seconds: number;
}

/** Decodes message 0x0012. */
export function decodeObjectModificationTime(reader: ByteReader): ObjectModificationTime {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 1) throw unsupported(`version ${version} of the object modification time message`, start);
  reader.skip(3);
  return { seconds: reader.u32() };
}

/** Encodes message 0x0012. */
export function encodeObjectModificationTime(writer: ByteWriter, time: ObjectModificationTime): void {
  writer.u8(1);
  writer.fill(0, 3);
  writer.u32(time.seconds);
}

/** Widths of year, month, day, hour, minute and second in ASCII digits. */
const digitCounts = [4, 2, 2, 2, 2, 2] as const;
const digitZero = 0x30;

/** Decodes message 0x000E. */
export function decodeOldObjectModificationTime(reader: ByteReader): ObjectModificationTime {
  const [year, month, day, hour, minute, second] = digitCounts.map((count) => decodeDigits(reader, count));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return { seconds: date.getTime() / 1000 };
}

function decodeDigits(reader: ByteReader, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) {
    const at = reader.offset;
    const digit = reader.u8() - digitZero;
    if (digit < 0 || digit > 9) throw corrupt("a modification time is not a string of digits", at);
    value = value * 10 + digit;
  }
  return value;
}

/** Encodes message 0x000E. */
export function encodeOldObjectModificationTime(writer: ByteWriter, time: ObjectModificationTime): void {
  const date = new Date(time.seconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw invalidArgument(`a time of ${time.seconds} seconds cannot be stored`);
  const fields = [
    year,
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
  writer.signature(fields.map((field, index) => String(field).padStart(digitCounts[index], "0")).join(""));
  writer.fill(0, 2);
}
