/** The types of objects that were opened with their arrays left in the file. */

import type { NDArray } from "../format/index.js";
import type { LazyNames } from "./class-types.js";
import type { Complex } from "./complex.js";
import type { DatetimeIndex } from "./dataset-types/datetime-index.js";
import type { Timestamp } from "./dataset-types/timestamp.js";
import type { FilePath } from "./file-path.js";
import type { Persistable } from "./persistable.js";
import type { ProxyDataset } from "./proxy-dataset.js";
import type { TypedScalar } from "./scalar.js";
import type { Serializable } from "./serializable.js";

/**
 * The types that are registered as dataset types, so that opened objects are typed as they are. A program that registers
 * its own adds them:
 *
 * ```ts
 * declare module "jangada" {
 *   interface DatasetTypes {
 *     track: Track;
 *   }
 * }
 * ```
 */
export interface DatasetTypes {
  readonly datetimeIndex: DatetimeIndex;
}

/** What is loaded at once, whatever it is in. */
type Loaded = Timestamp | Complex | FilePath | TypedScalar | ((...args: never[]) => unknown);

type IsDict<Value> = true extends {
  [Key in keyof Value]-?: NonNullable<Value[Key]> extends (...args: never[]) => unknown ? true : false;
}[keyof Value]
  ? false
  : true;

/** A value of a lazily opened object: arrays are proxies, in lists, dicts and other objects too. */
export type LazyValue<Value> =
  Value extends NDArray<infer D, infer _Data>
    ? ProxyDataset<D>
    : Value extends DatasetTypes[keyof DatasetTypes]
      ? ProxyDataset<Value>
      : Value extends Loaded
        ? Value
        : Value extends Serializable
          ? Lazy<Value>
          : Value extends readonly unknown[]
            ? { [Index in keyof Value]: LazyValue<Value[Index]> }
            : Value extends object
              ? IsDict<Value> extends true
                ? { [Key in keyof Value]: LazyValue<Value[Key]> }
                : Value
              : Value;

/** A lazily opened object: arrays in the properties `Name` are proxies. */
export type Lazy<Instance, Name extends PropertyKey = LazyNames<Instance>> = {
  [Key in keyof Instance]: Key extends keyof Persistable
    ? Instance[Key]
    : Key extends Name
      ? LazyValue<Instance[Key]>
      : Instance[Key];
};
