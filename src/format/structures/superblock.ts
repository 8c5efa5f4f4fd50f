/** Specification II.A, "Disk Format: Level 0A - Format Signature and Superblock". */
import { corrupt, unsupported } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { AddressParts, FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { lookup3 } from "./checksum.js";
import { verifyChecksum } from "./context.js";
import type { SymbolTableEntry } from "./symbol-table-entry.js";
import { decodeSymbolTableEntry, encodeSymbolTableEntry, symbolTableEntrySize } from "./symbol-table-entry.js";

/** Where everything in the file starts from. Addresses are relative to the base address unless stated otherwise. */
export interface Superblock extends FieldSizes {
  readonly version: 0 | 1 | 2 | 3;
  /** Versions 0 and 1; the default (4) in later ones, where the superblock extension may override it. */
  readonly groupLeafK: number;
  /** Versions 0 and 1; the default (16) in later ones, where the superblock extension may override it. */
  readonly groupInternalK: number;
  /** Version 1; the default (32) in other ones, where the superblock extension may override it. */
  readonly chunkInternalK: number;
  /** "File Consistency Flags": bit 0 open for writing, bit 2 open for single-writer/multiple-reader writing. */
  readonly consistencyFlags: number;
  /** Absolute offset of the superblock, which is the base address of the file, whatever the stored one says. */
  readonly baseAddress: number;
  /** Absolute end of the file, base address included. */
  readonly endOfFileAddress: number;
  /** "Address of File Free Space Info", versions 0 and 1. */
  readonly freeSpaceAddress: number | null;
  /** "Driver Information Block Address", versions 0 and 1. */
  readonly driverInformationAddress: number | null;
  /** "Superblock Extension Address", versions 2 and 3. */
  readonly extensionAddress: number | null;
  /** "Root Group Symbol Table Entry", versions 0 and 1. */
  readonly rootEntry: SymbolTableEntry | null;
  /** Address of the root group's object header. */
  readonly rootAddress: number;
}

/** "Group Leaf Node K" where a file says nothing else. */
export const defaultGroupLeafK = 4;
/** "Group Internal Node K" where a file says nothing else. */
export const defaultGroupInternalK = 16;
/** "Indexed Storage Internal Node K" where a file says nothing else. */
export const defaultChunkInternalK = 32;

const signature = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);

function hasSignature(storage: Storage, offset: number): boolean {
  const bytes = storage.view(offset, signature.length);
  return signature.every((byte, index) => bytes[index] === byte);
}

/** The absolute offset of the superblock: 0, 512, 1024, 2048 and so on, by powers of two; `null` where there is none. */
export function findSuperblock(storage: Storage): number | null {
  for (let offset = 0; offset + signature.length <= storage.size; offset = offset === 0 ? 512 : offset * 2) {
    if (hasSignature(storage, offset)) return offset;
  }
  return null;
}

function checkSize(size: number, what: string, offset: number): void {
  if (size === 2 || size === 4 || size === 8) return;
  if (size === 16 || size === 32) throw unsupported(`a ${what} of ${size} bytes`, offset);
  throw corrupt(`the ${what} must be 2, 4 or 8, found ${size}`, offset);
}

/** Bytes of a superblock. */
export function superblockSize(version: Superblock["version"], sizes: FieldSizes): number {
  if (version >= 2) return 16 + 4 * sizes.offsetSize;
  return (version === 0 ? 24 : 28) + 4 * sizes.offsetSize + symbolTableEntrySize(sizes);
}

/** Requires the file to be as long as its superblock says. */
function absoluteEndOfFile(storage: Storage, found: number, storedBase: number, storedEnd: number): number {
  const end = storedEnd - storedBase + found;
  if (end > storage.size) {
    throw corrupt(`the file is truncated: expected ${end} bytes, found ${storage.size}`, found);
  }
  return end;
}

function checkFlags(flags: number, offset: number): void {
  if ((flags & ~7) !== 0) throw corrupt(`unknown file consistency flags 0x${flags.toString(16)}`, offset);
}

/**
 * Refuses a file that is only one part of several, as the family and multi drivers make them: its end or its root
 * group lie beyond it. The driver's name is in the driver information block (specification II.B).
 */
function checkDriver(storage: Storage, baseAddress: number, address: number, fields: readonly Uint8Array[]): void {
  const within = (field: Uint8Array): boolean => field.reduceRight((sum, byte) => sum * 256 + byte, 0) <= storage.size;
  const name = String.fromCharCode(...storage.view(baseAddress + address + 8, 8)).replace(/\0+$/, "");
  // The parts of the multi driver hold different kinds of data: none is complete, whatever its length.
  if (name !== "NCSAmult" && fields.every(within)) return;
  throw unsupported(`the file driver "${name}", which keeps one file in several parts,`, baseAddress);
}

function decodeVersion01(storage: Storage, reader: ByteReader, version: 0 | 1, assembled: boolean): Superblock {
  const { sizes, fileOffset } = reader;
  for (const [position, what] of [
    [9, "file free space"],
    [10, "root group symbol table entry"],
    [12, "shared header message format"],
  ] as const) {
    const found = reader.bytes[position];
    if (found !== 0) throw corrupt(`unknown version ${found} of the ${what}`, fileOffset + position);
  }
  reader.position = 16;
  const groupLeafK = reader.u16();
  const groupInternalK = reader.u16();
  if (groupLeafK === 0 || groupInternalK === 0) {
    throw corrupt("the K values of groups must not be 0", fileOffset + 16);
  }
  const consistencyFlags = reader.u32();
  checkFlags(consistencyFlags, fileOffset + 20);
  let chunkInternalK = defaultChunkInternalK;
  if (version === 1) {
    chunkInternalK = reader.u16();
    reader.skip(2);
  }
  const storedBase = reader.definedAddress("the base");
  const freeSpaceAddress = reader.address();
  const endField = reader.slice(sizes.offsetSize);
  const driverInformationAddress = reader.address();
  if (driverInformationAddress !== null && !assembled) {
    const rootField = reader.position + sizes.lengthSize;
    const rootBytes = reader.bytes.subarray(rootField, rootField + sizes.offsetSize);
    checkDriver(storage, fileOffset, driverInformationAddress, [endField.bytes, rootBytes]);
  }
  const storedEnd = endField.definedAddress("the end of the file");
  const rootOffset = reader.offset;
  const rootEntry = decodeSymbolTableEntry(reader);
  if (rootEntry.objectAddress === null) throw corrupt("the address of the root group is undefined", rootOffset);
  return {
    ...sizes,
    version,
    groupLeafK,
    groupInternalK,
    chunkInternalK,
    consistencyFlags,
    baseAddress: fileOffset,
    endOfFileAddress: absoluteEndOfFile(storage, fileOffset, storedBase, storedEnd),
    freeSpaceAddress,
    driverInformationAddress,
    extensionAddress: null,
    rootEntry,
    rootAddress: rootEntry.objectAddress,
  };
}

function decodeVersion23(storage: Storage, reader: ByteReader, version: 2 | 3): Superblock {
  const { sizes, fileOffset } = reader;
  verifyChecksum(reader, reader.bytes.length - 4, "the superblock");
  reader.position = 11;
  const consistencyFlags = reader.u8();
  checkFlags(consistencyFlags, fileOffset + 11);
  const storedBase = reader.definedAddress("the base");
  const extensionAddress = reader.address();
  const storedEnd = reader.definedAddress("the end of the file");
  const rootAddress = reader.definedAddress("the root group");
  return {
    ...sizes,
    version,
    groupLeafK: defaultGroupLeafK,
    groupInternalK: defaultGroupInternalK,
    chunkInternalK: defaultChunkInternalK,
    consistencyFlags,
    baseAddress: fileOffset,
    endOfFileAddress: absoluteEndOfFile(storage, fileOffset, storedBase, storedEnd),
    freeSpaceAddress: null,
    driverInformationAddress: null,
    extensionAddress,
    rootEntry: null,
    rootAddress,
  };
}

/** What is known of a file before its superblock is decoded. */
export interface SuperblockOptions {
  /** The storage has all parts of a file that a driver keeps in several. */
  readonly assembled?: boolean;
  readonly addressParts?: AddressParts;
}

/**
 * Decodes the superblock at `offset`, where {@link findSuperblock} found it.
 *
 * @throws HDF5Error `corrupt` when the file is shorter than the superblock says.
 */
export function decodeSuperblock(storage: Storage, offset: number, options: SuperblockOptions = {}): Superblock {
  const prefix = storage.view(offset, 16);
  const version = prefix[8];
  if (version !== 0 && version !== 1 && version !== 2 && version !== 3) {
    throw unsupported(`superblock version ${version}`, offset + 8);
  }
  const sizesAt = version < 2 ? 13 : 9;
  const { addressParts, assembled = false } = options;
  const plainSizes: FieldSizes = { offsetSize: prefix[sizesAt], lengthSize: prefix[sizesAt + 1] };
  const sizes = addressParts === undefined ? plainSizes : { ...plainSizes, addressParts };
  checkSize(sizes.offsetSize, "size of offsets", offset + sizesAt);
  checkSize(sizes.lengthSize, "size of lengths", offset + sizesAt + 1);
  const bytes = storage.view(offset, superblockSize(version, sizes));
  const reader = new ByteReader(bytes, offset, sizes);
  return version < 2
    ? decodeVersion01(storage, reader, version === 0 ? 0 : 1, assembled)
    : decodeVersion23(storage, reader, version === 2 ? 2 : 3);
}

/** Encodes a superblock, to be written at its base address. */
export function encodeSuperblock(superblock: Superblock): Uint8Array {
  const { version, rootEntry } = superblock;
  const sizes: FieldSizes = { offsetSize: superblock.offsetSize, lengthSize: superblock.lengthSize };
  const writer = new ByteWriter(sizes, superblockSize(version, sizes));
  writer.bytes(signature);
  writer.u8(version);
  if (version >= 2) {
    writer.u8(sizes.offsetSize);
    writer.u8(sizes.lengthSize);
    writer.u8(superblock.consistencyFlags);
    writer.address(superblock.baseAddress);
    writer.address(superblock.extensionAddress);
    writer.address(superblock.endOfFileAddress);
    writer.address(superblock.rootAddress);
    writer.u32(lookup3(writer.written()));
    return writer.finish();
  }
  writer.fill(0, 4);
  writer.u8(sizes.offsetSize);
  writer.u8(sizes.lengthSize);
  writer.u8(0);
  writer.u16(superblock.groupLeafK);
  writer.u16(superblock.groupInternalK);
  writer.u32(superblock.consistencyFlags);
  if (version === 1) {
    writer.u16(superblock.chunkInternalK);
    writer.u16(0);
  }
  writer.address(superblock.baseAddress);
  writer.address(superblock.freeSpaceAddress);
  writer.address(superblock.endOfFileAddress);
  writer.address(superblock.driverInformationAddress);
  encodeSymbolTableEntry(
    writer,
    rootEntry ?? { nameOffset: 0, objectAddress: superblock.rootAddress, cache: { kind: "none" } },
  );
  return writer.finish();
}
