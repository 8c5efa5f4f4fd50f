/** Bytes that a chunk should have: more for larger datasets, within these bounds. */
const smallestChunk = 16 * 1024;
const largestChunk = 1024 * 1024;

/**
 * A chunk shape for a dataset that gives none: like the dataset, halved along its axes in turn until it is of a
 * moderate size. Axes that are empty, as those of datasets to be appended to are, count as 1024.
 *
 * @param elementSize - bytes of one element
 */
export function suggestChunks(shape: readonly number[], elementSize: number): number[] {
  const chunks = shape.map((extent) => (extent === 0 ? 1024 : extent));
  const bytes = (): number => chunks.reduce((product, extent) => product * extent, elementSize);
  const target = Math.min(
    largestChunk,
    Math.max(smallestChunk, smallestChunk * 2 ** Math.log10(bytes() / largestChunk)),
  );
  for (let axis = 0; bytes() > target && chunks.some((extent) => extent > 1); axis = (axis + 1) % chunks.length) {
    chunks[axis] = Math.ceil(chunks[axis] / 2);
  }
  return chunks;
}
