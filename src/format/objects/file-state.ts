import type { KnownOptions } from "../../arguments/known-options.js";
import type { StringForm } from "../datatypes/strings.js";
import { HDF5Error, unsupported, withPath } from "../errors.js";
import type { Device } from "../storage/device.js";
import { throwIfAborted } from "../storage/device-errors.js";
import { runAsync, runSync } from "../storage/drivers.js";
import { NotLoaded } from "../storage/on-demand.js";
import type { Operation } from "../storage/operation.js";
import type { PageCache } from "../storage/page-cache.js";
import { MissingBytes } from "../storage/storage.js";
import type { Transaction } from "../storage/transaction.js";
import { ByteArena } from "../structures/byte-arena.js";
import { ByteWriter } from "../structures/byte-writer.js";
import type { FileContext } from "../structures/context.js";
import type { FractalHeap } from "../structures/fractal-heap.js";
import type { ObjectHeader } from "../structures/object-header.js";
import type { SharedMessageTable } from "../structures/shared-message-table.js";
import type { Superblock } from "../structures/superblock.js";
import type { CallOptions } from "./call-options.js";
import { callNames, withOptions } from "./call-options.js";
import { ChunkCache } from "./chunk-cache.js";
import type { UnfinishedCommit } from "./commit.js";
import type { Editor } from "./editor.js";
import type { ForeignFiles } from "./foreign-files.js";
import { HeapStore } from "./heap-store.js";
import type { HeapWriter } from "./heap-writer.js";
import type { LastSeen } from "./last-seen.js";
import type { ObjectState, StagedMessage } from "./object-state.js";

/** Which structures a file's new objects use. */
export type LibraryVersion = "default" | "earliest";

/** What every part of an open file shares. */
export interface FileParts {
  readonly device: Device;
  readonly cache: PageCache;
  readonly context: FileContext;
  readonly superblock: Superblock;
  readonly transaction: Transaction | null;
  /** Given with the transaction. */
  readonly editor: Editor | null;
  readonly libver: LibraryVersion;
  /** What strings are read as where the call does not say; default `utf8`. */
  readonly strings?: StringForm;
  /** What the files that this one refers to are opened with, where the caller allows it. */
  readonly foreign?: ForeignFiles | null;
}

/** An open file: its bytes, its decoded objects, and the queue of its operations. */
export class FileState {
  readonly device: Device;
  readonly cache: PageCache;
  context: FileContext;
  transaction: Transaction | null;
  readonly libver: LibraryVersion;
  readonly strings: StringForm;
  readonly foreign: ForeignFiles | null;
  superblock: Superblock;
  sharedMessageTable: SharedMessageTable | null = null;
  /** Open heaps of the shared-message table, which no edit changes. */
  readonly sharedHeaps = new Map<number, FractalHeap>();
  /** Headers of objects that others share messages of, in a file that is open for reading only. */
  readonly sharedHeaders = new Map<number, ObjectHeader>();
  /** Why this file cannot be edited, where it cannot. */
  editObstacle: string | null = null;
  /** Objects by header address; complete for those with staged changes. */
  readonly objects = new Map<number, ObjectState>();
  /** The groups reached last, whose paths are known. */
  readonly groups: ObjectState[] = [];
  /** Objects with staged changes, in the order they were first changed. */
  readonly dirty = new Set<ObjectState>();
  heap: HeapStore;
  /** The writing half of this library and its part of the global heap; `null` in a file open for reading. */
  readonly editor: Editor | null;
  heapWriter: HeapWriter | null;
  chunkCache: ChunkCache;
  /** Messages of records that several new objects have, such as a common datatype. */
  readonly messagesOfRecords = new WeakMap<object, StagedMessage>();
  /** Encoded names of new attributes. */
  readonly attributeNames = new Map<string, Uint8Array>();
  /** For encoding one message or header at a time. */
  scratch: ByteWriter;
  /** Memory of staged messages. */
  readonly messageBytes = new ByteArena();
  /** Takes back step by step what the change under way has done, `null` while there is none. */
  undo: (() => void)[] | null = null;
  /** What a file that can be changed was like when it was last read or written here. */
  lastSeen: LastSeen | null = null;
  /** How often the file was taken up anew: what was opened before is to be opened again. */
  generation = 0;
  /** What is staged and not yet written as a whole. */
  unfinished: UnfinishedCommit | null = null;
  /** Whether the file was created here and never committed. */
  isNew = false;
  /** The root group of a new file. */
  root: ObjectState | null = null;
  /** Whether nothing more is accepted; what was accepted before may still be running. */
  closed = false;
  #queue: Promise<unknown> = Promise.resolve();
  #running = 0;
  #whenIdle: (() => void)[] = [];

  constructor(parts: FileParts) {
    this.device = parts.device;
    this.cache = parts.cache;
    this.context = parts.context;
    this.superblock = parts.superblock;
    this.transaction = parts.transaction;
    this.libver = parts.libver;
    this.strings = parts.strings ?? "utf8";
    this.foreign = parts.foreign ?? null;
    this.scratch = new ByteWriter(parts.context, 1024);
    this.heap = new HeapStore(this);
    this.editor = parts.editor;
    this.heapWriter = parts.editor?.newHeapWriter(this) ?? null;
    this.chunkCache = new ChunkCache(parts.context.limits.chunkCacheBytes);
  }

  /** The transaction, or the reason why there is none. */
  editing(): Transaction {
    if (this.transaction === null) {
      throw new HDF5Error(
        "read-only",
        `${this.device.name} is open for reading only; open it with mode "r+" to change it`,
      );
    }
    if (this.editObstacle !== null) throw unsupported(`editing ${this.editObstacle}`);
    this.transaction.requireHealthy();
    return this.transaction;
  }

  /** The operations that change a file, or the reason why there are none. */
  get edits(): Editor {
    this.editing();
    if (this.editor === null) throw unsupported("editing without the writing half of this library");
    return this.editor;
  }

  #requireOpen(): void {
    if (this.closed) throw new HDF5Error("closed", `${this.device.name} has been closed`);
  }

  /** Whether asynchronous operations are running or waiting. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** Runs an operation with synchronous I/O; see {@link run}. */
  runSync<Result>(
    path: string,
    start: () => Operation<Result>,
    options?: CallOptions | object,
    known: KnownOptions | null = callNames,
  ): Result {
    this.#requireOpen();
    if (this.transaction !== null) this.requireIdle(path);
    try {
      const operation = withOptions(start, options, known);
      throwIfAborted((options as CallOptions | undefined)?.signal);
      return runSync(operation, this);
    } catch (error) {
      throw withPath(this.editor?.explain(this, error) ?? error, path);
    }
  }

  /** @throws HDF5Error `sync-unavailable` while asynchronous operations are running or waiting */
  requireIdle(path: string): void {
    if (!this.isBusy) return;
    throw new HDF5Error(
      "sync-unavailable",
      "asynchronous operations on this file are still running; await them before a synchronous call",
      { path },
    );
  }

  /**
   * Runs an operation; on a writable file after all those started before.
   *
   * @param path - the object it concerns
   * @param options - what the caller of the public method gave
   * @param known - the options there are; `null` where the operation checks them itself
   */
  async run<Result>(
    path: string,
    start: () => Operation<Result>,
    options?: CallOptions,
    known: KnownOptions | null = callNames,
  ): Promise<Result> {
    this.#requireOpen();
    return this.#accept(path, start, options, known);
  }

  /** {@link run} of what ends the file: nothing is accepted after it. */
  async runLast<Result>(path: string, start: () => Operation<Result>): Promise<Result> {
    this.#requireOpen();
    this.closed = true;
    return this.#accept(path, start);
  }

  async #accept<Result>(
    path: string,
    start: () => Operation<Result>,
    options?: CallOptions,
    known: KnownOptions | null = null,
  ): Promise<Result> {
    this.#running++;
    try {
      if (this.transaction === null) return await this.#runNow(path, start, options, known);
      const result = this.#queue.then(() => this.#runNow(path, start, options, known));
      this.#queue = result.then(
        () => undefined,
        () => undefined,
      );
      return await result;
    } finally {
      this.#running--;
      if (this.#running === 0) for (const resume of this.#whenIdle.splice(0)) resume();
    }
  }

  /** Calls back once no operation is running or waiting, at once where that is so now. */
  whenIdle(resume: () => void): void {
    if (this.isBusy) this.#whenIdle.push(resume);
    else resume();
  }

  async #runNow<Result>(
    path: string,
    start: () => Operation<Result>,
    options: CallOptions | undefined,
    known: KnownOptions | null,
  ): Promise<Result> {
    try {
      return await runAsync(withOptions(start, options, known), this, { signal: options?.signal });
    } catch (error) {
      throw withPath(this.editor?.explain(this, error) ?? error, path);
    }
  }

  /** Runs a bounded decode, again after each fetch of what it lacked. */
  *decode<Result>(decodeOnce: () => Result): Operation<Result> {
    const run = this.transaction?.noting(decodeOnce) ?? decodeOnce;
    for (;;) {
      let missing: MissingBytes | NotLoaded;
      try {
        const result = run();
        this.cache.settle();
        return result;
      } catch (error) {
        if (!(error instanceof MissingBytes || error instanceof NotLoaded)) throw error;
        missing = error;
      }
      if (missing instanceof NotLoaded) {
        yield* missing.part.wait();
        continue;
      }
      const transaction = this.transaction;
      const ranges = missing.ranges;
      if (transaction?.isPending(ranges)) yield* transaction.drain();
      else yield { kind: "fetch", ranges };
    }
  }

  /** Fills `targets` from absolute `offsets`, staged bytes included. */
  *readRaw(offsets: readonly number[], targets: readonly Uint8Array[]): Operation<void> {
    if (offsets.length === 0) return;
    const transaction = this.transaction;
    if (transaction !== null) {
      const ranges = targets.map((target, index) => ({ offset: offsets[index], length: target.length }));
      if (transaction.isPending(ranges)) yield* transaction.drain();
      yield* transaction.materialize(ranges);
    }
    const size = this.device.size;
    for (let index = 0; index < offsets.length; index++) {
      if (offsets[index] + targets[index].length > size) {
        throw new HDF5Error(
          "corrupt",
          `expected ${targets[index].length} bytes of raw data at byte ${offsets[index]}, the file ends at ${size}`,
          { offset: offsets[index] },
        );
      }
    }
    yield { kind: "read", offsets, targets };
    transaction?.overlay(offsets, targets);
  }

  /** Bytes of the file, staged ones included. */
  get size(): number {
    return this.transaction === null ? this.device.size : this.transaction.size;
  }

  /** Absolute offset of an address. */
  offsetOf(address: number): number {
    return this.context.baseAddress + address;
  }

  /** Takes new space; answers its address. */
  allocate(length: number, unbroken = 0): number {
    return this.editing().allocate(length, unbroken) - this.context.baseAddress;
  }

  /** Stages bytes in new space. */
  shadow(address: number, bytes: Uint8Array): void {
    this.editing().shadow(this.context.baseAddress + address, bytes);
  }

  /** Marks an object as changed. */
  touch(object: ObjectState): void {
    this.editing();
    if (this.dirty.has(object)) return;
    this.dirty.add(object);
    this.onUndo(() => this.dirty.delete(object));
  }

  /** Remembers how to take back what the change under way has just done. */
  onUndo(step: () => void): void {
    this.undo?.push(step);
  }
}
