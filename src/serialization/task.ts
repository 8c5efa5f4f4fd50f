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
  /** Whether the step is done even after an abort: closing a file. */
  readonly always: boolean;
}

/** A description of work; answers `Result`. */
export type Task<Result> = Generator<Step, Result, unknown>;

/** One step whose answer has a type. */
export function* step<Result>(
  sync: () => Result,
  async: (signal: AbortSignal | undefined) => Promise<Result>,
  when: "unless-aborted" | "always" = "unless-aborted",
): Task<Result> {
  return (yield { sync, async, always: when === "always" }) as Result;
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
  while (turn.done !== true) {
    let answer: unknown;
    try {
      const { always } = turn.value;
      if (!always && signal?.aborted) {
        throw new HDF5Error("aborted", "the operation was aborted", { cause: signal.reason });
      }
      answer = await turn.value.async(always ? undefined : signal);
    } catch (error) {
      turn = task.throw(error);
      continue;
    }
    turn = task.next(answer);
  }
  return turn.value;
}
