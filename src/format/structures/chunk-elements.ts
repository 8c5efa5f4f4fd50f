import { corrupt } from "../errors.js";
import type { ByteReader, FieldSizes } from "./byte-reader.js";

/*
 * Elements of the arrays that index chunks (specification VII.C and VII.D, "Data Block Element for Non-filtered
 * Dataset Chunk" and "… Filtered Dataset Chunk").
 */

/** Elements as columns. */
export interface ChunkElements {
  /** Address of each chunk, −1 where none is allocated. */
  readonly addresses: Float64Array;
  /** Stored size of each chunk; `null` without filters, when all have the size of a chunk. */
  readonly sizes: Float64Array | null;
  readonly filterMasks: Uint32Array | null;
}

/** How elements of an array are stored. */
export interface ChunkElementFormat {
  readonly filtered: boolean;
  /** Bytes of an element. */
  readonly elementSize: number;
}

/** Checks the client ID and element size of an array that indexes chunks. */
export function checkElementFormat(
  clientId: number,
  format: ChunkElementFormat,
  sizes: FieldSizes,
  offset: number,
): void {
  if (clientId !== (format.filtered ? 1 : 0)) {
    throw corrupt(
      `a chunk index of client ${clientId} belongs to a dataset ${format.filtered ? "with" : "without"} filters`,
      offset,
    );
  }
  const sizeWidth = format.elementSize - sizes.offsetSize - 4;
  if (format.filtered ? sizeWidth < 1 || sizeWidth > 8 : format.elementSize !== sizes.offsetSize) {
    throw corrupt(`elements of ${format.elementSize} bytes are impossible in a chunk index`, offset);
  }
}

/** Decodes `count` elements. */
export function decodeChunkElements(reader: ByteReader, count: number, format: ChunkElementFormat): ChunkElements {
  const elements = reader.slice(count * format.elementSize);
  const addresses = new Float64Array(count);
  if (!format.filtered) {
    for (let index = 0; index < count; index++) addresses[index] = elements.address() ?? -1;
    return { addresses, sizes: null, filterMasks: null };
  }
  const sizeWidth = format.elementSize - reader.sizes.offsetSize - 4;
  const sizes = new Float64Array(count);
  const filterMasks = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    addresses[index] = elements.address() ?? -1;
    sizes[index] = elements.uint(sizeWidth);
    filterMasks[index] = elements.u32();
  }
  return { addresses, sizes, filterMasks };
}
