import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";

/** Where an old-style group keeps its links (specification IV.A.2.r, "The Symbol Table Message"). */
export interface SymbolTable {
  /** Version 1 B-tree of symbol-table nodes. */
  readonly btreeAddress: number;
  /** Local heap of the names. */
  readonly heapAddress: number;
}

/** Decodes the symbol table message (0x0011). */
export function decodeSymbolTable(reader: ByteReader): SymbolTable {
  return {
    btreeAddress: reader.definedAddress("a group's B-tree"),
    heapAddress: reader.definedAddress("a group's local heap"),
  };
}

/** Encodes the symbol table message (0x0011). */
export function encodeSymbolTable(writer: ByteWriter, table: SymbolTable): void {
  writer.address(table.btreeAddress);
  writer.address(table.heapAddress);
}
