import type { StringForm } from "../datatypes/strings.js";
import { corrupt, HDF5Error } from "../errors.js";
import type { Limits } from "../limits.js";
import { completeLimits, defaultLimits } from "../limits.js";
import { closeDevice } from "../storage/close-device.js";
import type { Device } from "../storage/device.js";
import { OnDemand } from "../storage/on-demand.js";
import type { Host, Operation } from "../storage/operation.js";
import { decode, delegate } from "../storage/operation.js";
import { PageCache } from "../storage/page-cache.js";
import type { Storage } from "../storage/storage.js";
import type { Durability } from "../storage/transaction.js";
import { ByteReader } from "../structures/byte-reader.js";
import type { FileContext } from "../structures/context.js";
import type { FileOutline } from "../structures/driver-information.js";
import { decodeBTreeKValues } from "../structures/messages/btree-k-values.js";
import type { DriverInfo } from "../structures/messages/driver-info.js";
import { decodeDriverInfo } from "../structures/messages/driver-info.js";
import { decodeFileSpaceInfo } from "../structures/messages/file-space-info.js";
import { MessageType } from "../structures/messages/message-types.js";
import type { MetadataCacheImage } from "../structures/messages/metadata-cache-image.js";
import { decodeMetadataCacheImage } from "../structures/messages/metadata-cache-image.js";
import { decodeSharedMessageTableLocation } from "../structures/messages/shared-message-table.js";
import type { ObjectHeader } from "../structures/object-header.js";
import { decodeObjectHeader } from "../structures/object-header.js";
import type { SharedMessageTable } from "../structures/shared-message-table.js";
import { decodeSharedMessageTable } from "../structures/shared-message-table.js";
import type { Superblock } from "../structures/superblock.js";
import { decodeSuperblock, findSuperblock } from "../structures/superblock.js";
import type { AssembledFile } from "./assemble-file.js";
import type { CacheImages } from "./cache-image.js";
import type { Editor } from "./editor.js";
import { otherParts } from "./file-parts.js";
import { FileState } from "./file-state.js";
import type { ForeignFiles } from "./foreign-files.js";
import type { OtherFormats } from "./other-formats.js";

/** How {@link openState} opens a device. */
export interface OpenStateOptions {
  /** Makes the file one that can be changed; `null` to read. */
  readonly editor: Editor | null;
  readonly durability?: Durability;
  readonly limits?: Partial<Limits>;
  readonly strings?: StringForm;
  /** Opens a file that is marked as open for writing; where it can be changed, the mark goes. */
  readonly clearFlags?: boolean;
  /** What files that this one refers to are opened with. */
  readonly foreign?: ForeignFiles | null;
}

const cacheImageFile = "a file with a metadata cache image";

/** What reads metadata cache images, which few files have. */
export const cacheImages = new OnDemand<CacheImages>(
  cacheImageFile,
  async () => (await import("./cache-image.js")).cacheImages,
);

/** What tells what files are that are not HDF5. */
export const otherFormats = new OnDemand<OtherFormats>(
  "files of other formats",
  async () => (await import("./other-formats.js")).otherFormats,
);

/** Message flag bit 5: an older library changed the object without understanding the message. */
const wasUnknownFlag = 0x20;

/** What the superblock extension says. */
interface Extension {
  readonly kValues: Partial<Pick<FileContext, "chunkInternalK" | "groupInternalK" | "groupLeafK">>;
  readonly sharedMessageTable: SharedMessageTable | null;
  /** What editing the file would have to keep up and does not. */
  readonly obstacle: string | null;
}

/** Reads what a file begins with. `cache` is the host's; the file's own may be another one, over several devices. */
export function* openState(device: Device, cache: PageCache, options: OpenStateOptions): Operation<FileState> {
  const offset = yield* decode(cache, findSuperblock);
  if (offset === null) throw corrupt(`not an HDF5 file: ${yield* whatItIs(cache)}`);
  const foreign = options.foreign ?? null;
  const assembled = yield* otherParts(device, cache, offset, foreign, extensionDriver);
  if (assembled === null) return yield* openComplete({ device, cache }, offset, options, null);
  const host = hostFor(assembled.device, options);
  try {
    return yield* delegate(host, () => openComplete(host, offset, options, assembled));
  } catch (error) {
    for (const other of assembled.others) yield* closeDevice(other);
    throw error;
  }
}

/** What a file without format signature is; no more than that where the part that tells cannot be had. */
function* whatItIs(cache: PageCache): Operation<string> {
  const { size } = cache;
  try {
    const { lookedAt, whatItIs } = yield* otherFormats.wait();
    return yield* decode(cache, (storage) => whatItIs(storage.view(0, Math.min(size, lookedAt)), size));
  } catch {
    return `no format signature in ${size} bytes`;
  }
}

/** What a device is read through. */
export function hostFor(device: Device, options: { readonly limits?: Partial<Limits> }): Host {
  return { device, cache: new PageCache(device, { budget: completeLimits(options.limits).cacheBytes }) };
}

function* openComplete(
  host: Host,
  offset: number,
  options: OpenStateOptions,
  assembled: AssembledFile | null,
): Operation<FileState> {
  const { cache } = host;
  const superblock = yield* decode(cache, (storage) =>
    decodeSuperblock(storage, offset, { assembled: assembled !== null, addressParts: assembled?.addressParts }),
  );
  if (superblock.version > 2 && (superblock.consistencyFlags & openFlags) !== 0 && options.clearFlags !== true) {
    throw new HDF5Error(
      "locked",
      'the file is marked as open for writing: where no program writes to it, "h5clear -s" or clearFlags: true takes the mark off',
    );
  }
  const limits = completeLimits(options.limits);
  const context = contextFor(cache, superblock, limits, {});
  const image = yield* decode(cache, () => cacheImage(context, superblock));
  const address = image?.address ?? null;
  if (image === null || address === null) return yield* openPlain(host, superblock, options, assembled?.what ?? null);
  const { withCacheImage } = yield* cacheImages.wait();
  const device = yield* decode(cache, () => withCacheImage(host.device, context, image, address));
  const patched = hostFor(device, options);
  return yield* delegate(patched, () => openPlain(patched, superblock, options, cacheImageFile));
}

/** Consistency flags of a file that is open for writing. Before version 3 libhdf5 sets them and heeds them not. */
const openFlags = 5;

/** Opens a file all of whose bytes are at hand; `obstacle` is why it cannot be edited. */
function* openPlain(
  { device, cache }: Host,
  superblock: Superblock,
  options: OpenStateOptions,
  obstacle: string | null,
): Operation<FileState> {
  const limits = completeLimits(options.limits);
  const plain = contextFor(cache, superblock, limits, {});
  const extension = yield* decode(cache, () => decodeExtension(plain, superblock));
  const end = superblock.endOfFileAddress;
  const { editor, durability = "full" } = options;
  const transaction = editor?.newTransaction(cache, end, durability) ?? null;
  const context = contextFor(transaction ?? cache, superblock, limits, extension.kValues);
  const state = new FileState({
    device,
    cache,
    context,
    superblock: editor !== null && options.clearFlags === true ? yield* editor.clearFlags(superblock) : superblock,
    transaction,
    editor,
    libver: superblock.version < 2 ? "earliest" : "default",
    strings: options.strings,
    foreign: options.foreign,
  });
  state.sharedMessageTable = extension.sharedMessageTable;
  state.editObstacle = obstacle ?? extension.obstacle ?? obstacleIn(superblock);
  if (editor !== null) yield* editor.watch(state).note();
  return state;
}

/** The driver info message of a superblock extension that lies within the first part of a file. */
function extensionDriver(storage: Storage, outline: FileOutline, offset: number): DriverInfo | null {
  const { extensionAddress, sizes } = outline;
  if (extensionAddress === null || offset + extensionAddress >= storage.size) return null;
  const context = {
    ...sizes,
    storage,
    baseAddress: offset,
    groupLeafK: 0,
    groupInternalK: 0,
    chunkInternalK: 0,
    limits: defaultLimits,
  };
  try {
    const message = messageReader(context, decodeObjectHeader(context, extensionAddress), MessageType.DriverInfo);
    return message === null ? null : decodeDriverInfo(message);
  } catch (error) {
    // Damage is reported when the superblock has been checked.
    if (error instanceof HDF5Error) return null;
    throw error;
  }
}

/** Where a file has the metadata that stand for those at their addresses; `null` where there is none. */
function cacheImage(context: FileContext, superblock: Superblock): MetadataCacheImage | null {
  const { extensionAddress } = superblock;
  if (extensionAddress === null) return null;
  const message = messageReader(context, decodeObjectHeader(context, extensionAddress), MessageType.MetadataCacheImage);
  return message === null ? null : decodeMetadataCacheImage(message);
}

/** What decoding a file's structures needs to know. */
export function contextFor(
  storage: Storage,
  superblock: Superblock,
  limits: Limits,
  kValues: Extension["kValues"],
): FileContext {
  const { offsetSize, lengthSize, addressParts, baseAddress, groupLeafK, groupInternalK, chunkInternalK } = superblock;
  return {
    storage,
    offsetSize,
    lengthSize,
    ...(addressParts === undefined ? {} : { addressParts }),
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
  if (superblock.offsetSize !== 8 || superblock.lengthSize !== 8) {
    return `a file with ${superblock.offsetSize}-byte addresses and ${superblock.lengthSize}-byte lengths`;
  }
  return null;
}
