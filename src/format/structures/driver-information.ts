/** Specification II.B, "Disk Format: Level 0B - File Driver Info". */
import { corrupt, unsupported } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import type { DriverInfo } from "./messages/driver-info.js";
import { decodeText } from "./text.js";

/** What the beginning of a file says of the driver that wrote it; the rest of the file may be elsewhere. */
export interface FileOutline {
  readonly version: number;
  /** "End of File Address", relative to the beginning of the superblock; `null` where it is no plain number. */
  readonly end: number | null;
  /** From the driver information block of superblock versions 0 and 1. */
  readonly driver: DriverInfo | null;
  /** "Superblock Extension Address" of later versions, which may hold a driver info message. */
  readonly extensionAddress: number | null;
  readonly sizes: FieldSizes;
}

const headLength = 16;
const largestInformation = 64 * 1024;

/** Reads of a superblock only what tells how many files there are. */
export function decodeFileOutline(storage: Storage, offset: number): FileOutline {
  const prefix = storage.view(offset, 16);
  const version = prefix[8];
  const sizesAt = version < 2 ? 13 : 9;
  const sizes: FieldSizes = { offsetSize: prefix[sizesAt], lengthSize: prefix[sizesAt + 1] };
  const nothing: FileOutline = { version, end: null, driver: null, extensionAddress: null, sizes };
  const { offsetSize } = sizes;
  if (version > 3 || (offsetSize !== 2 && offsetSize !== 4 && offsetSize !== 8)) return nothing;
  const fieldsAt = offset + (version === 0 ? 24 : version === 1 ? 28 : 12);
  if (fieldsAt + 4 * offsetSize > storage.size) return nothing;
  const fields = new ByteReader(storage.view(fieldsAt, 4 * offsetSize), fieldsAt, sizes);
  const base = plainAddress(fields);
  const second = plainAddress(fields);
  const stored = plainAddress(fields);
  const fourth = plainAddress(fields);
  const end = base === null || stored === null ? null : stored - base;
  if (version >= 2) return { ...nothing, end, extensionAddress: second };
  return { ...nothing, end, driver: fourth === null ? null : decodeDriverInformation(storage, offset + fourth, sizes) };
}

function plainAddress(reader: ByteReader): number | null {
  const bytes = reader.take(reader.sizes.offsetSize);
  if (bytes.every((byte) => byte === 0xff)) return null;
  const value = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return value <= Number.MAX_SAFE_INTEGER ? value : null;
}

function decodeDriverInformation(storage: Storage, offset: number, sizes: FieldSizes): DriverInfo {
  const head = new ByteReader(storage.view(offset, headLength), offset, sizes);
  const version = head.u8();
  if (version !== 0) throw unsupported(`version ${version} of the driver information block`, offset);
  head.skip(3);
  const length = head.u32();
  if (length > largestInformation) throw corrupt(`${length} bytes of driver information`, offset);
  const driver = decodeText(head.take(8));
  return { driver, information: storage.view(offset + headLength, length).slice() };
}
