/** A run of bytes: `[offset, offset + length)`. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Where structures are decoded from. Offsets are absolute.
 *
 * A view is valid until the running decode returns; it must not be written to.
 */
export interface Storage {
  /** Bytes that can be viewed, those staged past the end of the file included. */
  readonly size: number;
  /**
   * A view of `[offset, offset + length)`.
   *
   * @throws MissingBytes when they are not at hand; the driver fetches them and runs the decode again.
   * @throws HDF5Error `corrupt` when the range does not lie within `size`.
   */
  view(offset: number, length: number): Uint8Array;
  /** A decode has returned: what it viewed may be let go. A storage over another one passes it on. */
  settle?(): void;
}

/**
 * Thrown by {@link Storage.view} when bytes must be fetched first. Not an error: no `catch` may swallow it.
 */
export class MissingBytes {
  readonly ranges: readonly ByteRange[];

  constructor(ranges: readonly ByteRange[]) {
    this.ranges = ranges;
  }
}

/**
 * Runs `decodeOne` on each item and, when some lack bytes, throws one {@link MissingBytes} for all of them, so
 * that a level of an index costs one round trip and not one per node.
 */
export function decodeAll<Item, Result>(items: Iterable<Item>, decodeOne: (item: Item) => Result): Result[] {
  const results: Result[] = [];
  let missing: ByteRange[] | undefined;
  for (const item of items) {
    try {
      const result = decodeOne(item);
      if (missing === undefined) results.push(result);
    } catch (error) {
      if (!(error instanceof MissingBytes)) throw error;
      missing ??= [];
      for (const range of error.ranges) missing.push(range);
    }
  }
  if (missing !== undefined) throw new MissingBytes(missing);
  return results;
}
