import { corrupt } from "../errors.js";
import type { Limits } from "../limits.js";
import type { Storage } from "../storage/storage.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { lookup3 } from "./checksum.js";

/** What decoding a structure needs to know of its file. Addresses are relative to the base address. */
export interface FileContext extends FieldSizes {
  readonly storage: Storage;
  /** Absolute offset of address 0. */
  readonly baseAddress: number;
  /** Half the entries of a symbol-table node ("Group Leaf Node K"). */
  readonly groupLeafK: number;
  /** Half the children of a group B-tree node ("Group Internal Node K"). */
  readonly groupInternalK: number;
  /** Half the children of a chunk B-tree node ("Indexed Storage Internal Node K"). */
  readonly chunkInternalK: number;
  readonly limits: Limits;
}

/** A reader of `length` bytes at `address`. */
export function readerAt(context: FileContext, address: number, length: number): ByteReader {
  const offset = context.baseAddress + address;
  return new ByteReader(context.storage.view(offset, length), offset, context);
}

/** A reader of at most `length` bytes at `address`, fewer where the file ends before. */
export function readerUpTo(context: FileContext, address: number, length: number): ByteReader {
  const available = context.storage.size - context.baseAddress - address;
  if (available <= 0) throw corrupt("an address lies beyond the end of the file", context.baseAddress + address);
  return readerAt(context, address, Math.min(length, available));
}

/** Requires the lookup3 checksum stored after `bytes[0, length)` to match. */
export function verifyChecksum(reader: ByteReader, length: number, what: string): void {
  const stored =
    (reader.bytes[length] |
      (reader.bytes[length + 1] << 8) |
      (reader.bytes[length + 2] << 16) |
      (reader.bytes[length + 3] << 24)) >>>
    0;
  if (length + 4 > reader.bytes.length || lookup3(reader.bytes.subarray(0, length)) !== stored) {
    throw corrupt(`the checksum of ${what} does not match`, reader.fileOffset + length);
  }
}
