import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlobDevice } from "../../src/format/storage/blob-device.js";
import { openCustomDevice } from "../../src/format/storage/custom-device.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";
import type { SyncAccessHandle } from "../../src/format/storage/sync-access-handle-device.js";
import { SyncAccessHandleDevice } from "../../src/format/storage/sync-access-handle-device.js";
import { RecordingDevice } from "../support/recording-device.js";

const ten = Uint8Array.from({ length: 10 }, (_, index) => index);

function readSync(device: { readSync?(offset: number, target: Uint8Array): void }, offset: number, length: number) {
  const target = new Uint8Array(length);
  device.readSync?.(offset, target);
  return [...target];
}

describe("MemoryDevice", () => {
  it("agrees with a plain array under any sequence of changes", () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant("write" as const), at: fc.nat(300), length: fc.nat(200) }),
      fc.record({ kind: fc.constant("truncate" as const), at: fc.nat(500), length: fc.constant(0) }),
      fc.record({ kind: fc.constant("take" as const), at: fc.constant(0), length: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.array(change, { maxLength: 20 }), (initial, changes) => {
        const given = initial.slice();
        const device = new MemoryDevice(given, { writable: true });
        let model = [...initial];
        let fill = 1;
        const taken: { bytes: Uint8Array; copy: number[] }[] = [];
        for (const { kind, at, length } of changes) {
          if (kind === "take") {
            const bytes = device.bytes();
            taken.push({ bytes, copy: [...bytes] });
          } else if (kind === "truncate") {
            device.truncateSync(at);
            model = Array.from({ length: at }, (_, index) => model[index] ?? 0);
          } else {
            device.writeSync(at, new Uint8Array(length).fill(fill));
            const size = Math.max(model.length, at + length);
            model = Array.from({ length: size }, (_, index) =>
              index >= at && index < at + length ? fill : (model[index] ?? 0),
            );
            fill = (fill % 255) + 1;
          }
          expect(device.size).toBe(model.length);
          expect([...device.resident]).toEqual(model);
        }
        expect([...device.bytes()]).toEqual(model);
        expect(given).toEqual(initial);
        for (const { bytes, copy } of taken) expect([...bytes]).toEqual(copy);
      }),
      { numRuns: 200 },
    );
  });

  it("refuses writing to given bytes unless asked, and reads past the end", () => {
    const device = new MemoryDevice(ten.buffer);
    expect(device.writable).toBe(false);
    expect(() => device.writeSync(0, ten)).toThrowError(expect.objectContaining({ code: "read-only" }));
    expect(() => device.truncateSync(1)).toThrowError(expect.objectContaining({ code: "read-only" }));
    expect(() => readSync(device, 5, 6)).toThrowError(expect.objectContaining({ code: "corrupt", offset: 5 }));
    expect(readSync(device, 5, 5)).toEqual([5, 6, 7, 8, 9]);
  });

  it("takes a SharedArrayBuffer and starts empty", () => {
    expect(new MemoryDevice(new SharedArrayBuffer(3)).size).toBe(3);
    const device = new MemoryDevice();
    device.writeSync(4, Uint8Array.of(1));
    expect([...device.bytes()]).toEqual([0, 0, 0, 0, 1]);
    expect(device.bytes().buffer.byteLength).toBe(5);
    expect(() => device.writeSync(-1, ten)).toThrowError(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => device.truncateSync(2 ** 52)).toThrowError(expect.objectContaining({ code: "limit" }));
  });
});

describe("BlobDevice", () => {
  it("reads ranges asynchronously", async () => {
    const device = new BlobDevice(new Blob([ten]));
    const target = new Uint8Array(3);
    await device.read(4, target);
    expect([...target]).toEqual([4, 5, 6]);
    expect("readSync" in device).toBe(false);
    await expect(device.read(8, target)).rejects.toMatchObject({ code: "corrupt" });
    await expect(device.read(0, target, AbortSignal.abort("enough"))).rejects.toMatchObject({
      code: "aborted",
      cause: "enough",
    });
  });

  it("reports a blob that cannot be read any more, and one that answers too little", async () => {
    const failure = new Error("gone");
    const broken = { size: 9, slice: () => ({ arrayBuffer: () => Promise.reject(failure) }) } as unknown as Blob;
    await expect(new BlobDevice(broken).read(0, new Uint8Array(2))).rejects.toMatchObject({
      code: "io",
      cause: failure,
    });
    const short = { size: 9, slice: () => new Blob([]) } as unknown as Blob;
    await expect(new BlobDevice(short).read(0, new Uint8Array(2))).rejects.toMatchObject({ code: "io" });
  });
});

describe("custom sources", () => {
  it("may answer with arrays or buffers, at once or later", async () => {
    for (const answer of [
      (bytes: Uint8Array) => bytes,
      (bytes: Uint8Array) => Promise.resolve(bytes),
      (bytes: Uint8Array) => bytes.slice().buffer,
      async (bytes: Uint8Array) => bytes.slice().buffer as ArrayBuffer,
    ]) {
      const device = openCustomDevice({
        size: 10,
        read: (at, length) => answer(ten.slice(at, at + length)) as Uint8Array,
      });
      const target = new Uint8Array(4);
      await device.read(2, target);
      expect([...target]).toEqual([2, 3, 4, 5]);
      expect(device.readSync).toBeUndefined();
    }
  });

  it("pass the signal on, and turn what is thrown into a cause", async () => {
    const controller = new AbortController();
    let seen: AbortSignal | undefined;
    const failure = new Error("no network");
    const device = openCustomDevice({
      size: 10,
      name: "mine",
      read(_offset, _length, { signal }) {
        seen = signal;
        throw failure;
      },
    });
    await expect(device.read(0, new Uint8Array(1), controller.signal)).rejects.toMatchObject({
      code: "io",
      message: "mine: no network",
      cause: failure,
    });
    expect(seen).toBe(controller.signal);
  });

  it("are refused when they answer with the wrong length or type, or have no size", async () => {
    const target = new Uint8Array(3);
    await expect(openCustomDevice({ size: 10, read: () => ten }).read(0, target)).rejects.toMatchObject({ code: "io" });
    const text = openCustomDevice({ size: 10, read: () => "abc" as unknown as Uint8Array });
    await expect(text.read(0, target)).rejects.toMatchObject({ code: "io" });
    for (const size of [-1, 1.5, Number.NaN, "10" as unknown as number]) {
      expect(() => openCustomDevice({ size, read: () => ten })).toThrowError(
        expect.objectContaining({ code: "invalid-argument" }),
      );
    }
  });

  it("are given up when the signal fires, even where they do not end, and do not block others", async () => {
    let hangs = true;
    const device = openCustomDevice({
      size: 10,
      read: (offset, length) => (hangs ? new Promise(() => {}) : ten.slice(offset, offset + length)),
    });
    const signal = AbortSignal.timeout(20);
    const hung = Array.from({ length: 8 }, () => device.read(0, new Uint8Array(2), signal));
    for (const result of await Promise.allSettled(hung)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
    }
    hangs = false;
    const target = new Uint8Array(2);
    await device.read(3, target);
    expect(target).toEqual(Uint8Array.of(3, 4));
  });

  it("whose properties cannot be read are io errors", () => {
    const failure = new TypeError("revoked");
    const source = {
      get size(): number {
        throw failure;
      },
      read: () => ten,
    };
    expect(() => openCustomDevice(source)).toThrowError(expect.objectContaining({ code: "io", cause: failure }));
  });

  it("read synchronously where they can", () => {
    const device = openCustomDevice({
      size: 10,
      read: () => ten,
      readSync(offset, length) {
        return ten.slice(offset, offset + length);
      },
    });
    expect(readSync(device, 7, 3)).toEqual([7, 8, 9]);
  });

  it("answer at most six requests at a time", async () => {
    let running = 0;
    let most = 0;
    const device = openCustomDevice({
      size: 10,
      async read(offset, length) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        return ten.slice(offset, offset + length);
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => device.read(0, new Uint8Array(2))));
    expect(most).toBe(6);
  });
});

/** A sync access handle that moves at most three bytes at a time. */
class SmallStepHandle implements SyncAccessHandle {
  readonly memory = new MemoryDevice();
  flushed = 0;
  closed = false;

  read(target: Uint8Array, { at }: { at: number }): number {
    const count = Math.min(3, target.length, Math.max(0, this.memory.size - at));
    target.set(this.memory.resident.subarray(at, at + count));
    return count;
  }

  write(bytes: Uint8Array, { at }: { at: number }): number {
    this.memory.writeSync(at, bytes.subarray(0, 3));
    return Math.min(3, bytes.length);
  }

  truncate(size: number): void {
    this.memory.truncateSync(size);
  }

  flush(): void {
    this.flushed++;
  }

  getSize(): number {
    return this.memory.size;
  }

  close(): void {
    this.closed = true;
  }
}

describe("SyncAccessHandleDevice", () => {
  it("reads and writes all bytes whatever the handle moves at once", () => {
    const handle = new SmallStepHandle();
    const device = new SyncAccessHandleDevice(handle);
    device.writeSync(0, ten);
    expect(device.size).toBe(10);
    expect(readSync(device, 1, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    device.truncateSync(4);
    expect(device.size).toBe(4);
    device.barrierSync();
    device.closeSync();
    expect([handle.flushed, handle.closed]).toEqual([1, true]);
  });

  it("reports what the handle throws, a file cut behind its back, and writes to a read-only one", () => {
    const handle = new SmallStepHandle();
    const device = new SyncAccessHandleDevice(handle);
    device.writeSync(0, ten);
    handle.truncate(5);
    expect(() => readSync(device, 0, 10)).toThrowError(expect.objectContaining({ code: "io" }));
    const failure = new Error("quota");
    handle.flush = () => {
      throw failure;
    };
    expect(() => device.barrierSync()).toThrowError(expect.objectContaining({ code: "io", cause: failure }));
    const locked = new SyncAccessHandleDevice(handle, { writable: false });
    expect(() => locked.writeSync(0, ten)).toThrowError(expect.objectContaining({ code: "read-only" }));
  });
});

describe("RecordingDevice", () => {
  it("replays prefixes, torn writes and subsets", () => {
    const device = new RecordingDevice(new Uint8Array(4));
    device.writeSync(2, Uint8Array.of(1, 2, 3));
    device.barrierSync();
    device.writeSync(0, new Uint8Array(1100).fill(9));
    device.truncateSync(1050);
    const prefixes = [...device.prefixes()].map(({ bytes }) => [bytes.length, bytes[2]]);
    expect(prefixes).toEqual([
      [4, 0],
      [5, 1],
      [1100, 9],
      [1050, 9],
    ]);
    const torn = [...device.tornPrefixes()].map(({ bytes }) => bytes.length);
    expect(torn).toEqual([512, 1024]);
    let seed = 0.1;
    const random = () => {
      seed = (seed * 997) % 1;
      return seed;
    };
    for (const { bytes } of device.subsets(30, random)) expect([4, 5, 1100, 1050]).toContain(bytes.length);
    expect([...device.bytes()]).toEqual([...device.prefix(4)]);
  });

  it("refuses a flip that crosses a sector", () => {
    const device = new RecordingDevice();
    device.writeSync(500, new Uint8Array(12), true);
    expect(() => device.writeSync(500, new Uint8Array(13), true)).toThrowError("crosses a sector");
  });
});
