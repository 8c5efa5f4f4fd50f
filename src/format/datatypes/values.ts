import { describeValue } from "../../arguments/describe-value.js";
import { invalidArgument, lookingAt } from "../errors.js";
import type { EncodedSelection } from "../selection/encoded-selection.js";
import type {
  ArrayDType,
  CompoundDType,
  DType,
  EnumDType,
  OpaqueDType,
  StringDType,
  VariableLengthDType,
} from "./dtype.js";
import { printed } from "./printing.js";
import type { StringValue } from "./undecodable-string.js";
import type { UnreadableReference } from "./unreadable-reference.js";

/** The arrays that hold numbers. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** A complex number. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** A reference to a whole object: a group, a dataset or a committed datatype. */
export class ObjectReference {
  readonly kind = "object-reference";
  /** Address of the object's header. */
  readonly address: number;
  /** Name of the file that holds the object, `null` for the file itself. */
  readonly file: string | null;

  constructor(address: number, file: string | null = null) {
    this.address = address;
    this.file = file;
  }
}

/** A reference to a selection of a dataset's elements. */
export class RegionReference {
  readonly kind = "region-reference";
  /** Address of the dataset's object header. */
  readonly address: number;
  readonly selection: EncodedSelection;
  /** Name of the file that holds the dataset, `null` for the file itself. */
  readonly file: string | null;

  constructor(address: number, selection: EncodedSelection, file: string | null = null) {
    this.address = address;
    this.selection = selection;
    this.file = file;
  }
}

/** A reference to an attribute (HDF5 1.12). */
export class AttributeReference {
  readonly kind = "attribute-reference";
  /** Address of the header of the object that has the attribute. */
  readonly address: number;
  readonly name: string;
  /** Name of the file that holds the object, `null` for the file itself. */
  readonly file: string | null;

  constructor(address: number, name: string, file: string | null = null) {
    this.address = address;
    this.name = name;
    this.file = file;
  }
}

/** What an element of a reference datatype refers to. */
export type Reference = ObjectReference | RegionReference | AttributeReference | UnreadableReference;

/** Elements that are printed of an array. */
const mostPrinted = 100;

/** Complex numbers, real and imaginary parts interleaved. */
export class ComplexArray implements Iterable<Complex> {
  readonly kind = "complex-array";
  /** `[re, im, re, im, …]` */
  readonly data: Float32Array | Float64Array;
  readonly length: number;

  constructor(data: Float32Array | Float64Array) {
    if (!ArrayBuffer.isView(data) || !(data instanceof Float64Array || data instanceof Float32Array)) {
      throw invalidArgument("a complex array is made from a Float32Array or Float64Array");
    }
    if (data.length % 2 !== 0) throw invalidArgument("a complex array needs an even number of parts");
    this.data = data;
    this.length = data.length / 2;
  }

  at(index: number): Complex {
    checkIndex(index, this.length);
    return { re: this.data[2 * index], im: this.data[2 * index + 1] };
  }

  /** The elements `[start, end)`, over the same memory. */
  subarray(start: number, end: number): ComplexArray {
    checkRange(start, end, this.length);
    return complexArray(this.data.subarray(2 * start, 2 * end));
  }

  toString(): string {
    const shown = Array.from({ length: Math.min(this.length, mostPrinted) }, (_, index) => {
      const { re, im } = this.at(index);
      return `${re}${im < 0 || Object.is(im, -0) ? "-" : "+"}${Math.abs(im)}i`;
    });
    if (shown.length < this.length) shown.push(`… ${this.length - shown.length} more`);
    return `ComplexArray(${this.length}) [${shown.join(", ")}]`;
  }

  /** @internal */
  [printed](): string {
    return this.toString();
  }

  *[Symbol.iterator](): IterableIterator<Complex> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

function complexArray(data: Float32Array | Float64Array): ComplexArray {
  return new ComplexArray(data);
}

/** The elements of an array in the form of their datatype; array types are flattened. */
export type ElementData =
  | TypedArray
  | ComplexArray
  | CompoundArray
  | readonly StringValue[]
  | readonly (Reference | null)[]
  | readonly ElementData[];

/** One element of a compound datatype: an object without prototype. */
export interface CompoundRow {
  readonly [name: string]: ElementValue;
}

/** One element by itself. */
export type ElementValue =
  | number
  | bigint
  | boolean
  | StringValue
  | Complex
  | Reference
  | null
  | CompoundRow
  | ElementData;

/** What one member of a {@link CompoundArray} is. */
export interface CompoundArrayMember {
  readonly name: string;
  /** Axes that an array or opaque member adds to its column. */
  readonly trailingShape: readonly number[];
  /** Whether the numbers 0 and 1 of its column stand for `false` and `true`. */
  readonly isBoolean: boolean;
}

/** The property {@link CompoundArray.columns}: an own one, as clones see no others. */
const columnsProperty: PropertyDescriptor & ThisType<CompoundArray> = {
  enumerable: true,
  get() {
    const columns: Record<string, ElementData> = Object.create(null);
    this.names.forEach((name, index) => {
      columns[name] = this.column(index);
    });
    return columns;
  },
};

/**
 * Elements of a compound datatype, held by column. A column is decoded when it is first asked for.
 *
 * What `structuredClone` and `postMessage` make of it has all but the methods; `revive` gives these back.
 */
export class CompoundArray implements Iterable<CompoundRow> {
  readonly kind = "compound-array";
  readonly length: number;
  /** Names of the members, in stored order. */
  readonly names: readonly string[];
  readonly members: readonly CompoundArrayMember[];
  /** All columns by name, as {@link column} gives them; asking for it decodes them all. */
  declare readonly columns: Readonly<Record<string, ElementData>>;
  readonly #build: (member: number) => ElementData;
  readonly #built: (ElementData | undefined)[];

  /** @param build - gives all elements of a member; called once for each that is asked for */
  constructor(length: number, members: readonly CompoundArrayMember[], build: (member: number) => ElementData) {
    this.length = length;
    this.names = lookingAt(() => members.map((member) => member.name));
    this.members = members;
    this.#build = build;
    this.#built = members.map(() => undefined);
    Object.defineProperty(this, "columns", columnsProperty);
  }

  #index(member: string | number): number {
    const index = typeof member === "number" ? member : this.names.indexOf(member);
    if (this.members[index] === undefined) {
      throw invalidArgument(`there is no member ${describeValue(member)}; the members are ${this.names.join(", ")}`);
    }
    return index;
  }

  #data(index: number): ElementData {
    this.#built[index] ??= this.#build(index);
    return this.#built[index];
  }

  /** All elements of a member, given by name or position; an array member is flattened. */
  column(member: string | number): ElementData {
    return this.#data(this.#index(member));
  }

  /** Shape of a member's column: the length, then the axes of an array member. */
  columnShape(member: string | number): number[] {
    return [this.length, ...this.members[this.#index(member)].trailingShape];
  }

  /** One element, as an object without prototype. */
  row(index: number): CompoundRow {
    checkIndex(index, this.length);
    const row: Record<string, ElementValue> = Object.create(null);
    for (let at = 0; at < this.members.length; at++) {
      const { name, trailingShape, isBoolean } = this.members[at];
      const width = trailingShape.length === 0 ? null : widthOf(trailingShape);
      row[name] = elementOf(this.#data(at), index, width, isBoolean);
    }
    return row;
  }

  /** The elements `[start, end)`; their columns are views of this array's. */
  subarray(start: number, end: number): CompoundArray {
    checkRange(start, end, this.length);
    return compoundArray(end - start, this.members, (member) => {
      const width = widthOf(this.members[member].trailingShape);
      return subarrayOf(this.#data(member), start * width, end * width);
    });
  }

  toString(): string {
    return `CompoundArray(${this.length}) {${this.names.join(", ")}}`;
  }

  /** @internal */
  [printed](): string {
    return this.toString();
  }

  *[Symbol.iterator](): IterableIterator<CompoundRow> {
    for (let index = 0; index < this.length; index++) yield this.row(index);
  }
}

function compoundArray(
  length: number,
  members: readonly CompoundArrayMember[],
  build: (member: number) => ElementData,
): CompoundArray {
  return new CompoundArray(length, members, build);
}

function widthOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** One element of decoded data by itself; `width` is the number of items that one of an array or opaque type has. */
export function elementOf(data: ElementData, index: number, width: number | null, isBoolean: boolean): ElementValue {
  if (width !== null) return subarrayOf(data, index * width, (index + 1) * width);
  if (data instanceof ComplexArray) return data.at(index);
  if (data instanceof CompoundArray) return data.row(index);
  const value = data[index];
  return isBoolean ? value !== 0 : value;
}

/** The elements `[start, end)` of any element data, without copying where the form allows it. */
export function subarrayOf(data: ElementData, start: number, end: number): ElementData {
  if (Array.isArray(data)) return data.slice(start, end);
  return (data as TypedArray | ComplexArray | CompoundArray).subarray(start, end);
}

function checkIndex(index: number, length: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= length) {
    throw invalidArgument(`the index ${describeValue(index)} is not within 0 to ${length - 1}`);
  }
}

function checkRange(start: number, end: number, length: number): void {
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start > end || end > length) {
    throw invalidArgument(`from ${describeValue(start)} to ${describeValue(end)} is not within 0 to ${length}`);
  }
}

export interface NamedData {
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  float16: Float32Array;
  float32: Float32Array;
  float64: Float64Array;
  bool: Uint8Array;
  string: readonly string[];
  complex64: ComplexArray;
  complex128: ComplexArray;
  "object-reference": readonly (ObjectReference | UnreadableReference | null)[];
  "region-reference": readonly (RegionReference | UnreadableReference | null)[];
}

/**
 * The `data` that elements of a `dtype` are read as. A program that names a string type says that it expects text:
 * where a file may hold other bytes, `strings: "latin1"` or `"replace"` makes that true. Without a type, strings are
 * {@link StringValue}s.
 */
export type TypedArrayFor<D> = [DType] extends [D]
  ? ElementData
  : D extends keyof NamedData
    ? NamedData[D]
    : D extends StringDType
      ? readonly string[]
      : D extends CompoundDType
        ? CompoundArray
        : D extends OpaqueDType
          ? Uint8Array
          : D extends EnumDType | ArrayDType
            ? TypedArrayFor<D["base"]>
            : D extends VariableLengthDType
              ? readonly TypedArrayFor<D["base"]>[]
              : ElementData;

/**
 * An array of elements: flat `data`, its `shape`, and the `stride` of each axis in elements. The second type follows from
 * the first; that it is one of its own makes an `NDArray<"float64">` an `NDArray`.
 */
export interface NDArray<D extends DType = DType, Data = TypedArrayFor<D>> {
  readonly data: Data;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly dtype: D;
}

/** Strides of an array in row-major order. */
export function rowMajorStride(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    stride[axis] = step;
    step *= shape[axis];
  }
  return stride;
}
