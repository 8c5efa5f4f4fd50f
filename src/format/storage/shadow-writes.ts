import type { PlannedWrite } from "./operation.js";
import { WriteExtent } from "./write-extent.js";

/** Blocks of at most this many bytes are copied when they are added. */
export const gatheredLength = 64 * 1024;
/** The gathered bytes of one write. */
const smallestSlab = 1024;
const largestSlab = 1024 * 1024;

/**
 * Writes to new space, which nothing refers to before all of them are on the device: they may be reordered and
 * joined. Small blocks that touch are copied into one slab, as there are several for each object of a file.
 */
export class ShadowWrites {
  #writes: PlannedWrite[] = [];
  readonly #extent = new WriteExtent();
  #slab = new Uint8Array(0);
  #slabOffset = 0;
  #slabLength = 0;

  /** Bytes of all writes. */
  get bytes(): number {
    return this.#extent.bytes;
  }

  get isEmpty(): boolean {
    return this.#extent.bytes === 0;
  }

  /** Adds bytes, which later ones at the same place replace. More than {@link gatheredLength} bytes must not change afterwards. */
  add(offset: number, bytes: Uint8Array): void {
    const { length } = bytes;
    if (length === 0) return;
    this.#extent.add(offset, length);
    if (length <= gatheredLength) this.#gather(offset, bytes);
    else {
      this.#closeSlab();
      this.#writes.push({ offset, bytes });
    }
  }

  /** Says that nothing will ever be stored from `offset` on, so that blocks on both sides become one write. */
  skip(offset: number, length: number): void {
    const at = offset - this.#slabOffset;
    if (at !== this.#slabLength || at === 0 || at + length > largestSlab) return;
    this.#reserve(at + length);
    // A slab is used once: its tail is zeros.
    this.#slabLength += length;
  }

  #gather(offset: number, bytes: Uint8Array): void {
    const at = offset - this.#slabOffset;
    const isInside = this.#slabLength > 0 && at >= 0 && at <= this.#slabLength && at + bytes.length <= largestSlab;
    if (!isInside) {
      this.#closeSlab();
      this.#slabOffset = offset;
      this.#reserve(bytes.length);
      this.#slab.set(bytes);
      this.#slabLength = bytes.length;
      return;
    }
    const end = at + bytes.length;
    this.#reserve(end);
    this.#slab.set(bytes, at);
    if (end > this.#slabLength) this.#slabLength = end;
  }

  #reserve(length: number): void {
    if (length <= this.#slab.length) return;
    const grown = new Uint8Array(Math.min(largestSlab, Math.max(smallestSlab, length, 2 * this.#slab.length)));
    grown.set(this.#slab.subarray(0, this.#slabLength));
    this.#slab = grown;
  }

  #closeSlab(): void {
    if (this.#slabLength > 0) {
      this.#writes.push({ offset: this.#slabOffset, bytes: this.#slab.subarray(0, this.#slabLength) });
    }
    this.#slab = new Uint8Array(0);
    this.#slabLength = 0;
  }

  /** Whether one of the writes may touch the range. */
  mayOverlap(offset: number, length: number): boolean {
    return this.#extent.mayOverlap(offset, length);
  }

  /** Forgets what was to be written in a range, which may be part of a write. */
  drop(offset: number, length: number): void {
    if (!this.mayOverlap(offset, length)) return;
    this.#closeSlab();
    this.#replace(this.#writes.flatMap((write) => [...outside(write, offset, length)]));
  }

  /** The writes, which stay staged until {@link confirm}. */
  pending(): readonly PlannedWrite[] {
    this.#closeSlab();
    return this.#writes.slice();
  }

  /** Forgets the first `count` writes, which are on the device. */
  confirm(count: number): void {
    // What was added since they were asked for may be in an open slab.
    this.#closeSlab();
    this.#replace(this.#writes.slice(count));
  }

  #replace(writes: PlannedWrite[]): void {
    this.#writes = writes;
    this.#extent.cover(writes);
  }
}

/** The parts of a write before and after a range. */
function* outside(write: PlannedWrite, offset: number, length: number): Generator<PlannedWrite, void, undefined> {
  const { offset: start, bytes } = write;
  const end = start + bytes.length;
  if (end <= offset || start >= offset + length) {
    yield write;
    return;
  }
  if (start < offset) yield { offset: start, bytes: bytes.subarray(0, offset - start) };
  if (end > offset + length) yield { offset: offset + length, bytes: bytes.subarray(offset + length - start) };
}
