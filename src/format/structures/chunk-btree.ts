/** Specification III.A.1, "Version 1 B-trees", node type 1: the index of a chunked dataset (layout versions 1 to 3). */
import { corrupt, invalidArgument } from "../errors.js";
import type { BTreeV1NodeHeader, NewBlock } from "./btree-v1.js";
import { buildBTreeV1, decodeBTreeV1Node } from "./btree-v1.js";
import type { FieldSizes } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import type { FileContext } from "./context.js";

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

/**
 * A node of the index, whose keys and children are read from its bytes one by one: a search passes few of them. On
 * levels above 0 the keys describe the first chunk below each child.
 */
export class ChunkBTreeNode {
  readonly header: BTreeV1NodeHeader;
  readonly #rank: number;
  readonly #context: FileContext;
  readonly #view: DataView;
  /** Absolute offset of the first key. */
  readonly #fileOffset: number;
  /** Bytes from one key to the next. */
  readonly #stride: number;

  /** Use {@link decodeChunkBTreeNode}; `view` begins with the first key. */
  constructor(header: BTreeV1NodeHeader, context: FileContext, rank: number, view: DataView, fileOffset: number) {
    this.header = header;
    this.#rank = rank;
    this.#context = context;
    this.#view = view;
    this.#fileOffset = fileOffset;
    this.#stride = chunkKeySize(rank) + context.offsetSize;
  }

  /** Bytes of keys and children. */
  get length(): number {
    return this.#view.byteLength;
  }

  /** Stored size of a child's chunk in bytes. */
  chunkSize(child: number): number {
    return this.#view.getUint32(child * this.#stride, true);
  }

  /** Bit `i` set: filter `i` of the pipeline was skipped. */
  filterMask(child: number): number {
    return this.#view.getUint32(child * this.#stride + 4, true);
  }

  /** Offset of a child's first chunk in elements; inexact where it exceeds 2^53 - 1, as in no array. */
  chunkOffset(child: number, axis: number): number {
    return this.#uint64(child * this.#stride + 8 + 8 * axis);
  }

  #uint64(at: number): number {
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }

  /** Address of a node one level below; on level 0, of a chunk. */
  child(index: number): number {
    const { addressParts, offsetSize } = this.#context;
    const at = (index + 1) * this.#stride - offsetSize;
    let address = 0;
    if (addressParts !== undefined) address = addressParts.translate(this.#view.getBigUint64(at, true)) ?? Number.NaN;
    else if (offsetSize === 8) address = this.#uint64(at);
    else for (let byte = offsetSize - 1; byte >= 0; byte--) address = address * 256 + this.#view.getUint8(at + byte);
    if (!(address <= Number.MAX_SAFE_INTEGER)) {
      const offset = this.#fileOffset + at;
      throw corrupt("the address of a child of a chunk B-tree is undefined or exceeds 2^53 - 1", offset);
    }
    return address;
  }

  /** The child that may hold the offset `target`: the last whose first chunk does not come after it, -1 for none. */
  lastUpTo(target: readonly number[]): number {
    let low = 0;
    let high = this.header.entriesUsed;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isAfter(middle, target)) high = middle;
      else low = middle + 1;
    }
    return low - 1;
  }

  #isAfter(child: number, target: readonly number[]): boolean {
    for (let axis = 0; axis < this.#rank; axis++) {
      const offset = this.chunkOffset(child, axis);
      if (offset !== target[axis]) return offset > target[axis];
    }
    return false;
  }
}

/**
 * Decodes the node at `address` of the index of a dataset with `rank` axes. A node that `isKept` has a copy of its
 * bytes; another is valid until the running decode returns.
 */
export function decodeChunkBTreeNode(
  context: FileContext,
  address: number,
  rank: number,
  isKept: (level: number) => boolean = () => true,
): ChunkBTreeNode {
  const keySize = chunkKeySize(rank);
  const { header, reader } = decodeBTreeV1Node(context, address, 1, keySize, context.chunkInternalK);
  const { level, entriesUsed } = header;
  const { bytes, position, offset } = reader;
  // The key after the last child bounds what is below it.
  const length = entriesUsed * (keySize + context.offsetSize) + (entriesUsed === 0 ? 0 : keySize);
  reader.skip(length);
  const view = isKept(level)
    ? new DataView(bytes.slice(position, position + length).buffer)
    : new DataView(bytes.buffer, bytes.byteOffset + position, length);
  return new ChunkBTreeNode(header, context, rank, view, offset);
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
