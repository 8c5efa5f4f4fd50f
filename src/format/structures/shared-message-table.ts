import { corrupt, unsupported } from "../errors.js";
import type { FileContext } from "./context.js";
import { readerAt, verifyChecksum } from "./context.js";
import type { FractalHeap, Unfilter } from "./fractal-heap.js";
import { openFractalHeap } from "./fractal-heap.js";
import { MessageType } from "./messages/message-types.js";
import type { SharedMessageTableLocation } from "./messages/shared-message-table.js";

/*
 * The table of a file's shared messages (specification III.I, "Shared Object Header Message Table"). Messages are
 * found by their heap IDs; lists and B-trees of them only serve to find equal messages when writing.
 */

/** One index of the table. */
export interface SharedMessageIndex {
  readonly indexType: "list" | "btree-v2";
  /** Bit `n` set: the index holds messages of type `n`. */
  readonly messageTypes: number;
  readonly minimumMessageSize: number;
  readonly listCutoff: number;
  readonly btreeCutoff: number;
  readonly messageCount: number;
  /** Address of the list or B-tree. */
  readonly indexAddress: number | null;
  /** Fractal heap of the messages. */
  readonly heapAddress: number | null;
}

/** The table. */
export interface SharedMessageTable {
  readonly address: number;
  readonly indexes: readonly SharedMessageIndex[];
}

/** Decodes the table that the superblock extension's message points to. */
export function decodeSharedMessageTable(
  context: FileContext,
  location: SharedMessageTableLocation,
): SharedMessageTable {
  const { address, indexCount } = location;
  const content = 4 + indexCount * (14 + 2 * context.offsetSize);
  const reader = readerAt(context, address, content + 4);
  reader.signature("SMTB");
  verifyChecksum(reader, content, "the shared message table");
  const indexes: SharedMessageIndex[] = [];
  for (let index = 0; index < indexCount; index++) {
    const at = reader.offset;
    const version = reader.u8();
    if (version !== 0) throw unsupported(`version ${version} of the shared message index`, at);
    const storedType = reader.u8();
    if (storedType > 1) throw corrupt(`${storedType} is not a type of shared message index`, at + 1);
    indexes.push({
      indexType: storedType === 0 ? "list" : "btree-v2",
      messageTypes: reader.u16(),
      minimumMessageSize: reader.u32(),
      listCutoff: reader.u16(),
      btreeCutoff: reader.u16(),
      messageCount: reader.u16(),
      indexAddress: reader.address(),
      heapAddress: reader.address(),
    });
  }
  return { address, indexes };
}

/**
 * The message of `messageType` with this heap ID.
 *
 * @param heaps open heaps by address; given again, their blocks are not decoded again.
 */
export function resolveSharedMessage(
  context: FileContext,
  table: SharedMessageTable,
  messageType: number,
  heapId: Uint8Array,
  unfilter: Unfilter,
  heaps: Map<number, FractalHeap> = new Map(),
): Uint8Array {
  // The old fill value message shares the index of the new one.
  const indexedType = messageType === MessageType.OldFillValue ? MessageType.FillValue : messageType;
  const index = table.indexes.find(({ messageTypes }) => ((messageTypes >>> indexedType) & 1) !== 0);
  const at = context.baseAddress + table.address;
  if (index === undefined) throw corrupt(`messages of type ${messageType} are not shared in this file`, at);
  const { heapAddress } = index;
  if (heapAddress === null) throw corrupt("an index of shared messages has no heap", at);
  let heap = heaps.get(heapAddress);
  if (heap === undefined) {
    heap = openFractalHeap(context, heapAddress, unfilter);
    heaps.set(heapAddress, heap);
  }
  return heap.object(heapId);
}
