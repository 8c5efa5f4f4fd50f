/** The smoke suite in a runtime with a file system (Node, Deno, Bun): prints its results as one line of JSON. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect as nodeInspect } from "node:util";
import * as format from "../../dist/format/index.js";
import * as library from "../../dist/index.js";
import { goldenNames, runTests, smokeTests } from "./suite.mjs";

const golden = Object.fromEntries(
  goldenNames.map((name) => [
    name,
    new Uint8Array(readFileSync(new URL(`../../golden-files/${name}`, import.meta.url))),
  ]),
);
/** What `console.log` prints. */
const inspect = globalThis.Deno?.inspect ?? globalThis.Bun?.inspect ?? nodeInspect;
const directory = mkdtempSync(join(tmpdir(), "jangada-smoke-"));
try {
  console.log(JSON.stringify(await runTests(smokeTests({ ...library, format, inspect }, golden, directory))));
} finally {
  rmSync(directory, { recursive: true });
}
