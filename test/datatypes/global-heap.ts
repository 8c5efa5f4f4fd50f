import type { HeapCollection, HeapObjects, HeapSink } from "../../src/format/datatypes/heap-objects.js";

/** A heap of objects that `object` gives. */
export function heapWith(object: HeapObjects["object"]): HeapObjects {
  return {
    object,
    collection(address): HeapCollection {
      let bytes = new Uint8Array(0);
      return {
        get bytes() {
          return bytes;
        },
        start(index) {
          bytes = Uint8Array.of(0xa5, ...object(address, index), 0xa5);
          return 1;
        },
        length: (index) => object(address, index).length,
      };
    },
  };
}

/** The global-heap collections of a whole file in memory. */
export function heapOf(file: Uint8Array): HeapObjects {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return heapWith((address, index) => {
    const end = address + Number(view.getBigUint64(address + 8, true));
    for (let at = address + 16; at + 16 <= end; ) {
      const size = Number(view.getBigUint64(at + 8, true));
      const found = view.getUint16(at, true);
      if (found === index) return file.subarray(at + 16, at + 16 + size);
      if (found === 0) break;
      at += 16 + Math.ceil(size / 8) * 8;
    }
    throw new Error(`no object ${index} at ${address}`);
  });
}

/** A heap in memory: what is inserted can be had back. */
export class MemoryHeap implements HeapObjects, HeapSink {
  readonly #objects: Uint8Array[] = [];

  insert(bytes: Uint8Array): { address: number; index: number } {
    this.#objects.push(bytes.slice());
    return { address: 4096, index: this.#objects.length };
  }

  collection(address: number): HeapCollection {
    return heapWith((_, index) => this.#objects[index - 1]).collection(address);
  }

  object(_address: number, index: number): Uint8Array {
    return this.#objects[index - 1];
  }
}
