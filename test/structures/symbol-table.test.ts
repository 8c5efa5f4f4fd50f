import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HDF5Error } from "../../src/format/errors.js";
import { encodeObjectHeaderV1 } from "../../src/format/structures/object-header.js";
import type { Superblock } from "../../src/format/structures/superblock.js";
import type { NewSymbol } from "../../src/format/structures/symbol-table.js";
import { buildSymbolTable, findSymbol, readSymbolTable } from "../../src/format/structures/symbol-table.js";
import { compareBytes } from "../../src/format/structures/text.js";
import { scalarDataset, symbolTableMessage } from "./objects.js";
import {
  contextOf,
  FileBuilder,
  h5dumpAccepts,
  hasH5py,
  openBytes,
  PagedStorage,
  python,
  readScratch,
  text,
  utf8,
  writeScratch,
} from "./support.js";

function tableOf(superblock: Superblock): { btreeAddress: number; heapAddress: number } {
  const cache = superblock.rootEntry?.cache;
  if (cache?.kind !== "symbol-table") throw new Error("the root group has no cached symbol table");
  return { btreeAddress: cache.btreeAddress ?? 0, heapAddress: cache.heapAddress ?? 0 };
}

/** A file whose root group has these links; hard links lead to one dataset. */
function fileOf(
  names: readonly string[],
  options: { superblock?: Partial<Superblock>; softEvery?: number; heapSlack?: number } = {},
): Uint8Array {
  const builder = new FileBuilder(options.superblock);
  const { softEvery = 0, heapSlack } = options;
  const sorted = names.map((name) => utf8.encode(name)).sort(compareBytes);
  const hardLinks = sorted.filter((_, index) => softEvery === 0 || index % softEvery !== 0).length;
  const objectAddress = builder.put(encodeObjectHeaderV1(scalarDataset(7), hardLinks));
  const symbols = sorted.map(
    (nameBytes, index): NewSymbol =>
      softEvery !== 0 && index % softEvery === 0
        ? { kind: "soft", nameBytes, value: utf8.encode(`/target of ${text(nameBytes)}`) }
        : { kind: "hard", nameBytes, objectAddress },
  );
  const table = buildSymbolTable(symbols, builder.superblock, builder.allocate, heapSlack);
  builder.add(table.blocks);
  const { btreeAddress, heapAddress } = table;
  const rootAddress = builder.put(encodeObjectHeaderV1([symbolTableMessage(btreeAddress, heapAddress)], 1));
  return builder.finish({
    rootAddress,
    rootEntry: {
      nameOffset: 0,
      objectAddress: rootAddress,
      cache: { kind: "symbol-table", btreeAddress, heapAddress },
    },
  });
}

describe("symbol table", () => {
  it("reads back what it built, whole and by name, at any depth", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }).filter((name) => !name.includes("\0"))),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(4, 8),
        fc.constantFrom(4, 8),
        (candidates, groupLeafK, groupInternalK, offsetSize, lengthSize) => {
          const names = [...new Set(candidates.map((name) => text(utf8.encode(name))))];
          const file = fileOf(names, {
            superblock: { groupLeafK, groupInternalK, offsetSize, lengthSize },
            softEvery: 3,
          });
          const { superblock, context } = openBytes(file);
          const { btreeAddress, heapAddress } = tableOf(superblock);
          const links = readSymbolTable(context, btreeAddress, heapAddress);
          const sorted = names.map((name) => utf8.encode(name)).sort(compareBytes);
          expect(links.map((link) => link.nameBytes)).toEqual(sorted);
          for (const link of links) {
            expect(findSymbol(context, btreeAddress, heapAddress, link.nameBytes)).toEqual(link);
            if (link.softLinkValue) expect(text(link.softLinkValue)).toBe(`/target of ${text(link.nameBytes)}`);
            const absent = utf8.encode(`${text(link.nameBytes)}\u0001`);
            if (!names.includes(text(absent))) {
              expect(findSymbol(context, btreeAddress, heapAddress, absent)).toBeNull();
            }
          }
          for (const absent of ["", "\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}", "a\0"]) {
            expect(findSymbol(context, btreeAddress, heapAddress, utf8.encode(absent))).toBeNull();
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("costs one round trip per level when nothing is resident", () => {
    const names = Array.from({ length: 3000 }, (_, index) => `link ${index}`);
    const file = fileOf(names);
    const storage = new PagedStorage(file, 64);
    const context = contextOf(storage, openBytes(file).superblock);
    const { btreeAddress, heapAddress } = tableOf(openBytes(file).superblock);
    expect(storage.run(() => readSymbolTable(context, btreeAddress, heapAddress))).toHaveLength(3000);
    // Both ends, the root, two levels below, the leaves, the heap's data.
    expect(storage.roundTrips).toBeLessThanOrEqual(8);
    const searched = new PagedStorage(file, 64);
    const name = utf8.encode("link 1234");
    const found = searched.run(() =>
      findSymbol(contextOf(searched, openBytes(file).superblock), btreeAddress, heapAddress, name),
    );
    expect(found?.nameBytes).toEqual(name);
    expect(searched.roundTrips).toBeLessThanOrEqual(8);
  });

  it("refuses names that cannot be stored", () => {
    const link = (name: string): NewSymbol => ({ kind: "hard", nameBytes: utf8.encode(name), objectAddress: 0 });
    const { superblock, allocate } = new FileBuilder();
    for (const names of [["b", "a"], ["a", "a"], [""], ["a\0"]]) {
      expect(() => buildSymbolTable(names.map(link), superblock, allocate)).toThrow(HDF5Error);
    }
  });

  it("never fails with anything but its own error on damaged bytes, and ends", () => {
    const file = fileOf(
      Array.from({ length: 40 }, (_, index) => `${index}`),
      { superblock: { groupLeafK: 1, groupInternalK: 1 } },
    );
    const { btreeAddress, heapAddress } = tableOf(openBytes(file).superblock);
    fc.assert(
      fc.property(fc.integer({ min: 96, max: file.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = file.slice();
        damaged[at] = value;
        const { context } = openBytes(damaged);
        for (const read of [
          () => readSymbolTable(context, btreeAddress, heapAddress),
          () => findSymbol(context, btreeAddress, heapAddress, utf8.encode("17")),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(HDF5Error);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("stops at a tree that reaches itself", () => {
    const file = fileOf(
      Array.from({ length: 200 }, (_, index) => `${index}`),
      { superblock: { groupLeafK: 1, groupInternalK: 1 } },
    );
    const { superblock, context } = openBytes(file);
    const { btreeAddress, heapAddress } = tableOf(superblock);
    new DataView(file.buffer).setBigUint64(btreeAddress + 32, BigInt(btreeAddress), true);
    expect(() => readSymbolTable(context, btreeAddress, heapAddress)).toThrow(HDF5Error);
    expect(() => findSymbol(context, btreeAddress, heapAddress, utf8.encode("0"))).toThrow(HDF5Error);
  });

  it.runIf(hasH5py)("reads 20,000 links of h5py", () => {
    const listed = python(`
with h5py.File('many.h5', 'w') as f:
    f['x'] = 1
    for i in range(20000):
        name = 'n%d-e' % (i * 7919 % 20011)
        if i % 10 == 0: f[name] = h5py.SoftLink('/x/%d' % i)
        else: f[name] = f['x']
    for i in range(0, 3000): del f['n%d-e' % (i * 7919 % 20011)]
    print(json.dumps([[n, f.get(n, getlink=True).path if isinstance(f.get(n, getlink=True), h5py.SoftLink) else None] for n in f]))
`) as [string, string | null][];
    const { superblock, context } = openBytes(readScratch("many.h5"));
    const { btreeAddress, heapAddress } = tableOf(superblock);
    const links = readSymbolTable(context, btreeAddress, heapAddress);
    expect(links.map((link) => [text(link.nameBytes), link.softLinkValue && text(link.softLinkValue)])).toEqual(listed);
    for (let index = 0; index < links.length; index += 17) {
      const { nameBytes } = links[index];
      expect(findSymbol(context, btreeAddress, heapAddress, nameBytes)).toEqual(links[index]);
    }
  });

  it.runIf(hasH5py).each([
    ["empty", 0, 4, 16, 0],
    ["one", 1, 4, 16, 0],
    ["deep", 700, 1, 1, 0],
    ["odd", 1001, 3, 2, 64],
    ["large", 5000, 4, 16, 4096],
  ] as const)("builds tables that libhdf5 lists and edits: %s", (name, count, leafK, internalK, heapSlack) => {
    const names = Array.from({ length: count }, (_, index) => `name ${index * 3}`);
    const file = fileOf(names, {
      superblock: { groupLeafK: leafK, groupInternalK: internalK },
      softEvery: 5,
      heapSlack,
    });
    writeScratch(`${name}.h5`, file);
    expect(h5dumpAccepts(`${name}.h5`)).toBe(true);
    const result = python(`
import random
names = ['name %d' % (i * 3) for i in range(${count})]
with h5py.File('${name}.h5', 'r+') as f:
    assert sorted(names) == list(f), 'listing'
    assert all(n in f or isinstance(f.get(n, getlink=True), h5py.SoftLink) for n in names)
    rng = random.Random(1)
    gone = rng.sample(names, len(names) // 2)
    for n in gone: del f[n]
    extra = ['extra %d' % i for i in range(300)] + ['name %d' % (i * 3 + 1) for i in range(300)]
    for n in extra: f[n] = h5py.SoftLink('/nowhere')
    f['group/in/group'] = 5
    expected = sorted((set(names) - set(gone)) | set(extra) | {'group'})
with h5py.File('${name}.h5', 'r+') as f:
    assert list(f) == expected, 'after editing'
    for n in expected: del f[n]
with h5py.File('${name}.h5', 'r') as f:
    assert list(f) == []
print(json.dumps(True))
`);
    expect(result).toBe(true);
    const { superblock, context } = openBytes(readScratch(`${name}.h5`));
    const { btreeAddress, heapAddress } = tableOf(superblock);
    expect(readSymbolTable(context, btreeAddress, heapAddress)).toEqual([]);
  });
});
