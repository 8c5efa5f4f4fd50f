import { invalidArgument } from "../errors.js";
import type { BTreeV2Level, BTreeV2Parameters, BTreeV2Pointer } from "./btree-v2-node.js";
import { bTreeV2HeaderSize, bTreeV2Levels, encodeBTreeV2Header, encodeBTreeV2Node } from "./btree-v2-node.js";
import type { FieldSizes } from "./byte-reader.js";

/*
 * Building whole version 2 B-trees (specification III.A.2, "Disk Format: Level 1A2 - Version 2 B-trees").
 */

/** Reserves `size` bytes of the file and answers their address. */
export type Allocate = (size: number) => number;

/** Bytes to be written at an address. */
export interface PlacedBlock {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** A structure built from nothing: its address and everything to be written. */
export interface BuiltStructure {
  readonly address: number;
  readonly blocks: readonly PlacedBlock[];
}

/** Node size and percentages that indexes of links, attributes and huge objects use. */
export const smallBTreeV2 = { nodeSize: 512, splitPercent: 100, mergePercent: 40 } as const;

/** Node size and percentages that chunk indexes use. */
export const chunkBTreeV2 = { nodeSize: 2048, splitPercent: 100, mergePercent: 40 } as const;

/**
 * Builds the tree of `records`, which must be in the order of their type and of `parameters.recordSize` bytes.
 *
 * Nodes are filled evenly, so that none is below the percentage at which nodes are merged.
 */
export function buildBTreeV2(
  parameters: BTreeV2Parameters,
  records: readonly Uint8Array[],
  sizes: FieldSizes,
  allocate: Allocate,
): BuiltStructure {
  for (const record of records) {
    if (record.length !== parameters.recordSize) {
      throw invalidArgument(`a B-tree record has ${record.length} bytes, expected ${parameters.recordSize}`);
    }
  }
  const address = allocate(bTreeV2HeaderSize(sizes));
  const blocks: PlacedBlock[] = [];
  let depth = 0;
  let root: BTreeV2Pointer | null = null;
  if (records.length > 0) {
    let { levels, countWidth } = bTreeV2Levels(parameters.nodeSize, parameters.recordSize, 0, sizes);
    while (levels[depth].maxTotalRecords < records.length) {
      depth++;
      ({ levels, countWidth } = bTreeV2Levels(parameters.nodeSize, parameters.recordSize, depth, sizes));
      if (levels[depth].maxRecords < 2) throw invalidArgument("B-tree nodes are too small for their records");
    }
    root = buildNode({ parameters, records, sizes, allocate, levels, countWidth, blocks }, 0, records.length, depth);
  }
  blocks.push({ address, bytes: encodeBTreeV2Header(parameters, depth, root, sizes) });
  return { address, blocks };
}

interface Build {
  readonly parameters: BTreeV2Parameters;
  readonly records: readonly Uint8Array[];
  readonly sizes: FieldSizes;
  readonly allocate: Allocate;
  readonly levels: readonly BTreeV2Level[];
  readonly countWidth: number;
  readonly blocks: PlacedBlock[];
}

/** Builds the node of records `[start, end)` at `level`, children first. */
function buildNode(build: Build, start: number, end: number, level: number): BTreeV2Pointer {
  const { parameters, records, sizes, levels, countWidth } = build;
  const own: Uint8Array[] = [];
  const children: BTreeV2Pointer[] = [];
  let totalWidth = 0;
  if (level === 0) {
    for (let index = start; index < end; index++) own.push(records[index]);
  } else {
    const below = levels[level - 1];
    totalWidth = below.totalWidth;
    const count = end - start;
    // `n` children take `n - 1` records between them.
    const childCount = Math.max(2, Math.ceil((count + 1) / (below.maxTotalRecords + 1)));
    const shared = count - (childCount - 1);
    const least = Math.floor(shared / childCount);
    const larger = shared % childCount;
    let at = start;
    for (let child = 0; child < childCount; child++) {
      const next = at + least + (child < larger ? 1 : 0);
      children.push(buildNode(build, at, next, level - 1));
      if (child < childCount - 1) own.push(records[next]);
      at = next + 1;
    }
  }
  const address = build.allocate(parameters.nodeSize);
  build.blocks.push({ address, bytes: encodeBTreeV2Node(parameters, own, children, countWidth, totalWidth, sizes) });
  return { address, recordCount: own.length, totalRecords: end - start };
}
