import { corrupt } from "../errors.js";
import { unfilter } from "../filters/unfilter.js";
import type { Operation } from "../storage/operation.js";
import type { ByteWriter } from "../structures/byte-writer.js";
import { findDenseAttribute, readDenseAttributes } from "../structures/dense-attributes.js";
import type { AttributeMessage } from "../structures/messages/attribute.js";
import { decodeAttribute } from "../structures/messages/attribute.js";
import type { AttributeInfo } from "../structures/messages/attribute-info.js";
import { decodeAttributeInfo } from "../structures/messages/attribute-info.js";
import { MessageType } from "../structures/messages/message-types.js";
import type { SharedMessageData, SharedResolver } from "../structures/messages/shared-message.js";
import { compareBytes, encodeText, mayBeEscaped, namesApart } from "../structures/text.js";
import type { OwnedBlock } from "./built-blocks.js";
import type { ObjectState, StagedMessage } from "./object-state.js";
import { encodeMessage, sharedMessageReader } from "./object-state.js";

/** An attribute of an object. */
export interface AttributeEntry {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** `null` while the attribute is new and nobody has asked for it. */
  attribute: AttributeMessage | null;
  /** The message as it is stored or will be; `null` for one in dense storage. */
  readonly message: StagedMessage | null;
  readonly creationOrder: number | null;
}

/** What an entry holds. */
export function attributeOf(object: ObjectState, entry: AttributeEntry): AttributeMessage {
  const { attribute, message, name } = entry;
  if (attribute !== null) return attribute;
  if (message === null) throw corrupt(`the attribute "${name}" has no message`);
  entry.attribute = decodeAttribute(object.messageReader(message), resolver(object));
  return entry.attribute;
}

/** All attributes of an object, as staged. */
export class AttributeTable {
  /** By name, in stored order; new ones last. */
  readonly entries = new Map<string, AttributeEntry>();
  /** Creation order of the next attribute. */
  nextCreationOrder = 0;
  /** Whether the stored attributes no longer match. */
  changed = false;
  /** Blocks that the next rebuild makes unreachable. */
  ownedBlocks: readonly OwnedBlock[] = [];
}

/** The attribute info message, or `null`. */
export function attributeInfo(object: ObjectState): AttributeInfo | null {
  const message = object.message(MessageType.AttributeInfo);
  return message === undefined ? null : decodeAttributeInfo(object.messageReader(message));
}

/** Finds shared messages; a datatype that many attributes share is decoded once. */
function resolver(object: ObjectState): SharedResolver {
  const datatypes = new Map<string, SharedMessageData>();
  return (messageType, shared) => {
    const key = shared.kind === "committed" ? String(shared.address) : shared.heapId.join();
    const known = messageType === MessageType.Datatype ? datatypes.get(key) : undefined;
    if (known !== undefined) return known;
    const found: SharedMessageData = { reader: sharedMessageReader(object.file, messageType, shared, 0) };
    if (messageType === MessageType.Datatype) datatypes.set(key, found);
    return found;
  };
}

function compactEntries(object: ObjectState): AttributeEntry[] {
  const resolveShared = resolver(object);
  return object.messages
    .filter((message) => message.type === MessageType.Attribute)
    .map((message) => {
      const attribute = decodeAttribute(object.messageReader(message), resolveShared);
      const { name, nameBytes } = attribute;
      return { name, nameBytes, attribute, message, creationOrder: message.creationOrder };
    });
}

function decodeEntries(object: ObjectState): AttributeEntry[] {
  const entries = compactEntries(object);
  const info = attributeInfo(object);
  if (info === null || info.heapAddress === null) return entries;
  const dense = readDenseAttributes(object.file.context, info, unfilter, resolver(object));
  for (const { attribute, creationOrder } of dense) {
    const order = object.tracksAttributeOrder ? creationOrder : null;
    const { name, nameBytes } = attribute;
    entries.push({ name, nameBytes, attribute, message: null, creationOrder: order });
  }
  return entries;
}

/** All attributes of an object. */
export function* loadAttributes(object: ObjectState): Operation<AttributeTable> {
  if (object.attributes !== null) return object.attributes;
  const entries = yield* object.file.decode(() => decodeEntries(object));
  const table = new AttributeTable();
  let next = attributeInfo(object)?.maxCreationOrder ?? 0;
  for (const entry of entries) {
    table.entries.set(entry.name, entry);
    if (entry.creationOrder !== null && entry.creationOrder >= next) next = entry.creationOrder + 1;
  }
  if (table.entries.size < entries.length) {
    for (const entry of namesApart(entries)) table.entries.set(entry.name, entry);
  }
  table.nextCreationOrder = next;
  object.attributes = table;
  return table;
}

/** The attribute of this name, or `undefined`; reads no more than the search needs. */
export function* findAttribute(object: ObjectState, name: string): Operation<AttributeMessage | undefined> {
  if (object.attributes !== null) return namedAttribute(object, object.attributes, name);
  const info = attributeInfo(object);
  if (info === null || info.heapAddress === null || mayBeEscaped(name)) {
    return namedAttribute(object, yield* loadAttributes(object), name);
  }
  return yield* object.file.decode(
    () => findDenseAttribute(object.file.context, info, encodeText(name), unfilter, resolver(object))?.attribute,
  );
}

function namedAttribute(object: ObjectState, table: AttributeTable, name: string): AttributeMessage | undefined {
  const entry = table.entries.get(name);
  return entry === undefined ? undefined : attributeOf(object, entry);
}

/** Attributes in the order in which users see them: of creation where it is tracked, else by name. */
export function listedAttributes(object: ObjectState, table: AttributeTable): AttributeEntry[] {
  const entries = [...table.entries.values()];
  if (object.tracksAttributeOrder) {
    return entries.sort((a, b) => (a.creationOrder ?? 0) - (b.creationOrder ?? 0));
  }
  return entries.sort((a, b) => compareBytes(a.nameBytes, b.nameBytes));
}

/** Sets an attribute, staged; one of the same name is replaced and keeps its place. */
export function setAttribute(
  object: ObjectState,
  table: AttributeTable,
  { name, nameBytes }: Pick<AttributeEntry, "name" | "nameBytes">,
  encode: (writer: ByteWriter) => void,
): void {
  const before = table.entries.get(name);
  const creationOrder = object.tracksAttributeOrder ? (before?.creationOrder ?? table.nextCreationOrder) : null;
  const message = encodeMessage(object.file, MessageType.Attribute, 0, encode, creationOrder);
  object.file.touch(object);
  if (before === undefined) table.nextCreationOrder++;
  table.entries.set(name, { name, nameBytes, attribute: null, message, creationOrder });
  table.changed = true;
}

/** Deletes an attribute, staged; answers whether there was one. */
export function deleteAttribute(object: ObjectState, table: AttributeTable, name: string): boolean {
  if (!table.entries.has(name)) return false;
  object.file.touch(object);
  table.entries.delete(name);
  table.changed = true;
  return true;
}
