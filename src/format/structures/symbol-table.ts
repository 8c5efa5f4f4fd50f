/**
 * The symbol table of an old-style group: a version 1 B-tree over symbol table nodes, with the names in a local
 * heap. Specification III.A.1, III.B, III.C and III.D.
 */
import { corrupt, invalidArgument } from "../errors.js";
import { decodeAll, MissingBytes } from "../storage/storage.js";
import type { NewBlock } from "./btree-v1.js";
import { bTreeV1HeaderSize, evenRuns } from "./btree-v1.js";
import { ByteBudget } from "./byte-budget.js";
import type { FieldSizes } from "./byte-reader.js";
import type { FileContext } from "./context.js";
import { readerUpTo } from "./context.js";
import type { GroupBTreeNode } from "./group-btree.js";
import { buildGroupBTree, decodeGroupBTreeNode, searchGroupBTreeNode } from "./group-btree.js";
import type { KeptStrings, LocalHeapHeader } from "./local-heap.js";
import {
  decodeLocalHeap,
  decodeLocalHeapHeader,
  encodeLocalHeapHeader,
  heapString,
  LocalHeapBuilder,
  localHeapHeaderSize,
} from "./local-heap.js";
import type { SymbolCache, SymbolTableEntry } from "./symbol-table-entry.js";
import { symbolTableEntrySize } from "./symbol-table-entry.js";
import { decodeSymbolTableNode, encodeSymbolTableNode, symbolTableNodeSize } from "./symbol-table-node.js";
import { compareBytes } from "./text.js";

/** One link read from a symbol table. */
export interface SymbolTableLink {
  readonly nameBytes: Uint8Array;
  readonly entry: SymbolTableEntry;
  /** The value of a soft link; `null` for hard links. */
  readonly softLinkValue: Uint8Array | null;
}

function decodeLevel(
  context: FileContext,
  addresses: readonly number[],
  level: number | null,
  budget: ByteBudget,
): GroupBTreeNode[] {
  return decodeAll(addresses, (address) => {
    const node = decodeGroupBTreeNode(context, address);
    budget.take(node.entriesUsed * (context.lengthSize + context.offsetSize), context.baseAddress + address);
    if (level !== null && node.level !== level) {
      throw corrupt(`expected a B-tree node of level ${level}, found ${node.level}`, context.baseAddress + address);
    }
    return node;
  });
}

function childrenOf(context: FileContext, nodes: readonly GroupBTreeNode[], visited: Set<number>): number[] {
  const children: number[] = [];
  for (const node of nodes) {
    for (const child of node.children) {
      if (visited.has(child)) {
        throw corrupt("a group B-tree reaches one node twice", context.baseAddress + child);
      }
      visited.add(child);
      children.push(child);
    }
  }
  return children;
}

/** All links of a group in the order of their names; a level of the tree that is not at hand costs one round trip. */
export function readSymbolTable(context: FileContext, btreeAddress: number, heapAddress: number): SymbolTableLink[] {
  // Asks for both ends together.
  decodeAll([btreeAddress, heapAddress], (address) => readerUpTo(context, address, bTreeV1HeaderSize(context)));
  const visited = new Set([btreeAddress]);
  const { size } = context.storage;
  const budget = new ByteBudget(size, "the nodes of a group B-tree");
  let nodes = decodeLevel(context, [btreeAddress], null, budget);
  for (let level = nodes[0].level - 1; level >= 0; level--) {
    nodes = decodeLevel(context, childrenOf(context, nodes, visited), level, budget);
  }
  const leaves = childrenOf(context, nodes, visited);
  const heap = decodeLocalHeap(context, heapAddress);
  const symbols: SymbolTableLink[] = [];
  const entrySize = symbolTableEntrySize(context);
  const nodesOfEntries = decodeAll(leaves, (address) => {
    const entries = decodeSymbolTableNode(context, address);
    budget.take(entries.length * entrySize, context.baseAddress + address);
    return entries;
  });
  // Strings may share their ends, but not so many that all of them are much longer than the heap.
  const texts = new ByteBudget(4 * heap.data.length, "the strings of a local heap");
  for (const entries of nodesOfEntries) {
    for (const entry of entries) {
      const { cache } = entry;
      const nameBytes = heapString(heap, entry.nameOffset);
      const softLinkValue = cache.kind === "soft-link" ? heapString(heap, cache.valueOffset) : null;
      texts.take(nameBytes.length + (softLinkValue?.length ?? 0), heap.dataOffset);
      symbols.push({ nameBytes, entry, softLinkValue });
    }
  }
  return symbols;
}

/** A heap up to this size is fetched whole when one of its names is missing, so that a search costs one round trip. */
const wholeHeapFetch = 1024 * 1024;

function viewHeap(context: FileContext, heap: LocalHeapHeader, offset: number, length: number): Uint8Array {
  const start = context.baseAddress + (heap.dataAddress ?? 0);
  if (offset >= heap.dataSize) {
    throw corrupt(`offset ${offset} lies outside a local heap of ${heap.dataSize} bytes`, start);
  }
  try {
    return context.storage.view(start + offset, Math.min(length, heap.dataSize - offset));
  } catch (error) {
    if (!(error instanceof MissingBytes) || heap.dataSize > wholeHeapFetch) throw error;
    throw new MissingBytes([{ offset: start, length: heap.dataSize }]);
  }
}

/** Compares `name` with the string at `offset` of the heap, as {@link compareBytes} does. */
function compareWithHeap(context: FileContext, heap: LocalHeapHeader, name: Uint8Array, offset: number): number {
  const stored = viewHeap(context, heap, offset, name.length + 1);
  for (let index = 0; index < name.length; index++) {
    const byte = stored[index];
    if (byte === undefined) break;
    if (byte === 0) return 1;
    if (name[index] !== byte) return name[index] - byte;
  }
  if (stored.length <= name.length) {
    throw corrupt("a string in a local heap is not terminated", context.baseAddress + (heap.dataAddress ?? 0) + offset);
  }
  return stored[name.length] === 0 ? 0 : -1;
}

function readHeapString(context: FileContext, heap: LocalHeapHeader, offset: number): Uint8Array {
  for (let length = 256; ; length *= 4) {
    const bytes = viewHeap(context, heap, offset, length);
    const end = bytes.indexOf(0);
    if (end >= 0) return bytes.slice(0, end);
    if (bytes.length < length) {
      throw corrupt(
        "a string in a local heap is not terminated",
        context.baseAddress + (heap.dataAddress ?? 0) + offset,
      );
    }
  }
}

/** The link called `nameBytes`, or `null`. Searches down the tree and reads only what the search passes. */
export function findSymbol(
  context: FileContext,
  btreeAddress: number,
  heapAddress: number,
  nameBytes: Uint8Array,
): SymbolTableLink | null {
  if (nameBytes.includes(0)) return null;
  decodeAll([btreeAddress, heapAddress], (address) => readerUpTo(context, address, bTreeV1HeaderSize(context)));
  const heap = decodeLocalHeapHeader(context, heapAddress);
  const compare = (offset: number): number => compareWithHeap(context, heap, nameBytes, offset);
  let { level, child } = searchGroupBTreeNode(context, btreeAddress, compare);
  while (level > 0 && child !== null) {
    const below = searchGroupBTreeNode(context, child, compare);
    if (below.level !== level - 1) {
      throw corrupt(`expected a B-tree node of level ${level - 1}, found ${below.level}`, context.baseAddress + child);
    }
    ({ level, child } = below);
  }
  if (child === null) return null;
  const entries = decodeSymbolTableNode(context, child);
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    const order = compare(entry.nameOffset);
    if (order === 0) {
      const { cache } = entry;
      const softLinkValue = cache.kind === "soft-link" ? readHeapString(context, heap, cache.valueOffset) : null;
      return { nameBytes: nameBytes.slice(), entry, softLinkValue };
    }
    if (order < 0) high = middle;
    else low = middle + 1;
  }
  return null;
}

/** One link to be stored in a new symbol table. */
export type NewSymbol =
  | {
      readonly kind: "hard";
      readonly nameBytes: Uint8Array;
      readonly objectAddress: number;
      /** The symbol table of the object, where it is a group and the entry is to cache it. */
      readonly symbolTable?: { readonly btreeAddress: number; readonly heapAddress: number };
    }
  | { readonly kind: "soft"; readonly nameBytes: Uint8Array; readonly value: Uint8Array };

/** What {@link buildSymbolTable} needs to know of the file. */
export interface SymbolTableParameters extends FieldSizes {
  readonly groupLeafK: number;
  readonly groupInternalK: number;
}

/** A new symbol table: the addresses for the symbol table message and the blocks to write. */
export interface BuiltSymbolTable {
  readonly btreeAddress: number;
  readonly heapAddress: number;
  readonly blocks: readonly NewBlock[];
}

function checkNames(symbols: readonly NewSymbol[]): void {
  for (let index = 0; index < symbols.length; index++) {
    const name = symbols[index].nameBytes;
    if (name.length === 0 || name.includes(0)) {
      throw invalidArgument("the name of a link must not be empty or contain NUL");
    }
    if (index > 0 && compareBytes(symbols[index - 1].nameBytes, name) >= 0) {
      throw invalidArgument(`link ${index} is not in the order of its name's bytes or occurs twice`);
    }
  }
}

function newEntry(symbol: NewSymbol, heap: LocalHeapBuilder): SymbolTableEntry {
  const nameOffset = heap.add(symbol.nameBytes);
  if (symbol.kind === "soft") {
    if (symbol.value.includes(0)) throw invalidArgument("the value of a soft link must not contain NUL");
    return { nameOffset, objectAddress: null, cache: { kind: "soft-link", valueOffset: heap.add(symbol.value) } };
  }
  const cache: SymbolCache =
    symbol.symbolTable === undefined ? { kind: "none" } : { kind: "symbol-table", ...symbol.symbolTable };
  return { nameOffset, objectAddress: symbol.objectAddress, cache };
}

/** The strings of a stored symbol table and where they are. May miss bytes. */
export function stringsOf(context: FileContext, btreeAddress: number, heapAddress: number): KeptStrings {
  const offsets = readSymbolTable(context, btreeAddress, heapAddress).flatMap(({ entry: { nameOffset, cache } }) =>
    cache.kind === "soft-link" ? [nameOffset, cache.valueOffset] : [nameOffset],
  );
  return { data: decodeLocalHeap(context, heapAddress).data, offsets };
}

/**
 * Builds the whole symbol table of a group whose links are sorted by the bytes of their names.
 *
 * @param allocate answers the address of a new block of `size` bytes.
 * @param heapSlack bytes of free space left in the heap for names that are added later.
 * @param kept strings that stay where they are in the heap; default none.
 */
export function buildSymbolTable(
  symbols: readonly NewSymbol[],
  parameters: SymbolTableParameters,
  allocate: (size: number) => number,
  heapSlack = 0,
  kept: KeptStrings | null = null,
): BuiltSymbolTable {
  checkNames(symbols);
  const { groupLeafK, groupInternalK } = parameters;
  const heap = new LocalHeapBuilder(parameters, kept);
  const entries = symbols.map((symbol) => newEntry(symbol, heap));
  const { data, freeListHead } = heap.finish(heapSlack);
  const headerSize = localHeapHeaderSize(parameters);
  const heapAddress = allocate(headerSize + data.length);
  const heapBytes = new Uint8Array(headerSize + data.length);
  const header = { dataSize: data.length, freeListHead, dataAddress: heapAddress + headerSize };
  heapBytes.set(encodeLocalHeapHeader(header, parameters));
  heapBytes.set(data, headerSize);
  const blocks: NewBlock[] = [{ address: heapAddress, bytes: heapBytes }];

  const nodes: number[] = [];
  const lastNames: number[] = [];
  if (entries.length > 0) {
    const runs = evenRuns(entries.length, 2 * groupLeafK);
    for (let run = 1; run < runs.length; run++) {
      const address = allocate(symbolTableNodeSize(parameters, groupLeafK));
      const bytes = encodeSymbolTableNode(entries.slice(runs[run - 1], runs[run]), parameters, groupLeafK);
      blocks.push({ address, bytes });
      nodes.push(address);
      lastNames.push(entries[runs[run] - 1].nameOffset);
    }
  }
  const tree = buildGroupBTree(nodes, lastNames, parameters, groupInternalK, allocate);
  return { btreeAddress: tree.address, heapAddress, blocks: blocks.concat(tree.blocks) };
}
