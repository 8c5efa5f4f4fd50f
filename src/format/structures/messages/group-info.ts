import { unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** Constants of a new-style group (specification IV.A.2.k, "The Group Info Message"); `null` stands for the defaults. */
export interface GroupInfo {
  /** When links move between object header and fractal heap; 8 and 6 by default. */
  readonly phaseChange: { readonly maxCompact: number; readonly minDense: number } | null;
  /** Guesses that size a new group's header; 4 entries of 8 bytes by default. */
  readonly estimates: { readonly entries: number; readonly nameLength: number } | null;
}

const hasPhaseChange = 0x01;
const hasEstimates = 0x02;

/** Decodes the group info message (0x000A). */
export function decodeGroupInfo(reader: ByteReader): GroupInfo {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the group info message`, start);
  const flags = reader.u8();
  if (flags > 3) throw unsupported(`group info flags 0x${flags.toString(16)}`, start + 1);
  return {
    phaseChange: (flags & hasPhaseChange) === 0 ? null : { maxCompact: reader.u16(), minDense: reader.u16() },
    estimates: (flags & hasEstimates) === 0 ? null : { entries: reader.u16(), nameLength: reader.u16() },
  };
}

/** Encodes the group info message (0x000A). */
export function encodeGroupInfo(writer: ByteWriter, { phaseChange, estimates }: GroupInfo): void {
  writer.u8(0);
  writer.u8((phaseChange === null ? 0 : hasPhaseChange) | (estimates === null ? 0 : hasEstimates));
  if (phaseChange !== null) {
    writer.u16(phaseChange.maxCompact);
    writer.u16(phaseChange.minDense);
  }
  if (estimates !== null) {
    writer.u16(estimates.entries);
    writer.u16(estimates.nameLength);
  }
}
