/** Objects that are saved as HDF5 files, loaded whole, or opened with their arrays left in the file. */

import type { CreateOptions, HDF5File, NDArray, OpenOptions as FileOpenOptions, Source } from "../format/index.js";
import { create, createSync, HDF5Error, invalidArgument, open as openFile, openSync as openFileSync } from "../format/index.js";
import { classInfoOf } from "./class-info.js";
import type { DatetimeIndex } from "./dataset-types/datetime-index.js";
import { loadRoot } from "./load.js";
import type { LoadedTree, LoadRequest } from "./load.js";
import type { GroupNode } from "./plan.js";
import { planBytes, planValue } from "./plan.js";
import type { ProgressCallback } from "./progress.js";
import { ProgressCounter } from "./progress.js";
import type { ProxyDataset } from "./proxy-dataset.js";
import type { Constructor } from "./registry.js";
import { classNamed, noteSubclass } from "./registry.js";
import { writeNode } from "./save.js";
import { genericClasses, Serializable } from "./serializable.js";
import type { PropertyNames, Updates } from "./serializable.js";
import { Session } from "./session.js";
import type { Dict, StorageHints } from "./serialize.js";
import { classKey, deserializeValue, errorAt, serializeValue } from "./serialize.js";
import { withSuffix } from "./suffix.js";
import type { Task } from "./task.js";
import { runTask, runTaskSync, step } from "./task.js";

/** Where an object is saved. */
export type SaveTarget = Exclude<Parameters<typeof create>[0], undefined>;

/** How an object is saved. */
export interface SaveOptions {
  /** Whether an existing file is replaced. Default true. */
  readonly overwrite?: boolean;
  /** `default`: readable by libhdf5 since 1.8; `earliest`: what h5py writes by default. */
  readonly libver?: CreateOptions["libver"];
  readonly onProgress?: ProgressCallback;
  readonly signal?: AbortSignal;
}

/** How a file is opened by `load` and `open`, apart from the mode. */
type SourceOptions = Omit<FileOpenOptions, "mode">;

/** How an object is loaded. */
export interface LoadOptions<Name extends PropertyKey = string> extends SourceOptions {
  /** Properties to load; the others keep their defaults. */
  readonly only?: readonly Name[];
  readonly onProgress?: ProgressCallback;
}

/** How a file is opened: `r` and `r+` need it, `a` makes it where it is missing, `w` replaces it, `x` refuses to. */
export type OpenMode = "r" | "r+" | "w" | "a" | "x";

/** How an object is opened. */
export interface OpenOptions<Instance, Lazy extends PropertyKey> extends SourceOptions {
  /** Default `r`. */
  readonly mode?: OpenMode;
  /** Properties to load; the others keep their defaults and stay in the file as they are. */
  readonly only?: readonly PropertyNames<Instance>[];
  /** Properties whose arrays stay in the file. Default: all but those declared with `lazy: false`. */
  readonly lazy?: readonly Lazy[];
  /** Values of an object that is created, over the defaults. */
  readonly init?: Updates<Instance>;
  /** The format of a file that is created. */
  readonly libver?: CreateOptions["libver"];
}

/** A value of a lazily opened object: arrays are proxies. */
export type LazyValue<Value> = Value extends NDArray
  ? ProxyDataset
  : Value extends DatetimeIndex
    ? ProxyDataset<DatetimeIndex>
    : Value extends Serializable
      ? Lazy<Value>
      : Value extends (infer Item)[]
        ? LazyValue<Item>[]
        : Value;

/** A lazily opened object: arrays in the properties `Name` are proxies. */
export type Lazy<Instance, Name extends PropertyKey = PropertyNames<Instance>> = {
  [Key in keyof Instance]: Key extends keyof Persistable
    ? Instance[Key]
    : Key extends Name
      ? LazyValue<Instance[Key]>
      : Instance[Key];
};

/** A class of persistable objects. */
export type PersistableClass<Instance extends Persistable> = Constructor<Instance>;

const sessions = new WeakMap<object, Session>();

/**
 * The base of classes whose instances are saved as HDF5 files. Classes are made with `Persistable.define`:
 *
 * ```ts
 * class Experiment extends Persistable.define("mymodule.Experiment", {
 *   name: property({ default: "" }),
 *   data: property<NDArray | null>({ default: null }),
 * }) {}
 * ```
 */
export class Persistable extends Serializable {
  /** Saves the object; the class's extension takes the place of the path's. Answers the path. */
  save<Target extends SaveTarget>(target: Target, options: SaveOptions = {}): Promise<Target> {
    return attempt(() => runTask(saveTask(this, target, options), options.signal));
  }

  saveSync<Target extends SaveTarget>(target: Target, options: SaveOptions = {}): Target {
    return runTaskSync(saveTask(this, target, options));
  }

  /** The bytes of the file that `save` would write. */
  toBytes(options: SaveOptions = {}): Promise<Uint8Array> {
    return attempt(() => runTask(bytesTask(this, options), options.signal));
  }

  toBytesSync(options: SaveOptions = {}): Uint8Array {
    return runTaskSync(bytesTask(this, options));
  }

  /** Whether the object was opened lazily and its file is still open. */
  get isOpen(): boolean {
    return sessions.get(this)?.isOpen ?? false;
  }

  /** Writes what was assigned to a lazily opened object and makes it durable. */
  flush(): Promise<void> {
    return attempt(() => {
      const session = sessionOf(this);
      return session.queue.change(() => runTask(session.flush()));
    });
  }

  flushSync(): void {
    const session = sessionOf(this);
    session.queue.requireIdle();
    runTaskSync(session.flush());
  }

  /** Writes what was assigned to a lazily opened object and closes its file; closing twice does nothing. */
  close(): Promise<void> {
    return attempt(() => {
      const session = sessionOf(this);
      return session.queue.change(() => runTask(session.close()));
    });
  }

  closeSync(): void {
    const session = sessionOf(this);
    session.queue.requireIdle();
    runTaskSync(session.close());
  }

  /** Closes the file of a lazily opened object; other objects have nothing to dispose of. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (sessions.has(this)) await this.close();
  }

  [Symbol.dispose](): void {
    if (sessions.has(this)) this.closeSync();
  }

  /** Loads the object that a file holds: an instance of this class or of one that extends it. */
  static load<Instance extends Persistable>(
    this: PersistableClass<Instance>,
    source: Source,
    options: LoadOptions<PropertyNames<Instance>> = {},
  ): Promise<Instance> {
    return attempt(() => runTask(loadTask(this, source, options as LoadOptions), options.signal));
  }

  static loadSync<Instance extends Persistable>(
    this: PersistableClass<Instance>,
    source: Source,
    options: LoadOptions<PropertyNames<Instance>> = {},
  ): Instance {
    return runTaskSync(loadTask(this, source, options as LoadOptions));
  }

  /**
   * Opens the object that a file holds and leaves its arrays there. What is assigned to its properties, and to those
   * of objects in it, is written by `flush` and `close`; changes inside lists and dicts are not followed.
   */
  static open<Instance extends Persistable, Name extends PropertyNames<Instance> = PropertyNames<Instance>>(
    this: PersistableClass<Instance>,
    source: Source,
    options: OpenOptions<Instance, Name> = {},
  ): Promise<Lazy<Instance, Name>> {
    const task = (): Task<Instance> => openTask(this, source, options as unknown as OpenOptions<Persistable, string>);
    return attempt(() => runTask(task(), options.signal)) as Promise<unknown> as Promise<Lazy<Instance, Name>>;
  }

  static openSync<Instance extends Persistable, Name extends PropertyNames<Instance> = PropertyNames<Instance>>(
    this: PersistableClass<Instance>,
    source: Source,
    options: OpenOptions<Instance, Name> = {},
  ): Lazy<Instance, Name> {
    const task = openTask(this, source, options as unknown as OpenOptions<Persistable, string>);
    return runTaskSync(task) as unknown as Lazy<Instance, Name>;
  }

  /** Saves a plain tree, as `serialize` makes them, to exactly this target. */
  static saveSerializedData(target: SaveTarget, tree: unknown, options: SaveOptions = {}): Promise<void> {
    return attempt(() => runTask(saveTreeTask(target, tree, new Map(), options), options.signal));
  }

  static saveSerializedDataSync(target: SaveTarget, tree: unknown, options: SaveOptions = {}): void {
    runTaskSync(saveTreeTask(target, tree, new Map(), options));
  }

  /** Loads the plain tree of the object that a file holds; no class is constructed. */
  static loadSerializedData(source: Source, options: LoadOptions = {}): Promise<Dict> {
    return attempt(() => runTask(loadTreeTask(source, options), options.signal));
  }

  static loadSerializedDataSync(source: Source, options: LoadOptions = {}): Dict {
    return runTaskSync(loadTreeTask(source, options));
  }
}

/** Loads the object that a file holds; its class is found by the stored name, and is a generic one where none is. */
export function load(source: Source, options: LoadOptions = {}): Promise<Persistable> {
  return attempt(() => runTask(loadTask(Persistable, source, options), options.signal));
}

/** Synchronous form of {@link load}. */
export function loadSync(source: Source, options: LoadOptions = {}): Persistable {
  return runTaskSync(loadTask(Persistable, source, options));
}

/** Runs what may throw at once, so that asynchronous methods only ever reject. */
async function attempt<Result>(run: () => Promise<Result>): Promise<Result> {
  return await run();
}

function sessionOf(instance: Persistable): Session {
  const session = sessions.get(instance);
  if (session === undefined) throw invalidArgument("this object was not opened from a file; use save to write it to one");
  return session;
}

function planRoot(tree: unknown, hints: StorageHints): GroupNode {
  const node = planValue(tree, "/root", hints);
  if (node.kind !== "group" || node.className === null) {
    throw errorAt("invalid-argument", "/root", `the root of a file is the dict of an object, with a ${classKey}`);
  }
  return node;
}

function planInstance(instance: Persistable): GroupNode {
  const hints: StorageHints = new Map();
  const context = { typed: true, savedOnly: true, hints, ancestors: new Map<object, string>() };
  return planRoot(serializeValue(instance, "/root", context), hints);
}

function* createFile(target: SaveTarget | undefined, options: CreateOptions): Task<HDF5File> {
  return yield* step(
    () => createSync(target, options),
    () => create(target, options),
  );
}

function* abandon(file: HDF5File): Task<void> {
  yield* step(
    () => file.abandonSync(),
    () => file.abandon(),
  );
}

function* closeFile(file: HDF5File): Task<void> {
  yield* step(
    () => file.closeSync(),
    () => file.close(),
  );
}

function* writeRoot(file: HDF5File, node: GroupNode, onProgress?: ProgressCallback): Task<void> {
  const progress = new ProgressCounter(planBytes(node), onProgress);
  yield* writeNode(file, "root", node, "/root", progress);
  progress.finish("/root");
}

function* saveTask<Target extends SaveTarget>(
  instance: Persistable,
  target: Target,
  options: SaveOptions,
): Task<Target> {
  const extension = classInfoOf(instance.constructor)?.extension ?? Persistable.extension;
  const place = withSuffix(target, extension);
  yield* writeFile(place, planInstance(instance), options);
  return place;
}

function* saveTreeTask(target: SaveTarget, tree: unknown, hints: StorageHints, options: SaveOptions): Task<void> {
  yield* writeFile(target, planRoot(tree, hints), options);
}

function* writeFile(target: SaveTarget, node: GroupNode, options: SaveOptions): Task<void> {
  const { overwrite = true, libver, onProgress } = options;
  const file = yield* createFile(target, { overwrite, libver });
  try {
    yield* writeRoot(file, node, onProgress);
    yield* step(
      () => file.flushSync(),
      () => file.flush(),
    );
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
  yield* closeFile(file);
}

function* bytesTask(instance: Persistable, options: SaveOptions): Task<Uint8Array> {
  const node = planInstance(instance);
  const file = yield* createFile(undefined, { libver: options.libver });
  yield* writeRoot(file, node, options.onProgress);
  yield* step(
    () => file.flushSync(),
    () => file.flush(),
  );
  const bytes = file.bytes().slice();
  yield* closeFile(file);
  return bytes;
}

function* openSource(source: Source, mode: "r" | "r+", options: SourceOptions): Task<HDF5File> {
  const { signal, limits, fetch, headers, durability } = options;
  const fileOptions = { mode, signal, limits, fetch, headers, durability };
  return yield* step(
    () => openFileSync(source, fileOptions),
    () => openFile(source, fileOptions),
  );
}

function* loadTreeTask(source: Source, options: LoadOptions): Task<Dict> {
  const file = yield* openSource(source, "r", options);
  let tree: Dict;
  try {
    tree = (yield* loadRoot(file, options)).tree;
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
  yield* closeFile(file);
  return tree;
}

function* loadTask<Instance extends Persistable>(
  type: PersistableClass<Instance>,
  source: Source,
  options: LoadOptions,
): Task<Instance> {
  const { only, onProgress } = options;
  noteUse(type);
  checkNames(type, only, "only");
  const tree = yield* loadTreeTask(source, { ...options, only, onProgress });
  return construct(type, { tree, places: new Map() }, null);
}

/** A class that a static method is called on is the one to construct for its name. */
function noteUse(type: Constructor): void {
  const info = classInfoOf(type);
  if (info !== undefined) noteSubclass(info.name, type, false);
}

function checkNames(type: Constructor, names: readonly string[] | undefined, option: string): void {
  const schema = classInfoOf(type)?.schema;
  if (schema === undefined) return;
  for (const name of names ?? []) {
    if (!schema.has(name)) throw invalidArgument(`${option}: there is no property ${JSON.stringify(name)}`);
  }
}

/** The objects of a loaded tree; the root must be of `type`. */
function construct<Instance extends Persistable>(
  type: PersistableClass<Instance>,
  { tree, places }: LoadedTree,
  session: Session | null,
): Instance {
  const stored = String(tree[classKey]);
  const own = classInfoOf(type);
  const registered = own?.name === stored ? type : classNamed(stored);
  const fits = registered === type || registered?.prototype instanceof type || (registered ?? own) === undefined;
  if (!fits) {
    const wanted = own?.name ?? type.name;
    throw errorAt(
      "invalid-argument",
      "/root",
      `the file holds an object of the class ${JSON.stringify(stored)}, which is not ${JSON.stringify(wanted)} nor a class that extends it${registered === undefined ? " as far as is known here" : ""}`,
    );
  }
  const attached: [Serializable, string][] = [];
  const object = deserializeValue(tree, "/root", {
    genericClass: genericClasses(Persistable),
    classFor: (name) => (name === stored ? registered : undefined),
    constructed: (instance, dict) => {
      const place = places.get(dict);
      if (place !== undefined) attached.push([instance, place]);
    },
  });
  // Only now, so that setting the loaded values is no assignment.
  if (session !== null) for (const [instance, place] of attached) session.attach(instance, place);
  return object as Instance;
}

function* openTask<Instance extends Persistable>(
  type: PersistableClass<Instance>,
  source: Source,
  options: OpenOptions<Persistable, string>,
): Task<Instance> {
  const { mode = "r", only, lazy, init } = options;
  if (!["r", "r+", "w", "a", "x"].includes(mode)) throw invalidArgument(`there is no mode ${JSON.stringify(mode)}`);
  noteUse(type);
  checkNames(type, only as readonly string[] | undefined, "only");
  checkNames(type, lazy, "lazy");
  const file = yield* openOrCreate(type, source, mode, init as Dict | undefined, options);
  try {
    const session = new Session(file, mode !== "r");
    const request: LoadRequest = { only: only as readonly string[] | undefined, lazy, owner: session };
    const instance = construct(type, yield* loadRoot(file, request), session);
    sessions.set(instance, session);
    return instance;
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
}

function* openOrCreate<Instance extends Persistable>(
  type: PersistableClass<Instance>,
  source: Source,
  mode: OpenMode,
  init: Dict | undefined,
  options: OpenOptions<Persistable, string>,
): Task<HDF5File> {
  if (mode === "r" || mode === "r+") return yield* openSource(source, mode, options);
  if (mode === "a") {
    try {
      return yield* openSource(source, "r+", options);
    } catch (error) {
      if (!(error instanceof HDF5Error) || error.code !== "not-found") throw error;
    }
  }
  if (classInfoOf(type) === undefined) throw invalidArgument("only a class with properties can be created; define one");
  const instance = new (type as unknown as new (init?: Dict) => Persistable)(init);
  const node = planInstance(instance);
  const file = yield* createFile(source as SaveTarget, { overwrite: mode === "w", libver: options.libver });
  try {
    yield* writeRoot(file, node);
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
  return file;
}
