import { invalidArgument } from "../errors.js";
import { findInBTreeV2, readBTreeV2 } from "./btree-v2.js";
import type { Allocate, PlacedBlock } from "./btree-v2-builder.js";
import { buildBTreeV2, smallBTreeV2 } from "./btree-v2-builder.js";
import { decodeBTreeV2Header } from "./btree-v2-node.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { lookup3 } from "./checksum.js";
import type { FileContext } from "./context.js";
import type { FractalHeap, Unfilter } from "./fractal-heap.js";
import { openFractalHeap } from "./fractal-heap.js";
import { buildFractalHeap, linkHeapParameters } from "./fractal-heap-builder.js";
import type { Link } from "./messages/link.js";
import { decodeLink, encodeLink } from "./messages/link.js";
import type { LinkInfo } from "./messages/link-info.js";
import { compareBytes } from "./text.js";

/*
 * Links of groups that keep them in a fractal heap (specification III.A.2, "Version 2 B-tree, Type 5 Record Layout -
 * Link Name for Indexed Group" and "Type 6 Record Layout - Creation Order for Indexed Group").
 */

/** Record type of the name index. */
export const linkNameIndexType = 5;
/** Record type of the creation-order index. */
const CREATION_ORDER_INDEX = 6;

interface NameRecord {
  readonly hash: number;
  readonly heapId: Uint8Array;
}

function decodeNameRecord(reader: ByteReader): NameRecord {
  const hash = reader.u32();
  return { hash, heapId: reader.take(reader.remaining) };
}

function encodeNameRecord(hash: number, heapId: Uint8Array, sizes: FieldSizes): Uint8Array {
  const writer = new ByteWriter(sizes, 11);
  writer.u32(hash);
  writer.bytes(heapId);
  return writer.finish();
}

function encodeCreationOrderRecord(creationOrder: number, heapId: Uint8Array, sizes: FieldSizes): Uint8Array {
  const writer = new ByteWriter(sizes, 15);
  writer.u64(creationOrder);
  writer.bytes(heapId);
  return writer.finish();
}

/**
 * All links of a group with dense storage, in the order of their names' hashes.
 *
 * Their creation order is part of each link; the index by creation order is not read, as files exist in which it lacks
 * records.
 *
 * @throws MissingBytes for a whole level of the index, or for all missing blocks of the heap, at once.
 */
export function readDenseLinks(context: FileContext, info: LinkInfo, unfilter: Unfilter): Link[] {
  if (info.heapAddress === null || info.nameIndexAddress === null) return [];
  const records = readBTreeV2(context, info.nameIndexAddress, [linkNameIndexType], decodeNameRecord);
  const heap = openFractalHeap(context, info.heapAddress, unfilter);
  return heap.objects(records.map(({ heapId }) => heapId)).map((object) => decodeStored(context, heap, object));
}

function decodeStored(context: FileContext, heap: FractalHeap, object: Uint8Array): Link {
  // Where in the file the object stands is not known; the heap's address says where to look.
  return decodeLink(new ByteReader(object, context.baseAddress + heap.header.address, context));
}

/**
 * The link with this name, found by its hash; `undefined` when there is none.
 *
 * @param heap the group's heap where it is open already, so that its blocks are not decoded again.
 */
export function findDenseLink(
  context: FileContext,
  info: LinkInfo,
  nameBytes: Uint8Array,
  unfilter: Unfilter,
  heap?: FractalHeap,
): Link | undefined {
  if (info.heapAddress === null || info.nameIndexAddress === null) return undefined;
  const open = heap ?? openFractalHeap(context, info.heapAddress, unfilter);
  const index = decodeBTreeV2Header(context, info.nameIndexAddress, [linkNameIndexType]);
  const hash = lookup3(nameBytes);
  let found: Link | undefined;
  findInBTreeV2(context, index, (reader) => {
    const record = decodeNameRecord(reader);
    if (record.hash !== hash) return hash - record.hash;
    const link = decodeStored(context, open, open.object(record.heapId));
    const order = compareBytes(nameBytes, link.nameBytes);
    if (order === 0) found = link;
    return order;
  });
  return found;
}

/** Dense storage of links built from nothing: what the Link Info message says of it, and what is to be written. */
export interface BuiltDenseLinks {
  readonly heapAddress: number;
  readonly nameIndexAddress: number;
  readonly creationOrderIndexAddress: number | null;
  readonly blocks: readonly PlacedBlock[];
}

/**
 * Builds the dense storage of `links`, in any order.
 *
 * @param indexCreationOrder adds the index by creation order; all links must have one.
 */
export function buildDenseLinks(
  links: readonly Link[],
  indexCreationOrder: boolean,
  sizes: FieldSizes,
  allocate: Allocate,
): BuiltDenseLinks {
  const objects = links.map((link) => {
    const writer = new ByteWriter(sizes, 64);
    encodeLink(writer, link);
    return writer.finish();
  });
  const heap = buildFractalHeap(objects, linkHeapParameters, sizes, allocate);
  const hashed = links.map((link, index) => ({ link, hash: lookup3(link.nameBytes), heapId: heap.heapIds[index] }));
  hashed.sort((a, b) => a.hash - b.hash || compareBytes(a.link.nameBytes, b.link.nameBytes));
  const nameIndex = buildBTreeV2(
    { ...smallBTreeV2, type: linkNameIndexType, recordSize: 4 + linkHeapParameters.idLength },
    hashed.map(({ hash, heapId }) => encodeNameRecord(hash, heapId, sizes)),
    sizes,
    allocate,
  );
  const blocks = [...heap.blocks, ...nameIndex.blocks];
  let creationOrderIndexAddress: number | null = null;
  if (indexCreationOrder) {
    const ordered = hashed.map(({ link, heapId }) => {
      if (link.creationOrder === null) throw invalidArgument(`the link "${link.name}" has no creation order`);
      return { creationOrder: link.creationOrder, heapId };
    });
    ordered.sort((a, b) => a.creationOrder - b.creationOrder);
    const orderIndex = buildBTreeV2(
      { ...smallBTreeV2, type: CREATION_ORDER_INDEX, recordSize: 8 + linkHeapParameters.idLength },
      ordered.map(({ creationOrder, heapId }) => encodeCreationOrderRecord(creationOrder, heapId, sizes)),
      sizes,
      allocate,
    );
    for (const block of orderIndex.blocks) blocks.push(block);
    creationOrderIndexAddress = orderIndex.address;
  }
  return { heapAddress: heap.address, nameIndexAddress: nameIndex.address, creationOrderIndexAddress, blocks };
}
