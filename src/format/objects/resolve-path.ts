import { HDF5Error, unsupported } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import type { FileState } from "./file-state.js";
import type { LinkEntry } from "./link-table.js";
import { findLink } from "./link-table.js";
import { ObjectState } from "./object-state.js";

/** The components of a path; empty ones and "." mean nothing. */
export function pathComponents(path: string): string[] {
  return path.split("/").filter((component) => component !== "" && component !== ".");
}

/** `name` below the object at `path`. */
export function joinPath(path: string, name: string): string {
  const components = pathComponents(name).join("/");
  if (components === "") return path;
  return path === "/" ? `/${components}` : `${path}/${components}`;
}

/** The file's root group. */
export function* openRoot(file: FileState): Operation<ObjectState> {
  return file.root ?? (yield* ObjectState.open(file, file.superblock.rootAddress));
}

/** What a walk along a path has reached. */
interface Place {
  readonly object: ObjectState;
  /** Path from the root group, for messages. */
  readonly path: string;
}

/**
 * The object at `path`, from `start` or, for an absolute path, from the root group; soft links are followed.
 *
 * @throws HDF5Error `not-found`, naming the first component that is missing.
 */
export function* resolvePath(
  file: FileState,
  start: ObjectState,
  startPath: string,
  path: string,
): Operation<ObjectState> {
  const budget = { links: file.context.limits.depth };
  const place = yield* walk(file, { object: start, path: startPath }, path, budget);
  return place.object;
}

function* walk(file: FileState, start: Place, path: string, budget: { links: number }): Operation<Place> {
  let place = path.startsWith("/") ? { object: yield* openRoot(file), path: "/" } : start;
  for (const name of pathComponents(path)) {
    requireGroup(place);
    const entry = yield* findLink(place.object, name);
    const childPath = joinPath(place.path, name);
    if (entry === undefined) throw new HDF5Error("not-found", `"${childPath}" does not exist`, { path: childPath });
    place = yield* follow(file, place, entry, childPath, budget);
  }
  return place;
}

function requireGroup(place: Place): void {
  if (place.object.kind === "group") return;
  throw new HDF5Error("not-found", `"${place.path}" is a ${place.object.kind}, nothing can be below it`, {
    path: place.path,
  });
}

function* follow(
  file: FileState,
  group: Place,
  entry: LinkEntry,
  path: string,
  budget: { links: number },
): Operation<Place> {
  if (entry.object !== null) return { object: entry.object, path };
  const { link } = entry;
  switch (link.kind) {
    case "hard":
      return { object: yield* ObjectState.open(file, link.address), path };
    case "soft": {
      if (budget.links-- <= 0) {
        throw new HDF5Error("limit", `too many soft links follow one another at "${path}"`, { path });
      }
      const target = yield* walk(file, group, link.target, budget);
      return { object: target.object, path };
    }
    case "external":
      throw unsupported(`following the external link "${path}" to "${link.target}" in "${link.file}"`);
    case "user-defined":
      throw unsupported(`following the user-defined link "${path}" of class ${link.linkType}`);
  }
}

/** The object that a link entry leads to. */
export function* openEntry(
  file: FileState,
  group: ObjectState,
  groupPath: string,
  entry: LinkEntry,
): Operation<ObjectState> {
  const budget = { links: file.context.limits.depth };
  const path = joinPath(groupPath, entry.link.name);
  const place = yield* follow(file, { object: group, path: groupPath }, entry, path, budget);
  return place.object;
}
