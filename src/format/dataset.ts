import type { Known } from "../arguments/known-options.js";
import type { ConvertedDType } from "./datatypes/convert-numbers.js";
import type { DType } from "./datatypes/dtype.js";
import { dtypeOf, formatDType } from "./datatypes/dtype-of.js";
import { enumNames } from "./datatypes/enum-names.js";
import type { ElementValue, NDArray, TypedArray } from "./datatypes/values.js";
import { RegionReference } from "./datatypes/values.js";
import { corrupt, invalidArgument, lookingAt } from "./errors.js";
import type { HDF5File } from "./file.js";
import { filterName } from "./filters/registry.js";
import { ObjectHandle } from "./object-handle.js";
import type { CallOptions } from "./objects/call-options.js";
import type { DatasetDescription } from "./objects/dataset-state.js";
import { datasetState } from "./objects/dataset-state.js";
import type { AppendOptions } from "./objects/edit-dataset.js";
import type { ObjectState } from "./objects/object-state.js";
import type { RawElements } from "./objects/raw-elements.js";
import { rawElements } from "./objects/raw-elements.js";
import type { ArrayInto, DatasetReadOptions, ElementReadOptions, RawReadOptions } from "./objects/read-values.js";
import {
  datasetReadNames,
  elementReadNames,
  rawReadNames,
  readValue,
  readValueInto,
  requireArray,
} from "./objects/read-values.js";
import { relations } from "./objects/relations.js";
import { readSelected, resolveElements } from "./objects/selected-elements.js";
import type { StorageInfo } from "./objects/storage-info.js";
import { storageInfo } from "./objects/storage-info.js";
import type { ExternalFile } from "./objects/stored-elsewhere.js";
import { externalFiles, virtualMappings } from "./objects/stored-elsewhere.js";
import { blockSelections, blockShape } from "./selection/block-plan.js";
import type { AxisSelection, ElementSelection, MaskSelection } from "./selection/element-selection.js";
import type { PointsSelection } from "./selection/encoded-selection.js";
import type { Selection } from "./selection/selection.js";
import { resolveSelection } from "./selection/selection.js";
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

/** What {@link Dataset.blocks} reads. */
export interface DatasetBlockOptions extends DatasetReadOptions {
  /** What part of the dataset; default all of it. */
  readonly selection?: Selection;
  /** Bytes that a block should have; default those of a chunk. */
  readonly bytes?: number;
}

const blockNames: Known<DatasetBlockOptions & CallOptions> = { ...datasetReadNames, selection: true, bytes: "size" };

/** One axis of a dataset. */
export interface Dimension {
  readonly size: number;
  /** Name given to the axis, `null` where it has none. */
  readonly label: string | null;
  /** The dimension scales attached to the axis; references that lead nowhere are left out. */
  readonly scales: readonly Dataset[];
}

/** An axis that a dimension scale is attached to. */
export interface AttachedAxis {
  readonly dataset: Dataset;
  readonly axis: number;
}

/** What numbers are read as: an array, or a single value where the selection is one element. */
export type ConvertedValue<As extends ConvertedDType> = NDArray<As> | (As extends "int64" | "uint64" ? bigint : number);

/** Whether a selection certainly takes more than single indices. */
export type HasRange<S> = S extends readonly [infer First, ...infer Rest]
  ? [First] extends [Exclude<AxisSelection, number>]
    ? true
    : HasRange<Rest>
  : S extends MaskSelection | PointsSelection
    ? true
    : false;

/** What a selection is read as: an array where it has a range of some axis; what else depends on the dataset. */
export type SelectedValue<S> = HasRange<S> extends true ? NDArray : NDArray | ElementValue | null;

/** {@link SelectedValue} converted to numbers. */
export type SelectedNumbers<S, As extends ConvertedDType> =
  HasRange<S> extends true ? NDArray<As> : ConvertedValue<As> | null;

/** An array stored in a file. Nothing of it is read before it is asked for. */
export class Dataset extends ObjectHandle {
  readonly kind = "dataset";
  readonly #file: HDF5File;

  /** @internal */
  constructor(file: HDF5File, state: ObjectState, path: string) {
    super(state, path);
    this.#file = file;
  }

  get file(): HDF5File {
    return this.#file;
  }

  override toString(): string {
    const { shape } = this;
    const extent = shape === null ? "null" : shape.length === 0 ? "scalar" : `(${shape.join(", ")})`;
    return `Dataset ${super.toString()} ${extent} ${formatDType(this.datatype)}`;
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

  /** Filters in the order in which they are applied on writing, by their registered names where none are stored. */
  get filters(): readonly FilterDescription[] {
    const filters = this.stored.filterPipeline?.filters ?? [];
    return filters.map((filter) => ({ ...filter, name: filterName(filter.id, filter.name) }));
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
   * step)` takes a range, an array of numbers takes these indices in their order; negative numbers count from the end.
   * Instead of a list with an entry per axis, `points(…)`, `mask(…)` or the selection of a region reference may be
   * given; their result has one axis, but for regions that are a grid.
   *
   * @returns an `NDArray`; the single value where the dataset is scalar or every axis is picked by a number; `null`
   * for a null dataspace.
   * @throws HDF5Error `invalid-argument` for an index out of range, and for numbers that `as` cannot hold.
   */
  read<As extends ConvertedDType, const S extends ElementSelection>(
    selection: S,
    options: DatasetReadOptions & CallOptions & { readonly as: As },
  ): Promise<SelectedNumbers<S, As>>;
  read<const S extends ElementSelection>(
    selection?: S,
    options?: DatasetReadOptions & CallOptions,
  ): Promise<SelectedValue<S>>;
  read(
    selection?: ElementSelection,
    options: DatasetReadOptions & CallOptions = {},
  ): Promise<NDArray | ElementValue | null> {
    return this.run(() => readValue(this.state, selection, options), options, datasetReadNames);
  }

  /** {@link read}, at once. */
  readSync<As extends ConvertedDType, const S extends ElementSelection>(
    selection: S,
    options: DatasetReadOptions & { readonly as: As },
  ): SelectedNumbers<S, As>;
  readSync<const S extends ElementSelection>(selection?: S, options?: DatasetReadOptions): SelectedValue<S>;
  readSync(selection?: ElementSelection, options: DatasetReadOptions = {}): NDArray | ElementValue | null {
    return this.runSync(() => readValue(this.state, selection, options), options, datasetReadNames);
  }

  /**
   * Reads numbers into memory of the caller's, whose kind is the one that {@link read} gives or that `as` names.
   * Uncompressed little-endian numbers are read straight into it. After an error its content is undefined.
   *
   * @throws HDF5Error `invalid-argument` where kind or length of `target` do not fit.
   */
  readInto<Target extends TypedArray>(
    target: Target,
    selection?: ElementSelection,
    options: ElementReadOptions & CallOptions = {},
  ): Promise<ArrayInto<Target>> {
    return this.run(() => readValueInto(this.state, target, selection, options), options, elementReadNames);
  }

  /** {@link readInto}, at once. */
  readIntoSync<Target extends TypedArray>(
    target: Target,
    selection?: ElementSelection,
    options: ElementReadOptions = {},
  ): ArrayInto<Target> {
    return this.runSync(() => readValueInto(this.state, target, selection, options), options, elementReadNames);
  }

  /** Reads the stored bytes of a selection's elements, filters undone, and the heap objects that they refer to. */
  readRaw(selection?: ElementSelection, options: RawReadOptions & CallOptions = {}): Promise<RawElements> {
    return this.run(() => this.#readRaw(selection, options), options, rawReadNames);
  }

  /** {@link readRaw}, at once. */
  readRawSync(selection?: ElementSelection, options: RawReadOptions = {}): RawElements {
    return this.runSync(() => this.#readRaw(selection, options), options, rawReadNames);
  }

  *#readRaw(selection: ElementSelection, options: RawReadOptions): Operation<RawElements> {
    if (this.shape === null) return yield* rawElements(this.fileState, this.datatype, new Uint8Array(0), 0);
    const resolved = yield* resolveElements(selection, this.shape);
    const bytes = yield* readSelected(this.state, resolved, options.fill);
    return yield* rawElements(this.fileState, this.datatype, bytes, resolved.elementCount);
  }

  /** The fill value as stored, with the heap objects that it refers to; `null` where none was set by the user. */
  readRawFillValue(options?: CallOptions): Promise<RawElements | null> {
    return this.run(() => this.#readRawFillValue(), options);
  }

  /** {@link readRawFillValue}, at once. */
  readRawFillValueSync(): RawElements | null {
    return this.runSync(() => this.#readRawFillValue());
  }

  *#readRawFillValue(): Operation<RawElements | null> {
    const { datatype } = this;
    const value = this.stored.fillValue?.value ?? null;
    if (value === null) return null;
    if (value.length !== datatype.size) {
      throw corrupt(`a fill value has ${value.length} bytes, the elements have ${datatype.size}`);
    }
    return yield* rawElements(this.fileState, datatype, value.slice(), 1);
  }

  /** The files that hold the raw data of a dataset with external storage, in the order of the bytes; else empty. */
  externalFiles(options?: CallOptions): Promise<ExternalFile[]> {
    return this.run(() => externalFiles(this.state), options);
  }

  /** {@link externalFiles}, at once. */
  externalFilesSync(): ExternalFile[] {
    return this.runSync(() => externalFiles(this.state));
  }

  /** What a virtual dataset is made of; empty for other storage. */
  virtualMappings(options?: CallOptions): Promise<VirtualMapping[]> {
    return this.run(() => virtualMappings(this.state), options);
  }

  /** {@link virtualMappings}, at once. */
  virtualMappingsSync(): VirtualMapping[] {
    return this.runSync(() => virtualMappings(this.state));
  }

  /**
   * Writes a selection; a single value fills it, and of elements selected repeatedly the last value counts.
   * Staged until the file is flushed or closed. An array is not copied: leave it as it is until the promise resolves.
   *
   * @throws HDF5Error `invalid-argument` when value and selection do not fit, before anything is written.
   */
  write(value: unknown, selection?: ElementSelection, options?: CallOptions): Promise<void> {
    return this.run(() => this.#write(value, selection), options);
  }

  /** {@link write}, at once. */
  writeSync(value: unknown, selection?: ElementSelection): void {
    this.runSync(() => this.#write(value, selection));
  }

  *#write(value: unknown, selection: ElementSelection): Operation<void> {
    yield* this.fileState.edits.writeValue(this.state, value, selection);
  }

  /**
   * Appends along an axis: `value` has the dataset's shape but for that axis, or lacks the axis for one step of it.
   * An array is not copied: leave it as it is until the promise resolves.
   *
   * @throws HDF5Error `invalid-argument` when the shape does not fit or the axis cannot grow that far.
   */
  append(value: unknown, options: AppendOptions & CallOptions = {}): Promise<void> {
    return this.run(() => this.#append(value, options), options, null);
  }

  /** {@link append}, at once. */
  appendSync(value: unknown, options: AppendOptions = {}): void {
    this.runSync(() => this.#append(value, options), options, null);
  }

  *#append(value: unknown, options: AppendOptions): Operation<void> {
    yield* this.fileState.edits.appendValue(this.state, value, options);
  }

  /**
   * Changes the dimensions. What is cut off is gone; what is added has the fill value.
   *
   * @throws HDF5Error `invalid-argument` beyond `maxShape`, or where the dataset is not chunked.
   */
  resize(shape: readonly number[], options?: CallOptions): Promise<void> {
    return this.run(() => this.#resize(shape), options);
  }

  /** {@link resize}, at once. */
  resizeSync(shape: readonly number[]): void {
    this.runSync(() => this.#resize(shape));
  }

  *#resize(shape: readonly number[]): Operation<void> {
    yield* this.fileState.edits.resizeDataset(this.state, shape);
  }

  /**
   * Reads the dataset, or a regular selection of it, part by part: each part lies within one chunk or, where `bytes`
   * is given, within whole chunks of about so many bytes. Storage without chunks is cut into parts of about 1 MiB.
   */
  async *blocks(options: DatasetBlockOptions & CallOptions = {}): AsyncGenerator<Block, void, undefined> {
    const selections = await this.run(() => this.#blockSelections(options), options, blockNames);
    const { signal } = options;
    for (const selection of selections) {
      const value = await this.run(() => readValue(this.state, selection, options), { signal });
      yield { selection, data: requireArray(value) };
    }
  }

  /** {@link blocks}, at once. */
  *blocksSync(options: DatasetBlockOptions = {}): Generator<Block, void, undefined> {
    for (const selection of this.runSync(() => this.#blockSelections(options), options, blockNames)) {
      yield { selection, data: requireArray(this.runSync(() => readValue(this.state, selection, options))) };
    }
  }

  // biome-ignore lint/correctness/useYield: an operation is a generator even when it has nothing to ask for
  *#blockSelections({ selection, bytes: wanted }: DatasetBlockOptions): Operation<Iterable<Selection & object>> {
    const bytes = wanted ?? null;
    if (bytes !== null && !(bytes > 0)) throw invalidArgument(`a block cannot have ${bytes} bytes`);
    const resolved = resolveSelection(selection, this.#dimensions());
    if (resolved.scalar) throw invalidArgument("a single element has no blocks; read it");
    if (resolved.elementCount === 0) return [];
    return blockSelections(selection, resolved, blockShape(resolved, this.chunks, this.datatype.size, bytes));
  }

  /**
   * The names of an enumeration's values, by value.
   *
   * @throws HDF5Error `invalid-argument` for datasets of another type.
   */
  enumNames(): ReadonlyMap<number | bigint, string> {
    return enumNames(this.datatype);
  }

  /** Where the raw data are: absolute offset and size of all that is stored, so that others can read it. */
  storage(options?: CallOptions): Promise<StorageInfo> {
    return this.run(() => storageInfo(this.state), options);
  }

  /** {@link storage}, at once. */
  storageSync(): StorageInfo {
    return this.runSync(() => storageInfo(this.state));
  }

  /** Whether the dataset is a dimension scale: the coordinates along an axis of others. */
  isScale(options?: CallOptions): Promise<boolean> {
    return this.run(() => this.#isScale(), options);
  }

  /** {@link isScale}, at once. */
  isScaleSync(): boolean {
    return this.runSync(() => this.#isScale());
  }

  *#isScale(): Operation<boolean> {
    return yield* (yield* relations.wait()).isScale(this.state);
  }

  /** Name of the dimension scale; `null` for one without, and where the dataset is none. */
  scaleName(options?: CallOptions): Promise<string | null> {
    return this.run(() => this.#scaleName(), options);
  }

  /** {@link scaleName}, at once. */
  scaleNameSync(): string | null {
    return this.runSync(() => this.#scaleName());
  }

  *#scaleName(): Operation<string | null> {
    return yield* (yield* relations.wait()).scaleName(this.state);
  }

  /** Size, label and attached scales of each axis. */
  dimensions(options?: CallOptions): Promise<Dimension[]> {
    return this.run(() => this.#axes(), options);
  }

  /** {@link dimensions}, at once. */
  dimensionsSync(): Dimension[] {
    return this.runSync(() => this.#axes());
  }

  *#axes(): Operation<Dimension[]> {
    const { dimensions } = this.stored.dataspace;
    const { axisScales } = yield* relations.wait();
    const axes = yield* axisScales(this.state);
    return axes.map(({ label, scales }, axis) => ({
      size: dimensions[axis],
      label,
      scales: scales.map((scale) => referredDataset(this.file, scale)),
    }));
  }

  /** The axes that this dimension scale is attached to; empty where the dataset is none. */
  attachedTo(options?: CallOptions): Promise<AttachedAxis[]> {
    return this.run(() => this.#uses(), options);
  }

  /** {@link attachedTo}, at once. */
  attachedToSync(): AttachedAxis[] {
    return this.runSync(() => this.#uses());
  }

  *#uses(): Operation<AttachedAxis[]> {
    const { scaleUses } = yield* relations.wait();
    const uses = yield* scaleUses(this.state);
    return uses.map(({ dataset, axis }) => ({ dataset: referredDataset(this.file, dataset), axis }));
  }

  /**
   * A reference to a selection of this dataset, which can be stored in datasets and attributes.
   *
   * @throws HDF5Error `invalid-argument` for an index out of range.
   */
  regionReference(selection?: Selection): RegionReference {
    const { start, count, step } = lookingAt(() => resolveSelection(selection, this.#dimensions()));
    return new RegionReference(this.address, {
      kind: "hyperslab",
      start,
      stride: step,
      count,
      block: start.map(() => 1),
    });
  }
}

/** The handle of a dataset that another one refers to. */
function referredDataset(file: HDF5File, state: ObjectState): Dataset {
  return new Dataset(file, state, state.path ?? "");
}
