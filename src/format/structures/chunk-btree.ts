/** Specification III.A.1, "Version 1 B-trees", node type 1: the index of a chunked dataset (layout versions 1 to 3). */
import { corrupt, invalidArgument } from "../errors.js";
import type { BTreeV1NodeHeader, NewBlock } from "./btree-v1.js";
import { buildBTreeV1, decodeBTreeV1Node } from "./btree-v1.js";
import type { FieldSizes } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import type { FileContext } from "./context.js";

/** A decoded node, as columns. On levels above 0 the keys describe the first chunk below each child. */
export interface ChunkBTreeNode extends BTreeV1NodeHeader {
  /** Stored size of each child's chunk in bytes. */
  readonly chunkSizes: Uint32Array;
  /** Bit `i` set: filter `i` of the pipeline was skipped. */
  readonly filterMasks: Uint32Array;
  /**
   * Chunk offsets in elements, `rank` per key; one key more than there are children, which bounds the last one.
   * Empty where there are no children.
   */
  readonly offsets: Float64Array;
  /** Addresses of nodes one level below; on level 0, of chunks. */
  readonly children: Float64Array;
}

/** One chunk to be indexed. */
export interface ChunkRecord {
  /** Offset of the chunk's first element, one per axis. */
  readonly offsets: readonly number[];
  /** Stored size in bytes. */
  readonly size: number;
  readonly filterMask: number;
  readonly address: number;
}

/** Bytes of a key: the size, the mask and an offset per axis, with one more for the element. */
function chunkKeySize(rank: number): number {
  return 8 + 8 * (rank + 1);
}

/** Decodes the node at `address` of the index of a dataset with `rank` axes. */
export function decodeChunkBTreeNode(context: FileContext, address: number, rank: number): ChunkBTreeNode {
  const keySize = chunkKeySize(rank);
  const { header, reader } = decodeBTreeV1Node(context, address, 1, keySize, context.chunkInternalK);
  const count = header.entriesUsed;
  const keyCount = count === 0 ? 0 : count + 1;
  const at = reader.offset;
  const bytes = reader.take(count * (keySize + context.offsetSize) + (count === 0 ? 0 : keySize));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunkSizes = new Uint32Array(count);
  const filterMasks = new Uint32Array(count);
  const offsets = new Float64Array(keyCount * rank);
  const children = new Float64Array(count);
  const { addressParts } = context;
  let position = 0;
  for (let key = 0; key < keyCount; key++) {
    for (let axis = 0; axis < rank; axis++) {
      const low = position + 8 + 8 * axis;
      const offset = view.getUint32(low, true) + view.getUint32(low + 4, true) * 0x1_0000_0000;
      // The last key is only an upper bound, so it need not be exact.
      if (offset > Number.MAX_SAFE_INTEGER && key < count) throw corrupt("a chunk offset exceeds 2^53 - 1", at + low);
      offsets[key * rank + axis] = offset;
    }
    if (key === count) break;
    chunkSizes[key] = view.getUint32(position, true);
    filterMasks[key] = view.getUint32(position + 4, true);
    position += keySize;
    let child = 0;
    if (addressParts !== undefined) child = addressParts.translate(view.getBigUint64(position, true)) ?? Number.NaN;
    else for (let byte = context.offsetSize - 1; byte >= 0; byte--) child = child * 256 + bytes[position + byte];
    if (!(child <= Number.MAX_SAFE_INTEGER)) {
      throw corrupt("the address of a child of a chunk B-tree is undefined or exceeds 2^53 - 1", at + position);
    }
    children[key] = child;
    position += context.offsetSize;
  }
  return { ...header, chunkSizes, filterMasks, offsets, children };
}

function compareOffsets(left: readonly number[], right: readonly number[]): number {
  for (let axis = 0; axis < left.length; axis++) {
    if (left[axis] !== right[axis]) return left[axis] - right[axis];
  }
  return 0;
}

function checkRecords(records: readonly ChunkRecord[], chunkDimensions: readonly number[]): void {
  for (let index = 0; index < records.length; index++) {
    const { offsets } = records[index];
    if (offsets.length !== chunkDimensions.length) {
      throw invalidArgument(`a chunk has ${offsets.length} offsets, expected ${chunkDimensions.length}`);
    }
    if (index > 0 && compareOffsets(records[index - 1].offsets, offsets) >= 0) {
      throw invalidArgument(`chunk ${index} is not in order or occurs twice`);
    }
  }
}

/**
 * Builds the whole index of `records`, which are sorted by their offsets.
 *
 * The key past the last chunk is that chunk's offset plus one chunk in every dimension, the element's included.
 */
export function buildChunkBTree(
  records: readonly ChunkRecord[],
  chunkDimensions: readonly number[],
  elementSize: number,
  chunkInternalK: number,
  sizes: FieldSizes,
  allocate: (size: number) => number,
): { readonly address: number; readonly blocks: NewBlock[] } {
  checkRecords(records, chunkDimensions);
  const rank = chunkDimensions.length;
  const writeKey = (writer: ByteWriter, index: number): void => {
    if (index < records.length) {
      const record = records[index];
      writer.u32(record.size);
      writer.u32(record.filterMask);
      for (let axis = 0; axis < rank; axis++) writer.u64(record.offsets[axis]);
      writer.u64(0);
      return;
    }
    const last = records[records.length - 1].offsets;
    writer.u32(0);
    writer.u32(0);
    for (let axis = 0; axis < rank; axis++) writer.u64(last[axis] + chunkDimensions[axis]);
    writer.u64(elementSize);
  };
  return buildBTreeV1({
    nodeType: 1,
    sizes,
    k: chunkInternalK,
    keySize: chunkKeySize(rank),
    children: records.map((record) => record.address),
    writeKey,
    allocate,
  });
}
