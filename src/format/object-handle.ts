import type { KnownOptions } from "../arguments/known-options.js";
import { Attributes } from "./attributes.js";
import { printed } from "./datatypes/printing.js";
import { ObjectReference } from "./datatypes/values.js";
import { HDF5Error } from "./errors.js";
import type { HDF5File } from "./file.js";
import type { CallOptions } from "./objects/call-options.js";
import type { FileState } from "./objects/file-state.js";
import { notCloneable } from "./objects/not-cloneable.js";
import { commentOf, modificationSeconds } from "./objects/object-facts.js";
import type { ObjectKind, ObjectState } from "./objects/object-state.js";
import { placeText } from "./objects/object-state.js";
import { relations } from "./objects/relations.js";
import type { Operation } from "./storage/operation.js";

/** What groups, datasets and committed datatypes have in common. */
export abstract class ObjectHandle {
  /** @internal */
  readonly notCloneable = notCloneable;
  /** What kind of object it is, by which objects are told apart. */
  abstract readonly kind: ObjectKind;
  /**
   * Absolute path in the object's own {@link file}: the one by which it was reached. What is reached by a reference or
   * an address has one where that is had cheaply, because the object was met before or is in a group that is known;
   * `null` means that {@link findPath} has to look for one.
   */
  readonly path: string | null;
  #state: ObjectState;
  #attrs: Attributes | undefined;

  /** @internal */
  constructor(state: ObjectState, path: string) {
    this.#state = state;
    this.path = path.startsWith("/") ? path : null;
  }

  /** @internal The object, opened again where the file was reloaded since. */
  get state(): ObjectState {
    const state = this.#state;
    const { editor, generation } = state.file;
    if (state.generation !== generation && editor !== null) this.#state = editor.renewSync(state, this.place);
    return this.#state;
  }

  /**
   * A path that leads to the object: {@link path} as long as it does, else one that is searched for, level by level
   * from the root group on; `null` where no hard links lead to the object. From then on it is the {@link path}.
   *
   * The search reads the links of one group after another until it finds the object, and remembers no more than the
   * groups that it has seen.
   *
   * @throws HDF5Error `limit` after 2^20 groups.
   */
  findPath(options?: CallOptions): Promise<string | null> {
    return this.run(() => this.#findPath(), options);
  }

  /** {@link findPath}, at once. */
  findPathSync(): string | null {
    return this.runSync(() => this.#findPath());
  }

  *#findPath(): Operation<string | null> {
    const { findPath } = yield* relations.wait();
    const found = yield* findPath(this.state, this.path);
    Object.assign(this, { path: found });
    return found;
  }

  /** The file that the object belongs to. */
  abstract get file(): HDF5File;

  /** One line that says what the object is and where; what the consoles of Node, Deno and Bun print. */
  toString(): string {
    return placeText(this.state, this.place);
  }

  /** @internal */
  [printed](): string {
    try {
      return this.toString();
    } catch (error) {
      // An object that is gone since the file was reloaded.
      return String(error);
    }
  }

  /** The object's attributes. */
  get attrs(): Attributes {
    this.#attrs ??= new Attributes(this);
    return this.#attrs;
  }

  /** Last component of the path; empty for the root group, `null` where the path is. */
  get name(): string | null {
    return this.path === null ? null : this.path.slice(this.path.lastIndexOf("/") + 1);
  }

  /** Address of the object header, relative to the base address; the same for all hard links to one object. */
  get address(): number {
    return addressOf(this.state);
  }

  /**
   * A reference to the object, which can be stored in datasets and attributes of this file. It is an address: in another
   * file it refers to whatever lies there.
   */
  reference(): ObjectReference {
    return new ObjectReference(this.address);
  }

  /** The comment stored with the object, `null` where there is none. */
  get comment(): string | null {
    return commentOf(this.state);
  }

  /** When the object was last modified, to the second; `null` where the file does not say. */
  get modificationTime(): Date | null {
    const seconds = modificationSeconds(this.state);
    return seconds === null ? null : new Date(seconds * 1000);
  }

  /** Number of hard links to the object, staged ones included. */
  get referenceCount(): number {
    return this.state.referenceCount;
  }

  /** @internal The path for messages and for what is below; empty where it is not known. */
  get place(): string {
    return this.path ?? "";
  }

  /** @internal */
  protected get fileState(): FileState {
    return this.state.file;
  }

  /** @internal */
  protected run<Result>(
    start: () => Operation<Result>,
    options?: CallOptions,
    known?: KnownOptions | null,
  ): Promise<Result> {
    return this.state.file.run(this.place, start, options, known);
  }

  /** @internal */
  protected runSync<Result>(start: () => Operation<Result>, options?: object, known?: KnownOptions | null): Result {
    return this.state.file.runSync(this.place, start, options, known);
  }
}

/** An object that is not what was asked for. */
export function wrongKind({ kind, path }: ObjectHandle, wanted: string): HDF5Error {
  const article = kind === "datatype" ? "a committed" : "a";
  const name = path === null ? "the object" : `"${path}"`;
  return new HDF5Error("invalid-argument", `${name} is ${article} ${kind}, ${wanted}`, { path: path ?? undefined });
}

// biome-ignore lint/correctness/useYield: what fails answers nothing
async function* failing(error: HDF5Error): AsyncGenerator<never, void, undefined> {
  throw error;
}

const methods = "read readInto write append get keys entries links dataset group createDataset createGroup visit".split(
  " ",
);

// Methods of other kinds of object than the one at hand say so. Types do not have them.
for (const name of methods.flatMap((method) => [method, `${method}Sync`])) {
  Object.defineProperty(ObjectHandle.prototype, name, {
    configurable: true,
    writable: true,
    value(this: ObjectHandle): unknown {
      const error = wrongKind(this, `which has no ${name}()`);
      if (name.endsWith("Sync")) throw error;
      return name === "entries" || name === "visit" ? failing(error) : Promise.reject(error);
    },
  });
}

/** Address of an object's header, assigned now where the object is new. */
export function addressOf(state: ObjectState): number {
  return state.address ?? state.file.edits.placeEmptyHeader(state);
}
