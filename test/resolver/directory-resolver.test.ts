import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { directoryResolver, HDF5Error, UnsupportedFeatureError } from "../../src/format/index.js";

const base = mkdtempSync(join(tmpdir(), "resolver-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
const allowed = join(base, "allowed");
mkdirSync(join(allowed, "sub", "deep"), { recursive: true });
mkdirSync(join(base, "allowed-not"));
for (const name of ["a.h5", "sub/a.h5", "sub/b.h5", "sub/deep/c.h5", "with space and é.h5"]) {
  writeFileSync(join(allowed, name), name);
}
writeFileSync(join(base, "secret.h5"), "secret");
writeFileSync(join(base, "allowed-not", "a.h5"), "not allowed");
symlinkSync(join(base, "secret.h5"), join(allowed, "out.h5"));
symlinkSync(base, join(allowed, "outdir"));
symlinkSync(join(allowed, "sub"), join(allowed, "inside"));
symlinkSync(join(allowed, "nothing"), join(allowed, "dangling.h5"));

const resolve = directoryResolver(allowed);
const ask = (name: string, from = join(allowed, "a.h5")) => resolve(name, { kind: "external-link", from });

describe("directoryResolver", () => {
  it("finds files beside the one that asks, where that is in the directory", () => {
    expect(ask("a.h5")).toBe(join(allowed, "a.h5"));
    expect(ask("sub/b.h5")).toBe(join(allowed, "sub/b.h5"));
    expect(ask("./sub/./b.h5")).toBe(join(allowed, "sub/b.h5"));
    expect(ask("a.h5", join(allowed, "sub/b.h5"))).toBe(join(allowed, "sub/a.h5"));
    expect(ask("deep/c.h5", join(allowed, "sub/b.h5"))).toBe(join(allowed, "sub/deep/c.h5"));
    expect(ask("with space and é.h5")).toBe(join(allowed, "with space and é.h5"));
  });

  it("looks in the directory itself for files that are elsewhere", () => {
    for (const from of [
      "memory",
      "https://example.org/x/y.h5",
      join(base, "secret.h5"),
      join(base, "allowed-not/a.h5"),
      "",
    ]) {
      expect(ask("a.h5", from)).toBe(join(allowed, "a.h5"));
    }
  });

  it("takes a file URL for the directory", () => {
    const other = directoryResolver(pathToFileURL(`${allowed}/`));
    expect(other("sub/b.h5", { kind: "virtual-source", from: "memory" })).toBe(join(allowed, "sub/b.h5"));
  });

  it("answers null for what is missing", () => {
    for (const name of ["missing.h5", "no/such/place.h5", "a.h5/below", "dangling.h5"]) expect(ask(name)).toBeNull();
  });

  it("follows symbolic links that stay within", () => {
    expect(ask("inside/b.h5")).toBe(join(allowed, "sub/b.h5"));
  });

  it("finds absolute paths in the directory", () => {
    expect(ask(join(allowed, "a.h5"))).toBe(join(allowed, "a.h5"));
    expect(ask(join(allowed, "sub/deep/c.h5"))).toBe(join(allowed, "sub/deep/c.h5"));
    expect(ask(join(allowed, "outdir", "allowed", "sub", "b.h5"))).toBe(join(allowed, "sub/b.h5"));
    expect(ask(join(allowed, "missing.h5"))).toBeNull();
    const alias = join(base, "alias");
    symlinkSync(allowed, alias);
    const other = directoryResolver(alias);
    expect(other(join(alias, "sub/b.h5"), { kind: "external-link", from: "memory" })).toBe(join(allowed, "sub/b.h5"));
  });

  it("finds what absolute paths from elsewhere name, beside the file that asks, else in the directory", () => {
    for (const name of ["/data/visitor/a.h5", "C:\\data\\visitor\\a.h5", "\\\\server\\share\\a.h5", "D:/a.h5"]) {
      expect(ask(name)).toBe(join(allowed, "a.h5"));
      expect(ask(name, join(allowed, "sub/b.h5"))).toBe(join(allowed, "sub/a.h5"));
      expect(ask(name, "https://example.org/x/y.h5")).toBe(join(allowed, "a.h5"));
    }
    expect(ask("/data/b.h5", join(allowed, "sub/a.h5"))).toBe(join(allowed, "sub/b.h5"));
    expect(ask("/data/a.h5", join(allowed, "sub/deep/c.h5"))).toBe(join(allowed, "a.h5"));
    expect(ask("/data/visitor/sub/deep/c.h5")).toBe(join(allowed, "sub/deep/c.h5"));
    expect(ask("C:\\data\\sub\\a.h5")).toBe(join(allowed, "sub/a.h5"));
    expect(ask("/data/./deep/../sub/a.h5")).toBe(join(allowed, "sub/a.h5"));
    expect(ask(`/${"a/".repeat(30_000)}b.h5`, join(allowed, "sub/a.h5"))).toBe(join(allowed, "sub/b.h5"));
  });

  it("follows the parent as long as it stays within", () => {
    expect(ask("sub/../a.h5")).toBe(join(allowed, "a.h5"));
    expect(ask("../a.h5", join(allowed, "sub/b.h5"))).toBe(join(allowed, "a.h5"));
    expect(ask("../../sub/b.h5", join(allowed, "sub/deep/c.h5"))).toBe(join(allowed, "sub/b.h5"));
    expect(ask("../deep/c.h5", join(allowed, "sub/deep/c.h5"))).toBe(join(allowed, "sub/deep/c.h5"));
    expect(ask("../missing.h5", join(allowed, "sub/b.h5"))).toBeNull();
    expect(() => ask("../../secret.h5", join(allowed, "sub/b.h5"))).toThrow(/leads out of the directory/);
  });

  it("looks beside the link by which a file was opened, then beside the file", () => {
    symlinkSync(join(allowed, "sub", "b.h5"), join(allowed, "linked.h5"));
    expect(ask("a.h5", join(allowed, "linked.h5"))).toBe(join(allowed, "a.h5"));
    expect(ask("deep/c.h5", join(allowed, "linked.h5"))).toBe(join(allowed, "sub/deep/c.h5"));
    expect(ask("sub/b.h5", join(allowed, "out.h5"))).toBe(join(allowed, "sub/b.h5"));
  });

  it("takes backslashes for what they are where a file is written with them", () => {
    expect(ask("sub\\b.h5")).toBe(join(allowed, "sub/b.h5"));
    expect(ask("..\\a.h5", join(allowed, "sub/b.h5"))).toBe(join(allowed, "a.h5"));
    expect(ask("sub\\missing.h5")).toBeNull();
  });

  it.each([
    ["an absolute path", join(base, "secret.h5")],
    ["the parent", "../secret.h5"],
    ["the parent on the way", "sub/../../secret.h5"],
    ["the directory itself by its parent", "../allowed/../secret.h5"],
    ["an absolute path with a way out", `${allowed}/../secret.h5`],
    ["an absolute path of a link that leads out", join(allowed, "out.h5")],
    ["an absolute path to a link of that name", "/elsewhere/out.h5"],
    ["an absolute path of the parent", "/elsewhere/.."],
    ["an absolute path of a directory", "/elsewhere/sub"],
    ["backslashes", "..\\secret.h5"],
    ["a backslash root", "\\\\server\\share\\x.h5"],
    ["a sibling with the same beginning", "../allowed-not/a.h5"],
    ["a drive", "C:\\x.h5"],
    ["an http URL", "http://example.org/x.h5"],
    ["an https URL", "HTTPS://example.org/x.h5"],
    ["a file URL", pathToFileURL(join(base, "secret.h5")).href],
    ["a data URL", "data:application/x-hdf5;base64,AAAA"],
    ["a symbolic link that leads out", "out.h5"],
    ["a directory link that leads out", "outdir/secret.h5"],
    ["a directory", "sub"],
    ["a NUL", "a.h5\0.png"],
    ["an empty name", ""],
  ])("refuses %s", (_what, name) => {
    expect(() => ask(name)).toThrow(UnsupportedFeatureError);
    expect(() => ask(name)).toThrow(/is not opened/);
  });

  it("needs a directory", () => {
    expect(() => directoryResolver(join(allowed, "a.h5"))).toThrow(HDF5Error);
    expect(() => directoryResolver(join(allowed, "nowhere"))).toThrow(/not a directory/);
  });
});
