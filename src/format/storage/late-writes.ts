import type { PlannedWrite } from "./operation.js";
import { sectorSize } from "./sectors.js";

/** One sector of the file, and which of its bytes are to be written. */
interface Sector {
  readonly bytes: Uint8Array;
  readonly isSet: Uint8Array;
}

/**
 * Writes in place that must not reach the device before the commit: elements that refer to what is not durable until
 * then. They are held sector by sector, so that memory does not grow with the number of writes to the same place.
 */
export class LateWrites {
  readonly #sectors = new Map<number, Sector>();
  #isChanging = false;
  /** What the sectors that the change under way has touched were like before it; `null` while it touched none. */
  #before: Map<number, Sector | undefined> | null = null;

  /** Memory that the writes take. */
  get bytes(): number {
    return 2 * sectorSize * this.#sectors.size;
  }

  get isEmpty(): boolean {
    return this.#sectors.size === 0;
  }

  /** Adds a write, which takes the place of earlier ones; `bytes` are copied. */
  add(offset: number, bytes: Uint8Array): void {
    for (const { number, from, to, at } of sectorsOf(offset, bytes.length)) {
      this.#remember(number);
      let sector = this.#sectors.get(number);
      if (sector === undefined) {
        sector = { bytes: new Uint8Array(sectorSize), isSet: new Uint8Array(sectorSize) };
        this.#sectors.set(number, sector);
      }
      sector.bytes.set(bytes.subarray(at, at + to - from), from);
      sector.isSet.fill(1, from, to);
    }
  }

  /** Puts what is to be written over bytes that were read at `offset`. */
  overlay(offset: number, target: Uint8Array): void {
    if (this.isEmpty) return;
    for (const { number, from, to, at } of sectorsOf(offset, target.length)) {
      const sector = this.#sectors.get(number);
      if (sector === undefined) continue;
      for (let byte = from; byte < to; byte++) {
        if (sector.isSet[byte] === 1) target[at + byte - from] = sector.bytes[byte];
      }
    }
  }

  /** Forgets what was to be written in a range. */
  drop(offset: number, length: number): void {
    if (this.isEmpty) return;
    for (const { number, from, to } of sectorsOf(offset, length)) {
      const sector = this.#sectors.get(number);
      if (sector === undefined) continue;
      this.#remember(number);
      sector.isSet.fill(0, from, to);
      if (!sector.isSet.includes(1)) this.#sectors.delete(number);
    }
  }

  /** From here on, what is added and dropped belongs to a change that is kept or given up. */
  beginChange(): void {
    this.#isChanging = true;
    this.#before = null;
  }

  keepChange(): void {
    this.#isChanging = false;
    this.#before = null;
  }

  giveUpChange(): void {
    for (const [number, sector] of this.#before ?? []) {
      if (sector === undefined) this.#sectors.delete(number);
      else this.#sectors.set(number, sector);
    }
    this.keepChange();
  }

  #remember(number: number): void {
    if (!this.#isChanging || this.#before?.has(number)) return;
    const sector = this.#sectors.get(number);
    this.#before ??= new Map();
    this.#before.set(number, sector && { bytes: sector.bytes.slice(), isSet: sector.isSet.slice() });
  }

  /** The writes in ascending order, each as long as it can be; they stay until {@link clear}. */
  pending(): PlannedWrite[] {
    const writes: PlannedWrite[] = [];
    let parts: Uint8Array[] = [];
    let start = 0;
    let end = -1;
    const close = (): void => {
      if (parts.length > 0) writes.push({ offset: start, bytes: joined(parts, end - start) });
      parts = [];
    };
    for (const [number, sector] of [...this.#sectors].sort(([a], [b]) => a - b)) {
      for (const [from, to] of runsOf(sector.isSet)) {
        const offset = number * sectorSize + from;
        if (offset !== end) {
          close();
          start = offset;
        }
        parts.push(sector.bytes.subarray(from, to));
        end = number * sectorSize + to;
      }
    }
    close();
    return writes;
  }

  clear(): void {
    this.#sectors.clear();
  }
}

/** The part of a range that lies in one sector: bytes `from` to `to` of the sector, `at` bytes from the range's start. */
interface SectorPart {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

function* sectorsOf(offset: number, length: number): Generator<SectorPart, void, undefined> {
  for (let at = 0; at < length; ) {
    const number = Math.floor((offset + at) / sectorSize);
    const from = offset + at - number * sectorSize;
    const to = Math.min(sectorSize, from + length - at);
    yield { number, from, to, at };
    at += to - from;
  }
}

function* runsOf(isSet: Uint8Array): Generator<readonly [number, number], void, undefined> {
  for (let from = isSet.indexOf(1); from >= 0; ) {
    const next = isSet.indexOf(0, from);
    const to = next < 0 ? isSet.length : next;
    yield [from, to];
    from = isSet.indexOf(1, to);
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
