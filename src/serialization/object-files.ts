/** Objects and the files that they are loaded from, or opened in. */

import type { Known } from "../arguments/known-options.js";
import type { CreateOptions, HDF5File, Source } from "../format/index.js";
import { HDF5Error } from "../format/index.js";
import { adoptValues } from "./adopt-values.js";
import { classInfoOf } from "./class-info.js";
import type { PropertyNames, Updates } from "./class-types.js";
import { invalidArgument } from "./errors.js";
import type { LoadOptions, ObjectOptions, SaveTarget, SourceOptions } from "./file-tasks.js";
import {
  abandon,
  createFile,
  loadNames,
  loadTreeTask,
  objectNames,
  openSource,
  planInstance,
  sourceNames,
  writeRoot,
} from "./file-tasks.js";
import { stateOf } from "./instance-state.js";
import type { LoadedTree, LoadRequest } from "./load.js";
import { loadRoot } from "./load.js";
import { genericBase, genericClasses } from "./make-class.js";
import type { Origin } from "./origin.js";
import { rememberPartial, rememberRead } from "./origin.js";
import type { Constructor } from "./registry.js";
import { classNamed, noteSubclass } from "./registry.js";
import { requireOptions } from "./require-options.js";
import { fromFile } from "./restore.js";
import type { Serializable } from "./serializable.js";
import type { Dict } from "./serialize.js";
import { classKey, deserializeProperties, deserializeValue, errorAt } from "./serialize.js";
import { Session } from "./session.js";
import type { Task } from "./task.js";
import { step } from "./task.js";
import type { ObjectChange } from "./versions.js";
import { printWarning } from "./warnings.js";

/** How a file is opened: `r` and `r+` need it, `a` makes it where it is missing, `w` replaces it, `x` refuses to. */
export type OpenMode = "r" | "r+" | "w" | "a" | "x";

/** How an object is opened. */
export interface OpenOptions<Instance, Lazy extends PropertyKey> extends SourceOptions, ObjectOptions {
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

const openNames: Known<OpenOptions<Serializable, string>> = {
  ...sourceNames,
  ...objectNames,
  mode: ["r", "r+", "w", "a", "x"],
  only: "array",
  lazy: "array",
  init: true,
  libver: ["default", "earliest"],
};

/** How an object was opened. */
interface Opening {
  readonly session: Session;
  readonly type: Constructor<Serializable>;
  readonly source: Source;
  readonly options: SourceOptions;
  readonly request: LoadRequest;
}

const openings = new WeakMap<object, Opening>();

/** The file of a lazily opened object; `undefined` for others. */
export function findSession(instance: Serializable): Session | undefined {
  return openings.get(instance)?.session;
}

/** @throws HDF5Error `invalid-argument` for an object that was not opened */
export function sessionOf(instance: Serializable): Session {
  return openingOf(instance).session;
}

function openingOf(instance: Serializable): Opening {
  const opening = openings.get(instance);
  if (opening !== undefined) return opening;
  throw invalidArgument("this object was not opened from a file; use save to write it to one");
}

/** Loads an object of a class. */
export function* loadTask<Instance extends Serializable>(
  type: Constructor<Instance>,
  source: Source,
  options: LoadOptions,
): Task<Instance> {
  noteUse(type);
  requireOptions("load", options, loadNames);
  checkNames(type, options.only, "only");
  noteClasses(options);
  return construct(type, yield* loadTreeTask(source, options), null, options);
}

/** A class that a static method is called on is the one to construct for its name. */
function noteUse(type: Constructor): void {
  const info = classInfoOf(type);
  if (info !== undefined) noteSubclass(info.name, type, false);
}

/** The classes that the caller names are known from here on. */
function noteClasses({ classes }: ObjectOptions): void {
  for (const type of classes ?? []) {
    if (classInfoOf(type) === undefined)
      throw invalidArgument('"classes" has classes that are made with define or decorated');
    noteUse(type);
  }
}

function checkNames(type: Constructor, names: readonly string[] | undefined, option: string): void {
  const schema = classInfoOf(type)?.schema;
  if (schema === undefined) return;
  for (const name of names ?? []) {
    if (!schema.has(name)) throw invalidArgument(`${option}: there is no property ${JSON.stringify(name)}`);
  }
}

/** The class of a loaded root object, which must be `type` or one that extends it; `undefined` where it is unknown. */
function rootClass(type: Constructor, stored: string): Constructor | undefined {
  const own = classInfoOf(type);
  const registered = own?.name === stored ? type : classNamed(stored);
  const fits =
    registered === type || registered?.prototype instanceof type || (registered === undefined && own === undefined);
  if (fits) return registered;
  const wanted = own?.name ?? type.name;
  throw errorAt(
    "invalid-argument",
    "/root",
    `the file holds an object of the class ${JSON.stringify(stored)}, which is not ${JSON.stringify(wanted)} nor a class that extends it${registered === undefined ? " as far as is known here" : ""}`,
  );
}

/** Collects the objects of a tree that are to be attached to a session. */
class Attachments {
  readonly #places: LoadedTree["places"];
  readonly #attached: [Serializable, string][] = [];

  constructor(places: LoadedTree["places"]) {
    this.#places = places;
  }

  readonly note = (instance: Serializable, dict: object): void => {
    const place = this.#places.get(dict);
    if (place !== undefined) this.#attached.push([instance, place]);
  };

  get all(): readonly (readonly [Serializable, string])[] {
    return this.#attached;
  }

  /** Only when all are there, so that setting the loaded values is no assignment. */
  attachTo(session: Session): void {
    for (const [instance, place] of this.#attached) session.attach(instance, place);
  }
}

/** A tree and, where it was loaded whole, the file that it comes from. */
type Loaded = LoadedTree & { readonly origin?: Origin | null };

/** The objects of a loaded tree; the root must be of `type`. */
function construct<Instance extends Serializable>(
  type: Constructor<Instance>,
  { tree, places, origin = null }: Loaded,
  session: Session | null,
  { only, onWarning = printWarning }: ObjectOptions & { readonly only?: readonly string[] | undefined },
): Instance {
  const stored = String(tree[classKey]);
  const registered = rootClass(type, stored);
  const attachments = new Attachments(places);
  let isOutdated = false;
  // Migrations need all of it.
  let isWhole = only === undefined;
  const object = deserializeValue(tree, "/root", {
    genericClass: genericClasses(genericBase(type)),
    classFor: (name) => (name === stored ? registered : undefined),
    constructed: attachments.note,
    migrated: (change) => {
      isOutdated = true;
      isWhole ||= change.path === "/root" && change.versions.length > 0;
      session?.noteMigrated(change);
    },
    warn: onWarning,
  });
  if (session !== null) attachments.attachTo(session);
  else if (origin !== null) rememberRead(attachments.all, { ...origin, isOutdated });
  if (only !== undefined && !isWhole) rememberPartial(object as Serializable, only);
  return object as Instance;
}

/** What a constructor makes the object of that it is called for. */
export interface ConstructorValues {
  /** The values of the properties. */
  readonly values: Dict;
  /** Binds the object to what it comes from, when it has the values. */
  adopt(instance: Serializable): void;
  /** Lets go of what it comes from. */
  discard(): void;
}

/** The values of the root object for a constructor that was given the source of a file to load. */
export function* loadValuesTask(type: Constructor, source: Source, options: LoadOptions): Task<ConstructorValues> {
  noteUse(type);
  requireOptions("load", options, loadNames);
  checkNames(type, options.only, "only");
  noteClasses(options);
  return constructorValues(type, yield* loadTreeTask(source, options), undefined, options);
}

/** The values of the root object for a constructor that was given the source of a file to open. */
export function* openValuesTask(
  type: Constructor<Serializable>,
  source: Source,
  options: OpenOptions<Serializable, string>,
): Task<ConstructorValues> {
  return yield* openRoot(type, source, options, (loaded, opening) =>
    constructorValues(type, loaded, opening, { ...opening.request, ...options }),
  );
}

function constructorValues(
  type: Constructor,
  { tree, places, origin = null }: Loaded,
  opened: Opening | undefined,
  { only, onWarning = printWarning }: ObjectOptions & { readonly only?: readonly string[] | undefined },
): ConstructorValues {
  const name = String(tree[classKey]);
  if (rootClass(type, name) !== type) {
    const message = `the file holds an object of the class ${JSON.stringify(name)}: load() makes one, new ${type.name}() cannot`;
    throw errorAt("invalid-argument", "/root", message);
  }
  const attachments = new Attachments(places);
  const genericClass = genericClasses(genericBase(type as Constructor<Serializable>));
  let isOutdated = false;
  // Migrations need all of it.
  let isWhole = only === undefined;
  const { values, kept, stored } = deserializeProperties(tree, type, "/root", {
    genericClass,
    constructed: attachments.note,
    migrated: (change) => {
      isOutdated = true;
      isWhole ||= change.path === "/root" && change.versions.length > 0;
      opened?.session.noteMigrated(change);
    },
    warn: onWarning,
  });
  return {
    values: fromFile(values),
    adopt: (instance) => {
      Object.assign(stateOf(instance), { stored, kept });
      attachments.note(instance, tree);
      if (only !== undefined && !isWhole) rememberPartial(instance, only);
      if (opened === undefined) {
        if (origin !== null) rememberRead(attachments.all, { ...origin, isOutdated });
        return;
      }
      attachments.attachTo(opened.session);
      openings.set(instance, opened);
    },
    discard: () => opened?.session.file.abandonSync(),
  };
}

/** Opens the object of a file and leaves its arrays there. */
export function* openTask<Instance extends Serializable>(
  type: Constructor<Instance>,
  source: Source,
  options: OpenOptions<Serializable, string>,
): Task<Instance> {
  return yield* openRoot(type, source, options, (loaded, opening) => {
    const instance = construct(type, loaded, opening.session, { ...options, ...opening.request });
    openings.set(instance, opening);
    return instance;
  });
}

/** Takes back what was changed since the last flush. */
export function* discardTask(instance: Serializable): Task<void> {
  const opening = openingOf(instance);
  opening.session.requireOpen();
  // What is only read has nothing to take back.
  if (opening.session.writable) yield* readAgain(instance, opening);
}

/** Takes what others have written meanwhile. */
export function* refreshTask(instance: Serializable): Task<void> {
  const opening = openingOf(instance);
  const { session, source, options } = opening;
  session.requireOpen();
  if (session.isDirty) {
    throw invalidArgument("what was changed here would be lost: flush() or discard() it before refresh()");
  }
  if (!session.writable) yield* session.replaceFile(yield* openSource(source, "r", options));
  yield* readAgain(instance, opening);
}

/** Gives an object, and those in it, the values that the file has now. */
function* readAgain(instance: Serializable, { session, type, request }: Opening): Task<void> {
  const { file, writable } = session;
  if (writable) {
    yield* step(
      () => file.reloadSync(),
      () => file.reload(),
    );
  }
  const { tree, places } = yield* loadRoot(file, request);
  const stored = String(tree[classKey]);
  const registered = rootClass(type, stored);
  const attachments = new Attachments(places);
  const fresh = deserializeValue(tree, "/root", {
    genericClass: genericClasses(genericBase(type)),
    classFor: (name) => (name === stored ? registered : undefined),
    constructed: attachments.note,
    migrated: session.noteMigrated,
  });
  if (writable) session.requireUpToDate();
  const adopted = adoptValues(instance, fresh as Serializable);
  session.follow(attachments.all.map(([each, path]) => [adopted.get(each) ?? each, path]));
}

/** An object as a file that stays open has it. */
export interface Opened {
  readonly instance: Serializable;
  /** What of it is not as its classes have it now. */
  readonly changes: readonly ObjectChange[];
}

/** The object of an open file, with its arrays in the file. */
export function* openForMigration(type: Constructor<Serializable>, file: HDF5File): Task<Opened> {
  const session = new Session(file, false, false);
  const instance = construct(type, yield* loadRoot(file, { owner: session }), session, {});
  return { instance, changes: session.migrated };
}

/** Opens a file and makes something of its root; what fails leaves nothing open. */
function* openRoot<Result>(
  type: Constructor<Serializable>,
  source: Source,
  options: OpenOptions<Serializable, string>,
  make: (loaded: LoadedTree, opening: Opening) => Result,
): Task<Result> {
  requireOptions("open", options, openNames);
  const { mode = "r", only, lazy, init } = options;
  noteUse(type);
  noteClasses(options);
  checkNames(type, only as readonly string[] | undefined, "only");
  checkNames(type, lazy, "lazy");
  const file = yield* openOrCreate(type, source, mode, init as Dict | undefined, options);
  try {
    const session = new Session(file, mode !== "r", only !== undefined);
    const request: LoadRequest = { only: only as readonly string[] | undefined, lazy, owner: session };
    const made = make(yield* loadRoot(file, request), { session, type, source, options, request });
    if (mode !== "r") session.requireUpToDate();
    return made;
  } catch (error) {
    yield* abandon(file);
    throw error;
  }
}

function* openOrCreate<Instance extends Serializable>(
  type: Constructor<Instance>,
  source: Source,
  mode: OpenMode,
  init: Dict | undefined,
  options: OpenOptions<Serializable, string>,
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
  const instance = new (type as unknown as new (init?: Dict) => Serializable)(init);
  const { node } = planInstance(instance);
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
