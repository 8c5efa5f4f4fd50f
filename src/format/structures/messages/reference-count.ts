import { unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/**
 * Number of hard links to an object with a version 2 header; without the message it is 1 (specification IV.A.2.w,
 * "The Object Reference Count Message").
 */
export interface ObjectReferenceCount {
  readonly count: number;
}

/** Decodes the object reference count message (0x0016). */
export function decodeObjectReferenceCount(reader: ByteReader): ObjectReferenceCount {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the object reference count message`, start);
  return { count: reader.u32() };
}

/** Encodes the object reference count message (0x0016). */
export function encodeObjectReferenceCount(writer: ByteWriter, referenceCount: ObjectReferenceCount): void {
  writer.u8(0);
  writer.u32(referenceCount.count);
}
