import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument } from "../errors.js";
import type { CharacterSet, StringDatatype, StringPadding } from "../structures/messages/datatype.js";
import { utf8Decoder } from "../structures/text.js";
import type { StringValue } from "./undecodable-string.js";
import { UndecodableString, undecodableBytes } from "./undecodable-string.js";

const encoder = new TextEncoder();
const blockSize = 64 * 1024;
/** Longer strings are left to the platform's encoder. */
const shortText = 256;

/**
 * What strings are read as:
 *
 * - `utf8`: text in UTF-8, where a string that is not valid becomes an {@link UndecodableString};
 * - `latin1`: text in Latin-1 (each byte is the character of its number), but for strings that their datatype declares
 *   as UTF-8 and that are valid;
 * - `replace`: text in UTF-8 with U+FFFD for what is not valid;
 * - `bytes`: the stored bytes without padding.
 */
export type StringForm = "utf8" | "latin1" | "replace" | "bytes";

/** All of them. */
export const stringForms = ["utf8", "latin1", "replace", "bytes"] as const;

/** A string of bytes that are not all ASCII. */
function decodeString(bytes: Uint8Array, characterSet: CharacterSet, form: StringForm): StringValue {
  if (form === "latin1" && characterSet === "ascii") return decodeLatin1(bytes);
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    if (form === "latin1") return decodeLatin1(bytes);
    if (form === "replace") return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    return new UndecodableString(bytes.slice());
  }
}

function decodeLatin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

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
  const texts = new TextBuilder(count, datatype, form);
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
  readonly #characterSet: CharacterSet;
  readonly #form: StringForm;
  readonly #block = new Uint8Array(blockSize);
  /** Where each pending string ends in the block. */
  readonly #ends: number[] = [];
  #used = 0;
  #flushed = 0;
  #count = 0;

  constructor(count: number, { characterSet }: { readonly characterSet: CharacterSet }, form: StringForm) {
    this.#strings = new Array<StringValue>(count);
    this.#characterSet = characterSet;
    this.#form = form;
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
    this.#strings[this.#count] = decodeString(bytes, this.#characterSet, this.#form);
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

/**
 * The bytes of a string before padding: UTF-8, whatever the type declares, but Latin-1 for types declared ASCII in a
 * file that was opened for that. Bytes, and those of an {@link UndecodableString}, are taken as they are.
 */
function encodeText(value: unknown, characterSet: CharacterSet, form: StringForm, index: number): Uint8Array {
  if (typeof value !== "string") {
    const bytes = value instanceof Uint8Array ? value : undecodableBytes(value);
    if (bytes !== null) return bytes;
    throw invalidArgument(`expected a string at index ${index}, found ${describeValue(value)}`);
  }
  const bytes = encoder.encode(value);
  if (bytes.length === value.length) return bytes;
  if (form === "latin1" && characterSet === "ascii") return encodeLatin1(value, index);
  if (/\p{Surrogate}/u.test(value)) {
    throw invalidArgument(`${describeValue(value)} at index ${index} holds half a surrogate pair, which UTF-8 cannot`);
  }
  return bytes;
}

function encodeLatin1(value: string, index: number): Uint8Array {
  return Uint8Array.from(value, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code <= 0xff) return code;
    throw invalidArgument(`${describeValue(value)} at index ${index} is not Latin-1, which the file was opened for`);
  });
}

/**
 * Encodes variable-length strings, which cannot hold a NUL. Short ASCII ones share blocks of memory: an encoder call
 * for each would cost several times more.
 */
export class VariableTextEncoder {
  readonly #characterSet: CharacterSet;
  readonly #form: StringForm;
  #block = new Uint8Array(0);
  #used = 0;

  constructor(characterSet: CharacterSet, form: StringForm) {
    this.#characterSet = characterSet;
    this.#form = form;
  }

  /** The bytes of a string, or of a `Uint8Array` taken as it is; `index` names it in errors. */
  encode(value: unknown, index: number): Uint8Array {
    if (typeof value === "string" && value.length <= shortText) {
      const bytes = this.#encodeShort(value);
      if (bytes !== null) return bytes;
    }
    const bytes = encodeText(value, this.#characterSet, this.#form, index);
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

/**
 * The stored bytes of fixed strings; refuses what is too long, and text that would read back shorter. A null-terminated
 * string may fill its type, as those of netCDF and PyTables do.
 */
export function encodeFixedStrings(datatype: StringDatatype, values: ArrayLike<unknown>, form: StringForm): Uint8Array {
  const { size, padding, characterSet } = datatype;
  const encoded = new Uint8Array(values.length * size);
  if (padding === "space-padded") encoded.fill(0x20);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const bytes = encodeText(value, characterSet, form, index);
    if (bytes.length > size) {
      throw invalidArgument(
        `the string at index ${index} needs ${bytes.length} bytes, its type has ${size}; choose a longer type or a variable-length one`,
      );
    }
    const lost = padding === "null-terminated" ? bytes.includes(0) : padding === "null-padded" && bytes.at(-1) === 0;
    if (lost && typeof value === "string")
      throw invalidArgument(`the string at index ${index} holds a NUL that a ${padding} string would lose`);
    encoded.set(bytes, index * size);
  }
  return encoded;
}
