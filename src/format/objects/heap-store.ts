import { corrupt } from "../errors.js";
import type { HeapObjects, HeapSink } from "../datatypes/heap-objects.js";
import { scanHeapReferences } from "../datatypes/heap-objects.js";
import type { Operation } from "../storage/operation.js";
import type { GlobalHeapCollection } from "../structures/global-heap.js";
import {
  GlobalHeapCollectionBuilder,
  globalHeapCollectionSize,
  parseGlobalHeapCollection,
} from "../structures/global-heap.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { readWindows } from "./read-windows.js";
import type { FileState } from "./file-state.js";

/** Collections are at least this long, so one read of it mostly has the whole collection. */
const smallestCollection = 4096;
/** Collections made for a lot of data are this long. */
const largestCollection = 256 * 1024;
/** Bytes of parsed collections kept for later reads. */
const keptBytes = 16 * 1024 * 1024;

interface PendingObjects {
  readonly datatype: Datatype;
  readonly bytes: Uint8Array;
  readonly count: number;
}

class FetchedObjects implements HeapObjects {
  readonly collections: Map<number, GlobalHeapCollection>;

  constructor(collections: Map<number, GlobalHeapCollection>) {
    this.collections = collections;
  }

  object(address: number, index: number): Uint8Array {
    const collection = this.collections.get(address);
    if (collection === undefined) throw corrupt(`the global heap collection at address ${address} was not fetched`);
    return collection.object(index);
  }
}

/** The global heap of a file: fetches what elements refer to, and stores what new elements refer to. */
export class HeapStore implements HeapSink {
  readonly #file: FileState;
  #kept = new Map<number, GlobalHeapCollection>();
  #keptBytes = 0;
  #builder: GlobalHeapCollectionBuilder | null = null;
  #builderAddress = 0;
  #builderCapacity = smallestCollection / 2;

  constructor(file: FileState) {
    this.#file = file;
  }

  /** Fetches every object that the elements refer to, nested ones included; one round of reads per level. */
  *fetch(datatype: Datatype, bytes: Uint8Array, count: number): Operation<HeapObjects> {
    this.finish();
    const fetched = new Map<number, GlobalHeapCollection>();
    const objects = new FetchedObjects(fetched);
    let level: PendingObjects[] = [{ datatype, bytes, count }];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > this.#file.context.limits.depth) throw corrupt("variable-length data are nested too deeply");
      const needed = new Set<number>();
      for (const part of level) {
        scanHeapReferences(part.datatype, part.bytes, part.count, this.#file.context, (address) => {
          if (!fetched.has(address)) needed.add(address);
        });
      }
      yield* this.#fetchCollections(needed, fetched);
      const next: PendingObjects[] = [];
      for (const part of level) {
        scanHeapReferences(part.datatype, part.bytes, part.count, this.#file.context, (address, index, length, content) => {
          if (content === null) return;
          const object = objects.object(address, index);
          const elements = Math.floor(length / content.size);
          if (elements * content.size > object.length) {
            throw corrupt(`a variable-length sequence has ${elements} elements, its heap object has room for fewer`);
          }
          next.push({ datatype: content, bytes: object, count: elements });
        });
      }
      level = next;
    }
    return objects;
  }

  *#fetchCollections(needed: Set<number>, fetched: Map<number, GlobalHeapCollection>): Operation<void> {
    const missing: number[] = [];
    for (const address of needed) {
      const kept = this.#kept.get(address);
      if (kept === undefined) missing.push(address);
      else fetched.set(address, kept);
    }
    if (missing.length === 0) return;
    const file = this.#file;
    missing.sort((a, b) => a - b);
    const end = file.transaction === null ? file.device.size : file.transaction.size;
    const starts = missing.map((address) => file.offsetOf(address));
    const lengths = starts.map((offset) => {
      if (offset >= end) throw corrupt("a global heap collection lies beyond the end of the file", offset);
      return Math.min(smallestCollection, end - offset);
    });
    const heads = yield* readWindows(file, starts, lengths);
    const long: number[] = [];
    for (let index = 0; index < missing.length; index++) {
      const size = globalHeapCollectionSize(heads[index], starts[index], file.context);
      if (size > end - starts[index]) {
        throw corrupt(`a global heap collection of ${size} bytes goes beyond the end of the file`, starts[index]);
      }
      if (size > heads[index].length) {
        long.push(index);
        lengths[index] = size;
      } else heads[index] = heads[index].subarray(0, size);
    }
    const whole = yield* readWindows(
      file,
      long.map((index) => starts[index]),
      long.map((index) => lengths[index]),
    );
    long.forEach((index, at) => {
      heads[index] = whole[at];
    });
    for (let index = 0; index < missing.length; index++) {
      const collection = parseGlobalHeapCollection(heads[index], starts[index], file.context);
      fetched.set(missing[index], collection);
      this.#keep(missing[index], collection, heads[index].length);
    }
  }

  #keep(address: number, collection: GlobalHeapCollection, length: number): void {
    if (this.#keptBytes + length > keptBytes) {
      this.#kept = new Map();
      this.#keptBytes = 0;
    }
    this.#kept.set(address, collection);
    this.#keptBytes += length;
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
