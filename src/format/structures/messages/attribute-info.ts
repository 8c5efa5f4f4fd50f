import { unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** State of an object's attributes (specification IV.A.2.v, "The Attribute Info Message"). */
export interface AttributeInfo {
  /** Creation order that the next attribute will have, `null` where it is not tracked. */
  readonly maxCreationOrder: number | null;
  readonly creationOrderIndexed: boolean;
  /** Fractal heap of the attributes; `null` while they are messages of the object header. */
  readonly heapAddress: number | null;
  /** Version 2 B-tree over names. */
  readonly nameIndexAddress: number | null;
  /** Version 2 B-tree over creation order. */
  readonly creationOrderIndexAddress: number | null;
}

const creationOrderTracked = 0x01;
const creationOrderIndexedFlag = 0x02;

/** Decodes the attribute info message (0x0015). */
export function decodeAttributeInfo(reader: ByteReader): AttributeInfo {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the attribute info message`, start);
  const flags = reader.u8();
  if (flags > 3) throw unsupported(`attribute info flags 0x${flags.toString(16)}`, start + 1);
  const creationOrderIndexed = (flags & creationOrderIndexedFlag) !== 0;
  return {
    maxCreationOrder: (flags & creationOrderTracked) === 0 ? null : reader.u16(),
    creationOrderIndexed,
    heapAddress: reader.address(),
    nameIndexAddress: reader.address(),
    creationOrderIndexAddress: creationOrderIndexed ? reader.address() : null,
  };
}

/** Encodes the attribute info message (0x0015). */
export function encodeAttributeInfo(writer: ByteWriter, info: AttributeInfo): void {
  writer.u8(0);
  writer.u8(
    (info.maxCreationOrder === null ? 0 : creationOrderTracked) |
      (info.creationOrderIndexed ? creationOrderIndexedFlag : 0),
  );
  if (info.maxCreationOrder !== null) writer.u16(info.maxCreationOrder);
  writer.address(info.heapAddress);
  writer.address(info.nameIndexAddress);
  if (info.creationOrderIndexed) writer.address(info.creationOrderIndexAddress);
}
