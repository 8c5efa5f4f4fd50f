/** Specification III.A.1, "Disk Format: Level 1A1 - Version 1 B-trees": what both node types share. */
import { corrupt } from "../errors.js";
import type { ByteReader, FieldSizes } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import type { FileContext } from "./context.js";
import { readerUpTo } from "./context.js";

/** "Node Type": 0 points at symbol table nodes, 1 at chunks of raw data. */
export type BTreeV1NodeType = 0 | 1;

/** What searches need of a node's header; keys and children, alternating, follow it. */
export interface BTreeV1NodeHeader {
  /** 0 for the nodes whose children are what the tree indexes. */
  readonly level: number;
  readonly entriesUsed: number;
}

/** The whole header of a new node. */
export interface NewBTreeV1NodeHeader extends BTreeV1NodeHeader {
  readonly nodeType: BTreeV1NodeType;
  readonly leftSibling: number | null;
  readonly rightSibling: number | null;
}

/** A block of new bytes and the address that was allocated for it. */
export interface NewBlock {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Bytes of a node header. */
export function bTreeV1HeaderSize(sizes: FieldSizes): number {
  return 8 + 2 * sizes.offsetSize;
}

/** Bytes that a node takes, whatever number of its `2 * k` entries are used. */
export function bTreeV1NodeSize(sizes: FieldSizes, keySize: number, k: number): number {
  return bTreeV1HeaderSize(sizes) + 2 * k * (keySize + sizes.offsetSize) + keySize;
}

/** The header of the node at `address`, but for its siblings, and a reader that stands at its first key. */
export function decodeBTreeV1Node(
  context: FileContext,
  address: number,
  nodeType: BTreeV1NodeType,
  keySize: number,
  k: number,
): { readonly header: BTreeV1NodeHeader; readonly reader: ByteReader } {
  const reader = readerUpTo(context, address, bTreeV1NodeSize(context, keySize, k));
  reader.signature("TREE");
  const type = reader.u8();
  if (type !== nodeType) throw corrupt(`expected a B-tree node of type ${nodeType}, found ${type}`, reader.offset - 1);
  const level = reader.u8();
  const entriesUsed = reader.u16();
  if (entriesUsed > 2 * k) {
    throw corrupt(`a B-tree node has ${entriesUsed} children, at most ${2 * k} fit`, reader.offset - 2);
  }
  reader.skip(2 * context.offsetSize);
  return { header: { level, entriesUsed }, reader };
}

/** Appends a node header to `writer`. */
export function encodeBTreeV1Header(writer: ByteWriter, header: NewBTreeV1NodeHeader): void {
  writer.signature("TREE");
  writer.u8(header.nodeType);
  writer.u8(header.level);
  writer.u16(header.entriesUsed);
  writer.address(header.leftSibling);
  writer.address(header.rightSibling);
}

/** What {@link buildBTreeV1} builds a tree from. */
export interface BTreeV1Contents {
  readonly nodeType: BTreeV1NodeType;
  readonly sizes: FieldSizes;
  readonly k: number;
  readonly keySize: number;
  /** Addresses of what the tree indexes, in key order. */
  readonly children: readonly number[];
  /** Appends key `index`: child `i` lies between the keys `i` and `i + 1`. */
  readonly writeKey: (writer: ByteWriter, index: number) => void;
  /** Answers the address of a new block of `size` bytes. */
  readonly allocate: (size: number) => number;
}

/** Splits `count` items into the fewest runs of at most `limit`, as even as can be; answers the run boundaries. */
export function evenRuns(count: number, limit: number): number[] {
  const runs = Math.max(1, Math.ceil(count / limit));
  const boundaries: number[] = [];
  for (let run = 0; run <= runs; run++) boundaries.push(Math.floor((run * count) / runs));
  return boundaries;
}

/** Builds a whole tree, bottom up; without children, one empty leaf. Answers the root's address and all nodes. */
export function buildBTreeV1(contents: BTreeV1Contents): { readonly address: number; readonly blocks: NewBlock[] } {
  const { sizes, k, keySize, nodeType, writeKey } = contents;
  const nodeSize = bTreeV1NodeSize(sizes, keySize, k);
  const blocks: NewBlock[] = [];
  let children = contents.children;
  let keys = Array.from({ length: children.length + 1 }, (_, index) => index);
  for (let level = 0; ; level++) {
    const runs = evenRuns(children.length, 2 * k);
    const addresses: number[] = [];
    for (let run = 1; run < runs.length; run++) addresses.push(contents.allocate(nodeSize));
    for (let run = 0; run < addresses.length; run++) {
      const start = runs[run];
      const end = runs[run + 1];
      const writer = new ByteWriter(sizes, nodeSize);
      encodeBTreeV1Header(writer, {
        nodeType,
        level,
        entriesUsed: end - start,
        leftSibling: run === 0 ? null : addresses[run - 1],
        rightSibling: run + 1 === addresses.length ? null : addresses[run + 1],
      });
      for (let child = start; child < end; child++) {
        writeKey(writer, keys[child]);
        writer.address(children[child]);
      }
      if (end > start) writeKey(writer, keys[end]);
      writer.fill(0, nodeSize - writer.length);
      blocks.push({ address: addresses[run], bytes: writer.finish() });
    }
    if (addresses.length === 1) return { address: addresses[0], blocks };
    const below = keys;
    keys = runs.map((boundary) => below[boundary]);
    children = addresses;
  }
}
