import { invalidArgument } from "../errors.js";
import type { Allocate, BuiltStructure, PlacedBlock } from "./btree-v2-builder.js";
import { buildBTreeV2, smallBTreeV2 } from "./btree-v2-builder.js";
import type { FieldSizes } from "./byte-reader.js";
import {
  directBlockOverhead,
  encodeDirectBlock,
  encodeIndirectBlock,
  indirectBlockSize,
} from "./fractal-heap-blocks.js";
import type { DoublingTable } from "./fractal-heap-doubling-table.js";
import { doublingTable, rowOfOffset, rowsOfChild } from "./fractal-heap-doubling-table.js";
import type { FractalHeapParameters } from "./fractal-heap-header.js";
import { encodeFractalHeapHeader, fractalHeapHeaderSize } from "./fractal-heap-header.js";
import type { FractalHeapIdContext, HugeObject } from "./fractal-heap-id.js";
import {
  encodeFractalHeapId,
  encodeHugeRecord,
  hugeIdsAreDirect,
  hugeRecordType,
  maxTinySize,
} from "./fractal-heap-id.js";

/*
 * Building whole fractal heaps (specification III.G, "Disk Format: Level 1G - Fractal Heap").
 *
 * Space left in blocks is not tracked: the heap has no free-space manager until one is needed, and new objects then
 * go into new blocks.
 */

/** How heaps of links are made. */
export const linkHeapParameters: FractalHeapParameters = {
  idLength: 7,
  checksumDirectBlocks: true,
  maxManagedSize: 4096,
  tableWidth: 4,
  startingBlockSize: 512,
  maxDirectBlockSize: 65536,
  maxHeapBits: 32,
  startingRootRows: 1,
};

/** How heaps of attributes are made. */
export const attributeHeapParameters: FractalHeapParameters = {
  ...linkHeapParameters,
  idLength: 8,
  startingBlockSize: 1024,
  maxHeapBits: 40,
};

/** A heap built from nothing; `heapIds` are in the order of the objects. */
export interface BuiltFractalHeap extends BuiltStructure {
  readonly heapIds: readonly Uint8Array[];
}

/** A direct block being filled. */
interface OpenBlock {
  readonly offset: number;
  readonly size: number;
  used: number;
  readonly objects: Uint8Array[];
}

/** Blocks that a small object may still be put into; more make little difference. */
const OPEN_BLOCKS = 8;

/** Builds a heap of `objects`. */
export function buildFractalHeap(
  objects: readonly Uint8Array[],
  parameters: FractalHeapParameters,
  sizes: FieldSizes,
  allocate: Allocate,
): BuiltFractalHeap {
  const table = doublingTable(parameters);
  const idContext: FractalHeapIdContext = { idLength: parameters.idLength, filtered: false, table, sizes };
  const address = allocate(fractalHeapHeaderSize(sizes));
  const overhead = directBlockOverhead(table, parameters.checksumDirectBlocks, sizes);
  const placement = new Placement(table, overhead);
  const huge = new HugeObjects(idContext, allocate);
  const tinyLimit = maxTinySize(parameters.idLength);
  const heapIds: Uint8Array[] = [];
  let managedSize = 0;
  let managedCount = 0;
  let tinySize = 0;
  let tinyCount = 0;
  for (const object of objects) {
    if (object.length === 0) throw invalidArgument("a fractal heap cannot hold an empty object");
    if (object.length > parameters.maxManagedSize) {
      heapIds.push(huge.add(object));
    } else if (object.length <= tinyLimit) {
      heapIds.push(encodeFractalHeapId({ kind: "tiny", data: object }, idContext));
      tinySize += object.length;
      tinyCount++;
    } else {
      const offset = placement.place(object);
      heapIds.push(encodeFractalHeapId({ kind: "managed", offset, length: object.length }, idContext));
      managedSize += object.length;
      managedCount++;
    }
  }
  const blocks: PlacedBlock[] = [];
  const hugeIndexAddress = huge.finish(blocks);
  const root = placement.encode(address, parameters.checksumDirectBlocks, sizes, allocate, blocks);
  const header = encodeFractalHeapHeader(
    {
      ...parameters,
      address,
      hugeIdsWrapped: false,
      nextHugeId: hugeIdsAreDirect(idContext) ? 0 : huge.count,
      hugeIndexAddress,
      freeSpace: root.capacity - managedSize,
      freeSpaceManagerAddress: null,
      managedSpace: root.managedSpace,
      allocatedSpace: root.allocatedSpace,
      iteratorOffset: root.iteratorOffset,
      managedCount,
      hugeSize: huge.size,
      hugeCount: huge.count,
      tinySize,
      tinyCount,
      rootAddress: root.address,
      rootRows: root.rows,
    },
    sizes,
  );
  blocks.push({ address, bytes: header });
  return { address, heapIds, blocks };
}

/** Huge objects, each in its own space of the file, and their B-tree. */
class HugeObjects {
  readonly #context: FractalHeapIdContext;
  readonly #allocate: Allocate;
  readonly #placed: { readonly object: HugeObject; readonly bytes: Uint8Array }[] = [];
  size = 0;

  constructor(context: FractalHeapIdContext, allocate: Allocate) {
    this.#context = context;
    this.#allocate = allocate;
  }

  get count(): number {
    return this.#placed.length;
  }

  add(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    const object: HugeObject = { address: this.#allocate(length), length, filterMask: 0, memorySize: length };
    this.#placed.push({ object, bytes });
    this.size += length;
    if (hugeIdsAreDirect(this.#context)) return encodeFractalHeapId({ kind: "huge-direct", object }, this.#context);
    return encodeFractalHeapId({ kind: "huge-indirect", key: this.count }, this.#context);
  }

  /** Adds the objects and their index to `blocks`; the index's address, `null` without any. */
  finish(blocks: PlacedBlock[]): number | null {
    if (this.#placed.length === 0) return null;
    for (const { object, bytes } of this.#placed) blocks.push({ address: object.address, bytes });
    const { sizes } = this.#context;
    const direct = hugeIdsAreDirect(this.#context);
    const placed = [...this.#placed];
    if (direct) placed.sort((a, b) => a.object.address - b.object.address);
    const records = placed.map(({ object }, index) => encodeHugeRecord(object, direct ? null : index + 1, sizes));
    const recordSize = sizes.offsetSize + sizes.lengthSize * (direct ? 1 : 2);
    const type = hugeRecordType(this.#context);
    const index = buildBTreeV2({ ...smallBTreeV2, type, recordSize }, records, sizes, this.#allocate);
    blocks.push(...index.blocks);
    return index.address;
  }
}

/** The root as encoded, and what the header says of it. */
interface EncodedRoot {
  readonly address: number | null;
  readonly rows: number;
  readonly managedSpace: number;
  readonly allocatedSpace: number;
  readonly iteratorOffset: number;
  /** Bytes for objects in all direct blocks of the managed space, allocated or not. */
  readonly capacity: number;
}

/** Puts managed objects into direct blocks of the doubling table. */
class Placement {
  readonly #table: DoublingTable;
  readonly #overhead: number;
  readonly #blocks = new Map<number, OpenBlock>();
  /** Blocks with space left, newest last. */
  #open: OpenBlock[] = [];
  /** Offsets of blocks passed over because they were too small, by size. */
  readonly #skipped = new Map<number, number[]>();
  /** Offset of the next block of the doubling table. */
  #next = 0;

  constructor(table: DoublingTable, overhead: number) {
    this.#table = table;
    this.#overhead = overhead;
  }

  /** Offset of `object` in the heap's space. */
  place(object: Uint8Array): number {
    const { length } = object;
    let block = this.#open.find((candidate) => candidate.used + length <= candidate.size);
    if (block === undefined) {
      block = this.#newBlock(length + this.#overhead);
      this.#open.push(block);
      if (this.#open.length > OPEN_BLOCKS) this.#open.shift();
    }
    const offset = block.offset + block.used;
    block.objects.push(object);
    block.used += length;
    // What is left is too small for most objects; searching it again costs more than it saves.
    if (block.size - block.used < 32) this.#open = this.#open.filter((candidate) => candidate !== block);
    return offset;
  }

  #newBlock(needed: number): OpenBlock {
    const { blockSizes, maxDirectRows } = this.#table;
    for (let row = 1; row < maxDirectRows; row++) {
      if (blockSizes[row] < needed) continue;
      const offset = this.#skipped.get(blockSizes[row])?.shift();
      if (offset !== undefined) return this.#register(offset, blockSizes[row]);
    }
    for (;;) {
      const offset = this.#next;
      const size = this.#directBlockSize(offset);
      this.#next += size;
      if (size >= needed) return this.#register(offset, size);
      const sameSize = this.#skipped.get(size);
      if (sameSize === undefined) this.#skipped.set(size, [offset]);
      else sameSize.push(offset);
    }
  }

  #register(offset: number, size: number): OpenBlock {
    const block: OpenBlock = { offset, size, used: this.#overhead, objects: [] };
    this.#blocks.set(offset, block);
    return block;
  }

  /** Size of the direct block that starts at `offset`. */
  #directBlockSize(offset: number): number {
    const table = this.#table;
    let within = offset;
    for (;;) {
      const row = rowOfOffset(table, within);
      if (row >= table.maxRows) throw invalidArgument("the objects do not fit in one fractal heap");
      const size = table.blockSizes[row];
      if (row < table.maxDirectRows) return size;
      within = (within - table.rowOffsets[row]) % size;
    }
  }

  /** Encodes all blocks and answers the root. */
  encode(
    heapAddress: number,
    checksummed: boolean,
    sizes: FieldSizes,
    allocate: Allocate,
    blocks: PlacedBlock[],
  ): EncodedRoot {
    const table = this.#table;
    const addresses = new Map<number, number>();
    let allocatedSpace = 0;
    for (const { offset, size, objects } of this.#blocks.values()) {
      const address = allocate(size);
      addresses.set(offset, address);
      allocatedSpace += size;
      const bytes = encodeDirectBlock(heapAddress, offset, size, objects, table, checksummed, sizes);
      blocks.push({ address, bytes });
    }
    if (addresses.size === 0) {
      return { address: null, rows: 0, managedSpace: 0, allocatedSpace: 0, iteratorOffset: 0, capacity: 0 };
    }
    const first = addresses.get(0);
    if (addresses.size === 1 && first !== undefined) {
      const size = table.blockSizes[0];
      const capacity = size - this.#overhead;
      return { address: first, rows: 0, managedSpace: size, allocatedSpace, iteratorOffset: 0, capacity };
    }
    let rows = 1;
    while (table.rowOffsets[rows] < this.#next) rows = Math.min(2 * rows, table.maxRows);
    const offsets = [...addresses.keys()].sort((a, b) => a - b);
    const encodeIndirect = (blockOffset: number, blockRows: number): number => {
      const children: (number | null)[] = [];
      for (let row = 0; row < blockRows; row++) {
        const size = table.blockSizes[row];
        for (let column = 0; column < table.width; column++) {
          const offset = blockOffset + table.rowOffsets[row] + column * size;
          if (row < table.maxDirectRows) children.push(addresses.get(offset) ?? null);
          else if (!anyWithin(offsets, offset, offset + size)) children.push(null);
          else children.push(encodeIndirect(offset, rowsOfChild(table, row)));
        }
      }
      const address = allocate(indirectBlockSize(table, blockRows, sizes));
      blocks.push({ address, bytes: encodeIndirectBlock(heapAddress, blockOffset, children, table, sizes) });
      return address;
    };
    return {
      address: encodeIndirect(0, rows),
      rows,
      managedSpace: table.rowOffsets[rows],
      allocatedSpace,
      iteratorOffset: this.#next,
      capacity: this.#capacityOfRows(rows),
    };
  }

  /** Bytes for objects in all direct blocks of `rows` rows, those of nested blocks included. */
  #capacityOfRows(rows: number): number {
    const table = this.#table;
    let capacity = 0;
    for (let row = 0; row < rows; row++) {
      const block =
        row < table.maxDirectRows
          ? table.blockSizes[row] - this.#overhead
          : this.#capacityOfRows(rowsOfChild(table, row));
      capacity += block * table.width;
    }
    return capacity;
  }
}

/** Whether one of the sorted `values` lies in `[start, end)`. */
function anyWithin(values: readonly number[], start: number, end: number): boolean {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < start) low = middle + 1;
    else high = middle;
  }
  return low < values.length && values[low] < end;
}
