import { createHash } from "node:crypto";

const capacity = 1 << 16;

/** Takes the canonical encoding of values: counts it, hashes it and, where asked to, keeps it. */
export class Sink {
  #hash = createHash("sha256");
  #buffer = Buffer.alloc(capacity);
  #used = 0;
  #flushed = 0;
  #kept;

  constructor(keep = false) {
    this.#kept = keep ? [] : null;
  }

  /** Room for `length` bytes (at most 64 KiB): the buffer, to be filled from {@link Sink.at}; then call `advance`. */
  reserve(length) {
    if (this.#used + length > capacity) this.#flush();
    return this.#buffer;
  }

  get at() {
    return this.#used;
  }

  advance(length) {
    this.#used += length;
  }

  bytes(bytes) {
    if (bytes.length > capacity / 4) {
      this.#flush();
      this.#take(bytes);
    } else {
      this.reserve(bytes.length).set(bytes, this.#used);
      this.#used += bytes.length;
    }
  }

  byte(value) {
    this.reserve(1)[this.#used++] = value;
  }

  u32(value) {
    this.reserve(4).writeUInt32LE(value, this.#used);
    this.#used += 4;
  }

  u64(value) {
    this.reserve(8).writeBigUInt64LE(BigInt(value), this.#used);
    this.#used += 8;
  }

  /** A length and as many bytes. */
  counted(bytes) {
    this.u32(bytes.length);
    this.bytes(bytes);
  }

  /** `{ sha256, nbytes }`, and `bytes` when they were kept. */
  finish() {
    this.#flush();
    return {
      sha256: this.#hash.digest("hex"),
      nbytes: this.#flushed,
      bytes: this.#kept === null ? null : Buffer.concat(this.#kept),
    };
  }

  #flush() {
    if (this.#used === 0) return;
    this.#take(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #take(bytes) {
    this.#hash.update(bytes);
    this.#kept?.push(Buffer.from(bytes));
    this.#flushed += bytes.length;
  }
}
