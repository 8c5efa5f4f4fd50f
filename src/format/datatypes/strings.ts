import { invalidArgument } from "../errors.js";
import type { CharacterSet, StringDatatype, StringPadding } from "../structures/messages/datatype.js";
import { utf8Decoder } from "../structures/text.js";
import { describeValue } from "./conversion.js";
import type { StringValue } from "./undecodable-string.js";
import { UndecodableString } from "./undecodable-string.js";

const encoder = new TextEncoder();
const blockSize = 64 * 1024;
/** Longer strings are left to the platform's encoder. */
const shortText = 256;

/**
 * What strings are read as: text in UTF-8, where one that is not valid becomes an {@link UndecodableString}
 * (`utf8`); text in Latin-1, of which each byte is the character of its number, whatever the datatype says
 * (`latin1`); text in UTF-8 with U+FFFD for what is not valid (`replace`); or the stored bytes (`bytes`).
 */
export type StringForm = "utf8" | "latin1" | "replace" | "bytes";

/** All of them. */
export const stringForms = ["utf8", "latin1", "replace", "bytes"] as const;

const decoders = {
  utf8(bytes: Uint8Array): StringValue {
    try {
      return utf8Decoder.decode(bytes);
    } catch {
      return new UndecodableString(bytes.slice());
    }
  },
  latin1(bytes: Uint8Array): string {
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return text;
  },
  replace(bytes: Uint8Array): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  },
};

/** Where a fixed string ends. */
function fixedEnd(bytes: Uint8Array, start: number, size: number, padding: StringPadding): number {
  let end = start + size;
  if (padding === "null-terminated") {
    end = start;
    while (end < start + size && bytes[end] !== 0) end++;
  } else {
    const pad = padding === "null-padded" ? 0 : 0x20;
    while (end > start && bytes[end - 1] === pad) end--;
  }
  return end;
}

/** Fixed strings without their padding. */
export function decodeFixedStrings(
  datatype: StringDatatype,
  bytes: Uint8Array,
  count: number,
  form: StringForm,
): StringValue[] | Uint8Array[] {
  const { size, padding } = datatype;
  if (form === "bytes") {
    return Array.from({ length: count }, (_, index) =>
      bytes.subarray(index * size, fixedEnd(bytes, index * size, size, padding)),
    );
  }
  const texts = new TextBuilder(count, form);
  for (let index = 0; index < count; index++) {
    const start = index * size;
    texts.add(bytes, start, fixedEnd(bytes, start, size, padding));
  }
  return texts.finish();
}

/**
 * Decodes many strings. ASCII ones are copied into a block that is decoded at once and then cut up: a decoder call
 * for each would cost several times more.
 */
export class TextBuilder {
  readonly #strings: StringValue[];
  readonly #decode: (bytes: Uint8Array) => StringValue;
  readonly #block = new Uint8Array(blockSize);
  /** Where each pending string ends in the block. */
  readonly #ends: number[] = [];
  #used = 0;
  #flushed = 0;
  #count = 0;

  constructor(count: number, form: Exclude<StringForm, "bytes">) {
    this.#strings = new Array<StringValue>(count);
    this.#decode = decoders[form];
  }

  /** Adds the text of `bytes[start, end)` up to the first NUL. */
  addUntilNul(bytes: Uint8Array, start: number, end: number): void {
    let nul = start;
    while (nul < end && bytes[nul] !== 0) nul++;
    this.add(bytes, start, nul);
  }

  /** Adds the text of `bytes[start, end)`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#used + length > blockSize) this.#flush();
    if (length > blockSize) {
      this.#single(bytes.subarray(start, end));
      return;
    }
    const block = this.#block;
    let to = this.#used;
    let seen = 0;
    for (let from = start; from < end; from++) {
      const byte = bytes[from];
      seen |= byte;
      block[to++] = byte;
    }
    if (seen >= 0x80) {
      this.#flush();
      this.#single(bytes.subarray(start, end));
      return;
    }
    this.#used = to;
    this.#ends.push(to);
    this.#count++;
  }

  #single(bytes: Uint8Array): void {
    this.#strings[this.#count] = this.#decode(bytes);
    this.#count++;
    this.#flushed = this.#count;
  }

  #flush(): void {
    if (this.#flushed === this.#count) return;
    const text = utf8Decoder.decode(this.#block.subarray(0, this.#used));
    let start = 0;
    for (const end of this.#ends) {
      this.#strings[this.#flushed++] = text.substring(start, end);
      start = end;
    }
    this.#ends.length = 0;
    this.#used = 0;
  }

  /** All strings, in the order added. */
  finish(): StringValue[] {
    this.#flush();
    return this.#strings;
  }
}

/** The bytes of a string before padding. A `Uint8Array` is taken as it is. */
export function encodeText(value: unknown, characterSet: CharacterSet, index: number): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") {
    throw invalidArgument(`expected a string at index ${index}, found ${describeValue(value)}`);
  }
  const bytes = encoder.encode(value);
  if (bytes.length === value.length) return bytes;
  if (characterSet === "ascii") {
    throw invalidArgument(
      `${describeValue(value)} at index ${index} is not ASCII; give the type the character set utf-8`,
    );
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw invalidArgument(`${describeValue(value)} at index ${index} holds half a surrogate pair, which UTF-8 cannot`);
  }
  return bytes;
}

/**
 * Encodes variable-length strings, which cannot hold a NUL. Short ASCII ones share blocks of memory: an encoder call
 * for each would cost several times more.
 */
export class VariableTextEncoder {
  readonly #characterSet: CharacterSet;
  #block = new Uint8Array(0);
  #used = 0;

  constructor(characterSet: CharacterSet) {
    this.#characterSet = characterSet;
  }

  /** The bytes of a string, or of a `Uint8Array` taken as it is; `index` names it in errors. */
  encode(value: unknown, index: number): Uint8Array {
    if (typeof value === "string" && value.length <= shortText) {
      const bytes = this.#encodeShort(value);
      if (bytes !== null) return bytes;
    }
    const bytes = encodeText(value, this.#characterSet, index);
    if (bytes.includes(0)) {
      throw invalidArgument(
        `the string at index ${index} holds a NUL, which would end it; store it as opaque or uint8`,
      );
    }
    return bytes;
  }

  /** `null` where a character is not ASCII or is a NUL. */
  #encodeShort(value: string): Uint8Array | null {
    if (this.#used + value.length > this.#block.length) {
      // A new block, because views of the old one are in others' hands; a single string needs no more than its own.
      this.#block = new Uint8Array(this.#block.length === 0 ? value.length : blockSize);
      this.#used = 0;
    }
    const block = this.#block;
    const start = this.#used;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code === 0 || code >= 0x80) return null;
      block[start + index] = code;
    }
    this.#used = start + value.length;
    return block.subarray(start, this.#used);
  }
}

/** The stored bytes of fixed strings; refuses what is too long or would read back shorter. */
export function encodeFixedStrings(datatype: StringDatatype, values: ArrayLike<unknown>): Uint8Array {
  const { size, padding, characterSet } = datatype;
  const room = padding === "null-terminated" ? size - 1 : size;
  const encoded = new Uint8Array(values.length * size);
  if (padding === "space-padded") encoded.fill(0x20);
  for (let index = 0; index < values.length; index++) {
    const bytes = encodeText(values[index], characterSet, index);
    if (bytes.length > room) {
      const rest = padding === "null-terminated" ? " besides the terminating NUL" : "";
      throw invalidArgument(
        `the string at index ${index} needs ${bytes.length} bytes, its type has ${room}${rest}; choose a longer type or a variable-length one`,
      );
    }
    const lost = padding === "null-terminated" ? bytes.includes(0) : padding === "null-padded" && bytes.at(-1) === 0;
    if (lost) throw invalidArgument(`the string at index ${index} holds a NUL that a ${padding} string would lose`);
    encoded.set(bytes, index * size);
  }
  return encoded;
}
