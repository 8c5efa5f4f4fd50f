/**
 * Changes of an object header in place, each one small enough to make new messages visible at once. Specification
 * IV.A.1, "Disk Format: Level 2A1 - Data Object Header Prefix".
 */
import { ByteWriter } from "./byte-writer.js";
import { lookup3 } from "./checksum.js";
import type { FileContext } from "./context.js";
import { readerAt } from "./context.js";
import type { HeaderMessage, NewMessage, ObjectHeader } from "./object-header.js";
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

function continueV1(
  header: ObjectHeader,
  context: FileContext,
  messages: readonly NewMessage[],
  elsewhere: number,
): HeaderPatch {
  const [chunk] = header.chunks;
  const writer = prefixWriter(header, context);
  const end = writer.length + messagesSize(messages, 1, false);
  const count = writeMessages(writer, messages, writer.length + chunk.messagesLength - end, 1, false);
  writer.patch(messageCountOffset, count + elsewhere, 2);
  // One NIL message covers the rest; what its data held before does not matter.
  const nils = count - messages.length;
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
 * The fewest bytes that make chunk 0 hold nothing but `kept`, its first messages as they are, and a continuation
 * message, so that the header's other messages are those of the block at `continuationAddress`; `null` where chunk 0 is
 * too small for that.
 *
 * Version 2: chunk 0 shrinks where nothing is kept: its size field, the message and the checksum after it. Version 1:
 * chunk 0 keeps its size; the message count, the prefix after it, the message and the header of a NIL message that
 * covers the rest.
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
  kept: readonly NewMessage[] = [],
): HeaderPatch | null {
  const message = continuationMessage(continuationAddress, continuationLength, context);
  const messages = [...kept, message];
  const needed = messagesSize(messages, header.version, header.tracksAttributeOrder);
  if (header.chunks[0].messagesLength < needed) return null;
  if (header.version === 1) return continueV1(header, context, messages, messagesElsewhere);
  return kept.length === 0 ? shrinkV2(header, context, message) : replaceChunk0(header, context, messages);
}

function isSameMessage(stored: HeaderMessage, message: NewMessage): boolean {
  return (
    stored.type === message.type &&
    stored.flags === message.flags &&
    (stored.creationOrder ?? 0) === (message.creationOrder ?? 0) &&
    stored.data.length === message.data.length &&
    stored.data.every((byte, index) => byte === message.data[index])
  );
}

/**
 * The first messages of chunk 0, without a gap, as long as they are among `messages` unchanged: those that can stay
 * where they are when others go into a continuation block.
 */
export function unchangedStart(
  header: ObjectHeader,
  context: FileContext,
  messages: readonly NewMessage[],
): NewMessage[] {
  const headerSize = messageHeaderSize(header.version, header.tracksAttributeOrder);
  const left = new Set(messages);
  const kept: NewMessage[] = [];
  let position = context.baseAddress + header.chunks[0].messagesAddress;
  for (const stored of header.messages) {
    if (stored.chunk !== 0 || stored.offset !== position + headerSize) break;
    const same = [...left].find((message) => isSameMessage(stored, message));
    if (same === undefined) break;
    left.delete(same);
    kept.push(same);
    position = stored.offset + stored.data.length;
  }
  return kept;
}

/** A patch without the bytes at its ends that are stored already. */
export function trimPatch(header: ObjectHeader, context: FileContext, patch: HeaderPatch): HeaderPatch {
  const { bytes } = patch;
  const stored = readerAt(context, header.address + patch.offset, bytes.length).bytes;
  let start = 0;
  let end = bytes.length;
  while (start < end && bytes[start] === stored[start]) start++;
  while (end > start && bytes[end - 1] === stored[end - 1]) end--;
  return { offset: patch.offset + start, bytes: bytes.subarray(start, end) };
}
