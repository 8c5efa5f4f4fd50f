import { corrupt, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { decodeText } from "../text.js";
import type { CharacterSet } from "./datatype.js";

interface LinkBase {
  /**
   * The name. Of one that is not UTF-8, each byte from 0x80 on is `\xhh`, or `\udchh` where another link of the group
   * has these escapes as its name.
   */
  readonly name: string;
  /** The name as stored, which need not be valid UTF-8. */
  readonly nameBytes: Uint8Array;
  readonly characterSet: CharacterSet;
  /** Rank in order of creation, `null` where the group does not track it. */
  readonly creationOrder: number | null;
}

/** To an object of the same file. */
export interface HardLink extends LinkBase {
  readonly kind: "hard";
  /** Address of the object header. */
  readonly address: number;
}

/** To a path in the same file. */
export interface SoftLink extends LinkBase {
  readonly kind: "soft";
  readonly target: string;
  readonly targetBytes: Uint8Array;
}

/** To a path in another file. */
export interface ExternalLink extends LinkBase {
  readonly kind: "external";
  readonly file: string;
  readonly fileBytes: Uint8Array;
  readonly target: string;
  readonly targetBytes: Uint8Array;
}

/** Of a class that the writing application defined. */
export interface UserDefinedLink extends LinkBase {
  readonly kind: "user-defined";
  /** Link class, 65–255. */
  readonly linkType: number;
  readonly data: Uint8Array;
}

/**
 * A link (specification IV.A.2.g, "The Link Message"), stored alike in object headers and in the fractal heaps of
 * groups with many links.
 */
export type Link = HardLink | SoftLink | ExternalLink | UserDefinedLink;

const linkVersion = 1;
const nameLengthMask = 0x03;
const hasCreationOrder = 0x04;
const hasLinkType = 0x08;
const hasCharacterSet = 0x10;
const reservedFlags = 0xe0;

const softType = 1;
const externalType = 64;

/** Decodes a link message (0x0006), from a header or a fractal heap. */
export function decodeLink(reader: ByteReader): Link {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== linkVersion) throw unsupported(`version ${version} of the link message`, start);
  const flags = reader.u8();
  if ((flags & reservedFlags) !== 0) throw unsupported(`link flags 0x${flags.toString(16)}`, start + 1);
  const type = (flags & hasLinkType) === 0 ? 0 : reader.u8();
  const creationOrder = (flags & hasCreationOrder) === 0 ? null : reader.u64();
  const storedCharacterSet = (flags & hasCharacterSet) === 0 ? 0 : reader.u8();
  if (storedCharacterSet > 1) throw unsupported(`character set ${storedCharacterSet} of a link name`, start);
  const nameLength = reader.uint(1 << (flags & nameLengthMask));
  if (nameLength === 0) throw corrupt("a link has no name", start);
  const nameBytes = reader.take(nameLength).slice();
  const base: LinkBase = {
    name: decodeText(nameBytes),
    nameBytes,
    characterSet: storedCharacterSet === 0 ? "ascii" : "utf-8",
    creationOrder,
  };
  if (type === 0) return { kind: "hard", ...base, address: reader.definedAddress("a hard link's object") };
  const at = reader.offset;
  const value = reader.slice(reader.u16());
  if (type === softType) {
    const targetBytes = value.take(value.remaining).slice();
    if (targetBytes.length === 0) throw corrupt("a soft link has no target", at);
    return { kind: "soft", ...base, target: decodeText(targetBytes), targetBytes };
  }
  if (type === externalType) return decodeExternalLink(value, base);
  if (type < externalType) throw unsupported(`link type ${type}`, start + 2);
  return { kind: "user-defined", ...base, linkType: type, data: value.take(value.remaining).slice() };
}

function decodeExternalLink(value: ByteReader, base: LinkBase): ExternalLink {
  const at = value.offset;
  const versionAndFlags = value.u8();
  if (versionAndFlags !== 0) throw unsupported(`external link version and flags 0x${versionAndFlags.toString(16)}`, at);
  const fileBytes = value.untilNull().slice();
  const targetBytes = value.untilNull().slice();
  return {
    kind: "external",
    ...base,
    file: decodeText(fileBytes),
    fileBytes,
    target: decodeText(targetBytes),
    targetBytes,
  };
}

/** Encodes a link message (0x0006), from a header or a fractal heap. */
export function encodeLink(writer: ByteWriter, link: Link): void {
  const nameLength = link.nameBytes.length;
  if (nameLength === 0) throw invalidArgument("a link needs a name");
  const nameLengthCode = nameLength > 0xffff ? 2 : nameLength > 0xff ? 1 : 0;
  writer.u8(linkVersion);
  writer.u8(
    nameLengthCode |
      (link.creationOrder === null ? 0 : hasCreationOrder) |
      (link.kind === "hard" ? 0 : hasLinkType) |
      (link.characterSet === "utf-8" ? hasCharacterSet : 0),
  );
  if (link.kind !== "hard") writer.u8(storedType(link));
  if (link.creationOrder !== null) writer.u64(link.creationOrder);
  if (link.characterSet === "utf-8") writer.u8(1);
  writer.uint(nameLength, 1 << nameLengthCode);
  writer.bytes(link.nameBytes);
  switch (link.kind) {
    case "hard":
      writer.address(link.address);
      return;
    case "soft":
      if (link.targetBytes.length === 0) throw invalidArgument("a soft link needs a target");
      encodeValueLength(writer, link.targetBytes.length);
      writer.bytes(link.targetBytes);
      return;
    case "external":
      if (link.fileBytes.includes(0) || link.targetBytes.includes(0)) {
        throw invalidArgument("the file and path of an external link cannot contain a NUL");
      }
      encodeValueLength(writer, link.fileBytes.length + link.targetBytes.length + 3);
      writer.u8(0);
      writer.bytes(link.fileBytes);
      writer.u8(0);
      writer.bytes(link.targetBytes);
      writer.u8(0);
      return;
    case "user-defined":
      encodeValueLength(writer, link.data.length);
      writer.bytes(link.data);
  }
}

function storedType(link: SoftLink | ExternalLink | UserDefinedLink): number {
  if (link.kind === "soft") return softType;
  if (link.kind === "external") return externalType;
  if (link.linkType <= externalType || link.linkType > 0xff) {
    throw invalidArgument(`user-defined links have types 65 to 255, not ${link.linkType}`);
  }
  return link.linkType;
}

function encodeValueLength(writer: ByteWriter, length: number): void {
  if (length > 0xffff) throw invalidArgument("a link's value has at most 65535 bytes");
  writer.u16(length);
}
