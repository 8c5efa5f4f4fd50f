import { invalidArgument } from "../errors.js";
import { decodeAll } from "../storage/storage.js";
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
import { attributeHeapParameters, buildFractalHeap } from "./fractal-heap-builder.js";
import type { AttributeMessage } from "./messages/attribute.js";
import { decodeAttribute, encodeAttribute } from "./messages/attribute.js";
import type { AttributeInfo } from "./messages/attribute-info.js";
import { MessageType } from "./messages/message-types.js";
import type { SharedResolver } from "./messages/shared-message.js";
import { compareBytes } from "./text.js";

/*
 * Attributes of objects that keep them in a fractal heap (specification III.A.2, "Version 2 B-tree, Type 8 Record
 * Layout - Attribute Name for Indexed Attributes" and "Type 9 Record Layout - Creation Order for Indexed Attributes").
 */

/** Record types of the name index and of the creation-order index. */
const NAME_INDEX = 8;
const CREATION_ORDER_INDEX = 9;
const HEAP_ID_LENGTH = 8;
/** Message flag: the heap ID is one of the file's shared-message table. */
const SHARED = 0x02;
/** Stored where creation order is not tracked. */
const NO_CREATION_ORDER = 0xffff;

interface AttributeRecord {
  readonly heapId: Uint8Array;
  readonly flags: number;
  readonly creationOrder: number;
}

interface HashedRecord extends AttributeRecord {
  readonly hash: number;
}

function decodeNameRecord(reader: ByteReader): HashedRecord {
  const heapId = reader.take(HEAP_ID_LENGTH);
  const flags = reader.u8();
  const creationOrder = reader.u32();
  return { heapId, flags, creationOrder, hash: reader.u32() };
}

function encodeRecord(record: AttributeRecord, hash: number | null, sizes: FieldSizes): Uint8Array {
  const writer = new ByteWriter(sizes, 17);
  writer.bytes(record.heapId);
  writer.u8(record.flags);
  writer.u32(record.creationOrder);
  if (hash !== null) writer.u32(hash);
  return writer.finish();
}

/** An attribute with what its index says of it. */
export interface DenseAttribute {
  readonly attribute: AttributeMessage;
  /** Flags of the object header message it would be. */
  readonly flags: number;
  /** Rank in order of creation; meaningless where the object does not track it. */
  readonly creationOrder: number;
}

/**
 * All attributes of an object with dense storage, in the order of their names' hashes.
 *
 * Their creation order is part of the records; the index by creation order is not read, as files exist in which it
 * lacks records.
 *
 * @throws MissingBytes for a whole level of the index, or for all missing blocks of the heap, at once.
 */
export function readDenseAttributes(
  context: FileContext,
  info: AttributeInfo,
  unfilter: Unfilter,
  resolveShared: SharedResolver,
): DenseAttribute[] {
  if (info.heapAddress === null || info.nameIndexAddress === null) return [];
  const records = readBTreeV2(context, info.nameIndexAddress, [NAME_INDEX], decodeNameRecord);
  const heap = openFractalHeap(context, info.heapAddress, unfilter);
  const own = heap.objects(records.filter(({ flags }) => (flags & SHARED) === 0).map(({ heapId }) => heapId));
  let next = 0;
  const located = records.map((record) => ({
    record,
    object: (record.flags & SHARED) === 0 ? own[next++] : null,
  }));
  return decodeAll(located, ({ record, object }) => ({
    attribute: decodeStored(context, heap, record, object, resolveShared),
    flags: record.flags,
    creationOrder: record.creationOrder,
  }));
}

function decodeStored(
  context: FileContext,
  heap: FractalHeap,
  record: AttributeRecord,
  object: Uint8Array | null,
  resolveShared: SharedResolver,
): AttributeMessage {
  const reader =
    object === null
      ? resolveShared(MessageType.Attribute, { kind: "heap", heapId: record.heapId }).reader
      : // Where in the file the object stands is not known; the heap's address says where to look.
        new ByteReader(object, context.baseAddress + heap.header.address, context);
  return decodeAttribute(reader, resolveShared);
}

/**
 * The attribute with this name, found by its hash; `undefined` when there is none.
 *
 * @param heap the object's heap where it is open already, so that its blocks are not decoded again.
 */
export function findDenseAttribute(
  context: FileContext,
  info: AttributeInfo,
  nameBytes: Uint8Array,
  unfilter: Unfilter,
  resolveShared: SharedResolver,
  heap?: FractalHeap,
): DenseAttribute | undefined {
  if (info.heapAddress === null || info.nameIndexAddress === null) return undefined;
  const open = heap ?? openFractalHeap(context, info.heapAddress, unfilter);
  const index = decodeBTreeV2Header(context, info.nameIndexAddress, [NAME_INDEX]);
  const hash = lookup3(nameBytes);
  let found: DenseAttribute | undefined;
  findInBTreeV2(context, index, (reader) => {
    const record = decodeNameRecord(reader);
    if (record.hash !== hash) return hash - record.hash;
    const object = (record.flags & SHARED) === 0 ? open.object(record.heapId) : null;
    const attribute = decodeStored(context, open, record, object, resolveShared);
    const order = compareBytes(nameBytes, attribute.nameBytes);
    if (order === 0) found = { attribute, flags: record.flags, creationOrder: record.creationOrder };
    return order;
  });
  return found;
}

/** An attribute to be stored; `creationOrder` is `null` where the object does not track it. */
export interface NewDenseAttribute {
  readonly attribute: AttributeMessage;
  readonly creationOrder: number | null;
}

/** Dense storage of attributes built from nothing: what the Attribute Info message says of it, and what to write. */
export interface BuiltDenseAttributes {
  readonly heapAddress: number;
  readonly nameIndexAddress: number;
  readonly creationOrderIndexAddress: number | null;
  readonly blocks: readonly PlacedBlock[];
}

/**
 * Builds the dense storage of `attributes`, in any order.
 *
 * @param indexCreationOrder adds the index by creation order; all attributes must have one.
 */
export function buildDenseAttributes(
  attributes: readonly NewDenseAttribute[],
  indexCreationOrder: boolean,
  sizes: FieldSizes,
  allocate: Allocate,
): BuiltDenseAttributes {
  const objects = attributes.map(({ attribute }) => {
    const writer = new ByteWriter(sizes);
    encodeAttribute(writer, attribute);
    return writer.finish();
  });
  const heap = buildFractalHeap(objects, attributeHeapParameters, sizes, allocate);
  const hashed = attributes.map(({ attribute, creationOrder }, index) => {
    if (indexCreationOrder && creationOrder === null) {
      throw invalidArgument(`the attribute "${attribute.name}" has no creation order`);
    }
    const { nameBytes } = attribute;
    const record: AttributeRecord = {
      heapId: heap.heapIds[index],
      flags: 0,
      creationOrder: creationOrder ?? NO_CREATION_ORDER,
    };
    return { nameBytes, hash: lookup3(nameBytes), record };
  });
  hashed.sort((a, b) => a.hash - b.hash || compareBytes(a.nameBytes, b.nameBytes));
  const nameIndex = buildBTreeV2(
    { ...smallBTreeV2, type: NAME_INDEX, recordSize: HEAP_ID_LENGTH + 9 },
    hashed.map(({ record, hash }) => encodeRecord(record, hash, sizes)),
    sizes,
    allocate,
  );
  const blocks = [...heap.blocks, ...nameIndex.blocks];
  let creationOrderIndexAddress: number | null = null;
  if (indexCreationOrder) {
    const ordered = hashed.map(({ record }) => record).sort((a, b) => a.creationOrder - b.creationOrder);
    const orderIndex = buildBTreeV2(
      { ...smallBTreeV2, type: CREATION_ORDER_INDEX, recordSize: HEAP_ID_LENGTH + 5 },
      ordered.map((record) => encodeRecord(record, null, sizes)),
      sizes,
      allocate,
    );
    for (const block of orderIndex.blocks) blocks.push(block);
    creationOrderIndexAddress = orderIndex.address;
  }
  return { heapAddress: heap.address, nameIndexAddress: nameIndex.address, creationOrderIndexAddress, blocks };
}
