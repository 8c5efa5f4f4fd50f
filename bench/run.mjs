#!/usr/bin/env node
/**
 * Runs the benchmarks: `npm run bench -- [--only TEXT] [--repetitions N] [--write-docs]`. With `--only`, the cases that
 * were run take their places among those of the last whole run in the results.
 *
 * Every case of every library runs in fresh child processes, the libraries by turns. Prints the medians, writes
 * `bench/results.json`, and fails when two libraries disagree on the values.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readingCases } from "./cases/reading.mjs";
import { writingCases } from "./cases/writing.mjs";
import { benchmarksPage, describeMachine, libraries, markdownTable } from "./report.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const inputs = `${here}data`;
const output = `${inputs}/output.h5`;
const python = process.env.PYTHON ?? "/usr/bin/python3";
const runsPerProcess = 3;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    repetitions: { type: "string", default: "3" },
    "write-docs": { type: "boolean" },
  },
});
const repetitions = Number(values.repetitions);

function run(command, args, wanted = "a line") {
  const { stdout, stderr, status, error } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  const line = stdout?.trim().split("\n").at(-1);
  if (error !== undefined || status !== 0 || !line) {
    throw new Error(`${command} ${args.join(" ")}: expected ${wanted}: ${error?.message ?? stderr}`);
  }
  return line;
}

/** Brings an input into the system's page cache, so that none of the libraries pays for the disk. */
function warm({ input }) {
  if (input !== undefined) readFileSync(`${inputs}/${input}`);
}

function measure(library, item) {
  const { name } = item;
  warm(item);
  const args = [name, inputs, output, String(runsPerProcess)];
  const line =
    library === "h5py"
      ? run(python, [`${here}h5py-bench.py`, "run", ...args])
      : run(process.execPath, [`${here}worker.mjs`, library, ...args]);
  return JSON.parse(line);
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const made = spawnSync(python, [`${here}make-inputs.py`, inputs], { stdio: "inherit" });
if (made.status !== 0) throw new Error("the inputs could not be made: h5py is needed");
mkdirSync(inputs, { recursive: true });

const cases = [...readingCases, ...writingCases].filter(
  ({ name }) => values.only === undefined || name.includes(values.only),
);
const results = [];
let disagreements = 0;
for (const item of cases) {
  const participants = libraries.filter((library) => item[library] ?? library === "h5py");
  const measured = Object.fromEntries(participants.map((library) => [library, []]));
  const digests = new Map();
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const library of participants) {
      const result = measure(library, item);
      measured[library].push(result);
      if (repetition > 0) continue;
      const digest = result.digest ?? run(python, [`${here}h5py-bench.py`, "digest", item.name, output]);
      digests.set(library, digest);
      if (result.digest === null) result.bytes = statSync(output).size;
    }
  }
  rmSync(output, { force: true });
  if (new Set(digests.values()).size > 1) {
    disagreements++;
    for (const [library, digest] of digests) console.error(`${item.name}: ${library} has ${digest}`);
  }
  const medians = {};
  for (const library of participants) {
    const runs = measured[library];
    const first = median(runs.map(({ seconds }) => seconds[0]));
    const later = runs.flatMap(({ seconds }) => seconds.slice(1));
    medians[library] = { first, warm: later.length > 0 ? median(later) : first };
  }
  const result = { name: item.name, title: item.title, medians, measured };
  results.push(result);
  console.log(markdownTable([result]).split("\n").at(-1));
}

const versionOf = (name) => JSON.parse(readFileSync(`${here}../node_modules/${name}/package.json`, "utf8")).version;
const machine = describeMachine(run(python, [`${here}h5py-bench.py`, "version"]), {
  h5wasm: versionOf("h5wasm"),
  jsfive: versionOf("jsfive"),
});
function merged() {
  if (values.only === undefined || !existsSync(`${here}results.json`)) return results;
  const before = JSON.parse(readFileSync(`${here}results.json`, "utf8")).results;
  const latest = new Map([...before, ...results].map((result) => [result.name, result]));
  return [...readingCases, ...writingCases]
    .map(({ name }) => latest.get(name))
    .filter((result) => result !== undefined);
}

const all = merged();
writeFileSync(`${here}results.json`, `${JSON.stringify({ machine, repetitions, results: all }, null, 2)}\n`);
console.log(`\n${markdownTable(results)}`);
if (values["write-docs"]) writeFileSync(`${here}../docs/BENCHMARKS.md`, benchmarksPage(machine, all));
if (disagreements > 0) {
  console.error(`${disagreements} cases in which the libraries disagree`);
  process.exitCode = 1;
}
