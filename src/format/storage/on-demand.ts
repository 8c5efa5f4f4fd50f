import { HDF5Error } from "../errors.js";
import { ioError } from "./device-errors.js";
import type { Operation } from "./operation.js";
import { awaited } from "./operation.js";

/**
 * Says that a part of the library is needed which has not been loaded yet. Operations load it and go on; what cannot
 * wait fails with it.
 */
export class NotLoaded extends HDF5Error {
  readonly #part: OnDemand<unknown>;

  constructor(what: string, part: OnDemand<unknown>) {
    super("sync-unavailable", `${what} can only be read asynchronously: call the method without "Sync"`);
    this.#part = part;
  }

  get part(): OnDemand<unknown> {
    return this.#part;
  }
}

/** A part of the library that few files need: loaded with the first of them, once for all. */
export class OnDemand<Part> {
  readonly #what: string;
  readonly #load: () => Promise<Part>;
  #part: Part | undefined;

  /** @param what - what the part is for, for messages */
  constructor(what: string, load: () => Promise<Part>) {
    this.#what = what;
    this.#load = load;
  }

  /** Gives the part at once, for programs that have it anyway. */
  provide(part: Part): void {
    this.#part = part;
  }

  /** @throws HDF5Error `io` where the part cannot be loaded; the next call tries again */
  async load(): Promise<Part> {
    if (this.#part !== undefined) return this.#part;
    try {
      this.#part = await this.#load();
    } catch (error) {
      throw ioError(error, `the part of this library for ${this.#what} cannot be loaded`);
    }
    return this.#part;
  }

  /**
   * The part, in code that decodes at once.
   *
   * @throws NotLoaded where nothing has loaded it yet
   */
  get(): Part {
    if (this.#part === undefined) throw new NotLoaded(this.#what, this);
    return this.#part;
  }

  /** The part, which asynchronous operations load. */
  *wait(): Operation<Part> {
    if (this.#part !== undefined) return this.#part;
    return yield* awaited((atOnce) => (atOnce ? this.get() : this.load()));
  }
}
