/** Keeps the changes made through one open object in the order in which they were asked for. */

import { invalidArgument } from "./errors.js";

function ignore(): void {}

/** Runs changes one after the other; reads wait for the changes before them only. */
export class OperationQueue {
  /** Settles with the last change asked for. */
  #changes: Promise<unknown> | null = null;
  #pending = 0;

  /** A read: sees every change asked for before. */
  read<Result>(run: () => Promise<Result>): Promise<Result> {
    return this.#changes === null ? run() : this.#changes.then(run);
  }

  /** A change: everything asked for later sees it. */
  change<Result>(run: () => Promise<Result>): Promise<Result> {
    this.#pending++;
    const settle = (): void => {
      this.#pending--;
      if (this.#pending === 0) this.#changes = null;
    };
    const result = this.read(run).then(
      (value) => {
        settle();
        return value;
      },
      (error: unknown) => {
        settle();
        throw error;
      },
    );
    // One that fails does not keep those after it from running.
    this.#changes = result.then(ignore, ignore);
    return result;
  }

  /** Refuses a synchronous call while asynchronous changes are under way, whose order it would break. */
  requireIdle(): void {
    if (this.#changes !== null) {
      throw invalidArgument("asynchronous changes are under way: await them before calling a synchronous method");
    }
  }
}
