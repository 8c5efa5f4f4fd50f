import { corrupt, HDF5Error } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { decodeAll } from "../storage/storage.js";
import { decodeBTreeV2Header } from "../structures/btree-v2-node.js";
import { linkNameIndexType } from "../structures/dense-links.js";
import { decodeFractalHeapHeader } from "../structures/fractal-heap-header.js";
import { decodeGroupBTreeNode } from "../structures/group-btree.js";
import { decodeLocalHeapHeader } from "../structures/local-heap.js";
import type { ChunkedLayout, ContiguousLayout } from "../structures/messages/data-layout.js";
import { decodeObjectHeader } from "../structures/object-header.js";
import { superblockSize } from "../structures/superblock.js";
import { decodeSymbolTableNode } from "../structures/symbol-table-node.js";
import { storedChunks } from "./changing-chunks.js";
import type { StoredChunk } from "./chunk-store.js";
import { isUnfiltered } from "./chunked-read.js";
import { chunkBytes, datasetState, isPlacedHere } from "./dataset-state.js";
import type { FileState } from "./file-state.js";
import { linkStorage } from "./link-table.js";
import type { ObjectState } from "./object-state.js";
import { openRoot } from "./resolve-path.js";

/*
 * Where a file says that raw data are, other structures may be: in a damaged file, or one made to do harm. Before such
 * raw data are written over or their space is given back, they must lie within the file as it was opened and on nothing
 * that is known of it: all structures that were read in this session, the superblock and its extension, the dataset's
 * header and index, the groups above it. The space that this library has taken is its own.
 */

/** Requires that the contiguous data of a dataset, of `length` bytes, may be written over or given up. */
export function* requireOwnData(object: ObjectState, layout: ContiguousLayout, length: number): Operation<void> {
  if (layout.address === null || isPlacedHere(layout)) return;
  yield* learnPlaces(object);
  requireOwnPlace(object.file, layout.address, length);
}

/** Requires that stored chunks of a dataset may be written over or given up. */
export function* requireOwnChunks(
  object: ObjectState,
  layout: ChunkedLayout,
  records: Iterable<StoredChunk | undefined>,
): Operation<void> {
  const least = isUnfiltered(datasetState(object).description) ? chunkBytes(layout) : 0;
  let isLearned = false;
  for (const record of records) {
    if (record === undefined || record.isPlacedHere === true) continue;
    if (!isLearned) yield* learnPlaces(object);
    isLearned = true;
    requireOwnPlace(object.file, record.address, Math.max(record.size, least));
  }
}

/** Gives back the space of a chunk that the next commit makes unreachable, or nothing committed refers to. */
export function freeChunk(object: ObjectState, record: StoredChunk, isPublished: boolean): void {
  const { file } = object;
  const transaction = file.editing();
  const offset = file.offsetOf(record.address);
  file.chunkCache.delete(record.address);
  if (!isPublished) transaction.freeUnpublished(offset, record.size);
  else if (record.isPlacedHere === true) transaction.free(offset, record.size);
  else transaction.freeFound(offset, record.size);
}

function requireOwnPlace(file: FileState, address: number, length: number): void {
  const { places } = file.editing();
  const offset = file.offsetOf(address);
  if (offset + length > places.end) {
    throw corrupt(`raw data of ${length} bytes go beyond the end of the file`, offset);
  }
  if (places.overlaps(offset, length)) {
    throw corrupt(`raw data of ${length} bytes lie where the file has something else`, offset);
  }
}

/** Objects that were learned of, each in its own generation of the file. */
const learned = new WeakSet<ObjectState>();

/** Makes known what every file has, and the groups above an object. */
function* learnPlaces(object: ObjectState): Operation<void> {
  if (learned.has(object)) return;
  const { file } = object;
  const { superblock, context } = file;
  const { extensionAddress, baseAddress } = superblock;
  const root = yield* openRoot(file);
  if (!learned.has(root)) {
    file.editing().noteAlways(baseAddress, superblockSize(superblock.version, superblock));
    if (extensionAddress !== null) yield* ifSound(file, () => decodeObjectHeader(context, extensionAddress));
  }
  for (const group of [root, ...file.groups]) {
    const isAbove = group === root || (group.path !== null && object.path?.startsWith(`${group.path}/`));
    if (isAbove && !learned.has(group)) yield* ifSound(file, () => readLinkPlaces(group));
    if (isAbove) learned.add(group);
  }
  if (file.editing().places.isFull) yield* ifSound(file, () => readOwnStructures(object));
  learned.add(object);
}

/** Decodes the header and the chunk index that an object has in the file, anew. May miss bytes. */
function readOwnStructures(object: ObjectState): void {
  const { file, address } = object;
  if (address === null || file.offsetOf(address) >= file.editing().places.end) return;
  decodeObjectHeader(file.context, address);
  const state = datasetState(object);
  const { layout } = state.description;
  if (layout.kind !== "chunked") return;
  state.index = null;
  storedChunks(object, layout);
}

/** Decodes what holds the links of a group, as far as that is bounded. May miss bytes. */
function readLinkPlaces(group: ObjectState): void {
  const { context } = group.file;
  const storage = linkStorage(group);
  if (storage.kind === "symbol-table") {
    const { dataAddress, dataSize } = decodeLocalHeapHeader(context, storage.heapAddress);
    if (dataAddress !== null) group.file.editing().noteAlways(group.file.offsetOf(dataAddress), dataSize);
    const { level, children } = decodeGroupBTreeNode(context, storage.btreeAddress);
    if (level === 0) decodeAll(children, (address) => decodeSymbolTableNode(context, address));
    return;
  }
  const { heapAddress, nameIndexAddress } = storage.info;
  if (heapAddress !== null) decodeFractalHeapHeader(context, heapAddress);
  if (nameIndexAddress !== null) decodeBTreeV2Header(context, nameIndexAddress, [linkNameIndexType]);
}

/** A decode for what it passes; what is damaged is not there. */
function* ifSound(file: FileState, decodeOnce: () => unknown): Operation<void> {
  try {
    yield* file.decode(file.editing().insisting(decodeOnce));
  } catch (error) {
    if (!(error instanceof HDF5Error) || (error.code !== "corrupt" && error.code !== "unsupported")) throw error;
  }
}
