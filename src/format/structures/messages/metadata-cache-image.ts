import { unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/**
 * Message 0x0018 of the superblock extension: a copy of metadata that HDF5 1.10 and later may leave in one block when
 * it closes a file. Parts of the metadata may exist in this copy only. Version 3.0 of the specification does not describe it.
 */
export interface MetadataCacheImage {
  readonly address: number | null;
  readonly size: number;
}

/** Decodes the metadata cache image message (0x0018). */
export function decodeMetadataCacheImage(reader: ByteReader): MetadataCacheImage {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the metadata cache image message`, start);
  return { address: reader.address(), size: reader.length() };
}

/** Encodes the metadata cache image message (0x0018). */
export function encodeMetadataCacheImage(writer: ByteWriter, image: MetadataCacheImage): void {
  writer.u8(0);
  writer.address(image.address);
  writer.lengthField(image.size);
}
