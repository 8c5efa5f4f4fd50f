import type { HDF5Error } from "../../errors.js";
import { corrupt, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { decodeText } from "../text.js";
import type { Dataspace } from "./dataspace.js";
import { decodeDataspace, elementCount, encodeDataspace } from "./dataspace.js";
import type { CharacterSet, Datatype } from "./datatype.js";
import { decodeDatatype, encodeDatatype } from "./datatype.js";
import { MessageType } from "./message-types.js";
import type { SharedResolver } from "./shared-message.js";
import { decodeSharedMessage, encodeSharedMessage } from "./shared-message.js";

/** An attribute (specification IV.A.2.m, "The Attribute Message"), stored alike in headers and in fractal heaps. */
export interface AttributeMessage {
  /** 1–3. */
  readonly version: number;
  readonly name: string;
  /** The name as stored, which need not be valid UTF-8. */
  readonly nameBytes: Uint8Array;
  /** Stored since version 3; ASCII before. */
  readonly characterSet: CharacterSet;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** The stored elements. */
  readonly data: Uint8Array;
  /** Address of the committed datatype, `null` where the attribute has a datatype of its own. */
  readonly committedAddress: number | null;
}

const datatypeShared = 0x01;
const dataspaceShared = 0x02;
const maxPartLength = 0xffff;

/**
 * Decodes versions 1–3.
 *
 * @param resolveShared - finds datatypes and dataspaces that are stored elsewhere
 */
export function decodeAttribute(reader: ByteReader, resolveShared: SharedResolver): AttributeMessage {
  const start = reader.offset;
  const version = reader.u8();
  if (version < 1 || version > 3) throw unsupported(`version ${version} of the attribute message`, start);
  const storedFlags = reader.u8();
  const flags = version === 1 ? 0 : storedFlags;
  if (flags > 3) throw unsupported(`attribute flags 0x${flags.toString(16)}`, start + 1);
  const nameLength = reader.u16();
  const datatypeLength = reader.u16();
  const dataspaceLength = reader.u16();
  const storedCharacterSet = version === 3 ? reader.u8() : 0;
  if (storedCharacterSet > 1) throw unsupported(`character set ${storedCharacterSet} of an attribute name`, start + 8);

  const nameReader = takePart(reader, version, nameLength);
  const nameBytes = nameReader.untilNull().slice();
  if (nameReader.remaining !== 0) {
    throw corrupt(
      `an attribute's name has ${nameBytes.length + 1} bytes instead of ${nameLength}`,
      nameReader.fileOffset,
    );
  }
  const datatypeReader = takePart(reader, version, datatypeLength);
  let committedAddress: number | null = null;
  let datatype: Datatype;
  if ((flags & datatypeShared) === 0) {
    datatype = decodeDatatype(datatypeReader);
  } else {
    const shared = decodeSharedMessage(datatypeReader);
    if (shared.kind === "committed") committedAddress = shared.address;
    const found = resolveShared(MessageType.Datatype, shared);
    found.datatype ??= decodeDatatype(found.reader);
    datatype = found.datatype;
  }
  const dataspaceReader = takePart(reader, version, dataspaceLength);
  const dataspace = decodeDataspace(
    (flags & dataspaceShared) === 0
      ? dataspaceReader
      : resolveShared(MessageType.Dataspace, decodeSharedMessage(dataspaceReader)).reader,
  );
  return {
    version,
    name: decodeText(nameBytes),
    nameBytes,
    characterSet: storedCharacterSet === 0 ? "ascii" : "utf-8",
    datatype,
    dataspace,
    data: reader.take(elementCount(dataspace) * datatype.size).slice(),
    committedAddress,
  };
}

/** The next `length` bytes; version 1 pads each part to a multiple of 8, which may be missing where nothing follows. */
function takePart(reader: ByteReader, version: number, length: number): ByteReader {
  const part = reader.slice(length);
  if (version === 1) reader.skip(Math.min((8 - (length % 8)) % 8, reader.remaining));
  return part;
}

/** Encodes versions 1–3; a committed datatype, which needs version 2, is written as its address. */
export function encodeAttribute(writer: ByteWriter, attribute: AttributeMessage): void {
  const { version, nameBytes, committedAddress, data } = attribute;
  if (version < 1 || version > 3) throw invalidArgument(`an attribute message has version 1 to 3, not ${version}`);
  if (version === 1 && committedAddress !== null) {
    throw invalidArgument("an attribute of a committed datatype needs version 2 of its message");
  }
  if (version < 3 && attribute.characterSet !== "ascii") {
    throw invalidArgument("an attribute name in UTF-8 needs version 3 of its message");
  }
  if (nameBytes.includes(0)) throw invalidArgument(`the attribute name "${attribute.name}" contains a NUL`);
  const expected = elementCount(attribute.dataspace) * attribute.datatype.size;
  if (data.length !== expected) {
    throw invalidArgument(`the attribute "${attribute.name}" needs ${expected} bytes, not ${data.length}`);
  }
  if (nameBytes.length + 1 > maxPartLength) throw tooLong(attribute);
  const start = writer.length;
  writer.u8(version);
  writer.u8(committedAddress === null ? 0 : datatypeShared);
  writer.u16(nameBytes.length + 1);
  writer.fill(0, 4);
  if (version === 3) writer.u8(attribute.characterSet === "ascii" ? 0 : 1);
  const partMultiple = version === 1 ? 8 : 1;
  const nameStart = writer.length;
  writer.bytes(nameBytes);
  writer.u8(0);
  writer.align(partMultiple, nameStart);
  const datatypeStart = writer.length;
  if (committedAddress === null) encodeDatatype(writer, attribute.datatype);
  else encodeSharedMessage(writer, { kind: "committed", address: committedAddress }, version === 2 ? 2 : 3);
  const datatypeLength = writer.length - datatypeStart;
  if (datatypeLength > maxPartLength) throw tooLong(attribute);
  writer.align(partMultiple, datatypeStart);
  const dataspaceStart = writer.length;
  encodeDataspace(writer, attribute.dataspace);
  const dataspaceLength = writer.length - dataspaceStart;
  writer.align(partMultiple, dataspaceStart);
  writer.patch(start + 4, datatypeLength, 2);
  writer.patch(start + 6, dataspaceLength, 2);
  writer.bytes(data);
}

function tooLong(attribute: AttributeMessage): HDF5Error {
  return invalidArgument(`the name or datatype of the attribute "${attribute.name}" is too long to be stored`);
}
