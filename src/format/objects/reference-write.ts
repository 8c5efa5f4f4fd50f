import { refersToHeap } from "../datatypes/heap-objects.js";
import type { Operation } from "../storage/operation.js";
import { sectorSize, splitsItems } from "../storage/sectors.js";
import type { ContiguousLayout } from "../structures/messages/data-layout.js";
import { elementCount } from "../structures/messages/dataspace.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { containsReference } from "../structures/messages/datatype.js";
import { datasetState, isPlacedHere, setLayout } from "./dataset-state.js";
import type { FileState } from "./file-state.js";
import type { ObjectState } from "./object-state.js";

/** Bytes of elements that wait for the commit; beyond that they go to new space instead. */
const waitingLimit = 8 * 1024 * 1024;
/** Bytes that are copied to new space at a time. */
const copiedPiece = 4 * 1024 * 1024;

/**
 * Whether elements refer to the heap or to objects. Half of such an element leads nowhere, and so does a whole one when
 * what it refers to is lost: these are written with the commit only, and so that power failure leaves each of them as it
 * was or as it is to be.
 */
export function areReferences(datatype: Datatype): boolean {
  return refersToHeap(datatype) || containsReference(datatype);
}

/**
 * Takes space for elements, by default with whatever bytes are there; references whose size allows it are placed so that
 * none lies across two sectors.
 *
 * @returns the address
 */
export function allocateElements(
  file: FileState,
  datatype: Datatype,
  length: number,
  allocate: (length: number) => number = (taken) => file.editing().allocate(taken),
): number {
  const { size } = datatype;
  const { baseAddress } = file.context;
  if (size <= 8 || sectorSize % size !== 0 || !areReferences(datatype)) return allocate(length) - baseAddress;
  // Space is 8-byte aligned as it is.
  return Math.ceil(allocate(length + size - 8) / size) * size - baseAddress;
}

/** Whether references at `address`, which the committed file has, may be written over at the commit. */
export function mayOverwriteReferences(
  file: FileState,
  datatype: Datatype,
  address: number,
  ranges: Iterable<{ readonly offset: number; readonly length: number }>,
): boolean {
  const start = file.offsetOf(address);
  let bytes = file.editing().lateBytes;
  for (const { offset, length } of ranges) {
    // An element that lies across two sectors may be written in one of them only.
    if (splitsItems(start + offset, length, datatype.size)) return false;
    bytes += length;
    if (bytes > waitingLimit) return false;
  }
  return true;
}

/**
 * Moves contiguous elements to new space, which the commit makes known at once. Costs as many bytes as all elements of
 * the dataset have, not counting what they refer to.
 *
 * @param isCopied - whether the elements are copied, or all written anew
 * @returns the new address
 */
export function* moveContiguous(
  object: ObjectState,
  layout: ContiguousLayout,
  from: number,
  isCopied: boolean,
): Operation<number> {
  const { file } = object;
  const transaction = file.editing();
  const { datatype, dataspace } = datasetState(object).description;
  const length = elementCount(dataspace) * datatype.size;
  const address = allocateElements(file, datatype, length);
  try {
    for (let done = 0; isCopied && done < length; done += copiedPiece) {
      const piece = new Uint8Array(Math.min(copiedPiece, length - done));
      yield* file.readRaw([file.offsetOf(from) + done], [piece]);
      file.shadow(address + done, piece);
      yield* transaction.relieve();
    }
  } catch (error) {
    transaction.freeUnpublished(file.offsetOf(address), length);
    throw error;
  }
  transaction.dropLate(file.offsetOf(from), length);
  if (isPlacedHere(layout)) transaction.free(file.offsetOf(from), length);
  else transaction.freeFound(file.offsetOf(from), length);
  setLayout(object, { ...layout, address, size: length });
  return address;
}
