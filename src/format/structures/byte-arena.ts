/** Smallest and largest piece of memory taken at once. */
const smallestSlab = 512;
const largestSlab = 64 * 1024;

/** Keeps many short byte arrays in a few large pieces of memory: allocating them one by one takes far longer. */
export class ByteArena {
  #slab = new Uint8Array(0);
  #used = 0;

  /** A copy of `bytes`, which lives as long as anything that was copied beside it. */
  copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (this.#used + length > this.#slab.length) {
      if (length > largestSlab / 4) return bytes.slice();
      this.#slab = new Uint8Array(Math.min(largestSlab, Math.max(smallestSlab, 4 * length, 2 * this.#slab.length)));
      this.#used = 0;
    }
    const copy = this.#slab.subarray(this.#used, this.#used + length);
    copy.set(bytes);
    this.#used += length;
    return copy;
  }
}
