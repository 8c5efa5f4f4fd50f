import { HDF5Error, invalidArgument } from "../errors.js";
import type { Device } from "./device.js";
import { checkRange, readOnly } from "./device-errors.js";

/** How a {@link MemoryDevice} behaves. */
export interface MemoryDeviceOptions {
  /** Whether it can be written. Default: yes when it starts empty, no for given bytes. */
  readonly writable?: boolean;
  /** Name for messages. Default "memory". */
  readonly name?: string;
}

const smallestCapacity = 4096;

/** Bytes in memory, growing as they are written. Bytes that were given are copied before the first change. */
export class MemoryDevice implements Device {
  readonly name: string;
  readonly writable: boolean;
  readonly #isReadOnly: boolean;
  /** Everything past `#size` is zero while `#owned`. */
  #buffer: Uint8Array;
  #owned: boolean;
  #size: number;
  #resident: Uint8Array;

  constructor(bytes?: Uint8Array | ArrayBuffer | SharedArrayBuffer, options: MemoryDeviceOptions = {}) {
    const given = bytes === undefined || bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    this.#buffer = given ?? new Uint8Array(0);
    this.#owned = given === undefined;
    this.#size = this.#buffer.length;
    this.#resident = this.#buffer;
    this.writable = options.writable ?? given === undefined;
    this.#isReadOnly = !this.writable;
    this.name = options.name ?? "memory";
  }

  get size(): number {
    return this.#size;
  }

  get resident(): Uint8Array {
    return this.#resident;
  }

  /** The content. Later writes do not change what was returned. */
  bytes(): Uint8Array {
    if (this.#buffer.length !== this.#size) this.#buffer = this.#buffer.slice(0, this.#size);
    this.#resident = this.#buffer;
    this.#owned = false;
    return this.#buffer;
  }

  readSync(offset: number, target: Uint8Array): void {
    checkRange(offset, target.length, this.#size);
    target.set(this.#resident.subarray(offset, offset + target.length));
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    this.readSync(offset, target);
  }

  writeSync(offset: number, bytes: Uint8Array): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw invalidArgument(`cannot write at offset ${offset}`);
    const size = Math.max(this.#size, offset + bytes.length);
    this.#reserve(size);
    this.#buffer.set(bytes, offset);
    this.#resize(size);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.writeSync(offset, bytes);
  }

  truncateSync(size: number): void {
    if (!Number.isSafeInteger(size) || size < 0) throw invalidArgument(`cannot set the size to ${size}`);
    this.#reserve(size);
    if (size < this.#size) this.#buffer.fill(0, size, this.#size);
    this.#resize(size);
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  barrierSync(): void {}

  async barrier(): Promise<void> {}

  closeSync(): void {}

  async close(): Promise<void> {}

  #resize(size: number): void {
    if (size === this.#size && this.#resident.buffer === this.#buffer.buffer) return;
    this.#size = size;
    this.#resident = this.#buffer.subarray(0, size);
  }

  /** Makes the buffer this device's own, and large enough. */
  #reserve(size: number): void {
    if (this.#isReadOnly) throw readOnly(this.name);
    if (this.#owned && size <= this.#buffer.length) return;
    const grown = size > this.#buffer.length ? Math.max(size, 2 * this.#buffer.length, smallestCapacity) : size;
    const buffer = allocate(grown) ?? allocate(size);
    if (buffer === undefined) throw new HDF5Error("limit", `cannot hold ${size} bytes in memory`);
    buffer.set(this.#resident.subarray(0, buffer.length));
    this.#buffer = buffer;
    this.#owned = true;
    this.#resident = buffer.subarray(0, this.#size);
  }
}

function allocate(length: number): Uint8Array | undefined {
  try {
    return new Uint8Array(length);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
