import { corrupt, unsupported } from "../../errors.js";
import { fillNaN } from "./chunk.js";
import type { BloscFrame } from "./frame.js";

/** The shapes of a multidimensional array in a Blosc2 frame (README_B2ND_METALAYER.rst of c-blosc2). */
export interface B2ndShapes {
  readonly shape: readonly number[];
  readonly chunkShape: readonly number[];
  readonly blockShape: readonly number[];
}

/** Decodes the metalayer "b2nd", or its predecessor "caterva". */
export function readB2ndShapes(content: Uint8Array): B2ndShapes {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const rank = content[2];
  const length = 3 + 3 + rank * (9 + 5 + 5);
  if (!(rank >= 1 && rank <= 15) || content.length < length) throw corrupt("the b2nd metalayer is damaged");
  let at = 3;
  const read = (tag: number, size: 4 | 8): number[] => {
    if (content[at++] !== 0x90 + rank) throw corrupt("the b2nd metalayer is damaged");
    const values: number[] = [];
    for (let dimension = 0; dimension < rank; dimension++) {
      if (content[at] !== tag) throw corrupt("the b2nd metalayer is damaged");
      values.push(size === 8 ? Number(view.getBigInt64(at + 1)) : view.getInt32(at + 1));
      at += 1 + size;
    }
    return values;
  };
  const shape = read(0xd3, 8);
  const chunkShape = read(0xd2, 4);
  const blockShape = read(0xd2, 4);
  for (let dimension = 0; dimension < rank; dimension++) {
    const [size, chunk, block] = [shape[dimension], chunkShape[dimension], blockShape[dimension]];
    if (!(block >= 1 && size >= 1 && Number.isSafeInteger(size))) throw corrupt("a b2nd array has an empty shape");
    if (block > chunk || chunk > size) throw unsupported("b2nd arrays with chunks larger than themselves");
  }
  return { shape, chunkShape, blockShape };
}

function product(values: readonly number[]): number {
  return values.reduce((total, value) => total * value, 1);
}

/** Moves `position` on to the next one within `counts`, the last dimension fastest. */
function advance(position: number[], counts: readonly number[]): void {
  for (let dimension = counts.length - 1; dimension >= 0; dimension--) {
    if (++position[dimension] < counts[dimension]) return;
    position[dimension] = 0;
  }
}

/** Copies a block, whose first element is at `origin` and which ends before `end`, to its place in the array. */
function placeBlock(
  block: Uint8Array,
  blockShape: readonly number[],
  origin: readonly number[],
  end: readonly number[],
  shape: readonly number[],
  typeSize: number,
  output: Uint8Array,
): void {
  const rank = shape.length;
  const last = rank - 1;
  const counts = blockShape.map((size, dimension) => Math.min(size, end[dimension] - origin[dimension]));
  if (counts.some((count) => count <= 0)) return;
  const rowLength = counts[last] * typeSize;
  const rows = product(counts.slice(0, last));
  const position = new Array<number>(last).fill(0);
  const rowCounts = counts.slice(0, last);
  for (let row = 0; row < rows; row++) {
    let from = 0;
    let to = 0;
    for (let dimension = 0; dimension < last; dimension++) {
      from = from * blockShape[dimension] + position[dimension];
      to = to * shape[dimension] + origin[dimension] + position[dimension];
    }
    from = from * blockShape[last] * typeSize;
    to = (to * shape[last] + origin[last]) * typeSize;
    output.set(block.subarray(from, from + rowLength), to);
    advance(position, rowCounts);
  }
}

/**
 * Expands an array into `output` in C order. A chunk is a grid of blocks one after the other; blocks at the edge of a
 * chunk and chunks at the edge of the array are padded.
 */
export function decodeB2nd(frame: BloscFrame, shapes: B2ndShapes, output: Uint8Array): void {
  const { shape, chunkShape, blockShape } = shapes;
  const { typeSize } = frame;
  const chunkCounts = shape.map((size, dimension) => Math.ceil(size / chunkShape[dimension]));
  const blockCounts = chunkShape.map((size, dimension) => Math.ceil(size / blockShape[dimension]));
  const blockLength = product(blockShape) * typeSize;
  const blocks = product(blockCounts);
  if (frame.chunkCount !== product(chunkCounts) || frame.chunkSize !== blocks * blockLength) {
    throw corrupt("the chunks of a Blosc2 frame do not fit the shape of its array");
  }
  const block = new Uint8Array(blockLength);
  const chunkPosition = shape.map(() => 0);
  for (let index = 0; index < frame.chunkCount; index++) {
    const chunk = frame.chunk(index);
    if (chunk === "zeros") block.fill(0);
    else if (chunk === "nan") fillNaN(block, typeSize);
    else if (chunk.header.blockSize !== blockLength) throw corrupt("the blocks of a Blosc2 chunk do not fit its array");
    const start = chunkPosition.map((value, dimension) => value * chunkShape[dimension]);
    const end = start.map((value, dimension) => Math.min(value + chunkShape[dimension], shape[dimension]));
    const blockPosition = shape.map(() => 0);
    for (let number = 0; number < blocks; number++) {
      if (typeof chunk !== "string") chunk.decodeBlock(number, block);
      const origin = start.map((value, dimension) => value + blockPosition[dimension] * blockShape[dimension]);
      placeBlock(block, blockShape, origin, end, shape, typeSize, output);
      advance(blockPosition, blockCounts);
    }
    advance(chunkPosition, chunkCounts);
  }
}
