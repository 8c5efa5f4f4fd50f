import { HDF5Error } from "../errors.js";
import type { Operation, PlannedWrite } from "./operation.js";
import { gatheredLength, ShadowWrites } from "./shadow-writes.js";
import { StagedWrites } from "./staged-writes.js";
import type { ByteRange, Storage } from "./storage.js";
import { MissingBytes } from "./storage.js";

/** The unit that a device is assumed to write all or nothing. */
export const sectorSize = 512;

/** Shadow bytes and overwrites kept before they are written early. */
const pendingLimit = 8 * 1024 * 1024;

/** Freed blocks remembered for reuse; beyond that space leaks, as it does after a crash. */
const freeListLimit = 4096;

/** How durable a commit is: three barriers, ordered writes only, or one barrier when the file is closed. */
export type Durability = "full" | "process" | "onClose";

/** Where the new end-of-file address is published. */
export interface EndOfFileField {
  /** The write that publishes `endOfFile` (absolute). */
  publish(endOfFile: number): PlannedWrite;
}

interface FreeBlock {
  readonly offset: number;
  readonly length: number;
}

/** True when `[offset, offset + length)` lies within one sector. */
export function withinSector(offset: number, length: number): boolean {
  return length === 0 || Math.floor(offset / sectorSize) === Math.floor((offset + length - 1) / sectorSize);
}

/**
 * All changes of one file, by absolute offsets.
 *
 * Shadow bytes and overwrites may reach the device at any time before the commit; flips are kept until then. A commit
 * writes what is left in the order that leaves a valid file at every prefix: shadow bytes, end-of-file address,
 * overwrites (which may refer to new space), flips in the order given. A barrier follows each of these that wrote
 * something.
 */
export class Transaction implements Storage {
  readonly #storage: Storage;
  /** How durable a commit is. */
  readonly durability: Durability;
  /** End of the space in use, staged allocations included. */
  #endOfFile: number;
  /** End of file as last published. */
  #publishedEndOfFile: number | null;
  readonly #shadows = new ShadowWrites();
  readonly #overwrites = new StagedWrites();
  /** Whether a commit is being staged: overwrites then wait for their place in it. */
  #committing = false;
  /** Flips in the order of writing; a barrier ends each group. */
  #flips: PlannedWrite[][] = [[]];
  #reusable: FreeBlock[] = [];
  #freed: FreeBlock[] = [];
  /** How much of `#freed` was there before the commit under way was staged. */
  #freedBefore = 0;
  #writtenEnd: number;
  /** Whether anything was written after the last barrier. */
  #unsettled = false;
  #poisoned = false;

  /**
   * @param storage - the committed bytes
   * @param endOfFile - where new space begins, absolute
   * @param publishedEndOfFile - the stored end of file; `null` for a new file, of which nothing is stored yet
   */
  constructor(storage: Storage, endOfFile: number, publishedEndOfFile: number | null, durability: Durability) {
    this.#storage = storage;
    this.durability = durability;
    this.#endOfFile = endOfFile;
    this.#publishedEndOfFile = publishedEndOfFile;
    // Bytes past the end, left by a session that did not commit, are cut off before the first write.
    this.#writtenEnd = Math.min(storage.size, endOfFile);
  }

  get size(): number {
    return Math.max(this.#storage.size, this.#endOfFile);
  }

  /** End of the space in use, absolute. */
  get endOfFile(): number {
    return this.#endOfFile;
  }

  /** Metadata only: overwrites are raw data, and not looked at. */
  view(offset: number, length: number): Uint8Array {
    if (this.#shadows.mayOverlap(offset, length)) throw new MissingBytes([{ offset, length }]);
    return this.#storage.view(offset, length);
  }

  /** Whether bytes not yet on the device may lie in one of the ranges. */
  isPending(ranges: readonly ByteRange[]): boolean {
    return ranges.some(
      ({ offset, length }) =>
        this.#shadows.mayOverlap(offset, length) || (!this.#committing && this.#overwrites.mayOverlap(offset, length)),
    );
  }

  /** Extends the device over allocated space that was never written, where one of the ranges needs it. */
  *materialize(ranges: readonly ByteRange[]): Operation<void> {
    const end = ranges.reduce((most, range) => Math.max(most, range.offset + range.length), 0);
    if (end > this.#writtenEnd && end <= this.#endOfFile) yield* this.#extend();
  }

  *#extend(): Operation<void> {
    if (this.#writtenEnd >= this.#endOfFile) return;
    this.#unsettled = true;
    yield { kind: "truncate", size: this.#endOfFile };
    this.#writtenEnd = this.#endOfFile;
  }

  /**
   * Takes `length` bytes of new space, 8-byte aligned; its first `unbroken` bytes lie within one sector.
   *
   * @returns the absolute offset
   */
  allocate(length: number, unbroken = 0): number {
    const reused = unbroken === 0 ? this.#takeReusable(length) : undefined;
    if (reused !== undefined) return reused;
    let offset = Math.ceil(this.#endOfFile / 8) * 8;
    if (unbroken <= sectorSize && !withinSector(offset, unbroken)) {
      offset = Math.ceil(offset / sectorSize) * sectorSize;
    }
    this.#shadows.skip(this.#endOfFile, offset - this.#endOfFile);
    this.#endOfFile = offset + length;
    return offset;
  }

  /** Space that was never written: it reads as zeros once the file is extended over it. */
  allocateZeroed(length: number): number {
    const offset = Math.ceil(this.#endOfFile / 8) * 8;
    this.#endOfFile = offset + length;
    return offset;
  }

  #takeReusable(length: number): number | undefined {
    for (let index = this.#reusable.length - 1; index >= 0; index--) {
      const block = this.#reusable[index];
      if (block.length < length) continue;
      const last = this.#reusable.pop();
      if (last !== undefined && last !== block) this.#reusable[index] = last;
      const rest = Math.ceil((block.offset + length) / 8) * 8;
      if (block.offset + block.length - rest >= 64) {
        this.#reusable.push({ offset: rest, length: block.offset + block.length - rest });
      }
      return block.offset;
    }
    return undefined;
  }

  /** Gives back space that the commit under way makes unreachable; it is reused after that commit is durable. */
  free(offset: number, length: number): void {
    if (length >= 64 && this.#freed.length < freeListLimit) this.#freed.push({ offset, length });
  }

  /** Gives back space that nothing committed ever referred to. */
  freeUnpublished(offset: number, length: number): void {
    // What is staged there would be written after what takes the space next.
    this.#overwrites.drop(offset, length);
    if (length >= 64 && this.#reusable.length < freeListLimit) this.#reusable.push({ offset, length });
  }

  /** Bytes in new space that nothing refers to yet. `bytes` must not change afterwards. */
  shadow(offset: number, bytes: Uint8Array): void {
    this.#shadows.add(offset, bytes);
  }

  /** {@link shadow} of bytes that may change afterwards. */
  shadowCopy(offset: number, bytes: Uint8Array): void {
    this.#shadows.add(offset, bytes.length > gatheredLength ? bytes.slice() : bytes);
  }

  /** In-place raw data that the caller asked to change. `bytes` must not change afterwards. */
  overwrite(offset: number, bytes: Uint8Array): void {
    this.#overwrites.add({ offset, bytes });
  }

  /**
   * A change in place that makes shadow bytes reachable; written at the commit, in the order given, and all at once.
   * One that crosses a sector survives the end of the process, but power may fail in its middle.
   */
  flip(offset: number, bytes: Uint8Array): void {
    const flips = this.#flips[this.#flips.length - 1];
    flips.push({ offset, bytes, flip: withinSector(offset, bytes.length) });
  }

  /** Flips from here on are written when those before are durable. */
  separateFlips(): void {
    if (this.#flips[this.#flips.length - 1].length > 0) this.#flips.push([]);
  }

  /** From here on flips and freed space belong to the next commit, which may be cancelled. */
  beginCommit(): void {
    this.#requireHealthy();
    this.#committing = true;
    this.#freedBefore = this.#freed.length;
  }

  /** Forgets the flips and the freed space of a commit that failed while it was staged. */
  cancelCommit(): void {
    this.#committing = false;
    this.#flips = [[]];
    this.#freed.length = this.#freedBefore;
  }

  /** Writes staged bytes early when there are many. */
  *relieve(): Operation<void> {
    if (this.#shadows.bytes + this.#overwrites.bytes > pendingLimit) yield* this.drain();
  }

  /** Writes all staged shadow bytes, and overwrites unless a commit is being staged. */
  *drain(): Operation<void> {
    if (this.#shadows.isEmpty && this.#overwrites.isEmpty) return;
    this.#requireHealthy();
    this.#poisoned = true;
    yield* this.#write(this.#shadows);
    if (!this.#committing) yield* this.#write(this.#overwrites);
    this.#poisoned = false;
  }

  #requireHealthy(): void {
    if (this.#poisoned) {
      throw new HDF5Error("io", "an earlier write or barrier failed; this file accepts no more writes");
    }
  }

  *#write(staged: ShadowWrites | StagedWrites): Operation<void> {
    if (staged.isEmpty) return;
    this.#unsettled = true;
    const writes = staged.take();
    yield { kind: "write", writes };
    for (const { offset, bytes } of writes) this.#writtenEnd = Math.max(this.#writtenEnd, offset + bytes.length);
  }

  *#barrier(): Operation<void> {
    if (this.#unsettled && this.durability === "full") yield { kind: "barrier" };
    this.#unsettled = false;
  }

  /** Whether a commit would write anything, or make durable what was written early. */
  get hasChanges(): boolean {
    if (!this.#shadows.isEmpty || !this.#overwrites.isEmpty || this.#unsettled) return true;
    return this.#flips[0].length > 0 || this.#endOfFile !== this.#publishedEndOfFile;
  }

  /**
   * Writes everything in commit order. A failed write or barrier poisons the transaction.
   *
   * @param endOfFileField - where the end of file is published; for a new file the whole superblock
   */
  *commit(endOfFileField: EndOfFileField): Operation<void> {
    this.#requireHealthy();
    this.#poisoned = true;
    yield* this.#write(this.#shadows);
    // Until a new file has its superblock nothing in it is in use: its overwrites need not wait.
    if (this.#publishedEndOfFile === null) yield* this.#write(this.#overwrites);
    yield* this.#extend();
    yield* this.#barrier();
    if (this.#endOfFile !== this.#publishedEndOfFile) {
      this.#unsettled = true;
      yield { kind: "write", writes: [endOfFileField.publish(this.#endOfFile)] };
      yield* this.#barrier();
      this.#publishedEndOfFile = this.#endOfFile;
    }
    yield* this.#write(this.#overwrites);
    yield* this.#barrier();
    for (const flips of this.#flips) {
      if (flips.length > 0) this.#unsettled = true;
      for (const flip of flips) yield { kind: "write", writes: [flip] };
      yield* this.#barrier();
    }
    this.#flips = [[]];
    this.#poisoned = false;
    this.#committing = false;
    for (const block of this.#freed) this.freeUnpublished(block.offset, block.length);
    this.#freed = [];
  }
}
