import type { FilterPipeline } from "../structures/messages/filter-pipeline.js";
import { decodePipelineTask } from "./pipeline.js";

/** Undoes the filters of a block of metadata that must then have `size` bytes; for heaps whose blocks are filtered. */
export function unfilter(pipeline: FilterPipeline, bytes: Uint8Array, filterMask: number, size: number): Uint8Array {
  return decodePipelineTask(pipeline, filterMask, bytes, size).runSync(bytes);
}
