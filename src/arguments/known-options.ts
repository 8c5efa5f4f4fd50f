/** What may stand in an options object, and whether one holds nothing else. */

/**
 * What the value of an option must be. `true` leaves it to the place where the option is used; `size` is a number of at
 * least 0; a list names the words that are allowed; a record the options of a nested object.
 */
export type OptionKind = true | OptionType | readonly unknown[] | KnownOptions;

/** A {@link OptionKind} that one word names. */
export type OptionType = "boolean" | "string" | "number" | "size" | "function" | "array" | "AbortSignal";

/** The options that an object may have, by name. */
export interface KnownOptions {
  readonly [name: string]: OptionKind;
}

/** The {@link KnownOptions} of an interface, all of it: the type checker misses an option that is not listed. */
export type Known<Options> = {
  readonly [Name in keyof Options]-?: true | OptionType | readonly Exclude<Options[Name], undefined>[] | KnownOptions;
};

const tagOf = Object.prototype.toString;

/** Whether an option has a value of its kind. */
export function fitsKind(value: unknown, kind: OptionKind): boolean {
  if (value === undefined || kind === true) return true;
  if (typeof kind === "string") {
    if (kind === "size") return typeof value === "number" && value >= 0;
    if (kind === "array") return Array.isArray(value);
    // By tag and not by class, so that signals of another realm are recognised.
    return kind === "AbortSignal" ? tagOf.call(value) === "[object AbortSignal]" : typeof value === kind;
  }
  return Array.isArray(kind) ? kind.includes(value) : fitsOptions(value, kind as KnownOptions);
}

/** Whether an options object, where there is one, has known options only, each with a value of its kind. */
export function fitsOptions(options: unknown, known: KnownOptions): boolean {
  if (options === undefined) return true;
  try {
    // By tag: arrays, maps, signals and the like have other ones, and their elements are no options.
    if (tagOf.call(options) !== "[object Object]") return false;
    for (const name of Object.keys(options as object)) {
      if (!Object.hasOwn(known, name) || !fitsKind((options as Record<string, unknown>)[name], known[name])) {
        return false;
      }
    }
    return true;
  } catch {
    // An object may refuse to be looked at.
    return false;
  }
}
