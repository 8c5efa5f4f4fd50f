import { invalidArgument, UnsupportedFeatureError } from "../errors.js";
import { deflateFilter } from "./deflate.js";
import type { Filter } from "./filter.js";
import { fletcher32Filter } from "./fletcher32.js";
import { lzfFilter } from "./lzf.js";
import { nbitFilter } from "./nbit.js";
import { scaleOffsetFilter } from "./scale-offset.js";
import { shuffleFilter } from "./shuffle.js";
import { szipFilter } from "./szip.js";

const filters = new Map<number, Filter>(
  [deflateFilter, shuffleFilter, fletcher32Filter, szipFilter, nbitFilter, scaleOffsetFilter, lzfFilter].map(
    (filter) => [filter.id, filter],
  ),
);

/** Names of registered filters that are not built in, for messages. */
const knownNames: ReadonlyMap<number, string> = new Map([
  [305, "LZO"],
  [307, "bzip2"],
  [32001, "Blosc"],
  [32002, "MAFISC"],
  [32003, "Snappy"],
  [32004, "LZ4"],
  [32008, "bitshuffle"],
  [32013, "ZFP"],
  [32014, "FPZIP"],
  [32015, "Zstandard"],
  [32017, "SZ"],
  [32018, "FCIDECOMP"],
  [32019, "JPEG"],
  [32022, "BitGroom"],
  [32023, "Granular BitRound"],
  [32024, "SZ3"],
  [32026, "Blosc2"],
  [32028, "SPERR"],
]);

/** Makes `filter` available to every file; one with the same identifier is replaced. */
export function registerFilter(filter: Filter): void {
  if (!Number.isInteger(filter.id) || filter.id < 1 || filter.id > 0xffff) {
    throw invalidArgument(`a filter identifier is an integer from 1 to 65535, not ${filter.id}`);
  }
  if (typeof filter.decode !== "function") throw invalidArgument(`filter ${filter.id} has no decode function`);
  filters.set(filter.id, filter);
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
  const name = filters.get(id)?.name ?? (storedName === "" ? knownNames.get(id) : storedName);
  return name === undefined || name === "" ? `filter ${id}` : `filter ${id} (${name})`;
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
    throw new UnsupportedFeatureError(label, `${label} is not supported; registerFilter can add it`);
  }
  return filter;
}
