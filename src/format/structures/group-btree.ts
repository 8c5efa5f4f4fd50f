/** Specification III.A.1, "Version 1 B-trees", node type 0: the index of an old-style group. */

import type { BTreeV1NodeHeader, NewBlock } from "./btree-v1.js";
import { buildBTreeV1, decodeBTreeV1Node } from "./btree-v1.js";
import type { FieldSizes } from "./byte-reader.js";
import type { FileContext } from "./context.js";

/** A decoded node. Child `i` holds the names greater than key `i` and at most key `i + 1`. */
export interface GroupBTreeNode extends BTreeV1NodeHeader {
  /** Local-heap offsets of names, one more than there are children (none where there are no children). */
  readonly keys: readonly number[];
  /** Addresses of nodes one level below; on level 0, of symbol table nodes. */
  readonly children: readonly number[];
}

/** Decodes the node at `address`. */
export function decodeGroupBTreeNode(context: FileContext, address: number): GroupBTreeNode {
  const { header, reader } = decodeBTreeV1Node(context, address, 0, context.lengthSize, context.groupInternalK);
  const keys: number[] = [];
  const children: number[] = [];
  for (let index = 0; index < header.entriesUsed; index++) {
    keys.push(reader.length());
    children.push(reader.definedAddress("a child of a group B-tree"));
  }
  if (header.entriesUsed > 0) keys.push(reader.length());
  return { ...header, keys, children };
}

/**
 * Searches the node at `address` and decodes only the keys that the search passes.
 *
 * @param compare compares the name sought with that at a local-heap offset.
 * @returns the node's level and the child that would hold the name, `null` where none can.
 */
export function searchGroupBTreeNode(
  context: FileContext,
  address: number,
  compare: (nameOffset: number) => number,
): { readonly level: number; readonly child: number | null } {
  const { header, reader } = decodeBTreeV1Node(context, address, 0, context.lengthSize, context.groupInternalK);
  const start = reader.position;
  const step = context.lengthSize + context.offsetSize;
  // The first child whose right key is not less than the name.
  let low = 0;
  let high = header.entriesUsed;
  while (low < high) {
    const middle = (low + high) >>> 1;
    reader.position = start + (middle + 1) * step;
    if (compare(reader.length()) <= 0) high = middle;
    else low = middle + 1;
  }
  if (low === header.entriesUsed) return { level: header.level, child: null };
  reader.position = start + low * step + context.lengthSize;
  return { level: header.level, child: reader.definedAddress("a child of a group B-tree") };
}

/**
 * Builds the tree over symbol table nodes at `children`; `lastNames[i]` is the heap offset of the last name in
 * node `i`. The first key is the empty name.
 */
export function buildGroupBTree(
  children: readonly number[],
  lastNames: readonly number[],
  sizes: FieldSizes,
  groupInternalK: number,
  allocate: (size: number) => number,
): { readonly address: number; readonly blocks: NewBlock[] } {
  return buildBTreeV1({
    nodeType: 0,
    sizes,
    k: groupInternalK,
    keySize: sizes.lengthSize,
    children,
    writeKey: (writer, index) => writer.lengthField(index === 0 ? 0 : lastNames[index - 1]),
    allocate,
  });
}
