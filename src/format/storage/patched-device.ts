import type { Device } from "./device.js";
import { checkRange } from "./device-errors.js";

/** Bytes that replace those of a device. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A device some of whose bytes are given otherwise, for reading: a file with a metadata cache image. */
export class PatchedDevice implements Device {
  readonly name: string;
  readonly size: number;
  readonly writable = false;
  readonly pageSize: number | undefined;
  readonly readSync?: (offset: number, target: Uint8Array) => void;
  readonly closeSync?: () => void;
  readonly #device: Device;
  /** In ascending order, without overlaps. */
  readonly #patches: readonly Patch[];

  constructor(device: Device, patches: readonly Patch[]) {
    this.#device = device;
    this.#patches = patches;
    this.name = device.name;
    this.pageSize = device.pageSize;
    const last = patches.at(-1);
    this.size = Math.max(device.size, last === undefined ? 0 : last.offset + last.bytes.length);
    if (device.readSync !== undefined) {
      this.readSync = (offset, target) => {
        const stored = this.#stored(offset, target);
        if (stored.length > 0) device.readSync?.(offset, stored);
        this.#patch(offset, target);
      };
    }
    if (device.closeSync !== undefined) this.closeSync = () => device.closeSync?.();
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const stored = this.#stored(offset, target);
    if (stored.length > 0) await this.#device.read(offset, stored, signal);
    this.#patch(offset, target);
  }

  /** The part of `target` that the device has; the rest is cleared. */
  #stored(offset: number, target: Uint8Array): Uint8Array {
    checkRange(offset, target.length, this.size);
    const length = Math.max(0, Math.min(target.length, this.#device.size - offset));
    target.fill(0, length);
    return target.subarray(0, length);
  }

  #patch(offset: number, target: Uint8Array): void {
    const end = offset + target.length;
    for (let index = this.#firstAfter(offset); index < this.#patches.length; index++) {
      const patch = this.#patches[index];
      if (patch.offset >= end) return;
      const from = Math.max(offset, patch.offset);
      const to = Math.min(end, patch.offset + patch.bytes.length);
      target.set(patch.bytes.subarray(from - patch.offset, to - patch.offset), from - offset);
    }
  }

  /** The first patch that ends after `offset`. */
  #firstAfter(offset: number): number {
    let low = 0;
    let high = this.#patches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { offset: start, bytes } = this.#patches[middle];
      if (start + bytes.length > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  close(): Promise<void> {
    return this.#device.close();
  }
}
