import { HDF5Error, invalidArgument, unsupported, withPath } from "../errors.js";
import { runSync } from "../storage/drivers.js";
import { exclusively } from "../storage/exclusion.js";
import type { Operation } from "../storage/operation.js";
import type { FileState } from "./file-state.js";
import { HeapStore } from "./heap-store.js";
import { HeapWriter } from "./heap-writer.js";
import { explain, watch } from "./last-seen.js";
import { ObjectState } from "./object-state.js";
import { openState } from "./open-state.js";
import { openRoot, resolvePath } from "./resolve-path.js";
import { prepareDataset } from "./virtual.js";

/** Drops what is staged, and takes the file as it is now. Its objects are opened anew when they are next used. */
export function* reload(file: FileState): Operation<void> {
  const { device, cache, editor, foreign } = file;
  const { durability } = file.editing();
  if (file.isNew) throw invalidArgument("nothing of this new file is stored yet, so that it cannot be loaded again");
  // What is damaged now is so whatever was there before.
  if (file.lastSeen !== null) file.lastSeen.explainsDamage = false;
  yield* exclusively(device, function* open(): Operation<void> {
    cache.invalidate(0, Number.POSITIVE_INFINITY);
    const { strings, context } = file;
    const fresh = yield* openState(device, cache, { editor, durability, limits: context.limits, strings, foreign });
    if (fresh.device !== device) throw unsupported(`reloading ${fresh.editObstacle ?? "a file of several parts"}`);
    takeOver(file, fresh);
    yield* watch(file).note();
  });
}

function takeOver(file: FileState, fresh: FileState): void {
  file.generation++;
  file.superblock = fresh.superblock;
  file.context = fresh.context;
  file.transaction = fresh.transaction;
  file.scratch = fresh.scratch;
  file.sharedMessageTable = fresh.sharedMessageTable;
  file.editObstacle = fresh.editObstacle;
  file.chunkCache = fresh.chunkCache;
  file.heap = new HeapStore(file);
  file.heapWriter = new HeapWriter(file);
  file.groups.length = 0;
  file.unfinished = null;
  file.root = null;
  for (const kept of [file.objects, file.dirty, file.sharedHeaps, file.sharedHeaders]) kept.clear();
}

/**
 * The object that a handle stands for in a file that was reloaded: the one that its path leads to now.
 *
 * @throws HDF5Error `not-found` where there is none of its kind any more
 */
export function renewSync(object: ObjectState, path: string): ObjectState {
  const { file } = object;
  const known = path === "" ? (object.path ?? "") : path;
  try {
    return runSync(renew(object, known), file);
  } catch (error) {
    throw withPath(explain(file, error), known);
  }
}

function* renew(object: ObjectState, path: string): Operation<ObjectState> {
  const { file, kind } = object;
  const found = path === "" ? yield* atAddress(object) : yield* resolvePath(file, yield* openRoot(file), "/", path);
  if (found.kind !== kind) {
    throw new HDF5Error("not-found", `"${path}" is no ${kind} any more, but a ${found.kind}`, { path });
  }
  if (kind === "dataset") yield* prepareDataset(found);
  return found;
}

/** An object of which no path is known: it was reached by a reference. */
function* atAddress({ file, address }: ObjectState): Operation<ObjectState> {
  try {
    if (address !== null) return yield* ObjectState.open(file, address);
  } catch (error) {
    if (!(error instanceof HDF5Error) || error.code !== "corrupt") throw error;
  }
  throw new HDF5Error("not-found", `there is no object at ${address ?? "its address"} any more`);
}
