import { HDF5Error } from "../errors.js";
import type { Device } from "./device.js";
import { checkRange } from "./device-errors.js";

/** A device's place within an {@link AssembledDevice}. */
export interface DevicePart {
  readonly device: Device;
  /** Offset of the device's first byte; parts are in ascending order and do not overlap. */
  readonly start: number;
}

interface PartRead {
  readonly device: Device;
  readonly offset: number;
  readonly target: Uint8Array;
}

/** Several devices as one, for reading: the members of a family, multi or split file. What lies between is zero. */
export class AssembledDevice implements Device {
  readonly name: string;
  readonly size: number;
  readonly writable = false;
  readonly pageSize: number | undefined;
  readonly readSync?: (offset: number, target: Uint8Array) => void;
  readonly closeSync?: () => void;
  readonly #parts: readonly DevicePart[];

  constructor(name: string, parts: readonly DevicePart[]) {
    const last = parts[parts.length - 1];
    this.name = name;
    this.size = last.start + last.device.size;
    this.pageSize = parts[0].device.pageSize;
    this.#parts = parts;
    if (parts.every(({ device }) => device.readSync !== undefined)) {
      this.readSync = (offset, target) => {
        for (const read of this.#split(offset, target)) read.device.readSync?.(read.offset, read.target);
      };
    }
    if (parts.every(({ device }) => device.closeSync !== undefined)) {
      this.closeSync = () => {
        for (const { device } of parts) device.closeSync?.();
      };
    }
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    await Promise.all(
      this.#split(offset, target).map(({ device, offset: at, target: bytes }) => device.read(at, bytes, signal)),
    );
  }

  #split(offset: number, target: Uint8Array): PartRead[] {
    checkRange(offset, target.length, this.size);
    const end = offset + target.length;
    const reads: PartRead[] = [];
    let filled = offset;
    for (let index = this.#partAt(offset); index < this.#parts.length; index++) {
      const { device, start } = this.#parts[index];
      if (start >= end) break;
      const from = Math.max(offset, start);
      const to = Math.min(end, start + device.size);
      if (from >= to) continue;
      target.fill(0, filled - offset, from - offset);
      reads.push({ device, offset: from - start, target: target.subarray(from - offset, to - offset) });
      filled = to;
    }
    target.fill(0, filled - offset);
    return reads;
  }

  /** The last part that begins at or before `offset`. */
  #partAt(offset: number): number {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#parts[middle].start <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async close(): Promise<void> {
    const results = await Promise.allSettled(this.#parts.map(({ device }) => device.close()));
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      const { reason } = result;
      throw reason instanceof HDF5Error
        ? reason
        : new HDF5Error("io", `${this.name}: ${String(reason)}`, { cause: reason });
    }
  }
}
