/** Files as saving and loading use them: made whole or not at all, and closed in any case. */

import type { Known } from "../arguments/known-options.js";
import type { CreateOptions, OpenOptions as FileOpenOptions, HDF5File, Source } from "../format/index.js";
import { create, createSync, open as openFile, openSync as openFileSync } from "../format/index.js";
import { withGrowthChunks } from "./growth-chunks.js";
import type { LoadedTree } from "./load.js";
import { loadRoot } from "./load.js";
import type { Metadata } from "./metadata.js";
import { planMetadata, writeMetadata } from "./metadata.js";
import type { Origin, Placed } from "./origin.js";
import { missingNames } from "./origin.js";
import type { GroupNode } from "./plan.js";
import { planBytes, planValue, planVersions } from "./plan.js";
import type { ProgressCallback } from "./progress.js";
import { ProgressCounter } from "./progress.js";
import type { Constructor } from "./registry.js";
import { requireOptions } from "./require-options.js";
import { writeNode, writeVersions } from "./save.js";
import type { Serializable } from "./serializable.js";
import type { StorageHints } from "./serialize.js";
import { classKey, errorAt, serializeValue } from "./serialize.js";
import type { ExtensionRule } from "./suffix.js";
import type { Task } from "./task.js";
import { step } from "./task.js";
import type { WarningCallback } from "./warnings.js";
import { printWarning, warnOfPlan } from "./warnings.js";

/** Where an object is saved. */
export type SaveTarget = Exclude<Parameters<typeof create>[0], undefined> | ByteStream;

/** A stream that takes the bytes of a file, such as a `WritableStream<Uint8Array>`. */
export interface ByteStream {
  getWriter(): {
    write(bytes: Uint8Array): Promise<void>;
    close(): Promise<void>;
    releaseLock(): void;
  };
}

/** How an object is saved. */
export interface SaveOptions {
  /** Whether an existing file is replaced. Default true. */
  readonly overwrite?: boolean;
  /**
   * `replace` (default) writes the file anew. `update` writes into an existing one what differs from it: rows of arrays,
   * attributes, members. What was not read or set since the object came from that file is not even looked at.
   */
  readonly mode?: "replace" | "update";
  /**
   * Whether an object of which only some properties were loaded is saved without the others. Default false: it is saved
   * into the file that it comes from, where the others stay as they are, and refused elsewhere.
   */
  readonly partial?: boolean;
  /** `default`: readable by libhdf5 since 1.8; `earliest`: what h5py writes by default. */
  readonly libver?: CreateOptions["libver"];
  /** When what is written is durable: at the end (`full`, default), or whenever the system writes it (`process`). */
  readonly durability?: CreateOptions["durability"];
  /**
   * Whether a local file is locked while it is written, as for `open`. Default `"best-effort"`. Where a program has to be
   * started for the lock (Node and Bun on Linux), that takes longer the more memory this one has: some 90 ms for 1 GB.
   */
  readonly locking?: CreateOptions["locking"];
  /** What is saved beside the object, as attributes of the whole file: who made it, with what. `info` tells it. */
  readonly metadata?: Metadata;
  /** What is done about the path's suffix: `save("run_10.30")` makes `run_10.30.hdf5`. Default true. */
  readonly extension?: ExtensionRule;
  /** Told of what is saved as asked but will surprise; default: `console.warn`. */
  readonly onWarning?: WarningCallback;
  readonly onProgress?: ProgressCallback;
  readonly signal?: AbortSignal;
}

/** The names of {@link SaveOptions}. */
export const saveNames: Known<SaveOptions> = {
  extension: [true, false, "replace"],
  onWarning: "function",
  overwrite: "boolean",
  mode: ["replace", "update"],
  partial: "boolean",
  metadata: true,
  libver: ["default", "earliest"],
  durability: ["full", "process", "onClose"],
  locking: [true, false, "best-effort"],
  onProgress: "function",
  signal: "AbortSignal",
};

/** How a file is opened by `load` and `open`, apart from the mode. */
export type SourceOptions = Omit<FileOpenOptions, "mode">;

/** The names of {@link SourceOptions}; opening the file checks most of their values. */
export const sourceNames: Known<SourceOptions> = {
  signal: "AbortSignal",
  limits: true,
  durability: true,
  locking: true,
  clearFlags: true,
  resolver: true,
  strings: true,
  fetch: true,
  headers: true,
  maxWholeBytes: true,
  retry: true,
  size: true,
};

/** What is known of the objects of a file that is loaded or opened. */
export interface ObjectOptions {
  /** Classes that the file may hold, so that their objects are instances of them: a class is known from its first use on. */
  readonly classes?: readonly Constructor<Serializable>[];
  /** Told of what is loaded but may not be what was meant; default: `console.warn`. */
  readonly onWarning?: WarningCallback;
}

/** The names of {@link ObjectOptions}. */
export const objectNames: Known<ObjectOptions> = { classes: "array", onWarning: "function" };

/** How an object is loaded. */
export interface LoadOptions<Name extends PropertyKey = string> extends SourceOptions, ObjectOptions {
  /** Properties to load; the others keep their defaults. An object of an older version is loaded whole. */
  readonly only?: readonly Name[];
  readonly onProgress?: ProgressCallback;
}

/** The names of {@link LoadOptions}. */
export const loadNames: Known<LoadOptions> = {
  ...sourceNames,
  ...objectNames,
  only: "array",
  onProgress: "function",
};

function planRoot(tree: unknown, hints: StorageHints): GroupNode {
  const node = withGrowthChunks(planValue(tree, "/root", hints));
  if (node.kind !== "group" || node.className === null) {
    throw errorAt("invalid-argument", "/root", `the root of a file is the dict of an object, with a ${classKey}`);
  }
  return node;
}

/** What is going to be written for an object. */
export interface InstancePlan {
  readonly node: GroupNode;
  /** The objects in it and their places. */
  readonly placed: Placed;
}

/** How an object is planned. */
export interface PlanOptions {
  /** The file that is written to, where it is the one that objects may come from. */
  readonly origin?: Origin | undefined;
  /** Properties that are left out. */
  readonly omitted?: ReadonlySet<string>;
}

/** The plan for an object, everything in it checked. */
export function planInstance(instance: Serializable, options: PlanOptions = {}): InstancePlan {
  const hints: StorageHints = new Map();
  const placed: [Serializable, string][] = [];
  const context = { ...options, typed: true, savedOnly: true, hints, placed, ancestors: new Map<object, string>() };
  return { node: planRoot(serializeValue(instance, "/root", context), hints), placed };
}

type Place = Exclude<SaveTarget, ByteStream>;

/** A new file. */
export function* createFile(target: SaveTarget | undefined, options: CreateOptions): Task<HDF5File> {
  return yield* step(
    () => createSync(target as Place | undefined, options),
    () => create(target as Place | undefined, options),
  );
}

/** Closes a file and leaves nothing of what was staged. */
export function* abandon(file: HDF5File): Task<void> {
  yield* step(
    () => file.abandonSync(),
    () => file.abandon(),
    "always",
  );
}

export function* closeFile(file: HDF5File): Task<void> {
  yield* step(
    () => file.closeSync(),
    () => file.close(),
    "always",
  );
}

/** Writes the root object. */
export function* writeRoot(
  file: HDF5File,
  node: GroupNode,
  onProgress?: ProgressCallback,
  metadata?: Metadata,
): Task<void> {
  yield* writeMetadata(file, planMetadata(metadata));
  const progress = new ProgressCounter(planBytes(node), onProgress);
  yield* writeNode(file, "root", node, "/root", progress);
  yield* writeVersions(file, planVersions(node));
  progress.finish("/root");
}

/** Saves a plain tree. */
export function* saveTreeTask(
  target: SaveTarget,
  tree: unknown,
  hints: StorageHints,
  options: SaveOptions,
): Task<void> {
  requireOptions("save", options, saveNames);
  yield* writeFile(target, planRoot(tree, hints), options);
}

/** Writes a file, whole or not at all, with options that were checked; answers what it is, where it is a local one. */
export function* writeFile(target: SaveTarget, node: GroupNode, options: SaveOptions): Task<Origin | null> {
  const { overwrite = true, libver, durability, locking, onProgress, onWarning = printWarning } = options;
  const file = yield* createFile(target, { overwrite, libver, durability, locking });
  let origin: Origin | null;
  try {
    yield* writeRoot(file, node, onProgress, options.metadata);
    yield* step(
      () => file.flushSync(),
      () => file.flush(),
    );
    origin = file.location;
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
  yield* closeFile(file);
  warnOfPlan(node, "/root", onWarning);
  return origin;
}

/** The bytes of an object's file. */
export function* bytesTask(instance: Serializable, options: SaveOptions): Task<Uint8Array> {
  requireOptions("toBytes", options, saveNames);
  refusePartial(instance, options);
  const { node } = planInstance(instance, { omitted: missingNames(instance) });
  const file = yield* createFile(undefined, { libver: options.libver });
  yield* writeRoot(file, node, options.onProgress, options.metadata);
  yield* step(
    () => file.flushSync(),
    () => file.flush(),
  );
  const bytes = file.bytes().slice();
  yield* closeFile(file);
  warnOfPlan(node, "/root", options.onWarning ?? printWarning);
  return bytes;
}

/** @throws HDF5Error `invalid-argument` for an object of which only some properties were loaded, unless that is meant */
export function refusePartial(instance: Serializable, { partial }: SaveOptions): void {
  const names = [...missingNames(instance)];
  if (names.length === 0 || partial === true) return;
  const list = names.map((name) => JSON.stringify(name)).join(", ");
  throw errorAt(
    "invalid-argument",
    "/root",
    `only some properties of this ${instance.constructor.name} were loaded, ${list} not: save it into its own file, or say partial: true`,
  );
}

/** Opens a file that is there. */
export function* openSource(source: Source, mode: "r" | "r+", options: SourceOptions): Task<HDF5File> {
  const { signal, limits, durability, locking, clearFlags, resolver, strings } = options;
  const { fetch, headers, maxWholeBytes, retry, size } = options;
  // All of them, which the type makes sure of.
  const fileOptions: FileOpenOptions & Record<keyof FileOpenOptions, unknown> = {
    mode,
    signal,
    limits,
    durability,
    locking,
    clearFlags,
    resolver,
    strings,
    fetch,
    headers,
    maxWholeBytes,
    retry,
    size,
  };
  return yield* step(
    () => openFileSync(source, fileOptions),
    () => openFile(source, fileOptions),
  );
}

/** A tree and the file that it comes from, where that is a local one. */
export interface FileTree extends LoadedTree {
  readonly origin: Origin | null;
}

/** Loads a plain tree. */
export function* loadTreeTask(source: Source, options: LoadOptions): Task<FileTree> {
  requireOptions("load", options, loadNames);
  const file = yield* openSource(source, "r", options);
  let tree: FileTree;
  try {
    const origin = file.location;
    tree = { ...(yield* loadRoot(file, options)), origin };
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
  yield* closeFile(file);
  return tree;
}
