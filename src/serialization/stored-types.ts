/**
 * The types that arrays have in files where that is more than their type in memory tells: numbers are in the processor's
 * byte order in memory, whatever the order in which a file holds them. Arrays that were loaded are saved as they were.
 */

import type { Datatype, DType, EnumDType, EnumDTypeMember, NDArray } from "../format/index.js";
import type { ScalarType } from "./scalar.js";

/** Bytes of a variable-length element where addresses have 8 bytes, as in all files that are written here. */
const usualHeapReference = 16;

interface Stored {
  /** The type in memory, with which it was read. */
  readonly dtype: DType;
  readonly type: ScalarType;
}

const remembered = new WeakMap<object, Stored>();

/** Whether numbers of a stored type are not in the order that new ones are written in. */
export function isReordered(datatype: Datatype): boolean {
  switch (datatype.class) {
    case "integer":
    case "float":
      return datatype.byteOrder !== "little" && datatype.size > 1;
    case "compound":
      return datatype.members.some((member) => isReordered(member.datatype));
    case "enum":
    case "array":
    case "complex":
      return isReordered(datatype.base);
    case "variable-length":
      return datatype.content === "sequence" && isReordered(datatype.base);
    default:
      return false;
  }
}

/** Whether a type means in another file what it does in its own. */
function isPortable(datatype: Datatype): boolean {
  switch (datatype.class) {
    case "reference":
      return false;
    case "compound":
      return datatype.members.every((member) => isPortable(member.datatype));
    case "variable-length":
      return datatype.size === usualHeapReference && isPortable(datatype.base);
    case "array":
      return isPortable(datatype.base);
    default:
      return true;
  }
}

/** The type with which a copy of a dataset is stored, whose elements have the type `dtype` in memory. */
export function storedTypeFor(datatype: Datatype, dtype: DType): ScalarType {
  return isReordered(datatype) && isPortable(datatype) ? datatype : dtype;
}

/** Notes the type with which an array that was read is stored. */
export function rememberStoredType(array: NDArray, datatype: Datatype): NDArray {
  const { data, dtype } = array;
  const type = storedTypeFor(datatype, dtype);
  if (type === datatype) remembered.set(data, { dtype, type });
  return array;
}

/** Gives an array, which may be a copy, the stored type of another one. */
export function withStoredTypeOf(array: NDArray, source: NDArray): NDArray {
  const stored = remembered.get(source.data);
  if (stored !== undefined) remembered.set(array.data, stored);
  return array;
}

/** An array with the type in memory that belongs to the byte order of its dtype, and stored with that order. */
export function inMemoryOrder(array: NDArray, dtype: DType): NDArray {
  remembered.set(array.data, { dtype, type: array.dtype });
  return { ...array, dtype };
}

/** The type with which an array is to be stored. */
export function storedTypeOf({ data, dtype }: NDArray): ScalarType {
  const stored = remembered.get(data);
  // Elements that others gave another type have none that was remembered.
  return stored !== undefined && sameDType(stored.dtype, dtype) ? stored.type : dtype;
}

/** Whether two types are the same in memory, whatever the byte order that they are stored in. */
export function sameDType(left: DType, right: DType): boolean {
  return left === right || typeText(left) === typeText(right);
}

function typeText(dtype: DType): string {
  return JSON.stringify(memoryType(dtype), (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

/** A type without the byte order of its numbers. */
function memoryType(dtype: DType): DType {
  if (typeof dtype === "string") return dtype;
  switch (dtype.kind) {
    case "integer": {
      const { size, signed, byteOrder, bitOffset = 0, precision = size * 8 } = dtype;
      const isPlain = isNumberSize(size) && bitOffset === 0 && precision === size * 8 && byteOrder !== "vax";
      return isPlain ? `${signed ? "int" : "uint"}${bitsOf(size)}` : dtype;
    }
    case "float": {
      const { kind: _, size, byteOrder, ...layout } = dtype;
      const isPlain = isNumberSize(size) && size > 1 && byteOrder !== "vax" && Object.keys(layout).length === 0;
      return isPlain ? (`float${bitsOf(size)}` as DType) : dtype;
    }
    case "compound":
      return { ...dtype, members: dtype.members.map((member) => ({ ...member, dtype: memoryType(member.dtype) })) };
    case "enum":
      return { ...dtype, base: memoryType(dtype.base), members: membersOf(dtype) };
    case "array":
    case "variable-length":
    case "complex":
      return { ...dtype, base: memoryType(dtype.base) };
    default:
      return dtype;
  }
}

/** The names of an enumeration in the form in which files give them. */
function membersOf({ members }: EnumDType): readonly EnumDTypeMember[] {
  const entries: Iterable<readonly [string, number | bigint]> = Array.isArray(members)
    ? members.map(({ name, value }: EnumDTypeMember) => [name, value] as const)
    : members instanceof Map
      ? members.entries()
      : Object.entries(members);
  return Array.from(entries, ([name, value]) => ({ name, value: BigInt(value) }));
}

function isNumberSize(size: number): size is 1 | 2 | 4 | 8 {
  return size === 1 || size === 2 || size === 4 || size === 8;
}

function bitsOf(size: 1 | 2 | 4 | 8): 8 | 16 | 32 | 64 {
  return size === 1 ? 8 : size === 2 ? 16 : size === 4 ? 32 : 64;
}
