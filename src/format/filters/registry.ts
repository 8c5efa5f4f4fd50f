import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument, lookingAt, UnsupportedFeatureError } from "../errors.js";
import { nbitFilter, scaleOffsetFilter, szipFilter } from "./bit-packed.js";
import { deflateFilter } from "./deflate.js";
import type { Filter } from "./filter.js";
import { fletcher32Filter } from "./fletcher32.js";
import { lzfFilter } from "./lzf.js";
import { shuffleFilter } from "./shuffle.js";

const filters = new Map<number, Filter>(
  [deflateFilter, shuffleFilter, fletcher32Filter, szipFilter, nbitFilter, scaleOffsetFilter, lzfFilter].map(
    (filter) => [filter.id, filter],
  ),
);

/** Registered filters that are not built in: their names, and the modules that bring some of them. */
const knownFilters: ReadonlyMap<number, { readonly name: string; readonly module?: string }> = new Map([
  [305, { name: "LZO", module: "lzo" }],
  [307, { name: "bzip2", module: "bzip2" }],
  [32001, { name: "Blosc", module: "blosc" }],
  [32002, { name: "MAFISC" }],
  [32003, { name: "Snappy" }],
  [32004, { name: "LZ4", module: "lz4" }],
  [32008, { name: "bitshuffle", module: "bitshuffle" }],
  [32013, { name: "ZFP", module: "zfp" }],
  [32014, { name: "FPZIP" }],
  [32015, { name: "Zstandard", module: "zstd" }],
  [32017, { name: "SZ" }],
  [32018, { name: "FCIDECOMP", module: "fcidecomp" }],
  [32019, { name: "JPEG" }],
  [32022, { name: "BitGroom", module: "bitround" }],
  [32023, { name: "Granular BitRound", module: "bitround" }],
  [32024, { name: "SZ3" }],
  [32026, { name: "Blosc2", module: "blosc2" }],
  [32028, { name: "SPERR" }],
]);

/** Makes `filter` available to every file; one with the same identifier is replaced. */
export function registerFilter(filter: Filter): void {
  lookingAt(() => requireFilter(filter));
  filters.set(filter.id, filter);
}

function requireFilter(filter: Filter): void {
  if (!Number.isInteger(filter?.id) || filter.id < 1 || filter.id > 0xffff) {
    throw invalidArgument(
      `a filter has an identifier that is an integer from 1 to 65535, not ${describeValue(filter?.id)}`,
    );
  }
  if (typeof filter.decode !== "function") throw invalidArgument(`filter ${filter.id} has no decode function`);
  if (typeof filter.name !== "string") throw invalidArgument(`filter ${filter.id} has no name`);
}

/** The filter with this identifier, or `undefined`. */
export function findFilter(id: number): Filter | undefined {
  return filters.get(id);
}

/** The filter that has this identifier, or this name (any case, with "gzip" for deflate), or `undefined`. */
export function findFilterByName(name: string): Filter | undefined {
  const wanted = name.toLowerCase() === "gzip" ? "deflate" : name.toLowerCase();
  for (const filter of filters.values()) if (filter.name.toLowerCase() === wanted) return filter;
  return undefined;
}

/** What to call a filter in messages: its identifier and the name stored with it or known for it. */
export function filterLabel(id: number, storedName = ""): string {
  const name = filters.get(id)?.name ?? filterName(id, storedName);
  return name === "" ? `filter ${id}` : `filter ${id} (${name})`;
}

/** The name stored with a filter, else the one that is registered for it, else empty. */
export function filterName(id: number, storedName: string): string {
  return storedName === "" ? (filters.get(id)?.name ?? knownFilters.get(id)?.name ?? "") : storedName;
}

/**
 * The filter with this identifier.
 *
 * @throws UnsupportedFeatureError naming the identifier and, where one is stored or known, the name.
 */
export function getFilter(id: number, storedName = ""): Filter {
  const filter = filters.get(id);
  if (filter === undefined) {
    const label = filterLabel(id, storedName);
    const module = knownFilters.get(id)?.module;
    const remedy =
      module === undefined
        ? "is not supported; registerFilter can add it"
        : `is not supported by default; import "jangada/filters/${module}" to read it`;
    throw new UnsupportedFeatureError(label, `${label} ${remedy}`);
  }
  return filter;
}
