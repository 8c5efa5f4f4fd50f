import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** A further block of an object header (specification IV.A.2.q, "The Object Header Continuation Message"). */
export interface ObjectHeaderContinuation {
  readonly address: number;
  /** Bytes of the block, its signature and checksum included where it has them. */
  readonly length: number;
}

/** Decodes an object header continuation message (0x0010). */
export function decodeObjectHeaderContinuation(reader: ByteReader): ObjectHeaderContinuation {
  return { address: reader.definedAddress("an object header continuation"), length: reader.length() };
}

/** Encodes an object header continuation message (0x0010). */
export function encodeObjectHeaderContinuation(writer: ByteWriter, continuation: ObjectHeaderContinuation): void {
  writer.address(continuation.address);
  writer.lengthField(continuation.length);
}
