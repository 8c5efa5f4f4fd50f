import { HDF5Error, invalidArgument } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { encodeDatatype, hasManyUnusedBits } from "../structures/messages/datatype.js";
import { encodeLinkInfo } from "../structures/messages/link-info.js";
import { MessageType } from "../structures/messages/message-types.js";
import { requireChangeable } from "./change-object.js";
import type { FileState } from "./file-state.js";
import type { NewLink } from "./link-table.js";
import { addLink, findLink, LinkTable, loadLinks } from "./link-table.js";
import type { NewObject } from "./object-state.js";
import { childPath, encodeMessage, ObjectState } from "./object-state.js";
import { openEntry, openRoot, pathComponents } from "./resolve-path.js";

/** What may be said of a new group. */
export interface GroupOptions {
  /** List links and attributes in the order of their creation. Default false. */
  readonly trackOrder?: boolean;
}

/** A new group without a link to it. */
export function newGroup(file: FileState, options: GroupOptions): ObjectState {
  const tracksOrder = options.trackOrder === true;
  const isOld = file.libver === "earliest" && !tracksOrder;
  const parts: NewObject = {
    kind: "group",
    headerVersion: isOld ? 1 : 2,
    tracksAttributeOrder: tracksOrder,
    messages: [isOld ? emptySymbolTable(file) : emptyLinkInfo(file, tracksOrder)],
  };
  const group = ObjectState.create(file, parts);
  group.links = new LinkTable(tracksOrder, tracksOrder);
  group.links.changed = true;
  return group;
}

/** Stands for the link info that the commit writes. */
function emptyLinkInfo(file: FileState, tracksOrder: boolean): NewObject["messages"][number] {
  return encodeMessage(file, MessageType.LinkInfo, 0, (writer) => {
    encodeLinkInfo(writer, {
      maxCreationOrder: tracksOrder ? 0 : null,
      creationOrderIndexed: tracksOrder,
      heapAddress: null,
      nameIndexAddress: null,
      creationOrderIndexAddress: null,
    });
  });
}

/** Stands for the symbol table that the commit builds. */
function emptySymbolTable(file: FileState): NewObject["messages"][number] {
  return encodeMessage(file, MessageType.SymbolTable, 0, (writer) => writer.fill(0, 2 * file.context.offsetSize));
}

/** A new committed datatype without a link to it. */
export function newCommittedDatatype(file: FileState, datatype: Datatype): ObjectState {
  return ObjectState.create(file, {
    kind: "datatype",
    headerVersion: file.libver === "earliest" && !hasManyUnusedBits(datatype) ? 1 : 2,
    tracksAttributeOrder: false,
    messages: [encodeMessage(file, MessageType.Datatype, 1, (writer) => encodeDatatype(writer, datatype))],
  });
}

/** Where a new link goes. */
export interface NewPlace {
  readonly group: ObjectState;
  readonly table: LinkTable;
  readonly name: string;
}

/** Where a new link is to go; nothing is changed yet. */
export interface PlannedPlace {
  /** The last group on the way that exists. */
  readonly group: ObjectState;
  /** Names of the groups below it that are missing. */
  readonly missing: readonly string[];
  readonly name: string;
}

/**
 * Finds where a new link belongs.
 *
 * @throws HDF5Error `exists` when the path is taken
 */
export function* planPlace(
  file: FileState,
  start: ObjectState,
  startPath: string,
  path: string,
): Operation<PlannedPlace> {
  file.editing();
  const components = pathComponents(path);
  const name = components.pop();
  if (name === undefined) throw new HDF5Error("exists", `"${path}" names no new object`);
  if (path.includes("\0")) throw invalidArgument("a name must not contain NUL");
  let group = path.startsWith("/") ? yield* openRoot(file) : start;
  let at = path.startsWith("/") ? "/" : startPath;
  for (let index = 0; index < components.length; index++) {
    requireGroup(group, at);
    const entry = yield* findLink(group, components[index]);
    if (entry === undefined) {
      requireChangeable(group, at);
      return { group, missing: components.slice(index), name };
    }
    group = yield* openEntry(file, group, at, entry);
    // An external link leads to a file that is open for reading only.
    group.file.editing();
    at = childPath(at, components[index]);
  }
  requireGroup(group, at);
  requireChangeable(group, at);
  const table = yield* loadLinks(group);
  if (table.entries.has(name)) throw new HDF5Error("exists", `"${name}" exists in "${at}"`, { path: at });
  return { group, missing: [], name };
}

/** Makes a place ready: groups missing on the way are created. */
export function* takePlace({ group: start, missing, name }: PlannedPlace): Operation<NewPlace> {
  let group = start;
  let table = yield* loadLinks(group);
  for (const component of missing) {
    const between = newGroup(start.file, {});
    linkObject({ group, table, name: component }, between);
    group = between;
    table = yield* loadLinks(group);
  }
  return { group, table, name };
}

function requireGroup(object: ObjectState, path: string): void {
  if (object.kind !== "group") throw invalidArgument(`"${path}" is a ${object.kind}, nothing can be created below it`);
}

/** Links an object at a place, staged. */
export function linkObject(place: NewPlace, object: ObjectState): void {
  const link: NewLink = { kind: "hard", name: place.name, address: object.address ?? 0, object };
  addLink(place.group, place.table, link);
  object.reachedFrom(place.group, place.name);
  object.referenceCount++;
  object.file.touch(object);
}
