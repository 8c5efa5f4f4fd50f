/** Bounds on what a file may make this library do; all have safe defaults. */
export interface Limits {
  /** Bytes of metadata pages and decoded structures kept. Default 64 MiB. */
  readonly cacheBytes: number;
  /** Bytes of decoded chunks kept per file. Default 64 MiB. */
  readonly chunkCacheBytes: number;
  /** Nesting of datatypes, groups in a path, soft links followed. Default 64. */
  readonly depth: number;
  /** Largest single allocation for one read, in bytes. Default 8 GiB. */
  readonly readBytes: number;
}

export const defaultLimits: Limits = {
  cacheBytes: 64 * 1024 * 1024,
  chunkCacheBytes: 64 * 1024 * 1024,
  depth: 64,
  readBytes: 8 * 1024 * 1024 * 1024,
};
