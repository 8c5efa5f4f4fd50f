#!/usr/bin/env node
/**
 * Reads, walks and edits damaged files: `npm run fuzz -- [--mutations N] [--truncations N|all] [--seed S] [--time T]
 * [--only TEXT] [--replay NAME] [--save DIR]`.
 *
 * Every input must end in values or an `HDF5Error`, within 1 s of processor time, and within 64 MiB above the idle
 * process plus twice the data asked for. Files come from `golden-files/` and, where JANGADA_CORPUS names a corpus, from
 * its small files and from `../hostile/files` beside it. `--time` ends the run after so many seconds; `--replay` runs
 * one input by the name in which a problem was reported; `--save` keeps the bytes of inputs with problems.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { inputBytes, inputFiles, inputName, inputNamed } from "./inputs.mjs";
import { below, randomFrom } from "./random.mjs";
import { Worker } from "./worker.mjs";

const mebibyte = 1024 * 1024;
const mostMilliseconds = 1000;
const allowedMemory = 64 * mebibyte;
/** One input in so many goes through the asynchronous source, and one is edited. */
const asynchronousEvery = 5;
const editEvery = 4;

const { values } = parseArgs({
  options: {
    mutations: { type: "string", default: "5000" },
    truncations: { type: "string", default: "1500" },
    seed: { type: "string", default: "1" },
    time: { type: "string", default: "90" },
    only: { type: "string" },
    replay: { type: "string", multiple: true },
    save: { type: "string" },
  },
});
const files = inputFiles();
const chosen = (paths) => paths.filter((path) => values.only === undefined || path.includes(values.only));
const seeds = chosen(files.seeds);
const hostile = chosen(files.hostile);
const small = chosen(files.small);
const deadline = performance.now() + Number(values.time) * 1000;

const worker = new Worker(files.small[0]);
const outcomes = new Map();
const problems = [];
let done = 0;
let slowest = { milliseconds: 0, name: "none" };
let largest = { peak: 0, name: "none" };

function* jobs() {
  if (values.replay !== undefined) {
    for (const name of values.replay) yield { input: inputNamed(name), asynchronous: true, edits: true };
    return;
  }
  for (const path of [...hostile, ...seeds]) yield { input: { path }, asynchronous: true, edits: true };
  yield* truncations();
  const first = Number(values.seed) * 1_000_000;
  for (let index = 0; index < Number(values.mutations) && seeds.length > 0; index++) {
    const path = seeds[below(randomFrom(first + index), seeds.length)];
    yield job({ path, seed: first + index }, index);
  }
}

function* truncations() {
  const sizes = small.map((path) => inputBytes({ path }).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const wanted = values.truncations === "all" ? total : Number(values.truncations);
  const step = Math.max(1, total / wanted);
  let index = 0;
  for (const [at, path] of small.entries()) {
    for (let length = 0; length < sizes[at]; length += step) {
      yield job({ path, truncate: Math.floor(length) }, index++);
    }
  }
}

function job(input, index) {
  return { input, asynchronous: index % asynchronousEvery === 0, edits: index % editEvery === 0 };
}

/** What is wrong with a report, or `null`. */
function complaint(report) {
  if (report.problem !== null) return report.problem;
  if (report.milliseconds > mostMilliseconds) return `${Math.round(report.milliseconds)} ms`;
  if (report.peak > allowedMemory + 2 * report.asked) {
    return `${Math.round(report.peak / mebibyte)} MiB for ${Math.round(report.asked / mebibyte)} MiB asked for`;
  }
  return null;
}

/** Runs a job; time and memory count only when a fresh process confirms them, without what ran before. */
async function examine(job) {
  const report = await worker.run(job);
  if (complaint(report) === null) return report;
  worker.end();
  const alone = await worker.run(job);
  worker.end();
  return alone;
}

const started = performance.now();
for (const job of jobs()) {
  if (performance.now() > deadline) {
    console.log(`stopped after ${values.time} s`);
    break;
  }
  const report = await examine(job);
  const name = inputName(job.input);
  done++;
  if (done % 5000 === 0) console.log(`${done} inputs after ${Math.round((performance.now() - started) / 1000)} s`);
  outcomes.set(report.outcome, (outcomes.get(report.outcome) ?? 0) + 1);
  if (report.milliseconds > slowest.milliseconds) slowest = { milliseconds: report.milliseconds, name };
  if (report.peak - 2 * report.asked > largest.peak) largest = { peak: report.peak - 2 * report.asked, name };
  const what = complaint(report);
  if (what === null) continue;
  problems.push(name);
  console.log(`PROBLEM ${name}\n  ${what.replaceAll("\n", "\n  ")}`);
  if (values.save !== undefined) {
    mkdirSync(values.save, { recursive: true });
    writeFileSync(join(values.save, `problem-${problems.length}.h5`), inputBytes(job.input));
  }
}
worker.end();

console.log(`${done} inputs in ${Math.round((performance.now() - started) / 1000)} s`);
for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1])) console.log(`  ${count} ${outcome}`);
console.log(`slowest: ${Math.round(slowest.milliseconds)} ms of processor time (${slowest.name})`);
console.log(
  `most memory, less twice the data asked for: ${(largest.peak / mebibyte).toFixed(1)} MiB (${largest.name})`,
);
console.log(problems.length === 0 ? "no problems" : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
