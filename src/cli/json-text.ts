/** JSON of what the library describes: the 64-bit numbers of enumerations as digits, maps as objects. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Map) return Object.fromEntries(part);
    return typeof part === "bigint" ? part.toString() : part;
  });
}
