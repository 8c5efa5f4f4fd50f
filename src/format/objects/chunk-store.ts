import type { ChunkRecord } from "../chunks/chunk-index.js";

/** A chunk's coordinates as a map key. */
export type ChunkKey = number | string;

export function chunkKey(scaled: readonly number[]): ChunkKey {
  return scaled.length === 1 ? scaled[0] : scaled.join(",");
}

/** A decoded chunk that is being changed. */
export interface StagedChunk {
  readonly scaled: readonly number[];
  /** Decoded bytes; changed in place until they are encoded. */
  readonly bytes: Uint8Array;
  /** The stored chunk must stay as it is until the commit, even where it could be overwritten. */
  readonly copyOnWrite: boolean;
  /** The bytes outside of which the chunk is as it is stored; `null` where nothing is known of that. */
  readonly changed: ByteExtent | null;
}

/** The first byte of something and the one after its last. */
export interface ByteExtent {
  readonly from: number;
  readonly to: number;
}

/** A chunk, and whether its place was taken in this session. */
export interface StoredChunk extends ChunkRecord {
  readonly isPlacedHere?: boolean;
}

/** All chunks of a dataset that is being changed: where each is stored, and those decoded and not yet stored. */
export class ChunkStore {
  readonly #records = new Map<ChunkKey, StoredChunk>();
  readonly #staged = new Map<ChunkKey, StagedChunk>();
  /** Keys of records that no committed index has: their space can be reused at once. */
  readonly #unpublished = new Set<ChunkKey>();
  stagedBytes = 0;
  /** Whether the stored index no longer matches the records. */
  indexChanged = false;

  /** @param records - what the stored index has */
  constructor(records: Iterable<ChunkRecord>) {
    for (const record of records) this.#records.set(chunkKey(record.scaled), record);
  }

  /** All chunks that are stored. */
  records(): Iterable<StoredChunk> {
    return this.#records.values();
  }

  record(key: ChunkKey): StoredChunk | undefined {
    return this.#records.get(key);
  }

  /** Records with `low ≤ scaled ≤ high`. */
  *find(low: readonly number[], high: readonly number[]): Generator<ChunkRecord, void, undefined> {
    const volume = low.reduce((product, value, axis) => product * (high[axis] - value + 1), 1);
    if (volume > this.#records.size) {
      for (const record of this.#records.values()) {
        if (record.scaled.every((value, axis) => value >= low[axis] && value <= high[axis])) yield record;
      }
      return;
    }
    const scaled = low.slice();
    for (let left = volume; left > 0; left--) {
      const record = this.#records.get(chunkKey(scaled));
      if (record !== undefined) yield record;
      for (let axis = scaled.length - 1; axis >= 0; axis--) {
        if (++scaled[axis] <= high[axis]) break;
        scaled[axis] = low[axis];
      }
    }
  }

  /** All records, ordered by their coordinates. */
  sortedRecords(): ChunkRecord[] {
    return [...this.#records.values()].sort((a, b) => compareScaled(a.scaled, b.scaled));
  }

  /** The decoded bytes of a chunk that is staged. */
  staged(key: ChunkKey): Uint8Array | undefined {
    return this.#staged.get(key)?.bytes;
  }

  stagedChunks(): IterableIterator<[ChunkKey, StagedChunk]> {
    return this.#staged.entries();
  }

  /** Stages decoded bytes, which this store owns from now on. */
  stage(key: ChunkKey, scaled: readonly number[], bytes: Uint8Array, copyOnWrite = false): void {
    if (!this.#staged.has(key)) this.stagedBytes += bytes.length;
    this.#staged.set(key, { scaled, bytes, copyOnWrite, changed: null });
  }

  /** Stages the bytes of a stored chunk, as they are there so far. */
  stageStored(key: ChunkKey, scaled: readonly number[], bytes: Uint8Array): void {
    this.stage(key, scaled, bytes);
    this.#staged.set(key, { scaled, bytes, copyOnWrite: false, changed: { from: bytes.length, to: 0 } });
  }

  /** Bytes of a staged chunk have been changed. */
  noteChanged(key: ChunkKey, { from, to }: ByteExtent): void {
    const chunk = this.#staged.get(key);
    if (chunk === undefined || chunk.changed === null) return;
    const { changed } = chunk;
    this.#staged.set(key, { ...chunk, changed: { from: Math.min(from, changed.from), to: Math.max(to, changed.to) } });
  }

  /** Forgets all staged chunks, which have been stored. */
  clearStaged(): void {
    this.#staged.clear();
    this.stagedBytes = 0;
  }

  isPublished(key: ChunkKey): boolean {
    return !this.#unpublished.has(key);
  }

  /** Takes where a chunk is now stored; answers what takes that back. */
  setRecord(key: ChunkKey, record: StoredChunk): () => void {
    const before = this.#records.get(key);
    const wasPublished = this.isPublished(key);
    const indexWasChanged = this.indexChanged;
    this.#records.set(key, record);
    this.#unpublished.add(key);
    this.indexChanged = true;
    return () => {
      if (before === undefined) this.#records.delete(key);
      else this.#records.set(key, before);
      if (wasPublished) this.#unpublished.delete(key);
      this.indexChanged = indexWasChanged;
    };
  }

  /** Drops a chunk, staged bytes included; answers where it was stored. */
  remove(key: ChunkKey): StoredChunk | undefined {
    const staged = this.#staged.get(key);
    if (staged !== undefined) {
      this.stagedBytes -= staged.bytes.length;
      this.#staged.delete(key);
    }
    const record = this.#records.get(key);
    if (record !== undefined) {
      this.#records.delete(key);
      this.indexChanged = true;
    }
    return record;
  }

  /** All records are in the committed index now. */
  published(): void {
    this.#unpublished.clear();
    this.indexChanged = false;
  }

  /** Coordinates of all chunks, stored or staged. */
  *coordinates(): Generator<readonly number[], void, undefined> {
    for (const record of this.#records.values()) yield record.scaled;
    for (const [key, chunk] of this.#staged) if (!this.#records.has(key)) yield chunk.scaled;
  }
}

function compareScaled(a: readonly number[], b: readonly number[]): number {
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return a[axis] - b[axis];
  return 0;
}
