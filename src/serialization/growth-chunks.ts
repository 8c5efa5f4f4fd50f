/** Chunks of the arrays of an object, all of which can grow: room to grow, but not without bounds where they are many. */

import type { DatasetNode, Node } from "./plan.js";
import { ProxyDataset } from "./proxy-dataset.js";

/** Bytes that the format layer gives a chunk of data that grow. */
const usualChunk = 16 * 1024;
/** Bytes that the chunks of one object's arrays may have together where the arrays are smaller, in usual chunks. */
const roomForAll = 4 * 1024 * 1024;
/** Chunks are not made smaller than this: what a dataset needs besides is more. */
const smallestChunk = 1024;
/** Bytes of an element whose stored size is not known here, as that of strings and references. */
const assumedElement = 16;

/**
 * The plan with chunk shapes for its small arrays where there are very many of these: the more, the smaller their
 * chunks. Other arrays, and those with chunks of their own, are left as they are.
 */
export function withGrowthChunks(node: Node): Node {
  const count = countSmall(node);
  if (count * usualChunk <= roomForAll) return node;
  return withChunks(node, Math.max(smallestChunk, roomForAll / count));
}

function isSmall({ array, bytes, storage }: DatasetNode): boolean {
  return array.shape.length > 0 && storage.chunks === undefined && bytes < usualChunk;
}

function countSmall(node: Node): number {
  if (node.kind === "dataset") return isSmall(node) ? 1 : 0;
  if (node.kind === "attribute") return 0;
  let count = 0;
  for (const [, member] of node.members) count += countSmall(member);
  return count;
}

function withChunks(node: Node, chunkBytes: number): Node {
  if (node.kind === "attribute") return node;
  if (node.kind === "group") {
    return { ...node, members: node.members.map(([name, member]) => [name, withChunks(member, chunkBytes)] as const) };
  }
  if (!isSmall(node)) return node;
  return { ...node, storage: { ...node.storage, chunks: chunksOf(node, chunkBytes) } };
}

/** Whole rows: those of the array or, if these have fewer bytes than wanted, as many as have so many. */
function chunksOf({ array, bytes }: DatasetNode, wanted: number): number[] {
  const [rows, ...row] = array.shape.map((extent) => Math.max(1, extent));
  const rowLength = row.reduce((product, extent) => product * extent, 1);
  const isMeasured = bytes > 0 && (array instanceof ProxyDataset || !Array.isArray(array.data));
  const rowBytes = isMeasured ? bytes / rows : rowLength * assumedElement;
  return [Math.max(rows, Math.floor(wanted / rowBytes)), ...row];
}
