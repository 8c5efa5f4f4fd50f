import { corrupt, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** A run of a dataset's bytes in another file. */
export interface ExternalDataSlot {
  /** Offset of the file's name in the local heap. */
  readonly nameOffset: number;
  /** First byte within that file. */
  readonly offset: number;
  /** Bytes reserved there, `null` for an unlimited number. */
  readonly size: number | null;
}

/** Raw data outside the file (specification IV.A.2.h, "The Data Storage - External Data Files Message"). */
export interface ExternalDataFiles {
  /** Local heap of the names. */
  readonly heapAddress: number;
  /** In the order of the bytes that they hold. */
  readonly slots: readonly ExternalDataSlot[];
}

/** Decodes the external data files message (0x0007). */
export function decodeExternalDataFiles(reader: ByteReader): ExternalDataFiles {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 1) throw unsupported(`version ${version} of the external data files message`, start);
  reader.skip(3);
  const allocated = reader.u16();
  const used = reader.u16();
  if (used > allocated) throw corrupt(`${used} of ${allocated} external file slots are used`, start + 4);
  const heapAddress = reader.definedAddress("the heap of external file names");
  const slots: ExternalDataSlot[] = [];
  for (let index = 0; index < used; index++) {
    slots.push({ nameOffset: reader.length(), offset: reader.length(), size: reader.lengthOrUnlimited() });
  }
  return { heapAddress, slots };
}

/** Encodes the external data files message (0x0007). */
export function encodeExternalDataFiles(writer: ByteWriter, files: ExternalDataFiles): void {
  const count = files.slots.length;
  if (count === 0 || count > 0xffff) throw invalidArgument(`${count} external files cannot be stored`);
  writer.u8(1);
  writer.fill(0, 3);
  writer.u16(count);
  writer.u16(count);
  writer.address(files.heapAddress);
  for (const slot of files.slots) {
    if (slot.size === null && writer.sizes.lengthSize < 8) {
      throw invalidArgument("an external file of unlimited size needs a file with 8-byte lengths");
    }
    writer.lengthField(slot.nameOffset);
    writer.lengthField(slot.offset);
    writer.lengthField(slot.size);
  }
}
