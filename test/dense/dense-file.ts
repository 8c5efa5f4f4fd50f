import { ByteWriter } from "../../src/format/structures/byte-writer.js";
import { buildDenseAttributes } from "../../src/format/structures/dense-attributes.js";
import { buildDenseLinks } from "../../src/format/structures/dense-links.js";
import type { AttributeMessage } from "../../src/format/structures/messages/attribute.js";
import type { AttributeInfo } from "../../src/format/structures/messages/attribute-info.js";
import { encodeAttributeInfo } from "../../src/format/structures/messages/attribute-info.js";
import type { Datatype } from "../../src/format/structures/messages/datatype.js";
import { encodeGroupInfo } from "../../src/format/structures/messages/group-info.js";
import type { Link } from "../../src/format/structures/messages/link.js";
import type { LinkInfo } from "../../src/format/structures/messages/link-info.js";
import { encodeLinkInfo } from "../../src/format/structures/messages/link-info.js";
import { MessageType } from "../../src/format/structures/messages/message-types.js";
import type { NewMessage } from "../../src/format/structures/object-header.js";
import { encodeObjectHeaderV2 } from "../../src/format/structures/object-header.js";
import type { Superblock } from "../../src/format/structures/superblock.js";
import { FileBuilder, utf8 } from "../structures/support.js";

const int32: Datatype = {
  class: "integer",
  version: 1,
  size: 4,
  byteOrder: "little",
  signed: true,
  bitOffset: 0,
  precision: 32,
  lowPadding: 0,
  highPadding: 0,
};

export function softLink(name: string, target: string, creationOrder: number | null = null): Link {
  const base = { name, nameBytes: utf8.encode(name), characterSet: "ascii" as const, creationOrder };
  return { kind: "soft", ...base, target, targetBytes: utf8.encode(target) };
}

/** An attribute whose elements are 0, 1, 2, … */
export function countingAttribute(name: string, length: number): AttributeMessage {
  const values = Int32Array.from({ length }, (_, index) => index);
  return {
    version: 3,
    name,
    nameBytes: utf8.encode(name),
    characterSet: "ascii",
    datatype: int32,
    dataspace: { version: 2, kind: "simple", dimensions: [length], maxDimensions: [length] },
    data: new Uint8Array(values.buffer),
    committedAddress: null,
  };
}

export interface DenseFile {
  readonly links: readonly Link[];
  readonly attributes: readonly AttributeMessage[];
  readonly trackOrder: boolean;
}

export interface BuiltDenseFile {
  readonly bytes: Uint8Array;
  readonly linkInfo: LinkInfo;
  readonly attributeInfo: AttributeInfo;
}

/** A file whose root group has dense links and attributes. */
export function buildDenseFile(content: DenseFile, changes: Partial<Superblock> = {}): BuiltDenseFile {
  const builder = new FileBuilder({ version: 2, ...changes });
  const { allocate, superblock } = builder;
  const { trackOrder } = content;
  const links = buildDenseLinks(content.links, trackOrder, superblock, allocate);
  const linkInfo: LinkInfo = {
    ...links,
    maxCreationOrder: trackOrder ? content.links.length : null,
    creationOrderIndexed: trackOrder,
  };
  const named = content.attributes.map((attribute, index) => ({ attribute, creationOrder: trackOrder ? index : null }));
  const attributes = buildDenseAttributes(named, trackOrder, superblock, allocate);
  const attributeInfo: AttributeInfo = {
    ...attributes,
    maxCreationOrder: trackOrder ? content.attributes.length : null,
    creationOrderIndexed: trackOrder,
  };
  builder.add(links.blocks);
  builder.add(attributes.blocks);
  const message = (type: number, write: (writer: ByteWriter) => void): NewMessage => {
    const writer = new ByteWriter(superblock);
    write(writer);
    return { type, flags: 0, data: writer.finish() };
  };
  const header = encodeObjectHeaderV2(
    {
      messages: [
        message(MessageType.LinkInfo, (writer) => encodeLinkInfo(writer, linkInfo)),
        message(MessageType.GroupInfo, (writer) => encodeGroupInfo(writer, { phaseChange: null, estimates: null })),
        message(MessageType.AttributeInfo, (writer) => encodeAttributeInfo(writer, attributeInfo)),
      ],
      tracksAttributeOrder: trackOrder,
      indexesAttributeOrder: trackOrder,
    },
    { slack: 60 },
  );
  return { bytes: builder.finish({ rootAddress: builder.put(header) }), linkInfo, attributeInfo };
}
