import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FractalHeap, Unfilter } from "../../src/format/structures/fractal-heap.js";
import { openFractalHeap } from "../../src/format/structures/fractal-heap.js";
import {
  attributeHeapParameters,
  buildFractalHeap,
  linkHeapParameters,
} from "../../src/format/structures/fractal-heap-builder.js";
import { doublingTable, rowOfOffset, rowsOfChild } from "../../src/format/structures/fractal-heap-doubling-table.js";
import type { FractalHeapParameters } from "../../src/format/structures/fractal-heap-header.js";
import { bareContext } from "../structures/support.js";

const sizes = { offsetSize: 8, lengthSize: 8 };
const noFilters: Unfilter = (_pipeline, bytes) => bytes;

function build(
  objects: readonly Uint8Array[],
  parameters: FractalHeapParameters,
): { heap: FractalHeap; ids: readonly Uint8Array[]; bytes: Uint8Array; address: number } {
  let end = 8;
  const built = buildFractalHeap(objects, parameters, sizes, (size) => {
    const address = end;
    end += size;
    return address;
  });
  const bytes = new Uint8Array(end);
  for (const block of built.blocks) bytes.set(block.bytes, block.address);
  const { address } = built;
  return { heap: openFractalHeap(bareContext(bytes), address, noFilters), ids: built.heapIds, bytes, address };
}

/** An object whose bytes follow from its size and number. */
function object(size: number, number: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => index * 7 + number);
}

const variants: Record<string, FractalHeapParameters> = {
  links: linkHeapParameters,
  attributes: attributeHeapParameters,
  "IDs that hold huge objects' addresses and longer tiny objects": { ...linkHeapParameters, idLength: 30 },
  "no checksums and small blocks": {
    ...linkHeapParameters,
    checksumDirectBlocks: false,
    startingBlockSize: 128,
    maxDirectBlockSize: 512,
    maxManagedSize: 300,
    tableWidth: 2,
  },
};

describe("fractal heaps", () => {
  for (const [name, parameters] of Object.entries(variants)) {
    it(`give back their objects: ${name}`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 6000 })), { maxLength: 300 }),
          (lengths) => {
            const objects = lengths.map(object);
            const { heap, ids } = build(objects, parameters);
            expect(heap.objects(ids).every((found, index) => Buffer.compare(found, objects[index]) === 0)).toBe(true);
            const { managedCount, hugeCount, tinyCount } = heap.header;
            expect(managedCount + hugeCount + tinyCount).toBe(objects.length);
            expect(heap.header.allocatedSpace).toBeLessThanOrEqual(heap.header.managedSpace);
          },
        ),
        { numRuns: 25 },
      );
    });
  }

  it("nest indirect blocks where direct blocks end", () => {
    const objects = Array.from({ length: 3000 }, (_, index) => object(400, index));
    const { heap, ids } = build(objects, linkHeapParameters);
    expect(heap.header.rootRows).toBeGreaterThan(heap.header.table.maxDirectRows);
    expect(Buffer.from(heap.object(ids[2999])).equals(objects[2999])).toBe(true);
    // 4 blocks in each row; the free space counts blocks that are not allocated yet.
    expect(heap.header.managedSpace).toBe(heap.header.table.rowOffsets[heap.header.rootRows]);
    expect(heap.header.freeSpace).toBeLessThan(heap.header.managedSpace - 3000 * 400);
  });

  it("refuse IDs that lead nowhere", () => {
    const { heap, ids } = build([object(100, 1), object(5000, 2)], linkHeapParameters);
    const damaged = (id: Uint8Array, at: number, value: number): Uint8Array =>
      id.map((byte, index) => (index === at ? value : byte));
    expect(() => heap.object(damaged(ids[0], 1, 0))).toThrow("does not lie within");
    expect(() => heap.object(damaged(ids[0], 5, 0))).toThrow("does not lie within");
    expect(() => heap.object(damaged(ids[0], 6, 0x7f))).toThrow("does not lie within");
    expect(() => heap.object(damaged(ids[1], 1, 9))).toThrow("no huge object 9");
    expect(() => heap.object(damaged(ids[0], 0, 0x30))).toThrow("reserved type");
    expect(() => heap.object(damaged(ids[0], 0, 0x40))).toThrow("version 1");
    expect(() => heap.object(ids[0].subarray(0, 4))).toThrow("has 4 bytes");
  });

  it("notice damage in direct blocks", () => {
    const { bytes, address, ids } = build([object(100, 1)], linkHeapParameters);
    const block = Buffer.from(bytes).indexOf("FHDB");
    bytes[block + 300] ^= 1;
    expect(() => openFractalHeap(bareContext(bytes), address, noFilters).object(ids[0])).toThrow("checksum");
  });
});

describe("the doubling table", () => {
  it("has the sizes of the specification", () => {
    const table = doublingTable(linkHeapParameters);
    expect(table.maxRows).toBe(22);
    expect(table.maxDirectRows).toBe(9);
    expect(table.blockSizes.slice(0, 10)).toEqual([512, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072]);
    expect([table.offsetWidth, table.lengthWidth]).toEqual([4, 2]);
    expect(rowOfOffset(table, 4095)).toBe(1);
    expect(rowOfOffset(table, 4096)).toBe(2);
    expect(rowsOfChild(table, 9)).toBe(7);
    expect(rowsOfChild(table, 10)).toBe(8);
  });

  it("refuses parameters that describe no heap", () => {
    expect(() => doublingTable({ ...linkHeapParameters, tableWidth: 3 })).toThrow("powers of two");
    expect(() => doublingTable({ ...linkHeapParameters, startingBlockSize: 0 })).toThrow("powers of two");
    expect(() => doublingTable({ ...linkHeapParameters, maxHeapBits: 5 })).toThrow("in a space of");
  });
});
