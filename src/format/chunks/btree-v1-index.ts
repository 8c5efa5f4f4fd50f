import { corrupt } from "../errors.js";
import { decodeAll } from "../storage/storage.js";
import { ByteBudget } from "../structures/byte-budget.js";
import type { ChunkBTreeNode } from "../structures/chunk-btree.js";
import { decodeChunkBTreeNode } from "../structures/chunk-btree.js";
import type { FileContext } from "../structures/context.js";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.js";

/** The leaves are read anew each time: they are nearly all of the tree, and the pages that hold them are kept. */
function isKept(level: number): boolean {
  return level > 0;
}

/** The version 1 B-tree of a dataset's chunks (specification III.A.1, "Version 1 B-trees", node type 1). */
export class BTreeV1ChunkIndex implements ChunkIndex {
  readonly #context: FileContext;
  readonly #address: number;
  readonly #chunkDimensions: readonly number[];
  /** Nodes above the leaves. */
  readonly #nodes = new Map<number, ChunkBTreeNode>();
  #keptBytes = 0;

  constructor(context: FileContext, address: number, chunkDimensions: readonly number[]) {
    this.#context = context;
    this.#address = address;
    this.#chunkDimensions = chunkDimensions;
  }

  find(low: readonly number[], high: readonly number[]): ChunkRecord[] {
    const chunk = this.#chunkDimensions;
    const from: number[] = [];
    const to: number[] = [];
    let isOne = true;
    for (let axis = 0; axis < chunk.length; axis++) {
      from.push(low[axis] * chunk[axis]);
      to.push(high[axis] * chunk[axis]);
      isOne &&= low[axis] === high[axis];
    }
    const records: ChunkRecord[] = [];
    let node = this.#node(this.#address, null);
    let { level } = node.header;
    // Down one path as long as the box lies below one child.
    for (; level > 0; level--) {
      const last = node.lastUpTo(to);
      const first = isOne ? Math.max(0, last) : Math.max(0, node.lastUpTo(from));
      if (last < first) return records;
      if (last > first) {
        this.#collectBelow(node, level, from, to, records);
        return records;
      }
      node = this.#node(node.child(first), level - 1);
    }
    this.#collect(node, from, to, records);
    return records;
  }

  /** Collects from several paths, level by level; leaves stand in order, and so do their chunks. */
  #collectBelow(
    top: ChunkBTreeNode,
    topLevel: number,
    from: readonly number[],
    to: readonly number[],
    records: ChunkRecord[],
  ): void {
    const budget = new ByteBudget(this.#context.storage.size, "the nodes of a chunk index");
    let nodes = [top];
    for (let level = topLevel - 1; nodes.length > 0; level--) {
      const addresses = this.#childrenWithin(nodes, from, to);
      const decodeOne = (address: number): ChunkBTreeNode => {
        const node = this.#node(address, level);
        budget.take(node.length, this.#context.baseAddress + address);
        return node;
      };
      if (level === 0) {
        decodeAll(addresses, (address) => this.#collect(decodeOne(address), from, to, records));
        return;
      }
      nodes = decodeAll(addresses, decodeOne);
    }
  }

  /** Addresses of the children that may hold chunks of the box. A level of the tree has each node once. */
  #childrenWithin(nodes: readonly ChunkBTreeNode[], from: readonly number[], to: readonly number[]): Set<number> {
    const addresses = new Set<number>();
    for (const node of nodes) {
      const last = node.lastUpTo(to);
      for (let index = Math.max(0, node.lastUpTo(from)); index <= last; index++) {
        const address = node.child(index);
        if (addresses.has(address)) {
          throw corrupt("a chunk index node is reached twice", this.#context.baseAddress + address);
        }
        addresses.add(address);
      }
    }
    return addresses;
  }

  /** The node at `address`, which must be of `level` where that is known. */
  #node(address: number, level: number | null): ChunkBTreeNode {
    const kept = this.#nodes.get(address);
    const node = kept ?? decodeChunkBTreeNode(this.#context, address, this.#chunkDimensions.length, isKept);
    const found = node.header.level;
    if (level !== null && found !== level) {
      const offset = this.#context.baseAddress + address;
      throw corrupt(`a chunk index node has the level ${found}, expected ${level}`, offset);
    }
    if (kept === undefined && isKept(found)) this.#keep(address, node);
    return node;
  }

  #keep(address: number, node: ChunkBTreeNode): void {
    if (this.#keptBytes + node.length > this.#context.limits.cacheBytes) {
      this.#nodes.clear();
      this.#keptBytes = 0;
    }
    this.#nodes.set(address, node);
    this.#keptBytes += node.length;
  }

  /** Adds the chunks of a leaf that lie within the box. */
  #collect(leaf: ChunkBTreeNode, from: readonly number[], to: readonly number[], records: ChunkRecord[]): void {
    const chunk = this.#chunkDimensions;
    const rank = chunk.length;
    const last = leaf.lastUpTo(to);
    for (let entry = Math.max(0, leaf.lastUpTo(from)); entry <= last; entry++) {
      const scaled = new Array<number>(rank);
      let within = true;
      for (let axis = 0; axis < rank && within; axis++) {
        const offset = leaf.chunkOffset(entry, axis);
        within = offset >= from[axis] && offset <= to[axis];
        scaled[axis] = Math.floor(offset / chunk[axis]);
      }
      if (!within) continue;
      records.push({
        scaled,
        address: leaf.child(entry),
        size: leaf.chunkSize(entry),
        filterMask: leaf.filterMask(entry),
      });
    }
  }
}
