import type { Known } from "../../arguments/known-options.js";
import type { Synonyms } from "../../arguments/option-problem.js";
import { invalidArgument } from "../errors.js";
import { findEncoder } from "../filters/encode-pipeline.js";
import type { Encoder, Filter, FilteredDataset, FilterOptions } from "../filters/filter.js";
import { findFilter, findFilterByName } from "../filters/registry.js";
import type { FilterDescription, FilterPipeline } from "../structures/messages/filter-pipeline.js";
import { requireOptions } from "./required-options.js";

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

type FilterObject = Exclude<FilterOption, string>;

const filterNames: Known<FilterObject> = {
  id: true,
  level: "number",
  scaleFactor: "number",
  clientData: "array",
  optional: "boolean",
};

/** What others call the level of a compression, most of all. */
const filterSynonyms: Synonyms = {
  opts: "level",
  options: "level",
  compression_opts: "level",
  clevel: "level",
  quality: "level",
  cd_values: "clientData",
  parameters: "clientData",
  name: "id",
  filter: "id",
  scale: "scaleFactor",
};

/** The options of one filter as an object. */
function filterObject(option: FilterOption): FilterObject {
  if (typeof option === "string") return { id: option };
  requireOptions("filters", option, filterNames, filterSynonyms);
  if (option === undefined || (typeof option.id !== "string" && typeof option.id !== "number")) {
    throw invalidArgument('filters are given by name, or as objects with an "id" that is a name or an identifier');
  }
  const isValid = (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffffffff;
  if (option.clientData?.every(isValid) === false) {
    throw invalidArgument("the client data of a filter are integers from 0 to 4294967295");
  }
  return option;
}

/**
 * Client data that follow from what is said of a filter.
 *
 * @throws HDF5Error `invalid-argument` for an option that the filter does not have
 */
function clientDataFor(
  filter: Filter,
  encoder: Encoder,
  option: FilterObject,
  dataset: FilteredDataset,
): readonly number[] {
  const used = new Set<string>();
  const options: FilterOptions = {
    get level() {
      used.add("level");
      return option.level;
    },
    get scaleFactor() {
      used.add("scaleFactor");
      return option.scaleFactor;
    },
  };
  const data = option.clientData ?? encoder.clientDataFor?.(options, dataset) ?? [];
  for (const name of ["level", "scaleFactor"] as const) {
    if (option[name] === undefined || used.has(name)) continue;
    const reason = option.clientData === undefined ? "the filter does not have it" : "the client data take its place";
    throw invalidArgument(`filters: the option "${name}" means nothing for "${filter.name}": ${reason}`);
  }
  return data;
}

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
    const given = filterObject(option);
    const { id } = given;
    const filter = typeof id === "number" ? findFilter(id) : findFilterByName(id);
    if (filter === undefined)
      throw invalidArgument(`the filter ${JSON.stringify(id)} is not known; registerFilter can add it`);
    const encoder = findEncoder(filter.id);
    if (encoder === undefined) throw invalidArgument(`the filter "${filter.name}" can only be read`);
    const optional = given.optional ?? encoder.optional ?? false;
    return { id: filter.id, name: filter.name, optional, clientData: clientDataFor(filter, encoder, given, dataset) };
  });
  const ids = new Set(filters.map(({ id }) => id));
  if (ids.size !== filters.length) throw invalidArgument("a filter is listed twice");
  return { version, filters };
}
