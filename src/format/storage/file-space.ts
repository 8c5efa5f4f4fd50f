import { sectorSize, withinSector } from "./sectors.js";

/** Freed blocks remembered for reuse; beyond that space leaks, as it does after a crash. */
const freeListLimit = 4096;
/** Shorter blocks are not worth remembering. */
const smallestBlock = 64;

/** A part of a file, by its absolute offset. */
export interface Block {
  readonly offset: number;
  readonly length: number;
}

/** A block taken by a change that may yet be given up. */
interface TakenBlock extends Block {
  /** End of the space in use before, `null` for a block that had been given back earlier. */
  readonly endBefore: number | null;
}

/**
 * Which parts of a file are in use: everything up to {@link FileSpace.end} but what was given back.
 *
 * What a commit makes unreachable is taken again only when that commit is durable; what a change takes and gives back is
 * settled when the change is kept or given up.
 */
export class FileSpace {
  #end: number;
  #reusable: Block[] = [];
  /** Unreachable once the next commit is durable. */
  #freed: Block[] = [];
  /** How much of `#freed` was there before the commit that is being staged. */
  #freedBefore = 0;
  /** Unreachable once the commit that is being written is durable. */
  #leaving: Block[] = [];
  /** What the change under way took, `null` while there is none. */
  #taken: TakenBlock[] | null = null;
  /** What the change under way gave back that nothing committed ever referred to. */
  #released: Block[] = [];
  #freedBeforeChange = 0;

  constructor(end: number) {
    this.#end = end;
  }

  /** End of the space in use, absolute. */
  get end(): number {
    return this.#end;
  }

  /**
   * Takes `length` bytes, 8-byte aligned; the first `unbroken` ones lie within one sector.
   *
   * @returns the absolute offset
   */
  take(length: number, unbroken: number): number {
    const reused = unbroken === 0 ? this.#takeReusable(length) : undefined;
    if (reused !== undefined) {
      this.#taken?.push({ offset: reused, length, endBefore: null });
      return reused;
    }
    let offset = Math.ceil(this.#end / 8) * 8;
    if (unbroken <= sectorSize && !withinSector(offset, unbroken)) {
      offset = Math.ceil(offset / sectorSize) * sectorSize;
    }
    return this.#takeAtEnd(offset, length);
  }

  /** Takes `length` bytes of which none was ever written; what was written ends at `writtenEnd`. */
  takeUnwritten(length: number, writtenEnd: number): number {
    return this.#takeAtEnd(Math.ceil(Math.max(this.#end, writtenEnd) / 8) * 8, length);
  }

  #takeAtEnd(offset: number, length: number): number {
    this.#taken?.push({ offset, length, endBefore: this.#end });
    this.#end = offset + length;
    return offset;
  }

  #takeReusable(length: number): number | undefined {
    for (let index = this.#reusable.length - 1; index >= 0; index--) {
      const block = this.#reusable[index];
      if (block.length < length) continue;
      const last = this.#reusable.pop();
      if (last !== undefined && last !== block) this.#reusable[index] = last;
      const rest = Math.ceil((block.offset + length) / 8) * 8;
      this.#remember({ offset: rest, length: block.offset + block.length - rest });
      return block.offset;
    }
    return undefined;
  }

  #remember(block: Block): void {
    if (block.length >= smallestBlock && this.#reusable.length < freeListLimit) this.#reusable.push(block);
  }

  /** Gives back what the next commit makes unreachable. */
  free(block: Block): void {
    if (this.isWorthFreeing(block)) this.#freed.push(block);
  }

  /** Whether {@link free} of a block would be remembered. */
  isWorthFreeing(block: Block): boolean {
    return block.length >= smallestBlock && this.#freed.length < freeListLimit;
  }

  /** Gives back what nothing committed ever referred to; answers whether it may be taken again at once. */
  release(block: Block): boolean {
    if (this.#taken !== null) {
      // A change that is given up needs it again.
      this.#released.push(block);
      return false;
    }
    this.#remember(block);
    return true;
  }

  /** From here on what is taken and given back belongs to a change that may be given up. */
  beginChange(): void {
    this.#taken = [];
    this.#released = [];
    this.#freedBeforeChange = this.#freed.length;
  }

  /** The change stays; answers what it released. */
  keepChange(): readonly Block[] {
    const released = this.#released;
    this.#taken = null;
    this.#released = [];
    for (const block of released) this.#remember(block);
    return released;
  }

  /** Takes back what the change took and gave back; answers what it had taken. */
  giveUpChange(): readonly Block[] {
    const taken = this.#taken ?? [];
    this.#taken = null;
    this.#released = [];
    this.#freed.length = this.#freedBeforeChange;
    for (const block of taken.slice().reverse()) {
      if (block.endBefore !== null && block.offset + block.length === this.#end) this.#end = block.endBefore;
      else this.#remember(block);
    }
    return taken;
  }

  /** Runs what takes space that the change under way does not own. */
  aside<Result>(action: () => Result): Result {
    const taken = this.#taken;
    this.#taken = null;
    try {
      return action();
    } finally {
      this.#taken = taken;
    }
  }

  /** From here on freed space belongs to the commit that is being staged. */
  beginCommit(): void {
    this.#freedBefore = this.#freed.length;
  }

  /** Forgets what was freed for a commit that could not be staged. */
  cancelCommit(): void {
    this.#freed.length = this.#freedBefore;
  }

  /** What is freed later belongs to the commit after this one. */
  sealCommit(): void {
    this.#leaving = this.#freed;
    this.#freed = [];
  }

  /** The sealed commit is durable; answers what it has made free. */
  finishCommit(): readonly Block[] {
    const left = this.#leaving;
    this.#leaving = [];
    for (const block of left) this.#remember(block);
    return left;
  }
}
