import type { FieldSizes } from "./byte-reader.js";

/** Writes little-endian fields one after another into a buffer that grows. */
export class ByteWriter {
  readonly sizes: FieldSizes;
  #bytes: Uint8Array;
  #length = 0;

  constructor(sizes: FieldSizes, capacity = 256) {
    this.sizes = sizes;
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  #reserve(count: number): number {
    const start = this.#length;
    const needed = start + count;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#length = needed;
    return start;
  }

  u8(value: number): void {
    // Reserving may replace the buffer, so it comes first.
    const start = this.#reserve(1);
    this.#bytes[start] = value;
  }

  u16(value: number): void {
    const start = this.#reserve(2);
    this.#bytes[start] = value;
    this.#bytes[start + 1] = value >>> 8;
  }

  u32(value: number): void {
    const start = this.#reserve(4);
    const bytes = this.#bytes;
    bytes[start] = value;
    bytes[start + 1] = value >>> 8;
    bytes[start + 2] = value >>> 16;
    bytes[start + 3] = value >>> 24;
  }

  u64(value: number): void {
    this.uint(value, 8);
  }

  bigU64(value: bigint): void {
    this.u32(Number(value & 0xffffffffn));
    this.u32(Number((value >> 32n) & 0xffffffffn));
  }

  /** An unsigned integer of `width` bytes (0–16); what does not fit is a defect of the caller. */
  uint(value: number, width: number): void {
    if (width === 8) {
      this.u32(value);
      this.u32(Math.floor(value / 0x1_0000_0000));
      return;
    }
    const start = this.#reserve(width);
    let rest = value;
    for (let index = 0; index < width; index++) {
      this.#bytes[start + index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }

  /** A field of "size of lengths" bytes; `null` is all ones. */
  lengthField(value: number | null): void {
    if (value === null) this.fill(0xff, this.sizes.lengthSize);
    else this.uint(value, this.sizes.lengthSize);
  }

  /** An address field; `null` is the undefined address. */
  address(value: number | null): void {
    if (value === null) this.fill(0xff, this.sizes.offsetSize);
    else this.uint(value, this.sizes.offsetSize);
  }

  bytes(value: Uint8Array): void {
    const start = this.#reserve(value.length);
    this.#bytes.set(value, start);
  }

  fill(value: number, count: number): void {
    const start = this.#reserve(count);
    this.#bytes.fill(value, start, start + count);
  }

  /** Zero bytes up to the next multiple of `multiple`, counted from `from` (default: the start). */
  align(multiple: number, from = 0): void {
    const over = (this.#length - from) % multiple;
    if (over !== 0) this.fill(0, multiple - over);
  }

  /** Four ASCII characters. */
  signature(text: string): void {
    const start = this.#reserve(text.length);
    for (let index = 0; index < text.length; index++) this.#bytes[start + index] = text.charCodeAt(index);
  }

  /** Overwrites 2 or 4 bytes written before (a count or size known only afterwards). */
  patch(position: number, value: number, width: 1 | 2 | 4): void {
    for (let index = 0; index < width; index++) this.#bytes[position + index] = value >>> (8 * index);
  }

  /** Forgets what was written past `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Starts again, in the same buffer; views of what was written become invalid. */
  reset(): void {
    this.#length = 0;
  }

  /** A view of what was written; further writes may not show in it. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
