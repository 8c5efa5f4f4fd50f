import type { PlannedWrite } from "./operation.js";

/** Largest write made of several. */
const mergeLimit = 4 * 1024 * 1024;

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

/**
 * Consecutive writes that touch become one; from `padding` on also those of new blocks that only alignment padding
 * separates. (What lies between two overwrites is data: for these `padding` is infinite.)
 */
export function mergeAdjacent(writes: readonly PlannedWrite[], padding: number): PlannedWrite[] {
  const merged: PlannedWrite[] = [];
  let start = 0;
  while (start < writes.length) {
    const first = writes[start];
    let end = start + 1;
    let reach = first.offset + first.bytes.length;
    for (; end < writes.length; end++) {
      const next = writes[end];
      const gap = next.offset - reach;
      if (gap < 0 || gap > (reach >= padding ? 7 : 0)) break;
      if (next.offset + next.bytes.length - first.offset > mergeLimit) break;
      reach = next.offset + next.bytes.length;
    }
    if (end === start + 1) merged.push(first);
    else {
      const bytes = new Uint8Array(reach - first.offset);
      for (let index = start; index < end; index++) {
        bytes.set(writes[index].bytes, writes[index].offset - first.offset);
      }
      merged.push({ offset: first.offset, bytes });
    }
    start = end;
  }
  return merged;
}
