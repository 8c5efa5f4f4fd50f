import { describe, expect, it } from "vitest";
import type { HDF5Error } from "../../src/format/errors.js";
import type { FileContext } from "../../src/format/structures/context.js";
import { findDenseAttribute, readDenseAttributes } from "../../src/format/structures/dense-attributes.js";
import { findDenseLink, readDenseLinks } from "../../src/format/structures/dense-links.js";
import type { Unfilter } from "../../src/format/structures/fractal-heap.js";
import type { Link } from "../../src/format/structures/messages/link.js";
import type { SharedResolver } from "../../src/format/structures/messages/shared-message.js";
import {
  contextOf,
  h5dumpAccepts,
  hasH5py,
  openBytes,
  PagedStorage,
  python,
  text,
  utf8,
  writeScratch,
} from "../structures/support.js";
import { buildDenseFile, countingAttribute, softLink } from "./dense-file.js";

const noFilters: Unfilter = () => {
  throw new Error("the heap has no filters");
};
const nothingShared: SharedResolver = () => {
  throw new Error("nothing is shared");
};

/** `count` links with names of very different lengths; `long` of them too large for a managed object. */
function links(count: number, long: number, trackOrder: boolean) {
  return Array.from({ length: count }, (_, index) => {
    const name = index < long ? `long${index}`.padEnd(4200 + index * 300, "n") : `link${index}`;
    return softLink(name, "/".padEnd(1 + ((index * 37) % 300), "t"), trackOrder ? index : null);
  });
}

function attributes(count: number, long: number) {
  return Array.from({ length: count }, (_, index) =>
    countingAttribute(`attribute${index}`, index < long ? 1100 + index * 7000 : 1 + ((index * 13) % 90)),
  );
}

const cases = [
  { count: 9, long: 0, trackOrder: false },
  { count: 40, long: 3, trackOrder: true },
  { count: 4000, long: 20, trackOrder: true },
];

describe("dense links and attributes built here", () => {
  for (const { count, long, trackOrder } of cases) {
    const content = { links: links(count, long, trackOrder), attributes: attributes(count, long), trackOrder };
    const file = buildDenseFile(content);

    it(`${count} are read back`, () => {
      const { context } = openBytes(file.bytes);
      const read = readDenseLinks(context, file.linkInfo, noFilters);
      const described = (list: readonly Link[]): string[] =>
        list
          .map((link) => [link.name, link.kind, link.kind === "soft" && link.target, link.creationOrder].join())
          .sort();
      expect(described(read)).toEqual(described(content.links));
      const stored = readDenseAttributes(context, file.attributeInfo, noFilters, nothingShared);
      const summary = (list: readonly { name: string; data: Uint8Array }[]): string[] =>
        list.map(({ name, data }) => `${name} ${data.length} ${data[data.length - 4]}`).sort();
      expect(summary(stored.map(({ attribute }) => attribute))).toEqual(summary(content.attributes));
      if (trackOrder) {
        const ordered = [...stored].sort((a, b) => a.creationOrder - b.creationOrder);
        expect(ordered.map(({ attribute }) => attribute.name)).toEqual(content.attributes.map(({ name }) => name));
      }
    });

    it(`each of ${count} is found by its name`, () => {
      const { context } = openBytes(file.bytes);
      for (let index = 0; index < count; index += Math.ceil(count / 50)) {
        const { nameBytes } = content.links[index];
        expect(findDenseLink(context, file.linkInfo, nameBytes, noFilters)).toEqual(content.links[index]);
        const attribute = utf8.encode(`attribute${index}`);
        const found = findDenseAttribute(context, file.attributeInfo, attribute, noFilters, nothingShared);
        expect(found?.attribute.data).toEqual(content.attributes[index].data);
      }
      const absent = utf8.encode("absent");
      expect(findDenseLink(context, file.linkInfo, absent, noFilters)).toBeUndefined();
      expect(findDenseAttribute(context, file.attributeInfo, absent, noFilters, nothingShared)).toBeUndefined();
    });

    it(`${count} cost a few round trips when nothing is at hand`, () => {
      const storage = new PagedStorage(file.bytes, 16);
      const context = contextOf(storage, openBytes(file.bytes).superblock);
      const read = storage.run(() => readDenseLinks(context, file.linkInfo, noFilters));
      expect(read).toHaveLength(count);
      // Index header and levels, heap header, indirect and direct blocks, index and nodes of huge objects.
      expect(storage.roundTrips).toBeLessThan(14);
    });

    it.skipIf(!hasH5py)(`${count} are read and edited by h5py`, () => {
      const name = `dense-${count}.h5`;
      writeScratch(name, file.bytes);
      expect(h5dumpAccepts(name)).toBe(true);
      const listed = python(`
with h5py.File(${JSON.stringify(name)}) as f:
    print(json.dumps([sorted(f), sorted((k, f.attrs[k].shape[0], int(f.attrs[k][-1])) for k in f.attrs)]))
`);
      const named = content.links.map((link) => link.name).sort();
      expect(listed).toEqual([
        named,
        content.attributes.map(({ name, data }) => [name, data.length / 4, data.length / 4 - 1]).sort(),
      ]);
      // Insert, delete, and delete so many that what is left moves back into the object header.
      const edited = python(`
name = ${JSON.stringify(name)}
with h5py.File(name, "r+") as f:
    for i in range(60):
        f["new%d" % i] = h5py.SoftLink("/" + "s" * (i * 40))
        f.attrs["new%d" % i] = np.arange(i * 40)
    f["huge" + "h" * 5000] = h5py.SoftLink("/x")
    f.attrs["hugenew"] = np.arange(3000)
    for k in sorted(f)[::2]: del f[k]
    for k in sorted(f.attrs)[::2]: del f.attrs[k]
    f.create_group("group")
with h5py.File(name, "r+") as f:
    left = sorted(f)
    values = sorted((k, f.attrs[k].shape[0]) for k in f.attrs)
    for k in left[3:]: del f[k]
    for k in sorted(f.attrs)[3:]: del f.attrs[k]
with h5py.File(name, "r+") as f:
    print(json.dumps([left, values, sorted(f), sorted(f.attrs)]))
    for i in range(30):
        f["again%d" % i] = h5py.SoftLink("/a")
        f.attrs["again%d" % i] = i
`) as [string[], [string, number][], string[], string[]];
      const before = [...named, ...Array.from({ length: 60 }, (_, index) => `new${index}`), `huge${"h".repeat(5000)}`];
      const kept = before.sort().filter((_, index) => index % 2 === 1);
      expect(edited[0]).toEqual([...kept, "group"].sort());
      expect(edited[1]).toHaveLength(Math.floor((count + 61) / 2));
      expect(edited[2]).toHaveLength(3);
      expect(edited[3]).toHaveLength(3);
      expect(h5dumpAccepts(name)).toBe(true);
    });
  }

  it("are found in files with small offsets and lengths", () => {
    const content = { links: links(300, 4, true), attributes: attributes(300, 3), trackOrder: true };
    for (const size of [4, 8]) {
      const file = buildDenseFile(content, { offsetSize: size, lengthSize: size === 4 ? 8 : 4 });
      const { context } = openBytes(file.bytes);
      expect(readDenseLinks(context, file.linkInfo, noFilters)).toHaveLength(300);
      expect(readDenseAttributes(context, file.attributeInfo, noFilters, nothingShared)).toHaveLength(300);
    }
  });
});

describe("damage", () => {
  const file = buildDenseFile({ links: links(60, 2, false), attributes: attributes(30, 2), trackOrder: false });

  function attempt(bytes: Uint8Array): void {
    const context: FileContext = openBytes(bytes).context;
    readDenseLinks(context, file.linkInfo, noFilters);
    readDenseAttributes(context, file.attributeInfo, noFilters, nothingShared);
  }

  it("is reported as such, whichever byte it hits", () => {
    for (let at = 512; at < file.bytes.length; at += 89) {
      const damaged = file.bytes.slice();
      damaged[at] ^= 0xff;
      try {
        attempt(damaged);
      } catch (error) {
        expect((error as HDF5Error).name, `byte ${at}: ${String(error)}`).toMatch(/HDF5Error|UnsupportedFeatureError/);
      }
    }
  });

  it("is noticed in blocks that have a checksum", () => {
    const heap = file.linkInfo.heapAddress ?? 0;
    const damaged = file.bytes.slice();
    damaged[heap + 30] ^= 1;
    expect(() => attempt(damaged)).toThrow("checksum of a fractal heap header");
    expect(text(file.bytes.subarray(heap, heap + 4))).toBe("FRHP");
  });
});
