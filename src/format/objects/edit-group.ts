import { datatypeOf } from "../datatypes/datatype-of.js";
import type { DType } from "../datatypes/dtype.js";
import { HDF5Error, invalidArgument } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { Datatype } from "../structures/messages/datatype.js";
import { encodeText } from "../structures/text.js";
import { about } from "./about.js";
import { requireChangeable } from "./change-object.js";
import { placeEmptyHeader } from "./commit-header.js";
import { newDataset, storedForm } from "./create-dataset.js";
import type { GroupOptions, NewPlace, PlannedPlace } from "./create-object.js";
import {
  countLink,
  linkObject,
  newCommittedDatatype,
  newGroup,
  planPlace,
  requireLinkSize,
  takePlace,
} from "./create-object.js";
import { datasetOptions } from "./dataset-options.js";
import { addLink, loadLinks } from "./link-table.js";
import { ObjectState } from "./object-state.js";

/** An object that is linked or used as a type, and its path for messages. */
export interface Target {
  readonly state: ObjectState;
  readonly path: string | null;
}

/** The group that changes are made from, and its path for messages. */
export interface GroupPlace {
  readonly group: ObjectState;
  readonly path: string;
}

function planOf({ group, path: groupPath }: GroupPlace, path: string): Operation<PlannedPlace> {
  return planPlace(group.file, group, groupPath, path);
}

function* placeOf(from: GroupPlace, path: string): Operation<NewPlace> {
  return takePlace(yield* planOf(from, path));
}

/** Creates a group. */
export function* createGroup(from: GroupPlace, path: string, options: GroupOptions): Operation<ObjectState> {
  const place = yield* placeOf(from, path);
  const { group } = newGroup(from.group.file, options);
  linkObject(place, group);
  return group;
}

/** Creates a dataset of elements of type `dtype`, which is that of `committed` where there is one. */
export function* createDataset(
  from: GroupPlace,
  path: string,
  given: unknown,
  dtype: DType | Datatype | undefined,
  type: Target | null,
): Operation<ObjectState> {
  const { file } = from.group;
  const options = datasetOptions(given);
  const plan = yield* planOf(from, path);
  const committed = type?.state ?? null;
  if (committed !== null) {
    if (committed.file !== file) throw invalidArgument("the committed datatype is of another file");
    requireChangeable(committed, type?.path);
    // The dataset's datatype message holds the address.
    if (committed.address === null) placeEmptyHeader(committed);
  }
  const object = yield* newDataset(file, options, dtype, committed);
  if (committed !== null) countLink(committed, 1);
  linkObject(takePlace(plan), object);
  return object;
}

/** Stores a datatype; answers it with the type as stored. */
export function* commitDatatype(
  from: GroupPlace,
  path: string,
  dtype: DType | Datatype,
): Operation<{ readonly object: ObjectState; readonly datatype: Datatype }> {
  const { file } = from.group;
  const datatype = storedForm(datatypeOf(dtype, file.context));
  const place = yield* placeOf(from, path);
  const object = newCommittedDatatype(file, datatype);
  linkObject(place, object);
  return { object, datatype };
}

/** Creates a link to a path. */
export function* createSoftLink(from: GroupPlace, path: string, target: string): Operation<void> {
  const targetBytes = linkText(target);
  const { group, table, name } = yield* placeOf(from, path);
  requireLinkSize(name, targetBytes.length);
  addLink(group, table, { kind: "soft", name, target, targetBytes });
}

/** Creates a link to a path in another file. */
export function* createExternalLink(from: GroupPlace, path: string, file: string, target: string): Operation<void> {
  const fileBytes = linkText(file);
  const targetBytes = linkText(target);
  const { group, table, name } = yield* placeOf(from, path);
  requireLinkSize(name, fileBytes.length + targetBytes.length);
  addLink(group, table, { kind: "external", name, file, fileBytes, target, targetBytes });
}

/** Gives an object one more name. */
export function* createHardLink(from: GroupPlace, path: string, target: Target): Operation<void> {
  if (!(target?.state instanceof ObjectState)) {
    throw invalidArgument("createHardLink takes a group, dataset or datatype; createSoftLink takes a path");
  }
  const { state, path: itsPath } = target;
  if (state.file !== from.group.file) throw invalidArgument("a hard link cannot lead to an object of another file");
  requireChangeable(state, itsPath);
  linkObject(yield* placeOf(from, path), state);
}

function linkText(text: string): Uint8Array {
  if (typeof text !== "string" || text === "" || text.includes("\0")) {
    throw invalidArgument("the target of a link is a string that is not empty and has no NUL");
  }
  return encodeText(text);
}

/** Deletes a link of a group; the object it leads to has one link less. */
export function* deleteLink(group: ObjectState, name: string, path: string): Operation<void> {
  const { file } = group;
  const groupPath = path.slice(0, path.lastIndexOf("/")) || "/";
  requireChangeable(group, groupPath);
  const table = yield* about(groupPath, loadLinks(group));
  const entry = table.entries.get(name);
  if (entry === undefined) throw new HDF5Error("not-found", `"${path}" does not exist`, { path });
  const { link } = entry;
  if (link.kind === "hard") {
    const object = entry.object ?? (yield* about(path, ObjectState.open(file, link.address)));
    requireChangeable(object, path);
    countLink(object, -1);
  }
  file.touch(group);
  table.entries.delete(name);
  table.changed = true;
}
