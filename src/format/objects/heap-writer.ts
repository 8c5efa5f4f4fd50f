import type { HeapSink } from "../datatypes/heap-objects.js";
import { corrupt } from "../errors.js";
import { GlobalHeapCollectionBuilder } from "../structures/global-heap.js";
import type { FileState } from "./file-state.js";

/** The first collection of a commit is this long, later ones up to {@link largestCollection}. */
const smallestCollection = 4096;
const largestCollection = 256 * 1024;

/** Stores in the global heap what new elements refer to, in fresh collections for each commit. */
export class HeapWriter implements HeapSink {
  readonly #file: FileState;
  #builder: GlobalHeapCollectionBuilder | null = null;
  #builderAddress = 0;
  #builderCapacity = smallestCollection / 2;

  constructor(file: FileState) {
    this.#file = file;
  }

  insert(bytes: Uint8Array): { readonly address: number; readonly index: number } {
    const index = this.#builder?.tryInsert(bytes) ?? null;
    if (index !== null) return { address: this.#builderAddress, index };
    this.finish();
    this.#builderCapacity = Math.min(this.#builderCapacity * 2, largestCollection);
    const sizes = this.#file.context;
    const capacity = Math.max(this.#builderCapacity, GlobalHeapCollectionBuilder.sizeFor(sizes, bytes.length));
    this.#builder = new GlobalHeapCollectionBuilder(sizes, capacity);
    this.#builderAddress = this.#file.allocate(this.#builder.size);
    const first = this.#builder.tryInsert(bytes);
    if (first === null) throw corrupt("a new global heap collection has no room for its first object");
    return { address: this.#builderAddress, index: first };
  }

  /** Answers what takes back all later insertions; the space that they took is not its business. */
  mark(): () => void {
    const builder = this.#builder;
    const capacity = this.#builderCapacity;
    const takeBack = builder?.mark();
    return () => {
      takeBack?.();
      // One that was full is staged, along with what was taken back: nothing refers to that.
      if (this.#builder !== builder) this.#builder = null;
      this.#builderCapacity = capacity;
    };
  }

  /** Stages the collection being filled; what comes later goes into a fresh one. */
  finish(): void {
    if (this.#builder === null) return;
    this.#file.shadow(this.#builderAddress, this.#builder.encode());
    this.#builder = null;
  }

  /** Starts small again: called at each commit, after {@link finish}. */
  settle(): void {
    this.#builderCapacity = smallestCollection / 2;
  }
}
