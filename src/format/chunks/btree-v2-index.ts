import { corrupt } from "../errors.js";
import { decodeAll } from "../storage/storage.js";
import type { BTreeV2Header, BTreeV2Pointer } from "../structures/btree-v2-node.js";
import { decodeBTreeV2Header, decodeBTreeV2Node } from "../structures/btree-v2-node.js";
import { ByteBudget } from "../structures/byte-budget.js";
import { ByteReader } from "../structures/byte-reader.js";
import type { FileContext } from "../structures/context.js";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.js";

/** Record types: chunks without and with filters. */
const UNFILTERED = 10;
const FILTERED = 11;

/** A node's records as columns. */
interface ChunkNode {
  readonly count: number;
  readonly addresses: Float64Array;
  readonly sizes: Float64Array | null;
  readonly filterMasks: Uint32Array | null;
  /** `rank` coordinates per record. */
  readonly scaled: Float64Array;
  readonly children: readonly BTreeV2Pointer[];
}

/**
 * The version 2 B-tree of a dataset's chunks, record types 10 and 11 (specification VII.E, "The Version 2 B-trees
 * Index").
 */
export class BTreeV2ChunkIndex implements ChunkIndex {
  readonly #context: FileContext;
  readonly #address: number;
  readonly #rank: number;
  readonly #chunkBytes: number | null;
  #header: BTreeV2Header | undefined;
  readonly #nodes = new Map<number, ChunkNode>();

  /** @param chunkBytes size of every chunk of an unfiltered dataset; `null` for a filtered one. */
  constructor(context: FileContext, address: number, rank: number, chunkBytes: number | null) {
    this.#context = context;
    this.#address = address;
    this.#rank = rank;
    this.#chunkBytes = chunkBytes;
  }

  find(low: readonly number[], high: readonly number[]): ChunkRecord[] {
    const header = this.#openHeader();
    if (header.root === null) return [];
    const visited = new Set<number>();
    const budget = new ByteBudget(this.#context.storage.size, "the nodes of a chunk index");
    let pointers: BTreeV2Pointer[] = [header.root];
    for (let level = header.depth; level >= 0; level--) {
      for (const { address, recordCount } of pointers) {
        if (visited.has(address))
          throw corrupt("a chunk index node is reached twice", this.#context.baseAddress + address);
        visited.add(address);
        budget.take(recordCount * header.recordSize, this.#context.baseAddress + address);
      }
      const nodes = decodeAll(pointers, (pointer) => this.#node(header, pointer, level));
      pointers = [];
      if (level === 0) break;
      for (const node of nodes) {
        const first = this.#lowerBound(node, low);
        const last = this.#lowerBound(node, high);
        for (let child = first; child <= last; child++) pointers.push(node.children[child]);
      }
    }
    const records: ChunkRecord[] = [];
    this.#collect(header, header.root, header.depth, low, high, records);
    return records;
  }

  #openHeader(): BTreeV2Header {
    if (this.#header !== undefined) return this.#header;
    const filtered = this.#chunkBytes === null;
    const header = decodeBTreeV2Header(this.#context, this.#address, [filtered ? FILTERED : UNFILTERED]);
    const sizeWidth = header.recordSize - this.#context.offsetSize - 8 * this.#rank - (filtered ? 4 : 0);
    if (filtered ? sizeWidth < 1 || sizeWidth > 8 : sizeWidth !== 0) {
      throw corrupt(
        `records of ${header.recordSize} bytes are impossible for chunks of ${this.#rank} axes`,
        this.#context.baseAddress + this.#address,
      );
    }
    this.#header = header;
    return header;
  }

  #node(header: BTreeV2Header, pointer: BTreeV2Pointer, level: number): ChunkNode {
    let node = this.#nodes.get(pointer.address);
    if (node === undefined) {
      node = this.#decodeNode(header, pointer, level);
      this.#nodes.set(pointer.address, node);
    }
    return node;
  }

  #decodeNode(header: BTreeV2Header, pointer: BTreeV2Pointer, level: number): ChunkNode {
    const decoded = decodeBTreeV2Node(this.#context, header, pointer, level);
    const rank = this.#rank;
    const count = decoded.recordCount;
    const reader = new ByteReader(decoded.records, decoded.fileOffset, this.#context);
    const addresses = new Float64Array(count);
    const scaled = new Float64Array(count * rank);
    const filtered = this.#chunkBytes === null;
    const sizes = filtered ? new Float64Array(count) : null;
    const filterMasks = filtered ? new Uint32Array(count) : null;
    const sizeWidth = header.recordSize - this.#context.offsetSize - 8 * rank - 4;
    for (let index = 0; index < count; index++) {
      // A chunk that was removed may keep its record.
      addresses[index] = reader.address() ?? -1;
      if (sizes !== null && filterMasks !== null) {
        sizes[index] = reader.uint(sizeWidth);
        filterMasks[index] = reader.u32();
      }
      for (let axis = 0; axis < rank; axis++) scaled[index * rank + axis] = reader.u64();
    }
    return { count, addresses, sizes, filterMasks, scaled, children: decoded.children };
  }

  /** Number of records whose coordinates come before `target` in row-major order. */
  #lowerBound(node: ChunkNode, target: readonly number[]): number {
    let low = 0;
    let high = node.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(node, middle, target) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #compare(node: ChunkNode, index: number, target: readonly number[]): number {
    const start = index * this.#rank;
    for (let axis = 0; axis < this.#rank; axis++) {
      const difference = node.scaled[start + axis] - target[axis];
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #collect(
    header: BTreeV2Header,
    pointer: BTreeV2Pointer,
    level: number,
    low: readonly number[],
    high: readonly number[],
    records: ChunkRecord[],
  ): void {
    const node = this.#node(header, pointer, level);
    const first = this.#lowerBound(node, low);
    const last = this.#lowerBound(node, high);
    // The children that were read and no others, whatever order damaged records are in: the walk ends.
    for (let index = first; index <= last; index++) {
      if (level > 0) this.#collect(header, node.children[index], level - 1, low, high, records);
      if (index < node.count && this.#compare(node, index, high) <= 0) this.#push(node, index, low, high, records);
    }
  }

  #push(node: ChunkNode, index: number, low: readonly number[], high: readonly number[], records: ChunkRecord[]): void {
    const address = node.addresses[index];
    if (address < 0) return;
    const rank = this.#rank;
    const start = index * rank;
    for (let axis = 0; axis < rank; axis++) {
      const coordinate = node.scaled[start + axis];
      if (coordinate < low[axis] || coordinate > high[axis]) return;
    }
    const scaled = new Array<number>(rank);
    for (let axis = 0; axis < rank; axis++) scaled[axis] = node.scaled[start + axis];
    records.push({
      scaled,
      address,
      size: node.sizes === null ? (this.#chunkBytes ?? 0) : node.sizes[index],
      filterMask: node.filterMasks === null ? 0 : node.filterMasks[index],
    });
  }
}
