import { HDF5Error } from "../format/index.js";

/** An argument of the caller that cannot be used; nothing was changed. */
export function invalidArgument(message: string): HDF5Error {
  return new HDF5Error("invalid-argument", message);
}

/** What a thrown value says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What was thrown; what the runtime throws at odd arguments of the caller becomes an `HDF5Error`. */
export function argumentError(error: unknown): HDF5Error {
  if (error instanceof HDF5Error) return error;
  const code = error instanceof RangeError ? "limit" : "invalid-argument";
  return new HDF5Error(code, messageOf(error), { cause: error });
}

/** Runs what only looks at the caller's arguments, or computes with them. */
export function lookingAt<Result>(look: () => Result): Result {
  try {
    return look();
  } catch (error) {
    throw argumentError(error);
  }
}
