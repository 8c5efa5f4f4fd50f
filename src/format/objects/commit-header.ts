import { corrupt } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { sectorSize, withinSector } from "../storage/sectors.js";
import { MessageType } from "../structures/messages/message-types.js";
import { encodeObjectReferenceCount } from "../structures/messages/reference-count.js";
import type { ObjectHeader } from "../structures/object-header.js";
import {
  decodeObjectHeader,
  encodeContinuationBlockV1,
  encodeContinuationBlockV2,
  encodeObjectHeaderV1,
  encodeObjectHeaderV2,
  messagesSize,
} from "../structures/object-header.js";
import type { HeaderPatch } from "../structures/object-header-edit.js";
import { replaceChunk0, shrinkToContinuation, trimPatch, unchangedStart } from "../structures/object-header-edit.js";
import type { ObjectState } from "./object-state.js";

/** Chunk 0 must be able to hold a continuation message, for later changes. */
const smallestChunk0 = 24;
/** Bytes from a header's start that change when it becomes a continuation; they must share a sector. */
const continuationWindow = 64;
/** Offset of the reference count in a version 1 header. */
const referenceCountOffset = 4;
/** Bytes of a version 1 header before its messages. */
const version1PrefixSize = 16;

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
  object.file.shadow(object.address ?? takeHeaderSpace(object, bytes.length), bytes);
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

/** Makes a header that has an address hold the object's messages: in place where that can be done at once, else elsewhere. */
export function* rewriteHeader(object: ObjectState): Operation<void> {
  const { file, address } = object;
  if (address === null) throw corrupt("an object without an address cannot be rewritten");
  stageReferenceCount(object);
  const { context } = file;
  const header = yield* file.decode(() => decodeObjectHeader(context, address));
  let patches = yield* file.decode(() => inPlace(object, header));
  if (patches === null || !patches.every((patch) => isAtOnce(object, patch))) {
    const block = file.allocate(messagesSize(object.messages, header.version, header.tracksAttributeOrder) + 8);
    const continued = yield* file.decode(() => elsewhere(object, header, block));
    if (continued === null && patches === null) {
      throw corrupt("an object header has no room for a continuation message", file.offsetOf(address));
    }
    if (continued !== null) {
      file.shadow(block, continued.block);
      patches = continued.patches;
    }
  }
  const transaction = file.editing();
  for (const { offset, bytes } of patches ?? []) {
    const start = file.offsetOf(address) + offset;
    // Nothing leads to a header that was never committed: it may change with the other new bytes.
    if (object.isStored) transaction.flip(start, bytes);
    else transaction.shadow(start, bytes);
  }
  for (const chunk of header.chunks.slice(1)) transaction.free(file.offsetOf(chunk.address), chunk.length);
}

function isAtOnce(object: ObjectState, patch: HeaderPatch): boolean {
  return withinSector(object.file.offsetOf(object.address ?? 0) + patch.offset, patch.bytes.length);
}

/** Patches that hold all messages in chunk 0, or `null` where they do not fit. May miss bytes. */
function inPlace(object: ObjectState, header: ObjectHeader): HeaderPatch[] | null {
  const patch = replaceChunk0(header, object.file.context, object.messages);
  return patch === null ? null : split(object, header, patch);
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
  const { messages, tracksAttributeOrder } = object;
  const { context } = object.file;
  const keepable = unchangedStart(header, context, messages);
  let fallback: ReturnType<typeof elsewhere> = null;
  for (let count = 0; count <= keepable.length && count < messages.length; count++) {
    const kept = keepable.slice(0, count);
    const moved = messages.filter((message) => !kept.includes(message));
    const block =
      header.version === 1 ? encodeContinuationBlockV1(moved) : encodeContinuationBlockV2(moved, tracksAttributeOrder);
    const patch = shrinkToContinuation(header, context, address, block.length, moved.length, kept);
    if (patch === null) break;
    const patches = split(object, header, patch);
    if (patches.every((part) => isAtOnce(object, part))) return { block, patches };
    fallback ??= { block, patches };
  }
  return fallback;
}

/**
 * What of a patch really changes. A version 1 header has the message count and the count of its links in the prefix,
 * which a patch covers; where that and the messages do not share a sector, they change one after the other: readers do
 * not rely on the message count.
 */
function split(object: ObjectState, header: ObjectHeader, patch: HeaderPatch): HeaderPatch[] {
  const { context } = object.file;
  if (header.version === 2) return nonEmpty([trimPatch(header, context, patch)]);
  const bytes = patch.bytes.slice();
  new DataView(bytes.buffer).setUint32(referenceCountOffset - patch.offset, object.referenceCount, true);
  const whole = trimPatch(header, context, { offset: patch.offset, bytes });
  if (isAtOnce(object, whole)) return nonEmpty([whole]);
  const prefix = version1PrefixSize - patch.offset;
  return nonEmpty([
    trimPatch(header, context, { offset: version1PrefixSize, bytes: bytes.subarray(prefix) }),
    trimPatch(header, context, { offset: patch.offset, bytes: bytes.subarray(0, prefix) }),
  ]);
}

function nonEmpty(patches: readonly HeaderPatch[]): HeaderPatch[] {
  return patches.filter(({ bytes }) => bytes.length > 0);
}
