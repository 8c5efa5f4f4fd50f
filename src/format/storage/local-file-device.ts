import { HDF5Error, invalidArgument } from "../errors.js";
import type { Device } from "./device.js";
import { checkRange, readOnly, throwIfAborted } from "./device-errors.js";
import { exclusionPath, tryExclude } from "./exclusion-file.js";
import type { FileLock, Unlock } from "./file-lock.js";
import { fileVersion, makeNewer } from "./file-version.js";
import type { LocalFileMode, OpenedFile } from "./local-file-open.js";
import { isAt, openLocked, openLockedSync } from "./local-file-open.js";
import type { FileIdentity, FileSystem } from "./local-files.js";
import { fileError, fileSystem, localPath, realPath } from "./local-files.js";

/** How a {@link Device} on a local file is opened. */
export interface LocalFileOptions {
  readonly mode: LocalFileMode;
  /** The lock to take on it, which ends with the device. Default: none. */
  readonly lock?: FileLock | null;
  /** Whether the file is only built there and moved to its place later: until then nobody else looks for it. */
  readonly isTemporary?: boolean;
}

/** A {@link Device} on a local file. */
export interface LocalDevice extends Device {
  version(hasWritten?: boolean): string;
  readonly identity: FileIdentity;
  /** Says where the file is now, which was moved. */
  movedTo(path: string): void;
}

/** One system call moves less than 2 GiB. */
const largestTransfer = 2 ** 30;

type Transfer = (bytes: Uint8Array, start: number, length: number, position: number) => Promise<number>;

/** Opens a local file for a {@link Device} with synchronous and asynchronous calls. */
export function openLocalFileDeviceSync(path: string | URL, options: LocalFileOptions): LocalDevice {
  const name = localPath(path);
  return deviceOn(name, openLockedSync(name, options.mode, options.lock ?? null), options);
}

/** {@link openLocalFileDeviceSync} without blocking. */
export async function openLocalFileDevice(path: string | URL, options: LocalFileOptions): Promise<LocalDevice> {
  const name = localPath(path);
  return deviceOn(name, await openLocked(name, options.mode, options.lock ?? null), options);
}

function deviceOn(name: string, opened: OpenedFile, options: LocalFileOptions): LocalDevice {
  const fs = fileSystem();
  try {
    const stats = fs.fstatSync(opened.descriptor, { bigint: true });
    if (!stats.isFile()) throw invalidArgument(`${name} is not a regular file`);
    return new LocalFileDevice(fs, name, opened, stats, options);
  } catch (error) {
    fs.closeSync(opened.descriptor);
    opened.unlock();
    throw fileError(error, name);
  }
}

class LocalFileDevice implements LocalDevice {
  name: string;
  readonly identity: FileIdentity;
  readonly writable: boolean;
  readonly pageSize = 4096;
  readonly #fs: FileSystem;
  readonly #options: LocalFileOptions;
  #descriptor: number;
  #unlock: Unlock;
  /** Where the file is; `null` while nobody else looks for it. */
  #path: string | null;
  /** When it was changed, as last asked. */
  #modified = 0n;
  #exclusionPath: string | null = null;
  readonly #readPiece: Transfer;
  readonly #writePiece: Transfer;
  #size: number;
  #closing = false;
  /** Asynchronous calls under way: the descriptor must outlive them, its number may be given to another file. */
  #pending = 0;
  #whenIdle: (() => void)[] = [];
  /** The failure of a barrier: what is on disk is no longer known, so nothing more is written. */
  #poison: HDF5Error | undefined;

  constructor(
    fs: FileSystem,
    name: string,
    opened: OpenedFile,
    stats: FileIdentity & { readonly size: bigint },
    options: LocalFileOptions,
  ) {
    this.#fs = fs;
    this.name = name;
    this.#options = options;
    this.#descriptor = opened.descriptor;
    this.#unlock = opened.unlock;
    this.#path = options.isTemporary === true ? null : name;
    this.#size = Number(stats.size);
    this.identity = stats;
    this.writable = options.mode !== "r";
    this.#readPiece = (bytes, start, length, position) =>
      new Promise((resolve, reject) => {
        fs.read(this.#descriptor, bytes, start, length, position, (error, count) =>
          error ? reject(error) : resolve(count),
        );
      });
    this.#writePiece = (bytes, start, length, position) =>
      new Promise((resolve, reject) => {
        fs.write(this.#descriptor, bytes, start, length, position, (error, count) =>
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

  movedTo(path: string): void {
    this.name = path;
    this.#path = path;
    this.#exclusionPath = null;
  }

  version(hasWritten = false): string {
    this.#checkOpen();
    try {
      let found = fileVersion(this.#fs, this.#descriptor, this.#path);
      if (hasWritten && found.modified <= this.#modified && makeNewer(this.#fs, this.#descriptor, this.#modified)) {
        found = fileVersion(this.#fs, this.#descriptor, this.#path);
      }
      this.#modified = found.modified;
      return found.text;
    } catch (error) {
      throw fileError(error, this.name);
    }
  }

  refresh(atOnce: boolean): void | Promise<void> {
    this.#checkOpen();
    if (isAt(this.#fs, this.#descriptor, this.name)) {
      this.#size = this.#fs.fstatSync(this.#descriptor).size;
      return;
    }
    const { mode, lock = null } = this.#options;
    if (!atOnce) return openLocked(this.name, mode, lock).then((opened) => this.#replace(opened));
    this.#replace(openLockedSync(this.name, mode, lock));
  }

  /** Goes on with the file that has taken the place of this one. */
  #replace(opened: OpenedFile): void {
    const { size } = this.#fs.fstatSync(opened.descriptor);
    this.#release();
    this.#descriptor = opened.descriptor;
    this.#unlock = opened.unlock;
    this.#size = size;
  }

  tryExclude(): (() => void) | null {
    if (!this.writable || this.#path === null) return () => {};
    this.#exclusionPath ??= exclusionPath(realPath(this.#path));
    return tryExclude(this.#exclusionPath);
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
