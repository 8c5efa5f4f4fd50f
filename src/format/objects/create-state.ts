import type { Known } from "../../arguments/known-options.js";
import { invalidArgument } from "../errors.js";
import { bitPackedDecoders } from "../filters/bit-packed.js";
import { bitPackedDecoders as bitPackedDecodersPart } from "../filters/bit-packed-decoders.js";
import { portableInflate } from "../filters/deflate.js";
import { inflatePortable } from "../filters/portable-inflate.js";
import type { Limits } from "../limits.js";
import { completeLimits, limitNames } from "../limits.js";
import type { Device } from "../storage/device.js";
import { PageCache } from "../storage/page-cache.js";
import type { Durability } from "../storage/transaction.js";
import { Transaction } from "../storage/transaction.js";
import type { Superblock } from "../structures/superblock.js";
import {
  defaultChunkInternalK,
  defaultGroupInternalK,
  defaultGroupLeafK,
  superblockSize,
} from "../structures/superblock.js";
import { optionProblems } from "./call-options.js";
import { newGroup } from "./create-object.js";
import { editor } from "./editor.js";
import type { LibraryVersion } from "./file-state.js";
import { FileState } from "./file-state.js";
import { gathering as gatheringPart } from "./gathering.js";
import { objectRelations } from "./object-relations.js";
import { contextFor } from "./open-state.js";
import { optionProblems as optionProblemsPart } from "./option-problems.js";
import { relations } from "./relations.js";
import { gathering } from "./selected-elements.js";

/** How a new file is laid out. */
export interface CreateStateOptions {
  /** `default`: readable by libhdf5 since 1.8; `earliest`: what h5py writes by default. */
  readonly libver?: LibraryVersion;
  /** List links and attributes of the root group in the order of their creation. Default false. */
  readonly trackOrder?: boolean;
  /** Bytes before the file's own for other uses: 0 (default) or a power of two from 512 on. */
  readonly userBlockSize?: number;
  /** When changes are durable: after each flush (`full`, default), never forced (`process`), or `onClose`. */
  readonly durability?: Durability;
  /** What the file may make this library do. */
  readonly limits?: Partial<Limits>;
  /** What h5py calls `trackOrder`. */
  readonly track_order?: boolean;
  /** What h5py calls `userBlockSize`. */
  readonly userblock_size?: number;
}

/** The names of {@link CreateStateOptions}. */
export const createStateNames: Known<CreateStateOptions> = {
  libver: ["default", "earliest"],
  trackOrder: "boolean",
  userBlockSize: "number",
  durability: ["full", "process", "onClose"],
  limits: limitNames,
  track_order: "boolean",
  userblock_size: "number",
};

/** A new file on an empty device, with a root group; nothing is written before the first commit. */
export function createState(device: Device, options: CreateStateOptions): FileState {
  // Whoever writes may also read, and at once.
  portableInflate.provide(inflatePortable);
  bitPackedDecoders.provide(bitPackedDecodersPart);
  gathering.provide(gatheringPart);
  relations.provide(objectRelations);
  optionProblems.provide(optionProblemsPart);
  const libver = options.libver ?? "default";
  const baseAddress = userBlock(options.userBlockSize ?? 0);
  const superblock = newSuperblock(libver === "earliest" ? 0 : 2, baseAddress);
  const limits = completeLimits(options.limits);
  const cache = new PageCache(device, { budget: limits.cacheBytes });
  const start = baseAddress + superblockSize(superblock.version, superblock);
  const transaction = new Transaction(cache, start, null, options.durability ?? "full");
  const context = contextFor(transaction, superblock, limits, {});
  const state = new FileState({ device, cache, context, superblock, transaction, editor, libver });
  state.isNew = true;
  editor.watch(state);
  state.root = newGroup(state, { trackOrder: options.trackOrder }).group;
  state.root.referenceCount = 1;
  state.root.path = "/";
  return state;
}

function userBlock(size: number): number {
  const isValid = size === 0 || (size >= 512 && Number.isSafeInteger(Math.log2(size)));
  if (!isValid) throw invalidArgument(`a user block has 0 bytes or a power of two from 512 on, not ${size}`);
  return size;
}

function newSuperblock(version: 0 | 2, baseAddress: number): Superblock {
  return {
    version,
    offsetSize: 8,
    lengthSize: 8,
    groupLeafK: defaultGroupLeafK,
    groupInternalK: defaultGroupInternalK,
    chunkInternalK: defaultChunkInternalK,
    consistencyFlags: 0,
    baseAddress,
    endOfFileAddress: baseAddress,
    freeSpaceAddress: null,
    driverInformationAddress: null,
    extensionAddress: null,
    rootEntry: null,
    rootAddress: 0,
  };
}
