import { HDF5Error } from "../errors.js";
import { exclude } from "../storage/exclusion.js";
import type { Operation } from "../storage/operation.js";
import { decode } from "../storage/operation.js";
import type { WriteGuard } from "../storage/write-guard.js";
import { decodeObjectHeader } from "../structures/object-header.js";
import { superblockSize } from "../structures/superblock.js";
import type { FileState } from "./file-state.js";
import { imprintOf, sumOf } from "./header-imprint.js";
import type { ObjectState } from "./object-state.js";

const noObjects: readonly ObjectState[] = [];

/**
 * What a file that is being changed was like when it was last read or written here. Before anything is written it must
 * still be like that: another program may have the same file open, and what is staged rests on what was read.
 */
export class LastSeen implements WriteGuard {
  readonly #file: FileState;
  /** The device's own word, where it has one; `null` too where it is not known any more. */
  #version: string | null;
  #size: number;
  /** The stored superblock; `null` where there is none yet, or it is not known any more. */
  #superblock: Uint8Array | null = null;
  /** Stored objects of which elements are to be overwritten. */
  readonly #overwritten = new Set<ObjectState>();
  /** Whether damage may come from what another program has written meanwhile. */
  explainsDamage = true;
  #depth = 0;
  #release: () => void = () => {};

  constructor(file: FileState) {
    this.#file = file;
    this.#version = file.device.version?.() ?? null;
    this.#size = file.device.size;
  }

  /** Elements of the object may be about to be changed in place. */
  overwrites(object: ObjectState): void {
    this.#overwritten.add(object);
  }

  /** What was to be overwritten is. */
  settle(): void {
    this.#overwritten.clear();
  }

  /** Whether the device says that it has been changed since. */
  get isOutdated(): boolean {
    if (this.#version === null) return false;
    try {
      return this.#file.device.version?.() !== this.#version;
    } catch {
      return false;
    }
  }

  /**
   * Looks without keeping others out, for when something is damaged that may only have changed.
   *
   * @throws HDF5Error `changed`
   */
  *check(): Operation<void> {
    yield* this.#look(noObjects);
  }

  /** @param objects - those whose headers are to be changed */
  *before(objects: readonly ObjectState[] = noObjects): Operation<void> {
    if (this.#depth++ > 0) return;
    try {
      this.#release = yield* exclude(this.#file.device);
      yield* this.#look([...objects, ...this.#overwritten].filter((object) => object.isStored));
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** @param objects - those whose headers may have been changed */
  *after(objects: readonly ObjectState[] = noObjects): Operation<void> {
    if (this.#depth > 1) {
      this.#depth--;
      return;
    }
    try {
      yield* this.#noteAll(objects);
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    if (--this.#depth > 0) return;
    this.#release();
    this.#release = () => {};
  }

  *#look(objects: readonly ObjectState[]): Operation<void> {
    const { device } = this.#file;
    const version = this.#version === null ? null : device.version?.();
    if (version !== this.#version || device.size !== this.#size) throw changed(device.name);
    const imprints = objects.map(({ imprint, headerVersion }) => ({ imprint, headerVersion }));
    const ranges = imprints.flatMap(({ imprint }) => imprint?.ranges ?? []);
    if (this.#superblock !== null) {
      ranges.unshift({ offset: this.#file.superblock.baseAddress, length: this.#superblock.length });
    }
    if (ranges.some(({ offset, length }) => offset + length > device.size)) throw changed(device.name);
    // Past the page cache, which has what was there before.
    const targets = ranges.map(({ length }) => new Uint8Array(length));
    yield { kind: "read", offsets: ranges.map(({ offset }) => offset), targets };
    let at = 0;
    if (this.#superblock !== null && !isEqual(this.#superblock, targets[at++])) throw changed(device.name);
    for (const { imprint, headerVersion } of imprints) {
      if (imprint === undefined) continue;
      const blocks = targets.slice(at, at + imprint.ranges.length);
      at += blocks.length;
      if (sumOf(headerVersion, blocks) !== imprint.sum) throw changed(device.name);
    }
  }

  /** Takes note of the file as it is. `hasWritten`: after something was written here. */
  *note(hasWritten = false): Operation<void> {
    const { device, superblock, isNew } = this.#file;
    this.#version = null;
    this.#superblock = null;
    if (!isNew) {
      const bytes = new Uint8Array(superblockSize(superblock.version, superblock));
      yield { kind: "read", offsets: [superblock.baseAddress], targets: [bytes] };
      this.#superblock = bytes;
    }
    this.#version = device.version?.(hasWritten) ?? null;
    this.#size = device.size;
  }

  /** What cannot be read is not known any more; that is no reason to fail after the writing. */
  *#noteAll(objects: readonly ObjectState[]): Operation<void> {
    this.#size = this.#file.device.size;
    // An abort is said once, by the first request.
    if (!(yield* succeeds(() => this.note(true)))) yield* succeeds(() => this.note(true));
    for (const object of objects) {
      object.imprint = undefined;
      if (!(yield* succeeds(() => this.#noteHeader(object)))) yield* succeeds(() => this.#noteHeader(object));
    }
  }

  *#noteHeader(object: ObjectState): Operation<void> {
    const { address } = object;
    const file = this.#file;
    if (address === null) return;
    // What is staged is not looked at: it may be waiting for another try.
    const context = { ...file.context, storage: file.cache };
    object.imprint = yield* decode(file.cache, () => imprintOf(context, decodeObjectHeader(context, address)));
  }
}

function* succeeds(start: () => Operation<void>): Operation<boolean> {
  try {
    yield* start();
    return true;
  } catch (error) {
    if (!(error instanceof HDF5Error)) throw error;
    return false;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index]);
}

/** From here on the file is to be as it is now before anything is written. */
export function watch(file: FileState): LastSeen {
  const lastSeen = new LastSeen(file);
  file.lastSeen = lastSeen;
  if (file.transaction !== null) file.transaction.guard = lastSeen;
  return lastSeen;
}

/** Another program has written to the file. */
export function changed(name: string, cause?: unknown): HDF5Error {
  return new HDF5Error(
    "changed",
    `${name} was changed by another program since it was read here: nothing more is written. reload() drops what is staged and takes the file as it is now`,
    { cause },
  );
}

/** `error`, or, where it may come from what another program has written meanwhile, that. */
export function explain({ lastSeen, device }: FileState, error: unknown): unknown {
  if (!(error instanceof HDF5Error) || (error.code !== "corrupt" && error.code !== "io")) return error;
  return lastSeen?.explainsDamage === true && lastSeen.isOutdated ? changed(device.name, error) : error;
}
