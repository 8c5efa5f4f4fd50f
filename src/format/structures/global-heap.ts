/** Specification III.E, "Disk Format: Level 1E - Global Heap". */
import { corrupt, invalidArgument } from "../errors.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import type { FileContext } from "./context.js";
import { readerAt } from "./context.js";

/** "Global Heap ID": where an object is, as the elements of variable-length data store it. */
export interface GlobalHeapId {
  /** Address of the collection. */
  readonly collectionAddress: number | null;
  readonly objectIndex: number;
}

/** Bytes of the smallest collection. */
export const globalHeapMinimumSize = 4096;
/** The highest object index. */
export const globalHeapMaximumIndex = 65535;

function align8(size: number): number {
  return Math.ceil(size / 8) * 8;
}

/** Bytes before the first object; padded to 8 where lengths are short. */
export function globalHeapHeaderSize(sizes: FieldSizes): number {
  return align8(8 + sizes.lengthSize);
}

/** Bytes before an object's data; padded to 8 where lengths are short. */
export function globalHeapObjectHeaderSize(sizes: FieldSizes): number {
  return align8(8 + sizes.lengthSize);
}

/** Bytes of a {@link GlobalHeapId}. */
export function globalHeapIdSize(sizes: FieldSizes): number {
  return sizes.offsetSize + 4;
}

/** Decodes the heap ID at the reader's position. */
export function decodeGlobalHeapId(reader: ByteReader): GlobalHeapId {
  return { collectionAddress: reader.address(), objectIndex: reader.u32() };
}

/** Appends a heap ID to `writer`. */
export function encodeGlobalHeapId(writer: ByteWriter, id: GlobalHeapId): void {
  writer.address(id.collectionAddress);
  writer.u32(id.objectIndex);
}

/** A parsed collection; its objects are views of the bytes it was parsed from. */
export class GlobalHeapCollection {
  /** Bytes of the whole collection. */
  readonly size: number;
  /** All bytes of the collection. */
  readonly bytes: Uint8Array;
  readonly #fileOffset: number;
  /** Where the data of object `i` start; 0 or nothing where there is no such object. */
  readonly #starts: readonly number[];
  readonly #lengths: readonly number[];

  /** Use {@link parseGlobalHeapCollection}. */
  constructor(bytes: Uint8Array, fileOffset: number, starts: readonly number[], lengths: readonly number[]) {
    this.size = bytes.length;
    this.bytes = bytes;
    this.#fileOffset = fileOffset;
    this.#starts = starts;
    this.#lengths = lengths;
  }

  /** Whether there is an object of this index. */
  has(index: number): boolean {
    return index > 0 && this.#starts[index] > 0;
  }

  /** Where the data of an object start in `bytes`. */
  start(index: number): number {
    if (!this.has(index)) throw corrupt(`a global heap collection has no object ${index}`, this.#fileOffset);
    return this.#starts[index];
  }

  /** Bytes of the data of an object, which is there. */
  length(index: number): number {
    return this.#lengths[index];
  }

  /** The data of an object (not a copy). */
  object(index: number): Uint8Array {
    const start = this.start(index);
    return this.bytes.subarray(start, start + this.#lengths[index]);
  }
}

/** The size of the collection whose first bytes `reader` stands at. */
function decodeHeader(reader: ByteReader): number {
  const at = reader.offset;
  reader.signature("GCOL");
  const version = reader.u8();
  if (version !== 1) throw corrupt(`unknown version ${version} of a global heap collection`, at + 4);
  reader.skip(3);
  const size = reader.length();
  if (size < globalHeapHeaderSize(reader.sizes)) throw corrupt(`a global heap collection of ${size} bytes`, at + 8);
  return size;
}

/** The size of the collection that begins with `bytes`, of which {@link globalHeapHeaderSize} are enough. */
export function globalHeapCollectionSize(bytes: Uint8Array, fileOffset: number, sizes: FieldSizes): number {
  return decodeHeader(new ByteReader(bytes, fileOffset, sizes));
}

/** Parses a collection from `bytes`, which may go on after it. The result keeps views of `bytes`. */
export function parseGlobalHeapCollection(
  bytes: Uint8Array,
  fileOffset: number,
  sizes: FieldSizes,
): GlobalHeapCollection {
  const size = globalHeapCollectionSize(bytes, fileOffset, sizes);
  if (size > bytes.length) {
    throw corrupt(`a global heap collection of ${size} bytes, of which ${bytes.length} are there`, fileOffset);
  }
  const collection = bytes.subarray(0, size);
  const objectHeaderSize = globalHeapObjectHeaderSize(sizes);
  const { lengthSize } = sizes;
  const starts: number[] = [0];
  const lengths: number[] = [0];
  let position = globalHeapHeaderSize(sizes);
  // What is too small for an object header at the end is free space.
  while (position + objectHeaderSize <= size) {
    const index = collection[position] | (collection[position + 1] << 8);
    let length = 0;
    for (let at = position + 7 + lengthSize; at >= position + 8; at--) length = length * 256 + collection[at];
    if (length > Number.MAX_SAFE_INTEGER) {
      throw corrupt("a size or address exceeds 2^53 - 1", fileOffset + position + 8);
    }
    if (index === 0) {
      // Free space; its length includes its header. A length of 0 cannot be stepped over.
      if (length === 0) break;
      position += length;
      continue;
    }
    const start = position + objectHeaderSize;
    if (length > size - start) {
      throw corrupt(`object ${index} of a global heap collection passes its end`, fileOffset + position);
    }
    starts[index] = start;
    lengths[index] = length;
    position = start + align8(length);
  }
  return new GlobalHeapCollection(collection, fileOffset, starts, lengths);
}

/** Decodes the collection at `address` (a copy of its bytes). */
export function decodeGlobalHeapCollection(context: FileContext, address: number): GlobalHeapCollection {
  const size = decodeHeader(readerAt(context, address, globalHeapHeaderSize(context)));
  const { bytes, fileOffset } = readerAt(context, address, size);
  return parseGlobalHeapCollection(bytes.slice(), fileOffset, context);
}

/** Collects the objects of a new collection. */
export class GlobalHeapCollectionBuilder {
  /** Bytes of the encoded collection. */
  readonly size: number;
  readonly #writer: ByteWriter;
  #count = 0;

  /**
   * @param capacity bytes of the whole collection; at least 4096 are taken, rounded up to a multiple of 8. For one
   * large object, {@link GlobalHeapCollectionBuilder.sizeFor} tells what it takes.
   */
  constructor(sizes: FieldSizes, capacity = globalHeapMinimumSize) {
    this.size = align8(Math.max(capacity, globalHeapMinimumSize));
    this.#writer = new ByteWriter(sizes, this.size);
    this.#writer.signature("GCOL");
    this.#writer.u8(1);
    this.#writer.fill(0, 3);
    this.#writer.lengthField(this.size);
    this.#writer.align(8);
  }

  /** Bytes of a collection that holds one object of `length` bytes. */
  static sizeFor(sizes: FieldSizes, length: number): number {
    return globalHeapHeaderSize(sizes) + globalHeapObjectHeaderSize(sizes) + align8(length);
  }

  /** Objects inserted so far. */
  get count(): number {
    return this.#count;
  }

  /** Inserts an object and answers its index, or `null` where it does not fit. */
  tryInsert(bytes: Uint8Array): number | null {
    if (bytes.length === 0) throw invalidArgument("an empty sequence has no global heap object");
    const writer = this.#writer;
    const needed = globalHeapObjectHeaderSize(writer.sizes) + align8(bytes.length);
    if (needed > this.size - writer.length || this.#count === globalHeapMaximumIndex) return null;
    const index = ++this.#count;
    const start = writer.length;
    writer.u16(index);
    writer.u16(1);
    writer.u32(0);
    writer.lengthField(bytes.length);
    writer.align(8, start);
    writer.bytes(bytes);
    writer.align(8, start);
    return index;
  }

  /** Answers what takes back all later insertions. */
  mark(): () => void {
    const count = this.#count;
    const { length } = this.#writer;
    return () => {
      this.#count = count;
      this.#writer.truncate(length);
    };
  }

  /** The whole collection, with what is left as its free-space object; more can be inserted afterwards. */
  encode(): Uint8Array {
    const writer = this.#writer;
    const { sizes } = writer;
    const collection = new Uint8Array(this.size);
    collection.set(writer.written());
    const free = this.size - writer.length;
    if (free >= globalHeapObjectHeaderSize(sizes)) {
      const header = new ByteWriter(sizes, 24);
      header.fill(0, 8);
      header.lengthField(free);
      collection.set(header.written(), writer.length);
    }
    return collection;
  }
}
