import type { PlannedWrite } from "./operation.js";

/** Writes that have not reached the device, in their order. */
export class StagedWrites {
  #writes: PlannedWrite[] = [];
  #bytes = 0;
  #start = Number.POSITIVE_INFINITY;
  #end = 0;

  /** Bytes of all writes. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  add(write: PlannedWrite): void {
    const { offset, bytes } = write;
    if (bytes.length === 0) return;
    this.#writes.push(write);
    this.#bytes += bytes.length;
    if (offset < this.#start) this.#start = offset;
    if (offset + bytes.length > this.#end) this.#end = offset + bytes.length;
  }

  /** Whether one of the writes may touch the range. */
  mayOverlap(offset: number, length: number): boolean {
    return offset < this.#end && offset + length > this.#start;
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
    this.#bytes = 0;
    this.#start = Number.POSITIVE_INFINITY;
    this.#end = 0;
    return writes;
  }
}
