/** A child process that examines inputs, and a watch over its time. */

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const childPath = fileURLToPath(new URL("child.mjs", import.meta.url));
/** After this the child is ended: it hangs. */
const patience = 20_000;
/** The idle process with its code takes about 60 MiB; this bounds the rest where nothing else does. */
const childOptions = ["--expose-gc", "--max-semi-space-size=2", "--max-old-space-size=400"];

/** Runs jobs one after another; a child that dies or hangs is replaced. */
export class Worker {
  #child = null;
  #warmUp;

  constructor(warmUp) {
    this.#warmUp = warmUp;
  }

  async #start() {
    const child = fork(childPath, [this.#warmUp], { execArgv: childOptions, silent: true });
    this.#child = child;
    child.errors = "";
    child.stderr.on("data", (text) => {
      child.errors = (child.errors + text).slice(-2000);
    });
    const first = await this.#answer(child, 60_000);
    if (first.problem) throw new Error(`the child process does not start: ${first.problem}`);
  }

  #answer(child, limit) {
    return new Promise((resolve) => {
      const finish = (answer) => {
        clearTimeout(timer);
        child.off("message", finish);
        child.off("exit", died);
        resolve(answer);
      };
      const fail = (problem) => {
        this.#child = null;
        finish({ problem, milliseconds: 0, asked: 0, peak: 0, outcome: "ended" });
      };
      const died = (code, signal) => fail(`the process ended (${signal ?? code}): ${child.errors.slice(-400)}`);
      const timer = setTimeout(() => {
        child.off("exit", died);
        child.kill("SIGKILL");
        fail(`no answer within ${limit / 1000} s`);
      }, limit);
      child.on("message", finish);
      child.on("exit", died);
    });
  }

  /** What the child says of a job. */
  async run(job) {
    if (this.#child === null) await this.#start();
    const child = this.#child;
    const answer = this.#answer(child, patience);
    child.send(job);
    return answer;
  }

  /** Ends the child; the next job gets a fresh one. */
  end() {
    this.#child?.removeAllListeners("exit");
    this.#child?.kill();
    this.#child = null;
  }
}
