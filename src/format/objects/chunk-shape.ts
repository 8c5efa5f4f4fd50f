/** Bytes that a chunk should have: more for larger datasets, within these bounds. */
const smallestChunk = 16 * 1024;
const largestChunk = 1024 * 1024;

/**
 * A chunk shape for a dataset that gives none: like the dataset, halved along its axes in turn until it is of a
 * moderate size. Where axes can grow, chunks are made longer along these until they have 16 KiB, or all that the axes
 * can hold: what is appended bit by bit is not scattered over chunks as small as the first bit. Data that cannot grow
 * are never padded.
 *
 * @param maxShape - largest extents, `null` for unlimited axes
 * @param elementSize - bytes of one element
 */
export function suggestChunks(
  shape: readonly number[],
  maxShape: readonly (number | null)[],
  elementSize: number,
): number[] {
  const chunks = shape.map((extent) => Math.max(1, extent));
  const bytes = (): number => chunks.reduce((product, extent) => product * extent, elementSize);
  const target = Math.min(
    largestChunk,
    Math.max(smallestChunk, smallestChunk * 2 ** Math.log10(bytes() / largestChunk)),
  );
  for (let axis = 0; bytes() > target && chunks.some((extent) => extent > 1); axis = (axis + 1) % chunks.length) {
    chunks[axis] = Math.ceil(chunks[axis] / 2);
  }
  const most = maxShape.map((extent, axis) => (extent === shape[axis] ? 0 : (extent ?? Number.POSITIVE_INFINITY)));
  for (let axis = 0; bytes() < smallestChunk && chunks.some((extent, at) => extent < most[at]); ) {
    const extent = chunks[axis];
    const needed = Math.ceil((extent * smallestChunk) / bytes());
    if (extent < most[axis]) chunks[axis] = Math.min(2 * extent, needed, most[axis]);
    axis = (axis + 1) % chunks.length;
  }
  return chunks;
}
