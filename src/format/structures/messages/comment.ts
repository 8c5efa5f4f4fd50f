import { invalidArgument } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { decodeText, encodeText } from "../text.js";

/** A short description of an object (specification IV.A.2.n, "The Object Comment Message"). */
export interface ObjectComment {
  readonly text: string;
}

/** Decodes the object comment message (0x000D). */
export function decodeObjectComment(reader: ByteReader): ObjectComment {
  return { text: decodeText(reader.untilNull()) };
}

/** Encodes the object comment message (0x000D). */
export function encodeObjectComment(writer: ByteWriter, comment: ObjectComment): void {
  if (comment.text.includes("\0")) throw invalidArgument("a comment cannot contain a NUL");
  writer.bytes(encodeText(comment.text));
  writer.u8(0);
}
