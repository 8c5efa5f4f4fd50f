import { describe, expect, it } from "vitest";
import type { Group, Visit, VisitOptions } from "../../src/format/index.js";
import { createSync, HDF5Error, open, openSync } from "../../src/format/index.js";
import { hasH5py, python, readScratch } from "../structures/support.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

/** A hierarchy with cycles, several names for one object, and links of all kinds but user-defined ones. */
function hierarchy(): Uint8Array {
  const file = createSync();
  const a = file.createGroupSync("a");
  const c = file.createGroupSync("a/b/c");
  const data = file.createDatasetSync("a/b/data", { data: [1, 2] });
  file.createHardLinkSync("a/b/c/root", file);
  file.createHardLinkSync("a/b/c/up", a);
  file.createHardLinkSync("z", data);
  file.createHardLinkSync("a/again", data);
  file.createSoftLinkSync("a/soft", "/nowhere");
  file.createExternalLinkSync("m", "other.h5", "/x");
  file.commitDatatypeSync("t", "int32");
  c.createGroupSync("deep");
  file.flushSync();
  return file.bytes();
}

const bytes = hierarchy();

function summary({ path, depth, link, object, visitedAs }: Visit): string {
  return `${path} ${depth} ${link.kind} ${object === null ? (visitedAs ?? "-") : object.kind}`;
}

const depthFirst = [
  "/a 1 hard group",
  "/a/again 2 hard dataset",
  "/a/b 2 hard group",
  "/a/b/c 3 hard group",
  "/a/b/c/deep 4 hard group",
  "/a/b/c/root 4 hard /",
  "/a/b/c/up 4 hard /a",
  "/a/b/data 3 hard /a/again",
  "/a/soft 2 soft -",
  "/m 1 external -",
  "/t 1 hard datatype",
  "/z 1 hard /a/again",
];

describe("visiting", () => {
  it("goes depth first, each object once", () => {
    expect(Array.from(openSync(bytes).visitSync(), summary)).toEqual(depthFirst);
  });

  it("goes the same way asynchronously with nothing resident", async () => {
    const file = await open(new NothingResidentSource(bytes, { pageSize: 64 }));
    const found: string[] = [];
    for await (const visit of file.visit()) found.push(summary(visit));
    expect(found).toEqual(depthFirst);
  });

  it("goes level by level", () => {
    const found = Array.from(openSync(bytes).visitSync({ order: "breadth" }), ({ path, object }) => [
      path,
      object?.kind,
    ]);
    expect(found).toEqual([
      ["/a", "group"],
      ["/m", undefined],
      ["/t", "datatype"],
      ["/z", "dataset"],
      ["/a/again", undefined],
      ["/a/b", "group"],
      ["/a/soft", undefined],
      ["/a/b/c", "group"],
      ["/a/b/data", undefined],
      ["/a/b/c/deep", "group"],
      ["/a/b/c/root", undefined],
      ["/a/b/c/up", undefined],
    ]);
  });

  it("begins at any group and ends where asked", () => {
    const group = openSync(bytes).getSync("a/b") as Group;
    expect(Array.from(group.visitSync({ maxDepth: 1 }), summary)).toEqual([
      "/a/b/c 1 hard group",
      "/a/b/data 1 hard dataset",
    ]);
    expect([...group.visitSync({ maxDepth: 0 })]).toEqual([]);
  });

  it("collects all paths of each object", async () => {
    const file = openSync(bytes);
    const paths = new Map(Array.from(file.visitSync({ paths: true }), (visit) => [visit.path, visit.paths]));
    expect(paths.get("/a/again")).toEqual(["/a/again", "/a/b/data", "/z"]);
    expect(paths.get("/a")).toEqual(["/a", "/a/b/c/up"]);
    expect(paths.get("/a/soft")).toBeNull();
    expect(paths.has("/z")).toBe(false);
    const again: string[] = [];
    for await (const visit of file.visit({ paths: true })) again.push(visit.path);
    expect(again).toEqual([...paths.keys()]);
  });

  it("goes as deep as the limit", () => {
    const file = createSync();
    file.createGroupSync(Array.from({ length: 80 }, () => "g").join("/"));
    file.flushSync();
    const visit = (options?: VisitOptions, depth?: number): number =>
      [...openSync(file.bytes(), depth === undefined ? {} : { limits: { depth } }).visitSync(options)].length;
    const codeOf = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        if (error instanceof HDF5Error) return error.code;
      }
      return "none";
    };
    expect(codeOf(() => visit())).toBe("limit");
    expect(visit({ maxDepth: 60 })).toBe(60);
    expect(visit({}, 5000)).toBe(80);
    expect(codeOf(() => visit({ order: "sideways" as "depth" }))).toBe("invalid-argument");
    expect(codeOf(() => visit({ maxDepth: Number.NaN }))).toBe("invalid-argument");
  });

  it("keeps count of objects beyond those that the file remembers", () => {
    const file = createSync();
    for (let index = 0; index < 17_000; index++) file.createGroupSync(`g${String(index).padStart(5, "0")}`);
    file.createHardLinkSync("zz", file.getSync("g00000"));
    file.flushSync();
    const visits = [...openSync(file.bytes()).visitSync()];
    expect(visits.filter(({ object }) => object !== null)).toHaveLength(17_000);
    expect(visits.at(-1)?.visitedAs).toBe("/g00000");
  });
});

describe("facts of objects", () => {
  it("are known where they are stored", () => {
    const file = openSync(bytes);
    expect(file.getSync("z").referenceCount).toBe(3);
    expect(file.getSync("t").referenceCount).toBe(1);
    expect(file.getSync("z").comment).toBeNull();
  });

  it.skipIf(!hasH5py)("agree with h5py", () => {
    const found = python(`
out = {}
for name, libver in [('old.h5', 'earliest'), ('new.h5', 'latest')]:
    with h5py.File('facts-' + name, 'w', libver=libver) as f:
        f.create_group('g')
        h5py.h5o.set_comment(f['g'].id, 'a comment, ä'.encode())
        f.create_dataset('d', data=[1, 2], track_times=True)
        f.create_dataset('untracked', data=[1, 2], track_times=False)
        f['alias'] = f['d']
        info = h5py.h5o.get_info(f['d'].id)
        out[name] = [info.rc, info.mtime if hasattr(info, 'mtime') else None]
import time
out['now'] = time.time()
print(json.dumps(out))
`) as { now: number };
    for (const name of ["old.h5", "new.h5"]) {
      const file = openSync(readScratch(`facts-${name}`));
      expect(file.getSync("g").comment).toBe("a comment, ä");
      expect(file.getSync("d").referenceCount).toBe(2);
      const time = file.getSync("d").modificationTime;
      expect(Math.abs((time?.getTime() ?? 0) / 1000 - found.now)).toBeLessThan(60);
      expect(file.getSync("untracked").modificationTime).toBeNull();
    }
  });
});

describe.skipIf(!hasH5py)("dimension scales", () => {
  it("made by h5py are found", async () => {
    python(`
with h5py.File('scales.h5', 'w') as f:
    d = f.create_dataset('data', data=np.ones((3, 4, 5)))
    f.create_dataset('x1', data=np.arange(5.0))
    f.create_dataset('x2', data=np.arange(5.0) / 2)
    f.create_dataset('y', data=np.arange(4))
    f.create_dataset('plain', data=np.zeros((2, 2)))
    f['x1'].make_scale('x1 name')
    f['x2'].make_scale()
    f['y'].make_scale('y name')
    d.dims[0].label = 'z'
    d.dims[2].label = 'x'
    d.dims[1].attach_scale(f['y'])
    d.dims[2].attach_scale(f['x1'])
    d.dims[2].attach_scale(f['x2'])
    e = f.create_dataset('other', data=np.ones((4, 4)))
    e.dims[0].attach_scale(f['y'])
    e.dims[1].attach_scale(f['y'])
`);
    const bytes = readScratch("scales.h5");
    for (const file of [openSync(bytes), await open(new NothingResidentSource(bytes))]) {
      const dataset = async (path: string) => {
        const object = await file.get(path);
        if (object.kind !== "dataset") throw new Error("no dataset");
        return object;
      };
      const data = await dataset("data");
      const addresses = new Map<number, string>();
      for (const name of ["x1", "x2", "y", "data", "other"]) addresses.set((await dataset(name)).address, name);
      const axes = await data.dimensions();
      expect(
        axes.map(({ size, label, scales }) => [size, label, scales.map(({ address }) => addresses.get(address))]),
      ).toEqual([
        [3, "z", []],
        [4, null, ["y"]],
        [5, "x", ["x1", "x2"]],
      ]);
      expect(await axes[2].scales[1].read([1])).toBe(0.5);
      expect(await data.isScale()).toBe(false);
      expect(await data.scaleName()).toBeNull();
      expect(await (await dataset("x1")).isScale()).toBe(true);
      expect(await (await dataset("x1")).scaleName()).toBe("x1 name");
      expect(await (await dataset("y")).scaleName()).toBe("y name");
      const uses = await (await dataset("y")).attachedTo();
      expect(uses.map(({ dataset: { address }, axis }) => [addresses.get(address), axis])).toEqual([
        ["data", 1],
        ["other", 0],
        ["other", 1],
      ]);
      expect(await data.attachedTo()).toEqual([]);
      expect((await (await dataset("plain")).dimensions()).map(({ scales }) => scales)).toEqual([[], []]);
    }
    const file = openSync(bytes);
    const y = file.getSync("y");
    if (y.kind !== "dataset") throw new Error("no dataset");
    expect([y.isScaleSync(), y.scaleNameSync(), y.attachedToSync().length, y.dimensionsSync().length]).toEqual([
      true,
      "y name",
      3,
      1,
    ]);
  });

  it("without data, as netCDF-4 stores dimensions that are no variables, are found", () => {
    python(`
with h5py.File('netcdf.h5', 'w', track_order=True) as f:
    name = 'This is a netCDF dimension but not a netCDF variable.%10d'
    for index, (dim, size) in enumerate([('phony_dim_0', 6), ('time', 0)]):
        d = f.create_dataset(dim, (size,), '>f4', maxshape=(None,) if size == 0 else None, chunks=(4,) if size == 0 else None)
        d.attrs['CLASS'] = np.bytes_('DIMENSION_SCALE')
        d.attrs['NAME'] = np.bytes_(name % size)
        d.attrs['_Netcdf4Dimid'] = np.int32(index)
    v = f.create_dataset('v', (0, 6), 'f8', maxshape=(None, 6), chunks=(1, 6))
    v.dims[0].attach_scale(f['time'])
    v.dims[1].attach_scale(f['phony_dim_0'])
`);
    const file = openSync(readScratch("netcdf.h5"));
    const v = file.getSync("v");
    if (v.kind !== "dataset") throw new Error("no dataset");
    const axes = v.dimensionsSync();
    expect(axes.map(({ size, scales }) => [size, scales[0].scaleNameSync()])).toEqual([
      [0, "This is a netCDF dimension but not a netCDF variable.         0"],
      [6, "This is a netCDF dimension but not a netCDF variable.         6"],
    ]);
    expect(axes[1].scales[0].attachedToSync()).toMatchObject([{ axis: 1 }]);
  });
});
