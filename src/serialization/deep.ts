/** Copies and comparisons by value, through lists, dicts, arrays and objects. */

import type { ElementData, NDArray } from "../format/index.js";
import { ComplexArray, CompoundArray } from "../format/index.js";
import { isNDArray, normalizeArray, toNDArray } from "./array-input.js";
import { Complex } from "./complex.js";
import { invalidArgument } from "./errors.js";
import { FilePath } from "./file-path.js";
import type { DatasetType } from "./registry.js";
import { datasetTypeOf, primitiveEncoderOf } from "./registry.js";
import { rememberedScalars, rememberScalars, TypedScalar } from "./scalar.js";
import { sameDType, withStoredTypeOf } from "./stored-types.js";

/** Nesting that copies, comparisons, saving and loading follow. */
export const maximumDepth = 256;

/** Method of {@link DeepValue}. */
export const copyDeep = Symbol("copyDeep");
/** Method of {@link DeepValue}. */
export const equalsDeep = Symbol("equalsDeep");

/** An object that knows how to copy itself and compare itself, nested ones at a depth. */
export interface DeepValue {
  [copyDeep](depth: number): unknown;
  [equalsDeep](other: unknown, depth: number): boolean;
}

/** Marks objects that serialized trees hold as they are, and that parsers do not see: what stands for data in a file. */
export const serializedAsIs = Symbol("serializedAsIs");

function isDeepValue(value: object): value is DeepValue {
  return copyDeep in value;
}

/** Whether a value is a dict: an object without a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The second test also accepts the plain objects of another realm.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function descend(depth: number): number {
  if (depth >= maximumDepth) {
    throw invalidArgument(`values are nested deeper than ${maximumDepth} levels, or refer to themselves`);
  }
  return depth + 1;
}

function copyElements(data: ElementData): ElementData {
  if (data instanceof ComplexArray) return new ComplexArray(data.data.slice());
  // Columns of compound data are decoded from bytes that nothing changes.
  if (data instanceof CompoundArray) return data;
  if (Array.isArray(data)) {
    return data.map((item: unknown) => (isElementData(item) ? copyElements(item) : item)) as ElementData;
  }
  return (data as Exclude<ElementData, readonly unknown[] | ComplexArray | CompoundArray>).slice();
}

function isElementData(value: unknown): value is ElementData {
  return ArrayBuffer.isView(value) || Array.isArray(value) || value instanceof ComplexArray;
}

/** A copy that shares nothing that can change, except instances of classes that are registered as primitive. */
export function deepCopy(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isDeepValue(value)) return value[copyDeep](descend(depth));
  if (Array.isArray(value))
    return withScalarsOf(
      value,
      value.map((item) => deepCopy(item, descend(depth))),
    );
  if (value instanceof Set) return new Set(Array.from(value, (item) => deepCopy(item, descend(depth))));
  if (value instanceof Map) {
    return new Map(Array.from(value, ([key, item]) => [key, deepCopy(item, descend(depth))] as const));
  }
  const type = datasetTypeOf(value);
  if (type !== undefined) {
    const [array, attributes] = type.disassemble(value);
    return type.assemble(deepCopy(toNDArray(array), descend(depth)) as NDArray, attributes);
  }
  if (isNDArray(value)) {
    return withStoredTypeOf({ ...value, data: copyElements(value.data as ElementData) } as NDArray, value);
  }
  if (isElementData(value)) return copyElements(value);
  if (!isPlainObject(value)) return value;
  const copy: Record<string, unknown> = Object.create(Object.getPrototypeOf(value));
  for (const [key, item] of Object.entries(value)) setOwn(copy, key, deepCopy(item, descend(depth)));
  return withScalarsOf(value, copy);
}

function withScalarsOf<Container extends object>(source: object, copy: Container): Container {
  const scalars = rememberedScalars(source);
  if (scalars !== undefined) rememberScalars(copy, scalars);
  return copy;
}

/** Sets an own key, whatever its name. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (target as Record<string, unknown>)[key] = value;
  }
}

function sameNumber(left: unknown, right: unknown): boolean {
  // Unlike ===, a number that is not a number is the same as itself.
  return left === right || (Number.isNaN(left) && Number.isNaN(right));
}

function equalIndexed(left: ArrayLike<unknown>, right: ArrayLike<unknown>, depth: number): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (!sameNumber(left[index], right[index]) && !deepEquals(left[index], right[index], depth)) return false;
  }
  return true;
}

function equalElements(left: unknown, right: unknown, depth: number): boolean {
  if (left instanceof ComplexArray && right instanceof ComplexArray) {
    return equalIndexed(left.data, right.data, depth);
  }
  if (left instanceof CompoundArray && right instanceof CompoundArray) {
    return (
      equalIndexed(left.names, right.names, depth) &&
      left.names.every((_, member) => deepEquals(left.column(member), right.column(member), depth))
    );
  }
  if (!isElementData(left) || !isElementData(right)) return false;
  return equalIndexed(left as ArrayLike<unknown>, right as ArrayLike<unknown>, depth);
}

function equalArrays(left: NDArray, right: NDArray, depth: number): boolean {
  return (
    equalIndexed(left.shape, right.shape, depth) &&
    sameDType(left.dtype, right.dtype) &&
    equalIndexed(left.stride, right.stride, depth) &&
    equalElements(left.data, right.data, depth)
  );
}

function equalDisassembled(type: DatasetType, left: object, right: object, depth: number): boolean {
  const [leftArray, leftAttributes] = type.disassemble(left);
  const [rightArray, rightAttributes] = type.disassemble(right);
  return (
    equalArrays(toNDArray(leftArray), toNDArray(rightArray), depth) &&
    deepEquals(leftAttributes, rightAttributes, depth)
  );
}

function equalEntries(
  left: ReadonlyMap<unknown, unknown>,
  right: ReadonlyMap<unknown, unknown>,
  depth: number,
): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) {
    if (!right.has(key) || !deepEquals(value, right.get(key), depth)) return false;
  }
  return true;
}

function entriesOf(value: Record<string, unknown> | Map<unknown, unknown>): ReadonlyMap<unknown, unknown> {
  return value instanceof Map ? value : new Map(Object.entries(value));
}

/** Whether two values are the same: arrays by type, shape and elements, NaN equal to itself. */
export function deepEquals(left: unknown, right: unknown, depth = 0): boolean {
  if (left instanceof TypedScalar) return deepEquals(left.value, right, depth);
  if (right instanceof TypedScalar) return deepEquals(left, right.value, depth);
  if (sameNumber(left, right)) return true;
  if (typeof left !== "object" || left === null || typeof right !== "object" || right === null) return false;
  if (isDeepValue(left)) return left[equalsDeep](right, descend(depth));
  if (Array.isArray(left)) return Array.isArray(right) && equalIndexed(left, right, descend(depth));
  if (left instanceof Complex) {
    return right instanceof Complex && sameNumber(left.re, right.re) && sameNumber(left.im, right.im);
  }
  if (left instanceof FilePath) return right instanceof FilePath && left.path === right.path;
  const type = datasetTypeOf(left);
  if (type !== undefined) {
    return left.constructor === right.constructor && equalDisassembled(type, left, right, descend(depth));
  }
  const encode = primitiveEncoderOf(left);
  if (encode !== undefined) {
    return left.constructor === right.constructor && deepEquals(encode(left), encode(right), descend(depth));
  }
  if (left instanceof Set) return right instanceof Set && equalIndexed([...left], [...right], descend(depth));
  const array = normalizeArray(left);
  if (isNDArray(array)) {
    const other = normalizeArray(right);
    return isNDArray(other) && equalArrays(array, other, descend(depth));
  }
  if (left instanceof Map || isPlainObject(left)) {
    if (!(right instanceof Map) && !isPlainObject(right)) return false;
    return equalEntries(entriesOf(left), entriesOf(right), descend(depth));
  }
  return false;
}
