import type { Operation } from "../storage/operation.js";
import type { FileState } from "./file-state.js";

/**
 * Runs one change of a file. When it fails, everything is as it was before: what it took back step by step
 * ({@link FileState.onUndo}), the space it took, and what was to be written there.
 *
 * Bytes that have gathered are written before, where that may fail without harm, and after, where it need not succeed.
 */
export function* change<Result>(file: FileState, make: () => Operation<Result>): Operation<Result> {
  const transaction = file.editing();
  if (transaction.isCrowded) yield* transaction.drain();
  const result = yield* undoable(file, make);
  if (transaction.isCrowded) yield* transaction.relieveIfPossible();
  return result;
}

function* undoable<Result>(file: FileState, make: () => Operation<Result>): Operation<Result> {
  const transaction = file.editing();
  const undo: (() => void)[] = [];
  transaction.beginChange();
  file.undo = undo;
  const restoreHeap = file.heapWriter?.mark();
  try {
    const result = yield* make();
    transaction.keepChange();
    return result;
  } catch (error) {
    for (const step of undo.reverse()) step();
    restoreHeap?.();
    transaction.giveUpChange();
    throw error;
  } finally {
    file.undo = null;
  }
}
