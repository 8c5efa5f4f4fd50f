import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findInBTreeV2, readBTreeV2 } from "../../src/format/structures/btree-v2.js";
import type { PlacedBlock } from "../../src/format/structures/btree-v2-builder.js";
import { buildBTreeV2 } from "../../src/format/structures/btree-v2-builder.js";
import { bTreeV2Levels, decodeBTreeV2Header } from "../../src/format/structures/btree-v2-node.js";
import { ByteWriter } from "../../src/format/structures/byte-writer.js";
import type { FileContext } from "../../src/format/structures/context.js";
import { bareContext } from "../structures/support.js";

const sizes = { offsetSize: 8, lengthSize: 8 };

/** A tree of the records 0, 2, 4, …, each an integer of `recordSize` bytes. */
function build(count: number, recordSize: number, nodeSize: number): { context: FileContext; address: number } {
  const records = Array.from({ length: count }, (_, index) => {
    const writer = new ByteWriter(sizes, recordSize);
    writer.uint(2 * index, recordSize);
    return writer.finish();
  });
  let end = 0;
  const allocate = (size: number): number => {
    const address = end;
    end += size;
    return address;
  };
  const parameters = { type: 5, nodeSize, recordSize, splitPercent: 100, mergePercent: 40 };
  const { address, blocks } = buildBTreeV2(parameters, records, sizes, allocate);
  return { context: bareContext(assemble(blocks, end)), address };
}

function assemble(blocks: readonly PlacedBlock[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (const block of blocks) bytes.set(block.bytes, block.address);
  return bytes;
}

const shapes = fc.record({
  count: fc.integer({ min: 0, max: 4000 }),
  recordSize: fc.integer({ min: 3, max: 40 }),
  nodeSize: fc.constantFrom(160, 256, 512, 2048),
});

describe("version 2 B-trees", () => {
  it("are read back in order at any depth", () => {
    fc.assert(
      fc.property(shapes, ({ count, recordSize, nodeSize }) => {
        const { context, address } = build(count, recordSize, nodeSize);
        const read = readBTreeV2(context, address, [5], (reader) => reader.uint(recordSize));
        expect(read).toEqual(Array.from({ length: count }, (_, index) => 2 * index));
      }),
      { numRuns: 40 },
    );
  });

  it("answer each record and nothing else", () => {
    fc.assert(
      fc.property(shapes, fc.array(fc.nat(9000), { maxLength: 30 }), ({ count, recordSize, nodeSize }, wanted) => {
        const { context, address } = build(count, recordSize, nodeSize);
        const header = decodeBTreeV2Header(context, address, [5]);
        for (const value of wanted) {
          const found = findInBTreeV2(context, header, (reader) => value - reader.uint(recordSize));
          const exists = value % 2 === 0 && value / 2 < count;
          expect(found === undefined ? undefined : found.uint(recordSize)).toBe(exists ? value : undefined);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("have as many levels as they need and widths that the specification prescribes", () => {
    // Nodes of 512 bytes hold 45 records of 11 bytes; counts take one byte, totals of the level above two.
    const { levels, countWidth } = bTreeV2Levels(512, 11, 2, sizes);
    expect(levels.map(({ maxRecords }) => maxRecords)).toEqual([45, 24, 22]);
    expect(levels.map(({ totalWidth }) => totalWidth)).toEqual([0, 2, 2]);
    expect(countWidth).toBe(1);
    const { context, address } = build(4000, 11, 512);
    expect(decodeBTreeV2Header(context, address, [5]).depth).toBe(2);
  });

  it("of another type, damaged or cut off are refused", () => {
    const { context, address } = build(400, 11, 512);
    expect(() => decodeBTreeV2Header(context, address, [6])).toThrow("of type 6, found 5");
    const { bytes } = context.storage as unknown as { bytes: Uint8Array };
    const damaged = bytes.slice();
    damaged[100] ^= 1;
    expect(() => readBTreeV2(bareContext(damaged), address, [5], (reader) => reader.u8())).toThrow("checksum");
    expect(() => readBTreeV2(bareContext(bytes.slice(0, 600)), address, [5], (reader) => reader.u8())).toThrow(
      "beyond",
    );
  });
});
