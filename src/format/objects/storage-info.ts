import type { ChunkRecord } from "../chunks/chunk-index.js";
import { zeros } from "../selection/axes.js";
import type { VirtualMapping } from "../selection/virtual-mapping.js";
import type { Operation } from "../storage/operation.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import { elementCount } from "../structures/messages/dataspace.js";
import { chunkRecords } from "./chunked-read.js";
import { datasetState } from "./dataset-state.js";
import type { ObjectState } from "./object-state.js";
import type { ExternalFile } from "./stored-elsewhere.js";
import { externalFiles, virtualMappings } from "./stored-elsewhere.js";

/** Where one chunk is stored. */
export interface StoredChunk {
  /** Indices of the chunk's first element. */
  readonly start: readonly number[];
  /** Absolute byte offset in the file. */
  readonly offset: number;
  /** Stored bytes, filters applied. */
  readonly size: number;
  /** Bit `i` set: filter `i` of the pipeline was skipped for this chunk. */
  readonly filterMask: number;
}

/** Where the raw data of a dataset are, as written: changes that are staged do not count. */
export type StorageInfo =
  | {
      readonly layout: "compact";
      /** The data, which are within the object header. */
      readonly data: Uint8Array;
    }
  | {
      readonly layout: "contiguous";
      /** Absolute byte offset in the file; `null` where nothing is allocated or the data are in other files. */
      readonly offset: number | null;
      /** Bytes of all elements. */
      readonly size: number;
      readonly externalFiles: readonly ExternalFile[];
    }
  | {
      readonly layout: "chunked";
      readonly chunkShape: readonly number[];
      /** Bytes of all chunks, as stored. */
      readonly size: number;
      readonly chunkCount: number;
      /** The chunks that are stored, in row-major order; the others have the fill value. */
      readonly chunks: Iterable<StoredChunk>;
    }
  | { readonly layout: "virtual"; readonly mappings: readonly VirtualMapping[] };

/** Describes where the raw data of a dataset are. */
export function* storageInfo(object: ObjectState): Operation<StorageInfo> {
  const { layout, dataspace, datatype } = datasetState(object).description;
  switch (layout.kind) {
    case "compact":
      return { layout: "compact", data: layout.data.slice() };
    case "contiguous": {
      const files = yield* externalFiles(object);
      const isHere = layout.address !== null && files.length === 0;
      return {
        layout: "contiguous",
        offset: isHere ? object.file.offsetOf(layout.address) : null,
        size: elementCount(dataspace) * datatype.size,
        externalFiles: files,
      };
    }
    case "chunked":
      return yield* chunkedStorage(object, layout, dataspace.dimensions);
    case "virtual":
      return { layout: "virtual", mappings: yield* virtualMappings(object) };
  }
}

function* chunkedStorage(
  object: ObjectState,
  layout: ChunkedLayout,
  dimensions: readonly number[],
): Operation<StorageInfo> {
  const { chunkDimensions } = layout;
  const high = dimensions.map((extent, axis) => Math.ceil(extent / chunkDimensions[axis]) - 1);
  const found = high.includes(-1) ? [] : (yield* chunkRecords(object, layout, zeros(high.length), high)).values();
  const records = [...found].sort(byCoordinates);
  return {
    layout: "chunked",
    chunkShape: chunkDimensions,
    size: records.reduce((total, { size }) => total + size, 0),
    chunkCount: records.length,
    chunks: new StoredChunks(records, chunkDimensions, object.file.context.baseAddress),
  };
}

function byCoordinates(a: ChunkRecord, b: ChunkRecord): number {
  for (let axis = 0; axis < a.scaled.length; axis++) {
    if (a.scaled[axis] !== b.scaled[axis]) return a.scaled[axis] - b.scaled[axis];
  }
  return 0;
}

/** Descriptions of chunks, made as they are asked for. */
class StoredChunks implements Iterable<StoredChunk> {
  readonly #records: readonly ChunkRecord[];
  readonly #chunkDimensions: readonly number[];
  readonly #baseAddress: number;

  constructor(records: readonly ChunkRecord[], chunkDimensions: readonly number[], baseAddress: number) {
    this.#records = records;
    this.#chunkDimensions = chunkDimensions;
    this.#baseAddress = baseAddress;
  }

  *[Symbol.iterator](): Generator<StoredChunk, void, undefined> {
    for (const { scaled, address, size, filterMask } of this.#records) {
      const start = scaled.map((coordinate, axis) => coordinate * this.#chunkDimensions[axis]);
      yield { start, offset: this.#baseAddress + address, size, filterMask };
    }
  }
}
