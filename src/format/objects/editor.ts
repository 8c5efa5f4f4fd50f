import type { Operation } from "../storage/operation.js";
import type { PageCache } from "../storage/page-cache.js";
import type { Durability } from "../storage/transaction.js";
import { Transaction } from "../storage/transaction.js";
import { change } from "./change.js";
import { clearFlags } from "./clear-flags.js";
import { commit } from "./commit.js";
import { placeEmptyHeader } from "./commit-header.js";
import { removeAttribute, setAttributeValue } from "./edit-attributes.js";
import { appendValue, resizeDataset, writeValue } from "./edit-dataset.js";
import type { GroupPlace } from "./edit-group.js";
import {
  commitDatatype,
  createDataset,
  createExternalLink,
  createGroup,
  createHardLink,
  createSoftLink,
  deleteLink,
} from "./edit-group.js";
import type { FileState } from "./file-state.js";
import { imprintOf } from "./header-imprint.js";
import { HeapWriter } from "./heap-writer.js";
import { explain, watch } from "./last-seen.js";
import type { ObjectState } from "./object-state.js";
import { reload, renewSync } from "./reload.js";

/** A change that begins with the object that it concerns. */
function ofObject<Arguments extends readonly unknown[], Result>(
  edit: (object: ObjectState, ...rest: Arguments) => Operation<Result>,
) {
  return (object: ObjectState, ...rest: Arguments): Operation<Result> =>
    change(object.file, () => edit(object, ...rest));
}

/** A change that begins with the group that it is made from. */
function fromGroup<Arguments extends readonly unknown[], Result>(
  edit: (from: GroupPlace, ...rest: Arguments) => Operation<Result>,
) {
  return (from: GroupPlace, ...rest: Arguments): Operation<Result> =>
    change(from.group.file, () => edit(from, ...rest));
}

/**
 * The writing half of the library. Everything that only writing needs is reached through it, so that a program that
 * only reads does not load it.
 */
export const editor = {
  appendValue: ofObject(appendValue),
  clearFlags,
  commit,
  commitDatatype: fromGroup(commitDatatype),
  createDataset: fromGroup(createDataset),
  createExternalLink: fromGroup(createExternalLink),
  createGroup: fromGroup(createGroup),
  createHardLink: fromGroup(createHardLink),
  createSoftLink: fromGroup(createSoftLink),
  deleteLink: ofObject(deleteLink),
  explain,
  imprintOf,
  newHeapWriter: (file: FileState): HeapWriter => new HeapWriter(file),
  newTransaction: (cache: PageCache, endOfFile: number, durability: Durability): Transaction =>
    new Transaction(cache, endOfFile, endOfFile, durability),
  placeEmptyHeader,
  reload,
  removeAttribute: ofObject(removeAttribute),
  renewSync,
  resizeDataset: ofObject(resizeDataset),
  setAttributeValue: ofObject(setAttributeValue),
  watch,
  writeValue: ofObject(writeValue),
} as const;

/** See {@link editor}. */
export type Editor = typeof editor;
