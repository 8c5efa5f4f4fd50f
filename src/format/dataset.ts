import type { DType } from "./datatypes/dtype.js";
import { dtypeOf } from "./datatypes/dtype-of.js";
import type { ElementValue, NDArray } from "./datatypes/values.js";
import { RegionReference } from "./datatypes/values.js";
import { HDF5Error, invalidArgument } from "./errors.js";
import type { HDF5File } from "./file.js";
import type { CallOptions } from "./object-handle.js";
import { ObjectHandle } from "./object-handle.js";
import type { DatasetDescription } from "./objects/dataset-state.js";
import { datasetState } from "./objects/dataset-state.js";
import type { ReadOptions } from "./objects/element-values.js";
import { elementsToValue } from "./objects/element-values.js";
import type { ObjectState } from "./objects/object-state.js";
import { readElements } from "./objects/raw-data-read.js";
import type { RawElements } from "./objects/raw-elements.js";
import { rawElements } from "./objects/raw-elements.js";
import type { ExternalFile } from "./objects/stored-elsewhere.js";
import { externalFiles, virtualMappings } from "./objects/stored-elsewhere.js";
import type { Selection } from "./selection/selection.js";
import { resolveSelection, slice } from "./selection/selection.js";
import type { VirtualMapping } from "./selection/virtual-mapping.js";
import type { Operation } from "./storage/operation.js";
import type { Datatype } from "./structures/messages/datatype.js";
import type { FilterDescription } from "./structures/messages/filter-pipeline.js";

/** One part of a dataset, aligned with its chunks. */
export interface Block {
  /** What to pass to `read` or `write` for the same elements. */
  readonly selection: Selection;
  readonly data: NDArray;
}

/** An array stored in a file. Nothing of it is read before it is asked for. */
export class Dataset extends ObjectHandle {
  readonly kind = "dataset";
  readonly file: HDF5File;

  /** @internal */
  constructor(file: HDF5File, state: ObjectState, path: string) {
    super(state, path);
    this.file = file;
  }

  /** Layout, types and filters exactly as stored (or staged). */
  get stored(): DatasetDescription {
    return datasetState(this.state).description;
  }

  /** Dimensions: `[]` for a scalar, `null` for a null dataspace. */
  get shape(): readonly number[] | null {
    const { kind, dimensions } = this.stored.dataspace;
    return kind === "null" ? null : dimensions;
  }

  /** Largest dimensions, `null` for an unlimited axis. */
  get maxShape(): readonly (number | null)[] | null {
    const { kind, maxDimensions } = this.stored.dataspace;
    return kind === "null" ? null : maxDimensions;
  }

  /** Number of axes. */
  get ndim(): number {
    return this.stored.dataspace.dimensions.length;
  }

  /** Number of elements. */
  get size(): number {
    return this.shape === null ? 0 : this.stored.dataspace.dimensions.reduce((product, extent) => product * extent, 1);
  }

  /** Bytes of all elements, unfiltered. */
  get nbytes(): number {
    return this.size * this.stored.datatype.size;
  }

  /** Type of the elements. */
  get dtype(): DType {
    return dtypeOf(this.stored.datatype);
  }

  /** Type of the elements exactly as stored. */
  get datatype(): Datatype {
    return this.stored.datatype;
  }

  /** Chunk dimensions, or `null` for other storage. */
  get chunks(): readonly number[] | null {
    const { layout } = this.stored;
    return layout.kind === "chunked" ? layout.chunkDimensions : null;
  }

  /** Filters in the order in which they are applied on writing. */
  get filters(): readonly FilterDescription[] {
    return this.stored.filterPipeline?.filters ?? [];
  }

  /** How the elements are stored. */
  get layout(): "compact" | "contiguous" | "chunked" | "virtual" {
    return this.stored.layout.kind;
  }

  #dimensions(): readonly number[] {
    if (this.shape === null) throw invalidArgument("a dataset with a null dataspace has no elements");
    return this.stored.dataspace.dimensions;
  }

  /**
   * Reads a selection: `null` takes a whole axis, a number picks one index and drops the axis, `slice(start, stop,
   * step)` takes a range; negative numbers count from the end.
   *
   * @returns an `NDArray`; the single value where the dataset is scalar or every axis is picked by a number; `null`
   * for a null dataspace.
   * @throws HDF5Error `invalid-argument` for an index out of range.
   */
  read(selection?: Selection, options: ReadOptions & CallOptions = {}): Promise<NDArray | ElementValue | null> {
    return this.run(() => this.#read(selection, options), options.signal);
  }

  /** {@link read}, at once. */
  readSync(selection?: Selection, options: ReadOptions = {}): NDArray | ElementValue | null {
    return this.runSync(() => this.#read(selection, options));
  }

  *#read(selection: Selection, options: ReadOptions): Operation<NDArray | ElementValue | null> {
    if (this.shape === null) return null;
    const resolved = resolveSelection(selection, this.shape);
    const bytes = yield* readElements(this.state, resolved);
    return yield* elementsToValue(this.fileState, this.datatype, bytes, resolved.resultShape, resolved.scalar, options);
  }

  /** Reads the stored bytes of a selection's elements, filters undone, and the heap objects that they refer to. */
  readRaw(selection?: Selection, options: CallOptions = {}): Promise<RawElements> {
    return this.run(() => this.#readRaw(selection), options.signal);
  }

  /** {@link readRaw}, at once. */
  readRawSync(selection?: Selection): RawElements {
    return this.runSync(() => this.#readRaw(selection));
  }

  *#readRaw(selection: Selection): Operation<RawElements> {
    if (this.shape === null) return yield* rawElements(this.fileState, this.datatype, new Uint8Array(0), 0);
    const resolved = resolveSelection(selection, this.shape);
    const bytes = yield* readElements(this.state, resolved);
    return yield* rawElements(this.fileState, this.datatype, bytes, resolved.elementCount);
  }

  /** The files that hold the raw data of a dataset with external storage, in the order of the bytes; else empty. */
  externalFiles(options: CallOptions = {}): Promise<ExternalFile[]> {
    return this.run(() => externalFiles(this.state), options.signal);
  }

  /** {@link externalFiles}, at once. */
  externalFilesSync(): ExternalFile[] {
    return this.runSync(() => externalFiles(this.state));
  }

  /** What a virtual dataset is made of; empty for other storage. */
  virtualMappings(options: CallOptions = {}): Promise<VirtualMapping[]> {
    return this.run(() => virtualMappings(this.state), options.signal);
  }

  /** {@link virtualMappings}, at once. */
  virtualMappingsSync(): VirtualMapping[] {
    return this.runSync(() => virtualMappings(this.state));
  }

  /**
   * Writes a selection; a single value fills it. Staged until the file is flushed or closed.
   *
   * @throws HDF5Error `invalid-argument` when value and selection do not fit, before anything is written.
   */
  write(value: unknown, selection?: Selection, options: CallOptions = {}): Promise<void> {
    return this.run(() => this.#write(value, selection), options.signal);
  }

  /** {@link write}, at once. */
  writeSync(value: unknown, selection?: Selection): void {
    this.runSync(() => this.#write(value, selection));
  }

  *#write(value: unknown, selection: Selection): Operation<void> {
    yield* this.fileState.edits.writeValue(this.state, value, selection);
  }

  /**
   * Appends along an axis: `value` has the dataset's shape but for that axis, or lacks the axis for one step of it.
   *
   * @throws HDF5Error `invalid-argument` when the shape does not fit or the axis cannot grow that far.
   */
  append(value: unknown, options: CallOptions & { readonly axis?: number } = {}): Promise<void> {
    return this.run(() => this.#append(value, options.axis ?? 0), options.signal);
  }

  /** {@link append}, at once. */
  appendSync(value: unknown, options: { readonly axis?: number } = {}): void {
    this.runSync(() => this.#append(value, options.axis ?? 0));
  }

  *#append(value: unknown, axis: number): Operation<void> {
    yield* this.fileState.edits.appendValue(this.state, value, axis);
  }

  /**
   * Changes the dimensions. What is cut off is gone; what is added has the fill value.
   *
   * @throws HDF5Error `invalid-argument` beyond `maxShape`, or where the dataset is not chunked.
   */
  resize(shape: readonly number[], options: CallOptions = {}): Promise<void> {
    return this.run(() => this.#resize(shape), options.signal);
  }

  /** {@link resize}, at once. */
  resizeSync(shape: readonly number[]): void {
    this.runSync(() => this.#resize(shape));
  }

  *#resize(shape: readonly number[]): Operation<void> {
    yield* this.fileState.edits.resizeDataset(this.state, shape);
  }

  /** Reads the whole dataset part by part, each a chunk (or, for other storage, about 1 MiB along the first axis). */
  async *blocks(options: ReadOptions & CallOptions = {}): AsyncGenerator<Block, void, undefined> {
    for (const selection of this.#blockSelections()) {
      yield { selection, data: asArray(await this.read(selection, options)) };
    }
  }

  /** {@link blocks}, at once. */
  *blocksSync(options: ReadOptions = {}): Generator<Block, void, undefined> {
    for (const selection of this.#blockSelections()) {
      yield { selection, data: asArray(this.readSync(selection, options)) };
    }
  }

  *#blockSelections(): Generator<Selection & object, void, undefined> {
    const shape = this.#dimensions();
    if (this.size === 0) return;
    if (shape.length === 0) throw invalidArgument("a scalar dataset has no blocks; read it");
    const rowBytes = this.nbytes / shape[0];
    const block = this.chunks ?? [Math.max(1, Math.floor(blockBytes / rowBytes)), ...shape.slice(1)];
    const start = shape.map(() => 0);
    for (;;) {
      yield start.map((from, axis) => slice(from, Math.min(from + block[axis], shape[axis])));
      let axis = shape.length - 1;
      while (axis >= 0) {
        start[axis] += block[axis];
        if (start[axis] < shape[axis]) break;
        start[axis--] = 0;
      }
      if (axis < 0) return;
    }
  }

  /**
   * A reference to a selection of this dataset, which can be stored in datasets and attributes.
   *
   * @throws HDF5Error `invalid-argument` for an index out of range.
   */
  regionReference(selection?: Selection): RegionReference {
    const { start, count, step } = resolveSelection(selection, this.#dimensions());
    return new RegionReference(this.address, {
      kind: "hyperslab",
      start,
      stride: step,
      count,
      block: start.map(() => 1),
    });
  }
}

/** Blocks of storage without chunks. */
const blockBytes = 1024 * 1024;

function asArray(value: NDArray | ElementValue | null): NDArray {
  if (typeof value === "object" && value !== null && "stride" in value) return value as NDArray;
  throw new HDF5Error("corrupt", "a block is no array");
}
