/** What is going to be written for a tree: everything is checked here, before the first byte is. */

import type { NDArray } from "../format/index.js";
import { isArrayInput, toNDArray } from "./array-input.js";
import type { EncodedAttribute } from "./attribute-values.js";
import { encodeAttribute } from "./attribute-values.js";
import { UnregisteredDataset } from "./dataset-types/unregistered.js";
import { isPlainObject, maximumDepth } from "./deep.js";
import { listName } from "./list-names.js";
import type { ArrayStorage, StorageOptions } from "./property-definition.js";
import { ProxyDataset } from "./proxy-dataset.js";
import type { AttributeValues } from "./registry.js";
import { arrayTypeName, datasetTypeOf } from "./registry.js";
import type { ScalarType } from "./scalar.js";
import type { StorageHints } from "./serialize.js";
import { classKey, containerKey, datasetTypeKey, errorAt, joinPath } from "./serialize.js";
import { storedTypeOf } from "./stored-types.js";
import type { ClassVersions, VersionedTree } from "./versions.js";
import { classVersions } from "./versions.js";

/** A value that becomes an attribute. */
export interface AttributeNode extends EncodedAttribute {
  readonly kind: "attribute";
}

/** A list or dict, which becomes a group. */
export interface GroupNode {
  readonly kind: "group";
  readonly container: "list" | "dict";
  /** Name of the class, when the dict is an object. */
  readonly className: string | null;
  /** The versions of that class and of those that it extends. */
  readonly versions: ClassVersions | null;
  /** The names of members that are as they are in the file; `null` for a list or dict that is no object. */
  readonly untouched: ReadonlySet<string> | null;
  readonly members: readonly (readonly [name: string, node: Node])[];
}

/** An array, which becomes a dataset. */
export interface DatasetNode {
  readonly kind: "dataset";
  readonly typeName: string;
  readonly array: NDArray | ProxyDataset;
  /** The type of the elements in the file. */
  readonly dtype: ScalarType;
  readonly attributes: readonly (readonly [name: string, node: AttributeNode])[];
  readonly storage: ArrayStorage;
  /** For telling progress. */
  readonly bytes: number;
  /** Says what other readers cannot do with it, `null` where there is nothing to say; asked only where it is told. */
  readonly notice: (() => string | null) | null;
}

/** Something to be written. */
export type Node = AttributeNode | GroupNode | DatasetNode;

/** How arrays further down are stored. */
interface Inherited {
  readonly property: ArrayStorage | null;
  readonly class: StorageOptions | null;
}

/**
 * The plan for a tree. `path` is where it is going to be; `property` and `type` say how arrays are stored in the
 * property and the class that the tree is the value of.
 */
export function planValue(
  tree: unknown,
  path: string,
  hints: StorageHints,
  property: ArrayStorage | null = null,
  type: StorageOptions | null = null,
): Node {
  return plan(tree, path, hints, { property, class: type }, 0);
}

function plan(tree: unknown, path: string, hints: StorageHints, inherited: Inherited, depth: number): Node {
  if (depth > maximumDepth) {
    throw errorAt("invalid-argument", path, `values nested deeper than ${maximumDepth} levels cannot be saved`);
  }
  if (typeof tree === "object" && tree !== null) {
    if (tree instanceof ProxyDataset) return planProxy(tree, path, inherited);
    if (tree instanceof UnregisteredDataset) {
      return planArray(tree.array, tree.typeName, tree.attributes, path, inherited);
    }
    const type = datasetTypeOf(tree);
    if (type !== undefined) {
      const [array, attributes] = type.disassemble(tree);
      return {
        ...planArray(toNDArray(array), type.name, attributes, path, inherited),
        notice: () => type.notice?.(tree) ?? null,
      };
    }
    if (isArrayInput(tree)) return planArray(toNDArray(tree), arrayTypeName, {}, path, inherited);
    if (Array.isArray(tree)) {
      const members = tree.map((item, index) => {
        const name = listName(index, tree.length);
        return [name, plan(item, joinPath(path, name), hints, inherited, depth + 1)] as const;
      });
      return { kind: "group", container: "list", className: null, versions: null, untouched: null, members };
    }
  }
  const encoded = encodeAttribute(tree, path);
  if (encoded !== null) return { kind: "attribute", ...encoded };
  if (isPlainObject(tree)) return planDict(tree, path, hints, inherited, depth);
  throw errorAt("invalid-argument", path, `a ${typeof tree} cannot be saved`);
}

function planDict(
  tree: Record<string, unknown>,
  path: string,
  hints: StorageHints,
  inherited: Inherited,
  depth: number,
): GroupNode {
  const hint = hints.get(tree);
  let className: string | null = null;
  const members: [string, Node][] = [];
  for (const [key, item] of Object.entries(tree)) {
    if (key === classKey) {
      if (typeof item !== "string" || item === "") throw errorAt("invalid-argument", path, `${classKey} is no name`);
      className = item;
      continue;
    }
    const here = hint === undefined ? inherited : { property: hint.byKey.get(key) ?? null, class: hint.all };
    const place = joinPath(path, key);
    const node = plan(item, place, hints, here, depth + 1);
    checkName(key, place, node);
    members.push([key, node]);
  }
  const versions = className === null ? null : ((tree as VersionedTree)[classVersions] ?? null);
  return { kind: "group", container: "dict", className, versions, untouched: hint?.untouched ?? null, members };
}

/** The versions of the classes of all objects in a plan: one of each. */
export function planVersions(node: Node, found = new Map<string, number>()): ReadonlyMap<string, number> {
  if (node.kind !== "group") return found;
  for (const [name, version] of Object.entries(node.versions ?? {})) {
    const other = found.get(name) ?? version;
    if (other !== version) {
      throw errorAt(
        "invalid-argument",
        "/root",
        `objects of versions ${other} and ${version} of ${name} are not saved together`,
      );
    }
    found.set(name, version);
  }
  for (const [, member] of node.members) planVersions(member, found);
  return found;
}

/** Refuses names that a file cannot hold, or that mean something else there. */
export function checkName(name: string, path: string, node: Node): void {
  if (name === "" || name.includes("\0") || /\p{Surrogate}/u.test(name)) {
    throw errorAt("invalid-argument", path, `${JSON.stringify(name)} cannot be a name in a file`);
  }
  if (name === containerKey) throw errorAt("invalid-argument", path, `${containerKey} cannot be used as a key`);
  if (node.kind !== "attribute" && (name === "." || name === ".." || name.includes("/"))) {
    throw errorAt(
      "invalid-argument",
      path,
      `${JSON.stringify(name)} cannot name a group or dataset: it reads as a path`,
    );
  }
}

/** Beside the scalars of other attributes, those of a dataset type may be arrays. */
export function encodeTypeAttribute(value: unknown, path: string): EncodedAttribute | null {
  if (!isArrayInput(value)) return encodeAttribute(value, path);
  const array = toNDArray(value);
  return { value: array, dtype: array.dtype };
}

function planAttributes(attributes: AttributeValues, path: string): [string, AttributeNode][] {
  return Object.entries(attributes).map(([name, value]) => {
    const place = joinPath(path, name);
    const encoded = name === datasetTypeKey ? null : encodeTypeAttribute(value, place);
    if (encoded === null) throw errorAt("invalid-argument", place, "this cannot be an attribute of a dataset type");
    const node: AttributeNode = { kind: "attribute", ...encoded };
    checkName(name, place, node);
    return [name, node];
  });
}

function planArray(
  array: NDArray,
  typeName: string,
  attributes: AttributeValues,
  path: string,
  inherited: Inherited,
): DatasetNode {
  return {
    kind: "dataset",
    typeName,
    array,
    dtype: storedTypeOf(array),
    attributes: planAttributes(attributes, path),
    storage: storageFor(array.shape, path, inherited),
    bytes: bytesOf(array.data),
    notice: null,
  };
}

function planProxy(proxy: ProxyDataset, path: string, inherited: Inherited): DatasetNode {
  return {
    kind: "dataset",
    typeName: proxy.typeName,
    array: proxy,
    dtype: proxy.storedType,
    attributes: planAttributes(proxy.typeAttributes, path),
    storage: storageFor(proxy.shape, path, inherited),
    bytes: proxy.nbytes,
    notice: null,
  };
}

/** A property's options must fit the array; a class's chunk shape is used for the arrays that it fits. */
function storageFor(shape: readonly number[], path: string, { property, class: type }: Inherited): ArrayStorage {
  const { chunks, filters, maxShape } = property ?? {};
  requireAxes("chunks", chunks, shape, path);
  requireAxes("maxShape", maxShape, shape, path);
  requireRoom(maxShape, shape, path);
  const fitting = type?.chunks?.length === shape.length ? type.chunks : undefined;
  return { chunks: chunks ?? fitting, filters: filters ?? type?.filters, maxShape };
}

function requireAxes(name: string, axes: readonly unknown[] | undefined, shape: readonly number[], path: string): void {
  if (axes === undefined || axes.length === shape.length || shape.length === 0) return;
  const message = `the property's ${name} have ${axes.length} axes and the array has ${shape.length}`;
  throw errorAt("invalid-argument", path, message);
}

function requireRoom(maxShape: ArrayStorage["maxShape"], shape: readonly number[], path: string): void {
  const axis = shape.findIndex((extent, at) => extent > (maxShape?.[at] ?? Number.POSITIVE_INFINITY));
  if (axis < 0) return;
  const message = `the property's maxShape allows ${maxShape?.[axis]} of ${shape[axis]} along axis ${axis}`;
  throw errorAt("invalid-argument", path, message);
}

function bytesOf(data: unknown): number {
  if (ArrayBuffer.isView(data)) return data.byteLength;
  if (typeof data === "object" && data !== null && "data" in data) return bytesOf(data.data);
  if (!Array.isArray(data)) return 0;
  let bytes = 0;
  for (const item of data) bytes += typeof item === "string" ? item.length : bytesOf(item);
  return bytes;
}

/** The bytes of array data in a plan. */
export function planBytes(node: Node): number {
  if (node.kind === "dataset") return node.bytes;
  if (node.kind === "attribute") return 0;
  let bytes = 0;
  for (const [, member] of node.members) bytes += planBytes(member);
  return bytes;
}
