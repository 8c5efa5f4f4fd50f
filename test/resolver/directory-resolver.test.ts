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

  it.each([
    ["an absolute path", join(base, "secret.h5")],
    ["an absolute path of the directory", join(allowed, "a.h5")],
    ["the parent", "../secret.h5"],
    ["the parent on the way", "sub/../../secret.h5"],
    ["a detour through the parent", "sub/../a.h5"],
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
