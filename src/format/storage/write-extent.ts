import type { PlannedWrite } from "./operation.js";

/** What staged writes cover: how many bytes, and between which offsets. */
export class WriteExtent {
  #bytes = 0;
  #start = Number.POSITIVE_INFINITY;
  #end = 0;

  /** Bytes of all writes. */
  get bytes(): number {
    return this.#bytes;
  }

  add(offset: number, length: number): void {
    this.#bytes += length;
    if (offset < this.#start) this.#start = offset;
    if (offset + length > this.#end) this.#end = offset + length;
  }

  /** Whether one of the writes may touch the range. */
  mayOverlap(offset: number, length: number): boolean {
    return offset < this.#end && offset + length > this.#start;
  }

  /** Covers just these writes. */
  cover(writes: readonly PlannedWrite[]): void {
    this.#bytes = 0;
    this.#start = Number.POSITIVE_INFINITY;
    this.#end = 0;
    for (const { offset, bytes } of writes) this.add(offset, bytes.length);
  }
}
