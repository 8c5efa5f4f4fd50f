import { optionProblem } from "../../arguments/option-problem.js";

/** See {@link OptionProblems}; loaded on demand. */
export const optionProblems = { optionProblem } as const;

/** What says why options are refused. */
export type OptionProblems = typeof optionProblems;
