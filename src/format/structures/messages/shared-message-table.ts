import { unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** Where the table of shared messages is, in the superblock extension (specification IV.A.2.p, "The Shared Message Table Message"). */
export interface SharedMessageTableLocation {
  readonly address: number;
  readonly indexCount: number;
}

/** Decodes the shared message table message (0x000F). */
export function decodeSharedMessageTableLocation(reader: ByteReader): SharedMessageTableLocation {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the shared message table message`, start);
  return { address: reader.definedAddress("the shared message table"), indexCount: reader.u8() };
}

/** Encodes the shared message table message (0x000F). */
export function encodeSharedMessageTableLocation(writer: ByteWriter, location: SharedMessageTableLocation): void {
  writer.u8(0);
  writer.address(location.address);
  writer.u8(location.indexCount);
}
