/** Writes bits, the most significant of each byte first: the inverse of `BitReader`. */
export class BitWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position: number;
  /** The bits that fill no word yet, from the highest one down. */
  #held = 0;
  #used = 0;

  /** Writes into `bytes` from `position` on. */
  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#position = position;
  }

  /** Writes the low `count` bits (0 to 32) of `value`, whose higher ones are ignored. */
  write(value: number, count: number): void {
    if (count === 0) return;
    const bits = count === 32 ? value : value & ((1 << count) - 1);
    const room = 32 - this.#used;
    if (count < room) {
      this.#held |= bits << (room - count);
      this.#used += count;
      return;
    }
    const rest = count - room;
    this.#view.setInt32(this.#position, this.#held | (bits >>> rest));
    this.#position += 4;
    this.#held = rest === 0 ? 0 : bits << (32 - rest);
    this.#used = rest;
  }

  /** Writes what is left, with zeros up to the next byte. */
  finish(): void {
    for (let used = this.#used; used > 0; used -= 8) {
      this.#bytes[this.#position++] = this.#held >>> 24;
      this.#held <<= 8;
    }
    this.#used = 0;
  }
}
