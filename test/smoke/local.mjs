/** The smoke suite in a runtime with a file system (Node, Deno, Bun): prints its results as one line of JSON. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect as nodeInspect } from "node:util";
import { Worker as Thread } from "node:worker_threads";
import * as format from "../../dist/format/index.js";
import * as library from "../../dist/index.js";
import { askWorker, parcelTest } from "./parcel.mjs";
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

/** That a file is locked while it is open for changes, in the eyes of another process; where there is one to ask. */
const lockTest = [
  "locks a file that is open for changes",
  async () => {
    const path = join(directory, "locked.h5");
    const isFree = () => spawnSync("/usr/bin/flock", ["-n", "-x", path, "true"]).status === 0;
    const created = await format.create(path);
    if (isFree()) throw new Error("a new file is not locked");
    await created.close();
    for (const open of [format.open, format.openSync]) {
      const file = await open(path, { mode: "r+" });
      if (isFree()) throw new Error("an open file is not locked");
      await file.close();
      if (!isFree()) throw new Error("a closed file is locked");
    }
  },
];

/** What another thread answers: a worker as on the web, where the runtime has those. */
function askThread(message) {
  if (typeof Worker !== "undefined") {
    return askWorker(new Worker(new URL("./parcel-worker.mjs", import.meta.url), { type: "module" }), message);
  }
  const thread = new Thread(new URL("./parcel-thread.mjs", import.meta.url));
  return new Promise((resolve, reject) => {
    for (const event of ["error", "messageerror"]) thread.once(event, reject);
    thread.once("message", resolve);
    thread.postMessage(message);
  });
}

try {
  const tests = smokeTests({ ...library, format, inspect }, golden, directory);
  tests.push(parcelTest({ ...library, ...format, revive: library.revive }, askThread));
  if (existsSync("/usr/bin/flock")) tests.push(lockTest);
  console.log(JSON.stringify(await runTests(tests)));
} finally {
  rmSync(directory, { recursive: true });
}
