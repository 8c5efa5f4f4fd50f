/**
 * Names and other short texts between bytes and strings.
 *
 * Stored text should be ASCII or UTF-8, but real files hold other encodings under either label. Bytes that are not
 * valid UTF-8 keep their place as `\xhh`, so that different names stay different.
 */

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

/** `text` as UTF-8. */
export function encodeText(text: string): Uint8Array {
  if (text.length <= shortText) {
    const bytes = new Uint8Array(text.length);
    let index = 0;
    while (index < text.length && text.charCodeAt(index) < 0x80) bytes[index] = text.charCodeAt(index++);
    if (index === text.length) return bytes;
  }
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
  return name.includes("\\x");
}

/** The order of names in HDF5: that of their bytes. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) if (a[index] !== b[index]) return a[index] - b[index];
  return a.length - b.length;
}
