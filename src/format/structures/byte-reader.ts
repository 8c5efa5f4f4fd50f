import { corrupt } from "../errors.js";

/** Widths of the file's address and length fields, in bytes (superblock). */
export interface FieldSizes {
  /** "Size of Offsets". */
  readonly offsetSize: number;
  /** "Size of Lengths". */
  readonly lengthSize: number;
  /** Where 8-byte addresses lie in a file whose parts have address ranges of their own (multi driver). */
  readonly addressParts?: AddressParts;
}

/** Address ranges that several files share, each of which begins a part. */
export interface AddressParts {
  /** The address as counted here, at most 2^53 − 1; `null` where it lies in no part. */
  translate(address: bigint): number | null;
}

/**
 * Reads little-endian fields one after another and raises `corrupt`, with the byte's offset in the file, where the
 * bytes end early.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Absolute offset in the file of `bytes[0]`. */
  readonly fileOffset: number;
  readonly sizes: FieldSizes;
  position = 0;

  constructor(bytes: Uint8Array, fileOffset: number, sizes: FieldSizes) {
    this.bytes = bytes;
    this.fileOffset = fileOffset;
    this.sizes = sizes;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.bytes.length - this.position;
  }

  /** Absolute file offset of the next byte. */
  get offset(): number {
    return this.fileOffset + this.position;
  }

  #take(count: number): number {
    const start = this.position;
    if (count > this.bytes.length - start || count < 0) {
      throw corrupt(`expected ${count} more bytes, found ${this.bytes.length - start}`, this.fileOffset + start);
    }
    this.position = start + count;
    return start;
  }

  u8(): number {
    return this.bytes[this.#take(1)];
  }

  u16(): number {
    const start = this.#take(2);
    return this.bytes[start] | (this.bytes[start + 1] << 8);
  }

  u32(): number {
    const start = this.#take(4);
    const { bytes } = this;
    return (bytes[start] | (bytes[start + 1] << 8) | (bytes[start + 2] << 16) | (bytes[start + 3] << 24)) >>> 0;
  }

  /** A 64-bit unsigned integer that must be at most 2^53 − 1. */
  u64(): number {
    return this.uint(8);
  }

  /** A 64-bit unsigned integer, exactly. */
  bigU64(): bigint {
    const start = this.#take(8);
    return new DataView(this.bytes.buffer, this.bytes.byteOffset + start, 8).getBigUint64(0, true);
  }

  /** An unsigned integer of `width` bytes (0–16) that must be at most 2^53 − 1. */
  uint(width: number): number {
    const start = this.#take(width);
    let value = 0;
    for (let index = width - 1; index >= 0; index--) value = value * 256 + this.bytes[start + index];
    if (value > Number.MAX_SAFE_INTEGER) {
      throw corrupt("a size or address exceeds 2^53 - 1", this.fileOffset + start);
    }
    return value;
  }

  /** A field of "size of lengths" bytes. */
  length(): number {
    return this.uint(this.sizes.lengthSize);
  }

  /** A length field, or `null` where all its bits are one ("unlimited" or "undefined"). */
  lengthOrUndefined(): number | null {
    return this.#uintOrAllOnes(this.sizes.lengthSize);
  }

  /**
   * A length field, or `null` for the unlimited one: 64 one bits. In a file with narrower lengths all ones are a
   * plain number.
   */
  lengthOrUnlimited(): number | null {
    const value = this.lengthOrUndefined();
    if (value !== null || this.sizes.lengthSize >= 8) return value;
    return 256 ** this.sizes.lengthSize - 1;
  }

  /** An address relative to the base address, or `null` for the undefined address. */
  address(): number | null {
    const { offsetSize, addressParts } = this.sizes;
    return addressParts === undefined ? this.#uintOrAllOnes(offsetSize) : this.#addressIn(addressParts);
  }

  #addressIn(parts: AddressParts): number | null {
    const at = this.offset;
    const stored = this.bigU64();
    if (stored === 0xffff_ffff_ffff_ffffn) return null;
    const address = parts.translate(stored);
    if (address === null) throw corrupt(`the address ${stored} lies in no part of the file`, at);
    return address;
  }

  /** An address that must be defined; `what` names it in the error. */
  definedAddress(what: string): number {
    const at = this.offset;
    const address = this.address();
    if (address === null) throw corrupt(`the address of ${what} is undefined`, at);
    return address;
  }

  #uintOrAllOnes(width: number): number | null {
    const start = this.position;
    if (width <= this.bytes.length - start) {
      let index = 0;
      while (index < width && this.bytes[start + index] === 0xff) index++;
      if (index === width) {
        this.position = start + width;
        return null;
      }
    }
    return this.uint(width);
  }

  /** A view of the next `count` bytes (not a copy). */
  take(count: number): Uint8Array {
    const start = this.#take(count);
    return this.bytes.subarray(start, start + count);
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** Skips to the next multiple of `multiple` counted from `from` (default: the reader's start). */
  align(multiple: number, from = 0): void {
    const over = (this.position - from) % multiple;
    if (over !== 0) this.#take(multiple - over);
  }

  /** The bytes up to the next NUL, which is consumed. */
  untilNull(): Uint8Array {
    const start = this.position;
    const end = this.bytes.indexOf(0, start);
    if (end < 0) throw corrupt("a name is not terminated", this.fileOffset + start);
    this.position = end + 1;
    return this.bytes.subarray(start, end);
  }

  /** Requires the four ASCII characters of a structure's signature. */
  signature(expected: string): void {
    const start = this.#take(expected.length);
    for (let index = 0; index < expected.length; index++) {
      if (this.bytes[start + index] !== expected.charCodeAt(index)) {
        throw corrupt(`expected the signature "${expected}"`, this.fileOffset + start);
      }
    }
  }

  /** A reader of the next `count` bytes, which are consumed here. */
  slice(count: number): ByteReader {
    const at = this.offset;
    return new ByteReader(this.take(count), at, this.sizes);
  }
}
