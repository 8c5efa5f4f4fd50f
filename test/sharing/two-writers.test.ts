/** Two processes that write to one file: whatever each was told is stored is there in the end, in h5py's eyes. */

import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { createSync, openSync } from "../../src/format/index.js";
import { h5py, hasH5py, node, scratch } from "./programs.js";

const count = Number(process.env["JANGADA_WRITES"] ?? 60);

/** Opens, appends one number and closes, `count` times, again and again where the other one is in the way. */
const writer = `
const [path, first, count, locking, face] = [args[0], Number(args[1]), Number(args[2]), JSON.parse(args[3]), args[4]];
let retries = 0;
for (let number = first; number < first + count; ) {
  let file;
  try {
    file = face === "sync" ? format.openSync(path, { mode: "r+", locking }) : await format.open(path, { mode: "r+", locking });
    const x = face === "sync" ? file.getSync("x") : await file.get("x");
    if (face === "sync") x.appendSync([number]);
    else await x.append([number]);
    if (face === "sync") file.closeSync();
    else await file.close();
    number++;
  } catch (error) {
    if (error.code !== "locked" && error.code !== "changed") throw error;
    if (file !== undefined && !file.closed) await file.abandon();
    retries++;
    await new Promise((resolve) => setTimeout(resolve, 10 * Math.random()));
  }
}
say("done " + retries);`;

async function numbersIn(path: string): Promise<number[]> {
  const reader = h5py(`say(",".join(str(n) for n in h5py.File(args[0], "r")["x"][:]))`, [path]);
  return (await reader.line()).split(",").map(Number);
}

const modes = [
  ["with locks", "best-effort", "best-effort"],
  ["without", false, false],
  ["one with, one without", "best-effort", false],
] as const;

describe.skipIf(!hasH5py)("two processes that append to one dataset", () => {
  const cases = modes.flatMap((mode) => (["default", "earliest"] as const).map((libver) => [...mode, libver] as const));

  it.each(cases)("%s (%s and %s), libver %s: nothing acknowledged is lost", { timeout: 300_000 }, async (...mode) => {
    const [name, first, second, libver] = mode;
    const path = scratch(`${name}-${libver}.h5`);
    const file = createSync(path, { libver });
    file.createDatasetSync("x", { dtype: "int32", shape: [0], maxShape: [null], chunks: [16], filters: ["deflate"] });
    file.closeSync();
    const writers = [
      node(writer, [path, "0", String(count), JSON.stringify(first), "async"]),
      node(writer, [path, "1000000", String(count), JSON.stringify(second), "sync"]),
    ];
    for (const each of writers) expect(await each.line()).toMatch(/^done/);
    const expected = [0, 1_000_000].flatMap((start) => Array.from({ length: count }, (_, index) => start + index));
    const found = await numbersIn(path);
    expect([...found].sort((a, b) => a - b)).toEqual(expected);
    // Each one's in its order.
    expect(found.filter((number) => number < 1_000_000)).toEqual(expected.slice(0, count));
    expect(readdirSync(dirname(path)).filter((each) => each.endsWith(".writing"))).toEqual([]);
  });

  it("sessions that stay open reload and go on", { timeout: 300_000 }, async () => {
    const path = scratch("reloading.h5");
    const file = createSync(path);
    file.createDatasetSync("x", { dtype: "int32", shape: [0], maxShape: [null], chunks: [16] });
    file.closeSync();
    const script = `
      const file = await format.open(args[0], { mode: "r+", locking: false });
      const x = await file.get("x");
      const first = Number(args[1]);
      for (let number = first; number < first + Number(args[2]); ) {
        try {
          await x.append([number]);
          await file.flush();
          number++;
        } catch (error) {
          if (error.code !== "changed" && error.code !== "locked") throw error;
          await file.reload();
        }
      }
      await file.close();
      say("done");`;
    const writers = [0, 1_000_000].map((first) => node(script, [path, String(first), String(count)]));
    for (const each of writers) expect(await each.line()).toBe("done");
    const found = openSync(path).getSync("x");
    if (found.kind !== "dataset") throw new Error("no dataset");
    expect(found.shape).toEqual([2 * count]);
    expect(new Set(await numbersIn(path)).size).toBe(2 * count);
  });
});
