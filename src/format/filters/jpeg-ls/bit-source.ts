import { corrupt, unsupported } from "../../errors.js";

const MARKER_START = 0xff;
/** Longer segments would need more than 32 bits to count their bits. */
const LONGEST_SEGMENT = 2 ** 28;

/** Where the entropy-coded segment from `start` on ends: at the next marker or at the end of the input. */
export function segmentEnd(input: Uint8Array, start: number): number {
  for (let at = input.indexOf(MARKER_START, start); at >= 0; at = input.indexOf(MARKER_START, at + 1)) {
    if (at + 1 < input.length && input[at + 1] >= 0x80) return at;
  }
  return input.length;
}

/**
 * The bits of an entropy-coded segment, the most significant first, without the bit that is stuffed after each byte
 * 0xFF (ITU-T T.87, A.1).
 *
 * Behind the end there are zeros. A code word of 32 or more of them is noticed at once, a shorter one by
 * {@link endLine}.
 */
export class BitSource {
  readonly #words: Int32Array;
  readonly #length: number;
  #position = 0;

  constructor(input: Uint8Array, start: number, end: number) {
    if (end - start > LONGEST_SEGMENT) throw unsupported("a JPEG-LS scan of more than 256 MiB");
    const words = new Int32Array(((end - start) >> 2) + 4);
    let index = 0;
    let word = 0;
    let free = 32;
    let length = 0;
    let previous = 0;
    for (let at = start; at < end; at++) {
      const byte = input[at];
      const width = previous === MARKER_START ? 7 : 8;
      previous = byte;
      length += width;
      free -= width;
      if (free >= 0) word |= byte << free;
      else {
        words[index++] = word | (byte >>> -free);
        free += 32;
        word = byte << free;
      }
    }
    words[index] = word;
    this.#words = words;
    this.#length = length;
  }

  /** The next 32 bits. */
  #peek(): number {
    const index = this.#position >>> 5;
    const shift = this.#position & 31;
    return (this.#words[index] << shift) | ((this.#words[index + 1] >>> 1) >>> (31 - shift));
  }

  /** An unsigned integer of `count` bits, 0 to 16. */
  read(count: number): number {
    const value = (this.#peek() >>> 1) >>> (31 - count);
    this.#position += count;
    return value;
  }

  /**
   * A number in the limited-length Golomb code (ITU-T T.87, A.5.3).
   *
   * @param longestPrefix - zeros after which the number less 1 stands in `errorBits` bits; there are never more.
   */
  readGolomb(k: number, longestPrefix: number, errorBits: number): number {
    const word = this.#peek();
    const zeros = Math.clz32(word);
    if (zeros + k < 32 && zeros < longestPrefix) {
      this.#position += zeros + 1 + k;
      return ((zeros - 1) << k) + (word >>> (31 - zeros - k));
    }
    return this.#readLong(k, longestPrefix, errorBits);
  }

  #readLong(k: number, longestPrefix: number, errorBits: number): number {
    let zeros = 0;
    for (;;) {
      const more = Math.clz32(this.#peek());
      zeros += more;
      this.#position += more;
      if (more < 32) break;
      if (zeros > longestPrefix) throw corrupt("the JPEG-LS scan has a code word that is too long");
      this.endLine();
    }
    this.#position++;
    if (zeros < longestPrefix) return zeros * 2 ** k + this.read(k);
    if (zeros > longestPrefix) throw corrupt("the JPEG-LS scan has a code word that is too long");
    return this.read(errorBits) + 1;
  }

  /** Notices when more bits were read than there are. */
  endLine(): void {
    if (this.#position > this.#length) throw corrupt("the JPEG-LS scan is truncated");
  }

  /** Notices when bits are left that are no padding. */
  end(): void {
    this.endLine();
    if (this.#length - this.#position >= 16) throw corrupt("the JPEG-LS scan has data left after its last line");
  }
}
