// biome-ignore-all lint/complexity/noThisInStatic: static methods act on the class that they are called on
/** Objects that are saved as HDF5 files, loaded whole, or opened with their arrays left in the file. */

import type { Source } from "../format/index.js";
import { classInfoOf } from "./class-info.js";
import type { LazyNames, PropertyNames } from "./class-types.js";
import type { ConstructorOptions, ConstructorSource } from "./construct-from.js";
import { isConstructorSource, valuesFrom } from "./construct-from.js";
import { argumentError, invalidArgument, lookingAt } from "./errors.js";
import type { LoadOptions, SaveOptions, SaveTarget } from "./file-tasks.js";
import { bytesTask, loadTreeTask, saveNames, saveTreeTask } from "./file-tasks.js";
import type { Lazy } from "./lazy-types.js";
import type { OpenOptions } from "./object-files.js";
import { discardTask, findSession, loadTask, openTask, refreshTask, sessionOf } from "./object-files.js";
import type { Constructor } from "./registry.js";
import { requireOptions } from "./require-options.js";
import { saveInstance } from "./save-instance.js";
import { Serializable } from "./serializable.js";
import type { Dict } from "./serialize.js";
import { withSuffix } from "./suffix.js";
import type { Task } from "./task.js";
import { runTask, runTaskSync } from "./task.js";

/** A class of persistable objects. */
export type PersistableClass<Instance extends Persistable> = Constructor<Instance>;

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
   * An instance with these values, or, where a file is given, with those that it holds: a path, the URL of a local file,
   * or bytes. It is loaded at once; with a `mode` it is opened, as `openSync` does, and has to be closed:
   *
   * ```ts
   * using experiment = new Experiment("large.hdf5", { mode: "r" });
   * ```
   *
   * Classes that declare a constructor take what that takes. TypeScript gives what a constructor makes one type, so that
   * arrays are not typed as proxies here; `openSync` types them.
   *
   * @throws HDF5Error `sync-unavailable` for sources that are not read at once
   */
  constructor(source: ConstructorSource, options?: ConstructorOptions);
  constructor(init?: Readonly<Record<string, unknown>>);
  constructor(init?: Readonly<Record<string, unknown>> | ConstructorSource, options?: ConstructorOptions) {
    if (classInfoOf(new.target) === undefined || !isConstructorSource(init)) {
      if (options !== undefined) throw invalidArgument("options are taken with the path, URL or bytes of a file only");
      super(init as Readonly<Record<string, unknown>> | undefined);
      return;
    }
    const loaded = valuesFrom(new.target, init, options);
    try {
      super(loaded.values);
    } catch (error) {
      loaded.discard();
      throw error;
    }
    loaded.adopt(this);
  }

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
    return findSession(this)?.isOpen ?? false;
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

  /**
   * Takes back what was changed on a lazily opened object since the last flush, and takes its file as it is now: what
   * has to be done after the error `changed`. The objects in it stay the same objects where the file still has them.
   */
  discard(): Promise<void> {
    return attempt(() => sessionOf(this).queue.change(() => runTask(discardTask(this))));
  }

  /** {@link discard}, at once. */
  discardSync(): void {
    sessionOf(this).queue.requireIdle();
    lookingAt(() => runTaskSync(discardTask(this)));
  }

  /**
   * Gives a lazily opened object, and those in it, the values that others have written to its file. Proxies that were
   * taken before are closed where the file was opened for reading only: take them anew.
   *
   * @throws HDF5Error `invalid-argument` where something was changed here and not flushed
   */
  refresh(): Promise<void> {
    return attempt(() => sessionOf(this).queue.change(() => runTask(refreshTask(this))));
  }

  /** {@link refresh}, at once. */
  refreshSync(): void {
    sessionOf(this).queue.requireIdle();
    lookingAt(() => runTaskSync(refreshTask(this)));
  }

  /** Closes the file of a lazily opened object; other objects have nothing to dispose of. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (findSession(this) !== undefined) await this.close();
  }

  [Symbol.dispose](): void {
    if (findSession(this) !== undefined) this.closeSync();
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
   * of objects in it, is written by `flush` and `close`, and so is what was changed inside lists and dicts; those of an
   * object that was opened for reading are frozen.
   */
  static open<Instance extends Persistable, Name extends PropertyNames<Instance> = LazyNames<Instance>>(
    this: PersistableClass<Instance>,
    source: Source,
    options: OpenOptions<Instance, Name> = {},
  ): Promise<Lazy<Instance, Name>> {
    const task = (): Task<Instance> => openTask(this, source, options as unknown as OpenOptions<Serializable, string>);
    return attempt(() => runTask(task(), options?.signal)) as Promise<unknown> as Promise<Lazy<Instance, Name>>;
  }

  static openSync<Instance extends Persistable, Name extends PropertyNames<Instance> = LazyNames<Instance>>(
    this: PersistableClass<Instance>,
    source: Source,
    options: OpenOptions<Instance, Name> = {},
  ): Lazy<Instance, Name> {
    const task = openTask(this, source, options as unknown as OpenOptions<Serializable, string>);
    return lookingAt(() => runTaskSync(task)) as unknown as Lazy<Instance, Name>;
  }

  /**
   * Opens an object, hands it to `action`, and closes it. What was changed is written when `action` ends normally; when it
   * throws, nothing of what was not flushed is. (`using` and `await using` close in both cases: they do not tell an object
   * whether something was thrown.)
   *
   * ```ts
   * await Experiment.use("experiment.hdf5", { mode: "r+" }, async (experiment) => {
   *   await experiment.data.append(await measure());
   * });
   * ```
   *
   * @returns what `action` returns
   */
  static use<Instance extends Persistable, Result, Name extends PropertyNames<Instance> = LazyNames<Instance>>(
    this: PersistableClass<Instance>,
    source: Source,
    options: OpenOptions<Instance, Name>,
    action: (object: Lazy<Instance, Name>) => Result | PromiseLike<Result>,
  ): Promise<Result> {
    const task = (): Task<Instance> => openTask(this, source, options as unknown as OpenOptions<Serializable, string>);
    return attempt(async () => {
      if (typeof action !== "function") throw invalidArgument("use: the third argument is a function");
      const instance = await runTask(task(), options?.signal);
      let result: Result;
      try {
        result = await action(instance as unknown as Lazy<Instance, Name>);
      } catch (error) {
        const session = sessionOf(instance);
        await session.queue.change(() => runTask(session.abandon()));
        throw new ActionError(error);
      }
      await instance.close();
      return result;
    });
  }

  /** {@link use}, at once. */
  static useSync<Instance extends Persistable, Result, Name extends PropertyNames<Instance> = LazyNames<Instance>>(
    this: PersistableClass<Instance>,
    source: Source,
    options: OpenOptions<Instance, Name>,
    action: (object: Lazy<Instance, Name>) => Result,
  ): Result {
    if (typeof action !== "function") throw invalidArgument("useSync: the third argument is a function");
    const task = openTask(this, source, options as unknown as OpenOptions<Serializable, string>);
    const instance = lookingAt(() => runTaskSync(task));
    let result: Result;
    try {
      result = action(instance as unknown as Lazy<Instance, Name>);
    } catch (error) {
      runTaskSync(sessionOf(instance).abandon());
      throw error;
    }
    instance.closeSync();
    return result;
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
    return attempt(async () => (await runTask(loadTreeTask(source, options), options?.signal)).tree);
  }

  static loadSerializedDataSync(source: Source, options: LoadOptions = {}): Dict {
    return lookingAt(() => runTaskSync(loadTreeTask(source, options)).tree);
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

/** Carries what an action of the caller threw, which leaves as it is. */
class ActionError {
  constructor(readonly cause: unknown) {}
}

/** Runs what may throw at once, so that asynchronous methods only ever reject. */
async function attempt<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ActionError) throw error.cause;
    throw argumentError(error);
  }
}

function* saveTask<Target extends SaveTarget>(
  instance: Persistable,
  target: Target,
  options: SaveOptions,
): Task<Target> {
  const extension = classInfoOf(instance.constructor)?.extension ?? Persistable.extension;
  requireOptions("save", options, saveNames);
  const place = withSuffix(target, extension, options.extension ?? true);
  yield* saveInstance(place, instance, options);
  return place;
}
