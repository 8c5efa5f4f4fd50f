import { cpSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Dataset, HDF5File } from "../../src/format/index.js";
import { directoryResolver, open, openSync } from "../../src/format/index.js";
import { failure } from "../support/failure.js";
import { flat, hasH5py, python, scratchPath } from "./support.js";

/*
 * Files that refer to each other in all ways, written in one place and moved to another: what libhdf5 finds there, and
 * what this library does.
 */
describe.skipIf(!hasH5py)("data sets that are copied from where they were written", () => {
  const at = "visit/run/master.h5";
  const links = {
    sub: "raw/a.h5",
    here: "./beside.h5",
    up: "../calibration.h5",
    detour: "raw/../beside.h5",
    absolute: "WRITTEN/run/beside.h5",
    absoluteSub: "WRITTEN/run/raw/a.h5",
    absoluteUp: "WRITTEN/calibration.h5",
    out: "../../outside.h5",
    missing: "raw/missing.h5",
  };
  const written = scratchPath("beamline");
  const moved = scratchPath("home");

  if (hasH5py) {
    rmSync(written, { recursive: true, force: true });
    rmSync(moved, { recursive: true, force: true });
    mkdirSync(`${written}/visit/run/raw`, { recursive: true });
    mkdirSync(moved, { recursive: true });
    python(`
import os
base = ${JSON.stringify(written)}
links = json.loads(${JSON.stringify(JSON.stringify(links))})
os.chdir(base + '/visit/run')
for index, name in enumerate(['beside.h5', 'raw/a.h5', '../calibration.h5', '../../outside.h5']):
    with h5py.File(name, 'w') as f:
        f['x'] = np.arange(4, dtype='i4') + 10 * (index + 1)
        f['up'] = h5py.ExternalLink('../beside.h5', '/x')
with h5py.File('master.h5', 'w') as f:
    for key, name in links.items():
        name = name.replace('WRITTEN', base + '/visit')
        f['link/' + key] = h5py.ExternalLink(name, '/x')
        layout = h5py.VirtualLayout(shape=(4,), dtype='i4')
        layout[:] = h5py.VirtualSource(name, 'x', shape=(4,), dtype='i4')
        f.create_virtual_dataset('virtual/' + key, layout, fillvalue=-1)
    f['link/twice'] = h5py.ExternalLink('raw/a.h5', '/up')
    for key, name in [('sub', 'raw/a.bin'), ('up', '../a.bin'), ('absolute', base + '/visit/run/beside.bin'), ('absoluteInside', ${JSON.stringify(moved)} + '/visit/a.bin')]:
        os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)
        f.create_dataset('external/' + key, data=np.arange(4, dtype='i4') + 7, external=[(name, 0, 16)])
`);
    // Copied, not moved: what lies outside the part that was copied stays behind.
    cpSync(`${written}/visit`, `${moved}/visit`, { recursive: true });
    renameSync(written, scratchPath("beamline-gone"));
  }

  /** What libhdf5 reads, from a working directory that has nothing to do with the files. */
  const expected = (): Record<string, number[] | null> =>
    python(`
import os
os.chdir('/')
out = {}
with h5py.File(${JSON.stringify(`${moved}/${at}`)}) as f:
    for path in ['link/' + k for k in list(f['link'].keys())] + ['virtual/' + k for k in f['virtual']]:
        try: out[path] = f[path][()].tolist()
        except KeyError: out[path] = None
print(json.dumps(out))
`) as Record<string, number[] | null>;

  const values = async (file: HDF5File, path: string): Promise<number[] | null> => {
    if (!(await file.has(path))) return null;
    const value = flat(await (await file.dataset(path)).read()) as { readonly data: number[] };
    return value.data;
  };

  it("are found as libhdf5 finds them", async () => {
    const found = expected();
    const lost = Object.keys(found).filter((path) => found[path] === null || found[path][0] === -1);
    expect(lost).toEqual(
      ["link", "virtual"].flatMap((kind) =>
        ["absoluteSub", "absoluteUp", "missing", "out"].map((key) => `${kind}/${key}`),
      ),
    );
    for (const directory of [`${moved}/visit`, moved]) {
      const file = await open(`${moved}/${at}`, { resolver: directoryResolver(directory) });
      for (const [path, value] of Object.entries(found)) {
        // What libhdf5 loses is found, and what is outside the directory is not taken for missing.
        if (/absolute(Sub|Up)$/.test(path) || (path === "virtual/out" && directory !== moved)) continue;
        expect([path, await values(file, path)]).toEqual([path, value]);
      }
      for (const kind of ["link", "virtual"]) {
        expect(await values(file, `${kind}/absoluteSub`)).toEqual([20, 21, 22, 23]);
        expect(await values(file, `${kind}/absoluteUp`)).toEqual([30, 31, 32, 33]);
      }
      await file.close();
    }
  });

  it("are refused, not taken for missing, where they lie outside the directory", () => {
    const file = openSync(`${moved}/${at}`, { resolver: directoryResolver(`${moved}/visit`) });
    const out = file.getSync("virtual/out") as Dataset;
    expect(failure(() => out.readSync())).toMatchObject({ code: "unsupported" });
    expect(failure(() => file.getSync("link/out")).message).toMatch(/leads out of the directory/);
    expect(file.hasSync("link/out")).toBe(false);
    file.closeSync();
    const run = openSync(`${moved}/${at}`, { resolver: directoryResolver(`${moved}/visit/run`) });
    expect(failure(() => run.datasetSync("virtual/absoluteUp").readSync()).code).toBe("unsupported");
    expect(failure(() => run.datasetSync("virtual/up").readSync()).code).toBe("unsupported");
    run.closeSync();
  });

  it("are found with their raw data in other files", () => {
    const file = openSync(`${moved}/${at}`, { resolver: directoryResolver(moved) });
    for (const key of ["sub", "up", "absolute", "absoluteInside"]) {
      expect([key, flat(file.datasetSync(`external/${key}`).readSync())]).toEqual([
        key,
        { shape: [4], data: [7, 8, 9, 10] },
      ]);
    }
    file.closeSync();
  });
});
