/**
 * Elements of reference datatypes (specification VIII.B, "Reference Encoding (Revised)", and VIII.C, "Reference
 * Encoding (Backward Compatibility)").
 */

import { describeValue } from "../../arguments/describe-value.js";
import { corrupt, HDF5Error, invalidArgument } from "../errors.js";
import { decodeSelection, encodeSelection } from "../selection/encoded-selection.js";
import type { FieldSizes } from "../structures/byte-reader.js";
import { ByteReader } from "../structures/byte-reader.js";
import { ByteWriter } from "../structures/byte-writer.js";
import type { ReferenceDatatype } from "../structures/messages/datatype.js";
import { decodeText } from "../structures/text.js";
import type { HeapObjects, HeapSink } from "./heap-objects.js";
import { addressAt, heapIdSize, requireSize, u32At } from "./heap-objects.js";
import { UnreadableReference } from "./unreadable-reference.js";
import type { Reference } from "./values.js";
import { AttributeReference, ObjectReference, RegionReference } from "./values.js";

const standardObject = 2;
const standardRegion = 3;
const standardAttribute = 4;
const externalFlag = 1;
/** Reference type, flags, and the length of what is in the heap. */
const standardHeader = 6;

/** References, `null` for those that refer to nothing; what is no reference hides none of the others. */
export function decodeReferences(
  datatype: ReferenceDatatype,
  bytes: Uint8Array,
  count: number,
  sizes: FieldSizes,
  heap: HeapObjects,
): (Reference | null)[] {
  const { size, referenceKind } = datatype;
  const idSize = referenceKind === "object" ? sizes.offsetSize : heapIdSize(sizes);
  requireSize(datatype, referenceKind === "object" || referenceKind === "region" ? idSize : standardHeader + idSize);
  const references = new Array<Reference | null>(count);
  for (let index = 0; index < count; index++) {
    try {
      references[index] = decodeReference(referenceKind, bytes, index * size, size, sizes, heap);
    } catch (error) {
      if (!(error instanceof HDF5Error)) throw error;
      references[index] = new UnreadableReference(bytes.slice(index * size, (index + 1) * size), error.message);
    }
  }
  return references;
}

function decodeReference(
  kind: ReferenceDatatype["referenceKind"],
  bytes: Uint8Array,
  start: number,
  size: number,
  sizes: FieldSizes,
  heap: HeapObjects,
): Reference | null {
  if (kind === "region") return decodeRegion(bytes, start, sizes, heap);
  if (kind !== "object") return decodeStandard(bytes.subarray(start, start + size), sizes, heap);
  const address = addressAt(bytes, start, sizes.offsetSize);
  return address === 0 || address === null ? null : new ObjectReference(address);
}

function decodeRegion(bytes: Uint8Array, start: number, sizes: FieldSizes, heap: HeapObjects): Reference | null {
  const address = addressAt(bytes, start, sizes.offsetSize);
  if (address === 0 || address === null) return null;
  const reader = new ByteReader(heap.object(address, u32At(bytes, start + sizes.offsetSize)), 0, sizes);
  const dataset = reader.definedAddress("the dataset of a region reference");
  return new RegionReference(dataset, decodeSelection(reader));
}

function decodeStandard(element: Uint8Array, sizes: FieldSizes, heap: HeapObjects): Reference | null {
  const [type, flags] = element;
  const idStart = standardHeader;
  if (type === 0) return null;
  if (type < standardObject || type > standardAttribute) {
    throw corrupt(`expected a reference of type 2, 3 or 4, found ${type}`);
  }
  if ((flags & ~externalFlag) !== 0) throw corrupt(`unknown flags ${flags} of a reference`);
  const isExternal = (flags & externalFlag) !== 0;
  let content = element.subarray(2);
  if (type !== standardObject || isExternal) {
    const address = addressAt(element, idStart, sizes.offsetSize);
    if (address === 0 || address === null) return null;
    content = heap.object(address, u32At(element, idStart + sizes.offsetSize));
  }
  const reader = new ByteReader(content, 0, sizes);
  const tokenSize = reader.u8();
  if (tokenSize > 16) throw corrupt(`expected an object token of at most 16 bytes, found ${tokenSize}`);
  const address = reader.uint(tokenSize);
  const file = isExternal ? decodeText(reader.take(reader.u16())) : null;
  if (type === standardObject) return new ObjectReference(address, file);
  if (type === standardAttribute) {
    return new AttributeReference(address, decodeText(reader.take(reader.u16())), file);
  }
  const length = reader.u32();
  const rank = reader.u32();
  return new RegionReference(address, decodeSelection(reader.slice(length), rank), file);
}

/** The stored bytes of references; `null` refers to nothing. */
export function encodeReferences(
  datatype: ReferenceDatatype,
  values: ArrayLike<unknown>,
  sizes: FieldSizes,
  heap: HeapSink,
): Uint8Array {
  const { size, referenceKind } = datatype;
  const encoded = new Uint8Array(values.length * size);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value === null) continue;
    if (value instanceof UnreadableReference) {
      if (value.bytes.length !== size) {
        throw invalidArgument(`the reference at index ${index} cannot be read, and has ${value.bytes.length} bytes`);
      }
      encoded.set(value.bytes, index * size);
      continue;
    }
    if (!isReference(value)) {
      throw invalidArgument(`expected a reference or null at index ${index}, found ${describeValue(value)}`);
    }
    const writer = new ByteWriter(sizes, size);
    if (referenceKind === "object" || referenceKind === "region") encodeOld(value, referenceKind, writer, heap, index);
    else encodeStandard(value, writer, heap);
    encoded.set(writer.written(), index * size);
  }
  return encoded;
}

/** A reference that says what it refers to. */
type ReadableReference = Exclude<Reference, UnreadableReference>;

function isReference(value: unknown): value is ReadableReference {
  return value instanceof ObjectReference || value instanceof RegionReference || value instanceof AttributeReference;
}

function encodeOld(
  value: ReadableReference,
  kind: "object" | "region",
  writer: ByteWriter,
  heap: HeapSink,
  index: number,
): void {
  if (value.kind !== `${kind}-reference` || value.file !== null) {
    throw invalidArgument(`expected a ${kind} reference within the file at index ${index}, found a ${value.kind}`);
  }
  if (!(value instanceof RegionReference)) {
    writer.address(value.address);
    return;
  }
  const content = new ByteWriter(writer.sizes);
  content.address(value.address);
  encodeSelection(value.selection, content);
  writeHeapId(writer, heap, content.finish());
}

function encodeStandard(value: ReadableReference, writer: ByteWriter, heap: HeapSink): void {
  const { sizes } = writer;
  const content = new ByteWriter(sizes);
  content.u8(sizes.offsetSize);
  content.address(value.address);
  const isInternalObject = value instanceof ObjectReference && value.file === null;
  writer.u8(
    value instanceof ObjectReference
      ? standardObject
      : value instanceof RegionReference
        ? standardRegion
        : standardAttribute,
  );
  writer.u8(value.file === null ? 0 : externalFlag);
  if (isInternalObject) {
    writer.bytes(content.written());
    return;
  }
  if (value.file !== null) writeShortText(content, value.file);
  if (value instanceof AttributeReference) writeShortText(content, value.name);
  if (value instanceof RegionReference) {
    const selection = new ByteWriter(sizes);
    encodeSelection(value.selection, selection);
    content.u32(selection.length);
    content.u32(rankOf(value));
    content.bytes(selection.written());
  }
  writer.u32(content.length);
  writeHeapId(writer, heap, content.finish());
}

function rankOf({ selection }: RegionReference): number {
  const rank = selection.kind === "hyperslab" ? selection.start.length : selection.rank;
  if (rank !== undefined) return rank;
  throw invalidArgument(`a standard reference cannot hold the selection ${selection.kind} without its rank`);
}

function writeShortText(writer: ByteWriter, text: string): void {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > 0xffff) throw invalidArgument("a name in a reference has at most 65535 bytes");
  writer.u16(bytes.length);
  writer.bytes(bytes);
}

function writeHeapId(writer: ByteWriter, heap: HeapSink, content: Uint8Array): void {
  const { address, index } = heap.insert(content);
  writer.address(address);
  writer.u32(index);
}
