/** Bringing the files of older versions of classes up to date. */

import type { Known } from "../arguments/known-options.js";
import type { HDF5File, Source } from "../format/index.js";
import { argumentError } from "./errors.js";
import type { SaveTarget, SourceOptions } from "./file-tasks.js";
import { openSource, planInstance, sourceNames, writeFile } from "./file-tasks.js";
import type { Metadata } from "./metadata.js";
import { readMetadata } from "./metadata.js";
import type { Opened } from "./object-files.js";
import { openForMigration } from "./object-files.js";
import { Persistable } from "./persistable.js";
import { requireOptions } from "./require-options.js";
import { errorAt } from "./serialize.js";
import type { Task } from "./task.js";
import { runTask, runTaskSync, step } from "./task.js";
import type { ObjectChange } from "./versions.js";
import type { WarningCallback } from "./warnings.js";

/** How a file is migrated. */
export interface MigrateOptions extends SourceOptions {
  /** Whether the file stays as it is, and it is only told what would change. Default false. */
  readonly dryRun?: boolean;
  /** Told of what is saved as asked but will surprise; default: `console.warn`. */
  readonly onWarning?: WarningCallback;
}

const migrateNames: Known<MigrateOptions> = { ...sourceNames, dryRun: "boolean", onWarning: "function" };

/**
 * Brings the object of a file, and those in it, up to date with their classes, which have to be known. The file is
 * replaced at one stroke, and only where there is something to change. Arrays are copied piece by piece.
 *
 * @returns what changed, or with `dryRun` what would
 * @throws HDF5Error `unsupported` for a version that is newer than the class, or where the file holds something else too
 */
export async function migrate(path: string | URL, options: MigrateOptions = {}): Promise<readonly ObjectChange[]> {
  try {
    return await runTask(migrateTask(path, options), options?.signal);
  } catch (error) {
    throw argumentError(error);
  }
}

/** {@link migrate}, at once. */
export function migrateSync(path: string | URL, options: MigrateOptions = {}): readonly ObjectChange[] {
  try {
    return runTaskSync(migrateTask(path, options));
  } catch (error) {
    throw argumentError(error);
  }
}

function* migrateTask(path: Source, options: MigrateOptions): Task<readonly ObjectChange[]> {
  requireOptions("migrate", options, migrateNames);
  const { dryRun = false, onWarning, signal } = options;
  // Whoever replaces a file locks it.
  const file = yield* openSource(path, "r", { ...options, locking: false });
  try {
    const opened = yield* openForMigration(Persistable, file);
    const { changes } = opened;
    if (!dryRun && changes.length > 0) yield* replace(path as SaveTarget, file, opened, { onWarning, signal });
    return changes;
  } finally {
    yield* step(
      () => file.abandonSync(),
      () => file.abandon(),
      "always",
    );
  }
}

function* replace(
  target: SaveTarget,
  file: HDF5File,
  { instance }: Opened,
  { onWarning, signal }: Pick<MigrateOptions, "onWarning" | "signal">,
): Task<void> {
  const others = yield* step(
    () => file.keysSync(),
    () => file.keys(),
  );
  const other = others.find((name) => name !== "root");
  if (other !== undefined) {
    throw errorAt(
      "unsupported",
      "/",
      `the file holds ${JSON.stringify(other)} besides a saved object: load and save it`,
    );
  }
  const metadata = (yield* readMetadata(file)) as Metadata;
  const libver = file.superblock.version < 2 ? "earliest" : "default";
  yield* writeFile(target, planInstance(instance).node, {
    overwrite: true,
    libver,
    metadata,
    ...(onWarning === undefined ? {} : { onWarning }),
    ...(signal === undefined ? {} : { signal }),
  });
}
