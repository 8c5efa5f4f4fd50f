import { invalidArgument } from "../errors.js";
import { escapeText } from "../structures/text.js";

/**
 * What a string reads as whose bytes are not valid UTF-8: most are Latin-1, which the options `strings: "latin1"` of
 * reads and of `open()` decodes. Written back, it is the same bytes again.
 *
 * A structured clone is a plain object with the same properties, which is written like the original.
 */
export class UndecodableString {
  readonly kind = "undecodable-string";
  /** The stored bytes, without padding. */
  readonly bytes: Uint8Array;
  /** The ASCII characters of the string, with `\xhh` for every other byte; also as text and in JSON. */
  readonly escaped: string;

  /** Takes the bytes as they are: they are not copied. */
  constructor(bytes: Uint8Array) {
    if (!ArrayBuffer.isView(bytes) || !(bytes instanceof Uint8Array)) {
      throw invalidArgument("an undecodable string is made from a Uint8Array");
    }
    this.bytes = bytes;
    this.escaped = escapeText(bytes);
  }

  toString(): string {
    return this.escaped;
  }

  toJSON(): string {
    return this.escaped;
  }
}

/** The bytes of an undecodable string or of its clone; `null` for anything else. */
export function undecodableBytes(value: unknown): Uint8Array | null {
  if (typeof value !== "object" || value === null || !("kind" in value) || !("bytes" in value)) return null;
  return value.kind === "undecodable-string" && value.bytes instanceof Uint8Array ? value.bytes : null;
}

/** A string as it is read: text, or what holds the bytes of one that is not valid UTF-8. */
export type StringValue = string | UndecodableString;
