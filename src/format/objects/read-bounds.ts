import type { ChunkRecord } from "../chunks/chunk-index.js";
import { corrupt, HDF5Error } from "../errors.js";
import type { ObjectState } from "./object-state.js";

/** No deflate stream expands by more than this factor; other filters of ordinary data stay far below. */
const largestRatio = 1032;

/** Refuses to decode a huge chunk for a little of it: hostile files store such chunks in a few bytes. */
export function requireDecodable(decoded: number, wanted: number, limit: number): void {
  if (decoded <= limit || decoded <= 2 * wanted) return;
  throw new HDF5Error("limit", `each chunk has ${decoded} bytes once decoded, the limit "chunkBytes" is ${limit}`);
}

/** The chunks of one read: how many bytes they have as stored and decoded, and how many are wanted of them. */
export interface ChunkTotals {
  readonly stored: number;
  readonly decoded: number;
  readonly wanted: number;
}

/** Most bytes that chunks may have once decoded; `limit` is that of one of them. */
export function mostDecoded(wanted: number, fileSize: number, limit: number): number {
  return 4 * (limit + wanted) + largestRatio * fileSize;
}

/**
 * Refuses reads whose work is out of all proportion to the file and to what is asked for, as where thousands of huge
 * chunks share the same few bytes.
 */
export function requireProportion({ stored, decoded, wanted }: ChunkTotals, fileSize: number, limit: number): void {
  if (decoded > mostDecoded(wanted, fileSize, limit)) {
    throw new HDF5Error(
      "limit",
      `the chunks have ${decoded} bytes once decoded, for ${wanted} that are asked for; read them in parts`,
    );
  }
  if (stored > 4 * (fileSize + decoded)) throw corrupt("the chunks of a dataset lie upon each other");
}

/** Refuses filtered chunks that would take far more memory or time than what is asked for. */
export function requireBounded(
  { file }: ObjectState,
  records: readonly ChunkRecord[],
  chunkLength: number,
  wanted: number,
): void {
  const limit = file.context.limits.chunkBytes;
  requireDecodable(chunkLength, wanted, limit);
  let stored = 0;
  for (const { size } of records) stored += size;
  const fileSize = file.size;
  requireProportion({ stored, decoded: records.length * chunkLength, wanted }, fileSize, limit);
}
