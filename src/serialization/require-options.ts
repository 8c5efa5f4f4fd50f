import type { KnownOptions } from "../arguments/known-options.js";
import type { Synonyms } from "../arguments/option-problem.js";
import { checkOptions } from "../arguments/option-problem.js";
import { invalidArgument } from "./errors.js";

/**
 * Checks the options of a call.
 *
 * @param what - the call, for messages
 * @throws HDF5Error `invalid-argument` for options that are not known or have values of the wrong kind
 */
export function requireOptions(what: string, options: unknown, known: KnownOptions, synonyms?: Synonyms): void {
  const problem = checkOptions(options, known, synonyms);
  if (problem !== null) throw invalidArgument(`${what}: ${problem}`);
}
