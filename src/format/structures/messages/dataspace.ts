import { corrupt, HDF5Error, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** A dataspace (specification IV.A.2.b, "The Dataspace Message"). */
export interface Dataspace {
  readonly version: number;
  readonly kind: "scalar" | "simple" | "null";
  /** Current dimensions; empty unless `simple`. */
  readonly dimensions: readonly number[];
  /** Maximum dimensions, `null` for an unlimited one; equal to `dimensions` where none are stored. */
  readonly maxDimensions: readonly (number | null)[];
}

/** Most dimensions of a dataspace. */
export const maxRank = 32;

const hasMaxDimensions = 0x01;
/** Version 2 "Type" values by index. */
const kinds = ["scalar", "simple", "null"] as const;

/** Decodes the dataspace message (0x0001). */
export function decodeDataspace(reader: ByteReader): Dataspace {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 1 && version !== 2) throw unsupported(`version ${version} of the dataspace message`, start);
  const rank = reader.u8();
  if (rank > maxRank) throw corrupt(`a dataspace has ${rank} dimensions, at most ${maxRank} are possible`, start + 1);
  const flags = reader.u8();
  const type = reader.u8();
  let kind: Dataspace["kind"] = rank === 0 ? "scalar" : "simple";
  if (version === 1) {
    reader.skip(4);
  } else {
    if (type >= kinds.length) throw corrupt(`${type} is not a type of dataspace`, start + 3);
    if (kinds[type] !== "simple") {
      kind = kinds[type];
      if (rank !== 0) throw corrupt(`a ${kind} dataspace has ${rank} dimensions`, start + 1);
    }
  }
  const dimensions: number[] = [];
  for (let axis = 0; axis < rank; axis++) dimensions.push(reader.length());
  // Permutation indices, which version 1 allows for, follow the maximum dimensions; no program ever used them.
  if ((flags & hasMaxDimensions) === 0) return { version, kind, dimensions, maxDimensions: dimensions };
  const maxDimensions: (number | null)[] = [];
  for (let axis = 0; axis < rank; axis++) maxDimensions.push(reader.lengthOrUnlimited());
  return { version, kind, dimensions, maxDimensions };
}

/** Encodes the dataspace message (0x0001). */
export function encodeDataspace(writer: ByteWriter, dataspace: Dataspace): void {
  const { version, kind, dimensions, maxDimensions } = dataspace;
  if (version !== 1 && version !== 2) throw invalidArgument(`a dataspace message has version 1 or 2, not ${version}`);
  if (version === 1 && kind === "null") throw invalidArgument("a null dataspace needs version 2 of its message");
  const rank = dimensions.length;
  if (rank > maxRank || maxDimensions.length !== rank || (kind === "simple") !== rank > 0) {
    throw invalidArgument(`a ${kind} dataspace cannot have ${rank} dimensions and ${maxDimensions.length} maxima`);
  }
  writer.u8(version);
  writer.u8(rank);
  writer.u8(rank > 0 ? hasMaxDimensions : 0);
  if (version === 1) writer.fill(0, 5);
  else writer.u8(kinds.indexOf(kind));
  for (const dimension of dimensions) writer.lengthField(dimension);
  for (const dimension of maxDimensions) {
    if (dimension === null && writer.sizes.lengthSize < 8) {
      throw invalidArgument("an unlimited dimension needs a file with 8-byte lengths");
    }
    writer.lengthField(dimension);
  }
}

/**
 * Number of elements: 0 for a null dataspace, 1 for a scalar one.
 *
 * @throws HDF5Error `limit` when it exceeds 2^53 − 1.
 */
export function elementCount(dataspace: Dataspace): number {
  if (dataspace.kind === "null" || dataspace.dimensions.includes(0)) return 0;
  let count = 1;
  for (const dimension of dataspace.dimensions) count *= dimension;
  if (count > Number.MAX_SAFE_INTEGER) {
    throw new HDF5Error("limit", `a dataspace of ${dataspace.dimensions.join(" x ")} elements exceeds 2^53 - 1`);
  }
  return count;
}
