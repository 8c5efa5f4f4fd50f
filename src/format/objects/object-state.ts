import { corrupt, HDF5Error } from "../errors.js";
import { unfilter } from "../filters/unfilter.js";
import type { Operation } from "../storage/operation.js";
import { ByteReader } from "../structures/byte-reader.js";
import type { ByteWriter } from "../structures/byte-writer.js";
import { MessageType } from "../structures/messages/message-types.js";
import type { SharedMessage } from "../structures/messages/shared-message.js";
import { decodeSharedMessage } from "../structures/messages/shared-message.js";
import type { HeaderMessage, ObjectHeader } from "../structures/object-header.js";
import { decodeObjectHeader } from "../structures/object-header.js";
import { resolveSharedMessage } from "../structures/shared-message-table.js";
import type { AttributeTable } from "./attribute-table.js";
import type { DatasetState } from "./dataset-state.js";
import type { FileState } from "./file-state.js";
import type { HeaderImprint } from "./header-imprint.js";
import type { LinkTable } from "./link-table.js";

/** One message of an object as it will be stored. */
export interface StagedMessage {
  readonly type: number;
  readonly flags: number;
  readonly creationOrder: number | null;
  readonly data: Uint8Array;
}

export type ObjectKind = "group" | "dataset" | "datatype";

/** How a new object's header is to be written. */
export interface NewObject {
  readonly kind: ObjectKind;
  /** Object header version. */
  readonly headerVersion: 1 | 2;
  readonly tracksAttributeOrder: boolean;
  readonly messages: readonly StagedMessage[];
}

/** One object of an open file: its header's messages, and what of it is staged. */
export class ObjectState {
  readonly file: FileState;
  readonly kind: ObjectKind;
  readonly headerVersion: 1 | 2;
  readonly tracksAttributeOrder: boolean;
  /** The header as opened; `null` for an object created here. */
  readonly header: ObjectHeader | null;
  /** {@link FileState.generation} of the file that the object was opened in. */
  readonly generation: number;
  /** What the stored header was last seen as, in a file that can be changed; undefined where that is not known. */
  imprint: HeaderImprint | undefined;
  /** Whether the header's bytes are part of the committed file. */
  isStored: boolean;
  /** Reference count that the stored header has. */
  storedReferenceCount: number;
  readonly indexesAttributeOrder: boolean;
  /** Messages as they will be stored; attributes, links and layout are brought up to date at the commit. */
  messages: readonly (StagedMessage | HeaderMessage)[];
  /** Hard links to the object, staged ones included. */
  referenceCount: number;
  attributes: AttributeTable | null = null;
  links: LinkTable | null = null;
  dataset: DatasetState | null = null;
  /** A path of hard links that led here, the first one; `null` where the object was found otherwise. */
  path: string | null = null;
  #address: number | null;

  private constructor(file: FileState, header: ObjectHeader | null, address: number | null, parts: NewObject) {
    this.file = file;
    this.generation = file.generation;
    this.header = header;
    this.#address = address;
    this.kind = parts.kind;
    this.headerVersion = parts.headerVersion;
    this.tracksAttributeOrder = parts.tracksAttributeOrder;
    this.messages = parts.messages;
    this.indexesAttributeOrder = header?.indexesAttributeOrder ?? parts.tracksAttributeOrder;
    this.isStored = header !== null;
    this.referenceCount = header?.referenceCount ?? 0;
    this.storedReferenceCount = this.referenceCount;
  }

  /** A new object, staged; nothing refers to it yet. */
  static create(file: FileState, parts: NewObject): ObjectState {
    const object = new ObjectState(file, null, null, parts);
    file.touch(object);
    return object;
  }

  /** The object whose header is at `address`. */
  static *open(file: FileState, address: number): Operation<ObjectState> {
    const known = file.objects.get(address);
    if (known !== undefined) return known;
    const { header, kind, imprint } = yield* file.decode(() => {
      const decoded = decodeObjectHeader(file.context, address);
      const seen = file.editor?.imprintOf(file.context, decoded);
      return { header: decoded, kind: kindOf(file, decoded), imprint: seen };
    });
    const object = new ObjectState(file, header, address, {
      kind,
      headerVersion: header.version,
      tracksAttributeOrder: header.tracksAttributeOrder,
      messages: header.messages,
    });
    object.imprint = imprint;
    if (file.transaction === null && file.objects.size >= readOnlyObjectLimit) file.objects.clear();
    file.objects.set(address, object);
    return object;
  }

  /** Remembers how the object was reached: by a hard link of a group. */
  reachedFrom(group: ObjectState, name: string): this {
    if (this.path !== null || group.path === null) return this;
    this.path = childPath(group.path, name);
    if (this.kind === "group" && this.file.groups.push(this) > nearGroups) this.file.groups.shift();
    return this;
  }

  /** Address of the header, or `null` while none is assigned. */
  get address(): number | null {
    return this.#address;
  }

  /** Sets the address of a new object's header. */
  assignAddress(address: number): void {
    this.#address = address;
    this.file.objects.set(address, this);
  }

  /** Takes back {@link assignAddress}, where no header was placed after all. */
  forgetAddress(): void {
    if (this.#address !== null) this.file.objects.delete(this.#address);
    this.#address = null;
  }

  /** What was staged is part of a commit; what is staged from here on belongs to the next one. */
  sealed(): void {
    if (this.attributes !== null) this.attributes.changed = false;
    if (this.links !== null) this.links.changed = false;
  }

  /** The commit is part of the file, with the reference count that the object had then. */
  committed(referenceCount: number): void {
    this.isStored = true;
    this.storedReferenceCount = referenceCount;
  }

  /** The first message of a type. */
  message(type: number): StagedMessage | undefined {
    return this.messages.find((message) => message.type === type);
  }

  /** A reader of a message's data; that of a shared message is found where it is stored. May miss bytes. */
  messageReader(message: StagedMessage): ByteReader {
    const offset = "offset" in message ? (message as HeaderMessage).offset : 0;
    const reader = new ByteReader(message.data, offset, this.file.context);
    if ((message.flags & sharedFlag) === 0) return reader;
    return sharedMessageReader(this.file, message.type, decodeSharedMessage(reader), 0);
  }

  /** Replaces the messages of a type by one (or adds it). */
  setMessage(type: number, flags: number, encode: (writer: ByteWriter) => void): void {
    const message = encodeMessage(this.file, type, flags, encode);
    const index = this.messages.findIndex((existing) => existing.type === type);
    const messages = this.messages.slice();
    messages[index < 0 ? messages.length : index] = message;
    this.messages = messages;
  }

  removeMessages(type: number): void {
    if (this.messages.some((message) => message.type === type)) {
      this.messages = this.messages.filter((message) => message.type !== type);
    }
  }

  /** Places `replacements` where the first message of the type stands, or last. */
  replaceMessages(type: number, replacements: readonly StagedMessage[]): void {
    const index = this.messages.findIndex((existing) => existing.type === type);
    if (index < 0) {
      this.messages = this.messages.concat(replacements);
      return;
    }
    const others = this.messages.filter((existing) => existing.type !== type);
    const at = this.messages.slice(0, index).filter((m) => m.type !== type).length;
    this.messages = [...others.slice(0, at), ...replacements, ...others.slice(at)];
  }
}

/** Bit 1 of a message's flags: its data are stored elsewhere. */
export const sharedFlag = 0x02;

/** Groups among which paths of objects are sought first. */
const nearGroups = 64;

/** The path of a link of the group at `path`; relative where that is empty. */
export function childPath(path: string, name: string): string {
  return path === "/" || path === "" ? path + name : `${path}/${name}`;
}

/** Where an object is, for people: its path, or where its header is. */
export function placeText({ file, address }: ObjectState, path: string): string {
  return path === "" ? `at byte ${file.offsetOf(address ?? 0)}` : JSON.stringify(path);
}

/** Objects remembered in a file that is open for reading only. */
const readOnlyObjectLimit = 16_384;
/** Headers with shared messages remembered. */
const sharedHeaderLimit = 64;

/** A message from the bytes that `encode` writes. */
export function encodeMessage(
  file: FileState,
  type: number,
  flags: number,
  encode: (writer: ByteWriter) => void,
  creationOrder: number | null = null,
): StagedMessage {
  const writer = file.scratch;
  writer.reset();
  encode(writer);
  return { type, flags, creationOrder, data: file.messageBytes.copy(writer.written()) };
}

/** {@link encodeMessage} of a record that other objects of the file may have too: such messages are made once. */
export function encodeRecord(
  file: FileState,
  record: object,
  type: number,
  flags: number,
  encode: (writer: ByteWriter) => void,
): StagedMessage {
  let message = file.messagesOfRecords.get(record);
  if (message === undefined || message.type !== type) {
    message = encodeMessage(file, type, flags, encode);
    file.messagesOfRecords.set(record, message);
  }
  return message;
}

/** A reader of the data of a shared message. */
export function sharedMessageReader(
  file: FileState,
  messageType: number,
  shared: SharedMessage,
  depth: number,
): ByteReader {
  if (shared.kind === "heap") {
    const table = file.sharedMessageTable;
    if (table === null) throw corrupt("a message is in the shared-message table, and the file has none");
    const data = resolveSharedMessage(file.context, table, messageType, shared.heapId, unfilter, file.sharedHeaps);
    return new ByteReader(data, 0, file.context);
  }
  if (depth > 8) throw corrupt("shared messages refer to each other", file.offsetOf(shared.address));
  const header = file.objects.get(shared.address)?.header ?? sharedHeader(file, shared.address);
  const message = header.messages.find((candidate) => candidate.type === messageType);
  if (message === undefined) {
    throw corrupt("a shared message is not in the object it names", file.offsetOf(shared.address));
  }
  const reader = new ByteReader(message.data, message.offset, file.context);
  if ((message.flags & sharedFlag) === 0) return reader;
  return sharedMessageReader(file, messageType, decodeSharedMessage(reader), depth + 1);
}

/** The header of an object that others share messages of; kept, as many may. */
function sharedHeader(file: FileState, address: number): ObjectHeader {
  const { sharedHeaders } = file;
  const known = sharedHeaders.get(address);
  if (known !== undefined) return known;
  const header = decodeObjectHeader(file.context, address);
  // A header that may change is decoded each time.
  if (file.transaction !== null) return header;
  if (sharedHeaders.size >= sharedHeaderLimit) sharedHeaders.clear();
  sharedHeaders.set(address, header);
  return header;
}

function kindOf(file: FileState, header: ObjectHeader): ObjectKind {
  let hasDatatype = false;
  let hasDataspace = false;
  for (const { type } of header.messages) {
    if (type === MessageType.SymbolTable || type === MessageType.LinkInfo) return "group";
    if (type === MessageType.Datatype) hasDatatype = true;
    else if (type === MessageType.Dataspace) hasDataspace = true;
  }
  if (hasDatatype) return hasDataspace ? "dataset" : "datatype";
  throw new HDF5Error("corrupt", "an object is neither a group nor a dataset nor a datatype", {
    offset: file.offsetOf(header.address),
  });
}
