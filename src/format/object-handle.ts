import { Attributes } from "./attributes.js";
import { ObjectReference } from "./datatypes/values.js";
import type { HDF5File } from "./file.js";
import type { FileState } from "./objects/file-state.js";
import { commentOf, modificationSeconds } from "./objects/object-facts.js";
import type { ObjectState } from "./objects/object-state.js";
import type { Operation } from "./storage/operation.js";

/** What every asynchronous call takes. */
export interface CallOptions {
  /** Aborts the call, which then raises `aborted` with the signal's reason as cause. */
  readonly signal?: AbortSignal;
}

/** What groups, datasets and committed datatypes have in common. */
export abstract class ObjectHandle {
  /** Absolute path by which the object was reached. */
  readonly path: string;
  /** @internal */
  readonly state: ObjectState;
  #attrs: Attributes | undefined;

  /** @internal */
  constructor(state: ObjectState, path: string) {
    this.state = state;
    this.path = path;
  }

  /** The file that the object belongs to. */
  abstract get file(): HDF5File;

  /** The object's attributes. */
  get attrs(): Attributes {
    this.#attrs ??= new Attributes(this.state, this.path);
    return this.#attrs;
  }

  /** Last component of the path; empty for the root group. */
  get name(): string {
    return this.path.slice(this.path.lastIndexOf("/") + 1);
  }

  /** Address of the object header, relative to the base address; the same for all hard links to one object. */
  get address(): number {
    return addressOf(this.state);
  }

  /** A reference to the object, which can be stored in datasets and attributes. */
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

  /** @internal */
  protected get fileState(): FileState {
    return this.state.file;
  }

  /** @internal */
  protected run<Result>(start: () => Operation<Result>, signal?: AbortSignal): Promise<Result> {
    return this.state.file.run(this.path, start, signal);
  }

  /** @internal */
  protected runSync<Result>(start: () => Operation<Result>): Result {
    return this.state.file.runSync(this.path, start);
  }
}

/** Address of an object's header, assigned now where the object is new. */
export function addressOf(state: ObjectState): number {
  return state.address ?? state.file.edits.placeEmptyHeader(state);
}
