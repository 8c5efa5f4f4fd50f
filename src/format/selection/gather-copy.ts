import { corrupt } from "../errors.js";
import type { GatherRuns } from "./gather.js";

/** Runs of at least this many bytes are copied by `set`, whose call costs as much as a loop over a shorter run. */
const longRun = 64;

/**
 * Copies the runs `[first, end)` to their places.
 *
 * @param base - where `source` begins, in bytes from what the runs are counted from
 */
export function copyGathered(
  source: Uint8Array,
  base: number,
  target: Uint8Array,
  runs: GatherRuns,
  first: number,
  end: number,
  elementSize: number,
): void {
  if (first >= end) return;
  const runBytes = runs.length * elementSize;
  const reach = runs.source[end - 1] * elementSize - base + runBytes;
  if (reach > source.length) throw corrupt(`expected ${reach} bytes of raw data, found ${source.length}`);
  const isAligned = ((source.byteOffset | target.byteOffset | base) & (runBytes - 1)) === 0;
  if (runs.length === 1 && isAligned && (runBytes === 4 || runBytes === 8)) {
    copyWords(source, base, target, runs, first, end, runBytes / 4);
    return;
  }
  for (let run = first; run < end; run++) {
    const from = runs.source[run] * elementSize - base;
    const to = runs.target[run] * elementSize;
    if (runBytes >= longRun) target.set(source.subarray(from, from + runBytes), to);
    else for (let byte = 0; byte < runBytes; byte++) target[to + byte] = source[from + byte];
  }
}

/** Copies single elements of one or two 32-bit words; signed, because those never become heap numbers. */
function copyWords(
  source: Uint8Array,
  base: number,
  target: Uint8Array,
  runs: GatherRuns,
  first: number,
  end: number,
  width: number,
): void {
  const from = new Int32Array(source.buffer, source.byteOffset, source.length >>> 2);
  const to = new Int32Array(target.buffer, target.byteOffset, target.length >>> 2);
  const shift = base / 4;
  const { source: sources, target: targets } = runs;
  if (width === 1) {
    for (let run = first; run < end; run++) to[targets[run]] = from[sources[run] - shift];
    return;
  }
  for (let run = first; run < end; run++) {
    const word = 2 * sources[run] - shift;
    const place = 2 * targets[run];
    to[place] = from[word];
    to[place + 1] = from[word + 1];
  }
}
