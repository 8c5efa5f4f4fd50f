/** Memory for one request after another. */
export class Scratch {
  #bytes = new Uint8Array(0);

  room(length: number): Uint8Array {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    return this.#bytes.subarray(0, length);
  }

  /** Gives the memory away where `output` is part of it. */
  release(output: Uint8Array): void {
    if (output.buffer === this.#bytes.buffer) this.#bytes = new Uint8Array(0);
  }
}
