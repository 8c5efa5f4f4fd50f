import type { PlannedWrite } from "./operation.js";
import { WriteExtent } from "./write-extent.js";

/** Writes that have not reached the device, in their order. */
export class StagedWrites {
  #writes: PlannedWrite[] = [];
  readonly #extent = new WriteExtent();

  /** Bytes of all writes. */
  get bytes(): number {
    return this.#extent.bytes;
  }

  get isEmpty(): boolean {
    return this.#writes.length === 0;
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
    for (const write of this.take()) if (write.offset < offset || write.offset >= offset + length) this.add(write);
  }

  /** The writes, which are forgotten here. */
  take(): PlannedWrite[] {
    const writes = this.#writes;
    this.#writes = [];
    this.#extent.clear();
    return writes;
  }
}
