/** Keeps the changes made through one open object in the order in which they were asked for. */

import { invalidArgument } from "../format/index.js";

function ignore(): void {}

/** Runs changes one after the other; reads wait for the changes before them only. */
export class OperationQueue {
  #changes: Promise<unknown> | null = null;

  /** A read: sees every change asked for before. */
  read<Result>(run: () => Promise<Result>): Promise<Result> {
    return this.#changes === null ? run() : this.#changes.then(run);
  }

  /** A change: everything asked for later sees it. */
  change<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.read(run);
    // One that fails does not keep those after it from running.
    const changes: Promise<unknown> = result.then(ignore, ignore).then(() => {
      if (this.#changes === changes) this.#changes = null;
    });
    this.#changes = changes;
    return result;
  }

  /** Refuses a synchronous call while asynchronous changes are under way, whose order it would break. */
  requireIdle(): void {
    if (this.#changes !== null) {
      throw invalidArgument("asynchronous changes are under way: await them before calling a synchronous method");
    }
  }
}
