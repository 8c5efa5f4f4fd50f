/** Largest count of bits that {@link BitSink.write} takes: with up to 7 pending ones they fit a word. */
const MOST_BITS = 24;

/**
 * Collects a stream: whole bytes, and the bits of entropy-coded segments, the most significant first, with a zero bit
 * stuffed after each byte 0xFF (ITU-T T.87, A.1).
 */
export class BitSink {
  #bytes: Uint8Array;
  #length = 0;
  /** Bits that make no whole byte yet, below bits that are written. */
  #word = 0;
  #pending = 0;
  /** Bits of the next byte: 7 after 0xFF. */
  #width = 8;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  /** Appends whole bytes between segments. */
  append(bytes: readonly number[]): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes an unsigned integer of `count` bits, at most 24, for which room was reserved. */
  write(value: number, count: number): void {
    this.#word = (this.#word << count) | value;
    this.#pending += count;
    while (this.#pending >= this.#width) {
      this.#pending -= this.#width;
      const byte = (this.#word >>> this.#pending) & ((1 << this.#width) - 1);
      this.#bytes[this.#length++] = byte;
      this.#width = byte === 0xff ? 7 : 8;
    }
  }

  /** Writes a number in the limited-length Golomb code (ITU-T T.87, A.5.3). */
  writeGolomb(value: number, k: number, longestPrefix: number, errorBits: number): void {
    const zeros = Math.min(value >> k, longestPrefix);
    for (let left = zeros; left > 0; left -= MOST_BITS) this.write(0, Math.min(left, MOST_BITS));
    if (zeros < longestPrefix) {
      this.write((1 << k) | (value & ((1 << k) - 1)), k + 1);
    } else {
      this.write(1, 1);
      this.write(value - 1, errorBits);
    }
  }

  /** Pads a segment with zeros to whole bytes, one more after a byte 0xFF. */
  endSegment(): void {
    this.reserve(1);
    if (this.#pending > 0 || this.#width === 7) this.write(0, this.#width - this.#pending);
    this.#width = 8;
  }

  /** Everything written. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
