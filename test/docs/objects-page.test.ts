import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transformSync } from "esbuild";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkedThrows, programsOf, promisedOutput } from "./programs.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "objects-page-"));
const programs = programsOf(join(root, "docs/OBJECTS.md"));
const library = join(directory, "node_modules", "jangada");

/** There were as many when the page was written. */
const fewest = 20;

beforeAll(async () => {
  mkdirSync(library, { recursive: true });
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  writeFileSync(join(library, "package.json"), '{ "name": "jangada", "type": "module", "exports": "./index.js" }');
  await build({
    entryPoints: [join(root, "src/index.ts")],
    outfile: join(library, "index.js"),
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("the page about objects", () => {
  it("has its programs", () => {
    expect(programs.length).toBeGreaterThanOrEqual(fewest);
  });

  it("is type-checked under every strict setting, without a cast", () => {
    const types = join(directory, "types");
    mkdirSync(types);
    for (const { file, source } of programs) writeFileSync(join(types, file), source);
    const program = ts.createProgram(
      programs.map(({ file }) => join(types, file)),
      {
        target: ts.ScriptTarget.ES2022,
        lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        moduleDetection: ts.ModuleDetectionKind.Force,
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
        skipLibCheck: true,
        typeRoots: [join(root, "node_modules/@types")],
        types: ["node"],
        paths: { jangada: [join(root, "src/index.ts")] },
      },
    );
    const files = new Set(programs.map(({ file }) => join(types, file)));
    const problems = ts
      .getPreEmitDiagnostics(program)
      .filter(({ file }) => file === undefined || files.has(file.fileName))
      .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
    expect(problems).toEqual([]);
    for (const { source } of programs) expect(source).not.toMatch(/\bas [A-Z{]|: any\b|!\./);
  }, 120_000);

  for (const { file, isModule, line, source } of programs) {
    const name = isModule ? `has the module ${file}` : `does what it says, line ${line}`;
    it(name, () => {
      const { code } = transformSync(checkedThrows(source), { loader: "ts", format: "esm", target: "es2022" });
      const path = join(directory, file.replace(/\.ts$/, ".js"));
      writeFileSync(path, code);
      const output = execFileSync(process.execPath, [path], { cwd: directory, encoding: "utf8" });
      expect(output).toBe(promisedOutput(source));
    }, 20_000);
  }
});
