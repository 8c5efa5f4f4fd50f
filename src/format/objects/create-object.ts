import type { Known } from "../../arguments/known-options.js";
import { HDF5Error, invalidArgument } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { encodeDatatype, hasManyUnusedBits } from "../structures/messages/datatype.js";
import { encodeLinkInfo } from "../structures/messages/link-info.js";
import { MessageType } from "../structures/messages/message-types.js";
import { encodeText } from "../structures/text.js";
import { about } from "./about.js";
import type { CallOptions } from "./call-options.js";
import { callNames } from "./call-options.js";
import { requireChangeable } from "./change-object.js";
import type { FileState } from "./file-state.js";
import type { NewLink } from "./link-table.js";
import { addLink, findLink, LinkTable, loadLinks } from "./link-table.js";
import type { NewObject } from "./object-state.js";
import { childPath, encodeMessage, ObjectState } from "./object-state.js";
import { withoutAliases } from "./option-aliases.js";
import { openEntry, openRoot, pathComponents } from "./resolve-path.js";

/** What may be said of a new group. */
export interface GroupOptions {
  /** List links and attributes in the order of their creation. Default false. */
  readonly trackOrder?: boolean;
  /** What h5py calls `trackOrder`. */
  readonly track_order?: boolean;
}

/** The names of {@link GroupOptions} and of what every call takes. */
export const groupNames: Known<GroupOptions & CallOptions> = {
  ...callNames,
  trackOrder: "boolean",
  track_order: "boolean",
};

/** A group and its links. */
export interface NewGroup {
  readonly group: ObjectState;
  readonly table: LinkTable;
}

/** A new group without a link to it. */
export function newGroup(file: FileState, options: GroupOptions): NewGroup {
  const { trackOrder } = withoutAliases(options, { track_order: "trackOrder" });
  const tracksOrder = trackOrder === true;
  const isOld = file.libver === "earliest" && !tracksOrder;
  const parts: NewObject = {
    kind: "group",
    headerVersion: isOld ? 1 : 2,
    tracksAttributeOrder: tracksOrder,
    messages: [isOld ? emptySymbolTable(file) : emptyLinkInfo(file, tracksOrder)],
  };
  const group = ObjectState.create(file, parts);
  const table = new LinkTable(tracksOrder, tracksOrder);
  table.changed = true;
  group.links = table;
  return { group, table };
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
export interface NewPlace extends NewGroup {
  readonly name: string;
}

/** Where a new link is to go; nothing is changed yet. */
export interface PlannedPlace {
  /** The last group on the way that exists, and its links. */
  readonly group: ObjectState;
  readonly table: LinkTable;
  /** Names of the groups below it that are missing. */
  readonly missing: readonly string[];
  readonly name: string;
}

/** Bytes that the name and the target of a link may have, which is stored as one header message. */
const largestLink = 65_500;

/** Requires that a link of this name, and a target of so many bytes, can be stored. */
export function requireLinkSize(name: string, targetBytes: number): void {
  // A character has three bytes at most.
  if (3 * name.length + targetBytes <= largestLink) return;
  const size = encodeText(name).length + targetBytes;
  if (size > largestLink) {
    throw invalidArgument(`a link has at most ${largestLink} bytes of name and target, not ${size}`);
  }
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
  for (const component of [...components, name]) requireLinkSize(component, 0);
  let group = path.startsWith("/") ? yield* openRoot(file) : start;
  let at = path.startsWith("/") ? "/" : startPath;
  for (let index = 0; index < components.length; index++) {
    requireGroup(group, at);
    const entry = yield* about(at, findLink(group, components[index]));
    if (entry === undefined) {
      requireChangeable(group, at);
      return { group, table: yield* loadLinks(group), missing: components.slice(index), name };
    }
    group = yield* openEntry(file, group, at, entry);
    // An external link leads to a file that is open for reading only.
    group.file.editing();
    at = childPath(at, components[index]);
  }
  requireGroup(group, at);
  requireChangeable(group, at);
  const table = yield* about(at, loadLinks(group));
  if (table.entries.has(name)) throw new HDF5Error("exists", `"${name}" exists in "${at}"`, { path: at });
  return { group, table, missing: [], name };
}

/** Makes a place ready: groups missing on the way are created. */
export function takePlace(plan: PlannedPlace): NewPlace {
  let { group, table } = plan;
  for (const name of plan.missing) {
    const between = newGroup(group.file, {});
    linkObject({ group, table, name }, between.group);
    ({ group, table } = between);
  }
  return { group, table, name: plan.name };
}

function requireGroup(object: ObjectState, path: string): void {
  if (object.kind !== "group") throw invalidArgument(`"${path}" is a ${object.kind}, nothing can be created below it`);
}

/** Links an object at a place, staged. */
export function linkObject(place: NewPlace, object: ObjectState): void {
  const link: NewLink = { kind: "hard", name: place.name, address: object.address ?? 0, object };
  addLink(place.group, place.table, link);
  object.reachedFrom(place.group, place.name);
  countLink(object, 1);
}

/** One link to an object more or less, staged. */
export function countLink(object: ObjectState, change: 1 | -1): void {
  const before = object.referenceCount;
  object.file.touch(object);
  object.file.onUndo(() => {
    object.referenceCount = before;
  });
  object.referenceCount = Math.max(0, before + change);
}
