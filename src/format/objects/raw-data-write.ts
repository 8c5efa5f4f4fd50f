import { unsupported } from "../errors.js";
import { ones, zeros } from "../selection/axes.js";
import { copyBox } from "../selection/copy.js";
import type { Operation } from "../storage/operation.js";
import type { CompactLayout } from "../structures/messages/data-layout.js";
import { writeChunked } from "./chunked-write.js";
import { writeContiguous } from "./contiguous-write.js";
import type { DatasetDescription } from "./dataset-state.js";
import { datasetState, requireLocalStorage, setLayout } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import type { WrittenElements } from "./written-elements.js";

/** Refuses datasets whose storage cannot be edited, by name. */
export function requireEditableStorage(description: DatasetDescription): void {
  requireLocalStorage(description);
  const { layout } = description;
  if (layout.kind === "chunked" && layout.indexing.type !== "btree-v1") {
    throw unsupported(`writing to chunks with a ${layout.indexing.type} index`);
  }
  if (layout.kind === "contiguous" && layout.version < 3) {
    throw unsupported(`writing to a dataset with a version ${layout.version} data layout message`);
  }
}

/** Writes elements of a dataset. */
export function* writeElements(object: ObjectState, elements: WrittenElements): Operation<void> {
  const { description } = datasetState(object);
  object.file.editing();
  requireEditableStorage(description);
  const { layout } = description;
  if (elements.byteLength === 0) return;
  object.file.lastSeen?.overwrites(object);
  switch (layout.kind) {
    case "compact":
      writeCompact(object, layout, elements);
      return;
    case "contiguous":
      yield* writeContiguous(object, layout, elements);
      return;
    case "chunked":
      yield* writeChunked(object, layout, elements);
      return;
    case "virtual":
      throw unsupported("writing to a virtual dataset");
  }
}

function writeCompact(object: ObjectState, layout: CompactLayout, elements: WrittenElements): void {
  const { size } = datasetState(object).description.datatype;
  const data = layout.data.slice();
  for (const { selection, bytes } of elements.parts()) {
    const { count, shape, start, step } = selection;
    copyBox(bytes, count, zeros(count.length), ones(count.length), data, shape, start, step, count, size);
  }
  setLayout(object, { ...layout, data });
}
