import type { ByteRange } from "./storage.js";

/** Ranges after which no more are remembered; 16 bytes each. */
const mostRanges = 500_000;
/** Ranges gathered before they are sorted in. */
const fewRanges = 1024;

/**
 * Which parts of a file as it was opened are no raw data, as far as is known: structures that were read, and space that
 * was given back. Touching ranges are one. Where there are too many, only what must be known is remembered of what comes
 * later.
 */
export class PlacesInUse {
  /** End of the file as it was opened: past it nothing is remembered. */
  readonly end: number;
  readonly #most: number;
  /** Starts and ends, alternating, in ascending order; no two ranges touch. */
  #sorted = new Float64Array(0);
  /** Starts and ends of ranges that came since. */
  #recent: number[] = [];
  #isFull = false;

  constructor(end: number, most = mostRanges) {
    this.end = end;
    this.#most = most;
  }

  /** Whether places are in use that are not remembered. */
  get isFull(): boolean {
    return this.#isFull;
  }

  note(offset: number, length: number): void {
    if (!this.#isFull) this.noteAlways(offset, length);
  }

  /** {@link note} of what must be known however much is remembered already. */
  noteAlways(offset: number, length: number): void {
    const end = Math.min(offset + length, this.end);
    if (!(offset < end)) return;
    // Structures are read again and again.
    const at = this.#firstEndingAfter(offset);
    if (this.#sorted[at] <= offset && this.#sorted[at + 1] >= end) return;
    this.#recent.push(offset, end);
    if (this.#recent.length > Math.max(2 * fewRanges, this.#sorted.length / 2)) this.#sortIn();
  }

  /** Whether a range has a byte in common with those that are known. */
  overlaps(offset: number, length: number): boolean {
    if (length === 0) return false;
    const recent = this.#recent;
    // What is asked between few notes does not pay for sorting in each of them.
    if (recent.length > 64 + 2 * Math.sqrt(this.#sorted.length)) this.#sortIn();
    const end = offset + length;
    for (let at = 0; at < this.#recent.length; at += 2) {
      if (this.#recent[at] < end && this.#recent[at + 1] > offset) return true;
    }
    const at = this.#firstEndingAfter(offset);
    return at < this.#sorted.length && this.#sorted[at] < end;
  }

  /** Takes back a range that was noted when it overlapped none. */
  forget({ offset, length }: ByteRange): void {
    this.#sortIn();
    const sorted = this.#sorted;
    const end = Math.min(offset + length, this.end);
    const at = this.#firstEndingAfter(offset);
    if (at === sorted.length || sorted[at] > offset || sorted[at + 1] < end) return;
    const left = [
      ...(sorted[at] < offset ? [sorted[at], offset] : []),
      ...(end < sorted[at + 1] ? [end, sorted[at + 1]] : []),
    ];
    const kept = new Float64Array(sorted.length - 2 + left.length);
    kept.set(sorted.subarray(0, at));
    kept.set(left, at);
    kept.set(sorted.subarray(at + 2), at + left.length);
    this.#sorted = kept;
  }

  /** Index into `#sorted` of the first range that ends after `offset`. */
  #firstEndingAfter(offset: number): number {
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[2 * middle + 1] > offset) high = middle;
      else low = middle + 1;
    }
    return 2 * low;
  }

  #sortIn(): void {
    const recent = this.#recent;
    if (recent.length === 0) return;
    this.#recent = [];
    this.#sorted = joined(this.#sorted, sortedPairs(recent));
    if (this.#sorted.length > 2 * this.#most) this.#isFull = true;
  }
}

function sortedPairs(pairs: readonly number[]): Float64Array<ArrayBuffer> {
  const order = Array.from({ length: pairs.length / 2 }, (_, index) => 2 * index).sort((a, b) => pairs[a] - pairs[b]);
  const sorted = new Float64Array(pairs.length);
  order.forEach((from, index) => {
    sorted[2 * index] = pairs[from];
    sorted[2 * index + 1] = pairs[from + 1];
  });
  return sorted;
}

/** The ranges of both, which are in the order of their starts, touching ones made one. */
function joined(left: Float64Array, right: Float64Array): Float64Array<ArrayBuffer> {
  const result = new Float64Array(left.length + right.length);
  let length = 0;
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const fromLeft = j === right.length || (i < left.length && left[i] <= right[j]);
    const start = fromLeft ? left[i] : right[j];
    const end = fromLeft ? left[i + 1] : right[j + 1];
    if (fromLeft) i += 2;
    else j += 2;
    if (length > 0 && start <= result[length - 1]) result[length - 1] = Math.max(result[length - 1], end);
    else {
      result[length++] = start;
      result[length++] = end;
    }
  }
  return result.slice(0, length);
}
