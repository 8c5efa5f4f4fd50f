import type { Operation } from "../storage/operation.js";
import { buildChunkBTree } from "../structures/chunk-btree.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import { encodeDataLayout } from "../structures/messages/data-layout.js";
import { encodeDataspace } from "../structures/messages/dataspace.js";
import { MessageType } from "../structures/messages/message-types.js";
import { freeBlocks, stageBlocks } from "./built-blocks.js";
import { encodeStagedChunks } from "./chunk-encoding.js";
import type { ChunkStore } from "./chunk-store.js";
import { datasetState, setLayout } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";

/** Stores what is staged of a dataset's chunks and brings its messages up to date. */
export function* stageDatasetMessages(object: ObjectState): Operation<void> {
  const state = object.dataset;
  if (state === null) return;
  if (state.chunks !== null && state.description.layout.kind === "chunked") {
    yield* encodeStagedChunks(object, state.chunks);
    if (state.chunks.indexChanged) stageIndex(object, state.description.layout, state.chunks);
  }
  const { layout, dataspace } = state.description;
  if (layout !== state.storedLayout) {
    object.setMessage(MessageType.DataLayout, 0, (writer) => encodeDataLayout(writer, layout));
    state.storedLayout = layout;
  }
  if (dataspace !== state.storedDataspace) {
    object.setMessage(MessageType.Dataspace, 0, (writer) => encodeDataspace(writer, dataspace));
    state.storedDataspace = dataspace;
  }
}

function stageIndex(object: ObjectState, layout: ChunkedLayout, store: ChunkStore): void {
  const { file } = object;
  const state = datasetState(object);
  freeBlocks(file, state.indexBlocks);
  state.indexBlocks = [];
  const records = store.sortedRecords().map(({ scaled, size, filterMask, address }) => ({
    offsets: scaled.map((coordinate, axis) => coordinate * layout.chunkDimensions[axis]),
    size,
    filterMask,
    address,
  }));
  let address: number | null = null;
  if (records.length > 0) {
    const { chunkInternalK } = file.context;
    const { chunkDimensions, elementSize } = layout;
    const allocate = (size: number): number => file.allocate(size);
    const built = buildChunkBTree(records, chunkDimensions, elementSize, chunkInternalK, file.context, allocate);
    state.indexBlocks = stageBlocks(file, built.blocks);
    address = built.address;
  }
  store.published();
  state.index = null;
  setLayout(object, { ...layout, address });
}
