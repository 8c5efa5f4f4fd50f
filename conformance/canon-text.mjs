/** How h5canon/1 writes bytes and numbers as JSON. */

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text of a byte string: itself when valid UTF-8, otherwise with each byte from 0x80 on as `\xhh`. */
export function text(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    let result = "";
    for (const byte of bytes) {
      result += byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
    }
    return result;
  }
}

/** A whole number: a JSON number where it is exact, otherwise its digits. */
export function integer(value) {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : BigInt(value).toString();
  return value > -(2n ** 53n) && value < 2n ** 53n ? Number(value) : value.toString();
}

/** JSON without whitespace and with sorted keys; `undefined` members are left out. */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = [];
  for (const key of Object.keys(value).sort()) {
    if (value[key] !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  }
  return `{${members.join(",")}}`;
}

/** The bytes before the first NUL. */
export function upToNul(bytes) {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Order of two byte strings, each byte unsigned. */
export function compareBytes(a, b) {
  return Buffer.compare(a, b);
}
