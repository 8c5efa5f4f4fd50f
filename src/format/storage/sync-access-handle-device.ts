import { HDF5Error } from "../errors.js";
import type { Device } from "./device.js";
import { checkRange, ioError, readOnly } from "./device-errors.js";

/** What this library uses of the `FileSystemSyncAccessHandle` of the origin-private file system. */
export interface SyncAccessHandle {
  read(target: Uint8Array, options: { readonly at: number }): number;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  getSize(): number;
  close(): void;
}

/** A file of the origin-private file system, held through a synchronous access handle in a worker. */
export class SyncAccessHandleDevice implements Device {
  readonly name = "sync access handle";
  readonly writable: boolean;
  readonly #handle: SyncAccessHandle;
  #size: number;

  constructor(handle: SyncAccessHandle, options: { readonly writable?: boolean } = {}) {
    this.#handle = handle;
    this.writable = options.writable ?? true;
    this.#size = this.#attempt(() => handle.getSize());
  }

  get size(): number {
    return this.#size;
  }

  readSync(offset: number, target: Uint8Array): void {
    checkRange(offset, target.length, this.#size);
    this.#attempt(() => {
      for (let done = 0; done < target.length; ) {
        const count = this.#handle.read(done === 0 ? target : target.subarray(done), { at: offset + done });
        if (count <= 0) throw new HDF5Error("io", `${this.name}: the file ended early`, { offset: offset + done });
        done += count;
      }
    });
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    this.readSync(offset, target);
  }

  writeSync(offset: number, bytes: Uint8Array): void {
    if (!this.writable) throw readOnly(this.name);
    this.#attempt(() => {
      for (let done = 0; done < bytes.length; ) {
        const count = this.#handle.write(done === 0 ? bytes : bytes.subarray(done), { at: offset + done });
        if (count <= 0) throw new HDF5Error("io", `${this.name}: nothing was written`, { offset: offset + done });
        done += count;
        this.#size = Math.max(this.#size, offset + done);
      }
    });
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.writeSync(offset, bytes);
  }

  truncateSync(size: number): void {
    if (!this.writable) throw readOnly(this.name);
    this.#attempt(() => this.#handle.truncate(size));
    this.#size = size;
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  barrierSync(): void {
    this.#attempt(() => this.#handle.flush());
  }

  async barrier(): Promise<void> {
    this.barrierSync();
  }

  closeSync(): void {
    this.#attempt(() => this.#handle.close());
  }

  async close(): Promise<void> {
    this.closeSync();
  }

  #attempt<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw ioError(error, this.name);
    }
  }
}
