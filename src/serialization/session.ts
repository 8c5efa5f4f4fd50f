/** An object that was opened lazily: its file, and which of its properties were assigned since. */

import type { Group, HDF5File } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import { isArrayInput } from "./array-input.js";
import { classInfoOf, storedNameOf } from "./class-info.js";
import type { Snapshot } from "./container-snapshots.js";
import { freezeContainers, isChangeable, isUnchanged, snapshotOf } from "./container-snapshots.js";
import { isPlainObject } from "./deep.js";
import { invalidArgument } from "./errors.js";
import { withGrowthChunks } from "./growth-chunks.js";
import type { AssignmentListener } from "./instance-state.js";
import { readProperty, stateOf } from "./instance-state.js";
import { listName } from "./list-names.js";
import { readVersions } from "./load.js";
import { OperationQueue } from "./operation-queue.js";
import type { Node } from "./plan.js";
import { planBytes, planValue, planVersions } from "./plan.js";
import { ProgressCounter } from "./progress.js";
import type { ProxyOwner } from "./proxy-dataset.js";
import { ProxyDataset } from "./proxy-dataset.js";
import { replaceMember, writeVersions } from "./save.js";
import type { TypedScalar } from "./scalar.js";
import { withStoredType } from "./scalar.js";
import { Serializable } from "./serializable.js";
import type { StorageHints } from "./serialize.js";
import { errorAt, fixType, joinPath, serializeValue } from "./serialize.js";
import type { Task } from "./task.js";
import { step } from "./task.js";
import type { ObjectChange } from "./versions.js";

/** One property to be written. */
interface Change {
  readonly groupPath: string;
  readonly name: string;
  readonly node: Node;
  readonly value: unknown;
}

/** Follows objects that were in a file and are not there any more: nothing would come of changing them. */
const gone: AssignmentListener = {
  beforeAssignment(instance) {
    throw invalidArgument(
      `this ${instance.constructor.name} is not in the file any more, which was read again; copy() gives one without a file`,
    );
  },
  afterAssignment() {},
};

/** The file behind a lazily opened object. */
export class Session implements AssignmentListener, ProxyOwner {
  readonly queue = new OperationQueue();
  #file: HDF5File;
  readonly #writable: boolean;
  readonly #partial: boolean;
  readonly #migrated: ObjectChange[] = [];
  #closed = false;
  /** Whether elements were changed since the last flush. */
  #changed = false;
  /** The groups that hold each object of the tree. */
  readonly #places = new Map<Serializable, Set<string>>();
  /** Properties assigned since the last flush, in the order of the assignments. */
  readonly #assigned = new Map<Serializable, Set<string>>();
  /** What the lists, dicts and loaded arrays of objects were when they were last read or written, by property. */
  readonly #snapshots = new Map<Serializable, Map<string, Snapshot>>();

  /** @param partial - whether there are objects in the file that were not looked at */
  constructor(file: HDF5File, writable: boolean, partial: boolean) {
    this.#file = file;
    this.#writable = writable;
    this.#partial = partial;
  }

  /** Objects that are not in the file as their classes have them now. */
  get migrated(): readonly ObjectChange[] {
    return this.#migrated;
  }

  readonly noteMigrated = (change: ObjectChange): void => {
    this.#migrated.push(change);
  };

  /**
   * Properties of an object that an older version stored cannot be changed one by one.
   *
   * @throws HDF5Error `unsupported`
   */
  requireUpToDate(): void {
    const [first] = this.#migrated;
    if (first === undefined) return;
    const { path, className } = first;
    throw errorAt(
      "unsupported",
      path,
      `an older version of the class ${className} stored this; migrate(path) brings the file up to date, so that it can be opened for changes`,
    );
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  requireOpen(): void {
    if (this.#closed) throw new HDF5Error("closed", "the file of this object has been closed");
  }

  /** Follows assignments to an object that a group holds. */
  attach(instance: Serializable, path: string): void {
    const state = stateOf(instance);
    if (state.listener !== undefined && state.listener !== this) return;
    state.listener = this;
    const places = this.#places.get(instance);
    if (places === undefined) this.#places.set(instance, new Set([path]));
    else places.add(path);
    this.#watch(instance);
  }

  /**
   * Follows these objects and no others, after all of them were read again. What is not there any more refuses to be
   * changed.
   */
  follow(attached: readonly (readonly [Serializable, string])[]): void {
    const before = [...this.#places.keys()];
    this.#places.clear();
    this.#snapshots.clear();
    this.#assigned.clear();
    this.#changed = false;
    for (const [instance, path] of attached) this.attach(instance, path);
    for (const instance of before) if (!this.#places.has(instance)) stateOf(instance).listener = gone;
  }

  /** Goes on with another opening of the file. */
  *replaceFile(file: HDF5File): Task<void> {
    const old = this.#file;
    this.#file = file;
    yield* step(
      () => old.abandonSync(),
      () => old.abandon(),
      "always",
    );
  }

  /** The file, for those that read it again. */
  get file(): HDF5File {
    return this.#file;
  }

  get writable(): boolean {
    return this.#writable;
  }

  /** Whether something was changed since the last flush. */
  get isDirty(): boolean {
    this.#noteChangedContainers();
    return this.#changed || this.#assigned.size > 0;
  }

  noteChange(): void {
    this.#changed = true;
  }

  /** Lists and dicts of what is only read must not be changed; of others it is noted how they are. */
  #watch(instance: Serializable): void {
    const { values } = stateOf(instance);
    if (!this.#writable) {
      for (const value of values.values()) freezeContainers(value);
      return;
    }
    const snapshots = new Map<string, Snapshot>();
    for (const [name, value] of values) if (isChangeable(value)) snapshots.set(name, snapshotOf(value));
    this.#snapshots.set(instance, snapshots);
  }

  /** What was changed without being assigned counts as assigned. */
  #noteChangedContainers(): void {
    for (const [instance, snapshots] of this.#snapshots) {
      const { values } = stateOf(instance);
      for (const [name, value] of values) {
        const snapshot = snapshots.get(name);
        if (snapshot !== undefined && !isUnchanged(value, snapshot)) this.afterAssignment(instance, name);
      }
    }
  }

  beforeAssignment(instance: Serializable, name: string): void {
    const key = storedNameOf(classInfoOf(instance.constructor), name);
    const path = joinPath([...(this.#places.get(instance) ?? ["/root"])][0], key);
    if (this.#closed) {
      throw new HDF5Error(
        "closed",
        `${path}: the file of this object has been closed; copy() gives one without a file`,
        {
          path,
        },
      );
    }
    if (!this.#writable) {
      throw new HDF5Error("read-only", `${path}: the file was opened for reading; open it with mode "r+"`, { path });
    }
  }

  afterAssignment(instance: Serializable, name: string): void {
    const names = this.#assigned.get(instance);
    if (names === undefined) this.#assigned.set(instance, new Set([name]));
    else names.add(name);
  }

  afterDefault(instance: Serializable, name: string, value: unknown): void {
    if (!this.#writable) freezeContainers(value);
    else if (isChangeable(value)) this.#snapshots.get(instance)?.set(name, snapshotOf(value));
  }

  /** Writes what was assigned and makes it durable. */
  *flush(): Task<void> {
    this.requireOpen();
    yield* this.#writeAssigned();
    yield* step(
      () => this.#file.flushSync(),
      () => this.#file.flush(),
    );
    this.#changed = false;
  }

  /** Closes the file without what was changed since the last flush. */
  *abandon(): Task<void> {
    if (this.#closed) return;
    this.#closed = true;
    yield* step(
      () => this.#file.abandonSync(),
      () => this.#file.abandon(),
      "always",
    );
  }

  /** Writes what was assigned, and closes the file in any case. */
  *close(): Task<void> {
    if (this.#closed) return;
    let failure: { readonly error: unknown } | undefined;
    try {
      yield* this.#writeAssigned();
    } catch (error) {
      failure = { error };
    }
    if (!this.#closed) {
      this.#closed = true;
      yield* step(
        () => this.#file.closeSync(),
        () => this.#file.close(),
        "always",
      );
    }
    if (failure !== undefined) throw failure.error;
  }

  *#writeAssigned(): Task<void> {
    this.#noteChangedContainers();
    if (this.#assigned.size === 0) return;
    // All is planned, and all data that comes from this file is read, before anything is replaced.
    const changes = this.#planChanges();
    const ready: Change[] = [];
    for (const change of changes) ready.push({ ...change, node: yield* this.#withoutProxies(change.node) });
    const versions = yield* this.#versionsWith(ready);
    for (const [instance, names] of this.#assigned) {
      const { values } = stateOf(instance);
      for (const name of names) this.#snapshots.get(instance)?.set(name, snapshotOf(values.get(name)));
    }
    this.#assigned.clear();
    const total = ready.reduce((sum, { node }) => sum + planBytes(node), 0);
    const progress = new ProgressCounter(total, undefined);
    try {
      for (const { groupPath, name, node, value } of ready) {
        const group = yield* this.#group(groupPath);
        const path = joinPath(groupPath, name);
        yield* replaceMember(group, name, node, path, progress);
        this.#detach(path);
        this.#attachAll(value, path, new Set());
      }
      if (versions !== null) yield* writeVersions(this.#file, versions);
    } catch (error) {
      // Half of the assignments must not reach the file.
      yield* this.abandon();
      throw error;
    }
  }

  /** The versions of the file's classes with those that are to be written; `null` where there are no new ones. */
  *#versionsWith(changes: readonly Change[]): Task<ReadonlyMap<string, number> | null> {
    const found = new Map<string, number>();
    for (const { node } of changes) planVersions(node, found);
    if (found.size === 0) return null;
    const versions = new Map(Object.entries((yield* readVersions(this.#file)) ?? {}));
    let isNew = false;
    for (const [name, version] of found) {
      const there = versions.get(name);
      if (there === version) continue;
      if (there !== undefined || this.#partial) {
        const message = `the file may hold objects of another version of ${name}: open it without "only", or migrate(path)`;
        throw errorAt("unsupported", "/root", message);
      }
      isNew = true;
      versions.set(name, version);
    }
    return isNew ? versions : null;
  }

  #planChanges(): readonly Change[] {
    const changes: Change[] = [];
    for (const [instance, names] of this.#assigned) {
      for (const groupPath of this.#places.get(instance) ?? []) {
        for (const name of names) {
          const change = this.#planChange(instance, name, groupPath);
          if (change !== null) changes.push(change);
        }
      }
    }
    // What lies below a replaced property is written with it.
    const replaced = changes.map(({ groupPath, name }) => `${joinPath(groupPath, name)}/`);
    return changes.filter(({ groupPath }) => !replaced.some((path) => `${groupPath}/`.startsWith(path)));
  }

  #planChange(instance: Serializable, name: string, groupPath: string): Change | null {
    const info = classInfoOf(instance.constructor);
    const definition = info?.schema.get(name);
    if (info === undefined || definition === undefined || !definition.saved) return null;
    const value = readProperty(instance, name, definition);
    const key = storedNameOf(info, name);
    const path = joinPath(groupPath, key);
    // A proxy that was assigned to the property it stands for changes nothing.
    if (value instanceof ProxyDataset && value.belongsTo(this) && value.path === path) return null;
    const hints: StorageHints = new Map();
    const context = { typed: true, savedOnly: true, hints, ancestors: new Map([[instance as object, groupPath]]) };
    const tree = serializeValue(withStoredType(value, key, stateOf(instance).stored), path, context);
    const typed = definition.type === undefined ? tree : fixType(tree, definition.type as TypedScalar["type"]);
    const node = withGrowthChunks(planValue(typed, path, hints, definition, info.storage));
    return { groupPath, name: key, node, value };
  }

  *#withoutProxies(node: Node): Task<Node> {
    if (node.kind === "group") {
      const members: [string, Node][] = [];
      for (const [name, member] of node.members) members.push([name, yield* this.#withoutProxies(member)]);
      return { ...node, members };
    }
    if (node.kind === "attribute" || !(node.array instanceof ProxyDataset) || !node.array.belongsTo(this)) return node;
    return { ...node, array: yield* node.array.load() };
  }

  *#group(path: string): Task<Group> {
    const object = yield* step(
      () => this.#file.getSync(path),
      () => this.#file.get(path),
    );
    if (object.kind !== "group") throw new HDF5Error("corrupt", `${path}: this is no longer a group`, { path });
    return object;
  }

  /** Objects that a replaced property held are not followed there any longer. */
  #detach(path: string): void {
    for (const [instance, places] of this.#places) {
      for (const place of places) if (`${place}/`.startsWith(`${path}/`)) places.delete(place);
      if (places.size > 0) continue;
      this.#places.delete(instance);
      this.#snapshots.delete(instance);
      stateOf(instance).listener = undefined;
    }
  }

  #attachAll(value: unknown, path: string, around: Set<object>): void {
    if (typeof value !== "object" || value === null || around.has(value) || isArrayInput(value)) return;
    around.add(value);
    if (value instanceof Serializable) {
      this.attach(value, path);
      const info = classInfoOf(value.constructor);
      for (const [name, member] of Serializable.valuesOf(value)) {
        this.#attachAll(member, joinPath(path, storedNameOf(info, name)), around);
      }
    } else if (Array.isArray(value) || value instanceof Set) {
      const items = [...(value as Iterable<unknown>)];
      for (const [index, item] of items.entries()) {
        this.#attachAll(item, joinPath(path, listName(index, items.length)), around);
      }
    } else if (value instanceof Map || isPlainObject(value)) {
      const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value);
      for (const [key, item] of entries) this.#attachAll(item, joinPath(path, String(key)), around);
    }
    around.delete(value);
  }
}
