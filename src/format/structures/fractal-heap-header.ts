import { corrupt, unsupported } from "../errors.js";
import type { ByteReader, FieldSizes } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { lookup3 } from "./checksum.js";
import type { FileContext } from "./context.js";
import { readerAt, verifyChecksum } from "./context.js";
import type { DoublingTable } from "./fractal-heap-doubling-table.js";
import { doublingTable } from "./fractal-heap-doubling-table.js";
import type { FilterPipeline } from "./messages/filter-pipeline.js";
import { decodeFilterPipeline } from "./messages/filter-pipeline.js";

/*
 * The fractal heap header (specification III.G, "Disk Format: Level 1G - Fractal Heap").
 */

/** What is set when a fractal heap is made. */
export interface FractalHeapParameters {
  /** "Heap ID Length". */
  readonly idLength: number;
  /** Flag bit 1. */
  readonly checksumDirectBlocks: boolean;
  /** "Maximum Size of Managed Objects": larger ones are huge. */
  readonly maxManagedSize: number;
  readonly tableWidth: number;
  readonly startingBlockSize: number;
  readonly maxDirectBlockSize: number;
  /** "Maximum Heap Size", in bits. */
  readonly maxHeapBits: number;
  /** "Starting # of Rows in Root Indirect Block". */
  readonly startingRootRows: number;
}

/** What a heap holds. */
export interface FractalHeapStatistics {
  readonly freeSpace: number;
  readonly managedSpace: number;
  readonly allocatedSpace: number;
  /** "Offset of Direct Block Allocation Iterator in Managed Space". */
  readonly iteratorOffset: number;
  readonly managedCount: number;
  readonly hugeSize: number;
  readonly hugeCount: number;
  readonly tinySize: number;
  readonly tinyCount: number;
}

/** A heap's filters and what they made of a root direct block. */
export interface FractalHeapFilters {
  readonly pipeline: FilterPipeline;
  readonly rootSize: number;
  readonly rootFilterMask: number;
}

/** The header of a fractal heap. */
export interface FractalHeapHeader extends FractalHeapParameters, FractalHeapStatistics {
  readonly address: number;
  /** Flag bit 0. */
  readonly hugeIdsWrapped: boolean;
  readonly nextHugeId: number;
  readonly hugeIndexAddress: number | null;
  readonly freeSpaceManagerAddress: number | null;
  readonly rootAddress: number | null;
  /** "Current # of Rows in Root Indirect Block"; 0 when the root is a direct block. */
  readonly rootRows: number;
  readonly filters: FractalHeapFilters | null;
  readonly table: DoublingTable;
}

/** Bytes of a header without filters. */
export function fractalHeapHeaderSize(sizes: FieldSizes): number {
  return 26 + 12 * sizes.lengthSize + 3 * sizes.offsetSize;
}

/** Decodes the header at `address`. */
export function decodeFractalHeapHeader(context: FileContext, address: number): FractalHeapHeader {
  const fixedSize = fractalHeapHeaderSize(context);
  const prefix = readerAt(context, address, fixedSize);
  prefix.signature("FRHP");
  prefix.skip(3);
  const filterLength = prefix.u16();
  const size = fixedSize + (filterLength > 0 ? context.lengthSize + 4 + filterLength : 0);
  const reader = filterLength > 0 ? readerAt(context, address, size) : prefix;
  verifyChecksum(reader, size - 4, "a fractal heap header");
  reader.position = 4;
  const version = reader.u8();
  if (version !== 0) throw unsupported(`version ${version} of the fractal heap`, reader.offset - 1);
  const idLength = reader.u16();
  reader.skip(2);
  const flags = reader.u8();
  const maxManagedSize = reader.u32();
  const nextHugeId = reader.length();
  const hugeIndexAddress = reader.address();
  const freeSpace = reader.length();
  const freeSpaceManagerAddress = reader.address();
  const managedSpace = reader.length();
  const allocatedSpace = reader.length();
  const iteratorOffset = reader.length();
  const managedCount = reader.length();
  const hugeSize = reader.length();
  const hugeCount = reader.length();
  const tinySize = reader.length();
  const tinyCount = reader.length();
  const at = reader.offset;
  const tableWidth = reader.u16();
  const startingBlockSize = reader.length();
  const maxDirectBlockSize = reader.length();
  const maxHeapBits = reader.u16();
  const startingRootRows = reader.u16();
  const rootAddress = reader.address();
  const rootRows = reader.u16();
  const parameters: FractalHeapParameters = {
    idLength,
    checksumDirectBlocks: (flags & 2) !== 0,
    maxManagedSize,
    tableWidth,
    startingBlockSize,
    maxDirectBlockSize,
    maxHeapBits,
    startingRootRows,
  };
  const table = doublingTable(parameters, at);
  if (rootRows > table.maxRows) {
    throw corrupt(`the root of a fractal heap has ${rootRows} rows, at most ${table.maxRows} are possible`, at);
  }
  return {
    ...parameters,
    address,
    hugeIdsWrapped: (flags & 1) !== 0,
    nextHugeId,
    hugeIndexAddress,
    freeSpace,
    freeSpaceManagerAddress,
    managedSpace,
    allocatedSpace,
    iteratorOffset,
    managedCount,
    hugeSize,
    hugeCount,
    tinySize,
    tinyCount,
    rootAddress,
    rootRows,
    filters: filterLength > 0 ? decodeFilters(reader, filterLength) : null,
    table,
  };
}

function decodeFilters(reader: ByteReader, filterLength: number): FractalHeapFilters {
  const rootSize = reader.length();
  const rootFilterMask = reader.u32();
  return { rootSize, rootFilterMask, pipeline: decodeFilterPipeline(reader.slice(filterLength)) };
}

/** Encodes the header of a heap without filters. */
export function encodeFractalHeapHeader(
  header: Omit<FractalHeapHeader, "table" | "filters">,
  sizes: FieldSizes,
): Uint8Array {
  const writer = new ByteWriter(sizes, fractalHeapHeaderSize(sizes));
  writer.signature("FRHP");
  writer.u8(0);
  writer.u16(header.idLength);
  writer.u16(0);
  writer.u8((header.hugeIdsWrapped ? 1 : 0) | (header.checksumDirectBlocks ? 2 : 0));
  writer.u32(header.maxManagedSize);
  writer.lengthField(header.nextHugeId);
  writer.address(header.hugeIndexAddress);
  writer.lengthField(header.freeSpace);
  writer.address(header.freeSpaceManagerAddress);
  writer.lengthField(header.managedSpace);
  writer.lengthField(header.allocatedSpace);
  writer.lengthField(header.iteratorOffset);
  writer.lengthField(header.managedCount);
  writer.lengthField(header.hugeSize);
  writer.lengthField(header.hugeCount);
  writer.lengthField(header.tinySize);
  writer.lengthField(header.tinyCount);
  writer.u16(header.tableWidth);
  writer.lengthField(header.startingBlockSize);
  writer.lengthField(header.maxDirectBlockSize);
  writer.u16(header.maxHeapBits);
  writer.u16(header.startingRootRows);
  writer.address(header.rootAddress);
  writer.u16(header.rootRows);
  writer.u32(lookup3(writer.written()));
  return writer.finish();
}
