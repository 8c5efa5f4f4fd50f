import { corrupt } from "../errors.js";
import type { FileContext } from "../structures/context.js";
import type { FixedArrayDataBlock, FixedArrayHeader } from "../structures/fixed-array.js";
import { decodeFixedArrayDataBlock, decodeFixedArrayHeader, decodeFixedArrayPage } from "../structures/fixed-array.js";
import type { ChunkSegment, ChunkSegments } from "./array-index.js";

/** The chunks of a fixed array (specification VII.C, "The Fixed Array Index"). */
export function fixedArraySegments(context: FileContext, address: number, filtered: boolean): ChunkSegments {
  return new FixedArraySegments(context, address, filtered);
}

class FixedArraySegments implements ChunkSegments {
  readonly #context: FileContext;
  readonly #address: number;
  readonly #filtered: boolean;
  #header: FixedArrayHeader | undefined;
  #dataBlock: FixedArrayDataBlock | undefined;
  readonly #pages = new Map<number, ChunkSegment>();

  constructor(context: FileContext, address: number, filtered: boolean) {
    this.#context = context;
    this.#address = address;
    this.#filtered = filtered;
  }

  segmentEnd(index: number): number {
    const header = this.#header;
    // Nothing can be told before header and data block are there, so all is one segment.
    if (header === undefined || this.#dataBlock === undefined) return Number.POSITIVE_INFINITY;
    return Math.min((Math.floor(index / header.pageElements) + 1) * header.pageElements, header.elementCount);
  }

  segment(index: number): ChunkSegment {
    this.#header ??= decodeFixedArrayHeader(this.#context, this.#address, this.#filtered);
    const header = this.#header;
    const { elementCount, pageElements, dataBlockAddress } = header;
    if (index >= elementCount) {
      throw corrupt(
        `chunk ${index} is not among the ${elementCount} of its fixed array`,
        this.#context.baseAddress + this.#address,
      );
    }
    if (dataBlockAddress === null) return { start: 0, end: elementCount, elements: null };
    this.#dataBlock ??= decodeFixedArrayDataBlock(this.#context, header, dataBlockAddress);
    const dataBlock = this.#dataBlock;
    if (!dataBlock.paged) return { start: 0, end: elementCount, elements: dataBlock.elements };
    const page = Math.floor(index / pageElements);
    const known = this.#pages.get(page);
    if (known !== undefined) return known;
    const initialized = (dataBlock.pageBitmap[page >>> 3] & (0x80 >>> (page & 7))) !== 0;
    const segment: ChunkSegment = {
      start: page * pageElements,
      end: Math.min((page + 1) * pageElements, elementCount),
      elements: initialized ? decodeFixedArrayPage(this.#context, header, dataBlock.pagesAddress, page) : null,
    };
    this.#pages.set(page, segment);
    return segment;
  }
}
