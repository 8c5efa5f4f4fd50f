import { describe, expect, expectTypeOf, it } from "vitest";
import type { Group, HDF5File, HDF5Object, NDArray } from "../../src/format/index.js";
import { createSync, ObjectReference, open, openSync } from "../../src/format/index.js";
import { hasH5py, python, readScratch } from "../structures/support.js";
import { failure } from "../support/failure.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

/** References in the order of a dataset of them. */
async function references(file: HDF5File, path: string): Promise<readonly ObjectReference[]> {
  const { data } = (await (await file.dataset(path)).read()) as NDArray<"object-reference">;
  return data as readonly ObjectReference[];
}

async function paths(file: HDF5File, of: Iterable<ObjectReference>): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (const reference of of) found.push((await file.dereference(reference)).path);
  return found;
}

/** A file with cycles, several names for objects, and much in some groups. */
function manyGroups(libver: "default" | "earliest"): Uint8Array {
  const file = createSync(undefined, { libver });
  const data = file.createDatasetSync("a/b/c/data", { data: [1] });
  file.createHardLinkSync("a/b/c/up", file.groupSync("a"));
  file.createHardLinkSync("a/root", file);
  for (let index = 0; index < 1500; index++) file.createGroupSync(`many/g${index}`);
  file.createDatasetSync("many/g700/deep", { data: [2] });
  file.commitDatatypeSync("a/b/type", "int32");
  file.createHardLinkSync("a/b/again", data);
  file.flushSync();
  return file.bytes();
}

const files = { default: manyGroups("default"), earliest: manyGroups("earliest") };

describe.each(["default", "earliest"] as const)("paths of objects that are reached otherwise (%s)", (libver) => {
  const bytes = files[libver];
  const addresses = new Map(
    ["a/b/c/data", "a/b/c", "a/b/type", "many/g700/deep", "many/g3", "a", "/"].map((path) => [
      path,
      openSync(bytes).getSync(path).address,
    ]),
  );
  const referenceTo = (path: string) => new ObjectReference(addresses.get(path) ?? 0);
  const both = async (): Promise<HDF5File[]> => [
    openSync(bytes),
    await open(new NothingResidentSource(bytes)),
    openSync(bytes.slice(), { mode: "r+" }),
  ];

  it("are known where the object was met, by the name of its first hard link", async () => {
    for (const file of await both()) {
      await file.get("a/b/c/data");
      expect((await file.dereference(referenceTo("a/b/c/data"))).path).toBe("/a/b/c/data");
      expect((await file.objectAt(addresses.get("a/b/c") ?? 0)).path).toBe("/a/b/c");
      expect((await file.dereference(referenceTo("/"))).path).toBe("/");
    }
  });

  it("are known in groups that are known, and null elsewhere", async () => {
    for (const file of await both()) {
      const fresh = await file.dereference(referenceTo("a/b/c/data"));
      expectTypeOf(fresh.path).toEqualTypeOf<string | null>();
      expect([fresh.path, fresh.name]).toEqual([null, null]);
      expect((await file.dereference(referenceTo("a"))).path).toBe("/a");
      await (await file.group("a/b")).keys();
      expect((await file.dereference(referenceTo("a/b/type"))).path).toBe("/a/b/type");
      expect((await file.dereference(referenceTo("a/b/c/data"))).path).toBe("/a/b/again");
    }
  });

  it("are found level by level, also through cycles", async () => {
    for (const file of await both()) {
      const object = await file.dereference(referenceTo("a/b/c/data"));
      expect(await object.findPath()).toBe("/a/b/again");
      expect([object.path, object.name]).toEqual(["/a/b/again", "again"]);
      const type = await file.objectAt(addresses.get("a/b/type") ?? 0);
      expect([type.kind, type.path]).toEqual(["datatype", "/a/b/type"]);
      const deep = await file.dereference(referenceTo("many/g700/deep"));
      expect(deep.path).toBeNull();
      expect(await deep.findPath()).toBe("/many/g700/deep");
      expect(await (await file.get(deep.path ?? "")).findPath()).toBe("/many/g700/deep");
      expect(await (await file.get("a/b/c/data")).findPath()).toBe("/a/b/c/data");
    }
    expect(openSync(bytes).dereferenceSync(referenceTo("a/b/c/data")).findPathSync()).toBe("/a/b/again");
  });

  it("are known in a large group once it has been listed or an object of it was found", async () => {
    for (const file of await both()) {
      expect((await file.dereference(referenceTo("many/g3"))).path).toBeNull();
      const found = await file.dereference(referenceTo("many/g3"));
      expect(await found.findPath()).toBe("/many/g3");
      const { address } = openSync(bytes).getSync("many/g1234");
      expect((await file.objectAt(address)).path).toBe("/many/g1234");
    }
  });

  it("are found without remembering what was passed", async () => {
    for (const file of await both()) {
      const deep = await file.dereference(referenceTo("many/g700/deep"));
      await deep.findPath();
      expect(deep.state.file.objects.size).toBeLessThan(20);
      const nowhere = await file.objectAt(file.address);
      expect(await nowhere.findPath()).toBe("/");
    }
  });

  it("cost no request where none is cheap, and one for many headers where they are searched for", async () => {
    const source = new NothingResidentSource(bytes, { pageSize: 4096 });
    const file = await open(source);
    const object = await file.dereference(referenceTo("many/g700/deep"));
    const before = source.requests.length;
    await file.dereference(referenceTo("many/g700/deep"));
    expect(source.requests).toHaveLength(before);
    await object.findPath();
    expect(source.requests.length - before).toBeLessThan(200);
  });
});

describe("groups without a known path", () => {
  const bytes = files.default;
  const address = openSync(bytes).getSync("a/b/c").address;

  it("have objects without one, unless it is absolute", async () => {
    const file = openSync(bytes);
    const group = file.objectAtSync(address) as Group;
    expect(group.path).toBeNull();
    expect(group.getSync("data").path).toBeNull();
    expect(group.getSync("up/b").path).toBeNull();
    expect([...group].map(([name, object]) => [name, object.path])).toEqual([
      ["data", null],
      ["up", null],
    ]);
    expect(group.getSync("/a/b/type").path).toBe("/a/b/type");
    expect(group.getSync("data").findPathSync()).toBe("/a/b/again");
    expect(group.findPathSync()).toBe("/a/b/c");
    expect(group.getSync("data").path).toBe("/a/b/c/data");
  });

  it("say so in no message and no path", () => {
    const file = openSync(bytes.slice(), { mode: "r+" });
    const group = file.objectAtSync(address) as Group;
    const messages = [
      () => group.getSync("missing"),
      () => group.linkSync("missing"),
      () => group.getSync("data/below"),
      () => group.deleteSync("missing"),
      () => group.attrs.getSync("missing"),
      () => group.createGroupSync("data"),
      () => group.datasetSync("up"),
      () => group.getSync("data").attrs.setSync("x", Symbol("x")),
    ].map((run) => failure(run));
    for (const { message, path } of messages) {
      expect(message).not.toMatch(/object at|null|undefined|^: /);
      expect(path ?? "-").not.toMatch(/object at|null/);
    }
    expect(messages[0].message).toBe('"missing" does not exist');
    expect([...group.visitSync({ maxDepth: 1 })].map(({ path, object }) => [path, object?.path])).toEqual([
      ["data", null],
      ["up", null],
    ]);
  });

  it("can be written to", () => {
    const file = openSync(bytes.slice(), { mode: "r+" });
    const group = file.objectAtSync(address) as Group;
    const made = group.createDatasetSync("new/x", { data: [1] });
    expect(made.path).toBeNull();
    expect(made.findPathSync()).toBe("/a/b/c/new/x");
    file.flushSync();
    expect(openSync(file.bytes()).datasetSync("a/b/c/new/x").readSync([0])).toBe(1);
  });
});

describe("paths of objects that are edited", () => {
  it("follow the links", () => {
    const file = createSync();
    const data = file.createDatasetSync("g/data", { data: [1] });
    const reference = data.reference();
    expect(file.dereferenceSync(reference).path).toBe("/g/data");
    file.createHardLinkSync("h/moved", data);
    file.deleteSync("g/data");
    expect(data.findPathSync()).toBe("/h/moved");
    expect(file.dereferenceSync(reference).path).toBe("/h/moved");
    file.createHardLinkSync("k", file.getSync("h"));
    file.deleteSync("h");
    expect(file.dereferenceSync(reference).findPathSync()).toBe("/k/moved");
    file.flushSync();
    expect(file.dereferenceSync(reference).path).toBe("/k/moved");
    file.deleteSync("k/moved");
    expect(data.findPathSync()).toBeNull();
    expect(data.path).toBeNull();
  });
});

describe.skipIf(!hasH5py)("paths as h5py has them", () => {
  it("of references and dimension scales", async () => {
    for (const libver of ["earliest", "latest"]) {
      const expected = python(`
import random
r = random.Random(5)
with h5py.File('names.h5', 'w', libver='${libver}') as f:
    objects = []
    groups = [f]
    for i in range(40):
        g = r.choice(groups).create_group('g%d' % i); groups.append(g); objects.append(g)
    for i in range(80):
        objects.append(r.choice(groups).create_dataset('d%d' % i, data=np.arange(3.0)))
    f['refs/list'] = np.array([o.ref for o in objects], dtype=h5py.ref_dtype)
    f.create_dataset('refs/regions', data=np.array([f['refs/list'].regionref[1:3]], dtype=h5py.regionref_dtype), dtype=h5py.regionref_dtype)
    x = f.create_dataset('entry/x', data=np.arange(3.0)); x.make_scale('x')
    v = f.create_dataset('entry/sub/v', data=np.arange(3.0)); v.dims[0].attach_scale(x)
with h5py.File('names.h5') as f:
    print(json.dumps([[f[ref].name for ref in f['refs/list']], f[f['refs/regions'][0]].name]))
`) as [string[], string];
      const bytes = readScratch("names.h5");
      for (const file of [openSync(bytes), await open(new NothingResidentSource(bytes))]) {
        const list = await references(file, "refs/list");
        for (const [index, reference] of list.entries()) {
          expect(await (await file.dereference(reference)).findPath()).toBe(expected[0][index]);
        }
        expect(await paths(file, await references(file, "refs/regions"))).toEqual([expected[1]]);
        const [axis] = await (await file.dataset("entry/sub/v")).dimensions();
        expect(axis.scales.map(({ path }) => path)).toEqual(["/entry/x"]);
      }
      const fresh = await open(new NothingResidentSource(bytes));
      const [axis] = await (await fresh.dataset("entry/sub/v")).dimensions();
      expect(axis.scales[0].path).toBe("/entry/x");
      const uses = await (await (await open(new NothingResidentSource(bytes))).dataset("entry/x")).attachedTo();
      expect(uses.map(({ dataset: { path } }) => path)).toEqual([null]);
      expect(await uses[0].dataset.findPath()).toBe("/entry/sub/v");
    }
  });

  it("null for an object without a name", async () => {
    python(`
with h5py.File('nameless.h5', 'w') as f:
    f['d'] = np.arange(10); f['e'] = [2]
    f['refs'] = np.array([f['d'].ref], dtype=h5py.ref_dtype)
with h5py.File('nameless.h5', 'r+') as f: del f['d']
with h5py.File('nameless.h5') as f: assert f[f['refs'][0]].name is None
`);
    const file = openSync(readScratch("nameless.h5"));
    const [reference] = await references(file, "refs");
    const object: HDF5Object = file.dereferenceSync(reference);
    expect([object.path, object.name, object.findPathSync(), object.path]).toEqual([null, null, null, null]);
    if (object.kind !== "dataset") throw new Error("no dataset");
    expect(object.readSync([3])).toBe(3n);
    expect(failure(() => object.readSync([99])).message).not.toMatch(/null|object at/);
  });

  it("of objects in other files, which are those of the other files", async () => {
    const expected = python(`
with h5py.File('names-of.h5', 'w') as f:
    f['g'] = h5py.ExternalLink('names-in.h5', '/a')
    f['soft'] = h5py.SoftLink('/g')
    f['d'] = h5py.ExternalLink('names-in.h5', '/alias')
with h5py.File('names-in.h5', 'w') as f:
    f['a/b/c'] = [1]
    f['alias'] = h5py.SoftLink('/a/b/c')
with h5py.File('names-of.h5') as f:
    print(json.dumps({path: f[path].name for path in ['g', 'g/b', 'g/b/c']}))
`) as Record<string, string>;
    const other = readScratch("names-in.h5");
    for (const file of [
      openSync(readScratch("names-of.h5"), { resolver: () => other }),
      await open(new NothingResidentSource(readScratch("names-of.h5")), { resolver: () => other }),
    ]) {
      for (const [path, name] of Object.entries(expected)) {
        const object = await file.get(path);
        expect([path, object.path]).toEqual([path, name]);
        expect((await object.file.get(object.path ?? "")).address).toBe(object.address);
      }
      // h5py mixes both files here: the path of the link in the one with the name of the other.
      for (const path of ["d", "soft", "soft/b/c"]) {
        const object = await file.get(path);
        expect((await object.file.get(object.path ?? "")).address).toBe(object.address);
      }
    }
  });
});
