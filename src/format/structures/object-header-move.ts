/**
 * Ways to move messages of a stored object header into a continuation block by changes in place that each lie within one
 * sector. Specification IV.A.1, "Disk Format: Level 2A1 - Data Object Header Prefix".
 */
import { sectorSize } from "../storage/sectors.js";
import { lookup3 } from "./checksum.js";
import type { FileContext } from "./context.js";
import { keepChecksum } from "./kept-checksum.js";
import { MessageType } from "./messages/message-types.js";
import type { NewMessage, ObjectHeader } from "./object-header.js";
import { continuationMessage, messageHeaderSize } from "./object-header.js";
import type { HeaderSlot } from "./object-header-slots.js";
import { chunk0Bytes, headerSlots, messagesRange } from "./object-header-slots.js";

/** A continuation block that is referred to. */
export interface BlockPlace {
  readonly address: number;
  readonly length: number;
}

/** Largest data of a NIL message, a multiple of 8. */
const largestNil = 65_528;
/** Offset of the message count in a version 1 header. */
const messageCountOffset = 2;

function paddedSize(data: Uint8Array, version: 1 | 2): number {
  return version === 1 ? Math.ceil(data.length / 8) * 8 : data.length;
}

/** Writes into chunk 0 of a header as it is to be; what is not written stays as it is stored. */
class Chunk0 {
  readonly bytes: Uint8Array;
  readonly #header: ObjectHeader;
  readonly #view: DataView;
  /** Bytes before the data of a message. */
  readonly headerSize: number;

  constructor(header: ObjectHeader, bytes: Uint8Array) {
    this.#header = header;
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.headerSize = messageHeaderSize(header.version, header.tracksAttributeOrder);
  }

  /** Writes what stands before the data of a message. */
  putHeader(at: number, type: number, size: number, flags = 0, creationOrder = 0): void {
    const view = this.#view;
    if (this.#header.version === 1) {
      view.setUint16(at, type, true);
      view.setUint16(at + 2, size, true);
      view.setUint8(at + 4, flags);
      this.bytes.fill(0, at + 5, at + 8);
      return;
    }
    view.setUint8(at, type);
    view.setUint16(at + 1, size, true);
    view.setUint8(at + 3, flags);
    if (this.#header.tracksAttributeOrder) view.setUint16(at + 4, creationOrder, true);
  }

  /** Writes a whole message; answers its end. */
  put(at: number, { type, flags, creationOrder, data }: NewMessage): number {
    const size = paddedSize(data, this.#header.version);
    const start = at + this.headerSize;
    this.putHeader(at, type, size, flags, creationOrder ?? 0);
    this.bytes.set(data, start);
    this.bytes.fill(0, start + data.length, start + size);
    return start + size;
  }

  /** Covers a range by NIL messages, whose data stay what they were; answers their number. */
  cover(from: number, end: number): number {
    let at = from;
    let count = 0;
    while (end - at >= this.headerSize) {
      let size = Math.min(end - at - this.headerSize, largestNil);
      const rest = end - at - this.headerSize - size;
      if (rest > 0 && rest < this.headerSize) size -= 8;
      this.putHeader(at, MessageType.Nil, size);
      at += this.headerSize + size;
      count++;
    }
    this.bytes.fill(0, at, end);
    return count;
  }

  /** Stores the checksum of a version 2 header whose messages end at `end`. */
  seal(end: number): void {
    if (this.#header.version === 2) this.#view.setUint32(end, lookup3(this.bytes.subarray(0, end)), true);
  }

  /** Stores the message count of a version 1 header. */
  count(messages: number): void {
    if (this.#header.version === 1) this.#view.setUint16(messageCountOffset, Math.min(messages, 0xffff), true);
  }

  /** Stores where the messages of a version 2 header end. */
  endAt(end: number): void {
    if (this.#header.version !== 2) return;
    const { start } = messagesRange(this.#header);
    const width = 1 << (this.#header.flags & 0x03);
    for (let byte = 0, size = end - start; byte < width; byte++, size = Math.floor(size / 256)) {
      this.bytes[start - width + byte] = size % 256;
    }
  }
}

/** The beginning of chunk 0 up to a message, which stays where it is when all after it goes elsewhere. */
export interface KeptStart {
  readonly end: number;
  /** Number of the messages in it, NIL ones included. */
  readonly count: number;
  /** Messages of the object that are in it. */
  readonly kept: ReadonlySet<NewMessage>;
  /** Messages that take the place of stored ones of the same type and size. */
  readonly replaced: readonly { readonly at: number; readonly message: NewMessage }[];
}

function isSuccessor(stored: NewMessage, message: NewMessage, version: 1 | 2): boolean {
  return (
    stored.type === message.type &&
    stored.flags === message.flags &&
    (stored.creationOrder ?? 0) === (message.creationOrder ?? 0) &&
    stored.data.length === paddedSize(message.data, version)
  );
}

function isSame(stored: NewMessage, message: NewMessage): boolean {
  return message.data.every((byte, index) => byte === stored.data[index]);
}

/** Every beginning of chunk 0 that can stay when the object has `messages`, the shortest first. May miss bytes. */
export function* keptStarts(
  header: ObjectHeader,
  context: FileContext,
  messages: readonly NewMessage[],
): Generator<KeptStart, void, undefined> {
  const slots = headerSlots(header, context, chunk0Bytes(header, context));
  const left = new Set(messages);
  const kept = new Set<NewMessage>();
  const replaced: { readonly at: number; readonly message: NewMessage }[] = [];
  let count = 0;
  for (const slot of slots) {
    yield { end: slot.start, count, kept: new Set(kept), replaced: replaced.slice() };
    count++;
    if (slot.message.type === MessageType.Nil) continue;
    const { decoded } = slot;
    if (decoded === null) return;
    const successors = [...left].filter((message) => isSuccessor(slot.message, message, header.version));
    const chosen = successors.find((message) => isSame(slot.message, message)) ?? successors.at(0);
    if (chosen === undefined) return;
    if (!isSame(slot.message, chosen)) replaced.push({ at: slot.start, message: chosen });
    left.delete(chosen);
    kept.add(chosen);
  }
}

/**
 * Chunk 0 as stored up to a message, then a continuation message and free space; `null` where that does not fit.
 *
 * @param messagesElsewhere messages in the block (version 1 counts them)
 */
export function continuedAfter(
  header: ObjectHeader,
  context: FileContext,
  start: KeptStart,
  block: BlockPlace,
  messagesElsewhere: number,
): Uint8Array | null {
  const chunk = new Chunk0(header, chunk0Bytes(header, context));
  const { end } = messagesRange(header);
  const message = continuationMessage(block.address, block.length, context);
  if (start.end + chunk.headerSize + message.data.length > end) return null;
  for (const { at, message: successor } of start.replaced) chunk.put(at, successor);
  const spaces = chunk.cover(chunk.put(start.end, message), end);
  chunk.count(start.count + 1 + spaces + messagesElsewhere);
  chunk.seal(end);
  return chunk.bytes;
}

/**
 * A change of chunk 0 of a version 2 header that keeps the stored checksum, where the free space in the sector that
 * changes allows that; otherwise `null`.
 *
 * @param changed chunk 0 as it is to be, with as many bytes as are stored
 */
export function withStoredChecksum(header: ObjectHeader, context: FileContext, changed: Uint8Array): Uint8Array | null {
  const { start, end } = messagesRange(header);
  const stored = chunk0Bytes(header, context);
  // Of a chunk 0 that becomes shorter the checksum lies elsewhere.
  if (header.version !== 2 || stored.subarray(0, start).some((byte, at) => byte !== changed[at])) return null;
  let last = end;
  while (last > 0 && stored[last - 1] === changed[last - 1]) last--;
  const origin = context.baseAddress + header.address;
  const edge = (Math.floor((origin + last) / sectorSize) + 1) * sectorSize - origin;
  const kept = changed.slice();
  const free = headerSlots(header, context, changed)
    .filter(({ message }) => message.type === MessageType.Nil)
    .map((slot) => ({ from: Math.max(last, slot.end - slot.message.data.length), to: Math.min(edge, slot.end) }));
  if (!keepChecksum(stored.subarray(0, end), kept.subarray(0, end), free)) return null;
  kept.set(stored.subarray(end), end);
  return kept;
}

/**
 * How the messages of a header leave chunk 0 by two changes, where no single one lies within a sector.
 *
 * The first one is made in the last sector of chunk 0 and changes nothing of what the header says: a NIL message there
 * holds a continuation message that nobody sees yet and, in version 2, the checksum of a shorter chunk 0. The second one,
 * at the beginning, makes the first message a NIL message that reaches up to that continuation message.
 */
export interface Bridge {
  /** Messages that must make room: they go into a block of their own before the first change. */
  readonly displaced: readonly NewMessage[];
  /** Where the continuation message goes that leads to that block, if there is one. */
  readonly displacedAt: number;
  /** Start of the NIL message. */
  readonly nilAt: number;
  /** Start of the continuation message within it. */
  readonly hiddenAt: number;
}

/** Plans a {@link Bridge}, or answers `null` where chunk 0 has no room for it. May miss bytes. */
export function planBridge(header: ObjectHeader, context: FileContext): Bridge | null {
  const bytes = chunk0Bytes(header, context);
  const slots = headerSlots(header, context, bytes);
  const { start, end } = messagesRange(header);
  const { headerSize } = new Chunk0(header, bytes);
  const checksum = header.version === 2 ? 4 : 0;
  const origin = context.baseAddress + header.address;
  const edge = Math.floor((origin + end + checksum - 1) / sectorSize) * sectorSize - origin;
  const continuation = headerSize + context.offsetSize + context.lengthSize;
  const needed = continuation + checksum;
  const nilAt = trailingSpace(slots, end);
  const hiddenAt = Math.max(nilAt + headerSize, edge);
  if (nilAt > start && end - hiddenAt >= needed) return { displaced: [], displacedAt: nilAt, nilAt, hiddenAt };
  const first = slots.findIndex((slot) => slot.start >= edge && slot.start > start);
  if (first < 0) return null;
  const displacedAt = slots[first].start;
  const displacedEnd = displacedAt + continuation;
  if (end - displacedEnd - headerSize < needed) return null;
  const displaced = slots.slice(first).flatMap(({ message }) => (message.type === MessageType.Nil ? [] : [message]));
  return { displaced, displacedAt, nilAt: displacedEnd, hiddenAt: displacedEnd + headerSize };
}

/** Where the NIL messages at the end of chunk 0 begin; its end where there are none. */
function trailingSpace(slots: readonly HeaderSlot[], end: number): number {
  let at = end;
  for (const slot of slots.slice().reverse()) {
    if (slot.message.type !== MessageType.Nil) break;
    at = slot.start;
  }
  return at;
}

/**
 * Chunk 0 after the first and after the second change of a bridge. May miss bytes.
 *
 * @param displaced the block of the displaced messages, `null` where there are none
 * @param block the block of all messages that the object is to have, `messagesElsewhere` of them
 */
export function bridgeSteps(
  header: ObjectHeader,
  context: FileContext,
  bridge: Bridge,
  displaced: BlockPlace | null,
  block: BlockPlace,
  messagesElsewhere: number,
): { readonly first: Uint8Array; readonly second: Uint8Array } {
  const { start, end } = messagesRange(header);
  const before = new Chunk0(header, chunk0Bytes(header, context));
  if (displaced !== null) {
    before.put(bridge.displacedAt, continuationMessage(displaced.address, displaced.length, context));
  }
  before.cover(bridge.nilAt, end);
  const hidden = bridge.hiddenAt;
  const message = continuationMessage(block.address, block.length, context);
  const hiddenEnd = before.put(hidden, message);
  const spaces = header.version === 1 ? before.cover(hiddenEnd, end) : 0;
  const after = new Chunk0(header, before.bytes.slice());
  after.endAt(hiddenEnd);
  const skipped = after.cover(start, hidden);
  after.count(skipped + 1 + spaces + messagesElsewhere);
  after.seal(hiddenEnd);
  // The checksum that will hold is in place before.
  if (header.version === 2) before.bytes.set(after.bytes.subarray(hiddenEnd, hiddenEnd + 4), hiddenEnd);
  before.seal(end);
  if (header.version === 2) after.bytes.set(before.bytes.subarray(end, end + 4), end);
  return { first: before.bytes, second: after.bytes };
}
