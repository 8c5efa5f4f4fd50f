/** Examines one input after another for the parent process, which watches the time. Run with --expose-gc. */

import { readFileSync } from "node:fs";
import { difference, Escaped, edit, examine, examineAsync } from "./examine.mjs";
import { inputBytes } from "./inputs.mjs";

const mebibyte = 1024 * 1024;
const library = await import(process.env.JANGADA_FUZZ_LIBRARY ?? "../dist/format/index.js");
const warmUp = process.argv[2];
if (warmUp !== undefined) {
  const bytes = new Uint8Array(readFileSync(warmUp));
  await examine(library, bytes);
  await examineAsync(library, bytes);
  await edit(library, bytes);
}
globalThis.gc();
const idle = process.memoryUsage.rss();
let sinceCollection = 0;

/** Milliseconds of processor time that an action takes, and what it answers. */
async function timed(action) {
  const before = process.cpuUsage();
  const result = await action();
  const { user, system } = process.cpuUsage(before);
  return { result, milliseconds: (user + system) / 1000 };
}

async function run({ input, asynchronous, edits }) {
  const bytes = inputBytes(input);
  if (++sinceCollection >= 50 || process.memoryUsage.rss() - idle > 32 * mebibyte) {
    globalThis.gc();
    sinceCollection = 0;
  }
  const report = { milliseconds: 0, asked: 0, outcome: "", problem: null };
  const note = (milliseconds) => {
    report.milliseconds = Math.max(report.milliseconds, milliseconds);
  };
  try {
    const read = await timed(() => examine(library, bytes));
    note(read.milliseconds);
    report.asked = read.result.asked;
    report.outcome = read.result.lines.get("open")?.[0] ?? "opened";
    if (asynchronous) {
      const other = await timed(() => examineAsync(library, bytes));
      note(other.milliseconds);
      const what = difference(read.result, other.result);
      if (what !== null) report.problem = `the asynchronous walk differs: ${what}`;
    }
    if (edits) {
      const edited = await timed(() => edit(library, bytes));
      // An edit walks the file twice.
      note(edited.milliseconds / 2);
      report.outcome += `, ${edited.result.split(" ").slice(0, 2).join(" ")}`;
      if (edited.result.startsWith("changed")) report.problem = `an edit ${edited.result}`;
    }
  } catch (error) {
    report.problem = error instanceof Escaped ? error.message : String(error?.stack ?? error);
  }
  report.peak = process.resourceUsage().maxRSS * 1024 - idle;
  return report;
}

process.on("message", async (job) => {
  process.send(await run(job));
});
process.send({ ready: true });
