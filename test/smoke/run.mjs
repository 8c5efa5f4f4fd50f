#!/usr/bin/env node
/**
 * Runs the smoke suite on the built package: `npm run smoke -- [node] [deno] [bun] [command-line] [workerd] [chromium] [page] [workers]`.
 *
 * A runtime that is not installed is skipped, except where CI=true: there it is a failure.
 */

import { MissingRuntime, runtimes } from "./runtimes.mjs";

const wanted = process.argv.slice(2);
for (const name of wanted) {
  if (!(name in runtimes)) {
    console.error(`unknown runtime ${name}; there are ${Object.keys(runtimes).join(", ")}`);
    process.exit(2);
  }
}

let passed = 0;
let failed = 0;
let skipped = 0;
for (const name of wanted.length > 0 ? wanted : Object.keys(runtimes)) {
  let results;
  try {
    results = await runtimes[name]();
  } catch (error) {
    if (error instanceof MissingRuntime && process.env.CI !== "true") {
      console.log(`${name}: skipped: ${error.message}`);
      skipped++;
      continue;
    }
    results = [{ name: "starts", error: String(error?.stack ?? error) }];
  }
  const bad = results.filter(({ error }) => error !== null);
  console.log(`${name}: ${results.length - bad.length} passed, ${bad.length} failed`);
  for (const test of bad) console.log(`  ${test.name}: ${test.error}`);
  passed += results.length - bad.length;
  failed += bad.length;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} runtimes skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
