import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const document = readFileSync(new URL("docs/FORMAT_SUPPORT.md", root), "utf8");

describe("docs/FORMAT_SUPPORT.md", () => {
  const named = new Set([...document.matchAll(/`((?:test|golden-files)\/[^`]*)`/g)].map(([, path]) => path));

  it("names only files that exist", () => {
    expect(named.size).toBeGreaterThan(50);
    expect([...named].filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });

  it("names only golden files that have expected lines", () => {
    const golden = [...named].filter((path) => path.endsWith(".h5"));
    const expected = (path: string) => new URL(`${path.replace("/", "/expected/")}.jsonl`, root);
    expect(golden.filter((path) => !existsSync(expected(path)))).toEqual([]);
  });

  it("names a test in every row", () => {
    const rows = document.split("\n").filter((line) => line.startsWith("| ") && !/shown by \|$/.test(line));
    expect(rows.filter((row) => !/`(test|golden-files)\//.test(row))).toEqual([]);
  });

  it("names only opt-in modules that exist", () => {
    const modules = [...document.matchAll(/`jangada\/filters\/([^`]+)`/g)].map(([, name]) => name);
    expect(modules.length).toBeGreaterThan(5);
    expect(modules.filter((name) => !existsSync(new URL(`src/filters/${name}.ts`, root)))).toEqual([]);
  });
});
