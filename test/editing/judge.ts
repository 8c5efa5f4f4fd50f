/** h5py as the judge of edited files: one long-lived Python process per test file. */

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import type { Description } from "./describe.js";

function findPython(): string | null {
  const available = spawnSync("h5dump", ["--version"]).status === 0;
  for (const candidate of available ? ["/usr/bin/python3", "python3"] : []) {
    if (spawnSync(candidate, ["-c", "import h5py"]).status === 0) return candidate;
  }
  if (process.env["CI"]) throw new Error("python3 with h5py, and h5dump, are required");
  console.warn("skipped: edited files are not checked with h5py and h5dump, which are not there");
  return null;
}

const interpreter = findPython();

/** Whether h5py and h5dump are there to judge. */
export const hasJudge = interpreter !== null;

const directory = mkdtempSync(join(tmpdir(), "editing-"));

/** A path for a file of this test run. */
export function scratch(name: string): string {
  return join(directory, name);
}

interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

class Judge {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #complaints = "";

  constructor(python: string) {
    this.#process = spawn(python, [fileURLToPath(new URL("judge.py", import.meta.url))], {
      env: { ...process.env, PYTHONIOENCODING: "utf-8", HDF5_USE_FILE_LOCKING: "FALSE" },
    });
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      this.#waiting.shift()?.(JSON.parse(line) as Answer);
    });
    this.#process.stderr.on("data", (data: Buffer) => {
      this.#complaints += data.toString();
    });
    this.#process.on("exit", (status, signal) => {
      const error = `the judge ended with status ${status} ${signal ?? ""}\n${this.#complaints}`;
      for (const answer of this.#waiting.splice(0)) answer({ error });
    });
  }

  ask(script: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(({ result, error }) => {
        if (error === undefined) resolve(result);
        else reject(new Error(`${error}\nin\n${script}`));
      });
      this.#process.stdin.write(`${JSON.stringify({ script, arguments: args })}\n`);
    });
  }

  end(): void {
    this.#process.stdin.end();
  }
}

let judge: Judge | null = null;

/** Runs Python text; answers what it assigned to `result`. */
export function python(script: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
  if (interpreter === null) throw new Error("there is no h5py");
  judge ??= new Judge(interpreter);
  return judge.ask(script, args);
}

/** Runs Python text on a file that is open as `f`. */
export function withFile(path: string, mode: string, script: string): Promise<unknown> {
  const body = script
    .trim()
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
  return python(`with h5py.File(path, ${mode}) as f:\n${body}\n`, { path });
}

/** What h5py sees in a file; where `dump` is set, h5dump must accept it too. */
export async function describedByH5py(path: string, options: { readonly dump?: boolean } = {}): Promise<Description> {
  const script = options.dump === true ? "dump(path)\nresult = describe(path)" : "result = describe(path)";
  return (await python(script, { path })) as Description;
}

afterAll(() => {
  judge?.end();
  judge = null;
  rmSync(directory, { recursive: true, force: true });
});
