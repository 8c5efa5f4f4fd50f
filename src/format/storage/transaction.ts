import { HDF5Error } from "../errors.js";
import { FileSpace } from "./file-space.js";
import { LateWrites } from "./late-writes.js";
import type { Operation, PlannedWrite } from "./operation.js";
import { PlacesInUse } from "./places-in-use.js";
import { withinSector } from "./sectors.js";
import { gatheredLength, ShadowWrites } from "./shadow-writes.js";
import { StagedWrites } from "./staged-writes.js";
import type { ByteRange, Storage } from "./storage.js";
import { MissingBytes } from "./storage.js";
import type { WriteGuard } from "./write-guard.js";

/** Shadow bytes and overwrites kept before they are written early. */
const pendingLimit = 8 * 1024 * 1024;

/** How durable a commit is: three barriers, ordered writes only, or one barrier when the file is closed. */
export type Durability = "full" | "process" | "onClose";

/** Where the new end-of-file address is published. */
export interface EndOfFileField {
  /** The write that publishes `endOfFile` (absolute). */
  publish(endOfFile: number): PlannedWrite;
}

/** A change in place, some of which hold the end of the file as it is when they are written. */
type Flip = PlannedWrite | ((endOfFile: number) => PlannedWrite);

/** Whether a driver refused a request before anything was done. */
function wasNotBegun(error: unknown): boolean {
  return error instanceof HDF5Error && (error.code === "aborted" || error.code === "sync-unavailable");
}

/**
 * All changes of one file, by absolute offsets.
 *
 * Shadow bytes and overwrites may reach the device at any time before the commit; flips are kept until then. A commit
 * writes what is left in the order that leaves a valid file at every prefix: shadow bytes, end-of-file address,
 * overwrites (which may refer to new space), flips in the order given. A barrier follows each of these that wrote
 * something.
 *
 * What is staged is forgotten when the device has confirmed it: after a write that failed or was not begun the same can
 * be asked for again. Only a barrier that fails ends all writing, as nobody knows then what is on the device.
 */
export class Transaction implements Storage {
  readonly #storage: Storage;
  /** How durable a commit is. */
  readonly durability: Durability;
  readonly #space: FileSpace;
  /** End of file as last published, `null` while that of a new file was not. */
  #publishedEndOfFile: number | null;
  /** Whether the write of an end of file was begun, and it is not known whether it is on the device. */
  #isPublishing = false;
  readonly #shadows = new ShadowWrites();
  readonly #overwrites = new StagedWrites();
  readonly #late = new LateWrites();
  /** What is known of the file as it was opened: where raw data cannot be. */
  readonly places: PlacesInUse;
  /** What the running decode has viewed: offsets and lengths, alternating. */
  #viewed: number[] = [];
  /** What the change under way has given back of the file as it was opened, `null` while there is none. */
  #given: ByteRange[] | null = null;
  /** Whether a commit is being staged: overwrites then wait for their place in it. */
  #committing = false;
  /** Flips of the commit that is being staged, in the order of writing; a barrier ends each group. */
  #flips: Flip[][] = [[]];
  /** Flips that are written before these, and change nothing of what the file says. */
  #flipsBefore: Flip[] = [];
  /** What is left of the flips of the commit that is being written, `null` while there is none. */
  #sealed: Flip[][] | null = null;
  /** Flips of its first group that are written. */
  #flipped = 0;
  /** End of all writes that were begun: past it the device holds zeros, wherever it ends. */
  #writtenEnd: number;
  /** Whether anything was written after the last barrier. */
  #unsettled = false;
  /** Whether the device has bytes past the end, left by a session that did not commit. */
  #hasTail: boolean;
  /** What stands round all writes. */
  guard: WriteGuard | null = null;
  /** Why nothing more is written. */
  #failure: HDF5Error | null = null;

  /**
   * @param storage - the committed bytes
   * @param endOfFile - where new space begins, absolute
   * @param publishedEndOfFile - the stored end of file; `null` for a new file, of which nothing is stored yet
   */
  constructor(storage: Storage, endOfFile: number, publishedEndOfFile: number | null, durability: Durability) {
    this.#storage = storage;
    this.durability = durability;
    this.#space = new FileSpace(endOfFile);
    this.places = new PlacesInUse(publishedEndOfFile === null ? 0 : endOfFile);
    this.#publishedEndOfFile = publishedEndOfFile;
    this.#writtenEnd = endOfFile;
    this.#hasTail = storage.size > endOfFile;
  }

  get size(): number {
    return Math.max(this.#storage.size, this.#space.end);
  }

  /** Metadata only: overwrites are raw data, and not looked at. */
  view(offset: number, length: number): Uint8Array {
    if (this.#shadows.mayOverlap(offset, length)) throw new MissingBytes([{ offset, length }]);
    const bytes = this.#storage.view(offset, length);
    const viewed = this.#viewed;
    // A second look at the same offset is at the whole structure, the first may have gone beyond it.
    if (viewed[viewed.length - 2] === offset) viewed[viewed.length - 1] = length;
    else if (offset < this.places.end) viewed.push(offset, length);
    return bytes;
  }

  /** A structure is found to take `[offset, offset + length)`. */
  note(offset: number, length: number): void {
    if (offset + length <= this.size) this.places.note(offset, length);
  }

  /** {@link note} of what must be known however much else is. */
  noteAlways(offset: number, length: number): void {
    if (offset + length <= this.size) this.places.noteAlways(offset, length);
  }

  /** The same decode, from which on it is known that structures are where it has viewed bytes, unless it fails. */
  noting<Result>(decodeOnce: () => Result): () => Result {
    return () => {
      this.#viewed = [];
      const result = decodeOnce();
      this.#noteViewed("note");
      return result;
    };
  }

  /** A decode to run as {@link noting} does, whose structures are known however many others are. */
  insisting<Result>(decodeOnce: () => Result): () => Result {
    return () => {
      const result = decodeOnce();
      this.#noteViewed("noteAlways");
      return result;
    };
  }

  #noteViewed(how: "note" | "noteAlways"): void {
    const viewed = this.#viewed;
    for (let at = 0; at < viewed.length; at += 2) this.places[how](viewed[at], viewed[at + 1]);
  }

  /** Whether bytes not yet on the device may lie in one of the ranges. */
  isPending(ranges: readonly ByteRange[]): boolean {
    return ranges.some(
      ({ offset, length }) =>
        this.#shadows.mayOverlap(offset, length) || (!this.#committing && this.#overwrites.mayOverlap(offset, length)),
    );
  }

  /** Extends the device over allocated space that was never written, where one of the ranges needs it. */
  *materialize(ranges: readonly ByteRange[]): Operation<void> {
    const end = ranges.reduce((most, range) => Math.max(most, range.offset + range.length), 0);
    const isMissing = end > this.#storage.size || (this.#hasTail && end > (this.#publishedEndOfFile ?? 0));
    if (isMissing && end <= this.#space.end) yield* this.#guarded(() => this.#extend(this.#space.end));
  }

  /** Writes while nobody else does, to a file that is as it was last seen. */
  *#guarded(write: () => Operation<void>): Operation<void> {
    const { guard } = this;
    if (guard === null) return yield* write();
    yield* guard.before();
    try {
      yield* this.#cutTail();
      yield* write();
    } finally {
      yield* guard.after();
    }
  }

  /** Bytes past the end belong to nothing; space taken later must not find them. */
  *#cutTail(): Operation<void> {
    if (!this.#hasTail || this.#publishedEndOfFile === null) return;
    this.#unsettled = true;
    yield { kind: "truncate", size: this.#publishedEndOfFile };
    this.#hasTail = false;
  }

  *#extend(endOfFile: number): Operation<void> {
    if (this.#storage.size >= endOfFile) return;
    this.#unsettled = true;
    yield { kind: "truncate", size: endOfFile };
  }

  /**
   * Takes `length` bytes of new space, 8-byte aligned; its first `unbroken` bytes lie within one sector.
   *
   * @returns the absolute offset
   */
  allocate(length: number, unbroken = 0): number {
    const end = this.#space.end;
    const offset = this.#space.take(length, unbroken);
    if (offset >= end) this.#shadows.skip(end, offset - end);
    return offset;
  }

  /** Space that was never written: it reads as zeros once the file is extended over it. */
  allocateZeroed(length: number): number {
    return this.#space.takeUnwritten(length, this.#writtenEnd);
  }

  /** Gives back space that the next commit makes unreachable; it is reused after that commit is durable. */
  free(offset: number, length: number): void {
    this.#space.free({ offset, length });
  }

  /**
   * {@link free} of what the file as it was opened says is raw data. Where others may have the same space, or have had it
   * until now, nothing is given back.
   */
  freeFound(offset: number, length: number): void {
    const block = { offset, length };
    if (!this.#space.isWorthFreeing(block) || this.places.isFull || this.places.overlaps(offset, length)) return;
    this.places.note(offset, length);
    this.#given?.push(block);
    this.#space.free(block);
  }

  /** Gives back space that nothing committed ever referred to. */
  freeUnpublished(offset: number, length: number): void {
    // What is staged there would be written after what takes the space next.
    if (this.#space.release({ offset, length })) this.#dropOverwrites([{ offset, length }]);
  }

  #dropOverwrites(ranges: readonly ByteRange[]): void {
    for (const { offset, length } of ranges) {
      this.#overwrites.drop(offset, length);
      this.#late.drop(offset, length);
    }
  }

  /** From here on, what is staged belongs to a change that is kept or given up. */
  beginChange(): void {
    this.#space.beginChange();
    this.#late.beginChange();
    this.#given = [];
  }

  /** The change stays. */
  keepChange(): void {
    this.#late.keepChange();
    this.#given = null;
    this.#dropOverwrites(this.#space.keepChange());
  }

  /** Forgets the change: new space, and what was to be written there. */
  giveUpChange(): void {
    this.#late.giveUpChange();
    for (const range of this.#given ?? []) this.places.forget(range);
    this.#given = null;
    const taken = this.#space.giveUpChange();
    for (const { offset, length } of taken) this.#shadows.drop(offset, length);
    this.#dropOverwrites(taken);
  }

  /** Runs what takes space that the change under way does not own. */
  aside<Result>(action: () => Result): Result {
    return this.#space.aside(action);
  }

  /** Bytes in new space that nothing refers to yet. `bytes` must not change afterwards. */
  shadow(offset: number, bytes: Uint8Array): void {
    this.#shadows.add(offset, bytes);
  }

  /** {@link shadow} of bytes that may change afterwards. */
  shadowCopy(offset: number, bytes: Uint8Array): void {
    this.#shadows.add(offset, bytes.length > gatheredLength ? bytes.slice() : bytes);
  }

  /** In-place raw data that the caller asked to change. `bytes` must not change afterwards. */
  overwrite(offset: number, bytes: Uint8Array): void {
    this.#overwrites.add({ offset, bytes });
  }

  /** {@link overwrite} of elements that refer to what the commit makes durable: they are written with it only. */
  overwriteLate(offset: number, bytes: Uint8Array): void {
    this.#late.add(offset, bytes);
  }

  /** Memory that {@link overwriteLate} has taken. */
  get lateBytes(): number {
    return this.#late.bytes;
  }

  /** Forgets what {@link overwriteLate} has staged in a range. */
  dropLate(offset: number, length: number): void {
    this.#late.drop(offset, length);
  }

  /** Puts what {@link overwriteLate} has staged over bytes that were read. */
  overlay(offsets: readonly number[], targets: readonly Uint8Array[]): void {
    if (this.#late.isEmpty) return;
    for (let index = 0; index < offsets.length; index++) this.#late.overlay(offsets[index], targets[index]);
  }

  /** {@link overwrite} of bytes that may change afterwards: they are written now, or copied where that fails. */
  *overwriteNow(writes: Iterable<PlannedWrite>): Operation<void> {
    yield* this.#guarded(() => this.#overwriteNow(writes));
  }

  *#overwriteNow(writes: Iterable<PlannedWrite>): Operation<void> {
    // What was staged before goes first, and may fail while nothing of this is staged.
    yield* this.drain();
    const { mark } = this.#overwrites;
    for (const write of writes) this.#overwrites.add(write);
    try {
      yield* this.#write(this.#overwrites);
    } catch (error) {
      if (wasNotBegun(error)) {
        this.#overwrites.withdraw(mark);
        throw error;
      }
      // Part of it may be on the device, and there is no way back.
      this.#keepCopies(mark);
    }
  }

  #keepCopies(mark: number): void {
    try {
      this.#overwrites.own(mark);
    } catch (error) {
      this.#overwrites.withdraw(mark);
      const message = "writing failed, and the elements cannot be held in memory: some of them may be stored";
      throw new HDF5Error("limit", message, { cause: error });
    }
  }

  /**
   * A change in place that makes shadow bytes reachable; written at the commit, in the order given, and all at once.
   * One that crosses a sector survives the end of the process, but power may fail in its middle.
   */
  flip(offset: number, bytes: Uint8Array): void {
    this.#flips[this.#flips.length - 1].push({ offset, bytes, flip: withinSector(offset, bytes.length) });
  }

  /** {@link flip} of bytes that hold the end of file. */
  flipWithEnd(offset: number, encode: (endOfFile: number) => Uint8Array): void {
    this.#flips[this.#flips.length - 1].push((endOfFile) => {
      const bytes = encode(endOfFile);
      return { offset, bytes, flip: withinSector(offset, bytes.length) };
    });
  }

  /** A change in place that prepares a {@link flip} and is durable before any of them. */
  flipBefore(offset: number, bytes: Uint8Array): void {
    this.#flipsBefore.push({ offset, bytes, flip: withinSector(offset, bytes.length) });
  }

  /** Flips from here on are written when those before are durable. */
  separateFlips(): void {
    if (this.#flips[this.#flips.length - 1].length > 0) this.#flips.push([]);
  }

  /** From here on flips and freed space belong to the next commit, which may be cancelled. */
  beginCommit(): void {
    this.#committing = true;
    this.#space.beginCommit();
  }

  /** Forgets the flips and the freed space of a commit that failed while it was staged. */
  cancelCommit(): void {
    this.#committing = false;
    this.#flips = [[]];
    this.#flipsBefore = [];
    this.#space.cancelCommit();
  }

  /** The commit is staged; {@link commit} writes it, however often that must be tried. */
  sealCommit(): void {
    this.#committing = false;
    this.#sealed = [this.#flipsBefore, ...this.#flips];
    this.#flips = [[]];
    this.#flipsBefore = [];
    this.#space.sealCommit();
  }

  /** Whether so much is staged that it had better be written early. */
  get isCrowded(): boolean {
    return this.#shadows.bytes + this.#overwrites.bytes > pendingLimit;
  }

  /** Writes staged bytes early when there are many. */
  *relieve(): Operation<void> {
    if (this.isCrowded) yield* this.drain();
  }

  /** {@link relieve} of what need not be written now: it stays staged where that fails, or the caller gives up. */
  *relieveIfPossible(): Operation<void> {
    try {
      yield* this.relieve();
    } catch (error) {
      if (!(error instanceof HDF5Error)) throw error;
    }
  }

  /** Writes all staged shadow bytes, and overwrites unless a commit is being staged. */
  *drain(): Operation<void> {
    this.requireHealthy();
    if (this.#shadows.isEmpty && (this.#committing || this.#overwrites.isEmpty)) return;
    yield* this.#guarded(() => this.#drain());
  }

  *#drain(): Operation<void> {
    yield* this.#write(this.#shadows);
    if (!this.#committing) yield* this.#write(this.#overwrites);
  }

  /** @throws HDF5Error `io` once a barrier has failed */
  requireHealthy(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  *#write(staged: ShadowWrites | StagedWrites): Operation<void> {
    if (staged.isEmpty) return;
    this.#unsettled = true;
    const writes = staged.pending();
    for (const { offset, bytes } of writes) this.#writtenEnd = Math.max(this.#writtenEnd, offset + bytes.length);
    yield { kind: "write", writes };
    staged.confirm(writes.length);
  }

  *#barrier(): Operation<void> {
    if (this.#unsettled && this.durability === "full") yield* this.#sync();
    this.#unsettled = false;
  }

  *#sync(): Operation<void> {
    try {
      yield { kind: "barrier" };
    } catch (error) {
      if (wasNotBegun(error)) throw error;
      const message = error instanceof Error ? error.message : String(error);
      this.#failure = new HDF5Error(
        "io",
        `syncing failed, so that it is not known what of the last changes is stored; this file takes no more: ${message}`,
        { cause: error },
      );
      throw this.#failure;
    }
  }

  /** Whether a commit would write anything, or make durable what was written early. */
  get hasChanges(): boolean {
    if (
      !this.#shadows.isEmpty ||
      !this.#overwrites.isEmpty ||
      !this.#late.isEmpty ||
      this.#unsettled ||
      this.#sealed !== null
    )
      return true;
    return this.#space.end !== this.#publishedEndOfFile || this.#isPublishing;
  }

  /**
   * Writes the sealed commit, or what an earlier attempt has left of it, in commit order; along with it goes whatever
   * else is staged but flips. The caller has called the guard, as it knows which objects are to be looked at.
   *
   * @param endOfFileField - where the end of file is published; for a new file the whole superblock
   * @returns the end of file
   */
  *commit(endOfFileField: EndOfFileField): Operation<number> {
    this.requireHealthy();
    // Space that is taken while writes are under way is for the next commit.
    const endOfFile = this.#space.end;
    yield* this.#cutTail();
    yield* this.#write(this.#shadows);
    // Until a new file has its superblock nothing in it is in use: its overwrites need not wait.
    if (this.#publishedEndOfFile === null) yield* this.#write(this.#overwrites);
    yield* this.#extend(endOfFile);
    yield* this.#barrier();
    yield* this.#publish(endOfFile, endOfFileField);
    yield* this.#write(this.#overwrites);
    yield* this.#writeLate();
    yield* this.#barrier();
    yield* this.#flip(endOfFile);
    this.#dropOverwrites(this.#space.finishCommit());
    return endOfFile;
  }

  *#writeLate(): Operation<void> {
    if (this.#late.isEmpty) return;
    this.#unsettled = true;
    yield { kind: "write", writes: this.#late.pending() };
    this.#late.clear();
  }

  *#publish(endOfFile: number, field: EndOfFileField): Operation<void> {
    if (endOfFile === this.#publishedEndOfFile && !this.#isPublishing) return;
    this.#unsettled = true;
    this.#isPublishing = true;
    yield { kind: "write", writes: [field.publish(endOfFile)] };
    yield* this.#barrier();
    this.#isPublishing = false;
    this.#publishedEndOfFile = endOfFile;
  }

  *#flip(endOfFile: number): Operation<void> {
    const groups = this.#sealed ?? [];
    while (groups.length > 0) {
      const flips = groups[0];
      while (this.#flipped < flips.length) {
        const flip = flips[this.#flipped];
        this.#unsettled = true;
        yield { kind: "write", writes: [typeof flip === "function" ? flip(endOfFile) : flip] };
        this.#flipped++;
      }
      yield* this.#barrier();
      groups.shift();
      this.#flipped = 0;
    }
    this.#sealed = null;
  }

  /** Makes everything durable that was written, where commits do not. */
  *settle(): Operation<void> {
    this.requireHealthy();
    if (this.durability === "onClose") yield* this.#sync();
  }
}
