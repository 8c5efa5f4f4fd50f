import { corrupt } from "../errors.js";
import type { FileContext } from "../structures/context.js";
import type { ChunkSegments } from "./array-index.js";

/** Chunks that stand one after another from `address` on (specification VII.B, "The Implicit Index"). */
export function implicitSegments(context: FileContext, address: number, chunkBytes: number): ChunkSegments {
  const { storage, baseAddress } = context;
  const available = Math.floor((storage.size - baseAddress - address) / chunkBytes);
  const all = {
    start: 0,
    end: Number.POSITIVE_INFINITY,
    elements: (index: number) => {
      if (index >= available) {
        throw corrupt(`chunk ${index} of ${chunkBytes} bytes lies beyond the end of the file`, baseAddress + address);
      }
      return address + index * chunkBytes;
    },
  };
  return { segment: () => all, segmentEnd: () => all.end };
}
