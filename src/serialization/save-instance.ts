/** Saving an object: as a new file, or as what differs in one that is there. */

import type { HDF5File, Source } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import { classInfoOf, namesInFiles } from "./class-info.js";
import type { ByteStream, SaveOptions, SaveTarget } from "./file-tasks.js";
import { abandon, bytesTask, closeFile, openSource, planInstance, refusePartial, writeFile } from "./file-tasks.js";
import { planMetadata, writeMetadata } from "./metadata.js";
import type { Origin, Placed } from "./origin.js";
import { missingNames, originOf, rememberWritten } from "./origin.js";
import type { Serializable } from "./serializable.js";
import type { Task } from "./task.js";
import { step } from "./task.js";
import { updateRoot } from "./update.js";
import { printWarning, warnOfPlan } from "./warnings.js";

/** Saves an object to a target, with options that were checked. */
export function* saveInstance(target: SaveTarget, instance: Serializable, options: SaveOptions): Task<void> {
  if (isStream(target)) return yield* writeStream(target, yield* bytesTask(instance, options));
  const omitted = missingNames(instance);
  const wantsUpdate = options.mode === "update" || (omitted.size > 0 && options.partial !== true);
  if (wantsUpdate && (yield* updateExisting(target, instance, options))) return;
  refusePartial(instance, options);
  const { node, placed } = planInstance(instance, { omitted });
  const origin = yield* writeFile(target, node, options);
  if (origin !== null && omitted.size === 0) rememberWritten(placed, origin);
}

function isStream(target: SaveTarget): target is ByteStream {
  return Object.prototype.toString.call(target) === "[object WritableStream]";
}

/** Hands a file to a stream, which is closed then. */
function* writeStream(stream: ByteStream, bytes: Uint8Array): Task<void> {
  yield* step(
    () => {
      throw new HDF5Error("sync-unavailable", "a stream is written asynchronously: await save()");
    },
    async () => {
      const writer = stream.getWriter();
      try {
        await writer.write(bytes);
        await writer.close();
      } catch (error) {
        throw new HDF5Error("io", "the stream takes no more", { cause: error });
      } finally {
        writer.releaseLock();
      }
    },
  );
}

/** Updates the file at the target; answers false where there is none, or not the one that a partial object comes from. */
function* updateExisting(target: SaveTarget, instance: Serializable, options: SaveOptions): Task<boolean> {
  const { durability, locking, onProgress, onWarning = printWarning } = options;
  const settings = {
    ...(durability === undefined ? {} : { durability }),
    ...(locking === undefined ? {} : { locking }),
  };
  let file: HDF5File;
  try {
    file = yield* openSource(target as Source, "r+", settings);
  } catch (error) {
    if (error instanceof HDF5Error && error.code === "not-found") return false;
    throw error;
  }
  let origin: Origin | null;
  let placed: Placed;
  try {
    const own = originOf(instance);
    const there = file.location;
    const isOwn = own !== undefined && own.path === there?.path;
    const omitted = missingNames(instance);
    if (omitted.size > 0 && !isOwn && options.partial !== true) {
      yield* abandon(file);
      return false;
    }
    if (isOwn && own.version !== there?.version) {
      const message = `${own.path} was changed since this ${instance.constructor.name} was read from it or saved to it; load it again`;
      throw new HDF5Error("changed", message, { path: "/root" });
    }
    if (own?.isOutdated && isOwn && omitted.size > 0) {
      const message = `an older version of the class ${instance.constructor.name} wrote this file: migrate(path), then load again what is to be changed`;
      throw new HDF5Error("unsupported", `/root: ${message}`, { path: "/root" });
    }
    const plan = planInstance(instance, { origin: isOwn ? own : undefined, omitted });
    placed = plan.placed;
    yield* writeMetadata(file, planMetadata(options.metadata));
    yield* updateRoot(file, plan.node, storedNames(instance, omitted), onProgress);
    yield* step(
      () => file.flushSync(),
      () => file.flush(),
    );
    origin = file.location;
    warnOfPlan(plan.node, "/root", onWarning);
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
  yield* closeFile(file);
  if (origin !== null) rememberWritten(placed, origin);
  return true;
}

function storedNames(instance: Serializable, names: ReadonlySet<string>): ReadonlySet<string> {
  const info = classInfoOf(instance.constructor);
  return new Set([...names].flatMap((name) => namesInFiles(info, name)));
}
