import type { PlannedWrite } from "./operation.js";
import { WriteExtent } from "./write-extent.js";

/** Writes that have not reached the device, in their order. */
export class StagedWrites {
  #writes: PlannedWrite[] = [];
  /** How many writes have been confirmed. */
  #confirmed = 0;
  readonly #extent = new WriteExtent();

  /** Bytes of all writes. */
  get bytes(): number {
    return this.#extent.bytes;
  }

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  /** A place between the writes so far and those to come; valid until the next {@link drop}. */
  get mark(): number {
    return this.#confirmed + this.#writes.length;
  }

  add(write: PlannedWrite): void {
    const { offset, bytes } = write;
    if (bytes.length === 0) return;
    this.#writes.push(write);
    this.#extent.add(offset, bytes.length);
  }

  /** Whether one of the writes may touch the range. */
  mayOverlap(offset: number, length: number): boolean {
    return this.#extent.mayOverlap(offset, length);
  }

  /** Forgets the writes that begin in the range. */
  drop(offset: number, length: number): void {
    if (!this.mayOverlap(offset, length)) return;
    this.#replace(this.#writes.filter((write) => write.offset < offset || write.offset >= offset + length));
  }

  /** Forgets the writes that were added after a mark. */
  withdraw(mark: number): void {
    this.#replace(this.#writes.slice(0, Math.max(0, mark - this.#confirmed)));
  }

  /** Takes copies of the bytes of the writes that were added after a mark, which may then change. */
  own(mark: number): void {
    const { length } = this.#writes;
    for (let index = Math.max(0, mark - this.#confirmed); index < length; index++) {
      const { offset, bytes } = this.#writes[index];
      this.#writes[index] = { offset, bytes: bytes.slice() };
    }
  }

  /** The writes, which stay staged until {@link confirm}. */
  pending(): readonly PlannedWrite[] {
    return this.#writes.slice();
  }

  /** Forgets the first `count` writes, which are on the device. */
  confirm(count: number): void {
    this.#confirmed += count;
    this.#replace(this.#writes.slice(count));
  }

  #replace(writes: PlannedWrite[]): void {
    this.#writes = writes;
    this.#extent.cover(writes);
  }
}
