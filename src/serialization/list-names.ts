/**
 * Names of the members of a stored list. Python's library loads them in the order of their text, so that past ten they
 * are padded with zeros; those that it wrote itself are not. Both are read.
 */

import { errorAt } from "./serialize.js";

/** The name of the member at `index` of a list of `length` items. */
export function listName(index: number, length: number): string {
  return String(index).padStart(String(Math.max(0, length - 1)).length, "0");
}

/**
 * The positions that the members of a stored list have, whatever the order in which they are stored.
 *
 * @throws HDF5Error `corrupt` where the names are not those of a list
 */
export function listPositions(names: Iterable<string>, count: number, path: string): Map<string, number> {
  const positions = new Map<string, number>();
  const taken = new Set<number>();
  const width = String(Math.max(0, count - 1)).length;
  for (const name of names) {
    const index = Number(name);
    const isName = /^\d+$/.test(name) && (name === String(index) || name.length === width);
    if (!isName || index >= count || taken.has(index)) {
      throw errorAt("corrupt", path, `a list of ${count} items has one named ${JSON.stringify(name)}`);
    }
    taken.add(index);
    positions.set(name, index);
  }
  return positions;
}
