import { execFileSync, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { create, createSync, open, openSync } from "../../src/format/index.js";
import { bundleLibrary } from "../support/library-file.js";

const directory = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "local-paths-"));
const start = process.cwd();
const library = path.join(directory, "format.mjs");
let count = 0;
let here = "";

beforeAll(() => bundleLibrary(directory));
afterAll(() => fs.rmSync(directory, { recursive: true }));
beforeEach(() => {
  here = path.join(directory, `case-${++count}`);
  fs.mkdirSync(path.join(here, "other"), { recursive: true });
});
afterEach(() => process.chdir(start));

const at = (name: string): string => path.join(here, name);
const values = Float64Array.of(1, 2, 3);

/** A file with one dataset. */
function sample(file: string): string {
  const made = createSync(file);
  made.createDatasetSync("d", { data: values });
  made.closeSync();
  return file;
}

// Workers of the test runner have no directory of their own to change; a process has.
function runInChild(body: string, cwd: string): string {
  const program = `
const { open, create, openSync, createSync } = await import(${JSON.stringify(library)});
const fs = await import("node:fs");
${body}`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd, encoding: "utf8" });
}

describe("a relative path means what it meant when the file was opened", () => {
  it.each(["", "Sync"] as const)("abandon%s removes nothing of another directory", (sync) => {
    sample(at("other/run.h5"));
    runInChild(
      `const file = await create${sync}("run.h5");
process.chdir("other");
await file.abandon${sync}();`,
      here,
    );
    expect(fs.existsSync(at("run.h5"))).toBe(false);
    expect(fs.existsSync(at("other/run.h5"))).toBe(true);
  });

  it("a new file is written, and one that is changed, also from elsewhere", () => {
    sample(at("there.h5"));
    sample(at("replaced.h5"));
    sample(at("other/there.h5"));
    const before = fs.readFileSync(at("other/there.h5"));
    runInChild(
      `const made = createSync("made.h5");
const replaced = createSync("replaced.h5", { overwrite: true });
const edited = await open("there.h5", { mode: "r+" });
process.chdir("other");
for (const file of [made, replaced, edited]) {
  await file.attrs.set("x", 5);
  await file.flush();
  await file.attrs.set("y", 6);
  await file.close();
}`,
      here,
    );
    for (const name of ["made.h5", "replaced.h5", "there.h5"]) {
      const file = openSync(at(name));
      expect([file.attrs.getSync("x"), file.attrs.getSync("y")], name).toEqual([5, 6]);
      file.closeSync();
    }
    expect(fs.readFileSync(at("other/there.h5"))).toEqual(before);
    expect(fs.readdirSync(here).sort()).toEqual(["made.h5", "other", "replaced.h5", "there.h5"]);
    expect(fs.readdirSync(at("other"))).toEqual(["there.h5"]);
  });
});

describe("abandon() of a new file", () => {
  it("leaves what others have put in its place", async () => {
    const file = createSync(at("new.h5"));
    fs.renameSync(at("new.h5"), at("moved.h5"));
    fs.writeFileSync(at("new.h5"), "of somebody else");
    await file.abandon();
    expect(fs.readFileSync(at("new.h5"), "utf8")).toBe("of somebody else");
  });

  it("leaves what others have written into it", async () => {
    const file = await create(at("new.h5"));
    fs.writeFileSync(at("new.h5"), "of somebody else");
    await file.abandon();
    expect(fs.readFileSync(at("new.h5"), "utf8")).toBe("of somebody else");
  });

  it("removes it otherwise, and what was written early", () => {
    const file = createSync(at("new.h5"));
    file.createDatasetSync("d", { data: new Float64Array(2 ** 21) });
    file.abandonSync();
    expect(fs.readdirSync(here)).toEqual(["other"]);
  });
});

describe("an empty file", () => {
  it.each(["a", "r+"] as const)("opened with %s is a new one, as in libhdf5", async (mode) => {
    for (const sync of [true, false]) {
      fs.writeFileSync(at("empty.h5"), "");
      const file = sync ? openSync(at("empty.h5"), { mode }) : await open(at("empty.h5"), { mode });
      file.createDatasetSync("d", { data: values });
      file.closeSync();
      const again = openSync(at("empty.h5"));
      expect(again.datasetSync("d").readSync()).toMatchObject({ data: values });
      again.closeSync();
    }
  });

  it("stays empty and is given back when it is abandoned", () => {
    fs.writeFileSync(at("empty.h5"), "");
    const file = openSync(at("empty.h5"), { mode: "a" });
    file.createDatasetSync("d", { data: new Float64Array(2 ** 21) });
    file.abandonSync();
    expect(fs.statSync(at("empty.h5")).size).toBe(0);
    openSync(at("empty.h5"), { mode: "a" }).closeSync();
  });

  it("is no HDF5 file for those who read", () => {
    fs.writeFileSync(at("empty.h5"), "");
    expect(() => openSync(at("empty.h5"))).toThrowError(expect.objectContaining({ code: "corrupt" }));
    expect(() => createSync(at("empty.h5"))).toThrowError(expect.objectContaining({ code: "exists" }));
  });

  it("left by a program that was killed before its first flush is no obstacle to a logger", () => {
    const body = `createSync("log.h5").createDatasetSync("d", { data: [1] }); process.kill(process.pid, "SIGKILL");`;
    expect(() => runInChild(body, here)).toThrow();
    expect(fs.statSync(at("log.h5")).size).toBe(0);
    const file = openSync(at("log.h5"), { mode: "a" });
    file.attrs.setSync("x", 1);
    file.closeSync();
  });
});

describe.skipIf(process.platform === "win32")("what is no plain file", () => {
  it("is refused before it is opened", async () => {
    expect(spawnSync("mkfifo", [at("pipe")]).status).toBe(0);
    for (const name of [at("pipe"), "/dev/zero", here]) {
      for (const mode of ["r", "r+", "a"] as const) {
        const error = expect.objectContaining({ code: "invalid-argument" });
        expect(() => openSync(name, { mode }), `${name} ${mode}`).toThrowError(error);
        await expect(open(name, { mode }), `${name} ${mode}`).rejects.toEqual(error);
      }
    }
    // A pipe would keep the process from ending.
    const said = runInChild(`await open("pipe").catch((error) => console.log(error.message));`, here);
    expect(said).toContain("pipe is not a regular file");
  });
});

describe.skipIf(process.platform === "win32")("two names of one file", () => {
  it("are told to be that, in one process", () => {
    sample(at("a.h5"));
    fs.linkSync(at("a.h5"), at("b.h5"));
    for (const locking of [false, "best-effort"] as const) {
      const file = openSync(at("a.h5"), { mode: "r+", locking });
      const say = /b\.h5 is another name of .*a\.h5, which is open for writing already/;
      expect(() => openSync(at("b.h5"), { mode: "r+", locking })).toThrowError(say);
      file.closeSync();
      openSync(at("b.h5"), { mode: "r+", locking }).closeSync();
    }
  });
});

describe("files that were to take another's place", () => {
  it("are removed by the next that does, when their process was killed", async () => {
    sample(at("run.h5"));
    const body = `
const file = createSync("run.h5", { overwrite: true });
file.createDatasetSync("d", { data: new Float64Array(2 ** 21) });
console.log("ready");
setInterval(() => {}, 1000);`;
    const program = `const { createSync } = await import(${JSON.stringify(library)});${body}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: here });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const isTemporary = (name: string): boolean => name.endsWith(".tmp");
    const living = fs.readdirSync(here).filter(isTemporary);
    expect(living).toHaveLength(1);
    // While its process lives, nobody removes it.
    const beside = createSync(at("run.h5"), { overwrite: true, locking: false });
    expect(fs.readdirSync(here).filter(isTemporary)).toContain(living[0]);
    beside.abandonSync();
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
    expect(fs.readdirSync(here).filter(isTemporary)).toEqual(living);
    fs.writeFileSync(at(".run.h5.of-somebody-else.tmp"), "kept");
    const file = createSync(at("run.h5"), { overwrite: true });
    file.attrs.setSync("x", 1);
    file.closeSync();
    expect(fs.readdirSync(here).sort()).toEqual([".run.h5.of-somebody-else.tmp", "other", "run.h5"]);
  });

  it("may have names of any length", () => {
    const name = `${"ä".repeat(122)}.h5`;
    sample(at(name));
    const file = createSync(at(name), { overwrite: true });
    file.attrs.setSync("x", 1);
    file.closeSync();
    const again = openSync(at(name));
    expect(again.attrs.getSync("x")).toBe(1);
    again.closeSync();
  });
});
