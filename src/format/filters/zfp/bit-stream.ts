import { corrupt } from "../../errors.js";

/** Zero bytes after the data: more than the 16,658 bits that decoding one block can reach. */
const SLACK = 2112;

/**
 * The bits of a ZFP stream, the least significant of each byte first.
 *
 * Decoders may read past the end, where bits are zero; {@link endBlock} then tells. Positions count from the byte in
 * which the current block starts, so that they stay small integers in streams of any size.
 */
export class ZfpBitStream {
  /** The data with zeros after it. */
  readonly view: DataView;
  /** Byte in which the current block starts. */
  base = 0;
  /** Bits from {@link base} to the next one. */
  at = 0;
  readonly #length: number;

  constructor(input: Uint8Array) {
    const padded = new Uint8Array(input.length + SLACK);
    padded.set(input);
    this.view = new DataView(padded.buffer);
    this.#length = input.length;
  }

  /** An unsigned integer of `count` bits, 0 to 25, the least significant first. */
  read(count: number): number {
    const word = this.view.getUint32(this.base + (this.at >>> 3), true) >>> (this.at & 7);
    this.at += count;
    return word & ((1 << count) - 1);
  }

  /** Passes over `count` bits; a block must end after that. */
  skip(count: number): void {
    this.at += count;
  }

  /** Ends a block and makes the next one start here. */
  endBlock(): void {
    if (this.at > (this.#length - this.base) * 8) {
      throw corrupt(`the ZFP stream ends within a block, after ${this.#length} bytes`);
    }
    this.base += this.at >>> 3;
    this.at &= 7;
  }
}
