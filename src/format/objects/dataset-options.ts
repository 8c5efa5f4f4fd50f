import type { Known } from "../../arguments/known-options.js";
import type { Synonyms } from "../../arguments/option-problem.js";
import { invalidArgument } from "../errors.js";
import type { CallOptions } from "./call-options.js";
import { callNames } from "./call-options.js";
import type { FilterOption } from "./filter-options.js";
import { withoutAliases } from "./option-aliases.js";
import { requireOptions } from "./required-options.js";

/** What may be said of a new dataset beside its element type. */
export interface DatasetOptions {
  /** Initial values: a typed array, nested arrays, an `NDArray`, a single value, `null` for a null dataspace. */
  readonly data?: unknown;
  /** Dimensions; default those of `data`. `[]` is a scalar. */
  readonly shape?: readonly number[];
  /** Largest dimensions, `null` for unlimited ones; default `shape`. */
  readonly maxShape?: readonly (number | null)[];
  /**
   * Chunk dimensions, or `true` for suggested ones: of 16 KiB or more where the dataset can grow, so each such dataset
   * takes that much space at least. Give smaller ones for very many datasets that stay tiny.
   */
  readonly chunks?: readonly number[] | true;
  /** Filters in the order in which they are applied, exactly as listed; they need chunks. */
  readonly filters?: readonly FilterOption[];
  /** Value of elements that were never written; default zero. */
  readonly fillValue?: unknown;
  /** Storage; default `chunked` where chunks, filters or growth need it, else `contiguous`. */
  readonly layout?: "compact" | "contiguous" | "chunked";
  /** List attributes in the order of their creation. Default false. */
  readonly trackOrder?: boolean;
}

/**
 * What h5py and h5wasm call options of a new dataset, taken for what it means there; `null` counts as left out. An
 * option that is given in both spellings is an error.
 */
export interface DatasetOptionAliases {
  /** `maxShape`. */
  readonly maxshape?: readonly (number | null)[] | null;
  /** `fillValue`. */
  readonly fillvalue?: unknown;
  /** `trackOrder`. */
  readonly track_order?: boolean;
  /**
   * In place of `filters`: `"gzip"`, `"lzf"` or the name of another filter; 0 to 9 for gzip of that level; larger numbers
   * are identifiers. The filters that these options mean are applied in h5py's order: scale-offset, shuffle, compression,
   * fletcher32.
   */
  readonly compression?: string | number | null;
  /** For `compression`: the level of gzip (default 4), or the client data of another filter. */
  readonly compression_opts?: number | readonly number[] | null;
  /** The filter `shuffle`, before the compression. */
  readonly shuffle?: boolean | null;
  /** The filter `fletcher32`, after the compression. */
  readonly fletcher32?: boolean | null;
  /** The filter `scaleoffset`: its `scaleFactor`, or `true` for as many bits as integers need. */
  readonly scaleoffset?: number | boolean | null;
}

/** What is not part of the canonical options, once read. */
type Given = DatasetOptions & DatasetOptionAliases & { readonly dtype?: unknown } & CallOptions;

const datasetNames: Known<Given> = {
  data: true,
  shape: "array",
  dtype: true,
  maxShape: "array",
  chunks: true,
  filters: "array",
  fillValue: true,
  layout: ["compact", "contiguous", "chunked"],
  trackOrder: "boolean",
  ...callNames,
  maxshape: true,
  fillvalue: true,
  track_order: true,
  compression: true,
  compression_opts: true,
  shuffle: [true, false, null],
  fletcher32: [true, false, null],
  scaleoffset: true,
};

const datasetSynonyms: Synonyms = {
  compressionLevel: "filters",
  compression_level: "filters",
  level: "filters",
  filter: "filters",
  gzip: "compression",
  type: "dtype",
  size: "shape",
  dims: "shape",
  value: "data",
  values: "data",
};

/**
 * The options of a new dataset in one spelling.
 *
 * @throws HDF5Error `invalid-argument` for options that are not known, contradict each other, or have values of the
 * wrong kind
 */
export function datasetOptions(given: unknown): DatasetOptions {
  if (given === undefined) throw invalidArgument('createDataset needs options with "data", or "shape" and "dtype"');
  requireOptions("createDataset", given, datasetNames, datasetSynonyms);
  const options = withoutAliases(given as Given, {
    maxshape: "maxShape",
    fillvalue: "fillValue",
    track_order: "trackOrder",
  });
  requireOptions("createDataset", options, datasetNames);
  const { compression, compression_opts, shuffle, fletcher32, scaleoffset } = options;
  const filters = filtersOf({ compression, compression_opts, shuffle, fletcher32, scaleoffset });
  if (filters.length === 0) return options;
  if (options.filters !== undefined) {
    throw invalidArgument(
      "createDataset: filters are given as a list and by the options that h5py has; give one of them",
    );
  }
  return { ...options, filters };
}

function filtersOf(options: DatasetOptionAliases): FilterOption[] {
  const { shuffle, fletcher32, scaleoffset } = options;
  const filters: FilterOption[] = [];
  if (scaleoffset === true) filters.push("scaleoffset");
  else if (typeof scaleoffset === "number") filters.push({ id: "scaleoffset", scaleFactor: scaleoffset });
  else if (scaleoffset) throw invalidArgument("createDataset: scaleoffset is a number, or true");
  if (shuffle === true) filters.push("shuffle");
  const compression = compressionOf(options);
  if (compression !== null) filters.push(compression);
  if (fletcher32 === true) filters.push("fletcher32");
  return filters;
}

function compressionOf({ compression, compression_opts: settings }: DatasetOptionAliases): FilterOption | null {
  const given = settings !== undefined && settings !== null;
  if (compression === undefined || compression === null) {
    if (given) throw invalidArgument('createDataset: "compression_opts" needs "compression"');
    return null;
  }
  if (given && typeof settings !== "number" && !Array.isArray(settings)) {
    throw invalidArgument('createDataset: "compression_opts" is a number or a list of numbers');
  }
  if (typeof compression === "number" && compression < 10) {
    if (given)
      throw invalidArgument(`createDataset: compression ${compression} is a level; give "gzip" or no other one`);
    return { id: "deflate", level: compression };
  }
  if (typeof compression !== "string" && typeof compression !== "number") {
    throw invalidArgument('createDataset: "compression" is the name or identifier of a filter, or the level of gzip');
  }
  if (!given) return { id: compression };
  if (typeof settings !== "number") return { id: compression, clientData: settings };
  return typeof compression === "string"
    ? { id: compression, level: settings }
    : { id: compression, clientData: [settings] };
}
