/** How reads are joined. */
export interface ReadTuning {
  /** Largest hole between two reads that become one, in bytes. */
  readonly gap: number;
  /** Reads of this length and more stay alone and go straight into their target. */
  readonly direct: number;
  /** Longest joined read, in bytes. */
  readonly longest: number;
}

/** One request: `[offset, offset + length)` for the reads `order[from]` … `order[to - 1]`. */
export interface PlannedRead {
  readonly offset: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

/** Reads in the order of their offsets, joined into requests. */
export interface ReadPlan {
  readonly order: Uint32Array;
  readonly requests: readonly PlannedRead[];
}

/** Plans the reading of `targets[i]` from `offsets[i]`; empty targets need none. */
export function planReads(
  offsets: readonly number[],
  targets: readonly Uint8Array[],
  { gap, direct, longest }: ReadTuning,
): ReadPlan {
  const order = ascending(offsets, targets);
  const requests: PlannedRead[] = [];
  for (let from = 0; from < order.length; ) {
    const offset = offsets[order[from]];
    let end = offset + targets[order[from]].length;
    let to = from + 1;
    if (end - offset < direct) {
      for (; to < order.length; to++) {
        const start = offsets[order[to]];
        const { length } = targets[order[to]];
        if (length >= direct || start - end > gap || start + length - offset > longest) break;
        end = Math.max(end, start + length);
      }
    }
    requests.push({ offset, length: end - offset, from, to });
    from = to;
  }
  return { order, requests };
}

/** Copies what a joined request brought to its targets. */
export function scatter(
  bytes: Uint8Array,
  { offset, from, to }: PlannedRead,
  order: Uint32Array,
  offsets: readonly number[],
  targets: readonly Uint8Array[],
): void {
  for (let at = from; at < to; at++) {
    const target = targets[order[at]];
    const start = offsets[order[at]] - offset;
    target.set(bytes.subarray(start, start + target.length));
  }
}

function ascending(offsets: readonly number[], targets: readonly Uint8Array[]): Uint32Array {
  const order = new Uint32Array(targets.length);
  let count = 0;
  let isSorted = true;
  for (let index = 0; index < targets.length; index++) {
    if (targets[index].length === 0) continue;
    if (count > 0 && offsets[order[count - 1]] > offsets[index]) isSorted = false;
    order[count++] = index;
  }
  const used = order.subarray(0, count);
  if (!isSorted) used.sort((a, b) => offsets[a] - offsets[b]);
  return used;
}
