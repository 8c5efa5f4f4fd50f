/** Specification III.D, "Disk Format: Level 1D - Local Heaps". */
import { corrupt } from "../errors.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import type { FileContext } from "./context.js";
import { readerAt } from "./context.js";

/** The header of a local heap: where its data segment is. */
export interface LocalHeapHeader {
  readonly dataSize: number;
  /** Offset of the first free block in the data segment; 1 where there is none. */
  readonly freeListHead: number;
  /** Address of the data segment; `null` only where it is empty. */
  readonly dataAddress: number | null;
}

/** A local heap with its data segment: the names and soft-link values of one old-style group. */
export interface LocalHeap extends LocalHeapHeader {
  /** The data segment (a copy). */
  readonly data: Uint8Array;
  /** Absolute file offset of `data[0]`. */
  readonly dataOffset: number;
}

/** Free list offset that ends the list. */
const noFreeBlock = 1;

/** Bytes of the header of a local heap. */
export function localHeapHeaderSize(sizes: FieldSizes): number {
  return 8 + 2 * sizes.lengthSize + sizes.offsetSize;
}

/** Decodes the header at `address`. */
export function decodeLocalHeapHeader(context: FileContext, address: number): LocalHeapHeader {
  const reader = readerAt(context, address, localHeapHeaderSize(context));
  reader.signature("HEAP");
  const version = reader.u8();
  if (version !== 0) throw corrupt(`unknown version ${version} of a local heap`, reader.offset - 1);
  reader.skip(3);
  const dataSize = reader.length();
  const freeListHead = reader.length();
  const dataAddress = reader.address();
  if (dataAddress === null && dataSize > 0) {
    throw corrupt("the address of a local heap's data segment is undefined", reader.offset - context.offsetSize);
  }
  return { dataSize, freeListHead, dataAddress };
}

/** Decodes header and data segment of the heap at `address`. */
export function decodeLocalHeap(context: FileContext, address: number): LocalHeap {
  const header = decodeLocalHeapHeader(context, address);
  const dataOffset = context.baseAddress + (header.dataAddress ?? 0);
  const data = header.dataSize === 0 ? new Uint8Array(0) : context.storage.view(dataOffset, header.dataSize).slice();
  return { ...header, data, dataOffset };
}

/** The bytes at `offset` in the heap's data segment up to the next NUL (not a copy). */
export function heapString(heap: LocalHeap, offset: number): Uint8Array {
  if (offset >= heap.data.length) {
    throw corrupt(`offset ${offset} lies outside a local heap of ${heap.data.length} bytes`, heap.dataOffset);
  }
  const end = heap.data.indexOf(0, offset);
  if (end < 0) throw corrupt("a string in a local heap is not terminated", heap.dataOffset + offset);
  return heap.data.subarray(offset, end);
}

/** Encodes a header. */
export function encodeLocalHeapHeader(header: LocalHeapHeader, sizes: FieldSizes): Uint8Array {
  const writer = new ByteWriter(sizes, localHeapHeaderSize(sizes));
  writer.signature("HEAP");
  writer.u8(0);
  writer.fill(0, 3);
  writer.lengthField(header.dataSize);
  writer.lengthField(header.freeListHead);
  writer.address(header.dataAddress);
  return writer.finish();
}

/** Strings of a heap that a new one has at the same offsets, so that it may take its place before they are needed. */
export interface KeptStrings {
  /** The data segment. */
  readonly data: Uint8Array;
  /** Where the strings in use begin. */
  readonly offsets: readonly number[];
}

/** Bytes as characters. */
function characters(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Collects the strings of a new local heap; offset 0 is the empty string. */
export class LocalHeapBuilder {
  readonly #writer: ByteWriter;
  /** Offsets of kept strings by their bytes as characters. Each is given away once: libhdf5 frees strings one by one. */
  readonly #kept = new Map<string, number[]>();

  constructor(sizes: FieldSizes, kept: KeptStrings | null = null) {
    this.#writer = new ByteWriter(sizes, 256 + (kept?.data.length ?? 0));
    if (kept === null) {
      this.add(new Uint8Array(0));
      return;
    }
    this.#writer.bytes(kept.data);
    this.#writer.align(8);
    for (const offset of kept.offsets) {
      const text = characters(kept.data.subarray(offset, kept.data.indexOf(0, offset)));
      this.#kept.set(text, [...(this.#kept.get(text) ?? []), offset]);
    }
  }

  /** Adds a string without its NUL, unless it is kept, and answers its offset. */
  add(text: Uint8Array): number {
    const kept = this.#kept.size === 0 ? undefined : this.#kept.get(characters(text))?.pop();
    if (kept !== undefined) return kept;
    const offset = this.#writer.length;
    this.#writer.bytes(text);
    this.#writer.u8(0);
    this.#writer.align(8);
    return offset;
  }

  /** The data segment, with a free block of at least `slack` bytes at its end (none where `slack` is 0). */
  finish(slack = 0): { readonly data: Uint8Array; readonly freeListHead: number } {
    const writer = this.#writer;
    if (slack <= 0) return { data: writer.finish(), freeListHead: noFreeBlock };
    const { lengthSize } = writer.sizes;
    const used = writer.length;
    const free = Math.ceil(Math.max(slack, 2 * lengthSize) / 8) * 8;
    const data = new Uint8Array(used + free);
    data.set(writer.written());
    const block = new ByteWriter(writer.sizes, 2 * lengthSize);
    block.lengthField(noFreeBlock);
    block.lengthField(free);
    data.set(block.written(), used);
    return { data, freeListHead: used };
  }
}
