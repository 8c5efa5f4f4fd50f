import type { KnownOptions } from "../arguments/known-options.js";
import type { DType } from "./datatypes/dtype.js";
import { dtypeOf } from "./datatypes/dtype-of.js";
import { printed } from "./datatypes/printing.js";
import type { ElementValue, NDArray } from "./datatypes/values.js";
import { HDF5Error } from "./errors.js";
import { attributeOf, findAttribute, listedAttributes, loadAttributes } from "./objects/attribute-table.js";
import type { CallOptions } from "./objects/call-options.js";
import type { NewAttributeOptions } from "./objects/edit-attributes.js";
import type { ReadOptions } from "./objects/element-values.js";
import { elementsToValue, readNames } from "./objects/element-values.js";
import { notCloneable } from "./objects/not-cloneable.js";
import type { ObjectState } from "./objects/object-state.js";
import { placeText } from "./objects/object-state.js";
import type { RawElements } from "./objects/raw-elements.js";
import { rawElements } from "./objects/raw-elements.js";
import type { Operation } from "./storage/operation.js";
import type { AttributeMessage } from "./structures/messages/attribute.js";
import { elementCount } from "./structures/messages/dataspace.js";
import type { Datatype } from "./structures/messages/datatype.js";

/** What is known of an attribute without reading its value. */
export interface AttributeInfo {
  readonly name: string;
  /** The name as stored, which need not be valid UTF-8. */
  readonly nameBytes: Uint8Array;
  readonly dtype: DType;
  /** The datatype exactly as stored. */
  readonly datatype: Datatype;
  /** Dimensions; `[]` for a scalar, `null` for a null dataspace. */
  readonly shape: readonly number[] | null;
  /** Address of the committed datatype that the attribute uses. */
  readonly committedDatatype: number | null;
}

/** How an attribute is stored. */
export interface AttributeOptions extends NewAttributeOptions, CallOptions {}

/** What has attributes. */
interface AttributesOwner {
  readonly state: ObjectState;
  readonly place: string;
}

/** The attributes of one object. Changes are staged until the file is flushed or closed. */
export class Attributes implements AsyncIterable<[string, NDArray | ElementValue | null]> {
  /** @internal */
  readonly notCloneable = notCloneable;
  readonly #owner: AttributesOwner;

  /** @internal */
  constructor(owner: AttributesOwner) {
    this.#owner = owner;
  }

  get #state(): ObjectState {
    return this.#owner.state;
  }

  toString(): string {
    const place = placeText(this.#state, this.#owner.place);
    return `Attributes of ${this.#owner.place === "" ? "the object " : ""}${place}`;
  }

  /** @internal */
  [printed](): string {
    return this.toString();
  }

  #run<Result>(start: () => Operation<Result>, options?: CallOptions, known?: KnownOptions | null): Promise<Result> {
    return this.#state.file.run(this.#owner.place, start, options, known);
  }

  #runSync<Result>(start: () => Operation<Result>, options?: object, known?: KnownOptions | null): Result {
    return this.#state.file.runSync(this.#owner.place, start, options, known);
  }

  /**
   * The value of an attribute: a single value for a scalar, an `NDArray`, or `null` for a null dataspace.
   *
   * @throws HDF5Error `not-found` when there is none of that name.
   */
  get(name: string, options: ReadOptions & CallOptions = {}): Promise<NDArray | ElementValue | null> {
    return this.#run(() => this.#get(name, options), options, readNames);
  }

  /** {@link get}, at once. */
  getSync(name: string, options: ReadOptions = {}): NDArray | ElementValue | null {
    return this.#runSync(() => this.#get(name, options), options, readNames);
  }

  *#require(name: string): Operation<AttributeMessage> {
    const attribute = yield* findAttribute(this.#state, name);
    if (attribute === undefined) {
      throw new HDF5Error("not-found", `"${this.#owner.place}" has no attribute "${name}"`, {
        path: this.#owner.place,
      });
    }
    return attribute;
  }

  *#get(name: string, options: ReadOptions): Operation<NDArray | ElementValue | null> {
    const { datatype, dataspace, data } = yield* this.#require(name);
    if (dataspace.kind === "null") return null;
    const scalar = dataspace.kind === "scalar";
    // A copy, as values may be views of the bytes that they are decoded from.
    return yield* elementsToValue(this.#state.file, datatype, data.slice(), dataspace.dimensions, scalar, options);
  }

  /** Whether there is an attribute of that name. */
  has(name: string, options?: CallOptions): Promise<boolean> {
    return this.#run(() => this.#has(name), options);
  }

  /** {@link has}, at once. */
  hasSync(name: string): boolean {
    return this.#runSync(() => this.#has(name));
  }

  *#has(name: string): Operation<boolean> {
    return (yield* findAttribute(this.#state, name)) !== undefined;
  }

  /** The names: in the order of creation where it is tracked, else by their bytes. */
  keys(options?: CallOptions): Promise<string[]> {
    return this.#run(() => this.#keys(), options);
  }

  /** {@link keys}, at once. */
  keysSync(): string[] {
    return this.#runSync(() => this.#keys());
  }

  *#keys(): Operation<string[]> {
    const table = yield* loadAttributes(this.#state);
    return listedAttributes(this.#state, table).map(({ name }) => name);
  }

  /** What all attributes are, without their values. */
  infos(options?: CallOptions): Promise<AttributeInfo[]> {
    return this.#run(() => this.#infos(), options);
  }

  /** {@link infos}, at once. */
  infosSync(): AttributeInfo[] {
    return this.#runSync(() => this.#infos());
  }

  *#infos(): Operation<AttributeInfo[]> {
    const table = yield* loadAttributes(this.#state);
    return listedAttributes(this.#state, table).map((entry) => infoOf(attributeOf(this.#state, entry)));
  }

  /**
   * What an attribute is, without its value.
   *
   * @throws HDF5Error `not-found` when there is none of that name.
   */
  info(name: string, options?: CallOptions): Promise<AttributeInfo> {
    return this.#run(() => this.#info(name), options);
  }

  /** {@link info}, at once. */
  infoSync(name: string): AttributeInfo {
    return this.#runSync(() => this.#info(name));
  }

  *#info(name: string): Operation<AttributeInfo> {
    return infoOf(yield* this.#require(name));
  }

  /** The stored bytes of an attribute's elements, and the heap objects that they refer to. */
  readRaw(name: string, options?: CallOptions): Promise<RawElements> {
    return this.#run(() => this.#readRaw(name), options);
  }

  /** {@link readRaw}, at once. */
  readRawSync(name: string): RawElements {
    return this.#runSync(() => this.#readRaw(name));
  }

  *#readRaw(name: string): Operation<RawElements> {
    const { datatype, dataspace, data } = yield* this.#require(name);
    return yield* rawElements(this.#state.file, datatype, data.slice(), elementCount(dataspace));
  }

  /** All names and values. */
  entries(options: ReadOptions & CallOptions = {}): Promise<[string, NDArray | ElementValue | null][]> {
    return this.#run(() => this.#entries(options), options, readNames);
  }

  /** {@link entries}, at once. */
  entriesSync(options: ReadOptions = {}): [string, NDArray | ElementValue | null][] {
    return this.#runSync(() => this.#entries(options), options, readNames);
  }

  *#entries(options: ReadOptions): Operation<[string, NDArray | ElementValue | null][]> {
    const entries: [string, NDArray | ElementValue | null][] = [];
    for (const name of yield* this.#keys()) entries.push([name, yield* this.#get(name, options)]);
    return entries;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<[string, NDArray | ElementValue | null], void, undefined> {
    for (const name of await this.keys()) yield [name, await this.get(name)];
  }

  *[Symbol.iterator](): Generator<[string, NDArray | ElementValue | null], void, undefined> {
    for (const name of this.keysSync()) yield [name, this.getSync(name)];
  }

  /**
   * Sets an attribute, or replaces it with its datatype. Numbers are stored as float64, bigints as int64, booleans as
   * bool and strings with variable length unless a `dtype` is given; `null` has a null dataspace. What was read is
   * written back as it was with `keepType: true`.
   *
   * @throws HDF5Error `invalid-argument` when the value does not fit, before anything is changed.
   */
  set(name: string, value: unknown, options: AttributeOptions = {}): Promise<void> {
    return this.#run(() => this.#set(name, value, options), options, null);
  }

  /** {@link set}, at once. */
  setSync(name: string, value: unknown, options: AttributeOptions = {}): void {
    this.#runSync(() => this.#set(name, value, options), options, null);
  }

  *#set(name: string, value: unknown, options: AttributeOptions): Operation<void> {
    yield* this.#state.file.edits.setAttributeValue(this.#state, name, value, options);
  }

  /**
   * Deletes an attribute.
   *
   * @throws HDF5Error `not-found` when there is none of that name.
   */
  delete(name: string, options?: CallOptions): Promise<void> {
    return this.#run(() => this.#delete(name), options);
  }

  /** {@link delete}, at once. */
  deleteSync(name: string): void {
    this.#runSync(() => this.#delete(name));
  }

  *#delete(name: string): Operation<void> {
    if (yield* this.#state.file.edits.removeAttribute(this.#state, name)) return;
    throw new HDF5Error("not-found", `"${this.#owner.place}" has no attribute "${name}"`, { path: this.#owner.place });
  }
}

function infoOf(attribute: AttributeMessage): AttributeInfo {
  const { name, nameBytes, datatype, dataspace, committedAddress } = attribute;
  return {
    name,
    nameBytes,
    datatype,
    get dtype() {
      return dtypeOf(datatype);
    },
    shape: dataspace.kind === "null" ? null : dataspace.dimensions,
    committedDatatype: committedAddress,
  };
}
