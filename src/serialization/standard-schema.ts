/**
 * Validators of other libraries, such as zod, valibot and arktype: what they have in common is the interface "Standard
 * Schema", of which these are the parts that are used.
 */

import { invalidArgument } from "./errors.js";

/** A problem that a validator found. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** What a validator answers: a value, or what is wrong. */
export type StandardResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** A validator after the interface "Standard Schema", version 1. */
export interface StandardSchema<In = unknown, Out = In> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Out> | Promise<StandardResult<Out>>;
    /** Never present: carries the types. */
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

/** Whether a value is a validator; some are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  return (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value;
}

/**
 * The value that a validator makes of another.
 *
 * @throws HDF5Error `invalid-argument` that lists what is wrong, or says that the validator is asynchronous
 */
export function validated(schema: StandardSchema, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  if ("then" in result) {
    // Whatever becomes of it is nobody's any more.
    result.then(undefined, () => undefined);
    throw invalidArgument("the validator is asynchronous, and properties are set at once");
  }
  if (result.issues === undefined) return result.value;
  throw invalidArgument(result.issues.map(describeIssue).join("; "));
}

function describeIssue({ message, path = [] }: StandardIssue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}
