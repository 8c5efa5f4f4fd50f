import { corrupt, HDF5Error } from "../errors.js";
import { contiguousRuns } from "../selection/contiguous-runs.js";
import type { ResolvedSelection } from "../selection/selection.js";
import type { Operation } from "../storage/operation.js";
import { delegate } from "../storage/operation.js";
import { datasetState } from "./dataset-state.js";
import type { ForeignFiles } from "./foreign-files.js";
import type { ObjectState } from "./object-state.js";
import type { ExternalFile } from "./stored-elsewhere.js";
import { externalFiles } from "./stored-elsewhere.js";

/** Reads of one external file. */
interface SlotReads {
  readonly slot: ExternalFile;
  readonly offsets: number[];
  readonly targets: Uint8Array[];
}

/**
 * Reads a selection of a dataset whose raw data are in other files into `target`, which is zero. Files that end early
 * are continued by zeros, as libhdf5 has it.
 *
 * @throws HDF5Error `not-found` where a file that is needed is missing.
 */
export function* readExternalData(
  foreign: ForeignFiles,
  object: ObjectState,
  selection: ResolvedSelection,
  target: Uint8Array,
): Operation<void> {
  const { datatype } = datasetState(object).description;
  const slots = yield* externalFiles(object);
  const plan = contiguousRuns(selection, selection.shape, datatype.size, 0);
  for (const { slot, offsets, targets } of readsBySlot(slots, plan.ranges, target)) {
    const file = yield* foreign.acquire(object.file, slot.file, "external-data");
    if (file === null) {
      throw new HDF5Error("not-found", `the file "${slot.file}", which holds raw data of the dataset, does not exist`);
    }
    const { host } = file;
    try {
      clipTo(host.device.size, offsets, targets);
      yield* delegate(host, function* read(): Operation<void> {
        yield { kind: "read", offsets, targets };
      });
    } finally {
      yield* foreign.release(file);
    }
  }
}

/** The reads of each file that is needed; ranges are in ascending order. */
function readsBySlot(
  slots: readonly ExternalFile[],
  ranges: Iterable<{ readonly offset: number; readonly length: number; readonly resultOffset: number }>,
  target: Uint8Array,
): SlotReads[] {
  const reads: SlotReads[] = [];
  let current: SlotReads | undefined;
  let index = 0;
  let slotStart = 0;
  for (const range of ranges) {
    let at = range.offset;
    const end = range.offset + range.length;
    while (at < end) {
      const slot = slots.at(index);
      if (slot === undefined) throw corrupt(`the external files of a dataset hold ${slotStart} bytes, it needs ${end}`);
      const slotEnd = slot.size === null ? Number.POSITIVE_INFINITY : slotStart + slot.size;
      if (at >= slotEnd) {
        slotStart = slotEnd;
        index++;
        continue;
      }
      if (current?.slot !== slot) {
        current = { slot, offsets: [], targets: [] };
        reads.push(current);
      }
      const length = Math.min(end, slotEnd) - at;
      const to = range.resultOffset + at - range.offset;
      current.offsets.push(slot.offset + at - slotStart);
      current.targets.push(target.subarray(to, to + length));
      at += length;
    }
  }
  return reads;
}

/** Leaves of each read what lies within a file of `size` bytes. */
function clipTo(size: number, offsets: number[], targets: Uint8Array[]): void {
  let kept = 0;
  for (let index = 0; index < offsets.length; index++) {
    if (offsets[index] >= size) continue;
    offsets[kept] = offsets[index];
    targets[kept++] = targets[index].subarray(0, size - offsets[index]);
  }
  offsets.length = kept;
  targets.length = kept;
}
