import type { Known } from "../arguments/known-options.js";
import { HDF5Error } from "./errors.js";
import type { HDF5Object } from "./group.js";
import { about } from "./objects/about.js";
import type { CallOptions } from "./objects/call-options.js";
import { callNames } from "./objects/call-options.js";
import type { LinkEntry } from "./objects/link-table.js";
import { loadLinks } from "./objects/link-table.js";
import { childPath, ObjectState } from "./objects/object-state.js";
import type { Operation } from "./storage/operation.js";
import type { Link } from "./structures/messages/link.js";

/** How a hierarchy is walked. */
export interface VisitOptions {
  /** `depth` visits what is in a group before the group's next sibling, `breadth` level by level. Default `depth`. */
  readonly order?: "depth" | "breadth";
  /** Groups this many links away are visited and not descended into. Default no bound but the limit `depth`. */
  readonly maxDepth?: number;
  /**
   * Collects all paths of each object before the first visit, which needs memory for the whole hierarchy. Links to
   * objects visited already are then not visited by themselves.
   */
  readonly paths?: boolean;
}

/** The names of {@link VisitOptions} and of what every call takes. */
export const visitNames: Known<VisitOptions & CallOptions> = {
  ...callNames,
  order: ["depth", "breadth"],
  maxDepth: "size",
  paths: "boolean",
};

/** One link on the way through a hierarchy. */
export interface Visit {
  /** Absolute path of the link, as it was reached; relative to the group where the walk began if that has none. */
  readonly path: string;
  /** Links between the group where the walk began and here; 1 for its own links. */
  readonly depth: number;
  readonly link: Link;
  /** What a hard link leads to, the first time it is met; `null` for all other links, which are not followed. */
  readonly object: HDF5Object | null;
  /** The path under which the object of a hard link was visited before; `null` for first visits and other links. */
  readonly visitedAs: string | null;
  /** All paths that lead to the object by hard links, this one first; only where asked for. */
  readonly paths: readonly string[] | null;
}

/** A group whose links are being visited. */
interface Frame {
  readonly group: ObjectState;
  readonly path: string;
  readonly depth: number;
  entries: readonly LinkEntry[] | null;
  next: number;
}

/** A walk through a hierarchy, one link after another; each object is entered once, whatever the links. */
export class Walk {
  readonly #order: "depth" | "breadth";
  readonly #maxDepth: number;
  readonly #wrap: (state: ObjectState, path: string) => Operation<HDF5Object>;
  /** First paths of the objects met, by address; by state where they have none yet. */
  readonly #seen = new Map<number | ObjectState, string>();
  /** Groups not done with: a stack or a queue. */
  readonly #frames: Frame[];
  /** First frame of the queue that is not done. */
  #first = 0;

  constructor(
    group: ObjectState,
    path: string,
    options: VisitOptions,
    wrap: (state: ObjectState, path: string) => Operation<HDF5Object>,
  ) {
    const { order = "depth", maxDepth = Number.POSITIVE_INFINITY } = options;
    this.#order = order;
    this.#maxDepth = maxDepth;
    this.#wrap = wrap;
    this.#seen.set(group.address ?? group, path);
    this.#frames = maxDepth === 0 ? [] : [{ group, path, depth: 0, entries: null, next: 0 }];
  }

  #current(): Frame | undefined {
    for (;;) {
      const frame = this.#order === "depth" ? this.#frames.at(-1) : this.#frames[this.#first];
      if (frame === undefined || frame.entries === null || frame.next < frame.entries.length) return frame;
      if (this.#order === "depth") this.#frames.pop();
      else if (++this.#first > 1024 && 2 * this.#first > this.#frames.length) {
        this.#frames.splice(0, this.#first);
        this.#first = 0;
      }
    }
  }

  /** The next link, or `null` after the last. */
  *next(): Operation<Visit | null> {
    for (;;) {
      const frame = this.#current();
      if (frame === undefined) return null;
      if (frame.entries !== null) return yield* this.#visit(frame, frame.entries[frame.next++]);
      frame.entries = (yield* about(frame.path, loadLinks(frame.group))).listed();
    }
  }

  *#visit(frame: Frame, entry: LinkEntry): Operation<Visit> {
    const { link } = entry;
    const path = childPath(frame.path, link.name);
    const depth = frame.depth + 1;
    const visit = { path, depth, link, object: null, visitedAs: null, paths: null };
    if (link.kind !== "hard") return visit;
    const opened = entry.object ?? (yield* about(path, ObjectState.open(frame.group.file, link.address)));
    const state = opened.reachedFrom(frame.group, link.name);
    const visitedAs = (state.address === null ? undefined : this.#seen.get(state.address)) ?? this.#seen.get(state);
    if (visitedAs !== undefined) return { ...visit, visitedAs };
    const object = yield* this.#wrap(state, path);
    this.#seen.set(state.address ?? state, path);
    if (state.kind === "group" && depth < this.#maxDepth) this.#descend(state, path, depth);
    return { ...visit, link: { ...link, address: state.address ?? link.address }, object };
  }

  #descend(group: ObjectState, path: string, depth: number): void {
    const limit = group.file.context.limits.depth;
    if (depth >= limit) {
      throw new HDF5Error("limit", `groups are nested more than ${limit} deep, which is the limit "depth"`, { path });
    }
    this.#frames.push({ group, path, depth, entries: null, next: 0 });
  }
}

/** Adds to the visits of a whole walk all paths of their objects, and leaves out those that only repeat one. */
export function withPaths(visits: readonly Visit[]): Visit[] {
  const paths = new Map<string, string[]>();
  for (const { path, object, visitedAs } of visits) {
    if (object !== null) paths.set(path, [path]);
    else if (visitedAs !== null) paths.get(visitedAs)?.push(path);
  }
  return visits
    .filter(({ visitedAs }) => visitedAs === null)
    .map((visit) => ({ ...visit, paths: visit.object === null ? null : (paths.get(visit.path) ?? null) }));
}
