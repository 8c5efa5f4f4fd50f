// biome-ignore-all lint/complexity/noThisInStatic: static methods act on the class that they are called on
/** Objects that are saved as HDF5 files, loaded whole, or opened with their arrays left in the file. */

import type { Known } from "../arguments/known-options.js";
import type { CreateOptions, HDF5File, Source } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import { classInfoOf } from "./class-info.js";
import type { LazyNames, PropertyNames, Updates } from "./class-types.js";
import { argumentError, invalidArgument, lookingAt } from "./errors.js";
import type { LoadOptions, SaveOptions, SaveTarget, SourceOptions } from "./file-tasks.js";
import {
  abandon,
  bytesTask,
  createFile,
  loadNames,
  loadTreeTask,
  openSource,
  planInstance,
  saveNames,
  saveTreeTask,
  sourceNames,
  writeFile,
  writeRoot,
} from "./file-tasks.js";
import type { Lazy } from "./lazy-types.js";
import type { LoadedTree, LoadRequest } from "./load.js";
import { loadRoot } from "./load.js";
import { genericClasses } from "./make-class.js";
import type { Constructor } from "./registry.js";
import { classNamed, noteSubclass } from "./registry.js";
import { requireOptions } from "./require-options.js";
import { Serializable } from "./serializable.js";
import type { Dict } from "./serialize.js";
import { classKey, deserializeValue, errorAt } from "./serialize.js";
import { Session } from "./session.js";
import { withSuffix } from "./suffix.js";
import type { Task } from "./task.js";
import { runTask, runTaskSync } from "./task.js";

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

const openNames: Known<OpenOptions<Persistable, string>> = {
  ...sourceNames,
  mode: ["r", "r+", "w", "a", "x"],
  only: "array",
  lazy: "array",
  init: true,
  libver: ["default", "earliest"],
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
  /**
   * Saves the object. A path gets the class's extension unless it has it, or another that is usual for HDF5 files
   * ({@link SaveOptions.extension}).
   *
   * @returns the path, as it is on disk
   * @throws HDF5Error `invalid-argument` for no target, an empty path or a directory
   */
  save<Target extends SaveTarget>(target: Target, options: SaveOptions = {}): Promise<Target> {
    return attempt(() => runTask(saveTask(this, target, options), options?.signal));
  }

  saveSync<Target extends SaveTarget>(target: Target, options: SaveOptions = {}): Target {
    return lookingAt(() => runTaskSync(saveTask(this, target, options)));
  }

  /** The bytes of the file that `save` would write. */
  toBytes(options: SaveOptions = {}): Promise<Uint8Array> {
    return attempt(() => runTask(bytesTask(this, options), options?.signal));
  }

  toBytesSync(options: SaveOptions = {}): Uint8Array {
    return lookingAt(() => runTaskSync(bytesTask(this, options)));
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
    lookingAt(() => runTaskSync(session.flush()));
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
    lookingAt(() => runTaskSync(session.close()));
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
    return attempt(() => runTask(loadTask(this, source, options as LoadOptions), options?.signal));
  }

  static loadSync<Instance extends Persistable>(
    this: PersistableClass<Instance>,
    source: Source,
    options: LoadOptions<PropertyNames<Instance>> = {},
  ): Instance {
    return lookingAt(() => runTaskSync(loadTask(this, source, options as LoadOptions)));
  }

  /**
   * Opens the object that a file holds and leaves its arrays there. What is assigned to its properties, and to those
   * of objects in it, is written by `flush` and `close`; changes inside lists and dicts are not followed.
   */
  static open<Instance extends Persistable, Name extends PropertyNames<Instance> = LazyNames<Instance>>(
    this: PersistableClass<Instance>,
    source: Source,
    options: OpenOptions<Instance, Name> = {},
  ): Promise<Lazy<Instance, Name>> {
    const task = (): Task<Instance> => openTask(this, source, options as unknown as OpenOptions<Persistable, string>);
    return attempt(() => runTask(task(), options?.signal)) as Promise<unknown> as Promise<Lazy<Instance, Name>>;
  }

  static openSync<Instance extends Persistable, Name extends PropertyNames<Instance> = LazyNames<Instance>>(
    this: PersistableClass<Instance>,
    source: Source,
    options: OpenOptions<Instance, Name> = {},
  ): Lazy<Instance, Name> {
    const task = openTask(this, source, options as unknown as OpenOptions<Persistable, string>);
    return lookingAt(() => runTaskSync(task)) as unknown as Lazy<Instance, Name>;
  }

  /** Saves a plain tree, as `serialize` makes them, to exactly this target. */
  static saveSerializedData(target: SaveTarget, tree: unknown, options: SaveOptions = {}): Promise<void> {
    return attempt(() => runTask(saveTreeTask(target, tree, new Map(), options), options?.signal));
  }

  static saveSerializedDataSync(target: SaveTarget, tree: unknown, options: SaveOptions = {}): void {
    lookingAt(() => runTaskSync(saveTreeTask(target, tree, new Map(), options)));
  }

  /** Loads the plain tree of the object that a file holds; no class is constructed. */
  static loadSerializedData(source: Source, options: LoadOptions = {}): Promise<Dict> {
    return attempt(() => runTask(loadTreeTask(source, options), options?.signal));
  }

  static loadSerializedDataSync(source: Source, options: LoadOptions = {}): Dict {
    return lookingAt(() => runTaskSync(loadTreeTask(source, options)));
  }
}

/** Loads the object that a file holds; its class is found by the stored name, and is a generic one where none is. */
export function load(source: Source, options: LoadOptions = {}): Promise<Persistable> {
  return attempt(() => runTask(loadTask(Persistable, source, options), options?.signal));
}

/** Synchronous form of {@link load}. */
export function loadSync(source: Source, options: LoadOptions = {}): Persistable {
  return lookingAt(() => runTaskSync(loadTask(Persistable, source, options)));
}

/** Runs what may throw at once, so that asynchronous methods only ever reject. */
async function attempt<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw argumentError(error);
  }
}

function sessionOf(instance: Persistable): Session {
  const session = sessions.get(instance);
  if (session === undefined)
    throw invalidArgument("this object was not opened from a file; use save to write it to one");
  return session;
}

function* saveTask<Target extends SaveTarget>(
  instance: Persistable,
  target: Target,
  options: SaveOptions,
): Task<Target> {
  const extension = classInfoOf(instance.constructor)?.extension ?? Persistable.extension;
  requireOptions("save", options, saveNames);
  const place = withSuffix(target, extension, options.extension ?? true);
  yield* writeFile(place, planInstance(instance), options);
  return place;
}

function* loadTask<Instance extends Persistable>(
  type: PersistableClass<Instance>,
  source: Source,
  options: LoadOptions,
): Task<Instance> {
  noteUse(type);
  requireOptions("load", options, loadNames);
  checkNames(type, options.only, "only");
  const tree = yield* loadTreeTask(source, options);
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
  const fits =
    registered === type ||
    registered?.prototype instanceof type ||
    (registered === undefined && Object.is(type, Persistable));
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
  requireOptions("open", options, openNames);
  const { mode = "r", only, lazy, init } = options;
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
      if (!isEmptyHandle(source)) return yield* openSource(source, "r+", options);
    } catch (error) {
      if (!(error instanceof HDF5Error) || error.code !== "not-found") throw error;
    }
  }
  if (classInfoOf(type) === undefined) throw invalidArgument("only a class with properties can be created; define one");
  const instance = new (type as unknown as new (init?: Dict) => Persistable)(init);
  const node = planInstance(instance);
  const { libver, durability, limits, locking } = options;
  const target = source as SaveTarget;
  const file = yield* createFile(target, { overwrite: mode === "w", libver, durability, limits, locking });
  try {
    yield* writeRoot(file, node);
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
  return file;
}

/** Handles of the origin-private file system exist before there is anything in them. */
function isEmptyHandle(source: Source): boolean {
  return typeof source === "object" && "getSize" in source && source.getSize() === 0;
}
