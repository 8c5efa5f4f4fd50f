import type { UndecodableString } from "../format/index.js";
import { printable } from "./terminal.js";

/** How single values are written. */
export interface Notation {
  /** `digits` is how many significant digits of the stored type may be needed: 5, 9 or 17. */
  number(value: number, digits: number): string;
  bigint(value: bigint): string;
  string(value: string): string;
  undecodable(value: UndecodableString): string;
  /** The name that an enumeration gives to a value. */
  name(value: string): string;
  /** The name of a record's member. */
  key(name: string): string;
  /** Between the parts of lists and records. */
  readonly comma: string;
  /** Between a member's name and its value. */
  readonly colon: string;
}

/** For people, safe for a terminal: numbers as short as their type allows, 64-bit integers exactly, NaN, Infinity and names without quotes. */
export const textNotation: Notation = {
  number: (value, digits) => (Object.is(value, -0) ? "-0" : shortest(value, digits)),
  bigint: String,
  string: (value) => printable(JSON.stringify(value)),
  // Its bytes are the only ones that are written as \xhh from 80 on.
  undecodable: (value) => printable(JSON.stringify(value).replace(/\\\\x(?=[89a-f][\da-f])/g, "\\x")),
  name: printable,
  key: printable,
  comma: ", ",
  colon: ": ",
};

/**
 * JSON: numbers as the doubles that they are; what JSON has no numbers for as strings: NaN, infinities, and integers
 * beyond 2^53, which most readers of JSON would round.
 */
export const jsonNotation: Notation = {
  number: (value) => {
    if (Object.is(value, -0)) return "-0";
    return Number.isFinite(value) ? String(value) : `"${value}"`;
  },
  bigint: (value) => (Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`),
  string: (value) => JSON.stringify(value),
  undecodable: (value) => JSON.stringify(value),
  name: (value) => JSON.stringify(value),
  key: (name) => JSON.stringify(name),
  comma: ",",
  colon: ":",
};

/** The shortest digits that become the same float of the type again. */
function shortest(value: number, digits: number): string {
  if (digits > 9 || !Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 2 ** 24))
    return String(value);
  const round = digits === 9 ? Math.fround : (candidate: number) => roundToHalf(candidate, value);
  for (let precision = digits - 3; precision < digits; precision++) {
    const candidate = Number(value.toPrecision(precision));
    if (round(candidate) === value) return String(candidate);
  }
  return String(Number(value.toPrecision(digits)));
}

/** `half` where `candidate` lies nearer to it than half a step of its 11 bits, else `candidate`. */
function roundToHalf(candidate: number, half: number): number {
  const step = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(half))), -14) - 10);
  return Math.abs(candidate - half) < step / 2 ? half : candidate;
}
