/** The names that properties have in files. */

import { invalidArgument } from "./errors.js";
import type { PropertyDefinition } from "./property-definition.js";

/** How the names in files follow from those of properties: as they are, or `maxTemp` as `max_temp`. */
export type StoredNames = "same" | "snake_case";

/** The kinds of {@link StoredNames}. */
export const storedNameRules: readonly StoredNames[] = ["same", "snake_case"];

/** `maxTemp` as `max_temp`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
    .toLowerCase();
}

/** The names in files of the properties that a class declares. */
export function storedNamesOf(
  definitions: ReadonlyMap<string, PropertyDefinition>,
  rule: StoredNames,
): ReadonlyMap<string, string> {
  return new Map(
    Array.from(definitions, ([key, { storedAs }]) => [key, storedAs ?? (rule === "same" ? key : snakeCase(key))]),
  );
}

/** The properties by their names in files, each of which must be one's only. */
export function keysByStoredName(storedNames: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const [key, stored] of storedNames) {
    const other = keys.get(stored);
    if (other !== undefined) {
      throw invalidArgument(
        `${JSON.stringify(other)} and ${JSON.stringify(key)} are both stored as ${JSON.stringify(stored)}`,
      );
    }
    keys.set(stored, key);
  }
  return keys;
}

/** The properties that older files hold under other names. */
export function aliasesOf(
  definitions: ReadonlyMap<string, PropertyDefinition>,
  keys: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [key, { aliases = [] }] of definitions) {
    for (const alias of aliases) {
      const other = keys.get(alias) ?? found.get(alias);
      if (typeof alias !== "string" || alias === "")
        throw invalidArgument(`an alias of ${JSON.stringify(key)} is no name`);
      if (other !== undefined) {
        const message = `the alias ${JSON.stringify(alias)} of ${JSON.stringify(key)} is a name of ${JSON.stringify(other)}`;
        throw invalidArgument(message);
      }
      found.set(alias, key);
    }
  }
  return found;
}
