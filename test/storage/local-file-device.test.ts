import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { openLocalFileDevice, openLocalFileDeviceSync } from "../../src/format/storage/local-file-device.js";
import type { LocalFileMode } from "../../src/format/storage/local-file-open.js";
import { identityAt, removeFile, renameOver } from "../../src/format/storage/local-files.js";
import { temporaryPathBeside } from "../../src/format/storage/temporary-file.js";

const directory = fs.mkdtempSync(path.join(os.tmpdir(), "local-file-device-"));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const at = (name: string): string => path.join(directory, name);
const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

async function fails(name: string | URL, mode: LocalFileMode, code: string): Promise<void> {
  expect(() => openLocalFileDeviceSync(name, { mode })).toThrowError(expect.objectContaining({ code }));
  await expect(openLocalFileDevice(name, { mode })).rejects.toMatchObject({ code });
}

describe("local files", () => {
  it("are created, written, read, cut and closed, synchronously", () => {
    const device = openLocalFileDeviceSync(at("sync.h5"), { mode: "create-new" });
    device.writeSync?.(0, bytes);
    device.writeSync?.(1500, bytes);
    expect(device.size).toBe(2500);
    device.barrierSync?.();
    const target = new Uint8Array(1000);
    device.readSync?.(1500, target);
    expect(target).toEqual(bytes);
    device.truncateSync?.(10);
    expect(device.size).toBe(10);
    expect(() => device.readSync?.(5, target)).toThrowError(expect.objectContaining({ code: "corrupt" }));
    device.closeSync?.();
    device.closeSync?.();
    expect(() => device.readSync?.(0, target)).toThrowError(expect.objectContaining({ code: "closed" }));
    expect(fs.readFileSync(at("sync.h5"))).toEqual(Buffer.from(bytes.subarray(0, 10)));
  });

  it("are created, written, read, cut and closed, asynchronously", async () => {
    const device = await openLocalFileDevice(pathToFileURL(at("a sync.h5")), { mode: "create-new" });
    await device.write?.(0, bytes);
    await device.write?.(1500, bytes);
    await device.barrier?.();
    const targets = Array.from({ length: 50 }, () => new Uint8Array(20));
    await Promise.all(targets.map((target, index) => device.read(index * 20, target)));
    expect(Buffer.concat(targets)).toEqual(Buffer.from(bytes));
    await device.truncate?.(700);
    expect(device.size).toBe(700);
    await device.close();
    await device.close();
    await expect(device.read(0, new Uint8Array(1))).rejects.toMatchObject({ code: "closed" });
    expect(fs.statSync(at("a sync.h5")).size).toBe(700);
    const again = openLocalFileDeviceSync(pathToFileURL(at("a sync.h5")).href, { mode: "r+" });
    expect([again.size, again.writable]).toEqual([700, true]);
    again.closeSync?.();
  });

  it("are closed only after the reads under way", async () => {
    fs.writeFileSync(at("late.h5"), bytes);
    for (const close of ["close", "closeSync"] as const) {
      const device = await openLocalFileDevice(at("late.h5"), { mode: "r" });
      const target = new Uint8Array(1000);
      const reading = device.read(0, target);
      const closing = device[close]?.();
      await reading;
      await closing;
      expect(target).toEqual(bytes);
    }
  });

  it("fail with a code that tells why", async () => {
    fs.writeFileSync(at("there.h5"), bytes);
    await fails(at("missing.h5"), "r", "not-found");
    await fails(at("missing.h5"), "r+", "not-found");
    await fails(at("missing/file.h5"), "create-new", "not-found");
    await fails(at("there.h5/file.h5"), "r", "not-found");
    await fails(at("there.h5"), "create-new", "exists");
    await fails(directory, "r", "invalid-argument");
    await fails(directory, "r+", "invalid-argument");
    await fails("/dev/null", "r", "invalid-argument");
    await fails("a\0b", "r", "invalid-argument");
    await fails("", "r", "invalid-argument");
    await fails(new URL("file://elsewhere.example/there.h5"), "r", "invalid-argument");
    expect(fs.readFileSync(at("there.h5"))).toEqual(Buffer.from(bytes));
  });

  it("refuse writes when open for reading, and report a file that was cut", async () => {
    fs.writeFileSync(at("cut.h5"), bytes);
    const device = openLocalFileDeviceSync(at("cut.h5"), { mode: "r" });
    expect(() => device.writeSync?.(0, bytes)).toThrowError(expect.objectContaining({ code: "read-only" }));
    await expect(device.truncate?.(0)).rejects.toMatchObject({ code: "read-only" });
    fs.truncateSync(at("cut.h5"), 100);
    expect(() => device.readSync?.(90, new Uint8Array(20))).toThrowError(expect.objectContaining({ code: "io" }));
    await expect(device.read(90, new Uint8Array(20))).rejects.toMatchObject({ code: "io" });
    device.closeSync?.();
  });

  it("are replaced at one stroke, through links and with their permissions", () => {
    fs.writeFileSync(at("target.h5"), "old", { mode: 0o640 });
    fs.chmodSync(at("target.h5"), 0o640);
    fs.mkdirSync(at("elsewhere"));
    fs.symlinkSync(at("target.h5"), at("elsewhere/link.h5"));
    const temporary = temporaryPathBeside(at("elsewhere/link.h5"));
    expect(path.dirname(temporary)).toBe(fs.realpathSync(directory));
    expect(temporaryPathBeside(at("new.h5"))).not.toBe(temporaryPathBeside(at("new.h5")));
    fs.writeFileSync(temporary, "new");
    renameOver(temporary, at("elsewhere/link.h5"));
    expect(fs.readFileSync(at("target.h5"), "utf8")).toBe("new");
    expect(fs.statSync(at("target.h5")).mode & 0o777).toBe(0o640);
    expect(fs.lstatSync(at("elsewhere/link.h5")).isSymbolicLink()).toBe(true);
    expect(fs.existsSync(temporary)).toBe(false);
    fs.writeFileSync(at("one more"), "1");
    expect(() => renameOver(at("one more"), at("elsewhere"))).toThrowError(
      expect.objectContaining({ code: "invalid-argument" }),
    );
    expect(() => renameOver(at("nothing"), at("new.h5"))).toThrowError(expect.objectContaining({ code: "not-found" }));
  });

  it("are removed, unless they are others or gone already", () => {
    fs.writeFileSync(at("remove.h5"), "1");
    fs.writeFileSync(at("stay.h5"), "1");
    const meant = identityAt(at("remove.h5"));
    if (meant === null) throw new Error("there is a file");
    removeFile(at("stay.h5"), meant);
    removeFile(at("remove.h5"), meant);
    removeFile(at("remove.h5"), meant);
    expect([fs.existsSync(at("remove.h5")), fs.existsSync(at("stay.h5"))]).toEqual([false, true]);
  });

  it("are moved whole when the system moves a few bytes at a time, and not written after a failed sync", async () => {
    const failure = Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
    type Done = (error: Error | null, count: number) => void;
    const slow = {
      ...fs,
      readSync: (fd: number, target: Uint8Array, start: number, length: number, position: number) =>
        fs.readSync(fd, target, start, Math.min(7, length), position),
      writeSync: (fd: number, source: Uint8Array, start: number, length: number, position: number) =>
        fs.writeSync(fd, source, start, Math.min(7, length), position),
      read: (fd: number, target: Uint8Array, start: number, length: number, position: number, done: Done) =>
        fs.read(fd, target, start, Math.min(7, length), position, done),
      write: (fd: number, source: Uint8Array, start: number, length: number, position: number, done: Done) =>
        fs.write(fd, source, start, Math.min(7, length), position, done),
      fsyncSync() {
        throw failure;
      },
    };
    const original = process.getBuiltinModule;
    process.getBuiltinModule = ((id: string) => (id === "node:fs" ? slow : original(id))) as typeof original;
    try {
      const device = openLocalFileDeviceSync(at("slow.h5"), { mode: "create-new" });
      device.writeSync?.(0, bytes);
      await device.write?.(1000, bytes);
      const target = new Uint8Array(2000);
      device.readSync?.(0, target);
      expect(target).toEqual(Uint8Array.of(...bytes, ...bytes));
      await device.read(500, target.subarray(0, 1000));
      expect(target.slice(0, 1000)).toEqual(Uint8Array.of(...bytes.subarray(500), ...bytes.subarray(0, 500)));
      expect(() => device.barrierSync?.()).toThrowError(expect.objectContaining({ code: "io", cause: failure }));
      expect(() => device.writeSync?.(0, bytes)).toThrowError(expect.objectContaining({ code: "io", cause: failure }));
      await expect(device.barrier?.()).rejects.toMatchObject({ code: "io" });
      device.readSync?.(0, target);
      device.closeSync?.();
    } finally {
      process.getBuiltinModule = original;
    }
  });

  it("are unsupported, with advice, where the runtime has none", () => {
    const original = process.getBuiltinModule;
    Object.defineProperty(process, "getBuiltinModule", { value: undefined, configurable: true, writable: true });
    try {
      expect(() => openLocalFileDeviceSync("x.h5", { mode: "r" })).toThrowError(
        expect.objectContaining({ code: "unsupported", feature: "local files" }),
      );
    } finally {
      Object.defineProperty(process, "getBuiltinModule", { value: original, configurable: true, writable: true });
    }
  });
});
