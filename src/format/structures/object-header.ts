/**
 * Specification IV.A.1, "Disk Format: Level 2A1 - Data Object Header Prefix", and IV.A.2.q, "The Object Header
 * Continuation Message".
 */
import { corrupt, invalidArgument, unsupported } from "../errors.js";
import { decodeAll } from "../storage/storage.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { lookup3 } from "./checksum.js";
import type { FileContext } from "./context.js";
import { readerAt, readerUpTo, verifyChecksum } from "./context.js";
import type { ObjectHeaderContinuation } from "./messages/continuation.js";
import { decodeObjectHeaderContinuation, encodeObjectHeaderContinuation } from "./messages/continuation.js";
import { MessageType } from "./messages/message-types.js";
import { decodeObjectReferenceCount } from "./messages/reference-count.js";

/** One message of an object header, its data still encoded. */
export interface HeaderMessage {
  /** "Header Message Type". */
  readonly type: number;
  readonly flags: number;
  /** Flag bit 1: the data tell where the message is stored. */
  readonly shared: boolean;
  /** "Header Message Creation Order"; `null` where it is not tracked. */
  readonly creationOrder: number | null;
  /** The data (a copy, in version 1 with their padding). */
  readonly data: Uint8Array;
  /** Absolute file offset of `data[0]`. */
  readonly offset: number;
  /** Index into {@link ObjectHeader.chunks}. */
  readonly chunk: number;
}

/** A block of an object header: chunk 0, then the continuation blocks. */
export interface HeaderChunk {
  /** Address of the whole block; chunk 0 begins with the header's prefix. */
  readonly address: number;
  /** Bytes of the whole block, prefix or signature and checksum included. */
  readonly length: number;
  /** Address of its first message. */
  readonly messagesAddress: number;
  /** Bytes for messages. */
  readonly messagesLength: number;
}

/** Seconds since 1970 of the object's life, in version 2 headers that store them. */
export interface ObjectTimes {
  readonly access: number;
  readonly modification: number;
  readonly change: number;
  readonly birth: number;
}

/** When attributes move from the header to dense storage and back. */
export interface AttributePhaseChange {
  readonly maxCompact: number;
  readonly minDense: number;
}

/** A decoded object header with the messages of all its chunks, NIL and continuation messages left out. */
export interface ObjectHeader {
  readonly version: 1 | 2;
  readonly address: number;
  /** Hard links to the object. */
  readonly referenceCount: number;
  /** Flags of a version 2 header; 0 in version 1. */
  readonly flags: number;
  readonly times: ObjectTimes | null;
  readonly attributePhaseChange: AttributePhaseChange;
  readonly tracksAttributeOrder: boolean;
  readonly indexesAttributeOrder: boolean;
  readonly messages: readonly HeaderMessage[];
  readonly chunks: readonly HeaderChunk[];
  /** The type of an unknown message that forbids changing the object (flag bit 3), or `null`. */
  readonly forbidsWriting: number | null;
}

/** {@link AttributePhaseChange} where a header says nothing else. */
export const defaultAttributePhaseChange: AttributePhaseChange = { maxCompact: 8, minDense: 6 };

const knownTypes: ReadonlySet<number> = new Set(
  Object.values(MessageType).filter((type) => type !== MessageType.Bogus),
);

const version1PrefixSize = 16;
const continuationOverhead = 8;
const maximumMessageSize = 65535;

const tracksOrderFlag = 0x04;
const indexesOrderFlag = 0x08;
const phaseChangeFlag = 0x10;
const timesFlag = 0x20;

/** Bytes before the data of a message. */
export function messageHeaderSize(version: 1 | 2, tracksAttributeOrder: boolean): number {
  if (version === 1) return 8;
  return tracksAttributeOrder ? 6 : 4;
}

/** What the prefix of a header says, and where chunk 0 lies. */
interface HeaderPrefix extends Omit<ObjectHeader, "messages" | "chunks" | "forbidsWriting" | "address"> {
  readonly chunk0: HeaderChunk;
}

/** What the messages of the chunks amount to. */
interface Collected {
  readonly messages: HeaderMessage[];
  readonly continuations: ObjectHeaderContinuation[];
  forbidsWriting: number | null;
}

function checkMessage(type: number, flags: number, offset: number, collected: Collected): void {
  if ((flags & 0x06) === 0x06 || (flags & 0x28) === 0x28 || (flags & 0x30) === 0x20) {
    throw corrupt(`a header message has contradictory flags 0x${flags.toString(16)}`, offset);
  }
  if (knownTypes.has(type)) return;
  if ((flags & 0x80) !== 0) throw unsupported(`header message type 0x${type.toString(16)}`, offset);
  if ((flags & 0x08) !== 0) collected.forbidsWriting ??= type;
}

function collectMessages(reader: ByteReader, prefix: HeaderPrefix, chunk: number, collected: Collected): void {
  const { version, tracksAttributeOrder } = prefix;
  const headerSize = messageHeaderSize(version, tracksAttributeOrder);
  // What is too small for a message at the end is a gap.
  while (reader.remaining >= headerSize) {
    const at = reader.offset;
    const type = version === 1 ? reader.u16() : reader.u8();
    const size = reader.u16();
    const flags = reader.u8();
    if (version === 1) reader.skip(3);
    const creationOrder = tracksAttributeOrder ? reader.u16() : null;
    if (version === 1 && size % 8 !== 0) throw corrupt(`a header message of ${size} bytes is not aligned`, at);
    const offset = reader.offset;
    const data = reader.take(size);
    checkMessage(type, flags, at, collected);
    if (type === MessageType.Nil) continue;
    if (type === MessageType.ObjectHeaderContinuation) {
      collected.continuations.push(decodeObjectHeaderContinuation(new ByteReader(data, offset, reader.sizes)));
    } else {
      const shared = (flags & 0x02) !== 0;
      collected.messages.push({ type, flags, shared, creationOrder, data, offset, chunk });
    }
  }
}

function decodePrefix1(context: FileContext, address: number): HeaderPrefix {
  const reader = readerAt(context, address, version1PrefixSize);
  reader.skip(2);
  const count = reader.u16();
  const referenceCount = reader.u32();
  const messagesLength = reader.u32();
  if (count === 0 ? messagesLength > 0 : messagesLength < 8) {
    throw corrupt(`${messagesLength} bytes cannot hold the ${count} messages of an object header`, reader.offset - 4);
  }
  const length = version1PrefixSize + messagesLength;
  return {
    version: 1,
    referenceCount,
    flags: 0,
    times: null,
    attributePhaseChange: defaultAttributePhaseChange,
    tracksAttributeOrder: false,
    indexesAttributeOrder: false,
    chunk0: { address, length, messagesAddress: address + version1PrefixSize, messagesLength },
  };
}

function decodePrefix2(context: FileContext, address: number): HeaderPrefix {
  // The longest prefix: signature, version, flags, four times, two phase-change values and 8 bytes of size.
  const reader = readerUpTo(context, address, 34);
  reader.signature("OHDR");
  const version = reader.u8();
  if (version !== 2) throw corrupt(`unknown version ${version} of an object header`, reader.offset - 1);
  const flags = reader.u8();
  if ((flags & 0xc0) !== 0) throw corrupt(`unknown object header flags 0x${flags.toString(16)}`, reader.offset - 1);
  let times: ObjectTimes | null = null;
  if ((flags & timesFlag) !== 0) {
    times = { access: reader.u32(), modification: reader.u32(), change: reader.u32(), birth: reader.u32() };
  }
  let attributePhaseChange = defaultAttributePhaseChange;
  if ((flags & phaseChangeFlag) !== 0) {
    attributePhaseChange = { maxCompact: reader.u16(), minDense: reader.u16() };
    if (attributePhaseChange.maxCompact < attributePhaseChange.minDense) {
      throw corrupt("the attribute phase change values of an object header contradict each other", reader.offset - 4);
    }
  }
  const tracksAttributeOrder = (flags & tracksOrderFlag) !== 0;
  const messagesLength = reader.uint(1 << (flags & 0x03));
  if (messagesLength > 0 && messagesLength < messageHeaderSize(2, tracksAttributeOrder)) {
    throw corrupt(`${messagesLength} bytes cannot hold a header message`, reader.offset);
  }
  const prefixSize = reader.position;
  return {
    version: 2,
    referenceCount: 1,
    flags,
    times,
    attributePhaseChange,
    tracksAttributeOrder,
    indexesAttributeOrder: (flags & indexesOrderFlag) !== 0,
    chunk0: {
      address,
      length: prefixSize + messagesLength + 4,
      messagesAddress: address + prefixSize,
      messagesLength,
    },
  };
}

/** The bytes of the messages of a chunk, copied; checks signature and checksum. */
function readMessages(context: FileContext, chunk: HeaderChunk, version: 1 | 2): ByteReader {
  const reader = readerAt(context, chunk.address, chunk.length);
  // The signature of chunk 0 belongs to its prefix.
  if (chunk.messagesAddress === chunk.address + 4) reader.signature("OCHK");
  if (version === 2) verifyChecksum(reader, chunk.length - 4, "an object header");
  const start = chunk.messagesAddress - chunk.address;
  const bytes = reader.bytes.slice(start, start + chunk.messagesLength);
  return new ByteReader(bytes, reader.fileOffset + start, context);
}

function continuationChunk(context: FileContext, target: ObjectHeaderContinuation, version: 1 | 2): HeaderChunk {
  const { address, length } = target;
  if (version === 1) return { address, length, messagesAddress: address, messagesLength: length };
  if (length < continuationOverhead) {
    throw corrupt(`an object header continuation block of ${length} bytes`, context.baseAddress + address);
  }
  return { address, length, messagesAddress: address + 4, messagesLength: length - continuationOverhead };
}

function storedReferenceCount(prefix: HeaderPrefix, messages: readonly HeaderMessage[], sizes: FieldSizes): number {
  let count = prefix.referenceCount;
  for (const message of messages) {
    if (message.type !== MessageType.ObjectReferenceCount) continue;
    if (prefix.version === 1) throw corrupt("a version 1 object header has a reference count message", message.offset);
    count = decodeObjectReferenceCount(new ByteReader(message.data, message.offset, sizes)).count;
  }
  return count;
}

/**
 * Decodes the object header at `address` with all its continuation blocks.
 *
 * As libhdf5 does, the message count of version 1 is not relied upon: messages fill their chunks.
 *
 * @throws UnsupportedFeatureError for an unknown message that must not be ignored (flag bit 7).
 */
export function decodeObjectHeader(context: FileContext, address: number): ObjectHeader {
  const first = readerUpTo(context, address, 1).u8();
  if (first !== 1 && first !== 0x4f) {
    throw corrupt(`expected an object header, found a byte ${first}`, context.baseAddress + address);
  }
  const prefix = first === 1 ? decodePrefix1(context, address) : decodePrefix2(context, address);
  const { version } = prefix;
  const chunks = [prefix.chunk0];
  const collected: Collected = { messages: [], continuations: [], forbidsWriting: null };
  collectMessages(readMessages(context, prefix.chunk0, version), prefix, 0, collected);
  const visited = new Set([address]);
  let total = prefix.chunk0.length;
  while (collected.continuations.length > 0) {
    const targets = collected.continuations.splice(0);
    for (const target of targets) {
      total += target.length;
      if (visited.has(target.address) || total > context.storage.size) {
        throw corrupt("the continuation blocks of an object header overlap", context.baseAddress + target.address);
      }
      visited.add(target.address);
    }
    const level = decodeAll(targets, (target) => {
      const chunk = continuationChunk(context, target, version);
      return { chunk, reader: readMessages(context, chunk, version) };
    });
    for (const { chunk, reader } of level) collectMessages(reader, prefix, chunks.push(chunk) - 1, collected);
  }
  const { messages, forbidsWriting } = collected;
  const { chunk0: _, ...fields } = prefix;
  const referenceCount = storedReferenceCount(prefix, messages, context);
  return { ...fields, referenceCount, address, messages, chunks, forbidsWriting };
}

/** Requires that nothing in the header forbids changing the object. */
export function requireWritableHeader(header: ObjectHeader, baseAddress: number): void {
  if (header.forbidsWriting === null) return;
  const type = header.forbidsWriting.toString(16);
  throw unsupported(`changing an object with header message type 0x${type}`, baseAddress + header.address);
}

/**
 * The messages of an object that is changed: those of an unknown type with flag bit 4 get flag bit 5, which tells whoever
 * knows them that the object was changed without regard to them. Answers `messages` where there are none.
 */
export function markUnknownMessages<Message extends NewMessage>(messages: readonly Message[]): readonly Message[] {
  const isUnmarked = ({ type, flags }: NewMessage): boolean => (flags & 0x30) === 0x10 && !knownTypes.has(type);
  if (!messages.some(isUnmarked)) return messages;
  return messages.map((message) => (isUnmarked(message) ? { ...message, flags: message.flags | 0x20 } : message));
}

/** A message to be written. */
export interface NewMessage {
  readonly type: number;
  readonly flags: number;
  /** Written where the header tracks it; `null` or absent is 0. */
  readonly creationOrder?: number | null;
  readonly data: Uint8Array;
}

/** A continuation message that points at `length` bytes at `address`. */
export function continuationMessage(address: number, length: number, sizes: FieldSizes): NewMessage {
  const writer = new ByteWriter(sizes, sizes.offsetSize + sizes.lengthSize);
  encodeObjectHeaderContinuation(writer, { address, length });
  return { type: MessageType.ObjectHeaderContinuation, flags: 0, data: writer.finish() };
}

/** The widths of fields do not matter to what is written here. */
const anySizes: FieldSizes = { offsetSize: 8, lengthSize: 8 };

function paddedLength(data: Uint8Array, version: 1 | 2): number {
  return version === 1 ? Math.ceil(data.length / 8) * 8 : data.length;
}

/** Bytes that `messages` take, headers and padding included. */
export function messagesSize(messages: readonly NewMessage[], version: 1 | 2, tracksAttributeOrder: boolean): number {
  let size = messages.length * messageHeaderSize(version, tracksAttributeOrder);
  for (const { data } of messages) size += paddedLength(data, version);
  return size;
}

function writeMessage(writer: ByteWriter, message: NewMessage, version: 1 | 2, tracksOrder: boolean): void {
  const { type, flags, data } = message;
  const size = paddedLength(data, version);
  if (size > maximumMessageSize) {
    throw invalidArgument(`a header message of ${data.length} bytes; at most ${maximumMessageSize} can be stored`);
  }
  if (version === 1) writer.u16(type);
  else writer.u8(type);
  writer.u16(size);
  writer.u8(flags);
  if (version === 1) writer.fill(0, 3);
  if (tracksOrder) writer.u16(message.creationOrder ?? 0);
  writer.bytes(data);
  writer.fill(0, size - data.length);
}

/** Fills `space` bytes with NIL messages, or a gap where none fits. Answers how many messages were written. */
function writeSpace(writer: ByteWriter, space: number, version: 1 | 2, tracksOrder: boolean): number {
  const headerSize = messageHeaderSize(version, tracksOrder);
  let count = 0;
  let left = space;
  while (left >= headerSize) {
    let size = Math.min(left - headerSize, maximumMessageSize - (maximumMessageSize % 8));
    const rest = left - headerSize - size;
    // The last NIL message must not leave a gap.
    if (rest > 0 && rest < headerSize) size -= 8;
    writeMessage(writer, { type: MessageType.Nil, flags: 0, data: new Uint8Array(size) }, version, tracksOrder);
    left -= headerSize + size;
    count++;
  }
  writer.fill(0, left);
  return count;
}

/** Appends `messages` and `slack` bytes of free space; answers the number of messages written, NIL ones included. */
export function writeMessages(
  writer: ByteWriter,
  messages: readonly NewMessage[],
  slack: number,
  version: 1 | 2,
  tracksAttributeOrder: boolean,
): number {
  for (const message of messages) writeMessage(writer, message, version, tracksAttributeOrder);
  return messages.length + writeSpace(writer, slack, version, tracksAttributeOrder);
}

/** What {@link encodeObjectHeaderV2} encodes. */
export interface NewObjectHeaderV2 {
  readonly messages: readonly NewMessage[];
  readonly times?: ObjectTimes | null;
  /** Stored only where it is given. */
  readonly attributePhaseChange?: AttributePhaseChange | null;
  readonly tracksAttributeOrder?: boolean;
  readonly indexesAttributeOrder?: boolean;
}

/** How much room {@link encodeObjectHeaderV2} leaves. */
export interface HeaderSpace {
  /** Bytes of free space after the messages. */
  readonly slack?: number;
  /** Width of the size field of chunk 0; the narrowest that does where absent. */
  readonly sizeWidth?: 1 | 2 | 4 | 8;
}

/** A whole version 2 header in one chunk. */
export function encodeObjectHeaderV2(header: NewObjectHeaderV2, space: HeaderSpace = {}): Uint8Array {
  const { messages, times, attributePhaseChange } = header;
  const tracksOrder = header.tracksAttributeOrder === true;
  const slack = space.slack ?? 0;
  const size = messagesSize(messages, 2, tracksOrder) + slack;
  const sizeWidth = space.sizeWidth ?? (size < 0x100 ? 1 : size < 0x1_0000 ? 2 : size < 0x1_0000_0000 ? 4 : 8);
  if (size >= 256 ** sizeWidth) throw invalidArgument(`${size} bytes of header messages do not fit their size field`);
  let flags = sizeWidth === 1 ? 0 : sizeWidth === 2 ? 1 : sizeWidth === 4 ? 2 : 3;
  if (tracksOrder) flags |= tracksOrderFlag;
  if (header.indexesAttributeOrder === true) flags |= indexesOrderFlag;
  const writer = new ByteWriter(anySizes, size + 40);
  writer.signature("OHDR");
  writer.u8(2);
  if (attributePhaseChange) flags |= phaseChangeFlag;
  if (times) flags |= timesFlag;
  writer.u8(flags);
  if (times) {
    writer.u32(times.access);
    writer.u32(times.modification);
    writer.u32(times.change);
    writer.u32(times.birth);
  }
  if (attributePhaseChange) {
    writer.u16(attributePhaseChange.maxCompact);
    writer.u16(attributePhaseChange.minDense);
  }
  writer.uint(size, sizeWidth);
  writeMessages(writer, messages, slack, 2, tracksOrder);
  writer.u32(lookup3(writer.written()));
  return writer.written();
}

/** A continuation block of a version 2 header. */
export function encodeContinuationBlockV2(
  messages: readonly NewMessage[],
  tracksAttributeOrder: boolean,
  slack = 0,
): Uint8Array {
  const writer = new ByteWriter(anySizes, messagesSize(messages, 2, tracksAttributeOrder) + slack + 8);
  writer.signature("OCHK");
  writeMessages(writer, messages, slack, 2, tracksAttributeOrder);
  writer.u32(lookup3(writer.written()));
  return writer.written();
}

/**
 * A whole version 1 header in one chunk, with at least `slack` bytes of free space.
 *
 * @param messagesElsewhere messages in continuation blocks that `messages` point at.
 */
export function encodeObjectHeaderV1(
  messages: readonly NewMessage[],
  referenceCount: number,
  slack = 0,
  messagesElsewhere = 0,
): Uint8Array {
  const space = Math.ceil(slack / 8) * 8;
  const size = messagesSize(messages, 1, false) + space;
  const writer = new ByteWriter(anySizes, version1PrefixSize + size);
  writer.u8(1);
  writer.u8(0);
  writer.u16(0);
  writer.u32(referenceCount);
  writer.u32(size);
  writer.u32(0);
  const count = writeMessages(writer, messages, space, 1, false) + messagesElsewhere;
  if (count > 0xffff) throw invalidArgument(`${count} header messages; at most 65535 can be counted`);
  writer.patch(2, count, 2);
  return writer.written();
}

/** A continuation block of a version 1 header, with at least `slack` bytes of free space. */
export function encodeContinuationBlockV1(messages: readonly NewMessage[], slack = 0): Uint8Array {
  const space = Math.ceil(slack / 8) * 8;
  const writer = new ByteWriter(anySizes, messagesSize(messages, 1, false) + space);
  writeMessages(writer, messages, space, 1, false);
  return writer.written();
}
