import { corrupt } from "../errors.js";

/**
 * Counts the bytes of the structures that one walk reads. Structures of a valid file do not overlap, so together they
 * are no longer than the file; in a damaged one overlapping structures could cost the square of its size.
 */
export class ByteBudget {
  readonly #what: string;
  #left: number;

  /** @param what names the structures in the error. */
  constructor(size: number, what: string) {
    this.#left = size;
    this.#what = what;
  }

  /** Counts `length` bytes of a structure at the absolute `offset`. */
  take(length: number, offset?: number): void {
    this.#left -= length;
    if (!(this.#left >= 0))
      throw corrupt(`${this.#what} overlap: together they are longer than what holds them`, offset);
  }
}
