import type { HeapObjects } from "../datatypes/heap-objects.js";
import { noHeapObjects, refersToHeap } from "../datatypes/heap-objects.js";
import { withLocalAddresses } from "../datatypes/local-addresses.js";
import type { Operation } from "../storage/operation.js";
import type { Datatype } from "../structures/messages/datatype.js";
import type { FileState } from "./file-state.js";

/** Elements exactly as stored, for tools that interpret them on their own. */
export interface RawElements {
  /** The elements one after another, filters undone. */
  readonly bytes: Uint8Array;
  readonly datatype: Datatype;
  readonly count: number;
  /** Every global-heap object that the bytes refer to, nested ones included. */
  readonly heap: HeapObjects;
}

/** The raw form of elements, with the heap objects that they refer to. */
export function* rawElements(
  file: FileState,
  datatype: Datatype,
  stored: Uint8Array,
  count: number,
): Operation<RawElements> {
  const bytes = withLocalAddresses(datatype, stored, count, file.context);
  const heap = refersToHeap(datatype) ? yield* file.heap.fetch(datatype, bytes, count) : noHeapObjects;
  return { bytes, datatype, count, heap };
}
