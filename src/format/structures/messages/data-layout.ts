import { corrupt, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** Raw data inside the object header. */
export interface CompactLayout {
  readonly kind: "compact";
  readonly version: number;
  readonly data: Uint8Array;
}

/** Raw data in one block; `address` is `null` until allocated. */
export interface ContiguousLayout {
  readonly kind: "contiguous";
  readonly version: number;
  readonly address: number | null;
  /** Stored size in bytes; `null` in versions 1 and 2, where it follows from dataspace and datatype. */
  readonly size: number | null;
}

/** How chunks are found. Version 1–3 layouts always use `btree-v1`. */
export type ChunkIndexing =
  | { readonly type: "btree-v1" }
  | { readonly type: "single-chunk"; readonly filtered: { readonly size: number; readonly filterMask: number } | null }
  | { readonly type: "implicit" }
  | { readonly type: "fixed-array"; readonly pageBits: number }
  | {
      readonly type: "extensible-array";
      readonly maxBits: number;
      readonly indexElements: number;
      readonly minPointers: number;
      readonly minElements: number;
      readonly pageBits: number;
    }
  | {
      readonly type: "btree-v2";
      readonly nodeSize: number;
      readonly splitPercent: number;
      readonly mergePercent: number;
    };

/** Raw data in chunks; `address` of the index is `null` until one exists. */
export interface ChunkedLayout {
  readonly kind: "chunked";
  readonly version: number;
  /** Chunk dimensions in elements; one per axis of the dataspace. */
  readonly chunkDimensions: readonly number[];
  /** Bytes of one element, as the layout message has them. */
  readonly elementSize: number;
  readonly address: number | null;
  readonly indexing: ChunkIndexing;
  /** Version 4 and 5 flag bit 0: partial edge chunks are stored unfiltered. */
  readonly edgeChunksUnfiltered: boolean;
}

/** Data mapped from other datasets; the mapping is a global-heap object. */
export interface VirtualLayout {
  readonly kind: "virtual";
  readonly version: number;
  readonly heapAddress: number | null;
  readonly heapIndex: number;
}

/** Specification IV.A.2.i, "The Data Layout Message". */
export type DataLayout = CompactLayout | ContiguousLayout | ChunkedLayout | VirtualLayout;

/** Stored layout classes. */
const compactClass = 0;
const contiguousClass = 1;
const chunkedClass = 2;
const virtualClass = 3;

/** One more than a dataspace has, for the element size. */
const maxLayoutRank = 33;

/** Flags of chunked layouts since version 4. */
const edgeChunksUnfilteredFlag = 0x01;
const singleChunkFilteredFlag = 0x02;

/** Stored index types; 0 is the version 1 B-tree, which version 4 has no longer. */
const indexTypes = [
  "btree-v1",
  "single-chunk",
  "implicit",
  "fixed-array",
  "extensible-array",
  "btree-v2",
] as const satisfies readonly ChunkIndexing["type"][];

/**
 * Decodes versions 1–5. Version 5 (HDF5 2.0) has the form of version 4; what it changes is the width of chunk sizes
 * in the records of chunk indexes.
 */
export function decodeDataLayout(reader: ByteReader): DataLayout {
  const start = reader.offset;
  const version = reader.u8();
  if (version < 1 || version > 5) throw unsupported(`version ${version} of the data layout message`, start);
  if (version < 3) return decodeOldLayout(reader, version);
  const layoutClass = reader.u8();
  switch (layoutClass) {
    case compactClass:
      return { kind: "compact", version, data: reader.take(reader.u16()).slice() };
    case contiguousClass:
      return { kind: "contiguous", version, address: reader.address(), size: reader.length() };
    case chunkedClass:
      return version === 3 ? decodeBTreeChunks(reader, version) : decodeIndexedChunks(reader, version);
    case virtualClass:
      if (version >= 4) return { kind: "virtual", version, heapAddress: reader.address(), heapIndex: reader.u32() };
  }
  throw corrupt(`${layoutClass} is not a class of version ${version} data layouts`, start + 1);
}

/** Versions 1 and 2, which put the dimensions first whatever the class. */
function decodeOldLayout(reader: ByteReader, version: number): DataLayout {
  const start = reader.offset;
  const rank = reader.u8();
  const layoutClass = reader.u8();
  reader.skip(5);
  switch (layoutClass) {
    case compactClass:
      reader.skip(rank * 4);
      return { kind: "compact", version, data: reader.take(reader.u32()).slice() };
    case contiguousClass: {
      // The dimensions that follow are 32 bits wide and may be truncated; the dataspace has the true ones.
      const address = reader.address();
      reader.skip(rank * 4);
      return { kind: "contiguous", version, address, size: null };
    }
    case chunkedClass: {
      const address = reader.address();
      return bTreeChunks(version, address, decodeChunkShape(reader, rank, 4));
    }
  }
  throw corrupt(`${layoutClass} is not a class of version ${version} data layouts`, start + 1);
}

function decodeBTreeChunks(reader: ByteReader, version: number): ChunkedLayout {
  const rank = reader.u8();
  const address = reader.address();
  return bTreeChunks(version, address, decodeChunkShape(reader, rank, 4));
}

function bTreeChunks(version: number, address: number | null, shape: ChunkShape): ChunkedLayout {
  return { kind: "chunked", version, ...shape, address, indexing: { type: "btree-v1" }, edgeChunksUnfiltered: false };
}

type ChunkShape = Pick<ChunkedLayout, "chunkDimensions" | "elementSize">;

/** Dimensions of `width` bytes each, the element size being the last of them. */
function decodeChunkShape(reader: ByteReader, rank: number, width: number): ChunkShape {
  const start = reader.offset;
  if (rank < 2 || rank > maxLayoutRank) throw corrupt(`a chunked layout has ${rank} dimensions`, start);
  const dimensions: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const dimension = reader.uint(width);
    if (dimension === 0) throw corrupt("a chunk dimension is zero", start + axis * width);
    dimensions.push(dimension);
  }
  return { chunkDimensions: dimensions.slice(0, -1), elementSize: dimensions[rank - 1] };
}

/** Chunked layouts since version 4. */
function decodeIndexedChunks(reader: ByteReader, version: number): ChunkedLayout {
  const start = reader.offset;
  const flags = reader.u8();
  if ((flags & ~(edgeChunksUnfilteredFlag | singleChunkFilteredFlag)) !== 0) {
    throw unsupported(`chunked layout flags 0x${flags.toString(16)}`, start);
  }
  const rank = reader.u8();
  const width = reader.u8();
  if (width < 1 || width > 8) throw corrupt(`chunk dimensions of ${width} bytes`, start + 2);
  const shape = decodeChunkShape(reader, rank, width);
  const indexing = decodeChunkIndexing(reader, (flags & singleChunkFilteredFlag) !== 0);
  return {
    kind: "chunked",
    version,
    ...shape,
    address: reader.address(),
    indexing,
    edgeChunksUnfiltered: (flags & edgeChunksUnfilteredFlag) !== 0,
  };
}

function decodeChunkIndexing(reader: ByteReader, isFiltered: boolean): ChunkIndexing {
  const at = reader.offset;
  const stored = reader.u8();
  if (stored === 0 || stored >= indexTypes.length) throw corrupt(`${stored} is not a type of chunk index`, at);
  const type = indexTypes[stored];
  switch (type) {
    case "single-chunk":
      return { type, filtered: isFiltered ? { size: reader.length(), filterMask: reader.u32() } : null };
    case "fixed-array":
      return { type, pageBits: positive(reader) };
    case "extensible-array":
      return {
        type,
        maxBits: positive(reader),
        indexElements: positive(reader),
        minPointers: positive(reader),
        minElements: positive(reader),
        pageBits: positive(reader),
      };
    case "btree-v2":
      return { type, nodeSize: reader.u32(), splitPercent: reader.u8(), mergePercent: reader.u8() };
    default:
      return { type };
  }
}

function positive(reader: ByteReader): number {
  const at = reader.offset;
  const value = reader.u8();
  if (value === 0) throw corrupt("a parameter of a chunk index is zero", at);
  return value;
}

/** Encodes versions 3–5; a layout of version 1 or 2 is written as version 3. */
export function encodeDataLayout(writer: ByteWriter, layout: DataLayout): void {
  const version = Math.max(layout.version, 3);
  if (version > 5) throw invalidArgument(`a data layout message has version 3 to 5, not ${version}`);
  writer.u8(version);
  switch (layout.kind) {
    case "compact":
      if (layout.data.length > 0xffff) throw invalidArgument("compact storage holds at most 65535 bytes");
      writer.u8(compactClass);
      writer.u16(layout.data.length);
      writer.bytes(layout.data);
      return;
    case "contiguous":
      if (layout.size === null) throw invalidArgument("a contiguous layout needs its size in bytes");
      writer.u8(contiguousClass);
      writer.address(layout.address);
      writer.lengthField(layout.size);
      return;
    case "chunked":
      writer.u8(chunkedClass);
      if (version === 3) encodeBTreeChunks(writer, layout);
      else encodeIndexedChunks(writer, layout);
      return;
    case "virtual":
      if (version === 3) throw invalidArgument("a virtual layout needs version 4 of its message");
      writer.u8(virtualClass);
      writer.address(layout.heapAddress);
      writer.u32(layout.heapIndex);
  }
}

function encodeBTreeChunks(writer: ByteWriter, layout: ChunkedLayout): void {
  const dimensions = shapeToEncode(layout, 0xffffffff);
  if (layout.indexing.type !== "btree-v1" || layout.edgeChunksUnfiltered) {
    throw invalidArgument(`a version 3 layout has no ${layout.indexing.type} index and no unfiltered edge chunks`);
  }
  writer.u8(dimensions.length);
  writer.address(layout.address);
  for (const dimension of dimensions) writer.u32(dimension);
}

function encodeIndexedChunks(writer: ByteWriter, layout: ChunkedLayout): void {
  const dimensions = shapeToEncode(layout, Number.MAX_SAFE_INTEGER);
  const { indexing } = layout;
  if (indexing.type === "btree-v1") throw invalidArgument("a version 1 B-tree index needs a version 3 layout");
  const isFiltered = indexing.type === "single-chunk" && indexing.filtered !== null;
  // Readers expect the least width that holds every dimension.
  let width = 1;
  for (const dimension of dimensions) while (dimension >= 256 ** width) width++;
  writer.u8((layout.edgeChunksUnfiltered ? edgeChunksUnfilteredFlag : 0) | (isFiltered ? singleChunkFilteredFlag : 0));
  writer.u8(dimensions.length);
  writer.u8(width);
  for (const dimension of dimensions) writer.uint(dimension, width);
  writer.u8(indexTypes.indexOf(indexing.type));
  switch (indexing.type) {
    case "single-chunk":
      if (indexing.filtered !== null) {
        writer.lengthField(indexing.filtered.size);
        writer.u32(indexing.filtered.filterMask);
      }
      break;
    case "fixed-array":
      writer.u8(indexing.pageBits);
      break;
    case "extensible-array":
      writer.u8(indexing.maxBits);
      writer.u8(indexing.indexElements);
      writer.u8(indexing.minPointers);
      writer.u8(indexing.minElements);
      writer.u8(indexing.pageBits);
      break;
    case "btree-v2":
      writer.u32(indexing.nodeSize);
      writer.u8(indexing.splitPercent);
      writer.u8(indexing.mergePercent);
      break;
  }
  writer.address(layout.address);
}

function shapeToEncode(layout: ChunkedLayout, maxDimension: number): readonly number[] {
  const dimensions = [...layout.chunkDimensions, layout.elementSize];
  if (dimensions.length < 2 || dimensions.length > maxLayoutRank) {
    throw invalidArgument(`chunks cannot have ${layout.chunkDimensions.length} dimensions`);
  }
  for (const dimension of dimensions) {
    if (!Number.isInteger(dimension) || dimension < 1 || dimension > maxDimension) {
      throw invalidArgument(`a chunk dimension of ${dimension} cannot be stored`);
    }
  }
  return dimensions;
}
