import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HDF5Error } from "../../src/format/errors.js";
import { ByteReader } from "../../src/format/structures/byte-reader.js";
import { ByteWriter } from "../../src/format/structures/byte-writer.js";
import {
  decodeGlobalHeapCollection,
  decodeGlobalHeapId,
  encodeGlobalHeapId,
  GlobalHeapCollectionBuilder,
  globalHeapIdSize,
  parseGlobalHeapCollection,
} from "../../src/format/structures/global-heap.js";
import { encodeObjectHeaderV1 } from "../../src/format/structures/object-header.js";
import { buildSymbolTable } from "../../src/format/structures/symbol-table.js";
import { contiguousLayout, dataspace, fillValue, symbolTableMessage, variableString } from "./objects.js";
import {
  bareContext,
  FileBuilder,
  h5dumpAccepts,
  hasH5py,
  openBytes,
  python,
  readScratch,
  text,
  utf8,
  writeScratch,
} from "./support.js";

describe("global heap", () => {
  it("reads back what it built", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 700 }), { maxLength: 40 }),
        fc.constantFrom(2, 4, 8),
        (objects, lengthSize) => {
          const sizes = { offsetSize: 8, lengthSize };
          const builder = new GlobalHeapCollectionBuilder(sizes);
          const stored = new Map<number, Uint8Array>();
          for (const object of objects) {
            const index = builder.tryInsert(object);
            if (index === null) break;
            stored.set(index, object);
          }
          expect(builder.count).toBe(stored.size);
          const bytes = builder.encode();
          expect(bytes.length).toBe(4096);
          const collection = decodeGlobalHeapCollection(bareContext(bytes, sizes), 0);
          for (const [index, object] of stored) expect(collection.object(index)).toEqual(object);
          expect(collection.has(0)).toBe(false);
          expect(() => collection.object(stored.size + 1)).toThrow(HDF5Error);
        },
      ),
    );
  });

  it("takes one large object, and no more than fits", () => {
    const sizes = { offsetSize: 8, lengthSize: 8 };
    const large = new Uint8Array(100_003).fill(3);
    expect(new GlobalHeapCollectionBuilder(sizes).tryInsert(large)).toBeNull();
    const builder = new GlobalHeapCollectionBuilder(sizes, GlobalHeapCollectionBuilder.sizeFor(sizes, large.length));
    expect(builder.tryInsert(large)).toBe(1);
    expect(builder.tryInsert(Uint8Array.of(1))).toBeNull();
    const followed = new Uint8Array(builder.size + 50);
    followed.set(builder.encode());
    const collection = parseGlobalHeapCollection(followed, 0, sizes);
    expect(collection.size).toBe(builder.size);
    expect(collection.object(1)).toEqual(large);
    expect(() => builder.tryInsert(new Uint8Array(0))).toThrow(HDF5Error);
  });

  it("stops counting at 65535 objects", () => {
    const sizes = { offsetSize: 8, lengthSize: 8 };
    const builder = new GlobalHeapCollectionBuilder(sizes, 2_000_000);
    const object = Uint8Array.of(1);
    for (let index = 1; index <= 65535; index++) if (builder.tryInsert(object) !== index) throw new Error("index");
    expect(builder.tryInsert(object)).toBeNull();
    expect(parseGlobalHeapCollection(builder.encode(), 0, sizes).has(65535)).toBe(true);
  });

  it("never fails with anything but its own error on damaged bytes", () => {
    const sizes = { offsetSize: 8, lengthSize: 8 };
    const builder = new GlobalHeapCollectionBuilder(sizes);
    for (let index = 0; index < 20; index++) builder.tryInsert(new Uint8Array(20));
    const bytes = builder.encode();
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          parseGlobalHeapCollection(damaged, 0, sizes).object(7);
        } catch (error) {
          expect(error).toBeInstanceOf(HDF5Error);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("refuses sizes beyond 2^53 - 1, those of free space too", () => {
    const sizes = { offsetSize: 8, lengthSize: 8 };
    const builder = new GlobalHeapCollectionBuilder(sizes);
    builder.tryInsert(new Uint8Array(8));
    for (const at of [16, 40]) {
      const damaged = builder.encode();
      damaged[at + 8 + 6] = 0x20;
      const message = new RegExp(`a size or address exceeds 2\\^53 - 1.*${at + 8}`);
      expect(() => parseGlobalHeapCollection(damaged, 0, sizes)).toThrow(message);
    }
  });

  it("round-trips heap IDs", () => {
    const sizes = { offsetSize: 4, lengthSize: 8 };
    const writer = new ByteWriter(sizes);
    const ids = [
      { collectionAddress: 77, objectIndex: 5 },
      { collectionAddress: null, objectIndex: 0 },
    ];
    for (const id of ids) encodeGlobalHeapId(writer, id);
    expect(writer.length).toBe(2 * globalHeapIdSize(sizes));
    const reader = new ByteReader(writer.finish(), 0, sizes);
    expect([decodeGlobalHeapId(reader), decodeGlobalHeapId(reader)]).toEqual(ids);
  });

  it.runIf(hasH5py)("reads the strings of h5py", () => {
    const [dataOffset, count] = python(`
with h5py.File('strings.h5', 'w') as f:
    s = ['%d ' % i * (i % 50 + 1) for i in range(2000)] + ['x' * 100000]
    d = f.create_dataset('s', data=s, dtype=h5py.string_dtype())
    f.flush()
    print(json.dumps([d.id.get_offset(), len(s)]))
`) as [number, number];
    const { context } = openBytes(readScratch("strings.h5"));
    const reader = new ByteReader(context.storage.view(dataOffset, count * 16), dataOffset, context);
    for (let index = 0; index < count; index++) {
      const length = reader.u32();
      const id = decodeGlobalHeapId(reader);
      const object = decodeGlobalHeapCollection(context, id.collectionAddress ?? 0).object(id.objectIndex);
      expect(object.length).toBe(length);
      const expected = index === 2000 ? "x".repeat(100000) : `${index} `.repeat((index % 50) + 1);
      expect(text(object)).toBe(expected);
    }
  });

  it.runIf(hasH5py)("builds collections that libhdf5 reads and adds to", () => {
    const builder = new FileBuilder();
    const strings = Array.from({ length: 90 }, (_, index) => `string ${index} `.repeat((index % 4) + 1));
    const collection = new GlobalHeapCollectionBuilder(builder.superblock, 8192);
    const collectionAddress = builder.allocate(collection.size);
    const data = new ByteWriter(builder.superblock);
    for (const value of strings) {
      const bytes = utf8.encode(value);
      data.u32(bytes.length);
      encodeGlobalHeapId(data, { collectionAddress, objectIndex: collection.tryInsert(bytes) ?? 0 });
    }
    builder.add([{ address: collectionAddress, bytes: collection.encode() }]);
    const address = builder.put(data.finish());
    const messages = [
      { ...dataspace([90]), data: dataspace([90]).data.map((byte) => (byte === 0xff ? 0 : byte)) },
      variableString,
      fillValue(2),
      contiguousLayout(address, data.length),
    ];
    const fixed = messages[0].data;
    fixed.set(fixed.subarray(8, 16), 16);
    const objectAddress = builder.put(encodeObjectHeaderV1(messages, 1));
    const symbols = [{ kind: "hard", nameBytes: utf8.encode("s"), objectAddress }] as const;
    const table = buildSymbolTable(symbols, builder.superblock, builder.allocate);
    builder.add(table.blocks);
    const root = encodeObjectHeaderV1([symbolTableMessage(table.btreeAddress, table.heapAddress)], 1);
    writeScratch("vlen.h5", builder.finish({ rootAddress: builder.put(root) }));
    expect(h5dumpAccepts("vlen.h5")).toBe(true);
    const answer = python(`
expected = [('string %d ' % i) * (i % 4 + 1) for i in range(90)]
with h5py.File('vlen.h5', 'r+') as f:
    assert [s.decode() for s in f['s'][...]] == expected
    for i in range(0, 90, 2): f['s'][i] = expected[i] = 'changed %d' % i
    f.attrs['more'] = ['a', 'b']
with h5py.File('vlen.h5', 'r') as f:
    assert [s.decode() for s in f['s'][...]] == expected
print(json.dumps(True))
`);
    expect(answer).toBe(true);
  });
});
