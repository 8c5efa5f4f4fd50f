import type { Block } from "./page-store.js";
import type { ByteRange } from "./storage.js";

/**
 * What one running operation has viewed since its last successful decode. It must stay at hand until then, or a
 * decode that is run again after a fetch could lack it anew.
 */
export class DecodeSession {
  readonly #blocks = new Set<Block>();
  /** Copies that span blocks, by offset; a decode that is run again asks for the same ones. */
  readonly #assembled = new Map<number, Uint8Array>();
  #generation = 0;
  #idle: readonly ByteRange[] | undefined;
  #closed = false;

  /** Keeps a block from being evicted. */
  pin(block: Block): void {
    if (this.#closed || this.#blocks.has(block)) return;
    this.#blocks.add(block);
    block.pins++;
  }

  /** The copy of `[offset, offset + length)` made in this generation of the cache. */
  assembled(offset: number, length: number, generation: number): Uint8Array | undefined {
    if (generation !== this.#generation) {
      this.#assembled.clear();
      this.#generation = generation;
    }
    const bytes = this.#assembled.get(offset);
    return bytes === undefined || bytes.length < length ? undefined : bytes.subarray(0, length);
  }

  /** Keeps a copy for the next run of the decode. */
  assemble(offset: number, bytes: Uint8Array): void {
    this.#assembled.set(offset, bytes);
  }

  /** Notes the outcome of a fetch; answers whether it is the second in a row to ask for the same and bring nothing. */
  isStalled(ranges: readonly ByteRange[], broughtBytes: boolean): boolean {
    const before = this.#idle;
    this.#idle = broughtBytes ? undefined : ranges;
    if (broughtBytes || before === undefined || before.length !== ranges.length) return false;
    return ranges.every(({ offset, length }, index) => {
      return before[index].offset === offset && before[index].length === length;
    });
  }

  /** A decode has succeeded. */
  settle(): void {
    this.#idle = undefined;
    if (this.#blocks.size === 0 && this.#assembled.size === 0) return;
    for (const block of this.#blocks) block.pins--;
    this.#blocks.clear();
    this.#assembled.clear();
  }

  /** The operation has ended. */
  close(): void {
    this.settle();
    this.#closed = true;
  }
}
