/** One case of one library in a fresh process: `worker.mjs LIBRARY CASE INPUT_DIR OUTPUT_FILE RUNS`. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readingCases } from "./cases/reading.mjs";
import { writingCases } from "./cases/writing.mjs";

const [library, name, inputs, output, runs] = process.argv.slice(2);

/** Loads a library; that time is not measured. */
const loaders = {
  jangada: async () => ({ jangada: await import("../dist/format/index.js") }),
  h5wasm: async () => {
    const { default: h5wasm } = await import("h5wasm/node");
    await h5wasm.ready;
    return { h5wasm };
  },
  jsfive: async () => ({ jsfive: await import("jsfive") }),
  "raw read": async () => ({}),
};

const loaded = await loaders[library]();
const reading = readingCases.find((item) => item.name === name);
const writing = writingCases.find((item) => item.name === name);
const data = writing?.data();
const server =
  reading?.latency === undefined
    ? null
    : fork(fileURLToPath(new URL("http-server.mjs", import.meta.url)), [inputs, String(reading.latency)]);
const base = server === null ? inputs : (await once(server, "message"))[0];
const seconds = [];
let traffic;
let digest = null;
/** Slow cases are not run again; short ones are, until they are warm. */
const enoughSeconds = 10;
const warmSeconds = 2;
const mostRuns = 200;
for (let run = 0; isRunAgain(run, sum(seconds)); run++) {
  if (reading !== undefined) {
    const path = server === null ? join(base, reading.input) : `${base}/${reading.input}`;
    const start = performance.now();
    const value = await reading[library](loaded, path);
    seconds.push((performance.now() - start) / 1000);
    digest ??= reading.digest(value);
    if (server !== null) {
      server.send("traffic");
      [traffic] = await once(server, "message");
    }
  } else {
    rmSync(output, { force: true });
    const start = performance.now();
    await writing[library](loaded, output, data);
    seconds.push((performance.now() - start) / 1000);
  }
}
console.log(JSON.stringify({ seconds, digest, traffic, peakBytes: process.resourceUsage().maxRSS * 1024 }));
process.exit(0);

function isRunAgain(run, spent) {
  return run < Number(runs) ? spent < enoughSeconds : run < mostRuns && spent < warmSeconds;
}

function sum(numbers) {
  return numbers.reduce((total, value) => total + value, 0);
}
