/**
 * Selections as stored in region references and virtual datasets (specification VIII.A, "Dataspace Selection").
 */
import { corrupt, invalidArgument } from "../errors.js";
import type { ByteReader } from "../structures/byte-reader.js";
import type { ByteWriter } from "../structures/byte-writer.js";

/** No element. */
export interface NoneSelection {
  readonly kind: "none";
  /** Number of axes, where it is stored beside the selection; references of HDF5 1.12 need it. */
  readonly rank?: number;
}

/** All elements of the extent. */
export interface AllSelection {
  readonly kind: "all";
  /** As of {@link NoneSelection}. */
  readonly rank?: number;
}

/** Single elements, in stored order; repeats are kept. */
export interface PointsSelection {
  readonly kind: "points";
  readonly rank: number;
  /** `rank` coordinates of each point, point after point. */
  readonly coordinates: Float64Array;
}

/** `count` blocks of `block` elements, `stride` apart, on each axis; `null` is unlimited. */
export interface HyperslabSelection {
  readonly kind: "hyperslab";
  readonly start: readonly number[];
  readonly stride: readonly number[];
  readonly count: readonly (number | null)[];
  readonly block: readonly (number | null)[];
}

/** A union of rectangular blocks. */
export interface BlocksSelection {
  readonly kind: "blocks";
  readonly rank: number;
  /** For each block its `rank` first and then its `rank` last coordinates (inclusive). */
  readonly bounds: Float64Array;
}

/** A selection as stored. */
export type EncodedSelection = NoneSelection | AllSelection | PointsSelection | HyperslabSelection | BlocksSelection;

const maxRank = 32;
/** More blocks than this are stored as a regular hyperslab, which HDF5 reads from 1.10 on. */
const maxListedBlocks = 1024;
const largestU32 = 0xffffffff;

/** Decodes a selection and leaves the reader behind it; `knownRank` is what is stored beside it. */
export function decodeSelection(reader: ByteReader, knownRank?: number): EncodedSelection {
  const at = reader.offset;
  const type = reader.u32();
  const version = reader.u32();
  switch (type) {
    case 0:
    case 3:
      if (version !== 1) throw corrupt(`expected version 1 of a selection, found ${version}`, at);
      reader.skip(8);
      return { kind: type === 0 ? "none" : "all", ...(knownRank && { rank: knownRank }) };
    case 1:
      return decodePoints(reader, version);
    case 2:
      return decodeHyperslab(reader, version);
    default:
      throw corrupt(`expected a selection type of 0 to 3, found ${type}`, at);
  }
}

function decodePoints(reader: ByteReader, version: number): PointsSelection {
  const at = reader.offset;
  let width = 4;
  if (version === 1) reader.skip(8);
  else if (version === 2) width = decodeWidth(reader);
  else throw corrupt(`expected version 1 or 2 of a points selection, found ${version}`, at);
  const rank = decodeRank(reader);
  const points = reader.uint(width);
  return { kind: "points", rank, coordinates: decodeNumbers(reader, points * rank, width) };
}

function decodeHyperslab(reader: ByteReader, version: number): HyperslabSelection | BlocksSelection {
  const at = reader.offset;
  let width = 4;
  let flags = 0;
  if (version === 1) {
    reader.skip(8);
  } else if (version === 2) {
    flags = reader.u8();
    reader.skip(4);
    width = 8;
  } else if (version === 3) {
    flags = reader.u8();
    width = decodeWidth(reader);
  } else {
    throw corrupt(`expected version 1, 2 or 3 of a hyperslab selection, found ${version}`, at);
  }
  if ((flags & ~1) !== 0) throw corrupt(`unknown flags ${flags} of a hyperslab selection`, at);
  const rank = decodeRank(reader);
  if ((flags & 1) === 0) {
    const blocks = reader.uint(width);
    return decodedBlocks(rank, decodeNumbers(reader, blocks * 2 * rank, width), at);
  }
  const start: number[] = [];
  const stride: number[] = [];
  const count: (number | null)[] = [];
  const block: (number | null)[] = [];
  for (let axis = 0; axis < rank; axis++) {
    start.push(reader.uint(width));
    stride.push(reader.uint(width));
    count.push(decodeLimit(reader, width));
    block.push(decodeLimit(reader, width));
    if (stride[axis] === 0) throw corrupt("a hyperslab selection has a stride of 0", at);
  }
  return { kind: "hyperslab", start, stride, count, block };
}

function decodedBlocks(rank: number, bounds: Float64Array, at: number): BlocksSelection {
  for (let first = 0; first < bounds.length; first += 2 * rank) {
    for (let axis = first; axis < first + rank; axis++) {
      if (bounds[axis] > bounds[axis + rank]) throw corrupt("a block of a selection ends before it begins", at);
    }
  }
  return { kind: "blocks", rank, bounds };
}

function decodeWidth(reader: ByteReader): number {
  const at = reader.offset;
  const width = reader.u8();
  if (width !== 2 && width !== 4 && width !== 8) {
    throw corrupt(`expected numbers of 2, 4 or 8 bytes in a selection, found ${width}`, at);
  }
  return width;
}

function decodeRank(reader: ByteReader): number {
  const at = reader.offset;
  const rank = reader.u32();
  if (rank < 1 || rank > maxRank) throw corrupt(`expected a selection of rank 1 to ${maxRank}, found ${rank}`, at);
  return rank;
}

function decodeNumbers(reader: ByteReader, count: number, width: number): Float64Array {
  if (count * width > reader.remaining) {
    throw corrupt(`a selection announces ${count} numbers in ${reader.remaining} bytes`, reader.offset);
  }
  const numbers = new Float64Array(count);
  for (let index = 0; index < count; index++) numbers[index] = reader.uint(width);
  return numbers;
}

function decodeLimit(reader: ByteReader, width: number): number | null {
  const start = reader.position;
  const bytes = reader.take(width);
  if (bytes.every((byte) => byte === 0xff)) return null;
  reader.position = start;
  return reader.uint(width);
}

/** Encodes a selection in the oldest version that can hold it. */
export function encodeSelection(selection: EncodedSelection, writer: ByteWriter): void {
  switch (selection.kind) {
    case "none":
    case "all":
      writer.u32(selection.kind === "none" ? 0 : 3);
      writer.u32(1);
      writer.fill(0, 8);
      return;
    case "points":
      encodePoints(selection, writer);
      return;
    case "blocks":
      encodeBlocks(selection.rank, selection.bounds, writer);
      return;
    case "hyperslab":
      encodeHyperslab(selection, writer);
  }
}

function encodePoints({ rank, coordinates }: PointsSelection, writer: ByteWriter): void {
  checkNumbers(rank, coordinates, rank);
  const points = coordinates.length / rank;
  writer.u32(1);
  if (coordinates.every((coordinate) => coordinate <= largestU32)) {
    writer.u32(1);
    writer.u32(0);
    writer.u32(8 + 4 * coordinates.length);
    writer.u32(rank);
    writer.u32(points);
    for (const coordinate of coordinates) writer.u32(coordinate);
  } else {
    writer.u32(2);
    writer.u8(8);
    writer.u32(rank);
    writer.u64(points);
    for (const coordinate of coordinates) writer.u64(coordinate);
  }
}

function encodeBlocks(rank: number, bounds: Float64Array, writer: ByteWriter): void {
  checkNumbers(rank, bounds, 2 * rank);
  const blocks = bounds.length / (2 * rank);
  writer.u32(2);
  if (bounds.every((bound) => bound <= largestU32)) {
    writer.u32(1);
    writer.u32(0);
    writer.u32(8 + 4 * bounds.length);
    writer.u32(rank);
    writer.u32(blocks);
    for (const bound of bounds) writer.u32(bound);
  } else {
    writer.u32(3);
    writer.u8(0);
    writer.u8(8);
    writer.u32(rank);
    writer.u64(blocks);
    for (const bound of bounds) writer.u64(bound);
  }
}

function encodeHyperslab(selection: HyperslabSelection, writer: ByteWriter): void {
  const { start, stride, count, block } = selection;
  const rank = start.length;
  if (stride.length !== rank || count.length !== rank || block.length !== rank) {
    throw invalidArgument("a hyperslab needs start, stride, count and block of the same rank");
  }
  const limits = [...count, ...block].filter((limit) => limit !== null);
  checkNumbers(rank, Float64Array.from([...start, ...stride, ...limits]), 1);
  const bounds = listBlocks(selection);
  if (bounds !== null) {
    encodeBlocks(rank, bounds, writer);
    return;
  }
  writer.u32(2);
  writer.u32(2);
  writer.u8(1);
  writer.u32(4 + 32 * rank);
  writer.u32(rank);
  for (let axis = 0; axis < rank; axis++) {
    writer.u64(start[axis]);
    writer.u64(stride[axis]);
    for (const limit of [count[axis], block[axis]]) {
      if (limit === null) writer.fill(0xff, 8);
      else writer.u64(limit);
    }
  }
}

/** The blocks of a regular hyperslab, last axis fastest, or `null` where there are too many or they are too far out. */
function listBlocks({ start, stride, count, block }: HyperslabSelection): Float64Array | null {
  const rank = start.length;
  let blocks = 1;
  for (let axis = 0; axis < rank; axis++) {
    const times = count[axis];
    const extent = block[axis];
    if (times === null || extent === null) return null;
    if (times === 0 || extent === 0)
      throw invalidArgument("a hyperslab of no elements is stored as the selection none");
    blocks *= times;
    if (blocks > maxListedBlocks || start[axis] + (times - 1) * stride[axis] + extent - 1 > largestU32) return null;
  }
  const bounds = new Float64Array(blocks * 2 * rank);
  for (let index = 0; index < blocks; index++) {
    let rest = index;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const times = count[axis] ?? 1;
      const first = start[axis] + (rest % times) * stride[axis];
      bounds[index * 2 * rank + axis] = first;
      bounds[index * 2 * rank + rank + axis] = first + (block[axis] ?? 1) - 1;
      rest = Math.floor(rest / times);
    }
  }
  return bounds;
}

function checkNumbers(rank: number, numbers: Float64Array, multiple: number): void {
  if (!Number.isInteger(rank) || rank < 1 || rank > maxRank) {
    throw invalidArgument(`a selection has a rank of 1 to ${maxRank}, not ${rank}`);
  }
  if (numbers.length % multiple !== 0) throw invalidArgument(`${numbers.length} numbers do not fit rank ${rank}`);
  for (const number of numbers) {
    if (!Number.isSafeInteger(number) || number < 0) {
      throw invalidArgument(`${number} is no coordinate: coordinates are integers from 0 on`);
    }
  }
}
