/** An array that stays in its file: parts of it are read, written and appended without loading the rest. */

import type { Known, KnownOptions } from "../arguments/known-options.js";
import type { AppendOptions, Attributes, CallOptions, Dataset, DType, NDArray, Slice } from "../format/index.js";
import { slice } from "../format/index.js";
import { serializedAsIs } from "./deep.js";
import { argumentError, invalidArgument } from "./errors.js";
import type { OperationQueue } from "./operation-queue.js";
import { printed } from "./printing.js";
import type { ProxySelection } from "./proxy-selection.js";
import { elementSelection } from "./proxy-selection.js";
import type { ProxyTarget } from "./proxy-type.js";
import { ProxyType } from "./proxy-type.js";
import type {
  Assembled,
  BlockArray,
  ComparedByMembers,
  ProxyBlock,
  ProxyRow,
  ProxyValue,
  RawValue,
  ReadResult,
} from "./proxy-values.js";
import type { StoredArray } from "./proxy-writes.js";
import { appendElements, requireAxes, resizeArray, setElements, write } from "./proxy-writes.js";
import type { AttributeValues } from "./registry.js";
import { requireOptions } from "./require-options.js";
import type { ScalarType } from "./scalar.js";
import { storedTypeFor } from "./stored-types.js";
import type { Task } from "./task.js";
import { runTask, runTaskSync, step } from "./task.js";

/** What can be written: elements, or an instance of the dataset's type such as a `DatetimeIndex`. */
export type ElementsInput = number | bigint | boolean | string | object;

/** How `blocks` divides an array. */
export interface BlockOptions {
  /** Rows in one block; by default what makes a few megabytes of whole chunks. */
  readonly rows?: number;
  readonly signal?: AbortSignal;
}

const callNames: Known<CallOptions> = { signal: "AbortSignal" };
const appendNames: Known<AppendOptions & CallOptions> = { ...callNames, axis: "size" };
const blockNames: Known<BlockOptions> = { ...callNames, rows: true };

/** The open object that a proxy belongs to. */
export interface ProxyOwner {
  readonly queue: OperationQueue;
  requireOpen(): void;
  /** Elements are about to be changed. */
  noteChange(): void;
}

/** Bytes in a block, unless its size is given. */
const blockBytes = 8 * 1024 * 1024;

const hint = "the data is still in the file: read it first with get() or read(), then compute with the result";

/**
 * Stands for an array in a file that was opened with `Persistable.open`.
 *
 * Computing with it, iterating over its elements and converting it implicitly are refused, since each would read the
 * whole array unnoticed. `Type` is the type of the elements, or what {@link ProxyDataset.read} assembles.
 */
export class ProxyDataset<Type = DType> {
  /** Never present: carries a type, and is the first member so that the others are compared. */
  declare readonly comparedByMembers?: ComparedByMembers<Type>;
  /** @internal */
  readonly [serializedAsIs] = true;
  /** @internal An enumerable function, with which runtimes refuse a clone; it would be an empty object. */
  readonly notCloneable = (): string => hint;
  readonly #target: ProxyTarget;
  readonly #type: ProxyType;
  readonly #owner: ProxyOwner;

  /** @internal */
  constructor(target: ProxyTarget, owner: ProxyOwner) {
    this.#target = target;
    this.#type = new ProxyType(target);
    this.#owner = owner;
  }

  get shape(): readonly number[] {
    return this.#dataset.shape ?? [];
  }

  get maxShape(): readonly (number | null)[] {
    return this.#dataset.maxShape ?? [];
  }

  /** Type of the elements that are read: as declared, or else that of the file. */
  get dtype(): DType {
    return this.#target.elements ?? this.#dataset.dtype;
  }

  get ndim(): number {
    return this.#dataset.ndim;
  }

  /** Number of elements. */
  get size(): number {
    return this.#dataset.size;
  }

  /** Bytes of all elements in the file, unfiltered. */
  get nbytes(): number {
    return this.#dataset.nbytes;
  }

  /** Length of the first axis. */
  get length(): number {
    requireAxes(this.#target.dataset, "has no length");
    return this.shape[0];
  }

  /** Chunk shape; `null` when the dataset is not chunked. */
  get chunks(): readonly number[] | null {
    return this.#dataset.chunks;
  }

  /** The dataset's attributes in the file. */
  get attrs(): Attributes {
    return this.#dataset.attrs;
  }

  /** Path of the dataset in its file. */
  get path(): string {
    return this.#target.dataset.path ?? "";
  }

  /** The stored name of the dataset's type. */
  get typeName(): string {
    return this.#type.name;
  }

  /** The attributes that belong to the type, such as `timezone`. */
  get typeAttributes(): AttributeValues {
    return this.#type.attributes;
  }

  /** Reads elements: all of them, or those selected; times as a `DatetimeIndex`, or a `Timestamp` for one of them. */
  get<const S extends ProxySelection>(selection?: S, options?: CallOptions): Promise<ProxyValue<Type, S>>;
  get(selection?: ProxySelection, options: CallOptions = {}): Promise<unknown> {
    return this.#read(() => this.#get(selection), options);
  }

  getSync<const S extends ProxySelection>(selection?: S): ProxyValue<Type, S>;
  getSync(selection?: ProxySelection): unknown {
    return this.#runSync(() => this.#get(selection));
  }

  /** Reads one index of the first axis, as {@link get} does; a negative one counts from the end. */
  at(index: number, options: CallOptions = {}): Promise<ProxyRow<Type>> {
    return this.#read(() => this.#at(index), options);
  }

  atSync(index: number): ProxyRow<Type> {
    return this.#runSync(() => this.#at(index));
  }

  /** Reads elements as they are stored, whatever type is declared: times as nanoseconds of the wall clock. */
  readRaw<const S extends ProxySelection>(selection?: S, options?: CallOptions): Promise<RawValue<S>>;
  readRaw(selection?: ProxySelection, options: CallOptions = {}): Promise<ReadResult> {
    return this.#read(() => this.#raw(selection), options);
  }

  /** {@link readRaw}, at once. */
  readRawSync<const S extends ProxySelection>(selection?: S): RawValue<S>;
  readRawSync(selection?: ProxySelection): ReadResult {
    return this.#runSync(() => this.#raw(selection));
  }

  /** Reads the whole value, or a part that has axes, and assembles it as its type. */
  read(selection?: ProxySelection, options: CallOptions = {}): Promise<Assembled<Type>> {
    return this.#read(() => this.#assemble(selection), options);
  }

  readSync(selection?: ProxySelection): Assembled<Type> {
    return this.#runSync(() => this.#assemble(selection));
  }

  /**
   * Overwrites elements. Beyond the end, the first axis grows, and others where their `maxShape` allows it. What has
   * fewer elements than the selection is repeated by NumPy's rules: a single value fills it, a row each of its rows.
   */
  set(value: ElementsInput, selection?: ProxySelection, options: CallOptions = {}): Promise<void> {
    return this.#change(() => setElements(this.#stored, value, selection), options, callNames);
  }

  setSync(value: ElementsInput, selection?: ProxySelection): void {
    this.#changeSync(() => setElements(this.#stored, value, selection));
  }

  /**
   * Adds elements at the end of an axis, by default the first; others can grow as far as their `maxShape` allows.
   *
   * @throws HDF5Error `invalid-argument` where the axis cannot grow, or there is none
   */
  append(value: ElementsInput, options: AppendOptions & CallOptions = {}): Promise<void> {
    return this.#change(() => appendElements(this.#stored, value, options.axis ?? 0), options, appendNames);
  }

  /** {@link append}, at once. */
  appendSync(value: ElementsInput, options: AppendOptions = {}): void {
    requireOptions("appendSync", options, { axis: "size" });
    this.#changeSync(() => appendElements(this.#stored, value, options.axis ?? 0));
  }

  /**
   * Changes the length of the first axis, or the whole shape. What is cut off is gone.
   *
   * @throws HDF5Error `invalid-argument` beyond `maxShape`, and for another number of axes
   */
  resize(shape: number | readonly number[], options: CallOptions = {}): Promise<void> {
    return this.#change(() => resizeArray(this.#stored, shape), options, callNames);
  }

  /** {@link resize}, at once. */
  resizeSync(shape: number | readonly number[]): void {
    this.#changeSync(() => resizeArray(this.#stored, shape));
  }

  /** The array in runs of whole rows, none of them large. */
  async *blocks(options: BlockOptions = {}): AsyncGenerator<ProxyBlock<BlockArray<Type>>, void, undefined> {
    requireOptions("blocks", options, blockNames);
    const { signal } = options;
    for (const selection of this.#blockSelections(options)) {
      const data = await this.#read(() => this.#block(selection), { signal });
      yield { selection, data };
    }
  }

  *blocksSync(options: BlockOptions = {}): Generator<ProxyBlock<BlockArray<Type>>, void, undefined> {
    requireOptions("blocksSync", options, blockNames);
    for (const selection of this.#blockSelections(options)) {
      yield { selection, data: this.#runSync(() => this.#block(selection)) };
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<ProxyBlock<BlockArray<Type>>, void, undefined> {
    return this.blocks();
  }

  /** Refused: iterating by element would read the array piece by piece. */
  [Symbol.iterator](): never {
    throw invalidArgument(`${this.toString()} cannot be iterated: ${hint}; blocks() reads it in parts`);
  }

  /** Refused: there is no number or text that stands for the array. */
  [Symbol.toPrimitive](): never {
    throw invalidArgument(`${this.toString()} is not a value: ${hint}`);
  }

  /** Refused. */
  toJSON(): never {
    throw invalidArgument(`${this.toString()} cannot be made JSON: ${hint}`);
  }

  /** @internal What the consoles of Node, Deno and Bun print. */
  [printed](): string {
    return this.toString();
  }

  toString(): string {
    const { dataset, elements } = this.#target;
    const dtype = elements ?? dataset.dtype;
    const type = typeof dtype === "string" ? dtype : dtype.kind;
    return `ProxyDataset(${dataset.path}, shape [${(dataset.shape ?? []).join(", ")}], ${type})`;
  }

  /** @internal The type with which a copy is stored. */
  get storedType(): ScalarType {
    const { datatype, dtype } = this.#target.dataset;
    return storedTypeFor(datatype, dtype);
  }

  /** @internal Copies all elements into a dataset of the same shape. */
  *copyTo(target: Dataset): Task<void> {
    if (this.ndim === 0) {
      yield* write(target, yield* this.#raw(undefined), undefined);
      return;
    }
    for (const selection of this.#blockSelections({})) {
      yield* write(target, yield* this.#array(selection), selection);
    }
  }

  /** @internal Whether the proxy belongs to an open object. */
  belongsTo(owner: ProxyOwner): boolean {
    return this.#owner === owner;
  }

  /** @internal The array and its type's attributes, read into memory. */
  *load(): Task<NDArray> {
    return yield* this.#array(undefined);
  }

  get #dataset(): Dataset {
    this.#owner.requireOpen();
    return this.#target.dataset;
  }

  /** A read; what is wrong with its options rejects, as everything else does. */
  async #read<Result>(task: () => Task<Result>, options: CallOptions): Promise<Result> {
    requireOptions("options", options, callNames);
    const { signal } = options;
    return this.#owner.queue.read(() => runTask(this.#guarded(task), signal));
  }

  async #change<Result>(task: () => Task<Result>, options: CallOptions, names: KnownOptions): Promise<Result> {
    requireOptions("options", options, names);
    const { signal } = options;
    return this.#owner.queue.change(() =>
      runTask(
        this.#guarded(() => this.#changing(task)),
        signal,
      ),
    );
  }

  #changeSync<Result>(task: () => Task<Result>): Result {
    return this.#runSync(() => this.#changing(task));
  }

  *#changing<Result>(task: () => Task<Result>): Task<Result> {
    this.#owner.noteChange();
    return yield* task();
  }

  #runSync<Result>(task: () => Task<Result>): Result {
    this.#owner.queue.requireIdle();
    return runTaskSync(this.#guarded(task));
  }

  /** The task, started only when it runs, so that its first look at the file is in order too. */
  *#guarded<Result>(task: () => Task<Result>): Task<Result> {
    this.#owner.requireOpen();
    try {
      return yield* task();
    } catch (error) {
      throw argumentError(error);
    }
  }

  get #stored(): StoredArray {
    return { dataset: this.#target.dataset, type: this.#type };
  }

  *#get(selection: ProxySelection): Task<unknown> {
    const elements = elementSelection(selection, this.ndim);
    return this.#type.meaning(yield* this.#raw(elements), elements);
  }

  *#raw(given: ProxySelection): Task<ReadResult> {
    const { dataset } = this.#target;
    const selection = elementSelection(given, dataset.ndim);
    return yield* step(
      () => dataset.readSync(selection),
      (signal) => dataset.read(selection, { signal }),
    );
  }

  *#at(index: number): Task<ProxyRow<Type>> {
    requireAxes(this.#target.dataset, "has no elements to index");
    return (yield* this.#get([index])) as ProxyRow<Type>;
  }

  *#array(selection: ProxySelection): Task<NDArray> {
    return this.#type.arrayOf(yield* this.#raw(selection));
  }

  *#block(selection: ProxySelection): Task<BlockArray<Type>> {
    return this.#type.declared(yield* this.#array(selection)) as BlockArray<Type>;
  }

  *#assemble(selection: ProxySelection): Task<Assembled<Type>> {
    const elements = elementSelection(selection, this.ndim);
    return this.#type.assemble(yield* this.#array(elements), elements) as Assembled<Type>;
  }

  *#blockSelections({ rows }: BlockOptions): Generator<readonly Slice[], void, undefined> {
    requireAxes(this.#target.dataset, "has no blocks");
    if (rows !== undefined && !(Number.isSafeInteger(rows) && rows > 0)) {
      throw invalidArgument("the rows of a block are a positive integer");
    }
    const rowBytes = Math.max(1, this.nbytes / Math.max(1, this.shape[0]));
    const chunkRows = this.chunks?.[0] ?? 1;
    const whole = Math.max(1, Math.floor(blockBytes / rowBytes / chunkRows)) * chunkRows;
    const height = rows ?? whole;
    for (let start = 0; start < this.shape[0]; start += height) {
      yield [slice(start, Math.min(start + height, this.shape[0]))];
    }
  }
}
