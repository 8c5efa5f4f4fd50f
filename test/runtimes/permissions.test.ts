import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/**
 * Everything of the public API that may ask the runtime for something it does not allow, and what comes of it:
 * `[name, "ok" | code]`, where what is no `HDF5Error` has its class instead of a code.
 */
const program = `
import * as jangada from "../../src/index.js";
const { HDF5Error, create, createSync, directoryResolver, FilePath, load, open, openSync } = jangada;
const directory = globalThis.testDirectory;
const there = directory + "/there.h5";
const absent = directory + "/absent.h5";
class Saved extends jangada.Persistable.define("permissions.Saved", { name: jangada.property({ default: "" }) }) {}
const attempts = {
  "open": () => open(there),
  "open, relative": () => open("there.h5"),
  "open, URL": () => open(new URL("file://" + there)),
  "open, r+": () => open(there, { mode: "r+" }),
  "open, relative, r+": () => open("there.h5", { mode: "r+" }),
  "open, a": () => open(absent, { mode: "a" }),
  "openSync": () => openSync(there),
  "openSync, r+": () => openSync(there, { mode: "r+" }),
  "openSync, a": () => openSync("absent.h5", { mode: "a" }),
  "create": () => create(absent),
  "create, over another": () => create(there, { overwrite: true }),
  "create, relative": () => create("absent.h5"),
  "createSync": () => createSync(absent),
  "createSync, over another": () => createSync(there, { overwrite: true }),
  "directoryResolver": () => directoryResolver(directory),
  "directoryResolver, relative": () => directoryResolver("."),
  "load": () => load(there),
  "save": () => new Saved({ name: "x" }).save(directory + "/saved"),
  "FilePath": () => new FilePath("x").absolute(),
  "open, http": () => open(globalThis.testURL),
  "in memory": async () => {
    const file = await create();
    const data = Float64Array.from({ length: 10000 }, (_, index) => index % 7);
    await file.createDataset("x", { data, chunks: [1000], filters: ["shuffle", "deflate"] });
    await file.flush();
    const again = await (await (await open(file.bytes())).get("x")).read();
    if (again.data[9999] !== data[9999]) throw new Error("wrong data");
  },
};
const results = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    await attempt();
    results[name] = "ok";
  } catch (error) {
    results[name] = error instanceof HDF5Error ? error.code : String(error?.stack ?? error);
  }
}
console.log(JSON.stringify(results));
`;

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const directory = fs.mkdtempSync(path.join(os.tmpdir(), "permissions-"));
const script = path.join(directory, "program.mjs");

/** The answers of the program in a runtime that may do only what the arguments allow. */
async function outcomes(command: string, ...args: string[]): Promise<Record<string, string>> {
  const { stdout } = await run(command, [...args, script], { cwd: directory, timeout: 50_000 });
  return JSON.parse(stdout);
}

beforeAll(async () => {
  const setting = { testDirectory: directory, testURL: "http://127.0.0.1:1/x.h5" };
  const names = Object.entries(setting).map(([name, value]) => `globalThis.${name} = ${JSON.stringify(value)};`);
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: here, loader: "ts" },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  fs.writeFileSync(script, `${names.join("\n")}\n${outputFiles[0].text}`);
  fs.writeFileSync(path.join(directory, "there.h5"), "no HDF5 file");
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

/** What the program does without any rights. */
const nothingAllowed = {
  open: "io",
  "open, relative": "io",
  "open, URL": "io",
  "open, r+": "io",
  "open, relative, r+": "io",
  "open, a": "io",
  openSync: "io",
  "openSync, r+": "io",
  "openSync, a": "io",
  create: "io",
  "create, over another": "io",
  "create, relative": "io",
  createSync: "io",
  "createSync, over another": "io",
  directoryResolver: "io",
  "directoryResolver, relative": "io",
  load: "io",
  save: "io",
  FilePath: "ok",
  "open, http": "io",
  "in memory": "ok",
};

describe("a runtime that allows little lets nothing but HDF5Error out of the library", () => {
  const deno = path.join(path.dirname(createRequire(import.meta.url).resolve("deno/package.json")), "bin.cjs");

  it("Deno without permissions", async () => {
    expect(await outcomes(process.execPath, deno, "run", "--no-prompt", "--no-config")).toEqual(nothingAllowed);
  });

  it("Deno that may use the network only", async () => {
    const found = await outcomes(process.execPath, deno, "run", "--no-prompt", "--no-config", "--allow-net");
    expect(found).toEqual(nothingAllowed);
  });

  it("Deno that may read only", async () => {
    const found = await outcomes(process.execPath, deno, "run", "--no-prompt", "--no-config", "--allow-read");
    expect(found).toMatchObject({ "open, r+": "io", create: "io", "create, over another": "io", save: "io" });
    expect(found).toMatchObject({ open: "corrupt", openSync: "corrupt", load: "corrupt", directoryResolver: "ok" });
  });

  it("Deno that may touch one file only makes and changes it", async () => {
    const own = path.join(directory, "absent.h5");
    const rights = [`--allow-read=${own}`, `--allow-write=${own}`];
    const found = await outcomes(process.execPath, deno, "run", "--no-prompt", "--no-config", ...rights);
    fs.rmSync(own);
    expect(found).toMatchObject({
      open: "io",
      "open, a": "ok",
      create: "exists",
      "create, over another": "io",
      save: "io",
    });
  });

  it("Node that may read the program only", async () => {
    const [major] = process.versions.node.split(".");
    const flag = Number(major) < 22 ? "--experimental-permission" : "--permission";
    expect(await outcomes(process.execPath, flag, `--allow-fs-read=${script}`)).toEqual(nothingAllowed);
  });

  it("Node in a directory that has been removed", async () => {
    const gone = fs.mkdtempSync(path.join(os.tmpdir(), "gone-"));
    const place = JSON.stringify(gone);
    const code = `process.chdir(${place}); require("node:fs").rmdirSync(${place}); import(${JSON.stringify(script)});`;
    const { stdout } = await run(process.execPath, ["--eval", code]);
    expect(JSON.parse(stdout)).toMatchObject({
      "open, relative": "not-found",
      "open, relative, r+": "io",
      "openSync, a": "io",
      "create, relative": "io",
      "directoryResolver, relative": "io",
      FilePath: "ok",
      open: "corrupt",
    });
  });
});
