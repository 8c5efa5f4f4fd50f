import { corrupt } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { sectorSize, withinSector } from "../storage/sectors.js";
import { MessageType } from "../structures/messages/message-types.js";
import { encodeObjectReferenceCount } from "../structures/messages/reference-count.js";
import type { NewMessage, ObjectHeader } from "../structures/object-header.js";
import {
  decodeObjectHeader,
  encodeContinuationBlockV1,
  encodeContinuationBlockV2,
  encodeObjectHeaderV1,
  encodeObjectHeaderV2,
  messagesSize,
} from "../structures/object-header.js";
import type { HeaderPatch } from "../structures/object-header-edit.js";
import { replaceChunk0, shrinkToContinuation } from "../structures/object-header-edit.js";
import type { Bridge } from "../structures/object-header-move.js";
import {
  bridgeSteps,
  continuedAfter,
  keptStarts,
  planBridge,
  withStoredChecksum,
} from "../structures/object-header-move.js";
import { chunk0Bytes } from "../structures/object-header-slots.js";
import { imprintOfBytes } from "./header-imprint.js";
import type { ObjectState } from "./object-state.js";

/** Chunk 0 must be able to hold a continuation message, for later changes. */
const smallestChunk0 = 24;
/** Bytes from a header's start that change when it becomes a continuation; they must share a sector. */
const continuationWindow = 64;
/** Offset of the reference count in a version 1 header. */
const referenceCountOffset = 4;
/** Bytes of a version 1 header before its messages. */
const version1PrefixSize = 16;
/** Bytes of a symbol table message of a version 1 header: its own header and two addresses of eight bytes. */
const symbolTableSize = 24;

/** Brings the reference-count message of a version 2 header up to date. */
function stageReferenceCount(object: ObjectState): void {
  if (object.headerVersion === 1) return;
  if (object.referenceCount === 1) {
    object.removeMessages(MessageType.ObjectReferenceCount);
  } else if (object.referenceCount !== object.storedReferenceCount || !object.isStored) {
    object.setMessage(MessageType.ObjectReferenceCount, 0, (writer) => {
      encodeObjectReferenceCount(writer, { count: object.referenceCount });
    });
  }
}

function encodeNewHeader(object: ObjectState): Uint8Array {
  stageReferenceCount(object);
  const { headerVersion, messages, tracksAttributeOrder } = object;
  const slack = Math.max(0, smallestChunk0 - messagesSize(messages, headerVersion, tracksAttributeOrder));
  if (headerVersion === 1) return encodeObjectHeaderV1(messages, object.referenceCount, slack);
  return encodeObjectHeaderV2(
    { messages, tracksAttributeOrder, indexesAttributeOrder: tracksAttributeOrder },
    { slack },
  );
}

/** Takes space for the header of a new object whose messages have their final sizes. */
export function reserveHeaderSpace(object: ObjectState): void {
  takeHeaderSpace(object, encodeNewHeader(object).length);
}

function takeHeaderSpace(object: ObjectState, length: number): number {
  // A header that appends will change again and again is kept within one sector, so that it can change in place.
  const changesOften = object.kind === "dataset" && object.message(MessageType.FilterPipeline) !== undefined;
  const unbroken = changesOften && length <= sectorSize ? length : Math.min(length, continuationWindow);
  const address = object.file.allocate(length, unbroken);
  object.assignAddress(address);
  return address;
}

/** Stages the header of a new object, in space reserved before or taken now. */
export function placeNewHeader(object: ObjectState): void {
  const bytes = encodeNewHeader(object);
  const address = object.address ?? takeHeaderSpace(object, bytes.length);
  object.file.shadow(address, bytes);
  object.imprint = imprintOfBytes(object.headerVersion, object.file.offsetOf(address), bytes);
}

/**
 * Gives a new object an address before its messages are final, for references to it: an empty header that is rewritten
 * like a stored one.
 */
export function placeEmptyHeader(object: ObjectState): number {
  const { file } = object;
  const space = sectorSize - 32;
  const bytes =
    object.headerVersion === 1
      ? encodeObjectHeaderV1([], 0, space)
      : encodeObjectHeaderV2(
          {
            messages: [],
            tracksAttributeOrder: object.tracksAttributeOrder,
            indexesAttributeOrder: object.tracksAttributeOrder,
          },
          { slack: space, sizeWidth: 2 },
        );
  // The object keeps it, whatever becomes of the change under way.
  const address = file.editing().aside(() => file.allocate(bytes.length, bytes.length));
  file.shadow(address, bytes);
  object.assignAddress(address);
  return address;
}

/**
 * Makes a header that has an address hold the object's messages: in place where that can be done at once, else in a block
 * elsewhere, by one change within a sector or by two. Where chunk 0 has no room for any of that, one change crosses a
 * sector.
 */
export function* rewriteHeader(object: ObjectState): Operation<void> {
  const { file, address } = object;
  if (address === null) throw corrupt("an object without an address cannot be rewritten");
  stageReferenceCount(object);
  const { context } = file;
  const header = yield* file.decode(() => decodeObjectHeader(context, address));
  const patches = yield* file.decode(() => inPlace(object, header));
  if (patches !== null && areAtOnce(object, patches)) stagePatches(object, patches);
  else if (patches === null || !heapFirst(object, patches)) yield* continueElsewhere(object, header, patches);
  const transaction = file.editing();
  const { places } = transaction;
  for (const chunk of header.chunks.slice(1)) {
    const offset = file.offsetOf(chunk.address);
    // Where the file as it was opened says that messages continue, other things may be as well.
    if (offset >= places.end) transaction.free(offset, chunk.length);
  }
}

function stagePatches(object: ObjectState, patches: readonly HeaderPatch[]): void {
  const { file, address } = object;
  const transaction = file.editing();
  for (const { offset, bytes } of patches) {
    const start = file.offsetOf(address ?? 0) + offset;
    // Nothing leads to a header that was never committed: it may change with the other new bytes.
    if (object.isStored) transaction.flip(start, bytes);
    else transaction.shadow(start, bytes);
  }
}

function* continueElsewhere(
  object: ObjectState,
  header: ObjectHeader,
  crossing: readonly HeaderPatch[] | null,
): Operation<void> {
  const { file } = object;
  const length = messagesSize(object.messages, header.version, header.tracksAttributeOrder) + 8;
  const address = file.allocate(length);
  const continued = yield* file.decode(() => elsewhere(object, header, address));
  if (continued !== null && areAtOnce(object, continued.patches)) {
    file.shadow(address, continued.block);
    stagePatches(object, continued.patches);
    return;
  }
  if (yield* crossBridge(object, header, address)) return;
  const patches = continued?.patches ?? crossing;
  if (patches === null) {
    throw corrupt("an object header has no room for a continuation message", file.offsetOf(header.address));
  }
  if (continued !== null) file.shadow(address, continued.block);
  stagePatches(object, patches);
}

/**
 * Where, from the header's start, the heap's address is of a stored header that holds nothing but a symbol table, if that
 * address is in another sector than the B-tree's; otherwise `null`.
 */
export function heapAddressApart(object: ObjectState): number | null {
  const { file, header, messages, address } = object;
  if (header?.version !== 1 || !object.isStored || address === null || messages.length !== 1) return null;
  if (messages[0].type !== MessageType.SymbolTable || header.chunks[0].messagesLength !== symbolTableSize) return null;
  const at = version1PrefixSize + symbolTableSize - file.context.offsetSize;
  return file.offsetOf(address) % sectorSize === sectorSize - at ? at : null;
}

/**
 * Stages a change of both addresses of a symbol table, the heap's before the others: a heap that has the old strings
 * where they were serves both B-trees. Answers whether it did.
 */
function heapFirst(object: ObjectState, patches: readonly HeaderPatch[]): boolean {
  const at = heapAddressApart(object);
  if (at === null) return false;
  const start = object.file.offsetOf(object.address ?? 0);
  const others: HeaderPatch[] = [];
  for (const { offset, bytes } of patches) {
    const end = Math.min(bytes.length, Math.max(0, at - offset));
    if (end < bytes.length) object.file.editing().flipBefore(start + offset + end, bytes.subarray(end));
    others.push({ offset, bytes: bytes.subarray(0, end) });
  }
  stagePatches(object, nonEmpty(others));
  return true;
}

/** Stages a {@link Bridge} to a block of all messages at `address`; answers whether there is one. */
function* crossBridge(object: ObjectState, header: ObjectHeader, address: number): Operation<boolean> {
  const { file, messages } = object;
  const { context } = file;
  const bridge = yield* file.decode(() => planBridge(header, context));
  if (bridge === null) return false;
  const block = encodeBlock(header, messages);
  const displacedBytes = bridge.displaced.length === 0 ? null : encodeBlock(header, bridge.displaced);
  const displaced =
    displacedBytes === null ? null : { address: file.allocate(displacedBytes.length), length: displacedBytes.length };
  const place = { address, length: block.length };
  const steps = yield* file.decode(() => {
    const { first, second } = bridgeSteps(header, context, bridge, displaced, place, messages.length);
    const stored = chunk0Bytes(header, context);
    return {
      first: patchesOf(object, header, stored, first),
      second: patchesOf(object, header, first, counted(object, header, second)),
    };
  });
  if (!areAtOnce(object, steps.first) || !areAtOnce(object, steps.second)) return false;
  const transaction = file.editing();
  file.shadow(address, block);
  if (displaced !== null && displacedBytes !== null) {
    file.shadow(displaced.address, displacedBytes);
    transaction.free(file.offsetOf(displaced.address), displaced.length);
  }
  for (const { offset, bytes } of steps.first) transaction.flipBefore(file.offsetOf(header.address) + offset, bytes);
  stagePatches(object, steps.second);
  return true;
}

function areAtOnce(object: ObjectState, patches: readonly HeaderPatch[]): boolean {
  const start = object.file.offsetOf(object.address ?? 0);
  return !object.isStored || patches.every(({ offset, bytes }) => withinSector(start + offset, bytes.length));
}

/** Patches that hold all messages in chunk 0, or `null` where they do not fit. May miss bytes. */
function inPlace(object: ObjectState, header: ObjectHeader): HeaderPatch[] | null {
  const patch = replaceChunk0(header, object.file.context, object.messages);
  return patch === null ? null : withPatch(object, header, patch);
}

function encodeBlock(header: ObjectHeader, messages: readonly NewMessage[]): Uint8Array {
  return header.version === 1
    ? encodeContinuationBlockV1(messages)
    : encodeContinuationBlockV2(messages, header.tracksAttributeOrder);
}

/**
 * The block at `address` and the patches that lead to it. The patch within one sector that keeps the fewest messages in
 * chunk 0 is preferred, otherwise the smallest one is taken. May miss bytes.
 */
function elsewhere(
  object: ObjectState,
  header: ObjectHeader,
  address: number,
): { readonly block: Uint8Array; readonly patches: HeaderPatch[] } | null {
  const { messages } = object;
  const { context } = object.file;
  const whole = encodeBlock(header, messages);
  const patch = shrinkToContinuation(header, context, address, whole.length, messages.length);
  const fallback = patch === null ? null : { block: whole, patches: withPatch(object, header, patch) };
  if (fallback !== null && areAtOnce(object, fallback.patches)) return fallback;
  const stored = chunk0Bytes(header, context);
  for (const start of keptStarts(header, context, messages)) {
    const moved = messages.filter((message) => !start.kept.has(message));
    if (moved.length === 0) break;
    const block = encodeBlock(header, moved);
    const changed = continuedAfter(header, context, start, { address, length: block.length }, moved.length);
    if (changed === null) break;
    const patches = patchesOf(object, header, stored, counted(object, header, changed));
    if (areAtOnce(object, patches)) return { block, patches };
  }
  return fallback;
}

/** {@link patchesOf} for chunk 0 with a patch. */
function withPatch(object: ObjectState, header: ObjectHeader, { offset, bytes }: HeaderPatch): HeaderPatch[] {
  const stored = chunk0Bytes(header, object.file.context);
  const changed = stored.slice();
  changed.set(bytes, offset);
  return patchesOf(object, header, stored, counted(object, header, changed));
}

/**
 * What of chunk 0 changes. A version 1 header has the message count and the count of its links in the prefix; where that
 * and the messages do not share a sector, they change one after the other: readers do not rely on the message count.
 */
function patchesOf(object: ObjectState, header: ObjectHeader, stored: Uint8Array, changed: Uint8Array): HeaderPatch[] {
  const whole = difference(stored, changed, 0, stored.length);
  if (areAtOnce(object, [whole])) return nonEmpty([whole]);
  if (header.version === 2) {
    const kept = withStoredChecksum(header, object.file.context, changed);
    return nonEmpty([kept === null ? whole : difference(stored, kept, 0, stored.length)]);
  }
  return nonEmpty([
    difference(stored, changed, version1PrefixSize, stored.length),
    difference(stored, changed, 0, version1PrefixSize),
  ]);
}

/** Chunk 0 with the count of the object's links, which a version 1 header has in its prefix. */
function counted(object: ObjectState, header: ObjectHeader, bytes: Uint8Array): Uint8Array {
  if (header.version === 1) {
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(referenceCountOffset, object.referenceCount, true);
  }
  return bytes;
}

/** The bytes of a range that differ, and those between them. */
function difference(stored: Uint8Array, changed: Uint8Array, from: number, to: number): HeaderPatch {
  let start = from;
  let end = to;
  while (start < end && changed[start] === stored[start]) start++;
  while (end > start && changed[end - 1] === stored[end - 1]) end--;
  return { offset: start, bytes: changed.subarray(start, end) };
}

function nonEmpty(patches: readonly HeaderPatch[]): HeaderPatch[] {
  return patches.filter(({ bytes }) => bytes.length > 0);
}
