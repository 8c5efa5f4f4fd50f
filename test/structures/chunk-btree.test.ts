import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HDF5Error } from "../../src/format/errors.js";
import type { ChunkRecord } from "../../src/format/structures/chunk-btree.js";
import { buildChunkBTree, decodeChunkBTreeNode } from "../../src/format/structures/chunk-btree.js";
import type { FileContext } from "../../src/format/structures/context.js";
import { decodeObjectHeader, encodeObjectHeaderV1 } from "../../src/format/structures/object-header.js";
import { buildSymbolTable, findSymbol } from "../../src/format/structures/symbol-table.js";
import { chunkedLayout, dataspace, fillValue, int32, symbolTableMessage } from "./objects.js";
import {
  bareContext,
  FileBuilder,
  h5dumpAccepts,
  hasH5py,
  openBytes,
  python,
  readScratch,
  utf8,
  writeScratch,
} from "./support.js";

function walk(context: FileContext, address: number, rank: number): ChunkRecord[] {
  const node = decodeChunkBTreeNode(context, address, rank);
  const records: ChunkRecord[] = [];
  for (let index = 0; index < node.header.entriesUsed; index++) {
    const offsets = Array.from({ length: rank }, (_, axis) => node.chunkOffset(index, axis));
    const child = node.child(index);
    if (node.header.level === 0) {
      records.push({ offsets, size: node.chunkSize(index), filterMask: node.filterMask(index), address: child });
    } else {
      const below = walk(context, child, rank);
      expect(below[0].offsets).toEqual(offsets);
      records.push(...below);
    }
    expect(node.lastUpTo(offsets)).toBe(index);
    expect(node.lastUpTo(offsets.with(rank - 1, offsets[rank - 1] - 1))).toBe(index - 1);
  }
  return records;
}

/** Left and right sibling of a node. */
function siblings({ storage, baseAddress, offsetSize }: FileContext, address: number): (number | null)[] {
  return [0, 1].map((index) => {
    const bytes = storage.view(baseAddress + address + 8 + index * offsetSize, offsetSize);
    if (bytes.every((byte) => byte === 0xff)) return null;
    return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
  });
}

/** Leaves from left to right by their sibling pointers. */
function leafSizes(context: FileContext, address: number, rank: number): number[] {
  let at: number | null = address;
  let node = decodeChunkBTreeNode(context, at, rank);
  while (node.header.level > 0) {
    at = node.child(0);
    node = decodeChunkBTreeNode(context, at, rank);
  }
  const sizes: number[] = [];
  for (let before: number | null = null; at !== null; ) {
    sizes.push(decodeChunkBTreeNode(context, at, rank).header.entriesUsed);
    const [left, right] = siblings(context, at);
    expect(left).toBe(before);
    before = at;
    at = right;
  }
  return sizes;
}

describe("chunk B-tree", () => {
  it("reads back what it built, at any depth", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 120 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(4, 8),
        (rank, count, chunkInternalK, offsetSize) => {
          const records = Array.from({ length: count }, (_, index): ChunkRecord => {
            const offsets = new Array<number>(rank).fill(0);
            offsets[rank - 1] = (index % 5) * 3;
            offsets[0] += rank === 1 ? Math.floor(index / 5) * 15 : Math.floor(index / 5) * 3;
            return { offsets, size: index + 1, filterMask: index % 3, address: 1000 + index };
          });
          const blocks: Uint8Array = new Uint8Array(200_000);
          let end = 0;
          const sizes = { offsetSize, lengthSize: 8 };
          const dimensions = new Array<number>(rank).fill(3);
          const tree = buildChunkBTree(records, dimensions, 4, chunkInternalK, sizes, (size) => {
            end += size;
            return end - size;
          });
          for (const { address, bytes } of tree.blocks) blocks.set(bytes, address);
          const context = bareContext(blocks, { ...sizes, chunkInternalK });
          expect(walk(context, tree.address, rank)).toEqual(records);
          const filled = leafSizes(context, tree.address, rank);
          expect(filled.reduce((sum, size) => sum + size, 0)).toBe(count);
          if (filled.length > 1) expect(Math.min(...filled)).toBeGreaterThanOrEqual(chunkInternalK);
        },
      ),
    );
  });

  it("refuses records out of order", () => {
    const record = (offset: number): ChunkRecord => ({ offsets: [offset], size: 1, filterMask: 0, address: 0 });
    const sizes = { offsetSize: 8, lengthSize: 8 };
    for (const offsets of [
      [2, 1],
      [1, 1],
    ]) {
      expect(() => buildChunkBTree(offsets.map(record), [1], 4, 32, sizes, () => 0)).toThrow(HDF5Error);
    }
    expect(() => buildChunkBTree([record(0)], [1, 1], 4, 32, sizes, () => 0)).toThrow(HDF5Error);
  });

  it.runIf(hasH5py)("reads the deep indexes of h5py", () => {
    const chunks = python(`
with h5py.File('chunks.h5', 'w') as f:
    d = f.create_dataset('d', (7000, 9), chunks=(1, 2), maxshape=(None, None), dtype='i4', compression='gzip')
    d[...] = np.arange(63000).reshape(7000, 9)
    d[5000:5010] = 0
    print(json.dumps([[list(c.chunk_offset), c.size, c.filter_mask, c.byte_offset] for c in
        (d.id.get_chunk_info(i) for i in range(0, d.id.get_num_chunks(), 997))]))
`) as [number[], number, number, number][];
    const { superblock, context } = openBytes(readScratch("chunks.h5"));
    const cache = superblock.rootEntry?.cache;
    if (cache?.kind !== "symbol-table") throw new Error("no cached symbol table");
    const found = findSymbol(context, cache.btreeAddress ?? 0, cache.heapAddress ?? 0, utf8.encode("d"));
    const header = decodeObjectHeader(context, found?.entry.objectAddress ?? 0);
    const layout = header.messages.find((message) => message.type === 8)?.data ?? new Uint8Array(0);
    expect([...layout.subarray(0, 3)]).toEqual([3, 2, 3]);
    const address = Number(new DataView(layout.buffer, layout.byteOffset).getBigUint64(3, true));
    const records = walk(context, address, 2);
    expect(records).toHaveLength(35000);
    chunks.forEach(([offsets, size, filterMask, byteOffset], index) => {
      expect(records[index * 997]).toEqual({ offsets, size, filterMask, address: byteOffset });
    });
  });

  it.runIf(hasH5py).each([
    ["k1", 1, 1],
    ["k2", 2, 0],
    ["k32", 32, 0],
  ] as const)("builds indexes that libhdf5 reads and edits: %s", (name, chunkInternalK, version) => {
    const builder = new FileBuilder({ version: chunkInternalK === 32 ? 0 : 1, chunkInternalK });
    const [rows, columns, height, width] = [45, 50, 3, 7];
    const records: ChunkRecord[] = [];
    for (let row = 0; row < rows; row += height) {
      for (let column = 0; column < columns; column += width) {
        // Some chunks are missing and read as 0.
        if ((row / height + column / width) % 4 === 3) continue;
        const data = new Int32Array(height * width).fill(row * 1000 + column);
        for (let index = 0; index < data.length; index++) if (column + (index % width) >= columns) data[index] = 0;
        const address = builder.put(new Uint8Array(data.buffer));
        records.push({ offsets: [row, column], size: data.byteLength, filterMask: 0, address });
      }
    }
    const tree = buildChunkBTree(records, [height, width], 4, chunkInternalK, builder.superblock, builder.allocate);
    builder.add(tree.blocks);
    const messages = [dataspace([rows, columns]), int32, fillValue(3), chunkedLayout(tree.address, [height, width], 4)];
    const objectAddress = builder.put(encodeObjectHeaderV1(messages, 1, version * 64));
    const symbols = [{ kind: "hard", nameBytes: utf8.encode("d"), objectAddress }] as const;
    const table = buildSymbolTable(symbols, builder.superblock, builder.allocate);
    builder.add(table.blocks);
    const root = encodeObjectHeaderV1([symbolTableMessage(table.btreeAddress, table.heapAddress)], 1);
    writeScratch(`${name}.h5`, builder.finish({ rootAddress: builder.put(root) }));
    expect(h5dumpAccepts(`${name}.h5`)).toBe(true);
    const result = python(`
e = np.zeros((45, 50), 'i4')
for r in range(0, 45, 3):
    for c in range(0, 50, 7):
        if (r // 3 + c // 7) % 4 != 3: e[r:r+3, c:c+7] = r * 1000 + c
with h5py.File('${name}.h5', 'r+') as f:
    d = f['d']
    assert d.id.get_num_chunks() == ${records.length}
    assert (d[...] == e).all(), 'reading'
    d[:, 20] = 5; e[:, 20] = 5
    d.resize((90, 80)); e = np.pad(e, ((0, 45), (0, 30)))
    d[40:85, 30:75] = 9; e[40:85, 30:75] = 9
    assert (d[...] == e).all(), 'editing'
with h5py.File('${name}.h5', 'r+') as f:
    assert (f['d'][...] == e).all(), 'after editing'
    f['d'].resize((10, 60)); f['d'].resize((10, 80)); e = e[:10].copy(); e[:, 60:] = 0
    assert (f['d'][...] == e).all(), 'shrinking'
    f['d'].resize((0, 0))
    assert f['d'].id.get_num_chunks() == 0
    del f['d']
print(json.dumps(True))
`);
    expect(result).toBe(true);
  });
});
