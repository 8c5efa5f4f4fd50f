import { withPath } from "../errors.js";
import type { Operation } from "../storage/operation.js";

/** Runs an operation on an object that is not the one whose call it is part of; its errors name that object's path. */
export function* about<Result>(path: string, operation: Operation<Result>): Operation<Result> {
  try {
    return yield* operation;
  } catch (error) {
    throw withPath(error, path);
  }
}
