import { corrupt, HDF5Error, UnsupportedFeatureError } from "../errors.js";
import type { DecodeTask } from "../storage/operation.js";
import type { FilterDescription, FilterPipeline } from "../structures/messages/filter-pipeline.js";
import type { Filter } from "./filter.js";
import { filterLabel, getFilter } from "./registry.js";

/** One filter to undo. */
interface Stage {
  readonly filter: Filter;
  readonly description: FilterDescription;
  readonly expectedLength: number | null;
  readonly limit: number;
}

function isSkipped(filterMask: number, index: number): boolean {
  // A mask has 32 bits; there is none for later filters, which always apply.
  return index < 32 && ((filterMask >>> index) & 1) === 1;
}

/** `error`, raised by a filter, with the filter's name and the chunk's place. */
export function stageFailure(error: unknown, description: FilterDescription, offset: number | undefined): unknown {
  if (error instanceof UnsupportedFeatureError) return error;
  const at = offset === undefined ? "" : ` (at byte ${offset})`;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof HDF5Error ? error.code : "corrupt";
  const cause = error instanceof HDF5Error ? error.cause : error;
  return new HDF5Error(code, `${filterLabel(description.id, description.name)}: ${message}${at}`, { offset, cause });
}

function decodeStages(pipeline: FilterPipeline, filterMask: number, expectedLength: number): Stage[] {
  const stages: Stage[] = [];
  let length: number | null = expectedLength;
  pipeline.filters.forEach((description, index) => {
    if (isSkipped(filterMask, index)) return;
    const filter = getFilter(description.id, description.name);
    // What a filter made of the data may be somewhat larger than the data; where its size is hidden by another
    // filter this still bounds what is allocated.
    stages.push({ filter, description, expectedLength: length, limit: length ?? 2 * expectedLength + 65536 });
    length = length === null ? null : (filter.encodedLength?.(length) ?? null);
  });
  return stages.reverse();
}

function requireLength(output: Uint8Array, expectedLength: number, offset: number | undefined): Uint8Array {
  if (output.length !== expectedLength) {
    throw corrupt(`a chunk has ${output.length} bytes after its filters, expected ${expectedLength}`, offset);
  }
  return output;
}

/**
 * A task that undoes the filters of one chunk. Bit `i` of `filterMask` skips filter `i`; without filters the output
 * is the input.
 *
 * @param expectedLength - bytes of the unfiltered chunk.
 * @param offset - absolute byte offset of the chunk, for messages.
 * @throws UnsupportedFeatureError when a filter is not there; at once, not when the task runs.
 */
export function decodePipelineTask(
  pipeline: FilterPipeline,
  filterMask: number,
  input: Uint8Array,
  expectedLength: number,
  offset?: number,
): DecodeTask {
  const stages = decodeStages(pipeline, filterMask, expectedLength);
  const runSync = (encoded: Uint8Array): Uint8Array => {
    let bytes = encoded;
    for (const { filter, description, expectedLength: length, limit } of stages) {
      try {
        bytes = filter.decode(bytes, description.clientData, length, limit);
      } catch (error) {
        throw stageFailure(error, description, offset);
      }
    }
    return requireLength(bytes, expectedLength, offset);
  };
  if (!stages.some((stage) => stage.filter.decodeAsync !== undefined)) return { input, runSync };
  const run = async (encoded: Uint8Array): Promise<Uint8Array> => {
    let bytes = encoded;
    for (const { filter, description, expectedLength: length, limit } of stages) {
      try {
        bytes =
          filter.decodeAsync === undefined
            ? filter.decode(bytes, description.clientData, length, limit)
            : await filter.decodeAsync(bytes, description.clientData, length, limit);
      } catch (error) {
        throw stageFailure(error, description, offset);
      }
    }
    return requireLength(bytes, expectedLength, offset);
  };
  return { input, runSync, run };
}
