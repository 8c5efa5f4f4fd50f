import { aborted } from "./device-errors.js";

/** Lets at most `limit` tasks run at once; the others wait in call order. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/**
 * Calls `start` for 0 … `count` − 1 with at most `limit` in flight.
 *
 * After a failure nothing more is started; it rejects with the first failure once all that runs has ended.
 */
export async function forEachLimited(
  count: number,
  limit: number,
  start: (index: number) => Promise<void> | undefined,
): Promise<void> {
  let next = 0;
  let failed = false;
  let failure: unknown;
  const work = async (): Promise<void> => {
    while (next < count && !failed) {
      try {
        const running = start(next++);
        if (running !== undefined) await running;
      } catch (error) {
        if (!failed) failure = error;
        failed = true;
      }
    }
  };
  const workers: Promise<void>[] = [];
  for (let index = 0; index < Math.min(limit, count); index++) workers.push(work());
  await Promise.all(workers);
  if (failed) throw failure;
}

/** `promise`, or the rejection `aborted` as soon as `signal` fires. */
export function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise<Result>((resolve, reject) => {
    const onAbort = (): void => reject(aborted(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
