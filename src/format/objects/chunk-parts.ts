import type { ChunkRecord } from "../chunks/chunk-index.js";
import type { PlannedChunk } from "../chunks/chunk-plan.js";
import { corrupt } from "../errors.js";
import { ones } from "../selection/axes.js";
import type { RunPlan, RunRange } from "../selection/contiguous-runs.js";
import { planRuns, scatterRuns } from "../selection/contiguous-runs.js";
import type { ResolvedSelection } from "../selection/selection.js";
import { boxLoops, joinedRanges } from "../selection/strides.js";
import type { Operation } from "../storage/operation.js";
import type { ChunkedLayout } from "../structures/messages/data-layout.js";
import { chunkBytes } from "./dataset-state.js";
import type { FileState } from "./file-state.js";

/** A request for a range costs about as much as so many bytes. */
const requestBytes = 64 * 1024;
/** Gaps up to this many bytes are read over on local devices. */
const localGap = 4096;
/** Bytes that are read together. */
const batchBytes = 16 * 1024 * 1024;

/** Gaps between parts of a chunk up to this many bytes are read over. */
export function gapWithin({ device }: FileState): number {
  return device.readSync === undefined ? requestBytes : localGap;
}

/** Whether so many ranges with so many bytes are better read than the chunk that has them. */
export function isSmallPart(layout: ChunkedLayout, ranges: number, bytes: number): boolean {
  return ranges * requestBytes + bytes <= 0.75 * chunkBytes(layout);
}

/** What is wanted of one chunk. */
interface Part {
  /** Where the chunk is in the file. */
  readonly offset: number;
  readonly plan: RunPlan;
}

/** Small parts of chunks without filters: the ranges of bytes that hold them are read, not the chunks. */
export class ChunkParts {
  readonly #file: FileState;
  readonly #layout: ChunkedLayout;
  readonly #selection: ResolvedSelection;
  readonly #target: Uint8Array;
  readonly #unit: readonly number[];
  #parts: Part[] = [];
  #bytes = 0;

  constructor(file: FileState, layout: ChunkedLayout, selection: ResolvedSelection, target: Uint8Array) {
    this.#file = file;
    this.#layout = layout;
    this.#selection = selection;
    this.#target = target;
    this.#unit = ones(selection.count.length);
  }

  /** Whether enough is wanted for it to be read. */
  get isFull(): boolean {
    return this.#bytes >= batchBytes;
  }

  /** Takes what is planned of a chunk without filters, unless that is better read with the whole chunk. */
  add(planned: PlannedChunk, record: ChunkRecord): boolean {
    if (planned.whole) return false;
    const { chunkDimensions, elementSize } = this.#layout;
    const { step, count } = this.#selection;
    const loops = boxLoops(
      { shape: chunkDimensions, start: planned.startInChunk, step },
      { shape: count, start: planned.startInResult, step: this.#unit },
      planned.count,
      elementSize,
    );
    const gap = gapWithin(this.#file);
    const { ranges, bytes } = joinedRanges(loops, gap);
    if (!isSmallPart(this.#layout, ranges, bytes)) return false;
    this.#parts.push({ offset: partsOffset(this.#file, this.#layout, record), plan: planRuns(loops, gap) });
    this.#bytes += bytes;
    return true;
  }

  /** Reads what was added into the result. */
  *read(): Operation<void> {
    const offsets: number[] = [];
    const targets: Uint8Array[] = [];
    const scattered: { readonly plan: RunPlan; readonly range: RunRange; readonly bytes: Uint8Array }[] = [];
    for (const { offset, plan } of this.#parts) {
      for (const range of plan.ranges) {
        const { dense, length, resultOffset, resultLength } = range;
        const bytes = dense ? this.#target.subarray(resultOffset, resultOffset + resultLength) : new Uint8Array(length);
        if (!dense) scattered.push({ plan, range, bytes });
        offsets.push(offset + range.offset);
        targets.push(bytes);
      }
    }
    this.#parts = [];
    this.#bytes = 0;
    yield* this.#file.readRaw(offsets, targets);
    for (const { plan, range, bytes } of scattered) scatterRuns(plan, range, bytes, this.#target);
  }
}

/** Where a chunk is in the file of which parts are read. */
export function partsOffset(file: FileState, layout: ChunkedLayout, { address, size }: ChunkRecord): number {
  const offset = file.offsetOf(address);
  const expected = chunkBytes(layout);
  if (size < expected) throw corrupt(`a chunk has ${size} bytes, expected ${expected}`, offset);
  return offset;
}
