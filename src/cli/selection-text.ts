import type { Selection } from "../format/index.js";
import { slice } from "../format/index.js";
import { UsageError } from "./terminal.js";

/** A selection from its text: `0:10,:,3`. */
export function parseSelection(text: string): Selection {
  return text.split(",").map((entry) => {
    const parts = entry.split(":").map((part) => part.trim());
    if (parts.length > 3) throw new UsageError(`"${entry}" is no range`);
    if (parts.length === 1) {
      const index = parseInteger(parts[0], entry);
      if (index === null) throw new UsageError(`an entry of the selection "${text}" is empty`);
      return index;
    }
    const [start, stop, step = null] = parts.map((part) => parseInteger(part, entry));
    return start === null && stop === null && step === null ? null : slice(start, stop, step);
  });
}

function parseInteger(text: string, entry: string): number | null {
  if (text === "") return null;
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new UsageError(`"${entry}" is neither an index nor a range`);
  }
  return value;
}
