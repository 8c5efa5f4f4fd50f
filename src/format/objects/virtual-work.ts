import { HDF5Error } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { FileState } from "./file-state.js";
import { mostDecoded } from "./read-bounds.js";

/** Virtual datasets of virtual datasets, at most. */
const mostNested = 16;
/** Sources that nested virtual datasets may open in one read. */
const mostNestedSources = 4096;
/** Sources of series that are looked for or opened in one read. */
const mostInSeries = 32_768;
/** The same within one file, where the datasets of an honest series take many more bytes each than this. */
const fewestInSeries = 1024;
const bytesInSeries = 32;
/** Bytes taken from sources beyond those that are asked for. */
const spareBytes = 256 * 1024 * 1024;
/** Times that what is asked for may be taken from sources. */
const mostCopies = 8;

/** Counts what one read of virtual datasets causes: a few mappings may ask for the same data again and again. */
export class VirtualWork {
  readonly #wanted: number;
  #depth = 0;
  #nestedSources = 0;
  #inSeries = 0;
  #taken = 0;
  #decoded = 0;

  /** @param wanted - bytes that are asked for */
  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  /** Counts a source of a series, in a file of `fileSize` bytes or (`null`) in any. */
  enterSeries(fileSize: number | null): void {
    const most = fileSize === null ? mostInSeries : Math.min(mostInSeries, fewestInSeries + fileSize / bytesInSeries);
    if (++this.#inSeries > most) throw tooMuch("the series of a virtual dataset have too many sources");
  }

  /** Runs an operation on a source. */
  *within<Result>(operation: Operation<Result>): Operation<Result> {
    if (this.#depth >= mostNested) throw tooMuch(`virtual datasets are nested more than ${mostNested} deep`);
    if (this.#depth > 0 && ++this.#nestedSources > mostNestedSources) {
      throw tooMuch(`nested virtual datasets have more than ${mostNestedSources} sources`);
    }
    this.#depth++;
    try {
      return yield* operation;
    } finally {
      this.#depth--;
    }
  }

  /** Counts bytes that are read from a source. */
  take(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken <= mostCopies * this.#wanted + spareBytes) return;
    throw tooMuch(`a virtual dataset takes ${this.#taken} bytes from its sources for ${this.#wanted}`);
  }

  /** Counts bytes of filtered chunks that are decoded in a file. */
  decode(bytes: number, { size, context }: FileState): void {
    this.#decoded += bytes;
    if (this.#decoded <= mostDecoded(this.#wanted, size, context.limits.chunkBytes)) return;
    throw tooMuch(`the chunks of a virtual dataset's sources have ${this.#decoded} bytes once decoded`);
  }
}

function tooMuch(what: string): HDF5Error {
  return new HDF5Error("limit", `${what}; read it in parts`);
}
