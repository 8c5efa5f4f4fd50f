/** The little that is needed of Temporal, so that the runtime's and a polyfill's objects both fit. */

import { UnsupportedFeatureError } from "../../format/index.js";

/** A `Temporal.Instant`. */
export interface InstantLike {
  readonly epochNanoseconds: bigint;
}

/** A `Temporal.ZonedDateTime`. */
export interface ZonedDateTimeLike extends InstantLike {
  readonly timeZoneId: string;
}

/** A `Temporal.PlainDateTime`. */
export interface PlainDateTimeLike {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  readonly microsecond: number;
  readonly nanosecond: number;
}

/** The `Temporal` namespace: the runtime's, or that of a polyfill. */
export interface TemporalNamespace {
  readonly Instant: { fromEpochNanoseconds(nanoseconds: bigint): unknown };
  readonly ZonedDateTime: new (epochNanoseconds: bigint, timeZone: string) => unknown;
  readonly PlainDateTime: { from(text: string): unknown };
}

/** The runtime's Temporal. */
export function runtimeTemporal(): TemporalNamespace {
  const temporal = (globalThis as { readonly Temporal?: TemporalNamespace }).Temporal;
  if (temporal === undefined) {
    throw new UnsupportedFeatureError(
      "Temporal",
      "this runtime has no Temporal; pass the namespace of a polyfill as the argument",
    );
  }
  return temporal;
}
