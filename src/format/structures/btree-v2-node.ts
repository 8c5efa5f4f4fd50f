import { corrupt, unsupported } from "../errors.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { lookup3 } from "./checksum.js";
import type { FileContext } from "./context.js";
import { readerAt, verifyChecksum } from "./context.js";

/*
 * Header, internal nodes and leaf nodes of a version 2 B-tree (specification III.A.2, "Disk Format: Level 1A2 -
 * Version 2 B-trees").
 */

/** Signature, version, type and checksum: what every node has around its records. */
const NODE_OVERHEAD = 10;

/** A node pointer: where a child is and how many records it holds. */
export interface BTreeV2Pointer {
  readonly address: number;
  /** Records in the node itself. */
  readonly recordCount: number;
  /** Records in the node and all its descendants. */
  readonly totalRecords: number;
}

/** What nodes of one depth hold; index 0 are the leaves. */
export interface BTreeV2Level {
  /** Records that fit in a node. */
  readonly maxRecords: number;
  /** Records that fit in a node and all its descendants. */
  readonly maxTotalRecords: number;
  /** Width of the "total number of records" of a pointer *to* this level; 0 for leaves, which have none. */
  readonly totalWidth: number;
}

/** What is set when a version 2 B-tree is made. */
export interface BTreeV2Parameters {
  readonly type: number;
  readonly nodeSize: number;
  readonly recordSize: number;
  readonly splitPercent: number;
  readonly mergePercent: number;
}

/** The header of a version 2 B-tree. */
export interface BTreeV2Header extends BTreeV2Parameters {
  readonly address: number;
  /** Levels of internal nodes above the leaves. */
  readonly depth: number;
  /** `null` when the tree is empty. */
  readonly root: BTreeV2Pointer | null;
  /** One per depth, leaves first. */
  readonly levels: readonly BTreeV2Level[];
  /** Width of the "number of records" of any node pointer. */
  readonly countWidth: number;
}

/** A decoded node. */
export interface BTreeV2Node {
  /** The records, one after another; a view that lasts as long as the running decode. */
  readonly records: Uint8Array;
  /** Absolute file offset of the first record. */
  readonly fileOffset: number;
  readonly recordCount: number;
  /** One more than records in an internal node; empty in a leaf. */
  readonly children: readonly BTreeV2Pointer[];
}

/** Bytes needed for any value up to `limit`. */
export function widthOfLimit(limit: number): number {
  let width = 1;
  for (let rest = Math.floor(limit / 256); rest > 0 && width < 8; rest = Math.floor(rest / 256)) width++;
  return width;
}

/** Capacity and pointer widths of the levels 0 (leaves) to `depth`. */
export function bTreeV2Levels(
  nodeSize: number,
  recordSize: number,
  depth: number,
  sizes: FieldSizes,
): { readonly levels: readonly BTreeV2Level[]; readonly countWidth: number } {
  const maxLeafRecords = Math.floor((nodeSize - NODE_OVERHEAD) / recordSize);
  const countWidth = widthOfLimit(maxLeafRecords);
  const levels: BTreeV2Level[] = [{ maxRecords: maxLeafRecords, maxTotalRecords: maxLeafRecords, totalWidth: 0 }];
  for (let level = 1; level <= depth; level++) {
    const below = levels[level - 1];
    const pointerSize = sizes.offsetSize + countWidth + below.totalWidth;
    const maxRecords = Math.floor((nodeSize - NODE_OVERHEAD - pointerSize) / (recordSize + pointerSize));
    const maxTotalRecords = (maxRecords + 1) * below.maxTotalRecords + maxRecords;
    levels.push({ maxRecords, maxTotalRecords, totalWidth: widthOfLimit(maxTotalRecords) });
  }
  return { levels, countWidth };
}

/** Bytes of a header. */
export function bTreeV2HeaderSize(sizes: FieldSizes): number {
  return 22 + sizes.offsetSize + sizes.lengthSize;
}

/**
 * Decodes the header at `address`.
 *
 * @throws HDF5Error `corrupt` when the tree is not of one of `expectedTypes`.
 */
export function decodeBTreeV2Header(
  context: FileContext,
  address: number,
  expectedTypes: readonly number[],
): BTreeV2Header {
  const size = bTreeV2HeaderSize(context);
  const reader = readerAt(context, address, size);
  reader.signature("BTHD");
  verifyChecksum(reader, size - 4, "a version 2 B-tree header");
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the version 2 B-tree header`, reader.offset - 1);
  const type = reader.u8();
  if (!expectedTypes.includes(type)) {
    throw corrupt(
      `expected a version 2 B-tree of type ${expectedTypes.join(" or ")}, found ${type}`,
      reader.offset - 1,
    );
  }
  const at = reader.offset;
  const nodeSize = reader.u32();
  const recordSize = reader.u16();
  const depth = reader.u16();
  const splitPercent = reader.u8();
  const mergePercent = reader.u8();
  const rootAddress = reader.address();
  const recordCount = reader.u16();
  const totalRecords = reader.length();
  if (recordSize === 0 || nodeSize < NODE_OVERHEAD + recordSize) {
    throw corrupt(`a version 2 B-tree has nodes of ${nodeSize} bytes and records of ${recordSize}`, at);
  }
  // Each level at least doubles the number of records, so a deeper tree cannot be real.
  if (depth > 52) throw corrupt(`a version 2 B-tree has the impossible depth ${depth}`, at);
  const { levels, countWidth } = bTreeV2Levels(nodeSize, recordSize, depth, context);
  const top = levels[depth];
  if (top.maxRecords < 1 || recordCount > top.maxRecords) {
    throw corrupt(`the root of a version 2 B-tree claims ${recordCount} records`, at);
  }
  const root = rootAddress === null ? null : { address: rootAddress, recordCount, totalRecords };
  if (root === null && totalRecords !== 0) throw corrupt("a version 2 B-tree with records has no root", at);
  return { address, type, nodeSize, recordSize, depth, splitPercent, mergePercent, root, levels, countWidth };
}

/** Encodes a header. */
export function encodeBTreeV2Header(
  parameters: BTreeV2Parameters,
  depth: number,
  root: BTreeV2Pointer | null,
  sizes: FieldSizes,
): Uint8Array {
  const writer = new ByteWriter(sizes, bTreeV2HeaderSize(sizes));
  writer.signature("BTHD");
  writer.u8(0);
  writer.u8(parameters.type);
  writer.u32(parameters.nodeSize);
  writer.u16(parameters.recordSize);
  writer.u16(depth);
  writer.u8(parameters.splitPercent);
  writer.u8(parameters.mergePercent);
  writer.address(root === null ? null : root.address);
  writer.u16(root === null ? 0 : root.recordCount);
  writer.lengthField(root === null ? 0 : root.totalRecords);
  writer.u32(lookup3(writer.written()));
  return writer.finish();
}

/** Decodes the node that `pointer` leads to; `level` 0 is a leaf. */
export function decodeBTreeV2Node(
  context: FileContext,
  header: BTreeV2Header,
  pointer: BTreeV2Pointer,
  level: number,
): BTreeV2Node {
  const { recordCount } = pointer;
  const recordBytes = recordCount * header.recordSize;
  const totalWidth = level > 0 ? header.levels[level - 1].totalWidth : 0;
  const childCount = level > 0 ? recordCount + 1 : 0;
  const content = 6 + recordBytes + childCount * (context.offsetSize + header.countWidth + totalWidth);
  const reader = readerAt(context, pointer.address, content + 4);
  const what = level > 0 ? "a version 2 B-tree internal node" : "a version 2 B-tree leaf node";
  reader.signature(level > 0 ? "BTIN" : "BTLF");
  verifyChecksum(reader, content, what);
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of ${what}`, reader.offset - 1);
  const type = reader.u8();
  if (type !== header.type) throw corrupt(`${what} has type ${type}, its header ${header.type}`, reader.offset - 1);
  const fileOffset = reader.offset;
  const records = reader.take(recordBytes);
  const children: BTreeV2Pointer[] = [];
  for (let index = 0; index < childCount; index++) {
    const at = reader.offset;
    const address = reader.definedAddress("a version 2 B-tree node");
    const count = reader.uint(header.countWidth);
    const totalRecords = totalWidth > 0 ? reader.uint(totalWidth) : count;
    if (count > header.levels[level - 1].maxRecords) {
      throw corrupt(`a version 2 B-tree node claims ${count} records, more than fit`, at);
    }
    children.push({ address, recordCount: count, totalRecords });
  }
  return { records, fileOffset, recordCount, children };
}

/** Encodes a whole node: `records` and, in an internal node, one more child than records. */
export function encodeBTreeV2Node(
  parameters: BTreeV2Parameters,
  records: readonly Uint8Array[],
  children: readonly BTreeV2Pointer[],
  countWidth: number,
  totalWidth: number,
  sizes: FieldSizes,
): Uint8Array {
  const writer = new ByteWriter(sizes, parameters.nodeSize);
  writer.signature(children.length > 0 ? "BTIN" : "BTLF");
  writer.u8(0);
  writer.u8(parameters.type);
  for (const record of records) writer.bytes(record);
  for (const child of children) {
    writer.address(child.address);
    writer.uint(child.recordCount, countWidth);
    if (totalWidth > 0) writer.uint(child.totalRecords, totalWidth);
  }
  writer.u32(lookup3(writer.written()));
  writer.fill(0, parameters.nodeSize - writer.length);
  return writer.finish();
}

/** A reader of record `index` of `node`. */
export function bTreeV2Record(
  context: FileContext,
  header: BTreeV2Header,
  node: BTreeV2Node,
  index: number,
): ByteReader {
  const start = index * header.recordSize;
  return new ByteReader(node.records.subarray(start, start + header.recordSize), node.fileOffset + start, context);
}
