import type { Device } from "../../src/format/storage/device.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";

/** What was done to a {@link RecordingDevice}. */
export type DeviceEvent =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array; readonly flip: boolean }
  | { readonly kind: "truncate"; readonly size: number }
  | { readonly kind: "barrier" };

/** Bytes as a crash would leave them. */
export interface CrashImage {
  /** What was cut where, for messages. */
  readonly description: string;
  readonly bytes: Uint8Array;
}

const sectorSize = 512;

/** A memory device that logs every change, so that the images a crash could leave can be made. */
export class RecordingDevice implements Device {
  readonly name = "recording";
  readonly writable = true;
  readonly events: DeviceEvent[] = [];
  readonly #initial: Uint8Array;
  readonly #memory: MemoryDevice;

  constructor(initial: Uint8Array = new Uint8Array(0)) {
    this.#initial = initial.slice();
    this.#memory = new MemoryDevice(this.#initial, { writable: true });
  }

  get size(): number {
    return this.#memory.size;
  }

  get resident(): Uint8Array {
    return this.#memory.resident;
  }

  /** The content now. */
  bytes(): Uint8Array {
    return this.#memory.bytes();
  }

  readSync(offset: number, target: Uint8Array): void {
    this.#memory.readSync(offset, target);
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    this.readSync(offset, target);
  }

  writeSync(offset: number, bytes: Uint8Array, flip = false): void {
    if (flip && Math.floor(offset / sectorSize) !== Math.floor((offset + bytes.length - 1) / sectorSize)) {
      throw new Error(`a flip of ${bytes.length} bytes at ${offset} crosses a sector`);
    }
    this.events.push({ kind: "write", offset, bytes: bytes.slice(), flip });
    this.#memory.writeSync(offset, bytes);
  }

  async write(offset: number, bytes: Uint8Array, flip = false): Promise<void> {
    this.writeSync(offset, bytes, flip);
  }

  truncateSync(size: number): void {
    this.events.push({ kind: "truncate", size });
    this.#memory.truncateSync(size);
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  barrierSync(): void {
    this.events.push({ kind: "barrier" });
  }

  async barrier(): Promise<void> {
    this.barrierSync();
  }

  async close(): Promise<void> {}

  closeSync(): void {}

  /** The content after the first `count` events: what stopping the process there leaves. */
  prefix(count: number): Uint8Array {
    return this.#replay(this.events.slice(0, count)).bytes();
  }

  /** Every prefix, the initial content and the final one included. */
  *prefixes(): Generator<CrashImage> {
    for (let count = 0; count <= this.events.length; count++) {
      if (count > 0 && this.events[count - 1].kind === "barrier") continue;
      yield { description: `after ${count} of ${this.events.length} events`, bytes: this.prefix(count) };
    }
  }

  /** Every prefix with the next write torn at each sector boundary within it. */
  *tornPrefixes(): Generator<CrashImage> {
    for (let count = 0; count < this.events.length; count++) {
      const event = this.events[count];
      if (event.kind !== "write") continue;
      const end = event.offset + event.bytes.length;
      for (let cut = (Math.floor(event.offset / sectorSize) + 1) * sectorSize; cut < end; cut += sectorSize) {
        const torn = { ...event, bytes: event.bytes.subarray(0, cut - event.offset) };
        yield {
          description: `event ${count} torn at byte ${cut}`,
          bytes: this.#replay([...this.events.slice(0, count), torn]).bytes(),
        };
      }
    }
  }

  /**
   * `count` images in which all before some barrier is there, and of the changes up to the next one a random
   * subset. `random` answers numbers in [0, 1).
   */
  *subsets(count: number, random: () => number): Generator<CrashImage> {
    const groups: DeviceEvent[][] = [[]];
    for (const event of this.events) {
      if (event.kind === "barrier") groups.push([]);
      else groups[groups.length - 1].push(event);
    }
    for (let image = 0; image < count; image++) {
      const chosen = Math.floor(random() * groups.length);
      const subset = groups[chosen].filter(() => random() < 0.5);
      yield {
        description: `${subset.length} of ${groups[chosen].length} changes after barrier ${chosen}`,
        bytes: this.#replay([...groups.slice(0, chosen).flat(), ...subset]).bytes(),
      };
    }
  }

  /**
   * `count` images in which all before some barrier is there, and of what each sector was to get up to the next one a
   * random subset: a device may write the sectors of one request in any order.
   */
  *sectorSubsets(count: number, random: () => number): Generator<CrashImage> {
    const groups: DeviceEvent[][] = [[]];
    for (const event of this.events) {
      if (event.kind === "barrier") groups.push([]);
      else if (event.kind === "write") groups[groups.length - 1].push(...sectorsOf(event));
      else groups[groups.length - 1].push(event);
    }
    for (let image = 0; image < count; image++) {
      const chosen = Math.floor(random() * groups.length);
      const share = random();
      const subset = groups[chosen].filter(() => random() < share);
      yield {
        description: `${subset.length} of ${groups[chosen].length} sectors after barrier ${chosen}`,
        bytes: this.#replay([...groups.slice(0, chosen).flat(), ...subset]).bytes(),
      };
    }
  }

  #replay(events: readonly DeviceEvent[]): MemoryDevice {
    const device = new MemoryDevice(this.#initial, { writable: true });
    for (const event of events) {
      if (event.kind === "write") device.writeSync(event.offset, event.bytes);
      else if (event.kind === "truncate") device.truncateSync(event.size);
    }
    return device;
  }
}

/** A write as its sectors are written. */
function* sectorsOf(event: DeviceEvent & { readonly kind: "write" }): Generator<DeviceEvent> {
  const end = event.offset + event.bytes.length;
  for (let start = event.offset; start < end; ) {
    const next = Math.min(end, (Math.floor(start / sectorSize) + 1) * sectorSize);
    yield { ...event, offset: start, bytes: event.bytes.subarray(start - event.offset, next - event.offset) };
    start = next;
  }
}
