/** Telling how far saving and loading are. */

import { HDF5Error } from "../format/index.js";

/** How far an operation is, in bytes of array data. */
export interface Progress {
  readonly loaded: number;
  readonly total: number;
  /** Path of the dataset that is read or written, or was last. */
  readonly path: string;
}

/** Bytes of a dataset after which progress is told. */
export const progressBytes = 4 * 1024 * 1024;

/** Called after each dataset, within large ones after some megabytes each, and at the end. */
export type ProgressCallback = (progress: Progress) => void;

/** Counts bytes and tells them. */
export class ProgressCounter {
  #loaded = 0;
  readonly #total: number;
  readonly #callback: ProgressCallback | undefined;
  #told = -1;

  constructor(total: number, callback: ProgressCallback | undefined) {
    this.#total = total;
    this.#callback = callback;
  }

  /** Whether somebody is told. */
  get isObserved(): boolean {
    return this.#callback !== undefined;
  }

  advance(bytes: number, path: string): void {
    this.#loaded += bytes;
    this.#tell(path);
  }

  /** Tells the end, unless the last dataset did. */
  finish(path: string): void {
    if (this.#told === this.#total) return;
    this.#loaded = this.#total;
    this.#tell(path);
  }

  #tell(path: string): void {
    this.#told = this.#loaded;
    try {
      this.#callback?.({ loaded: this.#loaded, total: this.#total, path });
    } catch (error) {
      if (error instanceof HDF5Error) throw error;
      throw new HDF5Error("aborted", "onProgress failed", { cause: error });
    }
  }
}
