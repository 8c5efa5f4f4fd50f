/**
 * Work that runs synchronously or asynchronously from one description.
 *
 * A task is a generator that yields steps; each step can be done in both ways, and a driver picks one.
 */

import { HDF5Error } from "../format/index.js";

/** One piece of work in both forms. */
export interface Step {
  readonly sync: () => unknown;
  readonly async: (signal: AbortSignal | undefined) => Promise<unknown>;
}

/** A description of work; answers `Result`. */
export type Task<Result> = Generator<Step, Result, unknown>;

/** One step whose answer has a type. */
export function* step<Result>(
  sync: () => Result,
  async: (signal: AbortSignal | undefined) => Promise<Result>,
): Task<Result> {
  return (yield { sync, async }) as Result;
}

/** Runs a task to its end on the calling thread. */
export function runTaskSync<Result>(task: Task<Result>): Result {
  let turn = task.next();
  while (turn.done !== true) {
    let answer: unknown;
    try {
      answer = turn.value.sync();
    } catch (error) {
      turn = task.throw(error);
      continue;
    }
    turn = task.next(answer);
  }
  return turn.value;
}

/** Runs a task to its end; an abort is raised inside the task, so that it can clean up. */
export async function runTask<Result>(task: Task<Result>, signal?: AbortSignal): Promise<Result> {
  let turn = task.next();
  // Only the first abort is raised: what the task does to clean up must run to its end.
  let interruptible = true;
  while (turn.done !== true) {
    let answer: unknown;
    try {
      if (interruptible && signal?.aborted) {
        interruptible = false;
        throw new HDF5Error("aborted", "the operation was aborted", { cause: signal.reason });
      }
      answer = await turn.value.async(interruptible ? signal : undefined);
    } catch (error) {
      if (signal?.aborted) interruptible = false;
      turn = task.throw(error);
      continue;
    }
    turn = task.next(answer);
  }
  return turn.value;
}
