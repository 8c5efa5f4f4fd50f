import { corrupt } from "../errors.js";
import { decodeAll } from "../storage/storage.js";
import { ByteBudget } from "../structures/byte-budget.js";
import type { ChunkBTreeNode } from "../structures/chunk-btree.js";
import { decodeChunkBTreeNode } from "../structures/chunk-btree.js";
import type { FileContext } from "../structures/context.js";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.js";

/** The version 1 B-tree of a dataset's chunks (specification III.A.1, "Version 1 B-trees", node type 1). */
export class BTreeV1ChunkIndex implements ChunkIndex {
  readonly #context: FileContext;
  readonly #address: number;
  readonly #chunkDimensions: readonly number[];
  readonly #nodes = new Map<number, ChunkBTreeNode>();

  constructor(context: FileContext, address: number, chunkDimensions: readonly number[]) {
    this.#context = context;
    this.#address = address;
    this.#chunkDimensions = chunkDimensions;
  }

  find(low: readonly number[], high: readonly number[]): ChunkRecord[] {
    const chunk = this.#chunkDimensions;
    const from = low.map((coordinate, axis) => coordinate * chunk[axis]);
    const to = high.map((coordinate, axis) => coordinate * chunk[axis]);
    const visited = new Set<number>();
    const budget = new ByteBudget(this.#context.storage.size, "the nodes of a chunk index");
    let addresses: number[] = [this.#address];
    let level: number | undefined;
    for (;;) {
      for (const address of addresses) {
        if (visited.has(address))
          throw corrupt("a chunk index node is reached twice", this.#context.baseAddress + address);
        visited.add(address);
      }
      const nodes = decodeAll(addresses, (address) => {
        const node = this.#node(address);
        budget.take(8 * node.offsets.length, this.#context.baseAddress + address);
        return node;
      });
      if (level === undefined) level = nodes[0].level;
      for (let index = 0; index < nodes.length; index++) {
        if (nodes[index].level !== level) {
          throw corrupt(
            `a chunk index node has the level ${nodes[index].level}, expected ${level}`,
            this.#context.baseAddress + addresses[index],
          );
        }
      }
      // Leaves stand in order, and so do their chunks.
      if (level === 0) return this.#collect(nodes, from, to);
      addresses = [];
      for (const node of nodes) this.#childrenWithin(node, from, to, addresses);
      if (addresses.length === 0) return [];
      level--;
    }
  }

  #node(address: number): ChunkBTreeNode {
    let node = this.#nodes.get(address);
    if (node === undefined) {
      node = decodeChunkBTreeNode(this.#context, address, this.#chunkDimensions.length);
      this.#nodes.set(address, node);
    }
    return node;
  }

  /** The child that may hold the offset `target`: the last whose first chunk does not come after it. */
  #childOf(node: ChunkBTreeNode, target: readonly number[]): number {
    let low = 0;
    let high = node.entriesUsed;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(node, middle, target) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #childrenWithin(node: ChunkBTreeNode, from: readonly number[], to: readonly number[], addresses: number[]): void {
    const last = this.#childOf(node, to);
    for (let child = Math.max(0, this.#childOf(node, from)); child <= last; child++)
      addresses.push(node.children[child]);
  }

  #compare(node: ChunkBTreeNode, key: number, target: readonly number[]): number {
    const rank = this.#chunkDimensions.length;
    const start = key * rank;
    for (let axis = 0; axis < rank; axis++) {
      const difference = node.offsets[start + axis] - target[axis];
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #collect(nodes: readonly ChunkBTreeNode[], from: readonly number[], to: readonly number[]): ChunkRecord[] {
    const chunk = this.#chunkDimensions;
    const rank = chunk.length;
    const records: ChunkRecord[] = [];
    for (const node of nodes) {
      const last = this.#childOf(node, to);
      for (let entry = Math.max(0, this.#childOf(node, from)); entry <= last; entry++) {
        const start = entry * rank;
        let within = true;
        for (let axis = 0; axis < rank && within; axis++) {
          const offset = node.offsets[start + axis];
          within = offset >= from[axis] && offset <= to[axis];
        }
        if (!within) continue;
        const scaled = new Array<number>(rank);
        for (let axis = 0; axis < rank; axis++) scaled[axis] = Math.floor(node.offsets[start + axis] / chunk[axis]);
        records.push({
          scaled,
          address: node.children[entry],
          size: node.chunkSizes[entry],
          filterMask: node.filterMasks[entry],
        });
      }
    }
    return records;
  }
}
