import { describe, expect, expectTypeOf, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import {
  createSync,
  Dataset,
  Group,
  ObjectReference,
  open,
  openSync,
  RegionReference,
} from "../../src/format/index.js";
import { lookup3 } from "../../src/format/structures/checksum.js";
import { MessageType } from "../../src/format/structures/messages/message-types.js";
import { decodeObjectHeader } from "../../src/format/structures/object-header.js";
import { hasH5py, openBytes, python, readScratch } from "../structures/support.js";
import { failure, failureOf } from "../support/failure.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

function links(): Uint8Array {
  const file = createSync();
  file.createDatasetSync("entry/data", { data: [1, 2] });
  file.commitDatatypeSync("type", "int32");
  file.createSoftLinkSync("soft", "/entry/data");
  file.createSoftLinkSync("dangling", "/nowhere/at/all");
  file.createSoftLinkSync("below", "/entry/data/x");
  file.createSoftLinkSync("one", "/two");
  file.createSoftLinkSync("two", "one");
  file.createSoftLinkSync("self", "self/self");
  file.createSoftLinkSync("away", "/external/x");
  file.createExternalLinkSync("external", "missing.h5", "/");
  file.flushSync();
  return file.bytes();
}

const bytes = links();

describe("has()", () => {
  const leading = ["/", "entry", "entry/data", "/entry/data", "soft", "type"];
  const leadingNowhere = [
    "missing",
    "missing/below",
    "entry/data/below",
    "type/below",
    "soft/below",
    "dangling",
    "dangling/below",
    "below",
    "one",
    "two/below",
    "self",
    "external",
    "external/x",
    "away",
  ];

  it("is whether get() gives an object", async () => {
    for (const options of [{}, { resolver: () => null }]) {
      for (const file of [openSync(bytes, options), await open(new NothingResidentSource(bytes), options)]) {
        for (const path of leading) expect([path, await file.has(path)]).toEqual([path, true]);
        for (const path of leadingNowhere) {
          expect([path, await file.has(path)]).toEqual([path, false]);
          await failureOf(() => file.get(path));
        }
      }
    }
    for (const path of leadingNowhere) expect([path, openSync(bytes).hasSync(path)]).toEqual([path, false]);
  });

  it.skipIf(!hasH5py)("is false for links of classes that only their program can follow", () => {
    const file = openSync(userDefinedLink());
    expect([file.hasSync("user"), file.hasSync("user/x")]).toEqual([false, false]);
    expect(failure(() => file.getSync("user")).code).toBe("unsupported");
  });

  it("hides no damage", async () => {
    const damaged = bytes.slice();
    const address = openSync(bytes).getSync("entry/data").address;
    damaged.fill(0xee, address + 8, address + 40);
    expect(failure(() => openSync(damaged).hasSync("entry/data")).code).toBe("corrupt");
    const file = openSync(bytes, { resolver: () => Uint8Array.of(1, 2, 3) });
    expect((await failureOf(() => file.has("external"))).code).toBe("corrupt");
  });

  it("does not keep requireGroup() from saying why", () => {
    const file = openSync(bytes.slice(), { mode: "r+" });
    expect(failure(() => file.requireGroupSync("dangling")).code).toBe("exists");
    expect(failure(() => file.requireGroupSync("one")).code).toBe("limit");
    expect(failure(() => file.requireGroupSync("external")).message).toMatch(/open the file with \{ resolver \}/);
    expect(failure(() => file.requireGroupSync("entry/data")).message).toMatch(/"\/entry\/data" is a dataset/);
  });
});

/** A file of h5py's whose link is made one of class 200, since programs may define the classes 65 to 255. */
function userDefinedLink(): Uint8Array {
  python("with h5py.File('user-link.h5', 'w', libver='latest') as f: f['user'] = h5py.ExternalLink('abc.h5', '/xyz')");
  const stored = readScratch("user-link.h5");
  const { superblock, context } = openBytes(stored);
  const { chunks, messages } = decodeObjectHeader(context, superblock.rootAddress);
  const link = messages.find(({ type }) => type === MessageType.Link);
  if (link === undefined) throw new Error("no link");
  expect(stored[link.offset + 2]).toBe(64);
  stored[link.offset + 2] = 200;
  const end = chunks[0].address + chunks[0].length - 4;
  const checksum = lookup3(stored.subarray(chunks[0].address, end));
  new DataView(stored.buffer, stored.byteOffset).setUint32(end, checksum, true);
  return stored;
}

const files = async (): Promise<HDF5File[]> => [openSync(bytes), await open(new NothingResidentSource(bytes))];

describe("dataset() and group()", () => {
  it("give what they are named after", async () => {
    for (const file of await files()) {
      const dataset = await file.dataset("soft");
      expectTypeOf(dataset).toEqualTypeOf<Dataset>();
      expect(dataset).toBeInstanceOf(Dataset);
      expect(await dataset.read([1])).toBe(2);
      const group = await file.group("entry");
      expectTypeOf(group).toEqualTypeOf<Group>();
      expect(group).toBeInstanceOf(Group);
      expect(await (await group.dataset("data")).read([0])).toBe(1);
      expect((await group.group("/")).path).toBe("/");
    }
    const file = openSync(bytes);
    expect(file.groupSync("entry").datasetSync("/soft").readSync([0])).toBe(1);
  });

  it("refuse the other kinds by name", async () => {
    const cases = [
      ["dataset", "entry", '"/entry" is a group, not a dataset'],
      ["dataset", "type", '"/type" is a committed datatype, not a dataset'],
      ["group", "entry/data", '"/entry/data" is a dataset, not a group'],
      ["group", "type", '"/type" is a committed datatype, not a group'],
    ] as const;
    for (const file of await files()) {
      for (const [method, path, message] of cases) {
        expect(await failureOf(() => file[method](path))).toMatchObject({
          code: "invalid-argument",
          message: expect.stringContaining(message),
          path: expect.stringContaining(path),
        });
      }
      expect(await failureOf(() => file.dataset("nothing"))).toMatchObject({ code: "not-found" });
    }
    expect(failure(() => openSync(bytes).datasetSync("entry")).message).toContain("is a group, not a dataset");
    expect(failure(() => openSync(bytes).groupSync("soft")).message).toContain("is a dataset, not a group");
  });
});

describe("methods of another kind of object", () => {
  it("say what the object is", async () => {
    // Asynchronous ones reject, or fail at the first step: they never throw.
    const call = (object: unknown, name: string): unknown => {
      const answer = (object as Record<string, () => unknown>)[name]();
      return name === "entries" ? (answer as AsyncGenerator).next() : answer;
    };
    const failureOfCall = async (object: unknown, name: string): Promise<unknown> => {
      if (name.endsWith("Sync")) return failure(() => call(object, name));
      const answer = call(object, name);
      return await failureOf(() => answer as Promise<unknown>);
    };
    const file = openSync(bytes.slice(), { mode: "r+" });
    for (const name of ["read", "readSync", "readInto", "readIntoSync", "write", "writeSync", "append", "appendSync"]) {
      expect(await failureOfCall(file.getSync("entry"), name)).toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining(`"/entry" is a group, which has no ${name}()`),
        path: "/entry",
      });
      expect(await failureOfCall(file.getSync("type"), name)).toMatchObject({
        message: expect.stringContaining("is a committed datatype"),
      });
    }
    for (const name of [
      "get",
      "getSync",
      "keys",
      "keysSync",
      "dataset",
      "group",
      "links",
      "entries",
      "createDataset",
    ]) {
      expect(await failureOfCall(file.getSync("soft"), name)).toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining(`"/soft" is a dataset, which has no ${name}()`),
      });
    }
  });

  it("are not seen by types, nor when members are listed", () => {
    expectTypeOf<Group>().not.toHaveProperty("read");
    expectTypeOf<Dataset>().not.toHaveProperty("keys");
    const seen: string[] = [];
    for (const name in openSync(bytes).getSync("entry")) seen.push(name);
    expect(seen).not.toContain("read");
  });
});

describe("references that lead nowhere", () => {
  const shifted = (reference: ObjectReference, by: number) => new ObjectReference(reference.address + by);

  it("are not found", async () => {
    const reference = openSync(bytes).getSync("entry/data").reference();
    for (const file of await files()) {
      for (const by of [3, 1e6, 2 ** 52, -reference.address]) {
        expect(await failureOf(() => file.dereference(shifted(reference, by)))).toMatchObject({
          code: "not-found",
          message: expect.stringContaining(`byte ${reference.address + by}`),
        });
      }
      const region = new RegionReference(1e6, { kind: "all" });
      expect(await failureOf(() => file.dereference(region))).toMatchObject({ code: "not-found" });
      expect((await file.dereference(reference)).address).toBe(reference.address);
    }
  });

  it("are not found after their object was deleted", () => {
    const file = openSync(bytes.slice(), { mode: "r+" });
    const reference = file.getSync("entry/data").reference();
    file.deleteSync("entry/data");
    expect(failure(() => file.dereferenceSync(reference)).code).toBe("not-found");
    file.flushSync();
    expect(failure(() => file.dereferenceSync(reference)).code).toBe("not-found");
  });

  it("are corrupt where a header is damaged", () => {
    const reference = openSync(bytes).getSync("entry/data").reference();
    const damaged = bytes.slice();
    damaged.fill(0xee, reference.address + 8, reference.address + 40);
    expect(failure(() => openSync(damaged).dereferenceSync(reference)).code).toBe("corrupt");
  });

  it.skipIf(!hasH5py)("leave the other scales of an axis", async () => {
    python(`
with h5py.File('dangling-scales.h5', 'w') as f:
    d = f.create_dataset('data', data=np.ones((2, 3)))
    for name in 'abc':
        f[name] = np.arange(3)
        f[name].make_scale()
        d.dims[1].attach_scale(f[name])
    e = f.create_dataset('gone', data=np.ones(3))
    e.dims[0].attach_scale(f['a'])
    del f['b'], f['gone']
`);
    const file = openSync(readScratch("dangling-scales.h5"));
    const [, axis] = file.datasetSync("data").dimensionsSync();
    expect(axis.scales.map((scale) => scale.address)).toEqual(["a", "c"].map((name) => file.getSync(name).address));
    expect(file.datasetSync("a").attachedToSync()).toHaveLength(1);
  });
});
