import { HDF5Error } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { MessageType } from "../structures/messages/message-types.js";
import { decodeSymbolTable } from "../structures/messages/symbol-table.js";
import type { Superblock } from "../structures/superblock.js";
import { encodeSuperblock } from "../structures/superblock.js";
import { stageMarks } from "./change-object.js";
import { stageAttributeMessages } from "./commit-attributes.js";
import { stageDatasetMessages } from "./commit-dataset.js";
import { placeNewHeader, reserveHeaderSpace, rewriteHeader } from "./commit-header.js";
import { stageLinkMessages, stagePlaceholderLinks } from "./commit-links.js";
import type { FileState } from "./file-state.js";
import type { ObjectState } from "./object-state.js";

/** A commit that is staged and not yet durable as a whole. */
export interface UnfinishedCommit {
  /** The objects in it, with the reference counts that it stores. */
  readonly objects: readonly { readonly object: ObjectState; readonly referenceCount: number }[];
  /** Those whose headers change in place. */
  readonly rewritten: readonly ObjectState[];
  readonly before: Superblock;
  readonly after: Superblock;
}

/**
 * Writes all staged changes so that every prefix of the writes is a valid file: what is new goes into new space, then
 * one flip per changed object makes it reachable. Objects come before the groups that link to them; a count of hard
 * links rises before the link is there and falls after it is gone.
 *
 * A commit whose writing failed or was aborted is finished before the next one is staged, as what that stages depends on
 * what is stored.
 */
export function* commit(file: FileState): Operation<void> {
  const transaction = file.editing();
  if (file.unfinished !== null) yield* finish(file, file.unfinished);
  if (file.dirty.size === 0 && !transaction.hasChanges) return;
  const unfinished = yield* stageCommit(file);
  file.unfinished = unfinished;
  yield* finish(file, unfinished);
}

function* stageCommit(file: FileState): Operation<UnfinishedCommit> {
  const transaction = file.editing();
  transaction.beginCommit();
  const before = file.superblock;
  try {
    const { objects, rewritten } = yield* stageObjects(file);
    const after = withRoot(file, before);
    if (!file.isNew && after !== before) {
      transaction.flipWithEnd(before.baseAddress, (endOfFileAddress) =>
        encodeSuperblock({ ...after, endOfFileAddress }),
      );
    }
    transaction.sealCommit();
    for (const object of objects) object.sealed();
    file.dirty.clear();
    return {
      objects: objects.map((object) => ({ object, referenceCount: object.referenceCount })),
      rewritten,
      before,
      after,
    };
  } catch (error) {
    transaction.cancelCommit();
    if (file.lastSeen !== null && error instanceof HDF5Error && error.code === "corrupt") yield* file.lastSeen.check();
    throw error;
  }
}

/** Writes a staged commit, or what earlier attempts have left of it, while nobody else writes. */
function* finish(file: FileState, unfinished: UnfinishedCommit): Operation<void> {
  const { lastSeen } = file;
  if (lastSeen === null) return yield* write(file, unfinished);
  yield* lastSeen.before(unfinished.rewritten);
  try {
    yield* write(file, unfinished);
    lastSeen.settle();
  } finally {
    yield* lastSeen.after(unfinished.rewritten);
  }
}

function* write(file: FileState, { objects, before, after }: UnfinishedCommit): Operation<void> {
  const published = file.isNew ? after : before;
  // Changes that were made since have elements that refer to it.
  file.heapWriter?.finish();
  const endOfFile = yield* file.editing().commit({
    publish: (endOfFileAddress) => ({
      offset: before.baseAddress,
      bytes: encodeSuperblock({ ...published, endOfFileAddress }),
    }),
  });
  file.superblock = { ...after, endOfFileAddress: endOfFile };
  file.isNew = false;
  for (const { object, referenceCount } of objects) object.committed(referenceCount);
  file.unfinished = null;
}

interface StagedObjects {
  readonly objects: readonly ObjectState[];
  readonly rewritten: readonly ObjectState[];
}

/** Stages all writes of the objects that have changed; answers these objects. */
function* stageObjects(file: FileState): Operation<StagedObjects> {
  // What was unlinked is left as it is: nothing leads to it any more.
  const objects = [...file.dirty].filter((object) => object.referenceCount > 0);
  for (const object of objects) {
    if (object.kind === "dataset") yield* stageDatasetMessages(object);
    stageAttributeMessages(object);
    stageMarks(object);
  }
  file.heapWriter?.finish();
  file.heapWriter?.settle();
  const fresh = objects.filter((object) => object.address === null);
  const groups = fresh.filter((object) => object.kind === "group");
  for (const object of fresh) if (object.kind !== "group") placeNewHeader(object);
  yield* stageGroups(
    objects.filter((object) => object.kind === "group"),
    groups,
  );
  const isFresh = new Set(fresh);
  const changed = objects.filter((object) => !isFresh.has(object));
  let order = 0;
  for (const object of changed.sort((a, b) => flipOrder(a) - flipOrder(b))) {
    // Counts that are too high do no harm, so those that rise come first and those that fall last, in whatever order
    // a device makes writes durable.
    if (flipOrder(object) !== order && (order === 0 || flipOrder(object) === 3)) file.editing().separateFlips();
    order = flipOrder(object);
    yield* rewriteHeader(object);
  }
  return { objects, rewritten: changed };
}

/** Stages the links of groups, and the headers of those that are new. */
function* stageGroups(all: readonly ObjectState[], fresh: readonly ObjectState[]): Operation<void> {
  try {
    // Groups may link to each other in cycles: all get an address before the links of any are encoded.
    for (const group of fresh) {
      stagePlaceholderLinks(group);
      reserveHeaderSpace(group);
    }
    for (const group of all) yield* stageLinkMessages(group);
    for (const group of fresh) placeNewHeader(group);
  } catch (error) {
    // Nothing may be taken for a header that is none.
    for (const group of fresh) group.forgetAddress();
    throw error;
  }
}

function flipOrder(object: ObjectState): number {
  const change = object.referenceCount - object.storedReferenceCount;
  if (change > 0) return 0;
  if (change < 0) return 3;
  return object.kind === "group" ? 2 : 1;
}

/** The superblock as it must be for the root group as staged. */
function withRoot(file: FileState, superblock: Superblock): Superblock {
  const root = file.objects.get(file.isNew ? (file.root?.address ?? -1) : superblock.rootAddress);
  if (root === undefined || root.address === null) return superblock;
  const rootAddress = root.address;
  if (superblock.version >= 2)
    return rootAddress === superblock.rootAddress ? superblock : { ...superblock, rootAddress };
  const table = root.message(MessageType.SymbolTable);
  const cached = table === undefined ? null : decodeSymbolTable(root.messageReader(table));
  const stored = superblock.rootEntry?.cache;
  if (
    rootAddress === superblock.rootAddress &&
    (cached === null
      ? stored?.kind !== "symbol-table"
      : stored?.kind === "symbol-table" &&
        stored.btreeAddress === cached.btreeAddress &&
        stored.heapAddress === cached.heapAddress)
  ) {
    return superblock;
  }
  const cache = cached === null ? ({ kind: "none" } as const) : ({ kind: "symbol-table", ...cached } as const);
  return { ...superblock, rootAddress, rootEntry: { nameOffset: 0, objectAddress: rootAddress, cache } };
}
