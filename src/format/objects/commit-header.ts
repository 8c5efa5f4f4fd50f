import { corrupt } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { sectorSize, withinSector } from "../storage/transaction.js";
import { encodeObjectReferenceCount } from "../structures/messages/reference-count.js";
import { MessageType } from "../structures/messages/message-types.js";
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
import type { ObjectState } from "./object-state.js";

/** Chunk 0 must be able to hold a continuation message, for later changes. */
const smallestChunk0 = 24;
/** Bytes from a header's start that change when it becomes a continuation; they must share a sector. */
const continuationWindow = 64;
/** Offset of the reference count in a version 1 header. */
const referenceCountOffset = 4;

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
          { messages: [], tracksAttributeOrder: object.tracksAttributeOrder, indexesAttributeOrder: object.tracksAttributeOrder },
          { slack: space, sizeWidth: 2 },
        );
  const address = file.allocate(bytes.length, bytes.length);
  file.shadow(address, bytes);
  object.assignAddress(address);
  return address;
}

/** Makes a stored header hold the object's messages: in place where one sector can change at once, else elsewhere. */
export function* rewriteHeader(object: ObjectState): Operation<void> {
  const { file, address } = object;
  if (address === null) throw corrupt("an object without an address cannot be rewritten");
  stageReferenceCount(object);
  const { messages, headerVersion, tracksAttributeOrder } = object;
  const context = file.context;
  const header = yield* file.decode(() => decodeObjectHeader(context, address));
  const transaction = file.editing();
  const start = file.offsetOf(address);
  let patch = yield* file.decode(() => replaceChunk0(header, context, messages));
  if (patch === null || !withinSector(start + patch.offset, patch.bytes.length)) {
    const block =
      headerVersion === 1
        ? encodeContinuationBlockV1(messages)
        : encodeContinuationBlockV2(messages, tracksAttributeOrder);
    const blockAddress = file.allocate(block.length);
    file.shadow(blockAddress, block);
    const continued = yield* file.decode(() =>
      shrinkToContinuation(header, context, blockAddress, block.length, messages.length),
    );
    if (continued === null && patch === null) {
      throw corrupt("an object header has no room for a continuation message", start);
    }
    patch = continued ?? patch;
  }
  if (patch === null) return;
  transaction.flip(start + patch.offset, withReferenceCount(object, patch));
  for (const chunk of header.chunks.slice(1)) transaction.free(file.offsetOf(chunk.address), chunk.length);
}

/** A version 1 header counts its links in the prefix, which a patch always covers. */
function withReferenceCount(object: ObjectState, patch: HeaderPatch): Uint8Array {
  if (object.headerVersion === 2) return patch.bytes;
  const bytes = patch.bytes.slice();
  new DataView(bytes.buffer).setUint32(referenceCountOffset - patch.offset, object.referenceCount, true);
  return bytes;
}
