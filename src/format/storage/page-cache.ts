import { HDF5Error } from "../errors.js";
import { DecodeSession } from "./decode-session.js";
import type { Device } from "./device.js";
import { checkRange, ioError, syncUnavailable, throwIfAborted } from "./device-errors.js";
import type { Flight } from "./page-flights.js";
import { PageFlights } from "./page-flights.js";
import type { Block } from "./page-store.js";
import { PageStore } from "./page-store.js";
import type { ByteRange, Storage } from "./storage.js";
import { MissingBytes } from "./storage.js";

/** How a {@link PageCache} is sized. */
export interface PageCacheOptions {
  /** Bytes kept, apart from those that running decodes need. Default 64 MiB. */
  readonly budget?: number;
  /** Unit of reading, in bytes. Default: what the device prefers, or 4 KiB. */
  readonly pageSize?: number;
  /** Largest read-ahead of a sequential walk, in bytes. Default: 16 pages, 8 for asynchronous devices. */
  readonly readAhead?: number;
}

const longestRequest = 4 * 1024 * 1024;
/** Pages whose blocks share memory: so many small allocations cost more than reading the pages. */
const sharedPages = 16;
/** So many pages of raw data, and so many bytes, are fetched where less is wanted. */
const fewPages = 8;
const fewPageBytes = 512 * 1024;
const noBytes = new Uint8Array(0);

/**
 * The bytes of a device as a {@link Storage}: resident ones directly, others by the page.
 *
 * Pages that a running decode has touched are kept, even past the budget, until {@link PageCache.settle}.
 */
export class PageCache implements Storage {
  readonly device: Device;
  readonly #store: PageStore;
  readonly #budget: number;
  readonly #mostAhead: number;
  /** Pages between two missing ones that are fetched along with them, where a request costs a round trip. */
  readonly #gapPages: number;
  readonly #flights: PageFlights;
  readonly #ownSession: DecodeSession | undefined;
  #session: DecodeSession | undefined;
  #generation = 0;
  #sequentialEnd = 0;
  #ahead = 0;

  constructor(device: Device, options: PageCacheOptions = {}) {
    const isAsync = device.readSync === undefined;
    const pageSize = options.pageSize ?? device.pageSize ?? 4096;
    this.device = device;
    this.#budget = options.budget ?? 64 * 1024 * 1024;
    const shared = sharedPages * pageSize;
    this.#store = new PageStore(pageSize, isAsync || shared > this.#budget / 64 ? 0 : shared);
    this.#flights = new PageFlights(device, this.#store);
    this.#mostAhead = options.readAhead ?? pageSize * (isAsync ? 8 : 16);
    this.#gapPages = isAsync ? 2 : 0;
    // A device that is read at once needs no pins: its decodes are never run again.
    this.#ownSession = isAsync ? new DecodeSession() : undefined;
    this.#session = this.#ownSession;
  }

  get size(): number {
    return this.device.size;
  }

  /** Bytes of pages held. */
  get held(): number {
    return this.#store.held;
  }

  view(offset: number, length: number): Uint8Array {
    const { resident } = this.device;
    if (resident !== undefined) {
      checkRange(offset, length, resident.length);
      return resident.subarray(offset, offset + length);
    }
    const { latest } = this.#store;
    if (latest !== undefined && length >= 0 && offset >= latest.offset) {
      const start = offset - latest.offset;
      if (start + length <= latest.bytes.length) {
        this.#session?.pin(latest);
        return latest.bytes.subarray(start, start + length);
      }
    }
    checkRange(offset, length, this.size);
    if (length === 0) return noBytes;
    return this.#viewWithin(offset, length) ?? this.#assemble(offset, length);
  }

  /** Lets go of what the running operation's last decode touched. */
  settle(): void {
    this.#session?.settle();
    this.#store.evict(this.#budget);
  }

  /** A session for one operation, where decodes may be run again; enter it whenever the operation runs. */
  openSession(): DecodeSession | undefined {
    return this.#ownSession === undefined || this.device.resident !== undefined ? undefined : new DecodeSession();
  }

  /** Makes `session` the one that views are noted in; answers the one before. */
  enter(session: DecodeSession | undefined): DecodeSession | undefined {
    const before = this.#session;
    this.#session = session ?? this.#ownSession;
    return before;
  }

  /**
   * Brings ranges into the cache, sharing requests that are under way.
   *
   * @throws HDF5Error `io` when the same ranges are asked for twice although they are there.
   */
  async fill(
    ranges: readonly ByteRange[],
    signal?: AbortSignal,
    session: DecodeSession | undefined = this.#session,
  ): Promise<void> {
    if (this.device.resident !== undefined) return;
    let broughtBytes = false;
    for (;;) {
      throwIfAborted(signal);
      // More than one round only when bytes were written while they were being read.
      const flights = this.#flightsFor(ranges, session);
      if (flights.size === 0) break;
      broughtBytes = true;
      await this.#flights.join(flights, signal, session);
    }
    this.#store.evict(this.#budget);
    this.#checkProgress(ranges, broughtBytes, session);
  }

  /** {@link fill} at once, on a device that can. */
  fillSync(ranges: readonly ByteRange[]): void {
    if (this.device.resident !== undefined) return;
    for (const { offset, length } of ranges) {
      checkRange(offset, length, this.size);
      this.#load(this.#missingIn(offset, length));
    }
    this.#store.evict(this.#budget);
  }

  /** Whether the pages of `ranges` are so few that nothing is lost by fetching them whole. */
  isFewPages(ranges: readonly ByteRange[]): boolean {
    const { pageSize } = this.#store;
    let pages = 0;
    for (const { offset, length } of ranges) {
      pages += Math.ceil((offset + length) / pageSize) - Math.floor(offset / pageSize);
    }
    return pages <= fewPages && pages * pageSize <= fewPageBytes;
  }

  /** Fills `targets` from `offsets`, which lie in `ranges`, by the page: reads of what is near find it here. */
  async read(
    ranges: readonly ByteRange[],
    offsets: readonly number[],
    targets: readonly Uint8Array[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const session = new DecodeSession();
    try {
      await this.fill(ranges, signal, session);
      const before = this.enter(session);
      for (let index = 0; index < targets.length; index++) {
        targets[index].set(this.view(offsets[index], targets[index].length));
      }
      this.enter(before);
    } finally {
      session.close();
    }
  }

  /** Forgets bytes that were written; `length` may be infinite. */
  invalidate(offset: number, length: number): void {
    this.#generation++;
    this.#store.drop(offset, length);
    this.#flights.outdate(offset, length);
  }

  #checkProgress(ranges: readonly ByteRange[], broughtBytes: boolean, session: DecodeSession | undefined): void {
    if (session === undefined || ranges.length === 0 || !session.isStalled(ranges, broughtBytes)) return;
    const [{ offset, length }] = ranges;
    throw new HDF5Error("io", `${this.device.name}: ${length} bytes are still missing after they were fetched`, {
      offset,
    });
  }

  /** The end of page `page`, or of the device. */
  #pageEnd(page: number): number {
    return Math.min((page + 1) * this.#store.pageSize, this.size);
  }

  /** A view that lies within one block. */
  #viewWithin(offset: number, length: number): Uint8Array | undefined {
    const block = this.#store.find(Math.floor(offset / this.#store.pageSize), offset + length);
    if (block === undefined) return undefined;
    this.#use(block);
    const start = offset - block.offset;
    return block.bytes.subarray(start, start + length);
  }

  #use(block: Block): void {
    this.#store.touch(block);
    this.#session?.pin(block);
  }

  #assemble(offset: number, length: number): Uint8Array {
    const kept = this.#session?.assembled(offset, length, this.#generation);
    if (kept !== undefined) return kept;
    const missing = this.#missingIn(offset, length);
    if (missing.length > 0) {
      if (this.device.readSync === undefined) throw new MissingBytes(missing);
      this.#load(missing);
    }
    const bytes = this.#viewWithin(offset, length) ?? this.#copy(offset, length);
    this.#store.evict(this.#budget);
    return bytes;
  }

  #copy(offset: number, length: number): Uint8Array {
    const { pageSize } = this.#store;
    const bytes = new Uint8Array(length);
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const page = Math.floor(at / pageSize);
      const block = this.#store.find(page, Math.min((page + 1) * pageSize, end));
      if (block === undefined)
        throw new HDF5Error("io", `${this.device.name} changed while it was read`, { offset: at });
      const blockEnd = Math.min(block.offset + block.bytes.length, end);
      bytes.set(block.bytes.subarray(at - block.offset, blockEnd - block.offset), at - offset);
      this.#use(block);
      at = blockEnd;
    }
    this.#session?.assemble(offset, bytes);
    return bytes;
  }

  /** Page-aligned runs of `[offset, offset + length)` that are not held; those that are held are marked as used. */
  #missingIn(offset: number, length: number): ByteRange[] {
    const { pageSize } = this.#store;
    const runs: ByteRange[] = [];
    const end = offset + length;
    let runStart = -1;
    let page = Math.floor(offset / pageSize);
    for (; page * pageSize < end; page++) {
      const block = this.#store.find(page, this.#pageEnd(page));
      if (block === undefined) {
        if (runStart < 0) runStart = page * pageSize;
        continue;
      }
      this.#use(block);
      if (runStart >= 0) runs.push({ offset: runStart, length: page * pageSize - runStart });
      runStart = -1;
    }
    if (runStart >= 0) runs.push({ offset: runStart, length: this.#pageEnd(page - 1) - runStart });
    return runs;
  }

  /** Reads page-aligned runs at once. */
  #load(runs: readonly ByteRange[]): void {
    for (const run of runs) {
      if (this.device.readSync === undefined) throw syncUnavailable(this.device.name);
      const { length } = runs.length === 1 ? this.#withReadAhead(run) : run;
      const bytes = this.#store.sharedRoom(length) ?? allocate(run.offset, length);
      try {
        this.device.readSync(run.offset, bytes);
      } catch (error) {
        throw ioError(error, this.device.name);
      }
      const block = this.#store.insert(run.offset, bytes);
      this.#session?.pin(block);
    }
  }

  /** `run`, prolonged when it continues the one before: each time twice as far. */
  #withReadAhead(run: ByteRange): ByteRange {
    const { pageSize } = this.#store;
    let end = run.offset + run.length;
    const isSequential = run.offset === this.#sequentialEnd && run.offset > 0;
    this.#ahead = isSequential ? Math.min(this.#mostAhead, Math.max(pageSize, 2 * this.#ahead)) : 0;
    for (const most = Math.min(end + this.#ahead, this.size); end < most; ) {
      const page = Math.floor(end / pageSize);
      if (this.#store.find(page, this.#pageEnd(page)) !== undefined || this.#flights.at(page) !== undefined) break;
      end = this.#pageEnd(page);
    }
    this.#sequentialEnd = end;
    return { offset: run.offset, length: end - run.offset };
  }

  /** The requests that bring what `ranges` lack, started where they are not under way. */
  #flightsFor(ranges: readonly ByteRange[], session: DecodeSession | undefined): Set<Flight> {
    const { pageSize } = this.#store;
    const flights = new Set<Flight>();
    const missing = new Set<number>();
    for (const { offset, length } of ranges) {
      checkRange(offset, length, this.size);
      for (let page = Math.floor(offset / pageSize); page * pageSize < offset + length; page++) {
        const block = this.#store.find(page, this.#pageEnd(page));
        const flight = this.#flights.at(page);
        if (block !== undefined) session?.pin(block);
        else if (flight !== undefined) flights.add(flight);
        else missing.add(page);
      }
    }
    const runs = this.#coalesce([...missing].sort((a, b) => a - b));
    for (const run of runs) {
      const { offset, length } = runs.length === 1 ? this.#withReadAhead(run) : run;
      flights.add(this.#flights.start(offset, allocate(offset, length)));
    }
    return flights;
  }

  /** Runs of ascending pages; small gaps are bridged where nothing of them is at hand. */
  #coalesce(pages: readonly number[]): ByteRange[] {
    const { pageSize } = this.#store;
    const mostPages = Math.max(1, Math.floor(longestRequest / pageSize));
    const runs: ByteRange[] = [];
    for (let index = 0; index < pages.length; ) {
      const first = pages[index];
      let last = first;
      for (index++; index < pages.length && pages[index] - first < mostPages; index++) {
        if (!this.#isBridgeable(last + 1, pages[index])) break;
        last = pages[index];
      }
      runs.push({ offset: first * pageSize, length: this.#pageEnd(last) - first * pageSize });
    }
    return runs;
  }

  #isBridgeable(from: number, to: number): boolean {
    if (to - from > this.#gapPages) return false;
    for (let page = from; page < to; page++) {
      if (this.#flights.at(page) !== undefined || this.#store.find(page, this.#pageEnd(page)) !== undefined)
        return false;
    }
    return true;
  }
}

function allocate(offset: number, length: number): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    throw new HDF5Error("limit", `${length} bytes of metadata cannot be held in memory`, { offset, cause: error });
  }
}
