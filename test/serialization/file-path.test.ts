/** Paths as values: those that are absolute lie in files as they are, others absolute. */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FilePath, loadSync, Persistable, property } from "../../src/serialization/index.js";

class Holder extends Persistable.define("path.Holder", { path: property<FilePath | null>({ default: null }) }) {}

function stored(path: string): string | undefined {
  return (loadSync(new Holder({ path: new FilePath(path) }).toBytesSync()) as Holder).path?.path;
}

describe("FilePath", () => {
  it.each(["/", "/a/b", "/a/", "/a//b", "/a/./b", "/a/link/../b", "/..", "/ä b\n/c\t", "/a\\..\\b"])(
    "%j, which is absolute, is stored as it is",
    (path) => expect(stored(path)).toBe(path),
  );

  it("is stored absolute; a step up stays, as what is passed may be a link", () => {
    const here = process.cwd();
    expect(stored("a/b")).toBe(join(here, "a/b"));
    expect(stored("./a")).toBe(join(here, "a"));
    expect(stored("")).toBe(here);
    expect(stored("link/../a")).toBe(`${here}/link/../a`);
    expect(stored("..")).toBe(`${here}/..`);
    expect(stored("..a/b..")).toBe(join(here, "..a/b.."));
  });
});
