import type { Known } from "../arguments/known-options.js";

/** Bounds on what a file may make this library do; all have safe defaults. */
export interface Limits {
  /** Bytes of metadata pages and decoded structures kept. Default 64 MiB. */
  readonly cacheBytes: number;
  /** Bytes of decoded chunks kept per file. Default 64 MiB. */
  readonly chunkCacheBytes: number;
  /**
   * Nesting of datatypes and of variable-length data, soft links followed on one path, groups that `visit` goes down.
   * Default 64.
   */
  readonly depth: number;
  /**
   * Largest result of one read, in bytes, the variable-length data that its elements refer to included. Default 8 GiB.
   */
  readonly readBytes: number;
  /**
   * Largest chunk that is decoded for a read of less than half of it, in bytes: a few stored bytes may inflate to any
   * size. Default 256 MiB.
   */
  readonly chunkBytes: number;
  /** Bytes that the compressed metadata of one fractal heap may have once decompressed. Default 32 MiB. */
  readonly metadataBytes: number;
}

export const defaultLimits: Limits = {
  cacheBytes: 64 * 1024 * 1024,
  chunkCacheBytes: 64 * 1024 * 1024,
  depth: 64,
  readBytes: 8 * 1024 * 1024 * 1024,
  chunkBytes: 256 * 1024 * 1024,
  metadataBytes: 32 * 1024 * 1024,
};

/** What limits a caller may set; `Infinity` is allowed. */
export const limitNames: Known<Limits> = {
  cacheBytes: "size",
  chunkCacheBytes: "size",
  depth: "size",
  readBytes: "size",
  chunkBytes: "size",
  metadataBytes: "size",
};

/** The limits that a caller asked for, defaults elsewhere. */
export function completeLimits(limits: Partial<Limits> = {}): Limits {
  const complete: { -readonly [Name in keyof Limits]: number } = { ...defaultLimits };
  for (const name of Object.keys(limitNames) as (keyof Limits)[]) complete[name] = limits[name] ?? complete[name];
  return complete;
}
