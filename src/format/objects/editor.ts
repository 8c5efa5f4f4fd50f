import type { PageCache } from "../storage/page-cache.js";
import type { Durability } from "../storage/transaction.js";
import { Transaction } from "../storage/transaction.js";
import { clearFlags } from "./clear-flags.js";
import { commit } from "./commit.js";
import { placeEmptyHeader } from "./commit-header.js";
import { removeAttribute, setAttributeValue } from "./edit-attributes.js";
import { appendValue, resizeDataset, writeValue } from "./edit-dataset.js";
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
import { HeapWriter } from "./heap-writer.js";

/**
 * The writing half of the library. Everything that only writing needs is reached through it, so that a program that
 * only reads does not load it.
 */
export const editor = {
  appendValue,
  clearFlags,
  commit,
  commitDatatype,
  createDataset,
  createExternalLink,
  createGroup,
  createHardLink,
  createSoftLink,
  deleteLink,
  newHeapWriter: (file: FileState): HeapWriter => new HeapWriter(file),
  newTransaction: (cache: PageCache, endOfFile: number, durability: Durability): Transaction =>
    new Transaction(cache, endOfFile, endOfFile, durability),
  placeEmptyHeader,
  removeAttribute,
  resizeDataset,
  setAttributeValue,
  writeValue,
} as const;

/** See {@link editor}. */
export type Editor = typeof editor;
