import { HDF5Error } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { decodeAll } from "../storage/storage.js";
import { decodeBTreeV2Header } from "../structures/btree-v2-node.js";
import { linkNameIndexType } from "../structures/dense-links.js";
import { decodeGroupBTreeNode } from "../structures/group-btree.js";
import type { FileState } from "./file-state.js";
import type { LinkEntry, LinkTable } from "./link-table.js";
import { findLink, linkStorage, loadLinks } from "./link-table.js";
import { ObjectState } from "./object-state.js";
import { joinPath, openRoot, pathComponents, resolvePath } from "./resolve-path.js";

/** Links of a group that is read only to find a name in it: about what one node of its index holds. */
const fewLinks = 256;
/** Objects whose headers are fetched together. */
const fetchedTogether = 64;
const headerPrefix = 64;
/** Groups that a search remembers, so that it enters each one once. */
const mostGroups = 1 << 20;

/**
 * A path of an object where one can be had cheaply: it is known, or the object is in one of the groups that are looked
 * at already, or in a small one on the way to `from`; else `null`. The object remembers it.
 */
export function* nearPath(object: ObjectState, from: ObjectState | null): Operation<string | null> {
  const { file } = object;
  const near = [yield* openRoot(file)];
  if (object.path !== null && (yield* leadsTo(object, object.path))) return object.path;
  object.path = null;
  if (from !== null) near.unshift(...(yield* groupsAbove(from)));
  for (const group of new Set([...near, ...[...file.groups].reverse()])) {
    // What is read at once is had cheaply; what must be fetched, only where the object probably is.
    const mayRead = file.device.readSync !== undefined || near.includes(group);
    const name = yield* nameWithin(group, object, mayRead);
    if (name === null || !(yield* leadsTo(object, joinPath(group.path ?? "", name)))) continue;
    return object.reachedFrom(group, name).path;
  }
  return null;
}

/**
 * A path that leads to an object: `known` where it still does, else one that is found cheaply, else the shortest one,
 * searched for level by level; `null` where no links lead to the object.
 *
 * @throws HDF5Error `limit` in a file of more than 2^20 groups
 */
export function* findPath(object: ObjectState, known: string | null): Operation<string | null> {
  if (known !== null && (yield* resolvesTo(object, known))) return known;
  return (yield* nearPath(object, null)) ?? (yield* search(object));
}

/** Whether a path still leads to an object; it does where nothing can have changed. */
function* resolvesTo(object: ObjectState, path: string): Operation<boolean> {
  const { file } = object;
  if (file.transaction === null) return true;
  try {
    return (yield* resolvePath(file, yield* openRoot(file), "/", path)) === object;
  } catch (error) {
    if (error instanceof HDF5Error && error.code === "not-found") return false;
    throw error;
  }
}

/** {@link resolvesTo} for a path of hard links. */
function* leadsTo(object: ObjectState, path: string): Operation<boolean> {
  if (object.file.transaction === null) return true;
  const places = yield* alongHardLinks(object.file, path);
  return places.at(-1) === object;
}

/** The objects that lie on a path of hard links from the root group on, as far as there are any; all or none. */
function* alongHardLinks(file: FileState, path: string): Operation<ObjectState[]> {
  const places = [yield* openRoot(file)];
  for (const name of pathComponents(path)) {
    const group = places[places.length - 1];
    const entry = group.kind === "group" ? yield* findLink(group, name) : undefined;
    if (entry === undefined || entry.link.kind !== "hard") return [];
    places.push(entry.object ?? (yield* ObjectState.open(file, entry.link.address)));
  }
  return places;
}

/** The groups that an object lies in, the innermost first. */
function* groupsAbove(object: ObjectState): Operation<ObjectState[]> {
  if (object.path === null) return [];
  const places = yield* alongHardLinks(object.file, object.path);
  return places.slice(0, -1).reverse();
}

/** The name of a group's hard link to an object; `null` where there is none, or looking is not cheap. */
function* nameWithin(group: ObjectState, object: ObjectState, mayRead: boolean): Operation<string | null> {
  if (group.path === null || (group.links === null && !(mayRead && (yield* hasFewLinks(group))))) return null;
  const table = yield* loadLinks(group);
  const name = object.address === null ? undefined : namesByAddress(table).get(object.address);
  const entry = name === undefined ? undefined : table.entries.get(name);
  return entry !== undefined && isLinkTo(entry, object) ? entry.link.name : null;
}

function isLinkTo({ link, object: target }: LinkEntry, object: ObjectState): boolean {
  return target === object || (link.kind === "hard" && link.address === object.address && target === null);
}

/** Groups that have turned out to be too large to be read for a name. */
const largeGroups = new WeakSet<ObjectState>();

function* hasFewLinks(group: ObjectState): Operation<boolean> {
  if (largeGroups.has(group)) return false;
  const isSmall = yield* group.file.decode(() => {
    const { context } = group.file;
    const storage = linkStorage(group);
    if (storage.kind === "symbol-table") return decodeGroupBTreeNode(context, storage.btreeAddress).level === 0;
    const { nameIndexAddress } = storage.info;
    if (nameIndexAddress === null) return true;
    const { root } = decodeBTreeV2Header(context, nameIndexAddress, [linkNameIndexType]);
    return root === null || root.totalRecords <= fewLinks;
  });
  if (!isSmall) largeGroups.add(group);
  return isSmall;
}

/** Names of hard links by address, and the state of the table that they are of. */
interface Names {
  readonly nextCreationOrder: number;
  readonly names: ReadonlyMap<number, string>;
}

/** Kept as long as the tables are. */
const namesOfTables = new WeakMap<LinkTable, Names>();

function namesByAddress(table: LinkTable): ReadonlyMap<number, string> {
  const { nextCreationOrder } = table;
  const known = namesOfTables.get(table);
  if (known?.nextCreationOrder === nextCreationOrder) return known.names;
  const names = new Map<number, string>();
  for (const { link, object } of table.entries.values()) {
    if (link.kind === "hard") names.set(object?.address ?? link.address, link.name);
  }
  namesOfTables.set(table, { nextCreationOrder, names });
  return names;
}

/** A group that a search comes to. */
interface Waiting {
  readonly path: string;
  /** Address of its header; `null` for a new one. */
  readonly address: number | null;
  /** Only for a new one. */
  readonly object: ObjectState | null;
}

/** Looks for an object level by level, in memory that grows with the number of groups only. */
function* search(object: ObjectState): Operation<string | null> {
  const { file } = object;
  const { address } = yield* openRoot(file);
  const seen = new Set<number | ObjectState | null>([address]);
  let level: Waiting[] = [{ path: "/", address, object: address === null ? yield* openRoot(file) : null }];
  while (level.length > 0) {
    const next: Waiting[] = [];
    for (const waiting of level) {
      const entries = yield* hardLinks(file, waiting);
      const found = entries.find((entry) => isLinkTo(entry, object));
      if (found !== undefined) return yield* remember(object, joinPath(waiting.path, found.link.name));
      for (const group of yield* groupsAmong(file, waiting.path, entries)) {
        const key = group.address ?? group.object;
        if (seen.has(key)) continue;
        if (seen.size >= mostGroups) throw new HDF5Error("limit", `a search ends after ${mostGroups} groups`);
        seen.add(key);
        next.push(group);
      }
    }
    level = next;
  }
  return null;
}

/** The object at an address, which the file does not go on to remember. */
function* openBriefly(file: FileState, address: number): Operation<ObjectState> {
  const known = file.objects.get(address);
  if (known !== undefined) return known;
  const object = yield* ObjectState.open(file, address);
  file.objects.delete(address);
  return object;
}

/** A group's hard links, which the group does not go on to remember. */
function* hardLinks(file: FileState, { address, object }: Waiting): Operation<LinkEntry[]> {
  const group = object ?? (yield* openBriefly(file, address ?? 0));
  const before = group.links;
  const table = yield* loadLinks(group);
  group.links = before;
  return [...table.entries.values()].filter(({ link }) => link.kind === "hard");
}

/** The groups that links lead to. */
function* groupsAmong(file: FileState, path: string, entries: readonly LinkEntry[]): Operation<Waiting[]> {
  const groups: Waiting[] = [];
  for (let index = 0; index < entries.length; index++) {
    if (index % fetchedTogether === 0) yield* fetchHeaders(file, entries.slice(index, index + fetchedTogether));
    const { link, object } = entries[index];
    if (link.kind !== "hard") continue;
    const { kind, address } = object ?? (yield* openBriefly(file, link.address));
    if (kind !== "group") continue;
    groups.push({ path: joinPath(path, link.name), address, object: address === null ? object : null });
  }
  return groups;
}

/** Fetches the beginnings of headers with one request. */
function fetchHeaders(file: FileState, entries: readonly LinkEntry[]): Operation<unknown> {
  const { cache } = file;
  return file.decode(() =>
    decodeAll(entries, ({ link, object }) => {
      const offset = link.kind === "hard" && object === null ? file.offsetOf(link.address) : cache.size;
      if (offset < cache.size) cache.view(offset, Math.min(headerPrefix, cache.size - offset));
    }),
  );
}

/** Makes a path known that has been found, and the links beside the object, so that others there are found cheaply. */
function* remember(object: ObjectState, path: string): Operation<string> {
  const places = yield* alongHardLinks(object.file, path);
  const names = pathComponents(path);
  for (let index = 1; index < places.length; index++) places[index].reachedFrom(places[index - 1], names[index - 1]);
  object.path = path;
  yield* loadLinks(places[places.length - 2]);
  return path;
}
