import type { ChunkIndex } from "../chunks/chunk-index.js";
import { createChunkIndex } from "../chunks/chunk-index.js";
import { corrupt, unsupported } from "../errors.js";
import { fillRepeating } from "../selection/copy.js";
import { ByteReader } from "../structures/byte-reader.js";
import type { ChunkedLayout, DataLayout } from "../structures/messages/data-layout.js";
import { decodeDataLayout } from "../structures/messages/data-layout.js";
import type { Dataspace } from "../structures/messages/dataspace.js";
import { decodeDataspace } from "../structures/messages/dataspace.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { decodeDatatype } from "../structures/messages/datatype.js";
import type { ExternalDataFiles } from "../structures/messages/external-data-files.js";
import { decodeExternalDataFiles } from "../structures/messages/external-data-files.js";
import type { FillValue } from "../structures/messages/fill-value.js";
import { decodeFillValue, decodeOldFillValue } from "../structures/messages/fill-value.js";
import type { FilterPipeline } from "../structures/messages/filter-pipeline.js";
import { decodeFilterPipeline } from "../structures/messages/filter-pipeline.js";
import { MessageType } from "../structures/messages/message-types.js";
import { decodeSharedMessage } from "../structures/messages/shared-message.js";
import type { OwnedBlock } from "./built-blocks.js";
import type { ChunkStore } from "./chunk-store.js";
import type { ObjectState } from "./object-state.js";
import { sharedFlag } from "./object-state.js";
import type { VirtualState } from "./virtual-layout.js";

/** What the messages of a dataset say of it. */
export interface DatasetDescription {
  readonly dataspace: Dataspace;
  readonly datatype: Datatype;
  /** Address of the committed datatype that the dataset uses. */
  readonly committedDatatype: number | null;
  readonly layout: DataLayout;
  readonly filterPipeline: FilterPipeline | null;
  readonly fillValue: FillValue | null;
  readonly externalFiles: ExternalDataFiles | null;
}

/** An open dataset: its description as staged, and its chunks. */
export interface DatasetState {
  description: DatasetDescription;
  /** Index of the stored chunks; created at the first use. */
  index: ChunkIndex | null;
  /** Staged chunks of a dataset that is being changed. */
  chunks: ChunkStore | null;
  /** Blocks of an index built in this session. */
  indexBlocks: readonly OwnedBlock[];
  /** The mappings of a virtual dataset; decoded at the first use. */
  virtual: VirtualState | null;
  /** The layout and dataspace that the object's messages have; a new dataset has no layout message before its commit. */
  storedLayout: DataLayout | null;
  storedDataspace: Dataspace;
}

/** The dataset's messages, decoded once. May miss bytes. */
export function datasetState(object: ObjectState): DatasetState {
  object.dataset ??= newDatasetState(decodeDescription(object));
  return object.dataset;
}

/** The state of a dataset that its messages describe. */
export function newDatasetState(description: DatasetDescription): DatasetState {
  return {
    description,
    index: null,
    chunks: null,
    indexBlocks: [],
    virtual: null,
    storedLayout: description.layout,
    storedDataspace: description.dataspace,
  };
}

/** Changes what is said of a dataset. */
export function describe(object: ObjectState, changes: Partial<DatasetDescription>): void {
  const { file } = object;
  const state = datasetState(object);
  const before = state.description;
  state.description = { ...before, ...changes };
  file.onUndo(() => {
    state.description = before;
  });
  file.touch(object);
}

function decodeDescription(object: ObjectState): DatasetDescription {
  const reader = (type: number): ByteReader | null => {
    const message = object.message(type);
    return message === undefined ? null : object.messageReader(message);
  };
  const required = (type: number, what: string): ByteReader => {
    const found = reader(type);
    if (found === null) {
      throw corrupt(`a dataset has no ${what} message`, object.file.offsetOf(object.address ?? 0));
    }
    return found;
  };
  const depth = object.file.context.limits.depth;
  const datatype = decodeDatatype(required(MessageType.Datatype, "datatype"), depth);
  const layout = decodeDataLayout(required(MessageType.DataLayout, "data layout"));
  const dataspace = decodeDataspace(required(MessageType.Dataspace, "dataspace"));
  const pipeline = reader(MessageType.FilterPipeline);
  const fill = reader(MessageType.FillValue);
  const oldFill = fill === null ? reader(MessageType.OldFillValue) : null;
  const external = reader(MessageType.ExternalDataFiles);
  if (layout.kind === "chunked" && layout.chunkDimensions.length !== dataspace.dimensions.length) {
    throw corrupt(
      `the chunks have ${layout.chunkDimensions.length} dimensions, the dataset has ${dataspace.dimensions.length}`,
      object.file.offsetOf(object.address ?? 0),
    );
  }
  return {
    dataspace,
    datatype,
    committedDatatype: committedAddress(object, MessageType.Datatype),
    layout,
    filterPipeline: pipeline === null ? null : decodeFilterPipeline(pipeline),
    fillValue: fill !== null ? decodeFillValue(fill) : oldFill !== null ? decodeOldFillValue(oldFill) : null,
    externalFiles: external === null ? null : decodeExternalDataFiles(external),
  };
}

/** Address of the object that a shared message is stored in. */
export function committedAddress(object: ObjectState, type: number): number | null {
  const message = object.message(type);
  if (message === undefined || (message.flags & sharedFlag) === 0) return null;
  const shared = decodeSharedMessage(new ByteReader(message.data, 0, object.file.context));
  return shared.kind === "committed" ? shared.address : null;
}

/** Layouts whose addresses are of space that was taken in this session. */
const placedHere = new WeakSet<DataLayout>();

/** Whether a layout's address was taken in this session, and is not the file's word. */
export function isPlacedHere(layout: DataLayout): boolean {
  return placedHere.has(layout);
}

/** Sets the layout as it will be stored, in space that was taken in this session. */
export function setLayout(object: ObjectState, layout: DataLayout): void {
  placedHere.add(layout);
  describe(object, { layout });
}

/** The index of a chunked dataset's stored chunks, or `null` when there are none. */
export function chunkIndex(object: ObjectState, layout: ChunkedLayout): ChunkIndex | null {
  const state = datasetState(object);
  if (layout.address === null) return null;
  const { dataspace, filterPipeline } = state.description;
  state.index ??= createChunkIndex(
    object.file.context,
    layout,
    dataspace.dimensions,
    dataspace.maxDimensions,
    filterPipeline !== null && filterPipeline.filters.length > 0,
  );
  return state.index;
}

/** The stored bytes of the fill value; `null` for zeros. */
export function fillBytes(description: DatasetDescription): Uint8Array | null {
  const { fillValue, datatype } = description;
  if (fillValue === null || fillValue.status !== "user" || fillValue.value === null) return null;
  if (fillValue.fillTime === "never") return null;
  if (fillValue.value.length !== datatype.size) {
    throw corrupt(`a fill value has ${fillValue.value.length} bytes, the elements have ${datatype.size}`);
  }
  return fillValue.value.some((byte) => byte !== 0) ? fillValue.value : null;
}

/** Refuses storage that this library does not reach. */
export function requireLocalStorage(description: DatasetDescription): void {
  if (description.externalFiles !== null && description.layout.kind === "contiguous") {
    throw unsupported("raw data in external files");
  }
  if (description.layout.kind === "virtual") throw unsupported("a virtual dataset");
}

/** Bytes of one decoded chunk. */
export function chunkBytes(layout: ChunkedLayout): number {
  const bytes = layout.chunkDimensions.reduce((product, extent) => product * extent, layout.elementSize);
  if (bytes > 0xffffffff || bytes === 0) throw corrupt(`a chunk of ${bytes} bytes is not possible`);
  return bytes;
}

/** Fills a result with the fill value; it is zeros already. */
export function fillResult(target: Uint8Array, description: DatasetDescription): void {
  const fill = fillBytes(description);
  if (fill !== null) fillRepeating(target, 0, target.length, fill);
}
