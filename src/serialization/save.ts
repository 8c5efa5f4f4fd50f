/** Writing a plan into a file. */

import type { Dataset, DatasetOptions, Group, NDArray } from "../format/index.js";
import { slice } from "../format/index.js";
import type { EncodedAttribute } from "./attribute-values.js";
import { hasPlainRows, rowsOf } from "./differing-rows.js";
import type { DatasetNode, GroupNode, Node } from "./plan.js";
import type { ProgressCounter } from "./progress.js";
import { progressBytes } from "./progress.js";
import { ProxyDataset } from "./proxy-dataset.js";
import { classKey, containerKey, datasetTypeKey, joinPath } from "./serialize.js";
import type { Task } from "./task.js";
import { step } from "./task.js";
import { versionsAttribute } from "./versions.js";

function* setAttribute(owner: Group | Dataset, name: string, { value, dtype }: EncodedAttribute): Task<void> {
  const { attrs } = owner;
  yield* step(
    () => attrs.setSync(name, value, { dtype }),
    () => attrs.set(name, value, { dtype }),
  );
}

function text(value: string): EncodedAttribute {
  return { value, dtype: "string" };
}

/** Writes a value under a name that is free. */
export function* writeNode(
  parent: Group,
  name: string,
  node: Node,
  path: string,
  progress: ProgressCounter,
): Task<void> {
  if (node.kind === "attribute") yield* setAttribute(parent, name, node);
  else if (node.kind === "group") yield* writeGroup(parent, name, node, path, progress);
  else yield* writeDataset(parent, name, node, path, progress);
}

function* writeGroup(
  parent: Group,
  name: string,
  node: GroupNode,
  path: string,
  progress: ProgressCounter,
): Task<void> {
  const options = { trackOrder: node.container === "list" };
  const group = yield* step(
    () => parent.createGroupSync(name, options),
    () => parent.createGroup(name, options),
  );
  yield* setAttribute(group, containerKey, text(node.container));
  if (node.className !== null) yield* setAttribute(group, classKey, text(node.className));
  for (const [key, member] of node.members) yield* writeNode(group, key, member, joinPath(path, key), progress);
}

function* writeDataset(
  parent: Group,
  name: string,
  node: DatasetNode,
  path: string,
  progress: ProgressCounter,
): Task<void> {
  const { array } = node;
  const shape = array.shape;
  // By default axis 0 of every array can grow, as in the files that Python writes.
  const layout: DatasetOptions =
    shape.length === 0
      ? {}
      : {
          maxShape: node.storage.maxShape ?? [null, ...shape.slice(1)],
          chunks: node.storage.chunks ?? true,
          filters: node.storage.filters,
        };
  const { dtype } = node;
  const byRows = array instanceof ProxyDataset || isWrittenByRows(node, progress);
  const options = byRows ? { shape, dtype, ...layout } : { data: array, shape, dtype, ...layout };
  const dataset = yield* step(
    () => parent.createDatasetSync(name, options),
    () => parent.createDataset(name, options),
  );
  yield* setAttribute(dataset, datasetTypeKey, text(node.typeName));
  for (const [key, attribute] of node.attributes) yield* setAttribute(dataset, key, attribute);
  if (array instanceof ProxyDataset) yield* array.copyTo(dataset);
  else if (byRows) return yield* writeByRows(dataset, array, node.bytes, path, progress);
  progress.advance(node.bytes, path);
}

/** Where somebody is told how far it is, large arrays are written by whole chunks. */
function isWrittenByRows({ array, bytes }: DatasetNode, progress: ProgressCounter): boolean {
  if (!progress.isObserved || bytes <= progressBytes || array instanceof ProxyDataset) return false;
  return array.shape.length > 0 && hasPlainRows(array);
}

function* writeByRows(
  dataset: Dataset,
  array: NDArray,
  bytes: number,
  path: string,
  progress: ProgressCounter,
): Task<void> {
  const [rows] = array.shape;
  const rowBytes = bytes / rows;
  const chunkRows = dataset.chunks?.[0] ?? 1;
  const height = Math.max(1, Math.floor(progressBytes / rowBytes / chunkRows)) * chunkRows;
  for (let start = 0; start < rows; start += height) {
    const stop = Math.min(rows, start + height);
    const part = rowsOf(array, start, stop);
    const selection = [slice(start, stop)];
    yield* step(
      () => dataset.writeSync(part, selection),
      (signal) => dataset.write(part, selection, { signal }),
    );
    progress.advance((stop - start) * rowBytes, path);
  }
}

/** Says which versions of classes a file holds. */
export function* writeVersions(file: Group, versions: ReadonlyMap<string, number>): Task<void> {
  if (versions.size === 0) return;
  yield* setAttribute(file, versionsAttribute, text(JSON.stringify(Object.fromEntries(versions))));
}

/** Removes what a group holds under a name: a link, or an attribute. */
export function* removeMember(parent: Group, name: string): Task<void> {
  if (yield* isLinked(parent, name)) yield* unlink(parent, name);
  const { attrs } = parent;
  const attributed = yield* step(
    () => attrs.hasSync(name),
    () => attrs.has(name),
  );
  if (!attributed) return;
  yield* step(
    () => attrs.deleteSync(name),
    () => attrs.delete(name),
  );
}

/** Replaces what a group holds under a name. */
export function* replaceMember(
  parent: Group,
  name: string,
  node: Node,
  path: string,
  progress: ProgressCounter,
): Task<void> {
  // Setting an attribute replaces it.
  if (node.kind !== "attribute") yield* removeMember(parent, name);
  else if (yield* isLinked(parent, name)) yield* unlink(parent, name);
  yield* writeNode(parent, name, node, path, progress);
}

function* isLinked(parent: Group, name: string): Task<boolean> {
  if (name === "." || name === ".." || name.includes("/")) return false;
  return yield* step(
    () => parent.hasSync(name),
    () => parent.has(name),
  );
}

function* unlink(parent: Group, name: string): Task<void> {
  yield* step(
    () => parent.deleteSync(name),
    () => parent.delete(name),
  );
}
