import type { Datatype } from "../structures/messages/datatype.js";

/** What a user may say about a filter of a new dataset. */
export interface FilterOptions {
  /** Compression level, where the filter has levels. */
  readonly level?: number;
  /**
   * For scale-offset, of integers the bits for each value above the least one of its chunk (0, the default: as many
   * as the chunk needs; a chunk that needs more than are given is stored without the filter), of floats the decimal
   * digits kept after the point, which must be given.
   */
  readonly scaleFactor?: number;
}

/** What a filter may depend on when it is added to a new dataset. */
export interface FilteredDataset {
  /** Bytes of one element. */
  readonly elementSize: number;
  readonly chunkDimensions: readonly number[];
  readonly datatype: Datatype;
  /** The stored fill value; `null` for the default one, which is zero. */
  readonly fillValue: Uint8Array | null;
}

/** The writing half of a filter. */
export interface Encoder {
  /** Applies the filter; `null` when it cannot, for example because the data would not shrink. */
  encode(input: Uint8Array, clientData: readonly number[]): Uint8Array | null;
  /** {@link encode} without blocking, where the runtime can. */
  encodeAsync?(input: Uint8Array, clientData: readonly number[]): Promise<Uint8Array | null>;
  /** Whether new datasets store a chunk without the filter where it cannot encode it, unless they say otherwise. */
  readonly optional?: boolean;
  /** Client data to store in a new dataset; absent where this filter is only read. */
  clientDataFor?(options: FilterOptions, dataset: FilteredDataset): number[];
}

/**
 * One filter of a pipeline. Inputs are never changed; an output may be the input itself or a view of it.
 *
 * Failures are raised as `HDF5Error`; anything else that is thrown is reported as a corrupt chunk with it as cause.
 */
export interface Filter extends Partial<Encoder> {
  /** Registered identifier. */
  readonly id: number;
  readonly name: string;
  /**
   * Undoes the filter.
   *
   * @param expectedLength - bytes that must result, or `null` where the filters below hide that.
   * @param limit - bytes that the output must never exceed; equal to `expectedLength` where that is known.
   * @param place - where an output of that length belongs; a filter may write it there and answer `place`.
   */
  decode(
    input: Uint8Array,
    clientData: readonly number[],
    expectedLength: number | null,
    limit: number,
    place?: Uint8Array | null,
  ): Uint8Array;
  /** {@link decode} without blocking, where the runtime can. */
  decodeAsync?(
    input: Uint8Array,
    clientData: readonly number[],
    expectedLength: number | null,
    limit: number,
  ): Promise<Uint8Array>;
  /** Bytes that `length` unfiltered bytes have once filtered; absent where that depends on the data. */
  encodedLength?(length: number): number;
}
