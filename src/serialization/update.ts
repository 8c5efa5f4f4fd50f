/** Writing into a file what of a plan differs from it. */

import type { Dataset, Group, HDF5File, NDArray } from "../format/index.js";
import { slice } from "../format/index.js";
import { decodeAttribute } from "./attribute-values.js";
import { classInfoOf } from "./class-info.js";
import { differingRows, hasPlainRows, rowsOf } from "./differing-rows.js";
import { getMember, readInfos, readMarker, readMeaning, readVersions } from "./load.js";
import type { AttributeNode, DatasetNode, GroupNode, Node } from "./plan.js";
import { planBytes, planVersions } from "./plan.js";
import type { ProgressCallback } from "./progress.js";
import { ProgressCounter } from "./progress.js";
import { ProxyDataset } from "./proxy-dataset.js";
import { classNamed } from "./registry.js";
import { removeMember, replaceMember, writeNode, writeVersions } from "./save.js";
import { classKey, containerKey, errorAt, joinPath } from "./serialize.js";
import { sameDType } from "./stored-types.js";
import type { Task } from "./task.js";
import { step } from "./task.js";

/** Bytes of an array that are compared at a time. */
const blockBytes = 4 * 1024 * 1024;

/**
 * Makes the root object of a file that of a plan. Members whose names are `kept` stay as they are, whatever the plan says.
 *
 * @throws HDF5Error `invalid-argument` where the file holds an object of another class
 */
export function* updateRoot(
  file: HDF5File,
  node: GroupNode,
  kept: ReadonlySet<string>,
  onProgress: ProgressCallback | undefined,
): Task<void> {
  const root = yield* getMember(file, "root");
  const className = root.kind === "group" ? yield* readMarker(root, yield* readInfos(root), classKey) : null;
  if (root.kind !== "group" || className !== node.className) {
    const message = `the file holds an object of the class ${JSON.stringify(className)}, not of ${JSON.stringify(node.className)}: save it without mode "update"`;
    throw errorAt("invalid-argument", "/root", message);
  }
  const versions = planVersions(node);
  const stored = (yield* readVersions(file)) ?? {};
  for (const [name, version] of kept.size === 0 ? [] : versions) {
    if ((stored[name] ?? classInfoOf(classNamed(name))?.version?.unversioned) === version) continue;
    const message = `what was not loaded may hold objects of an older version of the class ${name}: load the object whole, or migrate(path)`;
    throw errorAt("unsupported", "/root", message);
  }
  const progress = new ProgressCounter(planBytes(node), onProgress);
  yield* updateGroup(root, node, { path: "/root", isUntouched: false, kept }, progress);
  // All that is in the file is as the plan has it now, but for what is kept, which is of the same versions.
  if ([...versions].some(([name, version]) => stored[name] !== version)) {
    yield* writeVersions(file, new Map([...Object.entries(stored), ...versions]));
  }
  progress.finish("/root");
}

/** Where an update is. */
interface Place {
  readonly path: string;
  /** Whether what is no object of its own is known to be as it is in the file. */
  readonly isUntouched: boolean;
  readonly kept: ReadonlySet<string>;
}

const nothing: ReadonlySet<string> = new Set();

function* updateGroup(group: Group, node: GroupNode, place: Place, progress: ProgressCounter): Task<void> {
  const infos = new Map((yield* readInfos(group)).map((info) => [info.name, info]));
  const links = new Set(
    yield* step(
      () => group.keysSync(),
      () => group.keys(),
    ),
  );
  const wanted = new Map(node.members);
  for (const name of [...infos.keys(), ...links]) {
    const isMarker = name === classKey || name === containerKey;
    if (!isMarker && !wanted.has(name) && !place.kept.has(name)) yield* removeMember(group, name);
  }
  for (const [name, member] of node.members) {
    if (place.kept.has(name)) continue;
    const path = joinPath(place.path, name);
    const isUntouched = node.untouched?.has(name) ?? place.isUntouched;
    const info = infos.get(name);
    if (member.kind === "attribute") {
      if (info !== undefined && isUntouched) continue;
      const isSame =
        info !== undefined && isSameAttribute(member, decodeAttribute(info, yield* readRaw(group, name)), info.dtype);
      if (!isSame) yield* replaceMember(group, name, member, path, progress);
    } else if (info === undefined && links.has(name)) {
      yield* updateObject(group, name, member, { path, isUntouched, kept: nothing }, progress);
    } else if (info === undefined) {
      yield* writeNode(group, name, member, path, progress);
    } else {
      yield* replaceMember(group, name, member, path, progress);
    }
  }
}

function* readRaw({ attrs }: Group, name: string): Task<unknown> {
  return yield* step<unknown>(
    () => attrs.getSync(name),
    () => attrs.get(name),
  );
}

/** Whatever is not surely the same is written again: it is small. */
function isSameAttribute(
  { value, dtype }: AttributeNode,
  stored: ReturnType<typeof decodeAttribute>,
  storedType: Parameters<typeof sameDType>[0],
): boolean {
  if (typeof dtype !== "string" || !sameDType(dtype, storedType) || stored.stored !== null) return false;
  return typeof value !== "object" && Object.is(value, stored.value);
}

function* updateObject(
  parent: Group,
  name: string,
  node: Exclude<Node, AttributeNode>,
  place: Place,
  progress: ProgressCounter,
): Task<void> {
  const { path } = place;
  const object = yield* getMember(parent, name);
  if (node.kind === "group" && object.kind === "group") {
    const infos = yield* readInfos(object);
    const isSameKind =
      (yield* readMarker(object, infos, containerKey)) === node.container &&
      (yield* readMarker(object, infos, classKey)) === node.className;
    if (isSameKind) return yield* updateGroup(object, node, place, progress);
  } else if (node.kind === "dataset" && object.kind === "dataset") {
    if (place.isUntouched) return progress.advance(node.bytes, path);
    if (yield* updateDataset(object, node, path)) return progress.advance(node.bytes, path);
  }
  yield* replaceMember(parent, name, node, path, progress);
}

/** Writes the rows of an array that differ; answers false where the dataset has to be another one. */
function* updateDataset(dataset: Dataset, node: DatasetNode, path: string): Task<boolean> {
  const { array } = node;
  const shape = dataset.shape;
  if (array instanceof ProxyDataset || shape === null || shape.length !== array.shape.length) return false;
  if (shape.slice(1).some((extent, axis) => extent !== array.shape[axis + 1])) return false;
  if (!sameDType(dataset.dtype, array.dtype) || typeof node.dtype !== "string" || !hasPlainRows(array)) return false;
  const meaning = yield* readMeaning(dataset, path);
  if (meaning.typeName !== node.typeName || !hasAttributes(meaning.typeAttributes, node)) return false;
  if (shape.length === 0) return yield* updateScalar(dataset, array);
  const [rows] = array.shape;
  const most = dataset.maxShape?.[0];
  if (rows !== shape[0] && (dataset.chunks === null || (typeof most === "number" && rows > most))) return false;
  const common = Math.min(rows, shape[0]);
  const rowBytes = Math.max(1, node.bytes / Math.max(1, rows));
  const height = Math.max(1, Math.floor(blockBytes / rowBytes));
  for (let start = 0; start < common; start += height) {
    const stop = Math.min(common, start + height);
    const stored = yield* readRows(dataset, start, stop);
    for (const [from, to] of differingRows(array, start, stored)) yield* writeRows(dataset, array, from, to);
  }
  if (rows !== shape[0]) {
    yield* step(
      () => dataset.resizeSync(array.shape),
      () => dataset.resize(array.shape),
    );
    if (rows > common) yield* writeRows(dataset, array, common, rows);
  }
  return true;
}

function* updateScalar(dataset: Dataset, array: NDArray): Task<boolean> {
  yield* step(
    () => dataset.writeSync(array),
    () => dataset.write(array),
  );
  return true;
}

function hasAttributes(stored: Readonly<Record<string, unknown>>, { attributes }: DatasetNode): boolean {
  const names = Object.keys(stored);
  if (names.length !== attributes.length) return false;
  return attributes.every(([name, { value }]) => {
    const there = stored[name];
    // None is written as a text.
    return Object.hasOwn(stored, name) && (Object.is(there, value) || (there === null && value === "NoneType:None"));
  });
}

function* readRows(dataset: Dataset, start: number, stop: number): Task<NDArray> {
  const selection = [slice(start, stop)] as const;
  return yield* step(
    () => dataset.readSync(selection) as NDArray,
    () => dataset.read(selection) as Promise<NDArray>,
  );
}

function* writeRows(dataset: Dataset, array: NDArray, from: number, to: number): Task<void> {
  const value = rowsOf(array, from, to);
  const selection = [slice(from, to)];
  yield* step(
    () => dataset.writeSync(value, selection),
    () => dataset.write(value, selection),
  );
}
