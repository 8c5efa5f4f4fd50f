import { HDF5Error, invalidArgument, unsupported } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { delegate } from "../storage/operation.js";
import type { Link } from "../structures/messages/link.js";
import { decodePath, mayBeEscaped } from "../structures/text.js";
import { about } from "./about.js";
import type { FileState } from "./file-state.js";
import type { LinkEntry } from "./link-table.js";
import { findLink } from "./link-table.js";
import { childPath, ObjectState } from "./object-state.js";
import { needsResolver } from "./resolver.js";

/** The components of a path; empty ones and "." mean nothing. */
export function pathComponents(path: string): string[] {
  if (typeof path !== "string")
    throw invalidArgument(`a path is a string, not ${path === null ? "null" : typeof path}`);
  if (!path.includes("/") && path !== "" && path !== ".") return [path];
  return path.split("/").filter((component) => component !== "" && component !== ".");
}

/** `name` below the object at `path`, which is empty where it is not known; `name` alone where it is absolute. */
export function joinPath(path: string, name: string): string {
  const components = pathComponents(name).join("/");
  const start = name.startsWith("/") ? "/" : path;
  return components === "" ? start : childPath(start, components);
}

/** The file's root group. */
export function* openRoot(file: FileState): Operation<ObjectState> {
  const root = file.root ?? (yield* ObjectState.open(file, file.superblock.rootAddress));
  root.path = "/";
  return root;
}

/** What a walk along a path has reached. */
interface Place {
  /** An object of the file, or, past an external link, of another one. */
  readonly object: ObjectState;
  /** Path from the root group, for messages. */
  readonly path: string;
}

/** Links that may still be followed, and components that their targets may still have together. */
interface Budget {
  links: number;
  components: number;
}

/** Components that the targets of links have on average, at most. */
const componentsPerLink = 64;

function fullBudget({ context }: FileState): Budget {
  const links = context.limits.depth;
  return { links, components: links * componentsPerLink };
}

/**
 * The object at `path`, from `start` or, for an absolute path, from the root group; soft links are followed, and
 * external ones where the file was opened with a resolver: the object may be of another file.
 *
 * @throws HDF5Error `not-found`, naming the first component that is missing.
 */
export function* resolvePath(
  file: FileState,
  start: ObjectState,
  startPath: string,
  path: string,
): Operation<ObjectState> {
  if (typeof path !== "string") throw invalidArgument(`a path is a string, not ${typeof path}`);
  const budget = fullBudget(file);
  const place = yield* walk(file, { object: start, path: startPath }, path, budget);
  return place.object;
}

function* walk(file: FileState, start: Place, path: string, budget: Budget): Operation<Place> {
  const place = path.startsWith("/") ? { object: yield* openRoot(file), path: "/" } : start;
  return yield* walkDown(place, pathComponents(path), budget);
}

/** Follows names; runs on the device of the place's file, and hands over where a name leads to another one. */
function* walkDown(start: Place, names: readonly string[], budget: Budget): Operation<Place> {
  let place = start;
  const { file } = start.object;
  for (let index = 0; index < names.length; index++) {
    const reached = place;
    if (reached.object.file !== file) {
      return yield* delegate(reached.object.file, () => walkDown(reached, names.slice(index), budget));
    }
    requireGroup(place);
    const entry = yield* about(place.path, findLink(place.object, names[index]));
    const childPath = joinPath(place.path, names[index]);
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

function* follow(file: FileState, group: Place, entry: LinkEntry, path: string, budget: Budget): Operation<Place> {
  const { link } = entry;
  if (link.kind === "hard") {
    const object = entry.object ?? (yield* about(path, ObjectState.open(file, link.address)));
    return { object: object.reachedFrom(group.object, link.name), path };
  }
  if (link.kind !== "user-defined") budget.components -= pathComponents(link.target).length;
  if (budget.links-- <= 0 || budget.components < 0) {
    throw new HDF5Error("limit", `too many soft or external links follow one another at "${path}"`, { path });
  }
  switch (link.kind) {
    case "soft": {
      const target = yield* walk(file, group, targetOf(link), budget);
      return { object: target.object, path };
    }
    case "external":
      return { object: yield* followExternal(file, link, path, budget), path };
    case "user-defined":
      throw unsupported(`following the user-defined link "${path}" of class ${link.linkType}`);
  }
}

/** The path that a link leads to, with names that are not UTF-8 told from those that their escapes are the text of. */
function targetOf({ target, targetBytes }: Extract<Link, { kind: "soft" | "external" }>): string {
  return mayBeEscaped(target) ? decodePath(targetBytes) : target;
}

function* followExternal(
  file: FileState,
  link: Extract<Link, { kind: "external" }>,
  path: string,
  budget: Budget,
): Operation<ObjectState> {
  const { foreign } = file;
  if (foreign === null)
    throw needsResolver(`following the external link "${path}" to "${link.target}" in "${link.file}"`);
  const found = yield* foreign.acquire(file, link.file, "external-link");
  const other = found?.state ?? null;
  if (found === null || other === null) {
    throw new HDF5Error(
      "not-found",
      `the file "${link.file}", to which the external link "${path}" leads, does not exist`,
      {
        path,
      },
    );
  }
  try {
    const target = yield* delegate(other, () => targetIn(other, targetOf(link), budget));
    return target.object;
  } finally {
    yield* foreign.release(found);
  }
}

function* targetIn(file: FileState, path: string, budget: Budget): Operation<Place> {
  const root = { object: yield* openRoot(file), path: "/" };
  return yield* walkDown(root, pathComponents(path), budget);
}

/** The object that a link entry leads to. */
export function* openEntry(
  file: FileState,
  group: ObjectState,
  groupPath: string,
  entry: LinkEntry,
): Operation<ObjectState> {
  const budget = fullBudget(file);
  const path = joinPath(groupPath, entry.link.name);
  const place = yield* follow(file, { object: group, path: groupPath }, entry, path, budget);
  return place.object;
}
