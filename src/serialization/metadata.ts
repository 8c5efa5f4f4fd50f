/** What is saved beside an object: attributes of the whole file, where neither this library nor Python's takes them for properties. */

import type { Group } from "../format/index.js";
import { decodeAttribute } from "./attribute-values.js";
import { isPlainObject } from "./deep.js";
import { readInfos } from "./load.js";
import type { AttributeNode } from "./plan.js";
import { checkName, encodeTypeAttribute } from "./plan.js";
import { ProgressCounter } from "./progress.js";
import type { AttributeValue } from "./registry.js";
import { writeNode } from "./save.js";
import { errorAt, joinPath } from "./serialize.js";
import type { Task } from "./task.js";
import { step } from "./task.js";
import { versionsAttribute } from "./versions.js";

/** What can be saved beside an object, by name: scalars, strings, arrays. */
export type Metadata = Readonly<Record<string, AttributeValue>>;

/** The attributes for metadata, checked. */
export function planMetadata(metadata: Metadata | undefined): readonly (readonly [string, AttributeNode])[] {
  if (metadata === undefined) return [];
  if (!isPlainObject(metadata)) throw errorAt("invalid-argument", "/", "metadata are an object with names and values");
  return Object.entries(metadata).map(([name, value]) => {
    const path = joinPath("/", name);
    if (name === versionsAttribute) throw errorAt("invalid-argument", path, `${name} has a meaning of its own`);
    const encoded = encodeTypeAttribute(value, path);
    if (encoded === null) throw errorAt("invalid-argument", path, "metadata are scalars, strings and arrays");
    const node: AttributeNode = { kind: "attribute", ...encoded };
    checkName(name, path, node);
    return [name, node] as const;
  });
}

/** Writes metadata into a file; others that it has stay. */
export function* writeMetadata(file: Group, nodes: readonly (readonly [string, AttributeNode])[]): Task<void> {
  const untold = new ProgressCounter(0, undefined);
  for (const [name, node] of nodes) yield* writeNode(file, name, node, joinPath("/", name), untold);
}

/** The metadata of a file. */
export function* readMetadata(file: Group): Task<Readonly<Record<string, unknown>>> {
  const { attrs } = file;
  const metadata: Record<string, unknown> = Object.create(null);
  for (const each of yield* readInfos(file)) {
    if (each.name === versionsAttribute) continue;
    const raw = yield* step<unknown>(
      () => attrs.getSync(each.name),
      () => attrs.get(each.name),
    );
    metadata[each.name] = decodeAttribute(each, raw).value;
  }
  return metadata;
}
