import type { Device } from "../../src/format/storage/device.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";

/** Bytes that several devices share, as several programs share a file: nothing of them is resident in any. */
export class SharedBytes {
  readonly memory: MemoryDevice;
  /** How often they were changed. */
  changes = 0;
  /** Writes that are to succeed before all fail; none where it is infinite. */
  writesLeft = Number.POSITIVE_INFINITY;

  constructor(bytes: Uint8Array) {
    this.memory = new MemoryDevice(bytes.slice(), { writable: true });
  }

  get bytes(): Uint8Array {
    return this.memory.bytes().slice();
  }

  /** A device of its own. `versioned`: it says when the bytes were changed. */
  device(options: { readonly versioned: boolean }): Device {
    return new SharedDevice(this, options.versioned);
  }
}

class SharedDevice implements Device {
  readonly name = "shared";
  readonly writable = true;
  readonly pageSize = 512;
  readonly version?: () => string;
  readonly #shared: SharedBytes;
  #size: number;

  constructor(shared: SharedBytes, versioned: boolean) {
    this.#shared = shared;
    this.#size = shared.memory.size;
    if (versioned) this.version = () => String(shared.changes);
  }

  /** As last heard of: a program does not see what another one has appended. */
  get size(): number {
    return this.#size;
  }

  refresh(): void {
    this.#size = this.#shared.memory.size;
  }

  readSync(offset: number, target: Uint8Array): void {
    this.#shared.memory.readSync(offset, target);
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    await Promise.resolve();
    this.readSync(offset, target);
  }

  writeSync(offset: number, bytes: Uint8Array): void {
    this.#change();
    this.#shared.memory.writeSync(offset, bytes);
    this.#size = Math.max(this.#size, offset + bytes.length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    this.writeSync(offset, bytes);
  }

  truncateSync(size: number): void {
    this.#change();
    this.#shared.memory.truncateSync(size);
    this.#size = size;
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  #change(): void {
    if (this.#shared.writesLeft-- <= 0) throw new Error("no more writes");
    this.#shared.changes++;
  }

  barrierSync(): void {}

  async barrier(): Promise<void> {}

  closeSync(): void {}

  async close(): Promise<void> {}
}
