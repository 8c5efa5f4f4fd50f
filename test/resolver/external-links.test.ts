import { describe, expect, it } from "vitest";
import { Dataset, type Group, HDF5Error, open, openSync, UnsupportedFeatureError } from "../../src/format/index.js";
import { beside, flat, hasH5py, openBeside, openLater, python, scratchPath } from "./support.js";

describe.skipIf(!hasH5py)("external links", () => {
  if (hasH5py) {
    python(`
import os
os.makedirs('below', exist_ok=True)
with h5py.File('links.h5', 'w') as f:
    f['there'] = h5py.ExternalLink('target.h5', '/g/d')
    f['group'] = h5py.ExternalLink('target.h5', 'g')
    f['below'] = h5py.ExternalLink('below/one.h5', '/to_two')
    f['no_file'] = h5py.ExternalLink('missing.h5', '/d')
    f['no_object'] = h5py.ExternalLink('target.h5', '/nothing')
    f['out'] = h5py.ExternalLink('/etc/passwd', '/d')
    f['loop'] = h5py.ExternalLink('loop.h5', '/back')
    f['round'] = h5py.ExternalLink('loop.h5', '/')
    f['self'] = h5py.ExternalLink('links.h5', '/self')
    f['soft'] = h5py.SoftLink('/group/d')
    f['broken'] = h5py.ExternalLink('broken.h5', '/d')
    f['own'] = [7, 8]
with h5py.File('target.h5', 'w') as f:
    f['g/d'] = np.arange(6, dtype='i4').reshape(2, 3)
    f['g/refs'] = np.array([f['g/d'].ref], dtype=h5py.ref_dtype)
    f['g/inner'] = h5py.SoftLink('/g/d')
with h5py.File('below/one.h5', 'w') as f: f['to_two'] = h5py.ExternalLink('two.h5', '/x')
with h5py.File('below/two.h5', 'w') as f: f['x'] = [1.5, 2.5]
with h5py.File('loop.h5', 'w') as f:
    f['back'] = h5py.ExternalLink('links.h5', '/loop')
    f['links'] = h5py.ExternalLink('links.h5', '/')
open('broken.h5', 'wb').write(open('target.h5', 'rb').read()[:700])
`);
  }

  const expected = { shape: [2, 3], data: [0, 1, 2, 3, 4, 5] };

  it("lead to objects of other files", async () => {
    const file = openBeside("links.h5");
    const there = file.getSync("there");
    expect(there).toBeInstanceOf(Dataset);
    expect(flat((there as Dataset).readSync())).toEqual(expected);
    expect(flat((file.getSync("group/inner") as Dataset).readSync())).toEqual(expected);
    expect(flat((file.getSync("soft") as Dataset).readSync())).toEqual(expected);
    expect(flat((file.getSync("below") as Dataset).readSync())).toEqual({ shape: [2], data: [1.5, 2.5] });
    file.closeSync();
    const later = await openLater("links.h5");
    expect(flat(await ((await later.get("there")) as Dataset).read())).toEqual(expected);
    const group = (await later.get("group")) as Group;
    expect(await group.keys()).toEqual(["d", "inner", "refs"]);
    expect(flat(await ((await group.get("/g/inner")) as Dataset).read())).toEqual(expected);
    expect((await group.link("inner")).kind).toBe("soft");
    expect((await later.link("group/inner")).kind).toBe("soft");
    await later.close();
  });

  it("have objects that know their own file", () => {
    const file = openBeside("links.h5");
    const refs = file.getSync("group/refs") as Dataset;
    expect(refs.file).not.toBe(file);
    expect(refs.file).toBe(file.getSync("there").file);
    const value = refs.readSync() as { readonly data: ArrayLike<Parameters<typeof file.dereferenceSync>[0]> };
    expect(flat((refs.file.dereferenceSync(value.data[0]) as Dataset).readSync())).toEqual(expected);
    file.closeSync();
    expect(() => refs.readSync()).toThrow(/has been closed/);
  });

  it("raise not-found where the file or the object is missing", () => {
    const file = openBeside("links.h5");
    expect(() => file.getSync("no_file")).toThrow(/the file "missing.h5"/);
    expect(() => file.getSync("no_object")).toThrow(expect.objectContaining({ code: "not-found" }));
    expect(file.hasSync("no_file")).toBe(false);
    expect(file.hasSync("there")).toBe(true);
    expect(() => file.getSync("out")).toThrow(/\/etc\/passwd.*is not opened/);
    expect(() => file.getSync("broken")).toThrow(expect.objectContaining({ code: "corrupt" }));
    expect(() => file.getSync("broken")).toThrow(/broken\.h5/);
    file.closeSync();
  });

  it("end with an error where they go round in a circle", async () => {
    const file = openBeside("links.h5");
    for (const path of ["loop", "self"]) {
      expect(() => file.getSync(path)).toThrow(expect.objectContaining({ code: "limit" }));
    }
    // A path may well lead through the same files again and again, as far as the limit allows.
    expect(flat((file.getSync("round/links/round/links/own") as Dataset).readSync())).toEqual({
      shape: [2],
      data: [7, 8],
    });
    const far = `${"round/links/".repeat(50)}own`;
    expect(() => file.getSync(far)).toThrow(expect.objectContaining({ code: "limit" }));
    file.closeSync();
    const later = await openLater("links.h5");
    await expect(later.get("loop")).rejects.toMatchObject({ code: "limit" });
    await later.close();
  });

  it("are refused without a resolver, and say how to allow them", () => {
    const file = openSync(scratchPath("links.h5"));
    expect(() => file.getSync("there")).toThrow(UnsupportedFeatureError);
    expect(() => file.getSync("there")).toThrow(/open the file with \{ resolver \}/);
    file.closeSync();
  });

  it("do not let other files be changed", () => {
    const file = openBeside("links.h5", { mode: "r+" });
    const there = file.getSync("there") as Dataset;
    expect(() => there.writeSync(5)).toThrow(expect.objectContaining({ code: "read-only" }));
    expect(() => there.attrs.setSync("a", 1)).toThrow(expect.objectContaining({ code: "read-only" }));
    expect(() => file.deleteSync("group/d")).toThrow(expect.objectContaining({ code: "read-only" }));
    expect(() => file.createGroupSync("group/new")).toThrow(expect.objectContaining({ code: "read-only" }));
    expect(() => file.createHardLinkSync("hard", there)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(flat((file.getSync("group/d") as Dataset).readSync())).toEqual(expected);
    file.closeSync();
  });

  it("report what a resolver throws or answers wrongly", () => {
    const failure = new Error("no access");
    const failing = openSync(scratchPath("links.h5"), {
      resolver: () => {
        throw failure;
      },
    });
    expect(() => failing.getSync("there")).toThrow(expect.objectContaining({ code: "io", cause: failure }));
    failing.closeSync();
    const later = openSync(scratchPath("links.h5"), { resolver: async (name, request) => beside()(name, request) });
    expect(() => later.getSync("there")).toThrow(expect.objectContaining({ code: "sync-unavailable" }));
    later.closeSync();
    const wrong = openSync(scratchPath("links.h5"), { resolver: () => 5 as unknown as string });
    expect(() => wrong.getSync("there")).toThrow(HDF5Error);
    wrong.closeSync();
    const undefinedAnswer = openSync(scratchPath("links.h5"), { resolver: () => undefined });
    expect(() => undefinedAnswer.getSync("there")).toThrow(expect.objectContaining({ code: "not-found" }));
    undefinedAnswer.closeSync();
    expect(() => openSync(scratchPath("links.h5"), { resolver: "dir" as never })).toThrow(/"resolver" is a function/);
  });

  it("ask for a file once, and close it with the one that was opened", async () => {
    let asked = 0;
    let closed = 0;
    const file = openSync(scratchPath("links.h5"), {
      resolver: (name, request) => {
        expect(request).toEqual({ kind: "external-link", from: scratchPath("links.h5") });
        asked++;
        return countingSource(beside()(name, request) as string, () => closed++);
      },
    });
    file.getSync("there");
    file.getSync("group");
    expect([asked, closed]).toEqual([1, 0]);
    file.closeSync();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([asked, closed]).toEqual([1, 1]);
  });

  it("close a file that a resolver opens after the call was given up", async () => {
    let [asked, closed] = [0, 0];
    const file = await open(scratchPath("links.h5"), {
      resolver: async (name, request) => {
        asked++;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return countingSource(beside()(name, request) as string, () => closed++);
      },
    });
    await expect(file.get("there", { signal: AbortSignal.timeout(5) })).rejects.toMatchObject({ code: "aborted" });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([asked, closed]).toEqual([1, 1]);
    expect(flat((await ((await file.get("there")) as Dataset).read()) as never)).toEqual(expected);
    await file.close();
    expect([asked, closed]).toEqual([2, 2]);
  });
});

function countingSource(path: string, onClose: () => void) {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const bytes = new Uint8Array(readFileSync(path));
  const read = (offset: number, length: number): Uint8Array => bytes.slice(offset, offset + length);
  return { name: path, size: bytes.length, read, readSync: read, close: onClose };
}
