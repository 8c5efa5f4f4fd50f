import type { Reference } from "./datatypes/values.js";
import { corrupt, HDF5Error, invalidArgument } from "./errors.js";
import type { HDF5Object } from "./group.js";
import { Group, wrapObject } from "./group.js";
import type { CallOptions } from "./objects/call-options.js";
import type { FileState } from "./objects/file-state.js";
import { ObjectState } from "./objects/object-state.js";
import { relations } from "./objects/relations.js";
import { openRoot } from "./objects/resolve-path.js";
import { MemoryDevice } from "./storage/memory-device.js";
import type { Operation } from "./storage/operation.js";
import { done } from "./storage/operation.js";
import type { Superblock } from "./structures/superblock.js";

/** What happens to a file outside its own bytes. */
export interface FileHooks {
  /** After the first commit of a new file: puts it in its place. */
  readonly place?: () => void;
  /** When a file is given up before its first commit: removes what was written. */
  readonly discard?: () => void;
  /** When the file is closed. */
  readonly release?: () => void;
}

/**
 * An open file, which is also its root group. Close it when done: `close()` writes what is staged.
 */
export class HDF5File extends Group {
  readonly #state: FileState;
  readonly #hooks: FileHooks;
  /** Handles of the files that external links led to. */
  readonly #others = new Map<FileState, HDF5File>();
  #placed = false;
  /** The call that closes the file, while it runs. */
  #closing: Promise<void> | null = null;

  /** @internal */
  constructor(state: FileState, root: ObjectState, hooks: FileHooks = {}) {
    super(null, root, "/");
    this.#state = state;
    this.#hooks = hooks;
  }

  override get file(): HDF5File {
    return this;
  }

  override toString(): string {
    const state = this.closed ? "closed" : this.writable ? "writable" : "read-only";
    return `HDF5File ${JSON.stringify(this.#state.device.name)} (${state})`;
  }

  /** @internal The handle of this file or of one that an external link led to; runs on that file's device. */
  *handleOf(state: FileState): Operation<HDF5File> {
    if (state === this.#state) return this;
    const known = this.#others.get(state);
    if (known !== undefined) return known;
    const root = yield* openRoot(state);
    const file = this.#others.get(state) ?? foreignHandle(state, root);
    this.#others.set(state, file);
    return file;
  }

  /** Whether the file was opened for changes; {@link editable} tells whether they can be made. */
  get writable(): boolean {
    return this.#state.transaction !== null;
  }

  /** Whether the file can be changed: it was opened for that, and has nothing that stands against it. */
  get editable(): boolean {
    return !this.closed && this.editObstacle === null;
  }

  /** Why the file cannot be changed, such as "a file with paged file space"; `null` where it can. */
  get editObstacle(): string | null {
    return this.writable ? this.#state.editObstacle : "a file open for reading";
  }

  /** Whether the file has been closed. */
  get closed(): boolean {
    return this.#state.closed;
  }

  /** @internal The path of a local file, absolute, and what changes when the file does; `null` for others. */
  get location(): { readonly path: string; readonly version: string } | null {
    const { device } = this.#state;
    const version = device.version?.();
    return version === undefined || device instanceof MemoryDevice ? null : { path: device.name, version };
  }

  /** The superblock, as stored or as it will be. */
  get superblock(): Superblock {
    return this.#state.superblock;
  }

  /**
   * Drops what is staged and takes the file as it is now, for when another program has changed it: what a `changed` error
   * advises. Groups, datasets and other objects that were opened before show what their paths lead to now, and are
   * `not-found` where that is nothing of their kind.
   *
   * @throws HDF5Error `read-only` for a file that was not opened for changes, which is closed and opened again instead.
   */
  reload(options?: CallOptions): Promise<void> {
    return this.run(() => this.#state.edits.reload(this.#state), options);
  }

  /** {@link reload}, at once. */
  reloadSync(): void {
    this.runSync(() => this.#state.edits.reload(this.#state));
  }

  /**
   * Writes all staged changes; they are durable when it returns, as far as the durability asked for goes.
   *
   * The process may end at any moment meanwhile: the file stays valid, with everything flushed earlier.
   *
   * What is staged stays staged when a flush is aborted or fails, as on a full disk: it can be flushed again. Only when
   * syncing fails, after which nobody knows what is stored, the file takes no more changes.
   *
   * @throws HDF5Error `io` when writing or syncing fails, `changed` when another program has changed the file or given
   * it another time: then nothing of what is staged is written, and {@link reload} is the way on.
   */
  flush(options?: CallOptions): Promise<void> {
    return this.run(() => this.#flush(), options);
  }

  /** {@link flush}, at once. */
  flushSync(): void {
    this.runSync(() => this.#flush());
  }

  *#flush(): Operation<void> {
    // Nothing is staged in a file that cannot be edited.
    if (this.#state.transaction === null || this.#state.editObstacle !== null) return;
    yield* this.#state.edits.commit(this.#state);
    if (this.#placed) return;
    this.#hooks.place?.();
    this.#placed = true;
  }

  *#flushLast(): Operation<void> {
    const { transaction, editObstacle } = this.#state;
    if (transaction === null || editObstacle !== null) return;
    try {
      yield* this.#flush();
      yield* transaction.settle();
    } catch (error) {
      throw notStored(error);
    }
  }

  /**
   * Flushes and closes. From this call on all others are refused as `closed`; those made before finish first. Closing
   * again does nothing but wait for the first call.
   *
   * The file is closed even when the flush fails: the changes since the last flush are lost then, and the error says so.
   * Flush before, where that must not happen: a flush can be repeated.
   */
  close(): Promise<void> {
    return this.#closeOnce(() => this.#flushLast());
  }

  /**
   * {@link close}, at once.
   *
   * @throws HDF5Error `sync-unavailable` while asynchronous calls that may change the file are running: it stays open.
   */
  closeSync(): void {
    this.#closeOnceSync(() => this.#flushLast());
  }

  /**
   * Closes without writing what is staged; a file created and never flushed is removed. Calls made before finish first,
   * later ones are refused as `closed`.
   */
  abandon(): Promise<void> {
    return this.#closeOnce(() => done(undefined));
  }

  /** {@link abandon}, at once. */
  abandonSync(): void {
    this.#closeOnceSync(() => done(undefined));
  }

  #closeOnce(last: () => Operation<void>): Promise<void> {
    if (this.#closing === null) {
      if (this.#state.closed) return Promise.resolve();
      this.#closing = this.#close(last).finally(() => {
        this.#closing = null;
      });
    }
    return this.#closing;
  }

  async #close(last: () => Operation<void>): Promise<void> {
    const failures: unknown[] = [];
    const attempt = async (step: () => void | Promise<void>): Promise<void> => {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    };
    await attempt(() => this.#state.runLast(this.place, last));
    // Reads do not queue.
    await new Promise<void>((resolve) => this.#state.whenIdle(resolve));
    await attempt(() => this.#state.device.close());
    await attempt(() => this.#afterClose());
    if (failures.length > 0) throw failures[0];
  }

  #closeOnceSync(last: () => Operation<void>): void {
    const state = this.#state;
    const { device } = state;
    if (this.#closing !== null) {
      throw new HDF5Error("sync-unavailable", `${device.name} is being closed asynchronously: await that`);
    }
    if (state.closed) return;
    if (device.closeSync === undefined) {
      throw new HDF5Error("sync-unavailable", `${device.name} can only be closed asynchronously: await close()`);
    }
    try {
      if (this.writable) this.runSync(last);
    } catch (error) {
      // It can be closed asynchronously, and loses nothing.
      if (error instanceof HDF5Error && error.code === "sync-unavailable") throw error;
      this.#releaseSync();
      throw error;
    }
    this.#releaseSync();
  }

  #releaseSync(): void {
    const state = this.#state;
    state.closed = true;
    // Calls that only read may still be running.
    state.whenIdle(() => {
      try {
        state.device.closeSync?.();
      } finally {
        this.#afterClose();
      }
    });
  }

  #afterClose(): void {
    // What was written and is not in its place is no file yet.
    if (!this.#placed) this.#hooks.discard?.();
    this.#hooks.release?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  /**
   * The file's bytes as of the last flush; for files in memory, also after closing.
   *
   * @throws HDF5Error `invalid-argument` for a file that is not in memory.
   */
  bytes(): Uint8Array {
    const { device } = this.#state;
    if (!(device instanceof MemoryDevice)) {
      throw invalidArgument(`${device.name} is not in memory`);
    }
    return device.bytes();
  }

  /**
   * The object that a reference refers to. Its `path` may have to be looked for with `findPath()`.
   *
   * @throws HDF5Error `not-found` for a reference to an object that is gone or never was, `unsupported` for one into
   * another file.
   */
  dereference(reference: Reference, options?: CallOptions): Promise<HDF5Object> {
    return this.run(() => this.#dereference(reference), options);
  }

  /** {@link dereference}, at once. */
  dereferenceSync(reference: Reference): HDF5Object {
    return this.runSync(() => this.#dereference(reference));
  }

  *#dereference(reference: Reference): Operation<HDF5Object> {
    if (reference?.kind === "unreadable-reference") throw corrupt(`a reference cannot be read: ${reference.reason}`);
    if (typeof reference?.address !== "number") {
      throw invalidArgument("a reference is what a read gives or reference() answers; a path is followed with get()");
    }
    if (typeof reference.file === "string") {
      throw new HDF5Error(
        "unsupported",
        `following a reference into another file ("${reference.file}") is not supported`,
      );
    }
    const { referredObject } = yield* relations.wait();
    const state = yield* referredObject(this.#state, reference.address, null);
    return yield* wrapObject(this, state, state.path ?? "");
  }

  /** The object whose header is at an address. Its `path` may have to be looked for with `findPath()`. */
  objectAt(address: number, options?: CallOptions): Promise<HDF5Object> {
    return this.run(() => this.#objectAt(address), options);
  }

  /** {@link objectAt}, at once. */
  objectAtSync(address: number): HDF5Object {
    return this.runSync(() => this.#objectAt(address));
  }

  *#objectAt(address: number): Operation<HDF5Object> {
    if (!Number.isSafeInteger(address) || address < 0) throw invalidArgument(`${String(address)} is no address`);
    const { nearPath } = yield* relations.wait();
    const state = yield* ObjectState.open(this.#state, address);
    return yield* wrapObject(this, state, (yield* nearPath(state, null)) ?? "");
  }
}

/** An error that kept a file from being closed with all that was staged. */
function notStored(error: unknown): unknown {
  if (!(error instanceof HDF5Error) || error.code === "sync-unavailable") return error;
  const what = "closed, and what was changed since the last flush is not safely stored";
  // What others did to the file is dealt with by opening it again.
  error.message = `${what}: ${error.code === "changed" ? error.message.replace(/: nothing more.*/s, "") : error.message}`;
  return error;
}

/** The handle of a file that another one refers to. */
function foreignHandle(state: FileState, root: ObjectState): HDF5File {
  return new HDF5File(state, root);
}
