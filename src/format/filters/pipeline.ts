import { corrupt, HDF5Error, UnsupportedFeatureError } from "../errors.js";
import { NotLoaded } from "../storage/on-demand.js";
import type { DecodeTask } from "../storage/operation.js";
import type { ByteRange } from "../storage/storage.js";
import type { FilterDescription, FilterPipeline } from "../structures/messages/filter-pipeline.js";
import type { Filter } from "./filter.js";
import { filterLabel, getFilter } from "./registry.js";

/** One filter to undo. */
interface Stage {
  readonly filter: Filter;
  readonly description: FilterDescription;
  readonly expectedLength: number | null;
  readonly limit: number;
  /** Where the output belongs, for the last one. */
  readonly place: Uint8Array | null;
}

const noBytes = new Uint8Array(0);

function isSkipped(filterMask: number, index: number): boolean {
  // A mask has 32 bits; there is none for later filters, which always apply.
  return index < 32 && ((filterMask >>> index) & 1) === 1;
}

/** `error`, raised by a filter, with the filter's name and the chunk's place. */
export function stageFailure(error: unknown, description: FilterDescription, offset: number | undefined): unknown {
  if (error instanceof UnsupportedFeatureError || error instanceof NotLoaded) return error;
  const at = offset === undefined ? "" : ` (at byte ${offset})`;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof HDF5Error ? error.code : "corrupt";
  const cause = error instanceof HDF5Error ? error.cause : error;
  return new HDF5Error(code, `${filterLabel(description.id, description.name)}: ${message}${at}`, { offset, cause });
}

/** Bytes that the output of a filter may have where its length is not known, for a chunk of `length` bytes. */
function mostBytes(length: number): number {
  // What a filter made of the data may be somewhat larger than the data.
  return 2 * length + 65536;
}

/** The filters to undo, last first. `expectedLength` is `null` where the stored chunk may be longer than `limit` says. */
function decodeStages(
  pipeline: FilterPipeline,
  filterMask: number,
  expectedLength: number | null,
  limit: number,
  place: Uint8Array | null,
): Stage[] {
  const stages: Stage[] = [];
  let length = expectedLength;
  pipeline.filters.forEach((description, index) => {
    if (isSkipped(filterMask, index)) return;
    const filter = getFilter(description.id, description.name);
    const first = stages.length === 0;
    stages.push({ filter, description, expectedLength: length, limit: length ?? limit, place: first ? place : null });
    length = length === null ? null : (filter.encodedLength?.(length) ?? null);
  });
  return stages.reverse();
}

/** The output of a pipeline, checked and in its place where it has one. Of longer ones the first bytes count. */
function finished(
  output: Uint8Array,
  expectedLength: number,
  offset: number | undefined,
  place: Uint8Array | null,
): Uint8Array {
  if (output.length < expectedLength) {
    throw corrupt(`a chunk has ${output.length} bytes after its filters, expected ${expectedLength}`, offset);
  }
  if (output === place) return output;
  const bytes = output.length === expectedLength ? output : output.slice(0, expectedLength);
  if (place === null) return bytes;
  place.set(bytes);
  return place;
}

function undo(stages: readonly Stage[], encoded: Uint8Array, offset: number | undefined): Uint8Array {
  let bytes = encoded;
  for (const { filter, description, expectedLength, limit, place } of stages) {
    try {
      bytes = filter.decode(bytes, description.clientData, expectedLength, limit, place);
    } catch (error) {
      throw stageFailure(error, description, offset);
    }
  }
  return bytes;
}

async function undoAsync(
  stages: readonly Stage[],
  encoded: Uint8Array,
  offset: number | undefined,
): Promise<Uint8Array> {
  let bytes = encoded;
  for (const { filter, description, expectedLength, limit, place } of stages) {
    try {
      bytes =
        filter.decodeAsync === undefined
          ? filter.decode(bytes, description.clientData, expectedLength, limit, place)
          : await filter.decodeAsync(bytes, description.clientData, expectedLength, limit);
    } catch (error) {
      throw stageFailure(error, description, offset);
    }
  }
  return bytes;
}

/**
 * A task that undoes the filters of one chunk. Bit `i` of `filterMask` skips filter `i`; without filters the output
 * is the input.
 *
 * @param input - the encoded bytes, or where the driver finds them.
 * @param expectedLength - bytes of the unfiltered chunk; where the stored one has more, the first ones are taken.
 * @param offset - absolute byte offset of the chunk, for messages.
 * @param place - where the chunk belongs, which is then the output.
 * @throws UnsupportedFeatureError when a filter is not there; at once, not when the task runs.
 */
export function decodePipelineTask(
  pipeline: FilterPipeline,
  filterMask: number,
  input: Uint8Array | ByteRange,
  expectedLength: number,
  offset?: number,
  place: Uint8Array | null = null,
): DecodeTask {
  const most = mostBytes(expectedLength);
  const stages = decodeStages(pipeline, filterMask, expectedLength, most, place);
  // A chunk may be stored longer than it is: libhdf5 takes its first bytes.
  const longStages = (failure: unknown): Stage[] => {
    if (!(failure instanceof HDF5Error) || failure.code !== "corrupt") throw failure;
    return decodeStages(pipeline, filterMask, null, most, null);
  };
  const runSync = (encoded: Uint8Array): Uint8Array => {
    try {
      return finished(undo(stages, encoded, offset), expectedLength, offset, place);
    } catch (failure) {
      const long = longStages(failure);
      try {
        return finished(undo(long, encoded, offset), expectedLength, offset, place);
      } catch {
        throw failure;
      }
    }
  };
  const bytes = input instanceof Uint8Array ? { input } : { input: noBytes, source: input };
  if (!stages.some((stage) => stage.filter.decodeAsync !== undefined)) return { ...bytes, runSync };
  const run = async (encoded: Uint8Array): Promise<Uint8Array> => {
    try {
      return finished(await undoAsync(stages, encoded, offset), expectedLength, offset, place);
    } catch (failure) {
      const long = longStages(failure);
      try {
        return finished(await undoAsync(long, encoded, offset), expectedLength, offset, place);
      } catch {
        throw failure;
      }
    }
  };
  return { ...bytes, runSync, run };
}
