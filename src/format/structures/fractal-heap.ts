import { corrupt, HDF5Error } from "../errors.js";
import type { ByteRange } from "../storage/storage.js";
import { MissingBytes } from "../storage/storage.js";
import { findInBTreeV2 } from "./btree-v2.js";
import { decodeBTreeV2Header } from "./btree-v2-node.js";
import { ByteBudget } from "./byte-budget.js";
import type { FileContext } from "./context.js";
import { readerAt } from "./context.js";
import type { IndirectBlock } from "./fractal-heap-blocks.js";
import { decodeIndirectBlock, directBlockOverhead, verifyDirectBlock } from "./fractal-heap-blocks.js";
import { rowOfOffset, rowsOfChild } from "./fractal-heap-doubling-table.js";
import type { FractalHeapHeader } from "./fractal-heap-header.js";
import { decodeFractalHeapHeader } from "./fractal-heap-header.js";
import type { FractalHeapIdContext, HugeObject } from "./fractal-heap-id.js";
import { decodeFractalHeapId, decodeHugeRecord, hugeRecordType } from "./fractal-heap-id.js";
import type { FilterPipeline } from "./messages/filter-pipeline.js";

/*
 * Reading objects of a fractal heap (specification III.G, "Disk Format: Level 1G - Fractal Heap").
 */

/** Undoes a filter pipeline; the answer must have `size` bytes. */
export type Unfilter = (pipeline: FilterPipeline, bytes: Uint8Array, filterMask: number, size: number) => Uint8Array;

/** A fractal heap opened for reading. Decoded blocks are kept as copies for as long as the object lives. */
export interface FractalHeap {
  readonly header: FractalHeapHeader;
  /**
   * The object with this heap ID. It must not be written to.
   *
   * @throws MissingBytes when blocks must be fetched first.
   */
  object(id: Uint8Array): Uint8Array;
  /** Objects in the order of `ids`; what is missing for any of them is asked for at once. */
  objects(ids: readonly Uint8Array[]): Uint8Array[];
}

/** Opens the heap whose header is at `address`; `unfilter` serves heaps with I/O filters. */
export function openFractalHeap(context: FileContext, address: number, unfilter: Unfilter): FractalHeap {
  return new OpenFractalHeap(context, decodeFractalHeapHeader(context, address), unfilter);
}

class OpenFractalHeap implements FractalHeap {
  readonly header: FractalHeapHeader;
  readonly #context: FileContext;
  readonly #unfilter: Unfilter;
  readonly #idContext: FractalHeapIdContext;
  readonly #indirect = new Map<number, IndirectBlock>();
  readonly #direct = new Map<number, Uint8Array>();
  readonly #hugeObjects = new Map<string, Uint8Array>();
  readonly #offset: number;
  readonly #overhead: number;
  /** Stored bytes of blocks and huge objects that may still be read. */
  readonly #stored: ByteBudget;
  /** Bytes that may still come out of filters. */
  #unfilteredLeft: number;

  constructor(context: FileContext, header: FractalHeapHeader, unfilter: Unfilter) {
    this.header = header;
    this.#context = context;
    this.#unfilter = unfilter;
    this.#offset = context.baseAddress + header.address;
    this.#stored = new ByteBudget(2 * context.storage.size, "the blocks and huge objects of a fractal heap");
    this.#unfilteredLeft = context.limits.metadataBytes;
    this.#overhead = directBlockOverhead(header.table, header.checksumDirectBlocks, context);
    this.#idContext = {
      idLength: header.idLength,
      filtered: header.filters !== null,
      table: header.table,
      sizes: context,
    };
  }

  object(id: Uint8Array): Uint8Array {
    const decoded = decodeFractalHeapId(id, this.#idContext, this.#offset);
    switch (decoded.kind) {
      case "managed":
        return this.#managed(decoded.offset, decoded.length);
      case "tiny":
        return decoded.data;
      case "huge-direct":
        return this.#huge(decoded.object);
      case "huge-indirect":
        return this.#huge(this.#findHuge(decoded.key));
    }
  }

  objects(ids: readonly Uint8Array[]): Uint8Array[] {
    const found: Uint8Array[] = [];
    const { storage, limits } = this.#context;
    const most = storage.size + (this.header.filters === null ? 0 : limits.metadataBytes);
    const budget = new ByteBudget(most, "the objects of a fractal heap");
    // Many objects share a block, so ranges are gathered by where they start.
    const missing = new Map<number, ByteRange>();
    for (const id of ids) {
      try {
        const object = this.object(id);
        budget.take(object.length, this.#offset);
        if (missing.size === 0) found.push(object);
      } catch (error) {
        if (!(error instanceof MissingBytes)) throw error;
        for (const range of error.ranges) {
          const known = missing.get(range.offset);
          if (known === undefined || known.length < range.length) missing.set(range.offset, range);
        }
      }
    }
    if (missing.size > 0) throw new MissingBytes([...missing.values()]);
    return found;
  }

  #managed(offset: number, length: number): Uint8Array {
    const { header } = this;
    const { table } = header;
    if (header.rootAddress === null) throw corrupt("an object lies in an empty fractal heap", this.#offset);
    if (header.rootRows === 0) {
      const filters = header.filters;
      const stored = filters === null ? 0 : filters.rootSize;
      const mask = filters === null ? 0 : filters.rootFilterMask;
      const block = this.#directBlock(header.rootAddress, 0, table.blockSizes[0], stored, mask);
      return this.#slice(block, offset, length);
    }
    let address = header.rootAddress;
    let rows = header.rootRows;
    let blockOffset = 0;
    // Each child has fewer rows than its parent, so the descent ends.
    for (;;) {
      const block = this.#indirectBlock(address, rows, blockOffset);
      const row = rowOfOffset(table, offset - blockOffset);
      if (row >= rows) throw corrupt(`no block of a fractal heap holds the offset ${offset}`, this.#offset);
      const size = table.blockSizes[row];
      const column = Math.floor((offset - blockOffset - table.rowOffsets[row]) / size);
      const entry = block.entries[row * table.width + column];
      if (entry.address === null) {
        throw corrupt(`the fractal heap block at the offset ${offset} is not allocated`, this.#offset);
      }
      blockOffset += table.rowOffsets[row] + column * size;
      if (row < table.maxDirectRows) {
        const bytes = this.#directBlock(entry.address, blockOffset, size, entry.filteredSize, entry.filterMask);
        return this.#slice(bytes, offset - blockOffset, length);
      }
      address = entry.address;
      rows = rowsOfChild(table, row);
    }
  }

  #slice(block: Uint8Array, start: number, length: number): Uint8Array {
    if (length === 0 || start < this.#overhead || start + length > block.length) {
      throw corrupt(
        `an object of ${length} bytes at ${start} does not lie within its fractal heap block`,
        this.#offset,
      );
    }
    return block.subarray(start, start + length);
  }

  #indirectBlock(address: number, rows: number, blockOffset: number): IndirectBlock {
    let block = this.#indirect.get(blockOffset);
    if (block === undefined) {
      block = decodeIndirectBlock(this.#context, this.header, address, rows, blockOffset);
      this.#indirect.set(blockOffset, block);
    }
    return block;
  }

  #directBlock(address: number, blockOffset: number, size: number, stored: number, filterMask: number): Uint8Array {
    const known = this.#direct.get(blockOffset);
    if (known !== undefined) return known;
    const { header } = this;
    const fileOffset = this.#context.baseAddress + address;
    const { filters } = header;
    const view = this.#context.storage.view(fileOffset, filters === null ? size : stored);
    this.#stored.take(view.length, fileOffset);
    const bytes =
      filters === null ? view.slice() : this.#unfiltered(filters.pipeline, view, filterMask, size, fileOffset);
    verifyDirectBlock(bytes, fileOffset, header, blockOffset, this.#context);
    this.#direct.set(blockOffset, bytes);
    return bytes;
  }

  #unfiltered(pipeline: FilterPipeline, bytes: Uint8Array, mask: number, size: number, fileOffset: number): Uint8Array {
    this.#unfilteredLeft -= size;
    if (this.#unfilteredLeft < 0) {
      const limit = this.#context.limits.metadataBytes;
      throw new HDF5Error(
        "limit",
        `a fractal heap has more than ${limit} unfiltered bytes, the limit "metadataBytes"`,
        {
          offset: fileOffset,
        },
      );
    }
    // A filter may give back its input, which only lasts as long as this decode.
    const result = this.#unfilter(pipeline, bytes.slice(), mask, size);
    if (result.length !== size) {
      throw corrupt(`expected ${size} bytes after unfiltering, found ${result.length}`, fileOffset);
    }
    return result;
  }

  #findHuge(key: number): HugeObject {
    const { hugeIndexAddress } = this.header;
    if (hugeIndexAddress === null) throw corrupt("a fractal heap has no index of its huge objects", this.#offset);
    const type = hugeRecordType(this.#idContext);
    const index = decodeBTreeV2Header(this.#context, hugeIndexAddress, [type]);
    const record = findInBTreeV2(this.#context, index, (reader) => key - decodeHugeRecord(reader, type).key);
    if (record === undefined) throw corrupt(`a fractal heap has no huge object ${key}`, this.#offset);
    return decodeHugeRecord(record, type).object;
  }

  #huge(object: HugeObject): Uint8Array {
    const key = `${object.address}:${object.length}:${object.memorySize}:${object.filterMask}`;
    const known = this.#hugeObjects.get(key);
    if (known !== undefined) return known;
    const bytes = this.#readHuge(object);
    this.#hugeObjects.set(key, bytes);
    return bytes;
  }

  #readHuge(object: HugeObject): Uint8Array {
    const fileOffset = this.#context.baseAddress + object.address;
    const bytes = readerAt(this.#context, object.address, object.length).bytes;
    this.#stored.take(bytes.length, fileOffset);
    const { filters } = this.header;
    if (filters === null) return bytes.slice();
    return this.#unfiltered(filters.pipeline, bytes, object.filterMask, object.memorySize, fileOffset);
  }
}
