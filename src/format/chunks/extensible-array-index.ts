import { unsupported } from "../errors.js";
import type { FileContext } from "../structures/context.js";
import type {
  ExtensibleArrayHeader,
  ExtensibleArrayIndexBlock,
  ExtensibleArraySecondaryBlock,
  SecondaryBlockShape,
} from "../structures/extensible-array.js";
import {
  decodeExtensibleArrayDataBlock,
  decodeExtensibleArrayHeader,
  decodeExtensibleArrayIndexBlock,
  decodeExtensibleArrayPage,
  decodeExtensibleArraySecondaryBlock,
  extensibleArrayIsPaged,
  firstPageBit,
} from "../structures/extensible-array.js";
import type { ChunkSegment, ChunkSegments } from "./array-index.js";

/** The chunks of an extensible array (specification VII.D, "The Extensible Array Index"). */
export function extensibleArraySegments(context: FileContext, address: number, filtered: boolean): ChunkSegments {
  return new ExtensibleArraySegments(context, address, filtered);
}

/** Where an element beyond the index block stands. */
interface Place {
  readonly secondary: number;
  readonly shape: SecondaryBlockShape;
  /** Data block within its secondary block. */
  readonly dataBlock: number;
  /** First element of the secondary block and of the data block. */
  readonly secondaryStart: number;
  readonly start: number;
}

class ExtensibleArraySegments implements ChunkSegments {
  readonly #context: FileContext;
  readonly #address: number;
  readonly #filtered: boolean;
  #header: ExtensibleArrayHeader | undefined;
  #indexBlock: ExtensibleArrayIndexBlock | undefined;
  readonly #secondaryBlocks = new Map<number, ExtensibleArraySecondaryBlock>();
  /** Segments with elements, by their start. */
  readonly #segments = new Map<number, ChunkSegment>();

  constructor(context: FileContext, address: number, filtered: boolean) {
    this.#context = context;
    this.#address = address;
    this.#filtered = filtered;
  }

  segmentEnd(index: number): number {
    const header = this.#header;
    // Nothing can be told before header and index block are there, so all is one segment.
    if (header === undefined || this.#indexBlock === undefined) return Number.POSITIVE_INFINITY;
    if (index < header.indexElements) return header.indexElements;
    const { secondary, shape, secondaryStart, start } = placeOf(header, index);
    if (secondary >= header.directSecondaryBlocks && !this.#secondaryBlocks.has(secondary)) {
      return secondaryStart + shape.dataBlockCount * shape.dataBlockElements;
    }
    if (!extensibleArrayIsPaged(header, shape.dataBlockElements)) return start + shape.dataBlockElements;
    return start + (Math.floor((index - start) / header.pageElements) + 1) * header.pageElements;
  }

  segment(index: number): ChunkSegment {
    this.#header ??= decodeExtensibleArrayHeader(this.#context, this.#address, this.#filtered);
    const header = this.#header;
    if (header.indexBlockAddress === null || index >= header.maxIndexSet) {
      return { start: index, end: Number.POSITIVE_INFINITY, elements: null };
    }
    this.#indexBlock ??= decodeExtensibleArrayIndexBlock(this.#context, header, header.indexBlockAddress);
    const indexBlock = this.#indexBlock;
    if (index < header.indexElements) return { start: 0, end: header.indexElements, elements: indexBlock.elements };
    const place = placeOf(header, index);
    const { shape, start } = place;
    const end = start + shape.dataBlockElements;
    if (place.secondary < header.directSecondaryBlocks) {
      if (extensibleArrayIsPaged(header, shape.dataBlockElements)) {
        throw unsupported("a paged data block in the index block of an extensible array", this.#offset);
      }
      return this.#dataBlock(header, indexBlock.dataBlocks[shape.firstDataBlock + place.dataBlock], start, end);
    }
    const address = indexBlock.secondaryBlocks[place.secondary - header.directSecondaryBlocks];
    if (address === null) {
      const secondaryEnd = place.secondaryStart + shape.dataBlockCount * shape.dataBlockElements;
      return { start: place.secondaryStart, end: secondaryEnd, elements: null };
    }
    const block = this.#secondaryBlock(header, place, address);
    const dataBlock = block.dataBlocks[place.dataBlock];
    if (dataBlock === null || !extensibleArrayIsPaged(header, shape.dataBlockElements)) {
      return this.#dataBlock(header, dataBlock, start, end);
    }
    return this.#page(header, block, place, dataBlock, Math.floor((index - start) / header.pageElements));
  }

  get #offset(): number {
    return this.#context.baseAddress + this.#address;
  }

  #secondaryBlock(header: ExtensibleArrayHeader, place: Place, address: number): ExtensibleArraySecondaryBlock {
    let block = this.#secondaryBlocks.get(place.secondary);
    if (block === undefined) {
      block = decodeExtensibleArraySecondaryBlock(this.#context, header, address, place.shape);
      this.#secondaryBlocks.set(place.secondary, block);
    }
    return block;
  }

  #dataBlock(header: ExtensibleArrayHeader, address: number | null, start: number, end: number): ChunkSegment {
    if (address === null) return { start, end, elements: null };
    let segment = this.#segments.get(start);
    if (segment === undefined) {
      const elements = decodeExtensibleArrayDataBlock(this.#context, header, address, end - start);
      segment = { start, end, elements };
      this.#segments.set(start, segment);
    }
    return segment;
  }

  #page(
    header: ExtensibleArrayHeader,
    block: ExtensibleArraySecondaryBlock,
    place: Place,
    dataBlock: number,
    page: number,
  ): ChunkSegment {
    const start = place.start + page * header.pageElements;
    const end = start + header.pageElements;
    const bit = firstPageBit(header, place.shape, place.dataBlock) + page;
    if ((block.pageBitmap[Math.floor(bit / 8)] & (0x80 >>> (bit % 8))) === 0) return { start, end, elements: null };
    let segment = this.#segments.get(start);
    if (segment === undefined) {
      segment = { start, end, elements: decodeExtensibleArrayPage(this.#context, header, dataBlock, page) };
      this.#segments.set(start, segment);
    }
    return segment;
  }
}

/** The place of element `index`, which lies beyond the index block and below the array's maximum. */
function placeOf(header: ExtensibleArrayHeader, index: number): Place {
  const { secondaryBlocks, indexElements } = header;
  const within = index - indexElements;
  let secondary = 0;
  while (secondary + 1 < secondaryBlocks.length && secondaryBlocks[secondary + 1].firstElement <= within) secondary++;
  const shape = secondaryBlocks[secondary];
  const dataBlock = Math.floor((within - shape.firstElement) / shape.dataBlockElements);
  const secondaryStart = indexElements + shape.firstElement;
  return {
    secondary,
    shape,
    dataBlock,
    secondaryStart,
    start: secondaryStart + dataBlock * shape.dataBlockElements,
  };
}
