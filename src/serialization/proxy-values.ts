/** The types of what a proxy reads, by the type that it stands for. */

import type {
  AxisSelection,
  Dataset,
  DType,
  MaskSelection,
  NDArray,
  NumberDType,
  PointsSelection,
  Slice,
} from "../format/index.js";
import type { DatetimeIndex } from "./dataset-types/datetime-index.js";
import type { Timestamp } from "./dataset-types/timestamp.js";
import type { ProxyEntry } from "./proxy-selection.js";

/** What a read answers: an array, or the value when every axis was picked by an integer. */
export type ReadResult = Awaited<ReturnType<Dataset["read"]>>;

/** What reading a whole proxy assembles: an array of the type, or the instance of a dataset type. */
export type Assembled<Type> = [Type] extends [DType] ? NDArray<Type> : Type;

/** The stored elements of a proxy, of times too. */
export type BlockArray<Type> = [Type] extends [DType] ? NDArray<Type> : NDArray;

/** Some rows of a proxy. */
export interface ProxyBlock<Elements> {
  /** Where they are in the array. */
  readonly selection: readonly Slice[];
  readonly data: Elements;
}

/** One row of a proxy: a `Timestamp` of a `DatetimeIndex`. */
export type ProxyRow<Type> = [Type] extends [DatetimeIndex] ? Timestamp : ReadResult;

/** Whether a selection certainly takes more than single indices. */
export type TakesRange<S> = S extends NDArray | MaskSelection | PointsSelection
  ? true
  : S extends readonly [infer First, ...infer Rest]
    ? [First] extends [Exclude<AxisSelection | ProxyEntry, number | symbol>]
      ? true
      : TakesRange<Rest>
    : false;

/** What a selection is read as without regard to types: an array where it has a range, else an array or a value. */
export type RawValue<S> = TakesRange<S> extends true ? NDArray : ReadResult;

/** What a selection of a proxy is read as: an array where it has a range, else an array or a single value. */
export type ProxyValue<Type, S> = [Type] extends [DatetimeIndex]
  ? ProxyTimes<S>
  : [Type] extends [NumberDType | "bool"]
    ? TakesRange<S> extends true
      ? NDArray<Type>
      : NDArray<Type> | ProxyElement<Type>
    : RawValue<S>;

type ProxyTimes<S> =
  TakesRange<S> extends true ? DatetimeIndex : S extends readonly [number] ? Timestamp : DatetimeIndex | Timestamp;

/** One element of a type. */
type ProxyElement<Type> = Type extends "int64" | "uint64" ? bigint : Type extends "bool" ? boolean : number;

/**
 * Of types that carry a mapped type TypeScript compares the members, and not the type arguments alone: so a proxy of
 * one type of numbers is a proxy of any, although what it reads is told by conditional types.
 */
export type ComparedByMembers<Type> = { readonly [Key in keyof Type]?: never };
