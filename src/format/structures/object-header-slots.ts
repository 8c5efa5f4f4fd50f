/** What lies where in the first block of an object header. Specification IV.A.1, "Data Object Header Prefix". */
import type { FileContext } from "./context.js";
import { readerAt } from "./context.js";
import { MessageType } from "./messages/message-types.js";
import type { HeaderMessage, NewMessage, ObjectHeader } from "./object-header.js";
import { messageHeaderSize } from "./object-header.js";

/** A message of chunk 0 as it is stored, NIL and continuation messages included; offsets count from the header's start. */
export interface HeaderSlot {
  readonly start: number;
  /** End of the message's data. */
  readonly end: number;
  readonly message: NewMessage;
  /** The message as decoded; `null` for NIL and continuation messages. */
  readonly decoded: HeaderMessage | null;
}

/** The stored bytes of chunk 0, its prefix and checksum included (a copy). */
export function chunk0Bytes(header: ObjectHeader, context: FileContext): Uint8Array {
  return readerAt(context, header.address, header.chunks[0].length).bytes.slice();
}

/** Offsets of the first message of chunk 0 and of the end of its messages, counted from the header's start. */
export function messagesRange(header: ObjectHeader): { readonly start: number; readonly end: number } {
  const [{ address, messagesAddress, messagesLength }] = header.chunks;
  const start = messagesAddress - address;
  return { start, end: start + messagesLength };
}

/** The messages of chunk 0 in their order; `bytes` are {@link chunk0Bytes}. */
export function headerSlots(header: ObjectHeader, context: FileContext, bytes: Uint8Array): HeaderSlot[] {
  const { version, tracksAttributeOrder } = header;
  const headerSize = messageHeaderSize(version, tracksAttributeOrder);
  const origin = context.baseAddress + header.address;
  const decodedAt = new Map(header.messages.map((message) => [message.offset - origin, message]));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const range = messagesRange(header);
  const slots: HeaderSlot[] = [];
  for (let start = range.start; range.end - start >= headerSize; ) {
    const type = version === 1 ? view.getUint16(start, true) : view.getUint8(start);
    const size = view.getUint16(start + (version === 1 ? 2 : 1), true);
    const flags = view.getUint8(start + (version === 1 ? 4 : 3));
    const creationOrder = version === 2 && tracksAttributeOrder ? view.getUint16(start + 4, true) : null;
    const end = start + headerSize + size;
    const data = bytes.subarray(start + headerSize, end);
    const isOther = type === MessageType.Nil || type === MessageType.ObjectHeaderContinuation;
    const decoded = isOther ? null : (decodedAt.get(start + headerSize) ?? null);
    slots.push({ start, end, message: { type, flags, creationOrder, data }, decoded });
    start = end;
  }
  return slots;
}
