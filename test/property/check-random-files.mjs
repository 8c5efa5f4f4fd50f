#!/usr/bin/env node
/**
 * Writes random HDF5 files with h5py and compares what this package's sources read in them with what libhdf5 does:
 * `npm run random-files -- [--seeds 500] [--first 1] [--async] [--keep DIRECTORY]`.
 *
 * With JANGADA_CORPUS the judge is the program that made the corpus's expected lines (`run_oracle.py` beside it), which
 * compares every key of the h5canon/1 lines; without it, the view that `make-random-files.py` writes itself.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { compareFiles } from "../../conformance/compare.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const interpreter = "/usr/bin/python3";
const batchSize = 25;

/** The conformance modules on the package's sources instead of its build, as one file in `directory`. */
export async function bundleCanon(directory) {
  const outfile = join(directory, "canon.mjs");
  await build({
    entryPoints: [join(root, "conformance/open-file.mjs")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    logLevel: "error",
    plugins: [
      {
        name: "sources",
        setup({ onResolve }) {
          onResolve({ filter: /^\.\.\/dist\/.*\.js$/ }, ({ path }) => ({
            path: join(root, "src", path.slice("../dist/".length).replace(/\.js$/, ".ts")),
          }));
        },
      },
    ],
  });
  return import(pathToFileURL(outfile).href);
}

function run(command, args, options = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], ...options });
    let errors = "";
    child.stderr.on("data", (text) => {
      errors += text;
    });
    child.on("error", fail);
    child.on("close", (status) => (status === 0 ? done() : fail(new Error(`${command}: ${status}\n${errors}`))));
  });
}

/** Writes the files of `seeds` in `directory`; answers where the expected lines are. */
async function makeFiles(directory, seeds) {
  await run(interpreter, [join(here, "make-random-files.py"), directory, ...seeds.map(String)]);
  const corpus = process.env.JANGADA_CORPUS;
  const oracle = corpus ? resolve(corpus, "../run_oracle.py") : "";
  if (!existsSync(oracle)) return (seed) => join(directory, `${seed}.view.jsonl`);
  const lines = (seed) => join(directory, `${seed}.oracle.jsonl`);
  const list = join(directory, "list.txt");
  writeFileSync(list, seeds.map((seed) => `${join(directory, `${seed}.h5`)}\t${lines(seed)}\n`).join(""));
  const status = join(directory, "status.json");
  await run(interpreter, [oracle, list, status]);
  const outcomes = JSON.parse(readFileSync(status, "utf8"));
  // libhdf5 may crash on its own file after it has read it once: then there is still the first view.
  const crashed = (seed) => outcomes[join(directory, `${seed}.h5`)] !== "ok";
  return (seed) => (crashed(seed) ? join(directory, `${seed}.view.jsonl`) : lines(seed));
}

/** Leaves in our lines only the keys that the expected lines have, where those come from the plain view. */
function reduced(expectedPath, lines) {
  const keep = (wanted, ours) =>
    Object.fromEntries(Object.entries(ours).filter(([key]) => key in wanted || key === "error"));
  const expected = new Map(
    readFileSync(expectedPath, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => [JSON.parse(line).path, JSON.parse(line)]),
  );
  return lines.map((line) => {
    const ours = JSON.parse(line);
    const wanted = expected.get(ours.path);
    if (wanted === undefined) return line;
    const record = keep(wanted, ours);
    if (Array.isArray(record.attrs)) {
      record.attrs = record.attrs.map((attribute) => keep({ name: 0, shape: 0, sha256: 0, nbytes: 0 }, attribute));
    }
    return JSON.stringify(record);
  });
}

/** Checks some seeds in `directory`; calls `report(seed, differences)` for each. */
async function checkBatch(directory, seeds, canon, asynchronous, report) {
  const expected = await makeFiles(directory, seeds);
  for (const seed of seeds) {
    const lines = [];
    await canon.describePath(join(directory, `${seed}.h5`), asynchronous, (line) => lines.push(line));
    const ours = join(directory, `${seed}.ours.jsonl`);
    const view = expected(seed).endsWith(".view.jsonl");
    writeFileSync(ours, `${(view ? reduced(expected(seed), lines) : lines).join("\n")}\n`);
    report(seed, compareFiles(expected(seed), ours), lines.length);
  }
}

/** Checks seeds `first` to `first + count - 1`; `report(seed, differences, lines)` is called for each. */
export async function checkSeeds(first, count, { asynchronous = false, keep = null, report }) {
  const scratch = mkdtempSync(join(tmpdir(), "random-files-"));
  try {
    const canon = await bundleCanon(scratch);
    for (let start = first; start < first + count; start += batchSize) {
      const seeds = Array.from({ length: Math.min(batchSize, first + count - start) }, (_, index) => start + index);
      const directory = keep ?? join(scratch, String(start));
      mkdirSync(directory, { recursive: true });
      await checkBatch(directory, seeds, canon, asynchronous, report);
      if (keep === null) rmSync(directory, { recursive: true });
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "25" },
      first: { type: "string", default: "1" },
      async: { type: "boolean", default: false },
      keep: { type: "string" },
    },
  });
  const count = Number(values.seeds);
  let different = 0;
  let objects = 0;
  await checkSeeds(Number(values.first), count, {
    asynchronous: values.async,
    keep: values.keep === undefined ? null : resolve(values.keep),
    report(seed, differences, lines) {
      objects += lines;
      if (differences.length === 0) return;
      different++;
      console.log(`seed ${seed}: ${differences.length} differences`);
      for (const difference of differences.slice(0, 3)) console.log(`    ${JSON.stringify(difference).slice(0, 400)}`);
    },
  });
  console.log(`${count} seeds, ${objects} lines: ${different} with differences`);
  process.exitCode = different === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
