/** Versions of classes: which one a file has, and how its objects become those of the newest. */

import { HDF5Error } from "../format/index.js";
import type { ClassInfo } from "./class-info.js";
import { isPlainObject } from "./deep.js";
import { invalidArgument, messageOf } from "./errors.js";

/**
 * The key of a tree's dict under which the versions of classes are, by name: a symbol, as an object may have properties
 * of any name. A dict without it has the version that its class calls `unversioned`.
 */
export const classVersions: unique symbol = Symbol("classVersions");

/** The versions of classes, by name. */
export type ClassVersions = Readonly<Record<string, number>>;

/** A dict that may say the versions of its object's classes. */
export interface VersionedTree {
  readonly [classVersions]?: ClassVersions;
}

/**
 * Makes the dict of a class's object as one version has it of the one that the version before had. It may change the
 * dict, or answer another one. Names are those in files; objects within are dicts with their class's name under
 * `__class__`, still as the file has them.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: functions without a return statement answer void
export type Migration = (tree: Record<string, unknown>) => Record<string, unknown> | void;

/** What is done about names in a file that are no properties: an error, or they are kept and saved again, or dropped. */
export type UnknownNames = "error" | "keep" | "drop";

/** The kinds of {@link UnknownNames}. */
export const unknownNameRules: readonly UnknownNames[] = ["error", "keep", "drop"];

/** How a class has changed from version to version. */
export interface VersionOptions {
  /** The version of the class, from 1 on. Saved with its objects, where Python's library does not see it. */
  readonly version?: number;
  /** By version: what makes the dict of the next one. Versions between which nothing has to be done may be left out. */
  readonly migrate?: Readonly<Record<number, Migration>>;
  /** The version of files that say none, such as those that Python's library saved. Default 1. */
  readonly unversioned?: number;
  /** What is done about names in a file that are no properties; inherited, `error` at first. */
  readonly unknown?: UnknownNames;
}

/** The versions of one class, apart from those that it extends. */
export interface ClassVersion {
  readonly version: number;
  readonly unversioned: number;
  readonly migrations: ReadonlyMap<number, Migration>;
}

/** @throws HDF5Error `invalid-argument` */
export function versionOf(options: VersionOptions): ClassVersion | undefined {
  const { version, migrate, unversioned = 1 } = options;
  if (version === undefined) {
    if (migrate === undefined && options.unversioned === undefined) return undefined;
    throw invalidArgument('define: "migrate" and "unversioned" need a "version"');
  }
  if (!isVersion(version) || !isVersion(unversioned) || unversioned > version) {
    throw invalidArgument('define: "version" and "unversioned" are integers from 1 on, the second not above the first');
  }
  if (migrate !== undefined && !isPlainObject(migrate)) {
    throw invalidArgument('define: "migrate" is an object with a function for each version that is left behind');
  }
  const migrations = new Map<number, Migration>();
  for (const [from, step] of Object.entries(migrate ?? {})) {
    if (!isVersion(Number(from)) || Number(from) >= version || typeof step !== "function") {
      throw invalidArgument(`define: "migrate" has functions for versions from 1 to ${version - 1}, not for ${from}`);
    }
    migrations.set(Number(from), step);
  }
  return { version, unversioned, migrations };
}

function isVersion(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1;
}

/** What differs between an object of a file and the same as its class is now. */
export interface ObjectChange {
  /** Where it is in the file. */
  readonly path: string;
  readonly className: string;
  /** The versions that its class, and those that this extends, have in the file and now; only where they differ. */
  readonly versions: readonly { readonly className: string; readonly from: number; readonly to: number }[];
  /** Names that only the new version has. */
  readonly added: readonly string[];
  /** Names that the new version does not have. */
  readonly removed: readonly string[];
  /** Names whose values are others. */
  readonly changed: readonly string[];
  /** Old names of properties, and those under which they are stored now. */
  readonly renamed: readonly (readonly [from: string, to: string])[];
}

/** The versions of a class and of those that it extends, as they are saved. */
export function currentVersions(info: ClassInfo): ClassVersions | undefined {
  let versions: Record<string, number> | undefined;
  for (let current: ClassInfo | undefined = info; current !== undefined; current = current.base) {
    if (current.version === undefined) continue;
    versions ??= Object.create(null) as Record<string, number>;
    versions[current.name] = current.version.version;
  }
  return versions;
}

/** A dict brought up to date, and what of it became so. */
export interface UpToDate {
  readonly tree: Record<string, unknown>;
  readonly versions: ObjectChange["versions"];
}

/**
 * The dict of an object as its class has it now. Classes that others extend come first.
 *
 * @throws HDF5Error `unsupported` for a version that is newer than the class, `invalid-argument` where a migration fails
 */
export function migrateTree(tree: Record<string, unknown> & VersionedTree, info: ClassInfo, path: string): UpToDate {
  const known = tree[classVersions] ?? {};
  const chain: ClassInfo[] = [];
  for (let current: ClassInfo | undefined = info; current !== undefined; current = current.base) chain.unshift(current);
  let result: Record<string, unknown> = tree;
  const versions: { className: string; from: number; to: number }[] = [];
  for (const { name, version } of chain) {
    const from = Object.hasOwn(known, name) ? known[name] : (version?.unversioned ?? 1);
    const to = version?.version ?? 1;
    if (from > to) {
      const message = `${path}: this is version ${from} of the class ${name}, of which version ${to} is known here`;
      throw new HDF5Error("unsupported", message, { path });
    }
    if (from === to) continue;
    versions.push({ className: name, from, to });
    for (let at = from; at < to; at++) {
      const step = version?.migrations.get(at);
      if (step !== undefined)
        result = applied(step, result, `${path}: from version ${at} to ${at + 1} of ${name}`, path);
    }
  }
  return { tree: result, versions };
}

/** Whether a file with these versions has objects of a class as an older version of it made them. */
export function isOutdated(info: ClassInfo, stored: ClassVersions | null): boolean {
  for (let current: ClassInfo | undefined = info; current !== undefined; current = current.base) {
    const { name, version } = current;
    if (version !== undefined && (stored?.[name] ?? version.unversioned) < version.version) return true;
  }
  return false;
}

function applied(step: Migration, tree: Record<string, unknown>, what: string, path: string): Record<string, unknown> {
  const copy = Object.assign(Object.create(null) as Record<string, unknown>, tree);
  let answer: unknown;
  try {
    answer = step(copy) ?? copy;
  } catch (error) {
    throw new HDF5Error("invalid-argument", `${what}: ${messageOf(error)}`, { path, cause: error });
  }
  if (isPlainObject(answer)) return answer;
  throw new HDF5Error("invalid-argument", `${what}: a migration answers a dict, or nothing`, { path });
}

/** What differs between two dicts of an object. */
export function differences(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Pick<ObjectChange, "added" | "removed" | "changed"> {
  const names = (tree: object): string[] => Object.keys(tree).filter((name) => name !== "__class__");
  return {
    added: names(after).filter((name) => !Object.hasOwn(before, name)),
    removed: names(before).filter((name) => !Object.hasOwn(after, name)),
    changed: names(after).filter((name) => Object.hasOwn(before, name) && !Object.is(before[name], after[name])),
  };
}

/** The attribute of the whole file that holds the versions of its classes, as JSON. */
export const versionsAttribute = "__versions__";

/** The versions that a file's attribute says. */
export function decodeVersions(text: unknown): ClassVersions {
  let parsed: unknown;
  try {
    parsed = typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    parsed = undefined;
  }
  if (!isPlainObject(parsed) || !Object.values(parsed).every(isVersion)) {
    throw new HDF5Error("corrupt", `the file's attribute ${versionsAttribute} holds no versions of classes`, {
      path: "/",
    });
  }
  return parsed as ClassVersions;
}
