import { copyFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openSync } from "../../src/format/index.js";
import { h5dumpAccepts, hasH5py, python, readScratch, scratchPath } from "../structures/support.js";

function golden(name: string): string {
  return fileURLToPath(new URL(`../../golden-files/${name}`, import.meta.url));
}

describe("editing golden files", () => {
  it.each(["superblock-1.h5", "base-address.h5"])("%s", (name) => {
    copyFileSync(golden(name), scratchPath(name));
    const file = openSync(scratchPath(name), { mode: "r+" });
    file.attrs.setSync("note", "hello");
    file.createDatasetSync("fresh", { data: Float64Array.of(1, 2, 3) });
    file.closeSync();
    const again = openSync(readScratch(name));
    expect(again.attrs.getSync("note")).toBe("hello");
    expect(again.getSync("entry/count").kind).toBe("dataset");
    expect(h5dumpAccepts(name)).toBe(true);
    if (!hasH5py) return;
    const seen = python(`
with h5py.File(${JSON.stringify(name)}, "r+") as f:
    f["more"] = 1
    print(json.dumps([f.attrs["note"], f["fresh"][:].tolist(), int(f["entry/count"][()])]))
`);
    expect(seen).toEqual(["hello", [1, 2, 3], 7]);
  });

  it.each([
    ["sizes-2.h5", /2-byte addresses/],
    ["sizes-4.h5", /4-byte addresses/],
    ["sizes-mixed.h5", /4-byte lengths/],
    ["shared-messages-list.h5", /shared-message table/],
  ])("%s is refused by name and stays as it is", (name, message) => {
    copyFileSync(golden(name), scratchPath(name));
    const file = openSync(scratchPath(name), { mode: "r+" });
    expect(() => file.attrs.setSync("note", "hello")).toThrow(message);
    file.closeSync();
    expect(readFileSync(scratchPath(name))).toEqual(readFileSync(golden(name)));
  });
});
