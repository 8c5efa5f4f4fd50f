import { HDF5Error } from "../errors.js";
import type { Device } from "./device.js";
import { checkRange, ioError, throwIfAborted } from "./device-errors.js";

/** A `Blob` or `File`: asynchronous and read-only. */
export class BlobDevice implements Device {
  readonly name: string;
  readonly size: number;
  readonly writable = false;
  readonly pageSize = 64 * 1024;
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.#blob = blob;
    this.size = blob.size;
    this.name = "name" in blob && typeof blob.name === "string" ? blob.name : "blob";
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    checkRange(offset, target.length, this.size);
    throwIfAborted(signal);
    let bytes: ArrayBuffer;
    try {
      bytes = await this.#blob.slice(offset, offset + target.length).arrayBuffer();
    } catch (error) {
      throw ioError(error, this.name, signal);
    }
    throwIfAborted(signal);
    if (bytes.byteLength !== target.length) {
      throw new HDF5Error("io", `${this.name}: asked for ${target.length} bytes, got ${bytes.byteLength}`, { offset });
    }
    target.set(new Uint8Array(bytes));
  }

  async close(): Promise<void> {}
}
