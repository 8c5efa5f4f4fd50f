#!/usr/bin/env node
/**
 * Describes every file of a folder and compares the lines with the expected ones:
 * `npm run conformance -- [--async] [--only TEXT] [FILES_DIR EXPECTED_DIR]`.
 *
 * The default folder is the corpus that JANGADA_CORPUS names, without it `golden-files/`.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { canonicalJson } from "./canon-text.mjs";
import { compareFiles, verdict } from "./compare.mjs";
import { runJobs } from "./worker-pool.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  options: { async: { type: "boolean", default: false }, only: { type: "string" }, show: { type: "string" } },
  allowPositionals: true,
});
const { files, expected, comparePy } = folders();
const output = join(root, "conformance-out", values.async ? "async" : "sync");

function folders() {
  if (positionals.length === 2) return { files: resolve(positionals[0]), expected: resolve(positionals[1]) };
  const corpus = process.env.JANGADA_CORPUS;
  if (corpus === undefined || corpus === "") {
    return { files: join(root, "golden-files"), expected: join(root, "golden-files/expected") };
  }
  const compare = resolve(corpus, "../compare.py");
  return {
    files: resolve(corpus, "files"),
    expected: resolve(corpus, "expected"),
    comparePy: existsSync(compare) ? compare : undefined,
  };
}

const ids = readdirSync(expected, { recursive: true })
  .filter((name) => name.endsWith(".jsonl"))
  .map((name) => name.slice(0, -".jsonl".length))
  .filter((id) => values.only === undefined || id.includes(values.only))
  .sort();
if (ids.length === 0) {
  console.error(`no expected lines in ${expected}`);
  process.exit(2);
}

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const jobs = ids.map((id) => ({
  path: join(files, id),
  output: join(output, `${id}.jsonl`),
  asynchronous: values.async,
}));
await runJobs(jobs, (job, reason) => {
  mkdirSync(dirname(job.output), { recursive: true });
  writeFileSync(job.output, `${canonicalJson({ path: "/", kind: "error", error: reason })}\n`);
});

const totals = { identical: 0, unsupported: 0, wrong: 0 };
const shown = Number(values.show ?? 3);
for (const id of ids) {
  const differences = compareFiles(join(expected, `${id}.jsonl`), join(output, `${id}.jsonl`));
  const outcome = verdict(differences);
  totals[outcome]++;
  if (outcome !== "wrong") continue;
  console.log(`${id}: ${differences.length} differences`);
  for (const { path, attribute, cause, expected: wanted, ours } of differences.slice(0, shown)) {
    const place = attribute === undefined ? path : `${path} @${attribute}`;
    console.log(`    ${cause} ${place}: expected ${brief(wanted)}, found ${brief(ours)}`);
  }
}

function brief(value) {
  const json = JSON.stringify(value) ?? "nothing";
  return json.length <= 160 ? json : `${json.slice(0, 157)}...`;
}

let disagreement = false;
if (comparePy !== undefined && values.only === undefined) {
  const second = spawnSync("python3", [comparePy, "--quiet", "--show", "0", expected, output], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const count = /^(\d+) of \d+ files identical$/m.exec(second.stdout)?.[1];
  disagreement = count !== String(totals.identical);
  if (disagreement) console.log(`compare.py counts ${count ?? "nothing"} identical: ${second.stderr}`);
}

const { identical, unsupported, wrong } = totals;
console.log(`identical ${identical}, unsupported ${unsupported}, wrong ${wrong}, of ${ids.length}`);
process.exitCode = wrong > 0 || disagreement ? 1 : 0;
