/** What is wrong with an options object, in words. Only errors need it: programs that read load it on demand. */

import { describeValue } from "./describe-value.js";
import type { KnownOptions, OptionKind, OptionType } from "./known-options.js";
import { fitsKind, fitsOptions } from "./known-options.js";

/** Names that users of other libraries write, and the option that is meant. */
export type Synonyms = Readonly<Record<string, string>>;

const noSynonyms: Synonyms = {};

const words: Readonly<Record<OptionType, string>> = {
  boolean: "true or false",
  string: "a string",
  number: "a number",
  size: "a number of at least 0",
  function: "a function",
  array: "an array",
  AbortSignal: "an AbortSignal",
};

/** Says why `options` do not fit the known ones: the first thing that is wrong. */
export function optionProblem(options: unknown, known: KnownOptions, synonyms: Synonyms = noSynonyms): string {
  try {
    return problem(options, known, synonyms);
  } catch (error) {
    return `the options cannot be read: ${describeValue(error)}`;
  }
}

function problem(options: unknown, known: KnownOptions, synonyms: Synonyms): string {
  if (Object.prototype.toString.call(options) !== "[object Object]") {
    return `options are an object with names such as { ${Object.keys(known)[0]}: … }, not ${describeValue(options)}`;
  }
  for (const [name, value] of Object.entries(options as object)) {
    if (!Object.hasOwn(known, name)) return unknownName(name, known, synonyms);
    const kind = known[name];
    if (fitsKind(value, kind)) continue;
    if (isNested(kind)) return `${name}: ${problem(value, kind, noSynonyms)}`;
    return `the option "${name}" is ${describeKind(kind)}, not ${describeValue(value)}`;
  }
  return "the options changed while they were read";
}

function isNested(kind: OptionKind): kind is KnownOptions {
  return typeof kind === "object" && !Array.isArray(kind);
}

function describeKind(kind: Exclude<OptionKind, KnownOptions>): string {
  if (typeof kind === "string") return words[kind];
  return kind === true ? "something else" : listed(kind.map(describeValue), "or");
}

function unknownName(name: string, known: KnownOptions, synonyms: Synonyms): string {
  const names = Object.keys(known);
  const meant = Object.hasOwn(synonyms, name) ? synonyms[name] : nearestName(name, names);
  const advice =
    meant === null
      ? `the options are ${listed(
          names.map((other) => `"${other}"`),
          "and",
        )}`
      : `did you mean "${meant}"?`;
  return `there is no option ${JSON.stringify(name)}; ${advice}`;
}

/** The name that was probably meant, or `null`. */
function nearestName(name: string, names: readonly string[]): string | null {
  const plain = plainName(name);
  let nearest: string | null = null;
  let least = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const candidate of names) {
    const other = plainName(candidate);
    const isPart = plain.length > 2 && (other.startsWith(plain) || (other.length > 3 && plain.startsWith(other)));
    const distance = other === plain ? 0 : isPart ? 1 : editDistance(plain, other);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

/** A name without what spellings differ in. */
function plainName(name: string): string {
  return name.slice(0, 64).toLowerCase().replace(/[_-]/g, "");
}

/** Letters to insert, delete, replace, or swap with the next one to make one word of another. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let at = 1; at <= from.length; at++) {
    const next = [at];
    for (let other = 1; other <= to.length; other++) {
      const isSame = from[at - 1] === to[other - 1];
      let distance = Math.min(row[other] + 1, next[other - 1] + 1, row[other - 1] + (isSame ? 0 : 1));
      const isSwap = at > 1 && other > 1 && from[at - 1] === to[other - 2] && from[at - 2] === to[other - 1];
      if (isSwap) distance = Math.min(distance, before[other - 2] + 1);
      next.push(distance);
    }
    before = row;
    row = next;
  }
  return row[to.length];
}

function listed(items: readonly string[], conjunction: "and" | "or"): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} ${conjunction} ${items[items.length - 1]}`;
}

/**
 * Says why `options` do not fit the known ones; `null` where they do.
 *
 * @param synonyms - names that others use for these options
 */
export function checkOptions(options: unknown, known: KnownOptions, synonyms?: Synonyms): string | null {
  return fitsOptions(options, known) ? null : optionProblem(options, known, synonyms);
}
