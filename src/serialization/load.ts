/** Reading a tree out of a file. */

import type { AttributeInfo, Dataset, Group, HDF5Object } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import { isArrayInput, toNDArray } from "./array-input.js";
import type { ArrayPropertyType } from "./array-property.js";
import { decodeAttribute } from "./attribute-values.js";
import { classInfoOf, namesInFiles } from "./class-info.js";
import { Complex } from "./complex.js";
import { UnregisteredDataset } from "./dataset-types/unregistered.js";
import { maximumDepth } from "./deep.js";
import { FilePath } from "./file-path.js";
import { listPositions } from "./list-names.js";
import type { ProgressCallback } from "./progress.js";
import { ProgressCounter } from "./progress.js";
import type { ProxyOwner } from "./proxy-dataset.js";
import { ProxyDataset } from "./proxy-dataset.js";
import { readWhole } from "./read-whole.js";
import type { AttributeValue, AttributeValues } from "./registry.js";
import { arrayTypeName, classNamed, datasetTypeNamed } from "./registry.js";
import type { StoredScalar } from "./scalar.js";
import { rememberScalars } from "./scalar.js";
import { scalarArray } from "./scalar-array.js";
import type { Dict } from "./serialize.js";
import { classKey, containerKey, datasetTypeKey, errorAt, joinPath } from "./serialize.js";
import { rememberStoredType } from "./stored-types.js";
import type { Task } from "./task.js";
import { step } from "./task.js";
import type { ClassVersions } from "./versions.js";
import { classVersions, decodeVersions, isOutdated, versionsAttribute } from "./versions.js";

/** What of a file is loaded, and how. */
export interface LoadRequest {
  /** Properties of the root object to load; others keep their defaults. */
  readonly only?: readonly string[];
  /** Properties of the root object whose arrays stay in the file; by default those declared so. */
  readonly lazy?: readonly string[];
  /** The open object that proxies belong to; without it everything is loaded. */
  readonly owner?: ProxyOwner;
  readonly onProgress?: ProgressCallback;
}

/** A tree and where its objects are. */
export interface LoadedTree {
  readonly tree: Dict;
  /** Path of the group of each object's dict. */
  readonly places: ReadonlyMap<object, string>;
}

interface PendingDataset {
  readonly dataset: Dataset;
  readonly path: string;
  readonly target: DatasetMeaning;
  readonly assign: (value: unknown) => void;
}

/** What a dataset means. */
export interface DatasetMeaning {
  readonly typeName: string;
  readonly typeAttributes: AttributeValues;
}

interface Context {
  readonly request: LoadRequest;
  readonly pending: PendingDataset[];
  readonly places: Map<object, string>;
  /** The versions that the file says its classes have. */
  readonly versions: ClassVersions | null;
  /** Addresses of the groups around the current one. */
  readonly around: Set<number>;
}

/** The tree of the object that a file holds. */
export function* loadRoot(file: Group, request: LoadRequest): Task<LoadedTree> {
  const present = yield* step(
    () => file.hasSync("root"),
    () => file.has("root"),
  );
  if (!present) {
    throw errorAt("not-found", "/root", 'the file holds no saved object: it has no group "root"');
  }
  const versions = yield* readVersions(file);
  const context: Context = { request, pending: [], places: new Map(), versions, around: new Set() };
  const root = yield* getMember(file, "root");
  if (root.kind !== "group") throw errorAt("corrupt", "/root", "this is not the group of a saved object");
  const tree = yield* loadGroup(
    root,
    { path: "/root", depth: 0, lazy: request.owner !== undefined, elements: null },
    context,
  );
  if (Array.isArray(tree) || typeof tree[classKey] !== "string") {
    throw errorAt("corrupt", "/root", `the group has no attribute ${classKey}, so no class is known for it`);
  }
  yield* loadPending(context);
  return { tree, places: context.places };
}

/** The versions that a file says its classes have; `null` where it says nothing. */
export function* readVersions({ attrs }: Group): Task<ClassVersions | null> {
  const present = yield* step(
    () => attrs.hasSync(versionsAttribute),
    () => attrs.has(versionsAttribute),
  );
  if (!present) return null;
  return decodeVersions(
    yield* step<unknown>(
      () => attrs.getSync(versionsAttribute),
      () => attrs.get(versionsAttribute),
    ),
  );
}

/** Reads the arrays, once all of them are known. */
function* loadPending({ pending, request }: Context): Task<void> {
  const total = pending.reduce((sum, { dataset }) => sum + dataset.nbytes, 0);
  const progress = new ProgressCounter(total, request.onProgress);
  for (const { dataset, path, target, assign } of pending) {
    assign(yield* loadDataset(dataset, path, target, progress));
  }
  progress.finish("/root");
}

/** The object under a name of a group. */
export function* getMember(group: Group, name: string): Task<HDF5Object> {
  return yield* step(
    () => group.getSync(name),
    () => group.get(name),
  );
}

/** What is known of the attributes of a group or dataset. */
export function* readInfos(owner: Group | Dataset): Task<readonly AttributeInfo[]> {
  const { attrs } = owner;
  return yield* step(
    () => attrs.infosSync(),
    () => attrs.infos(),
  );
}

function* readAttribute(
  owner: Group | Dataset,
  info: AttributeInfo,
): Task<{ readonly value: unknown; readonly stored: StoredScalar | null }> {
  const { attrs } = owner;
  const raw = yield* step(
    () => attrs.getSync(info.name),
    () => attrs.get(info.name),
  );
  return decodeAttribute(info, raw);
}

/** The text of an attribute that says what a group or dataset is; `null` where it is not there. */
export function* readMarker(
  owner: Group | Dataset,
  infos: readonly AttributeInfo[],
  name: string,
): Task<string | null> {
  const info = infos.find((candidate) => candidate.name === name);
  if (info === undefined) return null;
  const { attrs } = owner;
  const value: unknown = yield* step(
    () => attrs.getSync(name, { strings: "utf8" }),
    () => attrs.get(name, { strings: "utf8" }),
  );
  if (typeof value !== "string")
    throw errorAt("corrupt", owner.path ?? owner.kind, `the attribute ${name} is not a string`);
  return value;
}

/** How a member of a group is loaded. */
interface Placement {
  readonly path: string;
  readonly depth: number;
  /** Whether arrays stay in the file. */
  readonly lazy: boolean;
  /** The type that the elements of an array are declared to have. */
  readonly elements: ArrayPropertyType | null;
}

function placementOf(group: Placement, className: string | null, key: string, { request }: Context): Placement {
  const info = className === null ? undefined : classInfoOf(classNamed(className));
  const name = info?.keys.get(key) ?? key;
  const definition = info?.schema.get(name);
  const declared = group.depth === 0 && request.lazy !== undefined ? request.lazy.includes(name) : definition?.lazy;
  return {
    path: joinPath(group.path, key),
    depth: group.depth + 1,
    lazy: group.lazy && (declared ?? true),
    elements: definition?.elements ?? null,
  };
}

/** The names in the file of the properties to load; `null` for all of them, which migrations need. */
function namesToLoad({ request, versions }: Context, className: string | null): ReadonlySet<string> | null {
  if (request.only === undefined) return null;
  const info = className === null ? undefined : classInfoOf(classNamed(className));
  if (info !== undefined && isOutdated(info, versions)) return null;
  return new Set(request.only.flatMap((name) => namesInFiles(info, name)));
}

function* loadGroup(group: Group, place: Placement, context: Context): Task<Dict | unknown[]> {
  const { path, depth } = place;
  if (depth >= maximumDepth) throw errorAt("limit", path, `groups are nested deeper than ${maximumDepth} levels`);
  if (context.around.has(group.address)) throw errorAt("corrupt", path, "the group is linked from within itself");
  context.around.add(group.address);
  const infos = yield* readInfos(group);
  const container = yield* readMarker(group, infos, containerKey);
  if (container !== "dict" && container !== "list") {
    const found = container === null ? "there is none" : `it is ${JSON.stringify(container)}`;
    throw errorAt(
      "corrupt",
      path,
      `the attribute ${containerKey} says whether a group is a "dict" or a "list"; ${found}`,
    );
  }
  const className = yield* readMarker(group, infos, classKey);
  const members = new Map<string, unknown>();
  const scalars = new Map<string, StoredScalar>();
  const only = depth === 0 ? namesToLoad(context, className) : null;
  for (const info of infos) {
    if (info.name === containerKey || info.name === classKey || only?.has(info.name) === false) continue;
    const { value, stored } = yield* readAttribute(group, info);
    members.set(info.name, value);
    if (stored !== null) scalars.set(info.name, stored);
  }
  const result: Dict | unknown[] = container === "list" ? [] : Object.create(null);
  let positions: ReadonlyMap<string, number> | null = null;
  const assign = (key: string, value: unknown): void => {
    (result as Dict)[positions?.get(key) ?? key] = value;
  };
  const names = yield* step(
    () => group.keysSync(),
    () => group.keys(),
  );
  for (const name of names) {
    if (only?.has(name) === false) continue;
    const member = placementOf(place, className, name, context);
    if (members.has(name)) {
      throw errorAt("corrupt", member.path, "there is both an attribute and an object of this name");
    }
    const object = yield* getMember(group, name);
    members.set(name, yield* loadMember(object, member, context, (value) => assign(name, value)));
  }
  context.around.delete(group.address);
  if (container === "list") positions = listPositions(members.keys(), members.size, path);
  else if (className !== null) {
    assign(classKey, className);
    if (context.versions !== null) Object.assign(result, { [classVersions]: context.versions });
  }
  for (const [key, value] of members) assign(key, value);
  rememberScalars(result, positions === null ? scalars : byPosition(scalars, positions));
  context.places.set(result, path);
  return result;
}

function byPosition(
  scalars: ReadonlyMap<string, StoredScalar>,
  positions: ReadonlyMap<string, number>,
): ReadonlyMap<string, StoredScalar> {
  return new Map(Array.from(scalars, ([name, scalar]) => [String(positions.get(name)), scalar]));
}

function* loadMember(
  object: HDF5Object,
  place: Placement,
  context: Context,
  assign: (value: unknown) => void,
): Task<unknown> {
  const { path, lazy, elements } = place;
  if (object.kind === "group") return yield* loadGroup(object, place, context);
  if (object.kind !== "dataset")
    throw errorAt("unsupported", path, "a committed datatype is no part of a saved object");
  const target = yield* readMeaning(object, path);
  if (object.shape === null) return null;
  const { owner } = context.request;
  // Single times and the like are small and read at once; arrays without axes stay arrays.
  const stays = object.ndim > 0 || target.typeName === arrayTypeName;
  if (lazy && owner !== undefined && stays) return new ProxyDataset({ dataset: object, ...target, elements }, owner);
  context.pending.push({ dataset: object, path, target, assign });
  return null;
}

/** What a dataset means: its type, and the attributes that belong to that. */
export function* readMeaning(dataset: Dataset, path: string): Task<DatasetMeaning> {
  const infos = yield* readInfos(dataset);
  const typeName = (yield* readMarker(dataset, infos, datasetTypeKey)) ?? arrayTypeName;
  const typeAttributes: Record<string, AttributeValue> = Object.create(null);
  // Attributes that others gave to a plain array have no place in it.
  if (typeName === arrayTypeName) return { typeName, typeAttributes };
  for (const info of infos) {
    if (info.name === datasetTypeKey) continue;
    const { value } = yield* readAttribute(dataset, info);
    const isPlain =
      typeof value !== "object" || value === null || value instanceof Complex || value instanceof FilePath;
    if (!isPlain && !isArrayInput(value)) {
      throw errorAt(
        "unsupported",
        path,
        `the attribute ${info.name} of a ${typeName} is neither a scalar nor an array`,
      );
    }
    typeAttributes[info.name] = value as AttributeValue;
  }
  return { typeName, typeAttributes };
}

function* loadDataset(
  dataset: Dataset,
  path: string,
  { typeName, typeAttributes }: DatasetMeaning,
  progress: ProgressCounter,
): Task<unknown> {
  const read = yield* readWhole(dataset, path, progress);
  const plain = isArrayInput(read) ? toNDArray(read) : scalarArray(read, dataset.dtype);
  const array = rememberStoredType(plain, dataset.datatype);
  if (typeName === arrayTypeName) return array;
  const type = datasetTypeNamed(typeName);
  if (type === undefined) return new UnregisteredDataset(typeName, array, typeAttributes);
  try {
    return type.assemble(array, typeAttributes);
  } catch (error) {
    if (error instanceof HDF5Error)
      throw new HDF5Error(error.code, `${path}: ${error.message}`, { path, cause: error });
    throw new HDF5Error("invalid-argument", `${path}: assembling a ${typeName} failed`, { path, cause: error });
  }
}
