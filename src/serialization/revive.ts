/** Values that lost their classes on the way to another thread. */

import type { Reviver } from "../format/index.js";
import { revive as reviveFormat } from "../format/index.js";
import { DatetimeIndex } from "./dataset-types/datetime-index.js";
import { Timestamp } from "./dataset-types/timestamp.js";
import { invalidArgument } from "./errors.js";

/**
 * Gives back their classes to values that went through `structuredClone`, `postMessage`, IndexedDB or the like, at any
 * depth: those of the format layer (`CompoundArray`, `ComplexArray`, references, errors in the form of
 * `HDF5Error.toJSON()`), `DatetimeIndex` and `Timestamp`. Whatever else is in the value stays as it is.
 *
 * An object of a class that `define` made is cloned to a plain one with its values, of which `new Experiment(revive(clone))`
 * makes the object again. Where objects hold others, send `object.serialize()` and give what comes out here to
 * `Serializable.deserialize`, which knows all their classes.
 *
 * @param others - makes objects of other classes; asked for each plain object before what is in it is revived
 * @throws HDF5Error `limit` for values that are nested more than 256 deep
 */
export function revive<Value>(value: Value, others?: Reviver): Value {
  if (others !== undefined && typeof others !== "function") throw invalidArgument("a reviver is a function");
  return reviveFormat(value, (plain) => others?.(plain) ?? reviveTime(plain));
}

function reviveTime({ wallNanoseconds: wall, timezone, fold, ...rest }: Readonly<Record<string, unknown>>): unknown {
  const isTime = (timezone === null || typeof timezone === "string") && Object.keys(rest).length === 0;
  if (!isTime) return undefined;
  if (typeof wall === "bigint") return new Timestamp(wall, timezone, fold === 1 ? 1 : 0);
  if (!(wall instanceof BigInt64Array)) return undefined;
  return new DatetimeIndex(wall, timezone, fold instanceof Uint8Array ? fold : null);
}
