import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import * as vm from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import { openDevice } from "../../src/format/storage/open-device.js";
import { openDeviceSync } from "../../src/format/storage/open-device-sync.js";
import { resolveSource } from "../../src/format/storage/sources.js";

const directory = fs.mkdtempSync(path.join(os.tmpdir(), "sources-"));
afterAll(() => fs.rmSync(directory, { recursive: true }));
const file = path.join(directory, "file.h5");
const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
fs.writeFileSync(file, bytes);

const handle = { read: () => 0, write: () => 0, truncate() {}, flush() {}, getSize: () => 8, close() {} };

describe("resolveSource", () => {
  it("tells sources apart", () => {
    for (const [source, kind] of [
      ["run.h5", "path"],
      ["C:\\data\\run.h5", "path"],
      ["C:/data/run.h5", "path"],
      ["./a:b.h5", "path"],
      ["file:///data/run.h5", "path"],
      [pathToFileURL(file), "path"],
      ["https://example.org/run.h5", "url"],
      ["HTTP://example.org/run.h5", "url"],
      ["data:application/x-hdf5;base64,AAAA", "url"],
      [new URL("http://example.org/run.h5"), "url"],
      [new Request("http://example.org/run.h5"), "url"],
      [new Blob([bytes]), "blob"],
      [new File([bytes], "run.h5"), "blob"],
      [bytes, "bytes"],
      [Buffer.from(bytes), "bytes"],
      [bytes.buffer, "bytes"],
      [new SharedArrayBuffer(8), "bytes"],
      [new DataView(bytes.buffer, 2), "bytes"],
      [Float64Array.of(1), "bytes"],
      [vm.runInNewContext("new ArrayBuffer(8)"), "bytes"],
      [vm.runInNewContext("new Uint8Array(8)"), "bytes"],
      [handle, "sync-access-handle"],
      [{ size: 8, read: () => bytes }, "custom"],
    ] as const) {
      expect(resolveSource(source).kind).toBe(kind);
    }
    expect(resolveSource(new DataView(bytes.buffer, 2))).toEqual({ kind: "bytes", bytes: bytes.slice(2) });
  });

  it("refuses what cannot be opened, with advice", () => {
    for (const [source, advice] of [
      [new Response("x"), "arrayBuffer()"],
      [new Request("http://example.org", { method: "POST" }), "GET"],
      [Promise.resolve(bytes), "await it"],
      [new Blob([bytes]).stream(), "random access"],
      [{ [Symbol.toStringTag]: "FileSystemFileHandle" }, "getFile()"],
      ["s3://bucket/run.h5", "{ size, read }"],
      [new URL("ftp://example.org/run.h5"), "{ size, read }"],
      ["", "empty string"],
      [null, "found null"],
      [undefined, "found undefined"],
      [7, "found number"],
      [{}, "found Object"],
      [{ size: 8 }, "found Object"],
      [[1, 2, 3], "found Array"],
    ] as const) {
      expect(() => resolveSource(source)).toThrowError(
        expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining(advice) }),
      );
    }
  });
});

describe("openDevice", () => {
  it("opens each kind of source, at once where it can", async () => {
    for (const source of [file, pathToFileURL(file), bytes, bytes.buffer, { ...handle, read: readInto }]) {
      const device = openDeviceSync(source);
      const target = new Uint8Array(3);
      device.readSync?.(2, target);
      expect([...target]).toEqual([3, 4, 5]);
      device.closeSync?.();
    }
    const data = `data:application/x-hdf5;base64,${Buffer.from(bytes).toString("base64")}`;
    for (const source of [file, bytes, new Blob([bytes]), { size: 8, read: readRange }, data]) {
      const device = await openDevice(source);
      const target = new Uint8Array(3);
      await device.read(2, target);
      expect([...target]).toEqual([3, 4, 5]);
      await device.close();
    }
    for (const source of ["http://example.org/x.h5", new Blob([bytes]), { size: 8, read: readRange }]) {
      expect(() => openDeviceSync(source)).toThrowError(expect.objectContaining({ code: "sync-unavailable" }));
    }
  });

  it("opens for writing what can be written, without changing given bytes", async () => {
    const device = await openDevice(bytes, { mode: "r+" });
    device.writeSync?.(0, Uint8Array.of(99));
    expect(bytes[0]).toBe(1);
    const local = openDeviceSync(file, { mode: "r+" });
    local.writeSync?.(7, Uint8Array.of(80));
    local.closeSync?.();
    expect(fs.readFileSync(file)[7]).toBe(80);
    for (const source of [new Blob([bytes]), { size: 8, read: readRange }, "http://example.org/x.h5"]) {
      await expect(openDevice(source, { mode: "r+" })).rejects.toMatchObject({ code: "read-only" });
    }
    expect(openDeviceSync(file).writable).toBe(false);
    expect(openDeviceSync(handle).writable).toBe(false);
  });
});

function readRange(offset: number, length: number): Uint8Array {
  return bytes.slice(offset, offset + length);
}

function readInto(target: Uint8Array, { at }: { readonly at: number }): number {
  target.set(bytes.subarray(at, at + target.length));
  return target.length;
}
