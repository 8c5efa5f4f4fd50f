import type { ChunkSegments } from "./array-index.js";

/** Chunks that stand one after another from `address` on (specification VII.B, "The Implicit Index"). */
export function implicitSegments(address: number, chunkBytes: number): ChunkSegments {
  const all = {
    start: 0,
    end: Number.POSITIVE_INFINITY,
    elements: (index: number) => address + index * chunkBytes,
  };
  return { segment: () => all, segmentEnd: () => all.end };
}
