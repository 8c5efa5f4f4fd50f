import { CommittedDatatype } from "./committed-datatype.js";
import { Dataset } from "./dataset.js";
import type { DType } from "./datatypes/dtype.js";
import { HDF5Error, invalidArgument } from "./errors.js";
import type { HDF5File } from "./file.js";
import { addressOf, ObjectHandle, wrongKind } from "./object-handle.js";
import { about } from "./objects/about.js";
import type { CallOptions } from "./objects/call-options.js";
import type { GroupOptions } from "./objects/create-object.js";
import { groupNames } from "./objects/create-object.js";
import type { DatasetOptionAliases, DatasetOptions } from "./objects/dataset-options.js";
import type { LinkEntry } from "./objects/link-table.js";
import { findLink, loadLinks } from "./objects/link-table.js";
import type { ObjectState } from "./objects/object-state.js";
import { childPath } from "./objects/object-state.js";
import { joinPath, openEntry, pathComponents, resolvePath } from "./objects/resolve-path.js";
import { prepareDataset } from "./objects/virtual.js";
import type { Operation } from "./storage/operation.js";
import { delegate } from "./storage/operation.js";
import type { Datatype } from "./structures/messages/datatype.js";
import { decodeDatatype } from "./structures/messages/datatype.js";
import type { Link } from "./structures/messages/link.js";
import { MessageType } from "./structures/messages/message-types.js";
import type { Visit, VisitOptions } from "./walk.js";
import { visitNames, Walk, withPaths } from "./walk.js";

/** Anything that a path can lead to. */
export type HDF5Object = Group | Dataset | CommittedDatatype;

/** What may be said of a new dataset. */
export interface NewDatasetOptions extends DatasetOptions, DatasetOptionAliases {
  /** Element type; default that of `data`. A committed datatype of the same file is shared. */
  readonly dtype?: DType | Datatype | CommittedDatatype;
}

/** A group: a directory of links to groups, datasets and committed datatypes. */
export class Group extends ObjectHandle {
  readonly kind = "group";
  readonly #file: HDF5File | null;

  /** @internal */
  constructor(file: HDF5File | null, state: ObjectState, path: string) {
    super(state, path);
    this.#file = file;
  }

  override toString(): string {
    return `Group ${super.toString()}`;
  }

  get file(): HDF5File {
    if (this.#file === null) throw new HDF5Error("closed", "this group belongs to no file");
    return this.#file;
  }

  *#wrap(state: ObjectState, path: string): Operation<HDF5Object> {
    return yield* wrapObject(this.file, state, path);
  }

  /**
   * The object at a path, from this group or, beginning with "/", from the root group. Soft links are followed.
   *
   * @throws HDF5Error `not-found`, naming the first component that is missing.
   */
  get(path: string, options?: CallOptions): Promise<HDF5Object> {
    return this.run(() => this.#get(path), options);
  }

  /** {@link get}, at once. */
  getSync(path: string): HDF5Object {
    return this.runSync(() => this.#get(path));
  }

  *#get(path: string): Operation<HDF5Object> {
    const state = yield* resolvePath(this.fileState, this.state, this.place, path);
    return yield* this.#wrap(state, joinPath(this.place, path));
  }

  /**
   * The dataset at a path, as {@link get} finds it.
   *
   * @throws HDF5Error `not-found`; `invalid-argument` where the path leads to another kind of object.
   */
  dataset(path: string, options?: CallOptions): Promise<Dataset> {
    return this.run(() => this.#dataset(path), options);
  }

  /** {@link dataset}, at once. */
  datasetSync(path: string): Dataset {
    return this.runSync(() => this.#dataset(path));
  }

  *#dataset(path: string): Operation<Dataset> {
    const object = yield* this.#get(path);
    if (object.kind !== "dataset") throw wrongKind(object, "not a dataset");
    return object;
  }

  /**
   * The group at a path, as {@link get} finds it.
   *
   * @throws HDF5Error `not-found`; `invalid-argument` where the path leads to another kind of object.
   */
  group(path: string, options?: CallOptions): Promise<Group> {
    return this.run(() => this.#group(path), options);
  }

  /** {@link group}, at once. */
  groupSync(path: string): Group {
    return this.runSync(() => this.#group(path));
  }

  *#group(path: string): Operation<Group> {
    const object = yield* this.#get(path);
    if (object.kind !== "group") throw wrongKind(object, "not a group");
    return object;
  }

  /**
   * Whether {@link get} gives an object for a path. It does not where a name is missing, a soft link dangles or goes in
   * a circle, an external link leads to a file that is missing or that no `resolver` may open, or to nothing in it, or
   * a link is of a class that is not followed. Damage on the way is an error.
   */
  has(path: string, options?: CallOptions): Promise<boolean> {
    return this.run(() => this.#has(path), options);
  }

  /** {@link has}, at once. */
  hasSync(path: string): boolean {
    return this.runSync(() => this.#has(path));
  }

  *#has(path: string): Operation<boolean> {
    try {
      yield* resolvePath(this.fileState, this.state, this.place, path);
      return true;
    } catch (error) {
      if (error instanceof HDF5Error && /^(not-found|limit|unsupported)$/.test(error.code)) return false;
      throw error;
    }
  }

  /** Names of the links: in the order of creation where it is tracked, else by their bytes. */
  keys(options?: CallOptions): Promise<string[]> {
    return this.run(() => this.#keys(), options);
  }

  /** {@link keys}, at once. */
  keysSync(): string[] {
    return this.runSync(() => this.#keys());
  }

  *#keys(): Operation<string[]> {
    const table = yield* loadLinks(this.state);
    return table.listed().map(({ link }) => link.name);
  }

  /** All links, without following them, in the order of {@link keys}. */
  links(options?: CallOptions): Promise<Link[]> {
    return this.run(() => this.#links(), options);
  }

  /** {@link links}, at once. */
  linksSync(): Link[] {
    return this.runSync(() => this.#links());
  }

  *#links(): Operation<Link[]> {
    const table = yield* loadLinks(this.state);
    return table.listed().map((entry) => this.#linkOf(entry));
  }

  #linkOf({ link, object }: LinkEntry): Link {
    if (link.kind !== "hard" || object === null) return link;
    return { ...link, address: addressOf(object) };
  }

  /**
   * One link, without following it; groups on the way are.
   *
   * @throws HDF5Error `not-found` when there is none.
   */
  link(path: string, options?: CallOptions): Promise<Link> {
    return this.run(() => this.#link(path), options);
  }

  /** {@link link}, at once. */
  linkSync(path: string): Link {
    return this.runSync(() => this.#link(path));
  }

  *#parent(path: string): Operation<{ readonly group: ObjectState; readonly name: string }> {
    const components = pathComponents(path);
    const name = components.pop();
    if (name === undefined) throw invalidArgument(`"${path}" names no link`);
    const parent = (path.startsWith("/") ? "/" : "") + components.join("/");
    const group = yield* resolvePath(this.fileState, this.state, this.place, parent);
    if (group.kind !== "group") {
      throw new HDF5Error("not-found", `"${joinPath(this.place, parent)}" is a ${group.kind}, nothing can be below it`);
    }
    return { group, name };
  }

  *#link(path: string): Operation<Link> {
    const { group, name } = yield* this.#parent(path);
    const entry = yield* delegate(group.file, () => findLink(group, name));
    if (entry === undefined) throw missing(joinPath(this.place, path));
    return this.#linkOf(entry);
  }

  /** All names and the objects that they lead to; links that lead nowhere raise their error. */
  async *entries(options?: CallOptions): AsyncGenerator<[string, HDF5Object], void, undefined> {
    for (const name of await this.keys(options)) yield [name, await this.run(() => this.#open(name), options)];
  }

  *#open(name: string): Operation<HDF5Object> {
    const entry = yield* findLink(this.state, name);
    const path = childPath(this.place, name);
    if (entry === undefined) throw missing(path);
    const state = yield* openEntry(this.fileState, this.state, this.place, entry);
    return yield* this.#wrap(state, path);
  }

  /** {@link entries}, at once. */
  *entriesSync(): Generator<[string, HDF5Object], void, undefined> {
    for (const name of this.keysSync()) yield [name, this.runSync(() => this.#open(name))];
  }

  /**
   * Walks through everything below this group, one link after another. Hard links are followed, each object being
   * visited once; soft, external and user-defined links are reported and not followed.
   *
   * @throws HDF5Error `limit` where groups are nested deeper than the limit `depth`.
   */
  async *visit(options: VisitOptions & CallOptions = {}): AsyncGenerator<Visit, void, undefined> {
    const walk = await this.run(() => this.#walk(options), options, visitNames);
    const { signal } = options;
    const next = (): Promise<Visit | null> => this.run(() => walk.next(), { signal });
    const visits: Visit[] = [];
    for (let visit = await next(); visit !== null; visit = await next()) {
      if (options.paths === true) visits.push(visit);
      else yield visit;
    }
    yield* withPaths(visits);
  }

  /** {@link visit}, at once. */
  *visitSync(options: VisitOptions = {}): Generator<Visit, void, undefined> {
    const walk = this.runSync(() => this.#walk(options), options, visitNames);
    const next = (): Visit | null => this.runSync(() => walk.next());
    const visits: Visit[] = [];
    for (let visit = next(); visit !== null; visit = next()) {
      if (options.paths === true) visits.push(visit);
      else yield visit;
    }
    yield* withPaths(visits);
  }

  *#walk(options: VisitOptions): Operation<Walk> {
    return new Walk(this.state, this.place, options, (state, path) => this.#wrap(state, path));
  }

  [Symbol.asyncIterator](): AsyncGenerator<[string, HDF5Object], void, undefined> {
    return this.entries();
  }

  [Symbol.iterator](): Generator<[string, HDF5Object], void, undefined> {
    return this.entriesSync();
  }

  /**
   * Creates a group; groups missing on the way are created too.
   *
   * @throws HDF5Error `exists` when the path is taken.
   */
  createGroup(path: string, options: GroupOptions & CallOptions = {}): Promise<Group> {
    return this.run(() => this.#createGroup(path, options), options, groupNames);
  }

  /** {@link createGroup}, at once. */
  createGroupSync(path: string, options: GroupOptions = {}): Group {
    return this.runSync(() => this.#createGroup(path, options), options, groupNames);
  }

  *#createGroup(path: string, options: GroupOptions): Operation<Group> {
    const state = yield* this.fileState.edits.createGroup(this.#place(), path, options);
    return newGroupHandle(this.file, state, joinPath(this.place, path));
  }

  #place(): { readonly group: ObjectState; readonly path: string } {
    return { group: this.state, path: this.place };
  }

  /** The group at a path, created where there is none. */
  requireGroup(path: string, options: GroupOptions & CallOptions = {}): Promise<Group> {
    return this.run(() => this.#requireGroup(path, options), options, groupNames);
  }

  /** {@link requireGroup}, at once. */
  requireGroupSync(path: string, options: GroupOptions = {}): Group {
    return this.runSync(() => this.#requireGroup(path, options), options, groupNames);
  }

  *#requireGroup(path: string, options: GroupOptions): Operation<Group> {
    let object: HDF5Object;
    try {
      object = yield* this.#get(path);
    } catch (error) {
      if (!(error instanceof HDF5Error) || error.code !== "not-found") throw error;
      return yield* this.#createGroup(path, options);
    }
    if (object.kind !== "group") throw new HDF5Error("exists", `"${object.path}" is a ${object.kind}`);
    return object;
  }

  /**
   * Creates a dataset; groups missing on the way are created too.
   *
   * @throws HDF5Error `exists` when the path is taken, `invalid-argument` when the options do not fit each other,
   * before anything is changed.
   */
  createDataset(path: string, options: NewDatasetOptions & CallOptions): Promise<Dataset> {
    return this.run(() => this.#createDataset(path, options), options, null);
  }

  /** {@link createDataset}, at once. */
  createDatasetSync(path: string, options: NewDatasetOptions): Dataset {
    return this.runSync(() => this.#createDataset(path, options), options, null);
  }

  *#createDataset(path: string, options: NewDatasetOptions): Operation<Dataset> {
    const { edits } = this.fileState;
    const dtype = options?.dtype;
    const state =
      dtype instanceof CommittedDatatype
        ? yield* edits.createDataset(this.#place(), path, options, dtype.datatype, dtype)
        : yield* edits.createDataset(this.#place(), path, options, dtype, null);
    return new Dataset(this.file, state, joinPath(this.place, path));
  }

  /**
   * Stores a datatype under a name.
   *
   * @throws HDF5Error `exists` when the path is taken.
   */
  commitDatatype(path: string, dtype: DType | Datatype, options?: CallOptions): Promise<CommittedDatatype> {
    return this.run(() => this.#commitDatatype(path, dtype), options);
  }

  /** {@link commitDatatype}, at once. */
  commitDatatypeSync(path: string, dtype: DType | Datatype): CommittedDatatype {
    return this.runSync(() => this.#commitDatatype(path, dtype));
  }

  *#commitDatatype(path: string, dtype: DType | Datatype): Operation<CommittedDatatype> {
    const { object, datatype } = yield* this.fileState.edits.commitDatatype(this.#place(), path, dtype);
    return new CommittedDatatype(this.file, object, joinPath(this.place, path), datatype);
  }

  /** Creates a link to a path, which need not exist. */
  createSoftLink(path: string, target: string, options?: CallOptions): Promise<void> {
    return this.run(() => this.fileState.edits.createSoftLink(this.#place(), path, target), options);
  }

  /** {@link createSoftLink}, at once. */
  createSoftLinkSync(path: string, target: string): void {
    this.runSync(() => this.fileState.edits.createSoftLink(this.#place(), path, target));
  }

  /** Creates a link to a path in another file, neither of which need exist. */
  createExternalLink(path: string, file: string, target: string, options?: CallOptions): Promise<void> {
    return this.run(() => this.fileState.edits.createExternalLink(this.#place(), path, file, target), options);
  }

  /** {@link createExternalLink}, at once. */
  createExternalLinkSync(path: string, file: string, target: string): void {
    this.runSync(() => this.fileState.edits.createExternalLink(this.#place(), path, file, target));
  }

  /** Gives an object of this file one more name. */
  createHardLink(path: string, object: HDF5Object, options?: CallOptions): Promise<void> {
    return this.run(() => this.fileState.edits.createHardLink(this.#place(), path, object), options);
  }

  /** {@link createHardLink}, at once. */
  createHardLinkSync(path: string, object: HDF5Object): void {
    this.runSync(() => this.fileState.edits.createHardLink(this.#place(), path, object));
  }

  /**
   * Deletes a link. The object it leads to is gone with its last hard link; its space is not reused.
   *
   * @throws HDF5Error `not-found` when there is no such link.
   */
  delete(path: string, options?: CallOptions): Promise<void> {
    return this.run(() => this.#delete(path), options);
  }

  /** {@link delete}, at once. */
  deleteSync(path: string): void {
    this.runSync(() => this.#delete(path));
  }

  *#delete(path: string): Operation<void> {
    const { edits } = this.fileState;
    const { group, name } = yield* this.#parent(path);
    // An external link on the way leads to a file that is open for reading only.
    group.file.editing();
    yield* edits.deleteLink(group, name, joinPath(this.place, path));
  }
}

function newGroupHandle(file: HDF5File, state: ObjectState, path: string): Group {
  return new Group(file, state, path);
}

function missing(path: string): HDF5Error {
  return new HDF5Error("not-found", `"${path}" does not exist`, { path });
}

/** The handle of an object. Where an external link led to it, its file and path are those of the file it is in. */
export function* wrapObject(from: HDF5File, state: ObjectState, path: string): Operation<HDF5Object> {
  return yield* delegate(state.file, function* wrap(): Operation<HDF5Object> {
    const file = yield* from.handleOf(state.file);
    const itsPath = file === from ? path : (state.path ?? "");
    return yield* about(itsPath, wrapHere(file, state, itsPath));
  });
}

function* wrapHere(file: HDF5File, state: ObjectState, path: string): Operation<HDF5Object> {
  switch (state.kind) {
    case "group":
      return newGroupHandle(file, state, path);
    case "dataset":
      yield* prepareDataset(state);
      return new Dataset(file, state, path);
    case "datatype": {
      const datatype = yield* state.file.decode(() => {
        const message = state.message(MessageType.Datatype);
        if (message === undefined) throw new HDF5Error("corrupt", "a committed datatype has no datatype message");
        return decodeDatatype(state.messageReader(message), state.file.context.limits.depth);
      });
      return new CommittedDatatype(file, state, path, datatype);
    }
  }
}
