import { HDF5Error, invalidArgument } from "../errors.js";
import type { Device } from "./device.js";
import { checkRange, readOnly, throwIfAborted } from "./device-errors.js";
import type { FileLock, Unlock } from "./file-lock.js";
import type { LocalFileMode, OpenedFile } from "./local-file-open.js";
import { openLocked, openLockedSync } from "./local-file-open.js";
import type { FileSystem } from "./local-files.js";
import { fileError, fileSystem, localPath } from "./local-files.js";

/** How a {@link Device} on a local file is opened. */
export interface LocalFileOptions {
  readonly mode: LocalFileMode;
  /** The lock to take on it, which ends with the device. Default: none. */
  readonly lock?: FileLock | null;
}

/** One system call moves less than 2 GiB. */
const largestTransfer = 2 ** 30;

type Transfer = (bytes: Uint8Array, start: number, length: number, position: number) => Promise<number>;

/** Opens a local file for a {@link Device} with synchronous and asynchronous calls. */
export function openLocalFileDeviceSync(path: string | URL, { mode, lock = null }: LocalFileOptions): Device {
  const name = localPath(path);
  return deviceOn(name, openLockedSync(name, mode, lock), mode);
}

/** {@link openLocalFileDeviceSync} without blocking. */
export async function openLocalFileDevice(
  path: string | URL,
  { mode, lock = null }: LocalFileOptions,
): Promise<Device> {
  const name = localPath(path);
  return deviceOn(name, await openLocked(name, mode, lock), mode);
}

function deviceOn(name: string, opened: OpenedFile, mode: LocalFileMode): Device {
  const fs = fileSystem();
  try {
    const stats = fs.fstatSync(opened.descriptor);
    if (stats.isDirectory()) throw invalidArgument(`${name} is a directory`);
    if (!stats.isFile()) throw invalidArgument(`${name} is not a regular file`);
    return new LocalFileDevice(fs, name, opened, stats.size, mode !== "r");
  } catch (error) {
    fs.closeSync(opened.descriptor);
    opened.unlock();
    throw fileError(error, name);
  }
}

class LocalFileDevice implements Device {
  readonly name: string;
  readonly writable: boolean;
  readonly pageSize = 4096;
  readonly #fs: FileSystem;
  readonly #descriptor: number;
  readonly #unlock: Unlock;
  readonly #readPiece: Transfer;
  readonly #writePiece: Transfer;
  #size: number;
  #closing = false;
  /** Asynchronous calls under way: the descriptor must outlive them, its number may be given to another file. */
  #pending = 0;
  #whenIdle: (() => void)[] = [];
  /** The failure of a barrier: what is on disk is no longer known, so nothing more is written. */
  #poison: HDF5Error | undefined;

  constructor(fs: FileSystem, name: string, { descriptor, unlock }: OpenedFile, size: number, writable: boolean) {
    this.#fs = fs;
    this.name = name;
    this.#descriptor = descriptor;
    this.#unlock = unlock;
    this.#size = size;
    this.writable = writable;
    this.#readPiece = (bytes, start, length, position) =>
      new Promise((resolve, reject) => {
        fs.read(descriptor, bytes, start, length, position, (error, count) => (error ? reject(error) : resolve(count)));
      });
    this.#writePiece = (bytes, start, length, position) =>
      new Promise((resolve, reject) => {
        fs.write(descriptor, bytes, start, length, position, (error, count) =>
          error ? reject(error) : resolve(count),
        );
      });
  }

  get size(): number {
    return this.#size;
  }

  readSync(offset: number, target: Uint8Array): void {
    this.#checkRead(offset, target.length);
    try {
      for (let done = 0; done < target.length; ) {
        const length = Math.min(target.length - done, largestTransfer);
        done += this.#moved(this.#fs.readSync(this.#descriptor, target, done, length, offset + done), offset);
      }
    } catch (error) {
      throw fileError(error, this.name);
    }
  }

  async read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#checkRead(offset, target.length);
    await this.#run(async () => {
      for (let done = 0; done < target.length; ) {
        throwIfAborted(signal);
        const length = Math.min(target.length - done, largestTransfer);
        done += this.#moved(await this.#readPiece(target, done, length, offset + done), offset);
      }
    });
  }

  writeSync(offset: number, bytes: Uint8Array): void {
    this.#checkWrite();
    try {
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(bytes.length - done, largestTransfer);
        done += this.#moved(this.#fs.writeSync(this.#descriptor, bytes, done, length, offset + done), offset);
        this.#size = Math.max(this.#size, offset + done);
      }
    } catch (error) {
      throw fileError(error, this.name);
    }
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#checkWrite();
    await this.#run(async () => {
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(bytes.length - done, largestTransfer);
        done += this.#moved(await this.#writePiece(bytes, done, length, offset + done), offset);
        this.#size = Math.max(this.#size, offset + done);
      }
    });
  }

  truncateSync(size: number): void {
    this.#checkWrite();
    try {
      this.#fs.ftruncateSync(this.#descriptor, size);
    } catch (error) {
      throw fileError(error, this.name);
    }
    this.#size = size;
  }

  async truncate(size: number): Promise<void> {
    this.#checkWrite();
    await this.#run(
      () =>
        new Promise<void>((resolve, reject) => {
          this.#fs.ftruncate(this.#descriptor, size, (error) => (error ? reject(error) : resolve()));
        }),
    );
    this.#size = size;
  }

  barrierSync(): void {
    if (!this.writable) return;
    this.#checkWrite();
    try {
      this.#fs.fsyncSync(this.#descriptor);
    } catch (error) {
      throw this.#poisoned(error);
    }
  }

  async barrier(): Promise<void> {
    if (!this.writable) return;
    this.#checkWrite();
    try {
      await this.#run(
        () =>
          new Promise<void>((resolve, reject) => {
            this.#fs.fsync(this.#descriptor, (error) => (error ? reject(error) : resolve()));
          }),
      );
    } catch (error) {
      throw this.#poisoned(error);
    }
  }

  closeSync(): void {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#pending === 0) this.#release();
    else this.#whenIdle.push(() => this.#release());
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#pending > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    this.#release();
  }

  #release(): void {
    try {
      this.#fs.closeSync(this.#descriptor);
    } catch (error) {
      throw fileError(error, this.name);
    } finally {
      this.#unlock();
    }
  }

  async #run(action: () => Promise<void>): Promise<void> {
    this.#pending++;
    try {
      await action();
    } catch (error) {
      throw fileError(error, this.name);
    } finally {
      this.#pending--;
      if (this.#pending === 0) for (const resume of this.#whenIdle.splice(0)) resume();
    }
  }

  #moved(count: number, offset: number): number {
    if (count > 0) return count;
    throw new HDF5Error("io", `${this.name}: the file ended early; was it cut while open?`, { offset });
  }

  #poisoned(error: unknown): HDF5Error {
    const failure = fileError(error, this.name);
    this.#poison ??= new HDF5Error("io", `${this.name}: syncing failed, nothing more is written: ${failure.message}`, {
      cause: error,
    });
    return this.#poison;
  }

  #checkOpen(): void {
    if (this.#closing) throw new HDF5Error("closed", `${this.name} is closed`);
  }

  #checkRead(offset: number, length: number): void {
    this.#checkOpen();
    checkRange(offset, length, this.#size);
  }

  #checkWrite(): void {
    this.#checkOpen();
    if (!this.writable) throw readOnly(this.name);
    if (this.#poison !== undefined) throw this.#poison;
  }
}
