import type { Device } from "../../src/format/storage/device.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";

export type DeviceCall = "read" | "write" | "truncate" | "barrier";

/** Called as each request begins, with its number; what it throws is the request's failure. */
export type OnCall = (call: DeviceCall, index: number) => void;

/**
 * Bytes in memory, of which every read is a request, and what happens at each request is the test's choice. One that
 * is `sync` answers at once; otherwise it only has asynchronous calls, as servers have.
 */
export class FaultyDevice implements Device {
  readonly name = "faulty";
  readonly writable = true;
  readonly pageSize = 512;
  readonly readSync?: (offset: number, target: Uint8Array) => void;
  readonly writeSync?: (offset: number, bytes: Uint8Array) => void;
  readonly truncateSync?: (size: number) => void;
  readonly barrierSync?: () => void;
  /** Bytes written so far. */
  written = 0;
  closed = false;
  /** Requests since {@link watch}. */
  calls = 0;
  readonly #memory: MemoryDevice;
  #onCall: OnCall | null = null;

  constructor(bytes: Uint8Array, sync: boolean) {
    this.#memory = new MemoryDevice(bytes.slice(), { writable: true });
    if (!sync) return;
    this.readSync = (offset, target) => this.#read(offset, target);
    this.writeSync = (offset, content) => this.#write(offset, content);
    this.truncateSync = (size) => this.#truncate(size);
    this.barrierSync = () => this.#begin("barrier");
  }

  get size(): number {
    return this.#memory.size;
  }

  /** The content now. */
  bytes(): Uint8Array {
    return this.#memory.bytes();
  }

  /** Counts requests from 0 on, and calls back at each; `null` ends that. */
  watch(onCall: OnCall | null): void {
    this.calls = 0;
    this.#onCall = onCall;
  }

  #begin(call: DeviceCall): void {
    const index = this.calls++;
    this.#onCall?.(call, index);
  }

  #read(offset: number, target: Uint8Array): void {
    this.#begin("read");
    this.#memory.readSync(offset, target);
  }

  #write(offset: number, bytes: Uint8Array): void {
    this.#begin("write");
    this.written += bytes.length;
    this.#memory.writeSync(offset, bytes);
  }

  #truncate(size: number): void {
    this.#begin("truncate");
    this.#memory.truncateSync(size);
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    await undefined;
    this.#read(offset, target);
    await undefined;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    await undefined;
    this.#write(offset, bytes);
    await undefined;
  }

  async truncate(size: number): Promise<void> {
    await undefined;
    this.#truncate(size);
  }

  async barrier(): Promise<void> {
    await undefined;
    this.#begin("barrier");
    await undefined;
  }

  closeSync(): void {
    this.closed = true;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
