import type { Operation } from "../storage/operation.js";
import type { FileState } from "./file-state.js";

/** Ranges closer than this are read together. */
const largestGap = 4096;
/** Longest read made of several ranges. */
const largestWindow = 4 * 1024 * 1024;
/** Ranges at least this long are read on their own. */
const longRange = 256 * 1024;

/**
 * Reads ranges of raw data, neighbouring short ones in one piece.
 *
 * @param offsets - absolute, in ascending order
 * @returns the bytes of each range; short ones may share a buffer
 */
export function* readWindows(
  file: FileState,
  offsets: readonly number[],
  lengths: readonly number[],
): Operation<Uint8Array[]> {
  const results = new Array<Uint8Array>(offsets.length);
  const windowOffsets: number[] = [];
  const windows: Uint8Array[] = [];
  let first = 0;
  while (first < offsets.length) {
    const start = offsets[first];
    let end = start + lengths[first];
    let last = first + 1;
    while (last < offsets.length && lengths[last] < longRange && lengths[first] < longRange) {
      const reach = offsets[last] + lengths[last];
      if (offsets[last] < start || offsets[last] - end > largestGap || reach - start > largestWindow) break;
      if (reach > end) end = reach;
      last++;
    }
    const window = new Uint8Array(end - start);
    windowOffsets.push(start);
    windows.push(window);
    for (let index = first; index < last; index++) {
      results[index] = window.subarray(offsets[index] - start, offsets[index] - start + lengths[index]);
    }
    first = last;
  }
  yield* file.readRaw(windowOffsets, windows);
  return results;
}
