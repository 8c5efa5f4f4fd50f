import { invalidArgument } from "../errors.js";

/**
 * Options with those given in another spelling renamed; `null` in that spelling counts as left out.
 *
 * @param aliases - the name of each option that has another spelling, by that spelling
 * @throws HDF5Error `invalid-argument` for an option that is given in both
 */
export function withoutAliases<Options extends object>(
  options: Options,
  aliases: { readonly [Alias in keyof Options]?: keyof Options & string },
): Options {
  const given = options as { readonly [name: string]: unknown };
  let renamed: Record<string, unknown> | null = null;
  for (const [alias, name] of Object.entries(aliases) as [string, string][]) {
    const value = given[alias];
    if (value === undefined) continue;
    renamed ??= { ...given };
    delete renamed[alias];
    if (value === null) continue;
    if (given[name] !== undefined)
      throw invalidArgument(`"${alias}" and "${name}" mean the same option; give one of them`);
    renamed[name] = value;
  }
  return (renamed ?? options) as Options;
}
