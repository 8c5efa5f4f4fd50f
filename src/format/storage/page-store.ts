/** Neighbouring pages that one request brought; they are kept and let go together. */
export interface Block {
  readonly offset: number;
  /** Shortened when its last page is replaced by a longer one. */
  bytes: Uint8Array;
  /** Running decodes that have touched it. */
  pins: number;
}

/** Blocks of pages, the least recently used first to go. */
export class PageStore {
  readonly pageSize: number;
  readonly #blockOfPage = new Map<number, Block>();
  /** Least recently used first. */
  readonly #order = new Set<Block>();
  /** Blocks in each piece of memory. */
  readonly #blocksIn = new Map<ArrayBufferLike, number>();
  readonly #sharedBytes: number;
  #shared: ArrayBuffer | undefined;
  #sharedUsed = 0;
  #latest: Block | undefined;
  #held = 0;

  /** @param sharedBytes most length of the memory that short blocks share; 0 where each has its own. */
  constructor(pageSize: number, sharedBytes = 0) {
    this.pageSize = pageSize;
    this.#sharedBytes = sharedBytes;
  }

  /** Room for a block in shared memory, which is held as long as one of its blocks is; `undefined` for long ones. */
  sharedRoom(length: number): Uint8Array | undefined {
    if (4 * length > this.#sharedBytes) return undefined;
    if (this.#shared === undefined || this.#sharedUsed + length > this.#shared.byteLength) {
      // Small files have few blocks: each piece is larger than the one before.
      const twice = 2 * (this.#shared?.byteLength ?? length);
      this.#shared = new ArrayBuffer(Math.min(this.#sharedBytes, Math.max(twice, 2 * length)));
      this.#sharedUsed = 0;
    }
    const room = new Uint8Array(this.#shared, this.#sharedUsed, length);
    this.#sharedUsed += length;
    return room;
  }

  /** Bytes of memory held. */
  get held(): number {
    return this.#held;
  }

  /** The block used last. */
  get latest(): Block | undefined {
    return this.#latest;
  }

  /** The block that holds page `page` up to the byte `end` at least. */
  find(page: number, end: number): Block | undefined {
    const block = this.#blockOfPage.get(page);
    return block !== undefined && block.offset + block.bytes.length >= end ? block : undefined;
  }

  /** Marks a block as used last. */
  touch(block: Block): void {
    if (block === this.#latest) return;
    this.#latest = block;
    this.#order.delete(block);
    this.#order.add(block);
  }

  /** Keeps `bytes`, which start at the page boundary `offset`, instead of what was held there. */
  insert(offset: number, bytes: Uint8Array): Block {
    const block: Block = { offset, bytes, pins: 0 };
    const end = offset + bytes.length;
    for (let page = offset / this.pageSize; page * this.pageSize < end; page++) {
      const before = this.#blockOfPage.get(page);
      if (before !== undefined && before !== block) this.#makeWay(before, offset);
      this.#blockOfPage.set(page, block);
    }
    const neighbours = this.#blocksIn.get(bytes.buffer) ?? 0;
    if (neighbours === 0) this.#held += bytes.buffer.byteLength;
    this.#blocksIn.set(bytes.buffer, neighbours + 1);
    this.touch(block);
    return block;
  }

  /** Lets go of each block with a page in `[offset, offset + length)`; `length` may be infinite. */
  drop(offset: number, length: number): void {
    const first = Math.floor(offset / this.pageSize);
    const last = Math.ceil((offset + length) / this.pageSize) - 1;
    if (last - first < this.#order.size) {
      for (let page = first; page <= last; page++) {
        const block = this.#blockOfPage.get(page);
        if (block !== undefined) this.#remove(block);
      }
      return;
    }
    for (const block of this.#order) {
      if (block.offset < offset + length && block.offset + block.bytes.length > first * this.pageSize) {
        this.#remove(block);
      }
    }
  }

  /** Lets go of the least recently used blocks until at most `budget` bytes are held, or only pinned ones. */
  evict(budget: number): void {
    if (this.#held <= budget) return;
    for (const block of this.#order) {
      if (block.pins > 0) continue;
      this.#remove(block);
      if (this.#held <= budget) return;
    }
  }

  /** Cuts a block at `offset`: the device has grown past its last page, the pages before are still good. */
  #makeWay(block: Block, offset: number): void {
    if (block.offset >= offset) {
      this.#remove(block);
      return;
    }
    block.bytes = block.bytes.subarray(0, offset - block.offset);
  }

  #remove(block: Block): void {
    const end = block.offset + block.bytes.length;
    for (let page = block.offset / this.pageSize; page * this.pageSize < end; page++) {
      if (this.#blockOfPage.get(page) === block) this.#blockOfPage.delete(page);
    }
    this.#order.delete(block);
    const { buffer } = block.bytes;
    const neighbours = (this.#blocksIn.get(buffer) ?? 1) - 1;
    if (neighbours > 0) this.#blocksIn.set(buffer, neighbours);
    else {
      this.#blocksIn.delete(buffer);
      this.#held -= buffer.byteLength;
    }
    if (this.#latest === block) this.#latest = undefined;
  }
}
