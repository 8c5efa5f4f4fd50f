import { corrupt, unsupported } from "../../errors.js";

const SHORT_HEADER = 16;
const LONG_HEADER = 32;
const FILTER_COUNT = 6;
const LARGEST_BLOCK = 536866816;
/** Format version of Blosc 1; later ones are of Blosc2. */
export const BLOSC1_VERSION = 2;
const LAST_VERSION = 6;

/** Filters of a Blosc2 pipeline. */
export const NO_FILTER = 0;
export const SHUFFLE = 1;
export const BITSHUFFLE = 2;
export const DELTA = 3;
export const TRUNCATE_PRECISION = 4;

/** What a chunk holds instead of blocks. */
export type SpecialContent = "zeros" | "nan" | "value" | "uninitialised";

/** The header of a Blosc or Blosc2 chunk (README_CHUNK_FORMAT.rst of c-blosc and c-blosc2). */
export interface BloscHeader {
  readonly version: number;
  readonly typeSize: number;
  /** Bytes of the expanded data, of each block of it, and of the chunk with this header. */
  readonly length: number;
  readonly blockSize: number;
  readonly storedLength: number;
  readonly headerLength: number;
  /** Compressor of the blocks. */
  readonly format: number;
  /** The data are stored as they are. */
  readonly copied: boolean;
  /** Each block is one stream. */
  readonly unsplit: boolean;
  /** Filters in the order in which they were applied, each with its parameter. */
  readonly filters: readonly { readonly id: number; readonly meta: number }[];
  readonly special: SpecialContent | null;
}

function specialContent(flags: number): SpecialContent | null {
  switch ((flags >> 4) & 7) {
    case 0:
      return null;
    case 1:
      return "zeros";
    case 2:
      return "nan";
    case 3:
      return "value";
    case 4:
      return "uninitialised";
    default:
      throw unsupported(`Blosc2 chunks with special content ${(flags >> 4) & 7}`);
  }
}

/** Decodes the header at the start of `bytes`. */
export function readBloscHeader(bytes: Uint8Array): BloscHeader {
  if (bytes.length < SHORT_HEADER) throw corrupt(`a Blosc chunk has ${bytes.length} bytes, fewer than its header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = bytes[0];
  const flags = bytes[2];
  const typeSize = bytes[3];
  const length = view.getUint32(4, true);
  const storedLength = view.getUint32(12, true);
  const blockSize = Math.min(view.getUint32(8, true), length);
  if (version < BLOSC1_VERSION || version > LAST_VERSION) throw unsupported(`Blosc chunks of version ${version}`);
  if (storedLength > bytes.length || storedLength < SHORT_HEADER) {
    throw corrupt(`a Blosc chunk says that it has ${storedLength} bytes, there are ${bytes.length}`);
  }
  if (typeSize === 0 || blockSize > LARGEST_BLOCK || (blockSize === 0 && length > 0)) {
    throw corrupt(`a Blosc chunk has blocks of ${blockSize} bytes and elements of ${typeSize}`);
  }
  const header = { version, typeSize, length, blockSize, storedLength, format: flags >> 5 };
  const common = { ...header, copied: (flags & 2) !== 0, unsplit: (flags & 16) !== 0 };
  if (version === BLOSC1_VERSION || (flags & 5) !== 5) {
    const filters: { id: number; meta: number }[] = [];
    if ((flags & 1) !== 0) filters.push({ id: SHUFFLE, meta: 0 });
    else if ((flags & 4) !== 0) filters.push({ id: BITSHUFFLE, meta: 0 });
    if ((flags & 8) !== 0) throw unsupported("Blosc chunks with reserved flags");
    return { ...common, headerLength: SHORT_HEADER, filters, special: null };
  }
  if (storedLength < LONG_HEADER) throw corrupt("a Blosc2 chunk is shorter than its header");
  const flags2 = bytes[31];
  if ((flags2 & 1) !== 0) throw unsupported("Blosc2 chunks with a dictionary");
  if ((flags2 & 0x8a) !== 0) throw unsupported("lazy and instrumented Blosc2 chunks");
  if (bytes[30] !== 0) throw unsupported("Blosc2 chunks with blocks of variable length");
  if (header.format === 6) throw unsupported(`Blosc2 codec ${bytes[22]}`);
  const filters = [];
  // The first version left the last filter undefined.
  const count = version === 3 ? FILTER_COUNT - 1 : FILTER_COUNT;
  for (let index = 0; index < count; index++) {
    const id = bytes[16 + index];
    if (id > TRUNCATE_PRECISION) throw unsupported(`Blosc2 filter ${id}`);
    if (id !== NO_FILTER && id !== TRUNCATE_PRECISION) filters.push({ id, meta: bytes[24 + index] });
  }
  return { ...common, headerLength: LONG_HEADER, filters, special: specialContent(flags2) };
}
