import { HDF5Error, unsupported } from "../errors.js";
import type { Limits } from "../limits.js";
import { defaultLimits } from "../limits.js";
import type { Device } from "../storage/device.js";
import type { Operation } from "../storage/operation.js";
import { decode } from "../storage/operation.js";
import type { PageCache } from "../storage/page-cache.js";
import type { Storage } from "../storage/storage.js";
import type { Durability } from "../storage/transaction.js";
import { Transaction } from "../storage/transaction.js";
import { ByteReader } from "../structures/byte-reader.js";
import type { FileContext } from "../structures/context.js";
import { decodeBTreeKValues } from "../structures/messages/btree-k-values.js";
import { decodeFileSpaceInfo } from "../structures/messages/file-space-info.js";
import { MessageType } from "../structures/messages/message-types.js";
import { decodeMetadataCacheImage } from "../structures/messages/metadata-cache-image.js";
import { decodeSharedMessageTableLocation } from "../structures/messages/shared-message-table.js";
import type { ObjectHeader } from "../structures/object-header.js";
import { decodeObjectHeader } from "../structures/object-header.js";
import type { SharedMessageTable } from "../structures/shared-message-table.js";
import { decodeSharedMessageTable } from "../structures/shared-message-table.js";
import type { Superblock } from "../structures/superblock.js";
import { decodeSuperblock, findSuperblock } from "../structures/superblock.js";
import { FileState } from "./file-state.js";

/** How {@link openState} opens a device. */
export interface OpenStateOptions {
  readonly writable: boolean;
  readonly durability?: Durability;
  readonly limits?: Partial<Limits>;
}

/** Message flag bit 5: an older library changed the object without understanding the message. */
const wasUnknownFlag = 0x20;

/** What the superblock extension says. */
interface Extension {
  readonly kValues: Partial<Pick<FileContext, "chunkInternalK" | "groupInternalK" | "groupLeafK">>;
  readonly sharedMessageTable: SharedMessageTable | null;
  /** What editing the file would have to keep up and does not. */
  readonly obstacle: string | null;
}

/** The limits that a caller asked for, defaults elsewhere. */
export function limitsFrom(limits: Partial<Limits> | undefined): Limits {
  return { ...defaultLimits, ...limits };
}

/** Reads what a file begins with. `cache` is the host's. */
export function* openState(device: Device, cache: PageCache, options: OpenStateOptions): Operation<FileState> {
  const offset = yield* decode(cache, findSuperblock);
  const superblock = yield* decode(cache, (storage) => superblockOf(storage, offset, device.name));
  const limits = limitsFrom(options.limits);
  const plain = contextFor(cache, superblock, limits, {});
  const extension = yield* decode(cache, () => decodeExtension(plain, superblock));
  const end = superblock.endOfFileAddress;
  const transaction = options.writable ? new Transaction(cache, end, end, options.durability ?? "full") : null;
  const context = contextFor(transaction ?? cache, superblock, limits, extension.kValues);
  const libver = superblock.version < 2 ? "earliest" : "default";
  const state = new FileState({ device, cache, context, superblock, transaction, libver });
  state.sharedMessageTable = extension.sharedMessageTable;
  state.editObstacle = extension.obstacle ?? obstacleIn(superblock);
  // Bytes past the stored end belong to nothing; space taken later must not find them.
  if (transaction !== null && state.editObstacle === null && device.size > end) {
    yield { kind: "truncate", size: end };
  }
  return state;
}

/** First member of a file family, by libhdf5's usual way of naming them. */
const familyMember = /0{5,}\.[^./\\]+$/;

function superblockOf(storage: Storage, offset: number, name: string): Superblock {
  try {
    return decodeSuperblock(storage, offset);
  } catch (error) {
    // Old families do not say what they are; all that shows is that the file goes on elsewhere.
    const isCutOff = error instanceof HDF5Error && error.code === "corrupt" && familyMember.test(name);
    throw isCutOff ? unsupported("a family of files, of which this seems to be the first,", offset) : error;
  }
}

/** What decoding a file's structures needs to know. */
export function contextFor(
  storage: Storage,
  superblock: Superblock,
  limits: Limits,
  kValues: Extension["kValues"],
): FileContext {
  const { offsetSize, lengthSize, baseAddress, groupLeafK, groupInternalK, chunkInternalK } = superblock;
  return {
    storage,
    offsetSize,
    lengthSize,
    baseAddress,
    groupLeafK,
    groupInternalK,
    chunkInternalK,
    limits,
    ...kValues,
  };
}

function decodeExtension(context: FileContext, superblock: Superblock): Extension {
  const { extensionAddress } = superblock;
  if (extensionAddress === null) return { kValues: {}, sharedMessageTable: null, obstacle: null };
  const header = decodeObjectHeader(context, extensionAddress);
  const reader = (type: number): ByteReader | null => messageReader(context, header, type);
  const image = reader(MessageType.MetadataCacheImage);
  if (image !== null && decodeMetadataCacheImage(image).address !== null) {
    throw unsupported("a metadata cache image", context.baseAddress + extensionAddress);
  }
  if (reader(MessageType.DriverInfo) !== null) {
    throw unsupported("a file split over several by a file driver", context.baseAddress + extensionAddress);
  }
  const kValues = reader(MessageType.BTreeKValues);
  const table = reader(MessageType.SharedMessageTable);
  return {
    kValues: kValues === null ? {} : decodeBTreeKValues(kValues),
    sharedMessageTable:
      table === null ? null : decodeSharedMessageTable(context, decodeSharedMessageTableLocation(table)),
    obstacle: table !== null ? "a file with a shared-message table" : fileSpaceObstacle(header, reader),
  };
}

function fileSpaceObstacle(header: ObjectHeader, reader: (type: number) => ByteReader | null): string | null {
  if (header.forbidsWriting !== null) return `a file with header message type ${header.forbidsWriting}`;
  const message = reader(MessageType.FileSpaceInfo);
  if (message === null) return null;
  const { persistent, strategy } = decodeFileSpaceInfo(message);
  if (persistent) return "a file that keeps its free space";
  return strategy === "pages" ? "a file with paged file space" : null;
}

function messageReader(context: FileContext, header: ObjectHeader, type: number): ByteReader | null {
  const message = header.messages.find((candidate) => candidate.type === type);
  if (message === undefined || (message.flags & wasUnknownFlag) !== 0) return null;
  return new ByteReader(message.data, message.offset, context);
}

/** Why a file with this superblock cannot be edited, or `null`. */
function obstacleIn(superblock: Superblock): string | null {
  if (superblock.consistencyFlags !== 0) return "a file that is marked as open for writing";
  if (superblock.offsetSize !== 8 || superblock.lengthSize !== 8) {
    return `a file with ${superblock.offsetSize}-byte addresses and ${superblock.lengthSize}-byte lengths`;
  }
  return null;
}
