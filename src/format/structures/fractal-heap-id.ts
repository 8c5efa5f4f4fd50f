import { corrupt, invalidArgument, unsupported } from "../errors.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import type { DoublingTable } from "./fractal-heap-doubling-table.js";

/*
 * Fractal heap IDs and the B-tree records of huge objects (specification III.G, "Fractal Heap ID …", and III.A.2,
 * "Version 2 B-tree, Type 1 … 4 Record Layout").
 */

/** Where a huge object is stored. */
export interface HugeObject {
  readonly address: number;
  /** Stored bytes. */
  readonly length: number;
  readonly filterMask: number;
  /** Bytes once unfiltered. */
  readonly memorySize: number;
}

/** What a heap ID says. */
export type FractalHeapId =
  | { readonly kind: "managed"; readonly offset: number; readonly length: number }
  | { readonly kind: "tiny"; readonly data: Uint8Array }
  /** Found through the heap's B-tree. */
  | { readonly kind: "huge-indirect"; readonly key: number }
  | { readonly kind: "huge-direct"; readonly object: HugeObject };

/** What decoding an ID needs to know of its heap. */
export interface FractalHeapIdContext {
  readonly idLength: number;
  readonly filtered: boolean;
  readonly table: DoublingTable;
  readonly sizes: FieldSizes;
}

/** Record types of the B-tree of huge objects. */
export const hugeRecordTypes = { indirect: 1, indirectFiltered: 2, direct: 3, directFiltered: 4 } as const;

/** Whether IDs are long enough to say where a huge object is. */
export function hugeIdsAreDirect(context: FractalHeapIdContext): boolean {
  const { offsetSize, lengthSize } = context.sizes;
  const needed = context.filtered ? offsetSize + lengthSize + 4 + lengthSize : offsetSize + lengthSize;
  return context.idLength - 1 >= needed;
}

/** Bytes of the key in an ID of an indirectly accessed huge object. */
export function hugeKeyWidth(idLength: number): number {
  return Math.min(idLength - 1, 8);
}

/** The type of the B-tree of huge objects. */
export function hugeRecordType(context: FractalHeapIdContext): number {
  if (hugeIdsAreDirect(context)) return context.filtered ? hugeRecordTypes.directFiltered : hugeRecordTypes.direct;
  return context.filtered ? hugeRecordTypes.indirectFiltered : hugeRecordTypes.indirect;
}

/** Whether tiny objects have a second length byte. */
function tinyIsExtended(idLength: number): boolean {
  return idLength > 18;
}

/** Largest object that fits in an ID. */
export function maxTinySize(idLength: number): number {
  return tinyIsExtended(idLength) ? Math.min(idLength - 2, 4096) : Math.min(idLength - 1, 16);
}

/** Decodes an ID; `fileOffset` is where it is stored, where that is known. */
export function decodeFractalHeapId(
  id: Uint8Array,
  context: FractalHeapIdContext,
  fileOffset: number | undefined,
): FractalHeapId {
  if (id.length < context.idLength || context.idLength < 2) {
    throw corrupt(`a fractal heap ID has ${id.length} bytes, its heap's have ${context.idLength}`, fileOffset);
  }
  const reader = new ByteReader(id, fileOffset ?? 0, context.sizes);
  const flags = reader.u8();
  if (flags >> 6 !== 0) throw unsupported(`version ${flags >> 6} of the fractal heap ID`, fileOffset);
  switch ((flags >> 4) & 3) {
    case 0: {
      const offset = reader.uint(context.table.offsetWidth);
      return { kind: "managed", offset, length: reader.uint(context.table.lengthWidth) };
    }
    case 1: {
      if (!hugeIdsAreDirect(context)) {
        return { kind: "huge-indirect", key: reader.uint(hugeKeyWidth(context.idLength)) };
      }
      const address = reader.definedAddress("a huge object");
      const length = reader.length();
      const filterMask = context.filtered ? reader.u32() : 0;
      const memorySize = context.filtered ? reader.length() : length;
      return { kind: "huge-direct", object: { address, length, filterMask, memorySize } };
    }
    case 2: {
      const length = (tinyIsExtended(context.idLength) ? ((flags & 15) << 8) | reader.u8() : flags & 15) + 1;
      if (length > maxTinySize(context.idLength)) {
        throw corrupt(`a tiny object of ${length} bytes does not fit its fractal heap ID`, fileOffset);
      }
      return { kind: "tiny", data: reader.take(length).slice() };
    }
    default:
      throw unsupported("the reserved type of fractal heap ID", fileOffset);
  }
}

/** Encodes an ID. */
export function encodeFractalHeapId(id: FractalHeapId, context: FractalHeapIdContext): Uint8Array {
  const writer = new ByteWriter(context.sizes, context.idLength);
  switch (id.kind) {
    case "managed":
      writer.u8(0);
      writer.uint(id.offset, context.table.offsetWidth);
      writer.uint(id.length, context.table.lengthWidth);
      break;
    case "tiny": {
      const encoded = id.data.length - 1;
      if (tinyIsExtended(context.idLength)) {
        writer.u8(0x20 | (encoded >> 8));
        writer.u8(encoded & 0xff);
      } else {
        writer.u8(0x20 | encoded);
      }
      writer.bytes(id.data);
      break;
    }
    case "huge-indirect":
      writer.u8(0x10);
      writer.uint(id.key, hugeKeyWidth(context.idLength));
      break;
    case "huge-direct":
      writer.u8(0x10);
      writer.address(id.object.address);
      writer.lengthField(id.object.length);
      if (context.filtered) {
        writer.u32(id.object.filterMask);
        writer.lengthField(id.object.memorySize);
      }
      break;
  }
  if (writer.length > context.idLength) {
    throw invalidArgument(`heap IDs of ${context.idLength} bytes are too short for their heap`);
  }
  writer.fill(0, context.idLength - writer.length);
  return writer.finish();
}

/** Decodes a record of the huge objects' B-tree; `key` is 0 in the types of directly accessed objects. */
export function decodeHugeRecord(
  reader: ByteReader,
  type: number,
): { readonly key: number; readonly object: HugeObject } {
  const filtered = type === hugeRecordTypes.indirectFiltered || type === hugeRecordTypes.directFiltered;
  const direct = type === hugeRecordTypes.direct || type === hugeRecordTypes.directFiltered;
  const address = reader.definedAddress("a huge object");
  const length = reader.length();
  const filterMask = filtered ? reader.u32() : 0;
  const memorySize = filtered ? reader.length() : length;
  return { key: direct ? 0 : reader.length(), object: { address, length, filterMask, memorySize } };
}

/** Encodes a record of an unfiltered huge object: type 1 with a key, type 3 without. */
export function encodeHugeRecord(object: HugeObject, key: number | null, sizes: FieldSizes): Uint8Array {
  const writer = new ByteWriter(sizes, 32);
  writer.address(object.address);
  writer.lengthField(object.length);
  if (key !== null) writer.lengthField(key);
  return writer.finish();
}
