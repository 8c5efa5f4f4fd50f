import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const script = new URL("../../scripts/check-imports.mjs", import.meta.url);
const { checkImports } = (await import(script.href)) as { checkImports(directory: string): string[] };

const directories: string[] = [];

function tree(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "imports-"));
  directories.push(directory);
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), source);
  }
  return directory;
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

describe("the check of imports", () => {
  it("finds nothing in the project", () => {
    expect(checkImports(fileURLToPath(new URL("../../src", import.meta.url)))).toEqual([]);
  });

  it("accepts imports that point down", () => {
    const directory = tree({
      "format/errors.ts": "export const a = 1;",
      "format/structures/x.ts": 'import { a } from "../errors.js";\nexport const x = a;',
      "format/index.ts": 'export { x } from "./structures/x.js";',
      "serialization/index.ts": 'import { x } from "../format/index.js";\nexport const y = x;',
      "cli/main.ts":
        'import { argv } from "node:process";\nimport { y } from "../serialization/index.js";\nexport { argv, y };',
    });
    expect(checkImports(directory)).toEqual([]);
  });

  it("names imports that point up", () => {
    const directory = tree({
      "format/structures/x.ts": 'import type { F } from "../file.js";\nexport type X = F;',
      "format/file.ts": "export interface F { readonly a: number }",
    });
    expect(checkImports(directory)).toEqual(["format/structures/x.ts: imports format/file.ts, which is above it"]);
  });

  it("names the inside of the format layer in the serialization layer", () => {
    const directory = tree({
      "format/file.ts": "export const f = 1;",
      "format/index.ts": 'export { f } from "./file.js";',
      "serialization/load.ts": 'import { f } from "../format/file.js";\nexport const l = f;',
    });
    expect(checkImports(directory)).toEqual([
      "serialization/load.ts: imports format/file.ts; only the public API of the format layer is for it",
    ]);
  });

  it("names built-ins of Node outside the command line, dynamic imports included", () => {
    const directory = tree({
      "format/a.ts":
        'import { readFileSync } from "node:fs";\nimport type fs from "node:fs";\nexport const a: typeof fs.readFileSync = readFileSync;',
      "format/b.ts": 'export const b = () => import("zlib");',
    });
    expect(checkImports(directory)).toEqual([
      "format/a.ts: imports node:fs, which only some runtimes have",
      "format/b.ts: imports zlib, which only some runtimes have",
    ]);
  });

  it("names cycles of values, not of types", () => {
    const directory = tree({
      "format/a.ts": 'import { b } from "./b.js";\nexport const a = () => b;',
      "format/b.ts": 'import { a } from "./a.js";\nexport const b = () => a;',
      "format/c.ts": 'import type { D } from "./d.js";\nexport interface C { readonly d: D }',
      "format/d.ts": 'import type { C } from "./c.js";\nexport interface D { readonly c: C }',
    });
    expect(checkImports(directory)).toEqual(["import cycle: format/a.ts → format/b.ts → format/a.ts"]);
  });

  it("lets what is loaded on demand use what loads it", () => {
    const directory = tree({
      "format/a.ts": 'export const a = async () => (await import("./b.js")).b;',
      "format/b.ts": 'import { a } from "./a.js";\nexport const b = () => a;',
    });
    expect(checkImports(directory)).toEqual([]);
  });

  it("names modules that do not exist", () => {
    const directory = tree({ "format/a.ts": 'export { b } from "./b.js";' });
    expect(checkImports(directory)).toEqual(["format/a.ts: ./b.js does not exist"]);
  });
});
