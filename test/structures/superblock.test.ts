import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HDF5Error, UnsupportedFeatureError } from "../../src/format/errors.js";
import type { Superblock } from "../../src/format/structures/superblock.js";
import { decodeSuperblock, encodeSuperblock, findSuperblock } from "../../src/format/structures/superblock.js";
import { hasH5py, MemoryStorage, openBytes, PagedStorage, python, readScratch } from "./support.js";

const base: Superblock = {
  version: 0,
  offsetSize: 8,
  lengthSize: 8,
  groupLeafK: 4,
  groupInternalK: 16,
  chunkInternalK: 32,
  consistencyFlags: 0,
  baseAddress: 0,
  endOfFileAddress: 600,
  freeSpaceAddress: null,
  driverInformationAddress: null,
  extensionAddress: null,
  rootEntry: null,
  rootAddress: 96,
};

function rootEntry(rootAddress: number): Superblock["rootEntry"] {
  return {
    nameOffset: 0,
    objectAddress: rootAddress,
    cache: { kind: "symbol-table", btreeAddress: 136, heapAddress: 200 },
  };
}

function fileWith(superblock: Superblock, size: number): MemoryStorage {
  const bytes = new Uint8Array(size);
  bytes.set(encodeSuperblock(superblock), superblock.baseAddress);
  return new MemoryStorage(bytes);
}

describe("superblock", () => {
  it("round-trips in every version and with every size of fields", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2, 3),
        fc.constantFrom(2, 4, 8),
        fc.constantFrom(2, 4, 8),
        fc.constantFrom(0, 512, 1024),
        fc.integer({ min: 1, max: 60000 }),
        (version, offsetSize, lengthSize, baseAddress, number) => {
          const old = version < 2;
          const superblock: Superblock = {
            ...base,
            version: version as Superblock["version"],
            offsetSize,
            lengthSize,
            baseAddress,
            endOfFileAddress: baseAddress + 600,
            groupLeafK: old ? number : 4,
            groupInternalK: old ? number + 1 : 16,
            chunkInternalK: version === 1 ? number + 2 : 32,
            rootAddress: number,
            rootEntry: old ? rootEntry(number) : null,
            extensionAddress: old ? null : number,
          };
          const storage = fileWith(superblock, baseAddress + 600);
          expect(decodeSuperblock(storage, findSuperblock(storage) ?? -1)).toEqual(superblock);
        },
      ),
    );
  });

  it("is found behind a user block, and its place is the base address", () => {
    const storage = fileWith({ ...base, version: 2 }, 600);
    const moved = new Uint8Array(1024 + 600);
    moved.set(storage.bytes, 1024);
    const shifted = new PagedStorage(moved, 4);
    const found = shifted.run(() => findSuperblock(shifted));
    expect(found).toBe(1024);
    const superblock = shifted.run(() => decodeSuperblock(shifted, found ?? -1));
    expect(superblock.baseAddress).toBe(1024);
    expect(superblock.endOfFileAddress).toBe(1624);
  });

  it("refuses what is not HDF5, truncated, damaged or unknown", () => {
    const code = (run: () => unknown): unknown => {
      try {
        run();
      } catch (error) {
        return error instanceof HDF5Error ? error.code : error;
      }
      return "no error";
    };
    expect(findSuperblock(new MemoryStorage(new Uint8Array(5000)))).toBeNull();
    expect(findSuperblock(new MemoryStorage(new Uint8Array(3)))).toBeNull();
    for (const version of [0, 1, 2, 3] as const) {
      const whole = fileWith({ ...base, version }, 600);
      expect(code(() => decodeSuperblock(whole, 0))).toBe("no error");
      expect(code(() => decodeSuperblock(fileWith({ ...base, version }, 599), 0))).toBe("corrupt");
      for (let length = 8; length < 48; length++) {
        expect(code(() => decodeSuperblock(new MemoryStorage(whole.bytes.slice(0, length)), 0))).toBe("corrupt");
      }
    }
    const damaged = fileWith({ ...base, version: 2 }, 600);
    damaged.bytes[20] ^= 1;
    expect(code(() => decodeSuperblock(damaged, 0))).toBe("corrupt");
    const future = fileWith({ ...base, version: 2 }, 600);
    future.bytes[8] = 9;
    expect(() => decodeSuperblock(future, 0)).toThrow(UnsupportedFeatureError);
    const wide = fileWith({ ...base, version: 2 }, 600);
    wide.bytes[9] = 16;
    expect(() => decodeSuperblock(wide, 0)).toThrow(UnsupportedFeatureError);
  });

  it.runIf(hasH5py)("names the driver of a file that is only one part", () => {
    python(`
access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
access.set_fapl_family(1024, h5py.h5p.create(h5py.h5p.FILE_ACCESS))
with h5py.File(h5py.h5f.create(b'family-%d.h5', fapl=access)) as f: f['d'] = np.arange(1000)
`);
    expect(() => openBytes(readScratch("family-0.h5"))).toThrow(/"NCSAfami"/);
    expect(() => openBytes(readScratch("family-0.h5"))).toThrow(UnsupportedFeatureError);
  });

  it.runIf(hasH5py)("re-encodes those of h5py byte for byte", () => {
    python(`
for name, args in [('v0', dict()), ('v0u', dict(userblock_size=512)), ('v2', dict(libver=('v108','v108'))),
                   ('v3', dict(libver='latest')), ('v3u', dict(libver='latest', userblock_size=2048))]:
    with h5py.File(name + '.h5', 'w', **args) as f: f.create_group('g')
p = h5py.h5p.create(h5py.h5p.FILE_CREATE)
p.set_sizes(4, 8)
h5py.h5f.create(b'v0s.h5', fcpl=p).close()
`);
    const versions: number[] = [];
    for (const name of ["v0", "v0u", "v0s", "v2", "v3", "v3u"]) {
      const file = readScratch(`${name}.h5`);
      const { superblock } = openBytes(file);
      const encoded = encodeSuperblock(superblock);
      const { baseAddress } = superblock;
      expect(encoded).toEqual(file.slice(baseAddress, baseAddress + encoded.length));
      expect(superblock.endOfFileAddress).toBe(file.length);
      versions.push(superblock.version);
    }
    expect(versions).toEqual([0, 0, 0, 2, 3, 3]);
  });
});
