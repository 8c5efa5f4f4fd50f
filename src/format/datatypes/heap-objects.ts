import { corrupt } from "../errors.js";
import type { FieldSizes } from "../structures/byte-reader.js";
import type { Datatype } from "../structures/messages/datatype.js";

/** One collection of the global heap. */
export interface HeapCollection {
  readonly bytes: Uint8Array;
  /**
   * Where the data of an object start in `bytes`.
   *
   * @throws HDF5Error `corrupt` when there is no such object.
   */
  start(index: number): number;
  /** Bytes of the data of an object, which is there. */
  length(index: number): number;
}

/** Global-heap objects that were fetched before elements are decoded. */
export interface HeapObjects {
  /**
   * The collection at `address`.
   *
   * @throws HDF5Error `corrupt` when it was not fetched or is damaged.
   */
  collection(address: number): HeapCollection;
  /**
   * The bytes of an object of the collection at `address`, as stored.
   *
   * @throws HDF5Error `corrupt` when there is no such object.
   */
  object(address: number, index: number): Uint8Array;
}

/** Takes what elements store outside themselves. */
export interface HeapSink {
  /** Stores `bytes` and says where: the collection's address and the object's index in it. */
  insert(bytes: Uint8Array): { readonly address: number; readonly index: number };
}

/** The heap of elements that have nothing in it. */
export const noHeapObjects: HeapObjects = {
  collection(address) {
    throw corrupt(`the global heap collection at ${address} was not fetched`);
  },
  object(address, index) {
    throw corrupt(`the global heap object ${index} of the collection at ${address} was not fetched`);
  },
};

/**
 * Called with each reference to the global heap.
 *
 * @param length bytes that the object has at least; 0 where the element does not tell
 * @param content datatype of the object's elements when they may themselves refer to the heap, else `null`
 */
export type HeapReferenceVisitor = (address: number, index: number, length: number, content: Datatype | null) => void;

/** Bytes of a global heap ID: the collection's address and the object's index. */
export function heapIdSize(sizes: FieldSizes): number {
  return sizes.offsetSize + 4;
}

/** A little-endian address within elements; `null` for the undefined address. */
export function addressAt(bytes: Uint8Array, start: number, width: number): number | null {
  if (width === 8) {
    const high = u32At(bytes, start + 4);
    if (high < 0x200000) return high * 2 ** 32 + u32At(bytes, start);
  }
  let value = 0;
  let ones = true;
  for (let index = width - 1; index >= 0; index--) {
    const byte = bytes[start + index];
    value = value * 256 + byte;
    ones &&= byte === 0xff;
  }
  if (ones) return null;
  if (value > Number.MAX_SAFE_INTEGER) throw corrupt("an address in an element exceeds 2^53 - 1");
  return value;
}

/** Whether {@link addressAt} has an address to give that can be fetched. */
function hasAddress(bytes: Uint8Array, start: number, width: number): boolean {
  if (width === 8) {
    // All ones, the undefined address, exceed 2^53 too.
    const high = u32At(bytes, start + 4);
    return high < 0x200000 && (high !== 0 || u32At(bytes, start) !== 0);
  }
  let isZero = true;
  for (let index = 0; index < width; index++) isZero &&= bytes[start + index] === 0;
  return !isZero;
}

/** A little-endian unsigned 32-bit number. */
export function u32At(bytes: Uint8Array, start: number): number {
  return (bytes[start] | (bytes[start + 1] << 8) | (bytes[start + 2] << 16) | (bytes[start + 3] << 24)) >>> 0;
}

/** Whether elements of this type may refer to the global heap. */
export function refersToHeap(datatype: Datatype): boolean {
  switch (datatype.class) {
    case "variable-length":
      return true;
    case "reference":
      return datatype.referenceKind !== "object";
    case "array":
      return refersToHeap(datatype.base);
    case "compound":
      return datatype.members.some((member) => refersToHeap(member.datatype));
    default:
      return false;
  }
}

/** Whether heap objects that elements of this type refer to may themselves refer to the heap. */
export function nestedVariableLength(datatype: Datatype): boolean {
  switch (datatype.class) {
    case "variable-length":
      return datatype.content === "sequence" && refersToHeap(datatype.base);
    case "array":
      return nestedVariableLength(datatype.base);
    case "compound":
      return datatype.members.some((member) => nestedVariableLength(member.datatype));
    default:
      return false;
  }
}

/**
 * Visits the global-heap references in the stored bytes of `count` elements: one level, nested ones are not followed.
 * Damaged ones are passed over: they are an error for the element that has them, when it is decoded.
 */
export function scanHeapReferences(
  datatype: Datatype,
  bytes: Uint8Array,
  count: number,
  sizes: FieldSizes,
  visit: HeapReferenceVisitor,
): void {
  if (count === 0 || !refersToHeap(datatype)) return;
  if (count * datatype.size > bytes.length) {
    throw corrupt(`expected ${count} elements of ${datatype.size} bytes, found ${bytes.length} bytes`);
  }
  scan(datatype, bytes, 0, datatype.size, count, sizes, visit);
}

function scan(
  datatype: Datatype,
  bytes: Uint8Array,
  start: number,
  stride: number,
  count: number,
  sizes: FieldSizes,
  visit: HeapReferenceVisitor,
): void {
  switch (datatype.class) {
    case "variable-length":
      scanSequences(datatype.base, bytes, start, stride, count, datatype, sizes, visit);
      return;
    case "reference":
      if (datatype.referenceKind === "object") return;
      requireSize(datatype, (datatype.referenceKind === "region" ? 0 : 6) + heapIdSize(sizes));
      for (let at = start, left = count; left > 0; left--, at += stride) {
        if (datatype.referenceKind === "region") {
          visitHeapId(bytes, at, 0, sizes, visit);
        } else if (bytes[at] !== 0 && !(bytes[at] === 2 && (bytes[at + 1] & 1) === 0)) {
          // All but references to objects of the same file keep their content in the heap.
          visitHeapId(bytes, at + 6, u32At(bytes, at + 2), sizes, visit);
        }
      }
      return;
    case "array": {
      if (!refersToHeap(datatype.base)) return;
      const length = arrayLength(datatype.dimensions);
      requireSize(datatype, length * datatype.base.size);
      for (let at = start, left = count; left > 0; left--, at += stride) {
        scan(datatype.base, bytes, at, datatype.base.size, length, sizes, visit);
      }
      return;
    }
    case "compound":
      for (const member of datatype.members) {
        requireSize(datatype, member.offset + member.datatype.size);
        if (refersToHeap(member.datatype)) {
          scan(member.datatype, bytes, start + member.offset, stride, count, sizes, visit);
        }
      }
      return;
    default:
      return;
  }
}

function scanSequences(
  base: Datatype,
  bytes: Uint8Array,
  start: number,
  stride: number,
  count: number,
  datatype: Datatype & { class: "variable-length" },
  sizes: FieldSizes,
  visit: HeapReferenceVisitor,
): void {
  requireSize(datatype, 4 + heapIdSize(sizes));
  const isString = datatype.content === "string";
  const content = !isString && refersToHeap(base) ? base : null;
  const elementSize = isString ? 1 : base.size;
  for (let at = start, left = count; left > 0; left--, at += stride) {
    const length = u32At(bytes, at);
    if (length === 0) continue;
    if (!hasAddress(bytes, at + 4, sizes.offsetSize)) continue;
    const address = addressAt(bytes, at + 4, sizes.offsetSize);
    if (address === null) continue;
    visit(address, u32At(bytes, at + 4 + sizes.offsetSize), length * elementSize, content);
  }
}

function visitHeapId(
  bytes: Uint8Array,
  at: number,
  length: number,
  sizes: FieldSizes,
  visit: HeapReferenceVisitor,
): void {
  if (!hasAddress(bytes, at, sizes.offsetSize)) return;
  const address = addressAt(bytes, at, sizes.offsetSize);
  if (address !== null) visit(address, u32At(bytes, at + sizes.offsetSize), length, null);
}

/** Number of elements of an array type. */
export function arrayLength(dimensions: readonly number[]): number {
  return dimensions.reduce((product, extent) => product * extent, 1);
}

/** Requires an element to have room for what its type says is in it. */
export function requireSize(datatype: Datatype, needed: number): void {
  if (!(needed <= datatype.size)) {
    throw corrupt(`a ${datatype.class} element of ${datatype.size} bytes cannot hold its ${needed} bytes`);
  }
}
