/** A few words on what a caller gave, for messages. */
export function describeValue(value: unknown): string {
  try {
    return describe(value);
  } catch {
    // Some objects throw whatever is asked of them.
    return "an object";
  }
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "object") return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  return typeof value === "function" || typeof value === "symbol" ? `a ${typeof value}` : String(value);
}
