/**
 * Changes of an object header in place, each one small enough to make new messages visible at once. Specification
 * IV.A.1, "Disk Format: Level 2A1 - Data Object Header Prefix".
 */
import { ByteWriter } from "./byte-writer.js";
import { lookup3 } from "./checksum.js";
import type { FileContext } from "./context.js";
import { readerAt } from "./context.js";
import type { NewMessage, ObjectHeader } from "./object-header.js";
import { continuationMessage, messageHeaderSize, messagesSize, writeMessages } from "./object-header.js";

/** Bytes that replace those of a stored object header. */
export interface HeaderPatch {
  /** Counted from the header's start. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Offset of the message count in a version 1 header. */
const messageCountOffset = 2;

/** The stored bytes of chunk 0 before its first message, as the start of a new one. */
function prefixWriter(header: ObjectHeader, context: FileContext): ByteWriter {
  const [chunk] = header.chunks;
  const writer = new ByteWriter(context, chunk.length);
  writer.bytes(readerAt(context, header.address, chunk.messagesAddress - chunk.address).bytes);
  return writer;
}

/** Bytes of the size field of chunk 0 in a version 2 header. */
function sizeFieldWidth(header: ObjectHeader): number {
  return 1 << (header.flags & 0x03);
}

function patchFrom(writer: ByteWriter, offset: number): HeaderPatch {
  return { offset, bytes: writer.written().slice(offset) };
}

/**
 * Chunk 0 with exactly `messages`, at the same address and of the same size, or `null` where they do not fit.
 *
 * The patch goes from the message count (version 1) or the size field (version 2) to the end of the chunk.
 *
 * @param messagesElsewhere messages in continuation blocks that `messages` point at (version 1 counts them).
 */
export function replaceChunk0(
  header: ObjectHeader,
  context: FileContext,
  messages: readonly NewMessage[],
  messagesElsewhere = 0,
): HeaderPatch | null {
  const { version, tracksAttributeOrder } = header;
  const [chunk] = header.chunks;
  const slack = chunk.messagesLength - messagesSize(messages, version, tracksAttributeOrder);
  if (slack < 0) return null;
  const writer = prefixWriter(header, context);
  const start = writer.length;
  const count = writeMessages(writer, messages, slack, version, tracksAttributeOrder) + messagesElsewhere;
  if (version === 1) {
    if (count > 0xffff) return null;
    writer.patch(messageCountOffset, count, 2);
    return patchFrom(writer, messageCountOffset);
  }
  writer.u32(lookup3(writer.written()));
  return patchFrom(writer, start - sizeFieldWidth(header));
}

function continueV1(header: ObjectHeader, context: FileContext, message: NewMessage, elsewhere: number): HeaderPatch {
  const [chunk] = header.chunks;
  const writer = prefixWriter(header, context);
  const end = writer.length + messagesSize([message], 1, false);
  const count = writeMessages(writer, [message], writer.length + chunk.messagesLength - end, 1, false);
  writer.patch(messageCountOffset, count + elsewhere, 2);
  // One NIL message covers the rest; what its data held before does not matter.
  const nils = count - 1;
  const changed = nils > 1 ? writer.length : end + nils * messageHeaderSize(1, false);
  return { offset: messageCountOffset, bytes: writer.written().slice(messageCountOffset, changed) };
}

function shrinkV2(header: ObjectHeader, context: FileContext, message: NewMessage): HeaderPatch {
  const width = sizeFieldWidth(header);
  const { tracksAttributeOrder } = header;
  const prefix = prefixWriter(header, context).written();
  const writer = new ByteWriter(context, prefix.length + 32);
  writer.bytes(prefix.subarray(0, prefix.length - width));
  writer.uint(messagesSize([message], 2, tracksAttributeOrder), width);
  writeMessages(writer, [message], 0, 2, tracksAttributeOrder);
  writer.u32(lookup3(writer.written()));
  return patchFrom(writer, prefix.length - width);
}

/**
 * The fewest bytes that make chunk 0 hold nothing but a continuation message, so that the header's messages are those of
 * the block at `continuationAddress`; `null` where chunk 0 is too small for that.
 *
 * Version 2: chunk 0 shrinks: its size field, the message and the checksum after it. Version 1: chunk 0 keeps its size;
 * the message count, the prefix after it, the message and the header of a NIL message that covers the rest.
 *
 * @param messagesElsewhere messages in the continuation block, NIL ones included, and in blocks it points at
 * (version 1 counts them).
 */
export function shrinkToContinuation(
  header: ObjectHeader,
  context: FileContext,
  continuationAddress: number,
  continuationLength: number,
  messagesElsewhere: number,
): HeaderPatch | null {
  const message = continuationMessage(continuationAddress, continuationLength, context);
  const needed = messagesSize([message], header.version, header.tracksAttributeOrder);
  if (header.chunks[0].messagesLength < needed) return null;
  if (header.version === 1) return continueV1(header, context, message, messagesElsewhere);
  return shrinkV2(header, context, message);
}
