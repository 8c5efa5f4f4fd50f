import type { ChunkRecord } from "../chunks/chunk-index.js";
import { zeros } from "../selection/axes.js";
import type { BlocksSelection, EncodedSelection, PointsSelection } from "../selection/encoded-selection.js";
import type { VirtualMapping } from "../selection/virtual-mapping.js";
import type { Operation } from "../storage/operation.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import { elementCount } from "../structures/messages/dataspace.js";
import { chunkRecords, filtersOf } from "./chunked-read.js";
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
  /**
   * Bit `i` set: filter `i` of the pipeline was skipped for this chunk. All are set for chunks across the edge of a
   * dataset that does not filter these.
   */
  readonly filterMask: number;
}

/** A run of a dataset's bytes in another file. */
export type StoredFile = Omit<ExternalFile, "fileBytes">;

/** One part of a virtual dataset. */
export interface StoredMapping {
  /** Name of the source file; "." is the file itself. */
  readonly file: string;
  /** Path of the source dataset. */
  readonly dataset: string;
  /** What is taken of the source. */
  readonly sourceSelection: StoredSelection;
  /** Where it goes in the virtual dataset. */
  readonly virtualSelection: StoredSelection;
}

/** A selection, its numbers in plain arrays. */
export type StoredSelection =
  | Exclude<EncodedSelection, PointsSelection | BlocksSelection>
  | (Omit<PointsSelection, "coordinates"> & { readonly coordinates: readonly number[] })
  | (Omit<BlocksSelection, "bounds"> & { readonly bounds: readonly number[] });

/**
 * Where the raw data of a dataset are, as written: changes that are staged do not count. Plain objects, arrays,
 * numbers and strings, which JSON and `structuredClone` keep whole.
 */
export type StorageInfo =
  | {
      readonly layout: "compact";
      /** The bytes of the data, which are within the object header. */
      readonly data: readonly number[];
    }
  | {
      readonly layout: "contiguous";
      /** Absolute byte offset in the file; `null` where nothing is allocated or the data are in other files. */
      readonly offset: number | null;
      /** Bytes of all elements. */
      readonly size: number;
      readonly externalFiles: readonly StoredFile[];
    }
  | {
      readonly layout: "chunked";
      readonly chunkShape: readonly number[];
      /** Bytes of all chunks, as stored. */
      readonly size: number;
      readonly chunkCount: number;
      /** The chunks that are stored, in row-major order; the others have the fill value. */
      readonly chunks: readonly StoredChunk[];
    }
  | { readonly layout: "virtual"; readonly mappings: readonly StoredMapping[] };

/** Describes where the raw data of a dataset are. */
export function* storageInfo(object: ObjectState): Operation<StorageInfo> {
  const { layout, dataspace, datatype } = datasetState(object).description;
  switch (layout.kind) {
    case "compact":
      return { layout: "compact", data: Array.from(layout.data) };
    case "contiguous": {
      const files = yield* externalFiles(object);
      const isHere = layout.address !== null && files.length === 0;
      return {
        layout: "contiguous",
        offset: isHere ? object.file.offsetOf(layout.address) : null,
        size: elementCount(dataspace) * datatype.size,
        externalFiles: files.map(({ file, offset, size }) => ({ file, offset, size })),
      };
    }
    case "chunked":
      return yield* chunkedStorage(object, layout, dataspace.dimensions);
    case "virtual":
      return { layout: "virtual", mappings: (yield* virtualMappings(object)).map(storedMapping) };
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
  const { baseAddress } = object.file.context;
  const filterCount = datasetState(object).description.filterPipeline?.filters.length ?? 0;
  return {
    layout: "chunked",
    chunkShape: [...chunkDimensions],
    size: records.reduce((total, { size }) => total + size, 0),
    chunkCount: records.length,
    chunks: records.map((record) => ({
      start: record.scaled.map((coordinate, axis) => coordinate * chunkDimensions[axis]),
      offset: baseAddress + record.address,
      size: record.size,
      filterMask: filtersOf(object, layout, record) === null ? 2 ** Math.min(filterCount, 32) - 1 : record.filterMask,
    })),
  };
}

function byCoordinates(a: ChunkRecord, b: ChunkRecord): number {
  for (let axis = 0; axis < a.scaled.length; axis++) {
    if (a.scaled[axis] !== b.scaled[axis]) return a.scaled[axis] - b.scaled[axis];
  }
  return 0;
}

function storedMapping({ file, dataset, sourceSelection, virtualSelection }: VirtualMapping): StoredMapping {
  return {
    file,
    dataset,
    sourceSelection: plainSelection(sourceSelection),
    virtualSelection: plainSelection(virtualSelection),
  };
}

function plainSelection(selection: EncodedSelection): StoredSelection {
  switch (selection.kind) {
    case "points":
      return { ...selection, coordinates: Array.from(selection.coordinates) };
    case "blocks":
      return { ...selection, bounds: Array.from(selection.bounds) };
    default:
      return selection;
  }
}
