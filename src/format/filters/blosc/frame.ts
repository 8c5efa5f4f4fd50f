import { corrupt, unsupported } from "../../errors.js";
import { BloscChunk, fillNaN } from "./chunk.js";

const MAGIC = "b2frame\0";
const FIXED_LENGTH = 0x57;
/** Room for the offsets of chunks where the frame is small; HDF5 stores one chunk per frame. */
const INDEX_LENGTH = 64 * 1024;

/** A Blosc2 contiguous frame (README_CFRAME_FORMAT.rst of c-blosc2). */
export interface BloscFrame {
  /** Bytes of the expanded data, and of each chunk of it but the last. */
  readonly length: number;
  readonly chunkSize: number;
  readonly typeSize: number;
  readonly chunkCount: number;
  /** Contents of the metalayers. */
  readonly metalayers: ReadonlyMap<string, Uint8Array>;
  /** Chunk `index`, or what fills it. */
  chunk(index: number): BloscChunk | "zeros" | "nan";
}

/** Whether `bytes` start as a frame does. */
export function isBloscFrame(bytes: Uint8Array): boolean {
  if (bytes.length < FIXED_LENGTH) return false;
  for (let index = 0; index < MAGIC.length; index++) if (bytes[2 + index] !== MAGIC.charCodeAt(index)) return false;
  return true;
}

/** A 64-bit number that must be a size. */
function readSize(view: DataView, at: number): number {
  const value = view.getBigUint64(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt(`a Blosc2 frame has a size of ${value}`);
  return Number(value);
}

/** Reads the map of metalayers in msgpack: names with the places of their contents. */
function readMetalayers(bytes: Uint8Array, view: DataView, headerLength: number): ReadonlyMap<string, Uint8Array> {
  const layers = new Map<string, Uint8Array>();
  let at = FIXED_LENGTH;
  if (headerLength < at + 7 || bytes[at] !== 0x93 || bytes[at + 1] !== 0xcd || bytes[at + 4] !== 0xde) return layers;
  const count = view.getUint16(at + 5);
  at += 7;
  for (let index = 0; index < count; index++) {
    const nameLength = bytes[at] & 31;
    const next = at + 1 + nameLength + 5;
    if (next > headerLength || bytes[at] >> 5 !== 5 || bytes[next - 5] !== 0xd2) {
      throw corrupt("the metalayers of a Blosc2 frame are damaged");
    }
    const name = String.fromCharCode(...bytes.subarray(at + 1, at + 1 + nameLength));
    const place = view.getUint32(next - 4);
    if (place + 5 > headerLength || bytes[place] !== 0xc6 || place + 5 + view.getUint32(place + 1) > headerLength) {
      throw corrupt("a metalayer of a Blosc2 frame is damaged");
    }
    layers.set(name, bytes.subarray(place + 5, place + 5 + view.getUint32(place + 1)));
    at = next;
  }
  return layers;
}

/** Decodes a frame whose index of chunks, where there are many, may not be longer than the data may be. */
export function readBloscFrame(bytes: Uint8Array, limit: number): BloscFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerLength = view.getUint32(0x0b);
  const length = readSize(view, 0x1e);
  const storedLength = readSize(view, 0x27);
  const typeSize = view.getInt32(0x30);
  const chunkSize = view.getInt32(0x3a);
  if ((bytes[0x1a] & 15) !== 0) throw unsupported("sparse Blosc2 frames");
  if ((bytes[0x19] & 0xc0) !== 0) throw unsupported("Blosc2 frames with chunks of variable length");
  if (headerLength < FIXED_LENGTH || headerLength + storedLength > bytes.length) {
    throw corrupt("a Blosc2 frame is shorter than it says");
  }
  if (typeSize <= 0 || chunkSize <= 0) throw corrupt(`a Blosc2 frame has chunks of ${chunkSize} bytes`);
  const chunkCount = Math.ceil(length / chunkSize);
  const indexLength = 8 * chunkCount;
  if (indexLength > limit + INDEX_LENGTH) throw unsupported("Blosc2 frames of very many chunks");
  const index = new BloscChunk(bytes.subarray(headerLength + storedLength));
  if (index.header.length !== indexLength) throw corrupt("the index of a Blosc2 frame does not have its chunks");
  const offsets = new Uint8Array(indexLength);
  index.decode(offsets);
  const offsetView = new DataView(offsets.buffer);
  const data = bytes.subarray(headerLength, headerLength + storedLength);
  return {
    length,
    chunkSize,
    typeSize,
    chunkCount,
    metalayers: readMetalayers(bytes, view, headerLength),
    chunk(number) {
      const low = offsetView.getUint32(8 * number, true);
      const high = offsetView.getInt32(8 * number + 4, true);
      if (high < 0) {
        const kind = (high >>> 24) & 7;
        if (kind !== 1 && kind !== 2 && kind !== 4) throw unsupported(`Blosc2 chunks with special content ${kind}`);
        return kind === 2 ? "nan" : "zeros";
      }
      const offset = high * 2 ** 32 + low;
      if (offset >= data.length) throw corrupt("a chunk lies outside of its Blosc2 frame");
      const chunk = new BloscChunk(data.subarray(offset));
      const expected = Math.min(chunkSize, length - number * chunkSize);
      if (chunk.header.length !== expected) {
        throw corrupt(`a chunk of a Blosc2 frame has ${chunk.header.length} bytes, expected ${expected}`);
      }
      return chunk;
    },
  };
}

/** Expands all chunks of a frame, one after the other, into `output`. */
export function decodeBloscFrame(frame: BloscFrame, output: Uint8Array): void {
  for (let index = 0; index < frame.chunkCount; index++) {
    const start = index * frame.chunkSize;
    const target = output.subarray(start, start + frame.chunkSize);
    const chunk = frame.chunk(index);
    if (chunk === "zeros") target.fill(0);
    else if (chunk === "nan") fillNaN(target, frame.typeSize);
    else chunk.decode(target);
  }
}
