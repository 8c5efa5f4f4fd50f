import { corrupt } from "../../../errors.js";

/** Bytes that must follow the data in the buffer, so that whole words can be loaded. */
export const PADDING = 8;

/** Reads a Zstandard bitstream from its end (RFC 8878, section 4.1). */
export class BackwardBits {
  /** Bits not yet read; below zero once more were read than there are, all of them zeros. */
  remaining: number;
  readonly #view: DataView;
  readonly #start: number;

  /** The stream is `[start, end)` of the view's bytes. */
  constructor(view: DataView, start: number, end: number) {
    const last = end > start ? view.getUint8(end - 1) : 0;
    if (last === 0) throw corrupt("a Zstandard bitstream has no end mark");
    this.#view = view;
    this.#start = start;
    this.remaining = (end - start) * 8 - (Math.clz32(last) - 23);
  }

  /** The next `count` bits, at most 25. */
  read(count: number): number {
    const at = this.remaining - count;
    this.remaining = at;
    if (at < 0) return this.#readPastStart(count);
    const word = this.#view.getInt32(this.#start + (at >>> 3), true);
    return (word >>> (at & 7)) & ((1 << count) - 1);
  }

  #readPastStart(count: number): number {
    const there = this.remaining + count;
    if (there <= 0) return 0;
    const word = this.#view.getInt32(this.#start, true);
    return (word & ((1 << there) - 1)) << (count - there);
  }
}
