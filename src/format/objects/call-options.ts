import type { Known, KnownOptions } from "../../arguments/known-options.js";
import { fitsOptions } from "../../arguments/known-options.js";
import { invalidArgument } from "../errors.js";
import { OnDemand } from "../storage/on-demand.js";
import type { Operation } from "../storage/operation.js";
import type { OptionProblems } from "./option-problems.js";

/** What says why options are refused, which correct programs do not need. */
export const optionProblems = new OnDemand<OptionProblems>(
  "what is wrong with the options",
  async () => (await import("./option-problems.js")).optionProblems,
);

/** What every asynchronous call takes. */
export interface CallOptions {
  /** Aborts the call, which then raises `aborted` with the signal's reason as cause. */
  readonly signal?: AbortSignal;
}

/** The names of {@link CallOptions}. */
export const callNames: Known<CallOptions> = { signal: "AbortSignal" };

/**
 * The operation, or one that says what is wrong with its options; `null` leaves them to the operation.
 */
export function withOptions<Result>(
  start: () => Operation<Result>,
  options: unknown,
  known: KnownOptions | null,
): Operation<Result> {
  return known === null || fitsOptions(options, known) ? start() : refuse(options, known);
}

function* refuse(options: unknown, known: KnownOptions): Operation<never> {
  const { optionProblem } = yield* optionProblems.wait();
  throw invalidArgument(optionProblem(options, known));
}

/** @throws HDF5Error `invalid-argument` for options that are not known or have values of the wrong kind */
export async function requireOptionsAsync(options: unknown, known: KnownOptions): Promise<void> {
  if (fitsOptions(options, known)) return;
  const { optionProblem } = await optionProblems.load();
  throw invalidArgument(optionProblem(options, known));
}
