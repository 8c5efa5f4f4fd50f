import { describe, expect, it } from "vitest";
import type { ChunkIndex, ChunkRecord } from "../../src/format/chunks/chunk-index.js";
import { createChunkIndex } from "../../src/format/chunks/chunk-index.js";
import { ByteReader } from "../../src/format/structures/byte-reader.js";
import type { FileContext } from "../../src/format/structures/context.js";
import type { ChunkedLayout } from "../../src/format/structures/messages/data-layout.js";
import { decodeDataLayout } from "../../src/format/structures/messages/data-layout.js";
import type { Dataspace } from "../../src/format/structures/messages/dataspace.js";
import { decodeDataspace } from "../../src/format/structures/messages/dataspace.js";
import { MessageType } from "../../src/format/structures/messages/message-types.js";
import { decodeObjectHeader } from "../../src/format/structures/object-header.js";
import { contextOf, hasH5py, openBytes, PagedStorage, python, readScratch } from "../structures/support.js";

interface Dataset {
  readonly layout: ChunkedLayout;
  readonly space: Dataspace;
  readonly filtered: boolean;
}

function readDataset(context: FileContext, address: number): Dataset {
  let layout: ChunkedLayout | undefined;
  let space: Dataspace | undefined;
  let filtered = false;
  for (const message of decodeObjectHeader(context, address).messages) {
    const reader = new ByteReader(message.data, message.offset, context);
    if (message.type === MessageType.Dataspace) space = decodeDataspace(reader);
    if (message.type === MessageType.FilterPipeline) filtered = true;
    if (message.type === MessageType.DataLayout) {
      const decoded = decodeDataLayout(reader);
      if (decoded.kind === "chunked") layout = decoded;
    }
  }
  if (layout === undefined || space === undefined) throw new Error("not a chunked dataset");
  return { layout, space, filtered };
}

function open(context: FileContext, { layout, space, filtered }: Dataset): ChunkIndex {
  return createChunkIndex(context, layout, space.dimensions, space.maxDimensions, filtered);
}

function wholeBox({ layout, space }: Dataset): { low: number[]; high: number[] } {
  const high = space.dimensions.map((length, axis) => Math.ceil(length / layout.chunkDimensions[axis]) - 1);
  return { low: high.map(() => 0), high };
}

/**
 * Every written chunk `c` has all its elements equal to 1 + its row-major number. `chunks` are the coordinates of
 * written chunks, `sizes` their stored sizes where filtered.
 */
const script = `
import itertools
h = []
def make(f, name, shape, maxshape, chunks, fraction, **options):
    d = f.create_dataset(name, shape, "<i4", maxshape=maxshape, chunks=chunks, **options)
    counts = [-(-s // c) for s, c in zip(shape, chunks)]
    random = np.random.RandomState(len(h))
    written = []
    for number, scaled in enumerate(itertools.product(*map(range, counts))):
        if random.rand() > fraction: continue
        d[tuple(slice(s * c, min((s + 1) * c, n)) for s, c, n in zip(scaled, chunks, shape))] = number + 1
        written.append(scaled)
    f.flush()
    h.append([name, h5py.h5o.get_info(d.id).addr, written])
for version, name in (("latest", "new.h5"), ("earliest", "old.h5")):
    with h5py.File(name, "w", libver=version) as f:
        for suffix, options in (("", {}), ("-filtered", {"compression": "gzip"})):
            make(f, version + "fixed" + suffix, (20, 30), (20, 30), (4, 5), 0.6, **options)
            make(f, version + "fixed-larger-maximum" + suffix, (20, 30), (50, 31), (4, 5), 0.6, **options)
            make(f, version + "paged" + suffix, (1000, 8), (1000, 8), (2, 2), 0.2, **options)
            make(f, version + "extensible" + suffix, (900,), (None,), (3,), 0.7, **options)
            make(f, version + "extensible-second" + suffix, (40, 60), (40, None), (9, 7), 0.7, **options)
            make(f, version + "extensible-third" + suffix, (10, 12, 9), (20, 30, None), (3, 5, 2), 0.7, **options)
            make(f, version + "extensible-paged" + suffix, (9000,), (None,), (1,), 0.15, **options)
            make(f, version + "two-unlimited" + suffix, (60, 80), (None, None), (3, 2), 0.8, **options)
            make(f, version + "single" + suffix, (9, 8), (9, 8), (9, 8), 1, **options)
        make(f, version + "nothing", (20, 30), (20, None), (4, 5), 0)
print(json.dumps(h))
`;

describe.skipIf(!hasH5py)("chunk indexes written by h5py", () => {
  const datasets = (hasH5py ? python(script) : []) as [string, number, number[][]][];
  const files = new Map(hasH5py ? ["new", "old"].map((name) => [name, readScratch(`${name}.h5`)]) : []);
  const kinds = new Set<string>();

  for (const [name, address, written] of datasets) {
    const bytes = files.get(name.startsWith("latest") ? "new" : "old") ?? new Uint8Array();
    const { context, superblock } = openBytes(bytes);
    const dataset = readDataset(context, address);
    kinds.add(dataset.layout.indexing.type);
    const { low, high } = wholeBox(dataset);
    const describeRecords = (records: readonly ChunkRecord[]): string[] => records.map(({ scaled }) => scaled.join());

    it(`${name}: finds exactly the chunks written, at their places`, () => {
      const records = open(context, dataset).find(low, high);
      expect(describeRecords(records).sort()).toEqual(written.map((scaled) => scaled.join()).sort());
      const counts = high.map((last) => last + 1);
      for (const { scaled, address, size, filterMask } of records) {
        expect(filterMask).toBe(0);
        if (dataset.filtered) {
          // Every deflate stream begins with its method.
          expect(context.storage.view(address, size)[0] & 15).toBe(8);
          continue;
        }
        const number = scaled.reduce((sum, coordinate, axis) => sum * counts[axis] + coordinate, 0);
        const chunk = context.storage.view(address, size);
        expect(new DataView(chunk.buffer, chunk.byteOffset).getInt32(0, true)).toBe(number + 1);
      }
    });

    it(`${name}: answers boxes and single chunks`, () => {
      const all = open(context, dataset).find(low, high);
      const kept = open(context, dataset);
      for (let round = 0; round < 12; round++) {
        const a = high.map((last, axis) => (round * 7 + axis * 3) % (last + 1));
        const b = high.map((last, axis) => (round * 11 + axis * 5) % (last + 1));
        const from = a.map((value, axis) => Math.min(value, b[axis]));
        const to = a.map((value, axis) => Math.max(value, b[axis]));
        const expected = all.filter(({ scaled }) => scaled.every((c, axis) => c >= from[axis] && c <= to[axis]));
        expect(describeRecords(kept.find(from, to)).sort()).toEqual(describeRecords(expected).sort());
        expect(open(context, dataset).find(a, a)).toEqual(
          all.filter(({ scaled }) => scaled.every((c, axis) => c === a[axis])),
        );
      }
    });

    it(`${name}: costs one round trip per level`, () => {
      const storage = new PagedStorage(bytes, 32);
      const index = open(contextOf(storage, superblock), dataset);
      const records = storage.run(() => index.find(low, high));
      expect(records).toHaveLength(written.length);
      expect(storage.roundTrips).toBeLessThanOrEqual(6);
      const before = storage.roundTrips;
      expect(storage.run(() => index.find(low, high))).toEqual(records);
      expect(storage.roundTrips).toBe(before);
    });
  }

  it("are of every kind that h5py writes", () => {
    expect([...kinds].sort()).toEqual(["btree-v1", "btree-v2", "extensible-array", "fixed-array", "single-chunk"]);
  });
});

describe("an implicit index", () => {
  it("computes addresses from the maximum dimensions", () => {
    const { context } = openImplicit();
    const layout: ChunkedLayout = {
      kind: "chunked",
      version: 4,
      chunkDimensions: [3, 2],
      elementSize: 4,
      address: 1000,
      indexing: { type: "implicit" },
      edgeChunksUnfiltered: false,
    };
    const index = createChunkIndex(context, layout, [4, 5], [4, 5], false);
    expect(index.find([0, 0], [9, 9]).map(({ address }) => address)).toEqual([1000, 1024, 1048, 1072, 1096, 1120]);
    expect(index.find([1, 2], [1, 2])).toEqual([{ scaled: [1, 2], address: 1120, size: 24, filterMask: 0 }]);
    const beyond = createChunkIndex(context, { ...layout, address: 1001 }, [4, 5], [4, 5], false);
    expect(() => beyond.find([1, 2], [1, 2])).toThrow(/beyond the end/);
    expect(createChunkIndex(context, { ...layout, address: null }, [4, 5], [4, 5], false).find([0, 0], [1, 1])).toEqual(
      [],
    );
  });

  function openImplicit(): { context: FileContext } {
    const storage = new PagedStorage(new Uint8Array(1144), 8);
    return {
      context: {
        offsetSize: 8,
        lengthSize: 8,
        baseAddress: 0,
        groupLeafK: 4,
        groupInternalK: 16,
        chunkInternalK: 32,
        limits: { cacheBytes: 0, chunkCacheBytes: 0, depth: 64, readBytes: 0, chunkBytes: 0, metadataBytes: 0 },
        storage,
      },
    };
  }
});
