import { corrupt } from "../errors.js";
import { decodeAll } from "../storage/storage.js";
import type { BTreeV2Header, BTreeV2Node, BTreeV2Pointer } from "./btree-v2-node.js";
import { bTreeV2Record, decodeBTreeV2Header, decodeBTreeV2Node } from "./btree-v2-node.js";
import { ByteBudget } from "./byte-budget.js";
import type { ByteReader } from "./byte-reader.js";
import type { FileContext } from "./context.js";

/*
 * Reading version 2 B-trees of any record type (specification III.A.2, "Disk Format: Level 1A2 - Version 2
 * B-trees"). Each level is asked for at once, so a tree costs one round trip per level.
 */

/**
 * All records of the tree at `address`, in order.
 *
 * @throws MissingBytes for a whole level at once.
 */
export function readBTreeV2<Result>(
  context: FileContext,
  address: number,
  expectedTypes: readonly number[],
  decodeRecord: (reader: ByteReader) => Result,
): Result[] {
  const header = decodeBTreeV2Header(context, address, expectedTypes);
  const { root } = header;
  if (root === null) return [];
  const levels: BTreeV2Node[][] = [];
  const visited = new Set<number>();
  const budget = new ByteBudget(context.storage.size, "the nodes of a version 2 B-tree");
  let pointers: BTreeV2Pointer[] = [root];
  for (let level = header.depth; level >= 0; level--) {
    for (const pointer of pointers) {
      if (visited.has(pointer.address)) {
        throw corrupt("a version 2 B-tree node is reached twice", context.baseAddress + pointer.address);
      }
      visited.add(pointer.address);
      budget.take(pointer.recordCount * header.recordSize, context.baseAddress + pointer.address);
    }
    const nodes = decodeAll(pointers, (pointer) => decodeBTreeV2Node(context, header, pointer, level));
    levels.push(nodes);
    pointers = nodes.flatMap((node) => node.children);
  }
  return recordsInOrder(context, header, levels, decodeRecord);
}

/** Merges levels, root first, from the leaves up: a level's records stand between those of its children. */
function recordsInOrder<Result>(
  context: FileContext,
  header: BTreeV2Header,
  levels: readonly (readonly BTreeV2Node[])[],
  decodeRecord: (reader: ByteReader) => Result,
): Result[] {
  const results: Result[] = [];
  // The next node to visit of each level: nodes of a level stand in order.
  const next = levels.map(() => 0);
  const visit = (depth: number): void => {
    const node = levels[depth][next[depth]++];
    for (let index = 0; index < node.recordCount; index++) {
      if (node.children.length > 0) visit(depth + 1);
      results.push(decodeRecord(bTreeV2Record(context, header, node, index)));
    }
    if (node.children.length > 0) visit(depth + 1);
  };
  visit(0);
  return results;
}

/**
 * The record for which `compare` answers 0, found by descending from the root; `undefined` when there is none.
 *
 * @param compare negative when what is sought comes before the record, positive when it comes after.
 */
export function findInBTreeV2(
  context: FileContext,
  header: BTreeV2Header,
  compare: (record: ByteReader) => number,
): ByteReader | undefined {
  let pointer = header.root;
  for (let level = header.depth; level >= 0 && pointer !== null; level--) {
    const node: BTreeV2Node = decodeBTreeV2Node(context, header, pointer, level);
    let low = 0;
    let high = node.recordCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(bTreeV2Record(context, header, node, middle));
      if (order === 0) return bTreeV2Record(context, header, node, middle);
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    if (level > 0) pointer = node.children[low];
  }
  return undefined;
}
