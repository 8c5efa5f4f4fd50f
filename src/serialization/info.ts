/** What a file holds, told without loading it. */

import type { Known } from "../arguments/known-options.js";
import type { Dataset, DType, Group, Source } from "../format/index.js";
import { decodeAttribute } from "./attribute-values.js";
import { maximumDepth } from "./deep.js";
import { argumentError } from "./errors.js";
import type { SourceOptions } from "./file-tasks.js";
import { abandon, openSource, sourceNames } from "./file-tasks.js";
import { getMember, readInfos, readMarker, readMeaning, readVersions } from "./load.js";
import { readMetadata } from "./metadata.js";
import { requireOptions } from "./require-options.js";
import { classKey, containerKey, errorAt, joinPath } from "./serialize.js";
import type { Task } from "./task.js";
import { runTask, runTaskSync, step } from "./task.js";
import type { ClassVersions } from "./versions.js";

/** What is known of a value in a file. */
export type ValueInfo =
  /** A scalar, a string or the absence of a value, which are small. */
  | { readonly kind: "value"; readonly value: unknown }
  /** An array, or what is stored as one: `typeName` is its dataset type. */
  | {
      readonly kind: "array";
      readonly typeName: string;
      readonly shape: readonly number[] | null;
      readonly dtype: DType;
      /** Bytes in memory. */
      readonly nbytes: number;
    }
  /** A list, by position. */
  | { readonly kind: "list"; readonly members: ReadonlyMap<string, ValueInfo> }
  /** A dict, or with a class an object, by names in the file. */
  | { readonly kind: "dict"; readonly className: string | null; readonly members: ReadonlyMap<string, ValueInfo> };

/** What is known of the object that a file holds. */
export interface ObjectInfo {
  readonly className: string;
  /** The versions of the classes in the file, `null` where it says none. */
  readonly versions: ClassVersions | null;
  /** By names in the file. */
  readonly properties: ReadonlyMap<string, ValueInfo>;
  /** What was saved beside the object. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

const infoNames: Known<SourceOptions> = sourceNames;

/**
 * Tells what object a file holds, without reading its arrays; its class need not be known.
 *
 * @throws HDF5Error `not-found` or `corrupt` where it holds none
 */
export async function info(source: Source, options: SourceOptions = {}): Promise<ObjectInfo> {
  try {
    return await runTask(infoTask(source, options), options?.signal);
  } catch (error) {
    throw argumentError(error);
  }
}

/** {@link info}, at once. */
export function infoSync(source: Source, options: SourceOptions = {}): ObjectInfo {
  try {
    return runTaskSync(infoTask(source, options));
  } catch (error) {
    throw argumentError(error);
  }
}

function* infoTask(source: Source, options: SourceOptions): Task<ObjectInfo> {
  requireOptions("info", options, infoNames);
  const file = yield* openSource(source, "r", options);
  try {
    const present = yield* step(
      () => file.hasSync("root"),
      () => file.has("root"),
    );
    if (!present) throw errorAt("not-found", "/root", 'the file holds no saved object: it has no group "root"');
    const root = yield* getMember(file, "root");
    const told = root.kind === "group" ? yield* groupInfo(root, "/root", new Set()) : null;
    if (told?.kind !== "dict" || told.className === null) {
      throw errorAt("corrupt", "/root", "this is not the group of a saved object");
    }
    const { className, members } = told;
    return {
      className,
      versions: yield* readVersions(file),
      properties: members,
      metadata: yield* readMetadata(file),
    };
  } finally {
    yield* abandon(file);
  }
}

function* groupInfo(group: Group, path: string, around: Set<number>): Task<ValueInfo> {
  if (around.size >= maximumDepth) throw errorAt("limit", path, `groups are nested deeper than ${maximumDepth} levels`);
  if (around.has(group.address)) throw errorAt("corrupt", path, "the group is linked from within itself");
  around.add(group.address);
  const infos = yield* readInfos(group);
  const container = yield* readMarker(group, infos, containerKey);
  const className = yield* readMarker(group, infos, classKey);
  const members = new Map<string, ValueInfo>();
  for (const each of infos) {
    if (each.name === containerKey || each.name === classKey) continue;
    const { attrs } = group;
    const raw = yield* step<unknown>(
      () => attrs.getSync(each.name),
      () => attrs.get(each.name),
    );
    members.set(each.name, { kind: "value", value: decodeAttribute(each, raw).value });
  }
  const names = yield* step(
    () => group.keysSync(),
    () => group.keys(),
  );
  for (const name of names) {
    const object = yield* getMember(group, name);
    const place = joinPath(path, name);
    if (object.kind === "group") members.set(name, yield* groupInfo(object, place, around));
    else if (object.kind === "dataset") members.set(name, yield* arrayInfo(object, place));
    else throw errorAt("unsupported", place, "a committed datatype is no part of a saved object");
  }
  around.delete(group.address);
  return container === "list" ? { kind: "list", members } : { kind: "dict", className, members };
}

function* arrayInfo(dataset: Dataset, path: string): Task<ValueInfo> {
  const { typeName } = yield* readMeaning(dataset, path);
  const { shape, dtype, nbytes } = dataset;
  return { kind: "array", typeName, shape, dtype, nbytes };
}
