import { invalidArgument } from "../errors.js";
import { findEncoder } from "../filters/encode-pipeline.js";
import type { FilteredDataset, FilterOptions } from "../filters/filter.js";
import { findFilter, findFilterByName } from "../filters/registry.js";
import type { FilterDescription, FilterPipeline } from "../structures/messages/filter-pipeline.js";

/** A filter of a new dataset: its name, or its name or identifier with what it needs. */
export type FilterOption =
  | string
  | (FilterOptions & {
      /** Name ("deflate", "shuffle", "fletcher32", …) or registered identifier. */
      readonly id: string | number;
      /** Client data to store as they are, in place of those that follow from the options. */
      readonly clientData?: readonly number[];
      /** Store a chunk without this filter where it cannot process it. Default false, but true for LZF and scale-offset. */
      readonly optional?: boolean;
    });

/**
 * The pipeline that a list of filters means, exactly as listed.
 *
 * @throws HDF5Error `invalid-argument` for a filter that is not known, that can only be read, or that does not take such data.
 */
export function filterPipelineOf(
  options: readonly FilterOption[],
  dataset: FilteredDataset,
  version: 1 | 2,
): FilterPipeline | null {
  if (options.length === 0) return null;
  const filters = options.map((option): FilterDescription => {
    const { id, level, scaleFactor, clientData, optional } = typeof option === "string" ? { id: option } : option;
    const filter = typeof id === "number" ? findFilter(id) : findFilterByName(id);
    if (filter === undefined)
      throw invalidArgument(`the filter ${JSON.stringify(id)} is not known; registerFilter can add it`);
    const encoder = findEncoder(filter.id);
    if (encoder === undefined) throw invalidArgument(`the filter "${filter.name}" can only be read`);
    const data = clientData ?? encoder.clientDataFor?.({ level, scaleFactor }, dataset) ?? [];
    return { id: filter.id, name: filter.name, optional: optional ?? encoder.optional ?? false, clientData: data };
  });
  const ids = new Set(filters.map(({ id }) => id));
  if (ids.size !== filters.length) throw invalidArgument("a filter is listed twice");
  return { version, filters };
}
