/**
 * Raw bytes without any knowledge of HDF5: memory, a local file, a blob, a URL.
 *
 * A device offers the synchronous calls, the asynchronous ones, or both; reads past `size` never happen.
 */
export interface Device {
  /** What the device is, for messages: a path, a URL, "memory". */
  readonly name: string;
  /** Current size in bytes. */
  readonly size: number;
  readonly writable: boolean;
  /** Unit in which metadata is best read, in bytes; larger where each request costs a round trip. */
  readonly pageSize?: number;
  /** All bytes, when they are in memory; views of it need no copy. Asked anew after each write. */
  readonly resident?: Uint8Array;
  /** Fills `target` from `offset`. Absent when only asynchronous reads exist. */
  readSync?(offset: number, target: Uint8Array): void;
  /** Fills `target` from `offset`. */
  read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void>;
  /**
   * Writes all of `bytes` at `offset`, extending the device where needed.
   *
   * `flip` marks the in-place change of one sector that publishes what was written before; it needs no other
   * treatment, and lets an observing device check the order of a commit.
   */
  writeSync?(offset: number, bytes: Uint8Array, flip?: boolean): void;
  write?(offset: number, bytes: Uint8Array, flip?: boolean): Promise<void>;
  /** Sets the size. */
  truncateSync?(size: number): void;
  truncate?(size: number): Promise<void>;
  /** Returns once everything written before is durable. */
  barrierSync?(): void;
  barrier?(): Promise<void>;
  /**
   * Differs from what it was whenever the bytes may have been changed, by whomever. Absent where nothing tells.
   * `hasWritten`: since it was last asked, something was written here, which others are to notice.
   */
  version?(hasWritten?: boolean): string;
  /**
   * Takes note of the present size, and of the file that is there now where that is another one. `atOnce`: without a
   * promise.
   */
  refresh?(atOnce: boolean): void | Promise<void>;
  /**
   * Keeps others of this library from writing until what it answers is called; `null` while one of them is writing.
   * Absent where there are none.
   */
  tryExclude?(): (() => void) | null;
  closeSync?(): void;
  close(): Promise<void>;
}
