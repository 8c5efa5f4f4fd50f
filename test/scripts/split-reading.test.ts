import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";

const script = new URL("../../scripts/split-reading.mjs", import.meta.url);
const { splitReading } = (await import(script.href)) as {
  splitReading(directory: string, entry: string): Plugin;
};

const directory = mkdtempSync(join(tmpdir(), "split-"));
afterAll(() => rmSync(directory, { recursive: true }));

const sources: Readonly<Record<string, string>> = {
  "read.ts": 'export { open } from "./open.js";',
  "open.ts": `
    import { decode, Thing } from "./structure.js";
    export async function open(text: string): Promise<Thing> {
      return decode(text);
    }
    export async function save(thing: Thing): Promise<string> {
      return (await import("./writing.js")).encode(thing);
    }`,
  "structure.ts": `
    import { log } from "./log.js";
    export { unused } from "./versions.js";
    const separator = "-separator-";
    const escapeMark = "-escape-";
    export interface Shape { readonly parts: readonly string[] }
    export class Thing implements Shape {
      constructor(readonly parts: readonly string[]) {}
    }
    export function decode(text: string): Thing {
      log("decoded");
      return new Thing(text.split(separator));
    }
    export function encode(thing: Thing): string {
      if (!(thing instanceof Thing)) throw new Error("another class");
      log("encoded");
      return escaped(thing.parts).join(separator);
    }
    function escaped(parts: readonly string[]): string[] {
      return parts.map((part) => part.replaceAll(escapeMark, ""));
    }`,
  "log.ts": `
    const lines: string[] = [];
    export function log(line: string): void {
      lines.push(line);
    }
    export function history(): string[] {
      return lines;
    }`,
  "versions.ts": "export const unused = 'never-wanted';",
  "writing.ts": 'export { encode } from "./structure.js";\nexport { unused } from "./structure.js";',
  "index.ts":
    'export { open, save } from "./open.js";\nexport { history } from "./log.js";\nexport { Thing } from "./structure.js";',
};

describe("splitting the build for reading", () => {
  it("leaves to pages that read what reading needs, and everything works as before", async () => {
    for (const [path, source] of Object.entries(sources)) {
      mkdirSync(dirname(join(directory, "src", path)), { recursive: true });
      writeFileSync(join(directory, "src", path), source);
    }
    const { metafile } = await build({
      entryPoints: { index: join(directory, "src/index.ts"), read: join(directory, "src/read.ts") },
      plugins: [splitReading(join(directory, "src"), "read.ts")],
      bundle: true,
      splitting: true,
      format: "esm",
      outdir: join(directory, "dist"),
      outExtension: { ".js": ".mjs" },
      metafile: true,
      logLevel: "error",
    });
    const outputs = Object.entries(metafile.outputs);
    const entry = outputs.find(([path]) => path.endsWith("dist/read.mjs"));
    const loaded = new Set([entry?.[0] ?? ""]);
    for (const path of loaded) {
      for (const { path: next, kind } of metafile.outputs[path].imports) {
        if (kind === "import-statement") loaded.add(next);
      }
    }
    const read = [...loaded].map((path) => readFileSync(resolve(path), "utf8")).join("\n");
    expect(read).toContain("-separator-");
    for (const word of ["-escape-", "encoded", "never-wanted", "history"]) expect(read).not.toContain(word);

    const built = (await import(pathToFileURL(join(directory, "dist/index.mjs")).href)) as {
      open(text: string): Promise<{ parts: string[] }>;
      save(thing: unknown): Promise<string>;
      history(): string[];
      Thing: new () => unknown;
    };
    const thing = await built.open("a-separator-b");
    expect(thing).toBeInstanceOf(built.Thing);
    expect(thing.parts).toEqual(["a", "b"]);
    expect(await built.save(thing)).toBe("a-separator-b");
    expect(built.history()).toEqual(["decoded", "encoded"]);
  });
});
