import { UnsupportedFeatureError } from "../errors.js";
import type { DecodeTask } from "../storage/operation.js";
import type { FilterDescription, FilterPipeline } from "../structures/messages/filter-pipeline.js";
import { nbitFilter, scaleOffsetFilter } from "./bit-packed.js";
import { deflateFilter } from "./deflate.js";
import { deflateEncoder } from "./deflate-encoder.js";
import type { Encoder, Filter } from "./filter.js";
import { lzfEncoder, lzfFilter } from "./lzf.js";
import { nbitEncoder } from "./nbit-encoder.js";
import { stageFailure } from "./pipeline.js";
import { filterLabel, findFilter } from "./registry.js";
import { scaleOffsetEncoder } from "./scale-offset-encoder.js";

/** The writing halves of filters that have them apart. */
const encoders = new Map<Filter, Encoder>([
  [deflateFilter, deflateEncoder],
  [lzfFilter, lzfEncoder],
  [nbitFilter, nbitEncoder],
  [scaleOffsetFilter, scaleOffsetEncoder],
]);

/** The writing half of a filter, or `undefined` where there is none. */
export function findEncoder(id: number): Encoder | undefined {
  const filter = findFilter(id);
  if (filter === undefined) return undefined;
  return encoders.get(filter) ?? (filter.encode === undefined ? undefined : (filter as Encoder));
}

/** A task that applies a pipeline; the mask is known once it ran. */
export interface EncodeTask extends DecodeTask {
  /** Bit `i` is set where filter `i` was skipped. */
  readonly filterMask: number;
}

/** The mask bit of a filter that is left out of a chunk, where the pipeline allows that. */
function skipOptional(description: FilterDescription, index: number): number {
  if (description.optional && index < 32) return 2 ** index;
  const label = filterLabel(description.id, description.name);
  throw new UnsupportedFeatureError(
    `writing with ${label}`,
    `${label} cannot encode this chunk, and the dataset does not allow to leave it out`,
  );
}

/**
 * A task that applies all filters to one chunk, in order. Optional filters that cannot encode, or are not there, are
 * skipped and show in `filterMask` once the task ran.
 */
export function encodePipelineTask(pipeline: FilterPipeline, input: Uint8Array): EncodeTask {
  const { filters } = pipeline;
  let filterMask = 0;
  const runSync = (data: Uint8Array): Uint8Array => {
    let bytes = data;
    let mask = 0;
    for (let index = 0; index < filters.length; index++) {
      const description = filters[index];
      let encoded: Uint8Array | null | undefined;
      try {
        encoded = findEncoder(description.id)?.encode(bytes, description.clientData);
      } catch (error) {
        throw stageFailure(error, description, undefined);
      }
      if (encoded === null || encoded === undefined) mask += skipOptional(description, index);
      else bytes = encoded;
    }
    filterMask = mask;
    return bytes;
  };
  const run = async (data: Uint8Array): Promise<Uint8Array> => {
    let bytes = data;
    let mask = 0;
    for (let index = 0; index < filters.length; index++) {
      const description = filters[index];
      const filter = findEncoder(description.id);
      let encoded: Uint8Array | null | undefined;
      try {
        encoded =
          filter?.encodeAsync === undefined
            ? filter?.encode(bytes, description.clientData)
            : await filter.encodeAsync(bytes, description.clientData);
      } catch (error) {
        throw stageFailure(error, description, undefined);
      }
      if (encoded === null || encoded === undefined) mask += skipOptional(description, index);
      else bytes = encoded;
    }
    filterMask = mask;
    return bytes;
  };
  return {
    input,
    runSync,
    run,
    get filterMask() {
      return filterMask;
    },
  };
}
