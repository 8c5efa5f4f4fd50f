import { corrupt } from "../errors.js";

/** Reads bits, the most significant of each byte first. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #position = 0;
  #held = 0;
  /** Low bits of `#held` that were not read yet; higher ones are leftovers. */
  #available = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #ended(): Error {
    return corrupt(`the bit stream ends after ${this.#bytes.length} bytes, more are needed`);
  }

  /** An unsigned integer of `count` bits, 0 to 24. */
  read(count: number): number {
    while (this.#available < count) {
      if (this.#position >= this.#bytes.length) throw this.#ended();
      this.#held = (this.#held << 8) | this.#bytes[this.#position++];
      this.#available += 8;
    }
    this.#available -= count;
    return (this.#held >>> this.#available) & ((1 << count) - 1);
  }

  /** An unsigned integer of `count` bits, 0 to 32. */
  readWide(count: number): number {
    if (count <= 24) return this.read(count);
    const high = this.read(count - 16);
    return high * 65536 + this.read(16);
  }

  /** The number of zeros before the next one, which is consumed too. */
  unary(): number {
    let zeros = 0;
    for (;;) {
      if (this.#available === 0) {
        if (this.#position >= this.#bytes.length) throw this.#ended();
        this.#held = this.#bytes[this.#position++];
        this.#available = 8;
      }
      const rest = this.#held & (2 ** this.#available - 1);
      if (rest !== 0) {
        const leading = Math.clz32(rest) - (32 - this.#available);
        this.#available -= leading + 1;
        return zeros + leading;
      }
      zeros += this.#available;
      this.#available = 0;
    }
  }
}
