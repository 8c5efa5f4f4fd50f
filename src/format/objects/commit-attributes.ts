import { invalidArgument } from "../errors.js";
import type { ByteWriter } from "../structures/byte-writer.js";
import { buildDenseAttributes } from "../structures/dense-attributes.js";
import { encodeAttribute } from "../structures/messages/attribute.js";
import type { AttributeInfo } from "../structures/messages/attribute-info.js";
import { encodeAttributeInfo } from "../structures/messages/attribute-info.js";
import { MessageType } from "../structures/messages/message-types.js";
import { defaultAttributePhaseChange } from "../structures/object-header.js";
import type { AttributeEntry, AttributeTable } from "./attribute-table.js";
import { attributeInfo, attributeOf } from "./attribute-table.js";
import { freeBlocks, stageBlocks } from "./built-blocks.js";
import type { ObjectState, StagedMessage } from "./object-state.js";
import { encodeMessage } from "./object-state.js";

/** Largest message of an object header. */
export const largestMessage = 65_535 - 8;

/** Brings the attribute messages of an object up to date. */
export function stageAttributeMessages(object: ObjectState): void {
  const table = object.attributes;
  if (table === null || !table.changed) return;
  const entries = [...table.entries.values()];
  const messages = entries.map((entry) => compactMessage(object, entry));
  const info = attributeInfo(object);
  const { maxCompact, minDense } = object.header?.attributePhaseChange ?? defaultAttributePhaseChange;
  const isDense = info !== null && info.heapAddress !== null;
  const tooLong = messages.some((message) => message.data.length > largestMessage);
  if (object.headerVersion === 1 && tooLong) {
    throw invalidArgument(
      'an attribute of more than 64 KiB needs a version 2 object header: create the file with libver "default"',
    );
  }
  const many = isDense ? entries.length >= minDense : entries.length > maxCompact;
  const dense = object.headerVersion === 2 && entries.length > 0 && (tooLong || many);
  freeBlocks(object.file, table.ownedBlocks);
  table.ownedBlocks = [];
  if (dense) stageDense(object, table, entries);
  else stageCompact(object, table, messages);
}

function compactMessage(object: ObjectState, entry: AttributeEntry): StagedMessage {
  const { message, creationOrder } = entry;
  if (message === null) {
    const encode = (writer: ByteWriter): void => encodeAttribute(writer, attributeOf(object, entry));
    return encodeMessage(object.file, MessageType.Attribute, 0, encode, creationOrder);
  }
  return message.creationOrder === creationOrder ? message : { ...message, creationOrder };
}

function stageCompact(object: ObjectState, table: AttributeTable, messages: readonly StagedMessage[]): void {
  object.replaceMessages(MessageType.Attribute, messages);
  if (object.headerVersion === 1) return;
  // libhdf5 has this message exactly where there are attributes, and counts them wrongly where it is missing.
  if (messages.length === 0) object.removeMessages(MessageType.AttributeInfo);
  else setInfo(object, table, { heapAddress: null, nameIndexAddress: null, creationOrderIndexAddress: null });
}

function stageDense(object: ObjectState, table: AttributeTable, entries: readonly AttributeEntry[]): void {
  const { file, indexesAttributeOrder } = object;
  const attributes = entries.map((entry) => ({
    attribute: attributeOf(object, entry),
    creationOrder: entry.creationOrder,
  }));
  const built = buildDenseAttributes(attributes, indexesAttributeOrder, file.context, (size) => file.allocate(size));
  table.ownedBlocks = stageBlocks(file, built.blocks);
  object.removeMessages(MessageType.Attribute);
  setInfo(object, table, built);
}

function setInfo(
  object: ObjectState,
  table: AttributeTable,
  addresses: Pick<AttributeInfo, "heapAddress" | "nameIndexAddress" | "creationOrderIndexAddress">,
): void {
  const { heapAddress, nameIndexAddress, creationOrderIndexAddress } = addresses;
  object.setMessage(MessageType.AttributeInfo, 4, (writer) => {
    encodeAttributeInfo(writer, {
      maxCreationOrder: object.tracksAttributeOrder ? table.nextCreationOrder : null,
      creationOrderIndexed: object.indexesAttributeOrder,
      heapAddress,
      nameIndexAddress,
      creationOrderIndexAddress,
    });
  });
}
