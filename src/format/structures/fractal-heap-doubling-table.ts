import { corrupt } from "../errors.js";
import type { FractalHeapParameters } from "./fractal-heap-header.js";

/*
 * The doubling table: how offsets in a fractal heap's linear space map to rows and columns of blocks (specification
 * III.G, "Disk Format: Level 1G - Fractal Heap").
 */

/** Sizes derived from a heap's parameters. */
export interface DoublingTable {
  readonly width: number;
  /** Rows that a root indirect block can have. */
  readonly maxRows: number;
  /** Rows of direct blocks in any indirect block; rows after them hold indirect blocks. */
  readonly maxDirectRows: number;
  /** Size of a block of each row. */
  readonly blockSizes: readonly number[];
  /** Offset of each row within its indirect block; one more entry than rows: the end of the last. */
  readonly rowOffsets: readonly number[];
  /** Bytes of an offset in a heap ID or block. */
  readonly offsetWidth: number;
  /** Bytes of a managed object's length in a heap ID. */
  readonly lengthWidth: number;
}

function exactLog2(value: number): number | null {
  let bits = 0;
  let power = 1;
  while (power < value && bits < 53) {
    power *= 2;
    bits++;
  }
  return power === value ? bits : null;
}

/**
 * Derives the table, checking the parameters.
 *
 * @throws HDF5Error `corrupt` when they cannot describe a heap; `offset` is where they stand.
 */
export function doublingTable(parameters: FractalHeapParameters, offset?: number): DoublingTable {
  const { tableWidth, startingBlockSize, maxDirectBlockSize, maxHeapBits, maxManagedSize } = parameters;
  const widthBits = exactLog2(tableWidth);
  const startBits = exactLog2(startingBlockSize);
  const directBits = exactLog2(maxDirectBlockSize);
  if (widthBits === null || startBits === null || directBits === null) {
    throw corrupt("a fractal heap's table width and block sizes must be powers of two", offset);
  }
  const firstRowBits = startBits + widthBits;
  if (directBits < startBits || directBits > 31 || maxHeapBits > 64 || maxHeapBits < firstRowBits) {
    throw corrupt(
      `a fractal heap has blocks of 2^${startBits} to 2^${directBits} bytes in a space of 2^${maxHeapBits}`,
      offset,
    );
  }
  const maxRows = maxHeapBits - firstRowBits + 1;
  const blockSizes: number[] = [];
  const rowOffsets: number[] = [0];
  for (let row = 0; row < maxRows; row++) {
    const size = row === 0 ? startingBlockSize : startingBlockSize * 2 ** (row - 1);
    blockSizes.push(size);
    rowOffsets.push(rowOffsets[row] + size * tableWidth);
  }
  const maxDirectRows = directBits - startBits + 2;
  if (maxRows > maxDirectRows && blockSizes[maxDirectRows] < rowOffsets[1]) {
    throw corrupt("a fractal heap's child indirect blocks are smaller than one row", offset);
  }
  return {
    width: tableWidth,
    maxRows,
    maxDirectRows,
    blockSizes,
    rowOffsets,
    offsetWidth: Math.ceil(maxHeapBits / 8),
    lengthWidth: Math.min(Math.ceil(directBits / 8), widthOf(maxManagedSize)),
  };
}

/** Bytes that hold any value up to `limit`. */
function widthOf(limit: number): number {
  let width = 1;
  for (let rest = Math.floor(limit / 256); rest > 0; rest = Math.floor(rest / 256)) width++;
  return width;
}

/** The row that `offset` falls into; at least the number of rows when it lies beyond them. */
export function rowOfOffset(table: DoublingTable, offset: number): number {
  let row = 0;
  while (row < table.maxRows && offset >= table.rowOffsets[row + 1]) row++;
  return row;
}

/** Rows of the child indirect block that stands in `row`: those that span the size of a block there. */
export function rowsOfChild(table: DoublingTable, row: number): number {
  return rowOfOffset(table, table.blockSizes[row] - 1) + 1;
}
