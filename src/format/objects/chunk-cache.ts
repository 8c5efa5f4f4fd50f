/** Decoded chunks of a file by address, least recently used first. What it holds is never changed. */
export class ChunkCache {
  readonly #budget: number;
  readonly #chunks = new Map<number, Uint8Array>();
  #bytes = 0;

  /** @param budget - bytes kept */
  constructor(budget: number) {
    this.#budget = budget;
  }

  get(address: number): Uint8Array | undefined {
    const chunk = this.#chunks.get(address);
    if (chunk !== undefined) {
      this.#chunks.delete(address);
      this.#chunks.set(address, chunk);
    }
    return chunk;
  }

  set(address: number, chunk: Uint8Array): void {
    if (chunk.length > this.#budget) return;
    this.delete(address);
    this.#chunks.set(address, chunk);
    this.#bytes += chunk.length;
    for (const [oldest, bytes] of this.#chunks) {
      if (this.#bytes <= this.#budget) break;
      this.#chunks.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }

  /** Forgets what was at an address whose bytes change. */
  delete(address: number): void {
    const chunk = this.#chunks.get(address);
    if (chunk === undefined) return;
    this.#chunks.delete(address);
    this.#bytes -= chunk.length;
  }
}
