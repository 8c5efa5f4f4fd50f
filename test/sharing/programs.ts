/** Other programs on the same file: a Node process with this library, and h5py. */

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll } from "vitest";
import { bundleLibrary } from "../support/library-file.js";

const directory = mkdtempSync(join(tmpdir(), "sharing-"));
const running = new Set<Program>();
let library = "";

beforeAll(async () => {
  library = await bundleLibrary(directory);
});

afterAll(() => {
  for (const program of running) program.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** A path for a file of this test run. */
export function scratch(name: string): string {
  return join(directory, name);
}

/** Whether h5py is there. */
export const hasH5py = spawnSync("/usr/bin/python3", ["-c", "import h5py"]).status === 0;
if (!hasH5py && process.env["CI"]) throw new Error("python3 with h5py is required");

/** A process that says something by the line and goes on when it is told to. */
export class Program {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];
  #complaints = "";
  /** The exit status, once the process is over. */
  readonly ended: Promise<number | null>;

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const { HDF5_USE_FILE_LOCKING: _, ...inherited } = process.env;
    this.#process = spawn(command, args, { env: { ...inherited, ...env } });
    running.add(this);
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#hear(line));
    this.#process.stderr.on("data", (data: Buffer) => {
      this.#complaints += data.toString();
    });
    this.ended = new Promise((resolve) => {
      this.#process.on("close", (status) => {
        running.delete(this);
        for (const tell of this.#waiting.splice(0)) tell(`ended with ${status}: ${this.#complaints}`);
        resolve(status);
      });
    });
  }

  #hear(line: string): void {
    const tell = this.#waiting.shift();
    if (tell === undefined) this.#lines.push(line);
    else tell(line);
  }

  /** The next line that the process prints, or how it ended. */
  line(): Promise<string> {
    const line = this.#lines.shift();
    return line === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(line);
  }

  /** Says a line to the process. */
  tell(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Lets the process go on; answers when it is over. */
  finish(): Promise<number | null> {
    this.#process.stdin.end();
    return this.ended;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }
}

/** Runs a module's text with `format` (this library), `args` and `goOn()`, which waits for {@link Program.finish}. */
export function node(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const text = `
    const format = await import(process.argv[1]);
    const args = process.argv.slice(2);
    const say = (line) => process.stdout.write(line + "\\n");
    const goOn = () => new Promise((resolve) => process.stdin.resume().on("end", resolve));
    ${script}`;
  return new Program(process.execPath, ["--input-type=module", "-e", text, library, ...args], env);
}

/** Runs Python text with `h5py`, `args`, `say()` and `go_on()`. */
export function h5py(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const text = `
import h5py, sys
args = sys.argv[1:]
def say(line): print(line, flush=True)
def go_on(): sys.stdin.read()
${script}`;
  return new Program("/usr/bin/python3", ["-c", text, ...args], env);
}

/** A long-lived h5py that opens and closes what it is told to, with libhdf5's locks. */
const visitorScript = `
f = None
for line in sys.stdin:
    mode, path = line.rstrip("\\n").split(" ", 1)
    try:
        if f is not None:
            f.close()
            f = None
        if mode != "close":
            f = h5py.File(path, mode)
        say("ok")
    except OSError as error:
        say(str(error))`;

let visitor: Program | null = null;

/** Makes h5py close what it has open and open a file; answers `ok` or what it says. It keeps the file open. */
export async function h5pyOpen(path: string, mode: string): Promise<string> {
  if (visitor === null) visitor = h5py(visitorScript, []);
  visitor.tell(`${mode} ${path}`);
  return await visitor.line();
}

/** Makes h5py close what it has open. */
export async function h5pyClose(): Promise<void> {
  const said = await h5pyOpen("", "close");
  if (said !== "ok") throw new Error(said);
}

/** `ok`, or what h5py says when it opens a file, which it closes again. */
export async function h5pyOpening(path: string, mode: string): Promise<string> {
  const said = await h5pyOpen(path, mode);
  await h5pyClose();
  return said;
}
