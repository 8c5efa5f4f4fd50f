import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSync } from "../../src/format/index.js";
import { bundleLibrary } from "../support/library-file.js";
import { seeded } from "./images.js";
import { hasJudges } from "./judge.js";

const kills = Number(process.env["JANGADA_CRASH_KILLS"] ?? 20);
const directory = mkdtempSync(join(tmpdir(), "kill-"));
const library = join(directory, "format.mjs");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

beforeAll(() => bundleLibrary(directory));

/** Appends and flushes until it is killed, and says after each flush how much is committed. */
const child = `
const { openSync, createSync } = await import(process.argv[1]);
const { existsSync, writeSync } = await import("node:fs");
const [path, libver] = process.argv.slice(2);
if (!existsSync(path)) {
  const file = createSync(path, { libver });
  const rows = { shape: [0], dtype: "int32", maxShape: [null], chunks: [16] };
  file.createDatasetSync("plain", rows);
  file.createDatasetSync("deflated", { ...rows, filters: ["deflate"] });
  file.createDatasetSync("text", { ...rows, dtype: "string" });
  file.createGroupSync("groups");
  file.closeSync();
}
const file = openSync(path, { mode: "r+" });
const [plain, deflated, text] = ["plain", "deflated", "text"].map((name) => file.getSync(name));
for (let count = plain.shape[0]; ; count += 5) {
  const rows = Int32Array.from({ length: 5 }, (_, index) => count + index);
  plain.appendSync(rows);
  deflated.appendSync(rows);
  text.appendSync(Array.from(rows, (row) => "row " + row));
  file.createGroupSync("groups/" + count);
  file.attrs.setSync("count", count + 5);
  file.flushSync();
  writeSync(1, count + 5 + "\\n");
}
`;

/** Runs the child and kills it after a while; answers what it said was committed last. */
function runAndKill(path: string, libver: string, wait: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const writer = spawn(process.execPath, ["--input-type=module", "-e", child, library, path, libver]);
    let said = "";
    let errors = "";
    writer.stdout.on("data", (data: Buffer) => {
      said += data.toString();
    });
    writer.stdout.once("data", () => setTimeout(() => writer.kill("SIGKILL"), wait));
    writer.stderr.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    writer.on("close", (_, signal) => {
      if (signal !== "SIGKILL") reject(new Error(`the child ended by itself: ${errors}`));
      else resolve(Number(said.slice(0, said.lastIndexOf("\n")).split("\n").pop()));
    });
  });
}

const judgeScript = `
import h5py, sys
with h5py.File(sys.argv[1], 'r') as f:
    for name in ('plain', 'deflated'): assert list(f[name][:]) == list(range(len(f[name]))), name
    assert [t.decode() for t in f['text'][:]] == [f'row {i}' for i in range(len(f['text']))]
    assert len(list(f['groups'].items())) * 5 >= int(sys.argv[2])
    for name in ('plain', 'deflated', 'text'): assert len(f[name]) >= int(sys.argv[2]), name
    assert f.attrs['count'] >= int(sys.argv[2])
`;

describe("a process that appends and flushes is killed", () => {
  it.each(["default", "earliest"])(
    "at any moment: what it flushed is there, libver %s",
    { timeout: 120_000 },
    async (libver) => {
      const random = seeded(libver.length);
      const path = join(directory, `${libver}.h5`);
      for (let kill = 0; kill < kills / 2; kill++) {
        const committed = await runAndKill(path, libver, random() * 150);
        const file = openSync(path);
        for (const name of ["plain", "deflated", "text"]) {
          const dataset = file.getSync(name);
          if (dataset.kind !== "dataset") throw new Error(`${name} is no dataset`);
          const rows = dataset.readSync() as { readonly data: Iterable<unknown>; readonly shape: readonly number[] };
          const expected = Array.from({ length: rows.shape[0] }, (_, row) => (name === "text" ? `row ${row}` : row));
          expect(Array.from(rows.data)).toEqual(expected);
          expect(rows.shape[0]).toBeGreaterThanOrEqual(committed);
        }
        expect(file.attrs.getSync("count")).toBeGreaterThanOrEqual(committed);
        file.closeSync();
        if (hasJudges) {
          const judged = spawnSync("/usr/bin/python3", ["-c", judgeScript, path, String(committed)], {
            encoding: "utf8",
          });
          expect(judged.stderr).toBe("");
        }
        rmSync(path);
      }
    },
  );
});
