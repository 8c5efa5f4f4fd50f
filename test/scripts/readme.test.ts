import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSync, openSync } from "../../src/format/index.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const examples = [...readFileSync(`${root}README.md`, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(
  ([, code]) => code,
);
const aliases: Record<string, string> = {
  jangada: `${root}src/index.ts`,
  "jangada/filters/blosc": `${root}src/filters/blosc.ts`,
};
let directory = "";
const before = process.cwd();

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "readme-"));
  process.chdir(directory);
  const file = createSync("run.h5");
  const dataset = file.createDatasetSync("entry/data", { shape: [120, 2, 5], dtype: "float32", chunks: [10, 2, 5] });
  dataset.attrs.setSync("unit", "mV");
  file.closeSync();
  createSync("measurement.h5").closeSync();
});

afterAll(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true });
});

async function run(code: string, name: string): Promise<void> {
  const bundle = await build({
    stdin: { contents: code, loader: "ts", resolveDir: root },
    alias: aliases,
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module"],
    write: false,
  });
  writeFileSync(`${name}.mjs`, bundle.outputFiles[0].text);
  await import(/* @vite-ignore */ pathToFileURL(join(directory, `${name}.mjs`)).href);
}

describe("the README's code", () => {
  it("is type-correct", () => {
    const names = examples.map((_code, index) => `${root}test/scripts/readme-${index}.ts`);
    const paths = Object.fromEntries(Object.entries(aliases).map(([name, path]) => [name, [path]]));
    const config = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile).config as { compilerOptions: object };
    const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, paths }, root);
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists } = host;
    host.fileExists = (path) => names.includes(path) || fileExists(path);
    host.getSourceFile = (path, version, ...rest) =>
      names.includes(path)
        ? ts.createSourceFile(path, examples[names.indexOf(path)], version)
        : getSourceFile(path, version, ...rest);
    const others = { noUnusedLocals: false, types: [] };
    const program = ts.createProgram(names, { ...options, ...others }, host);
    const found = names.flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)));
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
    expect(names).toHaveLength(3);
  }, 60_000);

  it("runs and does what it says", async () => {
    for (const [index, code] of examples.entries()) await run(code, `example-${index}`);
    const written = openSync("out.h5");
    const trace = written.getSync("sensors/trace");
    if (trace.kind !== "dataset") throw new Error("not a dataset");
    expect([...(trace.readSync([null]).data as Float64Array)]).toEqual([1, 2, 3, 4, 5]);
    written.closeSync();
    const saved = openSync("experiment.hdf5");
    const data = saved.getSync("root/data");
    if (data.kind !== "dataset") throw new Error("not a dataset");
    expect([...(data.readSync([null]).data as Float64Array)]).toEqual([1.2, 3.4, 5.6, 7, 8, 9]);
    saved.closeSync();
  });
});
