import type { HeapObjects } from "../datatypes/heap-objects.js";
import { nestedVariableLength, scanHeapReferences } from "../datatypes/heap-objects.js";
import { withLocalAddresses } from "../datatypes/local-addresses.js";
import { corrupt, HDF5Error } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { ByteBudget } from "../structures/byte-budget.js";
import type { GlobalHeapCollection } from "../structures/global-heap.js";
import { globalHeapCollectionSize, parseGlobalHeapCollection } from "../structures/global-heap.js";
import type { Datatype } from "../structures/messages/datatype.js";
import type { FileState } from "./file-state.js";
import { readWindows } from "./read-windows.js";

/** Collections are at least this long, so one read of it mostly has the whole collection. */
const smallestCollection = 4096;
/** Bytes of parsed collections kept for later reads. */
const keptBytes = 16 * 1024 * 1024;

/** Variable-length data up to this size may be of any shape. */
const sharedContentBytes = 64 * 1024 * 1024;

interface PendingObjects {
  readonly datatype: Datatype;
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** Collections by address; a damaged one is an error for those elements only that refer to it. */
type FetchedCollections = Map<number, GlobalHeapCollection | HDF5Error>;

interface WantedCollection {
  readonly address: number;
  readonly offset: number;
  readonly length: number;
}

function readCollections(file: FileState, wanted: readonly WantedCollection[]): Operation<Uint8Array[]> {
  return readWindows(
    file,
    wanted.map(({ offset }) => offset),
    wanted.map(({ length }) => length),
  );
}

class FetchedObjects implements HeapObjects {
  readonly collections: FetchedCollections;

  constructor(collections: FetchedCollections) {
    this.collections = collections;
  }

  collection(address: number): GlobalHeapCollection {
    const collection = this.collections.get(address);
    if (collection === undefined) throw corrupt(`the global heap collection at address ${address} was not fetched`);
    if (collection instanceof HDF5Error) throw collection;
    return collection;
  }

  object(address: number, index: number): Uint8Array {
    return this.collection(address).object(index);
  }
}

/** The global heap of a file, for reading. */
export class HeapStore {
  readonly #file: FileState;
  #kept = new Map<number, GlobalHeapCollection>();
  #keptBytes = 0;

  constructor(file: FileState) {
    this.#file = file;
  }

  /** Fetches every object that the elements refer to, nested ones included; one round of reads per level. */
  *fetch(datatype: Datatype, bytes: Uint8Array, count: number): Operation<HeapObjects> {
    this.#file.heapWriter?.finish();
    const fetched: FetchedCollections = new Map();
    const objects = new FetchedObjects(fetched);
    let level: PendingObjects[] = [{ datatype, bytes, count }];
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > this.#file.context.limits.depth) throw corrupt("variable-length data are nested too deeply");
      const needed = new Set<number>();
      // Neighbouring elements mostly have their objects in the same collection.
      let last = -1;
      for (const part of level) {
        scanHeapReferences(part.datatype, part.bytes, part.count, this.#file.context, (address) => {
          if (address === last) return;
          last = address;
          if (!fetched.has(address)) needed.add(address);
        });
      }
      yield* this.#fetchCollections(needed, fetched);
      const next: PendingObjects[] = [];
      const budget = new ByteBudget(this.largestContent(bytes.length), "nested variable-length data");
      for (const part of level) {
        if (!nestedVariableLength(part.datatype)) continue;
        scanHeapReferences(
          part.datatype,
          part.bytes,
          part.count,
          this.#file.context,
          (address, index, length, content) => {
            if (content === null || fetched.get(address) instanceof HDF5Error) return;
            const object = objects.object(address, index);
            const elements = Math.floor(length / content.size);
            if (elements * content.size > object.length) {
              throw corrupt(`a variable-length sequence has ${elements} elements, its heap object has room for fewer`);
            }
            budget.take(length);
            const nested = withLocalAddresses(content, object, elements, this.#file.context);
            if (nested !== object) object.set(nested);
            next.push({ datatype: content, bytes: object, count: elements });
          },
        );
      }
      level = next;
    }
    return objects;
  }

  /**
   * Bytes that the variable-length data of elements of `elementBytes` bytes may have at each level of nesting. Elements
   * may share objects, as those that hold a fill value do; without a bound a small file could ask for any memory.
   */
  largestContent(elementBytes: number): number {
    const file = this.#file;
    const size = file.size;
    return sharedContentBytes + 4 * size + 16 * elementBytes;
  }

  *#fetchCollections(needed: Set<number>, fetched: FetchedCollections): Operation<void> {
    const missing: number[] = [];
    for (const address of needed) {
      const kept = this.#kept.get(address);
      if (kept === undefined) missing.push(address);
      else fetched.set(address, kept);
    }
    if (missing.length === 0) return;
    const file = this.#file;
    missing.sort((a, b) => a - b);
    const end = file.size;
    const wanted: WantedCollection[] = [];
    for (const address of missing) {
      const offset = file.offsetOf(address);
      if (offset < end) wanted.push({ address, offset, length: Math.min(smallestCollection, end - offset) });
      else fetched.set(address, corrupt("a global heap collection lies beyond the end of the file", offset));
    }
    const heads = yield* readCollections(file, wanted);
    const budget = new ByteBudget(2 * end, "global heap collections");
    const long: WantedCollection[] = [];
    wanted.forEach((head, index) => {
      const bytes = heads[index];
      this.#parse(fetched, head, bytes, () => {
        const size = globalHeapCollectionSize(bytes, head.offset, file.context);
        if (size > end - head.offset) {
          throw corrupt(`a global heap collection of ${size} bytes goes beyond the end of the file`, head.offset);
        }
        budget.take(size, head.offset);
        if (size > bytes.length) long.push({ ...head, length: size });
        return size <= bytes.length;
      });
    });
    const whole = yield* readCollections(file, long);
    long.forEach((collection, index) => {
      this.#parse(fetched, collection, whole[index], () => true);
    });
  }

  /** Parses a collection when `isComplete` says that its bytes are all there; damage is kept for later. */
  #parse(fetched: FetchedCollections, wanted: WantedCollection, bytes: Uint8Array, isComplete: () => boolean): void {
    try {
      if (!isComplete()) return;
      const collection = parseGlobalHeapCollection(bytes, wanted.offset, this.#file.context);
      fetched.set(wanted.address, collection);
      this.#file.transaction?.note(wanted.offset, collection.size);
      this.#keep(wanted.address, collection, collection.size);
    } catch (error) {
      if (!(error instanceof HDF5Error)) throw error;
      fetched.set(wanted.address, error);
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
}
