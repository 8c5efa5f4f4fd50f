import { unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** Sizes of version 1 B-tree nodes, in the superblock extension (specification IV.A.2.t, "The B-tree 'K' Values Message"). */
export interface BTreeKValues {
  /** "Indexed Storage Internal Node K". */
  readonly chunkInternalK: number;
  /** "Group Internal Node K". */
  readonly groupInternalK: number;
  /** "Group Leaf Node K". */
  readonly groupLeafK: number;
}

/** Decodes the B-tree 'K' values message (0x0013). */
export function decodeBTreeKValues(reader: ByteReader): BTreeKValues {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the B-tree 'K' values message`, start);
  return { chunkInternalK: reader.u16(), groupInternalK: reader.u16(), groupLeafK: reader.u16() };
}

/** Encodes the B-tree 'K' values message (0x0013). */
export function encodeBTreeKValues(writer: ByteWriter, values: BTreeKValues): void {
  writer.u8(0);
  writer.u16(values.chunkInternalK);
  writer.u16(values.groupInternalK);
  writer.u16(values.groupLeafK);
}
