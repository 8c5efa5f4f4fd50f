import type { PlannedWrite } from "./operation.js";

/** Largest write made of several. */
const mergeLimit = 4 * 1024 * 1024;

/** A write that has not reached the device. */
export interface StagedWrite extends PlannedWrite {
  /** In space that nothing refers to yet. */
  readonly shadow: boolean;
}

/**
 * Consecutive writes that touch become one; past `newSpace`, where nothing is in use, also those that only alignment
 * padding separates.
 */
export function mergeAdjacent(writes: readonly StagedWrite[], newSpace: number): PlannedWrite[] {
  const merged: PlannedWrite[] = [];
  let start = 0;
  while (start < writes.length) {
    const first = writes[start];
    let end = start + 1;
    let reach = first.offset + first.bytes.length;
    for (; end < writes.length; end++) {
      const next = writes[end];
      const gap = next.offset - reach;
      if (gap < 0 || gap > (reach >= newSpace ? 7 : 0) || first.shadow !== next.shadow) break;
      if (next.offset + next.bytes.length - first.offset > mergeLimit) break;
      reach = next.offset + next.bytes.length;
    }
    if (end === start + 1) merged.push(first);
    else {
      const bytes = new Uint8Array(reach - first.offset);
      for (let index = start; index < end; index++) {
        bytes.set(writes[index].bytes, writes[index].offset - first.offset);
      }
      merged.push({ offset: first.offset, bytes });
    }
    start = end;
  }
  return merged;
}
