import { corrupt } from "../errors.js";
import { contiguousRuns } from "../selection/contiguous-runs.js";
import { fillRepeating } from "../selection/copy.js";
import type { Operation, PlannedWrite } from "../storage/operation.js";
import type { ContiguousLayout } from "../structures/messages/data-layout.js";
import { elementCount } from "../structures/messages/dataspace.js";
import { wantsMarks } from "./change-object.js";
import { datasetState, fillBytes, setLayout } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import { requireOwnData } from "./raw-data-place.js";
import { allocateElements, areReferences, mayOverwriteReferences, moveContiguous } from "./reference-write.js";
import type { WrittenElements } from "./written-elements.js";

/** Data of more bytes are written at once, without a copy. */
const longWrite = 1024 * 1024;
/** Fill values are written in pieces of this many bytes. */
const fillPiece = 4 * 1024 * 1024;

/** Writes elements of a contiguous dataset. */
export function* writeContiguous(
  object: ObjectState,
  layout: ContiguousLayout,
  elements: WrittenElements,
): Operation<void> {
  const { file } = object;
  const transaction = file.editing();
  const { dataspace, datatype } = datasetState(object).description;
  const total = elementCount(dataspace) * datatype.size;
  if (layout.address === null) {
    const whole = wholeContent(elements, total);
    if (whole !== null) {
      yield* writeWhole(object, layout, whole);
      return;
    }
  } else if (layout.size !== null && total > layout.size) {
    throw corrupt(
      `contiguous storage has ${layout.size} bytes, the dataset needs ${total}`,
      file.offsetOf(layout.address),
    );
  }
  yield* requireOwnData(object, layout, total);
  if (layout.address !== null && areReferences(datatype) && isCommitted(object, layout.address)) {
    yield* writeReferences(object, layout, layout.address, elements);
    return;
  }
  const address = layout.address ?? (yield* allocateFilled(object, layout, total));
  if (wantsMarks(object)) file.touch(object);
  const start = file.offsetOf(address);
  // The caller may change its array after the call: what is not written now is copied.
  if (elements.byteLength > longWrite) {
    yield* transaction.overwriteNow(overwrites(start, elements, datatype.size));
    return;
  }
  for (const { offset, bytes } of overwrites(start, elements, datatype.size)) {
    transaction.overwrite(offset, bytes.slice());
  }
}

/** Whether contiguous elements lie where the committed file, or a commit under way, has them. */
function isCommitted(object: ObjectState, address: number): boolean {
  const { storedLayout } = datasetState(object);
  return storedLayout?.kind === "contiguous" && storedLayout.address === address;
}

/** Writes contiguous references, at the commit or to new space: see {@link areReferences}. */
function* writeReferences(
  object: ObjectState,
  layout: ContiguousLayout,
  address: number,
  elements: WrittenElements,
): Operation<void> {
  const { file } = object;
  const transaction = file.editing();
  const { datatype, dataspace } = datasetState(object).description;
  if (wantsMarks(object)) file.touch(object);
  const writes = [...overwrites(0, elements, datatype.size)];
  const ranges = writes.map(({ offset, bytes }) => ({ offset, length: bytes.length }));
  const inPlace = mayOverwriteReferences(file, datatype, address, ranges);
  const isPart = wholeContent(elements, elementCount(dataspace) * datatype.size) === null;
  const start = file.offsetOf(inPlace ? address : yield* moveContiguous(object, layout, address, isPart));
  for (const { offset, bytes } of writes) {
    if (inPlace) transaction.overwriteLate(start + offset, bytes);
    else transaction.overwrite(start + offset, bytes.slice());
  }
}

/** The bytes of all elements, where a single part has them in the order of the array. */
function wholeContent(elements: WrittenElements, total: number): Uint8Array | null {
  if (elements.byteLength !== total) return null;
  for (const { bytes } of elements.parts()) return bytes.length === total ? bytes : null;
  return null;
}

function* writeWhole(object: ObjectState, layout: ContiguousLayout, content: Uint8Array): Operation<void> {
  const transaction = object.file.editing();
  const address = allocateElements(object.file, datasetState(object).description.datatype, content.length);
  const offset = object.file.offsetOf(address);
  setLayout(object, { ...layout, address, size: content.length });
  if (content.length > longWrite) {
    transaction.shadow(offset, content);
    yield* transaction.drain();
  } else {
    transaction.shadowCopy(offset, content);
  }
}

function* overwrites(
  start: number,
  elements: WrittenElements,
  elementSize: number,
): Generator<PlannedWrite, void, undefined> {
  for (const { selection, bytes } of elements.parts()) {
    for (const range of contiguousRuns(selection, selection.shape, elementSize, 0).ranges) {
      const from = range.resultOffset;
      yield { offset: start + range.offset, bytes: bytes.subarray(from, from + range.resultLength) };
    }
  }
}

/** Allocates storage that holds the fill value. */
function* allocateFilled(object: ObjectState, layout: ContiguousLayout, length: number): Operation<number> {
  const transaction = object.file.editing();
  const { description } = datasetState(object);
  const fill = fillBytes(description);
  const address = allocateElements(object.file, description.datatype, length, (taken) =>
    transaction.allocateZeroed(taken),
  );
  const offset = object.file.offsetOf(address);
  setLayout(object, { ...layout, address, size: length });
  if (fill !== null) {
    const piece = new Uint8Array(Math.min(length, Math.ceil(fillPiece / fill.length) * fill.length));
    fillRepeating(piece, 0, piece.length, fill);
    for (let done = 0; done < length; done += piece.length) {
      transaction.shadow(offset + done, piece.subarray(0, Math.min(piece.length, length - done)));
      yield* transaction.relieve();
    }
  }
  return address;
}
