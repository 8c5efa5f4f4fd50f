import { corrupt } from "../errors.js";
import type { GatherRuns } from "../selection/gather.js";
import { copyGathered } from "../selection/gather-copy.js";
import type { Operation } from "../storage/operation.js";
import type { FileState } from "./file-state.js";

/** Longest read made of several runs. */
const largestWindow = 1024 * 1024;
/** Bytes that are read and worked on together. */
const batchBytes = 32 * 1024 * 1024;

/** Runs `[first, end)` that are read together. */
export interface Window {
  /** Where what the runs are counted from begins in the file. */
  readonly start: number;
  /** First byte, counted from there. */
  readonly offset: number;
  readonly length: number;
  readonly runs: GatherRuns;
  readonly first: number;
  readonly end: number;
}

/** Joins runs that are at most `gap` bytes apart. */
export function* windowsOf(start: number, runs: GatherRuns, elementSize: number, gap: number): Generator<Window> {
  const { source, length } = runs;
  const runBytes = length * elementSize;
  for (let first = 0; first < source.length; ) {
    const offset = source[first] * elementSize;
    let reach = offset + runBytes;
    let end = first + 1;
    while (end < source.length) {
      const from = source[end] * elementSize;
      // Where an index is repeated, runs begin again before the window.
      if (from < offset || from - reach > gap || from + runBytes - offset > largestWindow) break;
      reach = Math.max(reach, from + runBytes);
      end++;
    }
    yield { start, offset, length: reach - offset, runs, first, end };
    first = end;
  }
}

/** Windows that are read together. */
export class Windows {
  readonly #file: FileState;
  readonly #target: Uint8Array;
  readonly #elementSize: number;
  #windows: Window[] = [];
  #bytes = 0;

  constructor(file: FileState, target: Uint8Array, elementSize: number) {
    this.#file = file;
    this.#target = target;
    this.#elementSize = elementSize;
  }

  /** Whether enough is wanted for it to be read. */
  get isFull(): boolean {
    return this.#bytes >= batchBytes;
  }

  add(window: Window): void {
    this.#windows.push(window);
    this.#bytes += window.length;
  }

  /** Reads what was added into the result. */
  *read(): Operation<void> {
    const windows = this.#windows;
    this.#windows = [];
    this.#bytes = 0;
    const size = this.#file.size;
    for (const { start, offset, length } of windows) {
      if (start + offset + length > size) throw corrupt("raw data go beyond the end of the file", start + offset);
    }
    const buffers = windows.map(({ length }) => new Uint8Array(length));
    yield* this.#file.readRaw(
      windows.map(({ start, offset }) => start + offset),
      buffers,
    );
    for (let at = 0; at < windows.length; at++) {
      const { offset, runs, first, end } = windows[at];
      copyGathered(buffers[at], offset, this.#target, runs, first, end, this.#elementSize);
    }
  }
}
