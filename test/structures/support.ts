import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { corrupt } from "../../src/format/errors.js";
import { defaultLimits } from "../../src/format/limits.js";
import type { Storage } from "../../src/format/storage/storage.js";
import { MissingBytes } from "../../src/format/storage/storage.js";
import type { NewBlock } from "../../src/format/structures/btree-v1.js";
import type { FileContext } from "../../src/format/structures/context.js";
import type { Superblock } from "../../src/format/structures/superblock.js";
import { decodeSuperblock, encodeSuperblock, findSuperblock } from "../../src/format/structures/superblock.js";

export class MemoryStorage implements Storage {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  view(offset: number, length: number): Uint8Array {
    if (offset < 0 || length < 0 || offset + length > this.size) throw corrupt("beyond the end of the file", offset);
    return this.bytes.subarray(offset, offset + length);
  }
}

/** Starts with nothing resident and has pages of a few bytes. */
export class PagedStorage extends MemoryStorage {
  readonly #pages = new Set<number>();
  readonly #pageSize: number;
  roundTrips = 0;

  constructor(bytes: Uint8Array, pageSize: number) {
    super(bytes);
    this.#pageSize = pageSize;
  }

  override view(offset: number, length: number): Uint8Array {
    const view = super.view(offset, length);
    for (let page = Math.floor(offset / this.#pageSize); page * this.#pageSize < offset + length; page++) {
      if (!this.#pages.has(page)) throw new MissingBytes([{ offset, length }]);
    }
    return view;
  }

  run<Result>(decode: () => Result): Result {
    for (;;) {
      try {
        return decode();
      } catch (error) {
        if (!(error instanceof MissingBytes)) throw error;
        this.roundTrips++;
        for (const { offset, length } of error.ranges) {
          const end = offset + length;
          for (let page = Math.floor(offset / this.#pageSize); page * this.#pageSize < end; page++) {
            this.#pages.add(page);
          }
        }
      }
    }
  }
}

export function contextOf(storage: Storage, superblock: Superblock): FileContext {
  return { ...superblock, storage, limits: defaultLimits };
}

/** A context without a file, for structures that are at address 0 of `bytes`. */
export function bareContext(bytes: Uint8Array, changes: Partial<FileContext> = {}): FileContext {
  return {
    offsetSize: 8,
    lengthSize: 8,
    baseAddress: 0,
    groupLeafK: 4,
    groupInternalK: 16,
    chunkInternalK: 32,
    limits: defaultLimits,
    ...changes,
    storage: new MemoryStorage(bytes),
  };
}

export function openBytes(bytes: Uint8Array): { superblock: Superblock; context: FileContext } {
  const storage = new MemoryStorage(bytes);
  const superblock = decodeSuperblock(storage, findSuperblock(storage) ?? 0);
  return { superblock, context: contextOf(storage, superblock) };
}

/** Assembles a file from blocks. */
export class FileBuilder {
  readonly superblock: Superblock;
  readonly #blocks: NewBlock[] = [];
  #end = 512;

  constructor(changes: Partial<Superblock> = {}) {
    this.superblock = {
      version: 0,
      offsetSize: 8,
      lengthSize: 8,
      groupLeafK: 4,
      groupInternalK: 16,
      chunkInternalK: 32,
      consistencyFlags: 0,
      baseAddress: 0,
      endOfFileAddress: 0,
      freeSpaceAddress: null,
      driverInformationAddress: null,
      extensionAddress: null,
      rootEntry: null,
      rootAddress: 0,
      ...changes,
    };
  }

  readonly allocate = (size: number): number => {
    const address = this.#end;
    this.#end = Math.ceil((address + size) / 8) * 8;
    return address;
  };

  put(bytes: Uint8Array): number {
    const address = this.allocate(bytes.length);
    this.#blocks.push({ address, bytes });
    return address;
  }

  add(blocks: readonly NewBlock[]): void {
    this.#blocks.push(...blocks);
  }

  finish(root: Partial<Superblock>): Uint8Array {
    const { baseAddress } = this.superblock;
    const end = baseAddress + this.#end;
    const file = new Uint8Array(end);
    for (const { address, bytes } of this.#blocks) file.set(bytes, baseAddress + address);
    file.set(encodeSuperblock({ ...this.superblock, ...root, endOfFileAddress: end }), baseAddress);
    return file;
  }
}

const directory = mkdtempSync(join(tmpdir(), "structures-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

export function scratchPath(name: string): string {
  return join(directory, name);
}

export function readScratch(name: string): Uint8Array {
  return new Uint8Array(readFileSync(scratchPath(name)));
}

export function writeScratch(name: string, bytes: Uint8Array): string {
  writeFileSync(scratchPath(name), bytes);
  return scratchPath(name);
}

function findPython(): string | null {
  for (const candidate of ["python3", "/usr/bin/python3"]) {
    if (spawnSync(candidate, ["-c", "import h5py"]).status === 0) return candidate;
  }
  if (process.env["CI"]) throw new Error("python3 with h5py is required");
  console.warn("skipped: comparisons with h5py (python3 has no h5py)");
  return null;
}

const interpreter = findPython();

/** Whether h5py is there to compare with. */
export const hasH5py = interpreter !== null;

/** Runs a script in the scratch directory and answers what it printed as JSON (`null` where nothing). */
export function python(script: string): unknown {
  const prelude = "import h5py, json, numpy as np\n";
  const result = spawnSync(interpreter ?? "python3", ["-c", prelude + script], {
    cwd: directory,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) throw new Error(result.stderr || `ended with status ${result.status} ${result.signal}`);
  return result.stdout.trim() === "" ? null : (JSON.parse(result.stdout) as unknown);
}

const hasH5dump = spawnSync("h5dump", ["--version"]).status === 0;

/** Whether h5dump accepts the whole file; true where there is no h5dump. */
export function h5dumpAccepts(name: string): boolean {
  return !hasH5dump || spawnSync("h5dump", [scratchPath(name)], { maxBuffer: 1 << 28 }).status === 0;
}

export const utf8 = new TextEncoder();
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
