/**
 * Names and other short texts between bytes and strings.
 *
 * Stored text should be ASCII or UTF-8, but real files hold other encodings under either label. Bytes that are not
 * valid UTF-8 keep their place as `\xhh`. Where that is the text of another name beside it, they are half surrogate
 * pairs instead, which no UTF-8 holds ({@link namesApart}), so that different names stay different.
 */

import { invalidArgument } from "../errors.js";

/** Decodes valid UTF-8, a byte order mark included, and throws at anything else. */
export const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Longest text worth testing for ASCII before the decoder is asked. */
const shortText = 64;

/** The text of `bytes`: valid UTF-8 as it is, otherwise ASCII characters with `\xhh` for every other byte. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes.length <= shortText) {
    let text = "";
    let index = 0;
    while (index < bytes.length && bytes[index] < 0x80) text += String.fromCharCode(bytes[index++]);
    if (index === bytes.length) return text;
  }
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    return escapeText(bytes);
  }
}

/**
 * `text` as UTF-8.
 *
 * @throws HDF5Error `invalid-argument` for half a surrogate pair
 */
export function encodeText(text: string): Uint8Array {
  if (text.length <= shortText) {
    const bytes = new Uint8Array(text.length);
    let index = 0;
    while (index < text.length && text.charCodeAt(index) < 0x80) bytes[index] = text.charCodeAt(index++);
    if (index === text.length) return bytes;
  }
  if (/\p{Surrogate}/u.test(text)) throw invalidArgument(`${JSON.stringify(text)} holds half a surrogate pair`);
  return utf8Encoder.encode(text);
}

/** ASCII characters as they are, with `\xhh` for every other byte. */
export function escapeText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return text;
}

/** Whether a name may stand for bytes that are not its own: such are found by their text alone. */
export function mayBeEscaped(name: string): boolean {
  return /\\x|\p{Surrogate}/u.test(name);
}

/** The text of bytes that are not UTF-8, each byte from 0x80 on as the second half of a surrogate pair. */
export function surrogateText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join("");
}

/** The text of a path whose names need not all be UTF-8: of those that are not, {@link surrogateText}. */
export function decodePath(bytes: Uint8Array): string {
  const names: string[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const slash = bytes.indexOf(0x2f, start);
    const name = bytes.subarray(start, slash < 0 ? bytes.length : slash);
    const text = decodeText(name);
    names.push(mayBeEscaped(text) && compareBytes(encodeText(text), name) !== 0 ? surrogateText(name) : text);
    start += name.length + 1;
  }
  return names.join("/");
}

/** The escapes of a name that {@link surrogateText} made. */
export function escapedName(name: string): string {
  return name.replace(/\p{Surrogate}/gu, (half) => `\\x${(half.charCodeAt(0) & 0xff).toString(16)}`);
}

interface Named {
  readonly name: string;
  readonly nameBytes: Uint8Array;
}

/** What has names of which several are one text: of these, the ones that are not UTF-8 have another. */
export function namesApart<Item extends Named>(items: readonly Item[]): readonly Item[] {
  if (new Set(items.map(({ name }) => name)).size === items.length) return items;
  const isText = ({ name, nameBytes }: Item): boolean => compareBytes(encodeText(name), nameBytes) === 0;
  const texts = new Set(items.filter(isText).map(({ name }) => name));
  return items.map((item) =>
    texts.has(item.name) && !isText(item) ? { ...item, name: surrogateText(item.nameBytes) } : item,
  );
}

/** The order of names in HDF5: that of their bytes. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) if (a[index] !== b[index]) return a[index] - b[index];
  return a.length - b.length;
}
