/** Specification III.B, "Disk Format: Level 1B - Group Symbol Table Nodes". */
import { corrupt, invalidArgument } from "../errors.js";
import type { FieldSizes } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import type { FileContext } from "./context.js";
import { readerUpTo } from "./context.js";
import type { SymbolTableEntry } from "./symbol-table-entry.js";
import { decodeSymbolTableEntry, encodeSymbolTableEntry, symbolTableEntrySize } from "./symbol-table-entry.js";

const headerSize = 8;

/** Bytes that a symbol table node takes, whatever number of its entries are used. */
export function symbolTableNodeSize(sizes: FieldSizes, groupLeafK: number): number {
  return headerSize + 2 * groupLeafK * symbolTableEntrySize(sizes);
}

/** The entries of the node at `address`, in the order of their names. */
export function decodeSymbolTableNode(context: FileContext, address: number): SymbolTableEntry[] {
  const reader = readerUpTo(context, address, symbolTableNodeSize(context, context.groupLeafK));
  reader.signature("SNOD");
  const version = reader.u8();
  if (version !== 1) throw corrupt(`unknown version ${version} of a symbol table node`, reader.offset - 1);
  reader.skip(1);
  const count = reader.u16();
  if (count > 2 * context.groupLeafK) {
    throw corrupt(`a symbol table node has ${count} entries, at most ${2 * context.groupLeafK} fit`, reader.offset - 2);
  }
  const entries: SymbolTableEntry[] = [];
  for (let index = 0; index < count; index++) entries.push(decodeSymbolTableEntry(reader));
  return entries;
}

/** A whole node with `entries`, at most `2 * groupLeafK` and sorted by name. */
export function encodeSymbolTableNode(
  entries: readonly SymbolTableEntry[],
  sizes: FieldSizes,
  groupLeafK: number,
): Uint8Array {
  if (entries.length > 2 * groupLeafK) {
    throw invalidArgument(`${entries.length} entries do not fit a symbol table node of ${2 * groupLeafK}`);
  }
  const size = symbolTableNodeSize(sizes, groupLeafK);
  const writer = new ByteWriter(sizes, size);
  writer.signature("SNOD");
  writer.u8(1);
  writer.u8(0);
  writer.u16(entries.length);
  for (const entry of entries) encodeSymbolTableEntry(writer, entry);
  writer.fill(0, size - writer.length);
  return writer.finish();
}
