import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openCustomDevice } from "../../src/format/storage/custom-device.js";
import type { Device } from "../../src/format/storage/device.js";
import { runAsync } from "../../src/format/storage/drivers.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";
import { decode } from "../../src/format/storage/operation.js";
import { PageCache } from "../../src/format/storage/page-cache.js";
import { MissingBytes } from "../../src/format/storage/storage.js";
import { NothingResidentSource, nothingResidentHost } from "../support/nothing-resident-source.js";

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 256);

/** A device that is read at once, is not resident, and lists its reads. */
class SyncDevice implements Device {
  readonly name = "sync";
  readonly writable = true;
  readonly reads: [number, number][] = [];
  readonly #memory: MemoryDevice;

  constructor(content: Uint8Array) {
    this.#memory = new MemoryDevice(content, { writable: true });
  }

  get size(): number {
    return this.#memory.size;
  }

  readSync(offset: number, target: Uint8Array): void {
    this.reads.push([offset, target.length]);
    this.#memory.readSync(offset, target);
  }

  async read(offset: number, target: Uint8Array): Promise<void> {
    this.readSync(offset, target);
  }

  writeSync(offset: number, written: Uint8Array): void {
    this.#memory.writeSync(offset, written);
  }

  truncateSync(size: number): void {
    this.#memory.truncateSync(size);
  }

  async close(): Promise<void> {}
}

/** A device whose reads end when the test says so. */
class HeldDevice implements Device {
  readonly name = "held";
  readonly size = bytes.length;
  readonly writable = false;
  readonly pageSize = 100;
  readonly reads: { offset: number; length: number; signal?: AbortSignal; release(error?: Error): void }[] = [];

  read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.reads.push({
        offset,
        length: target.length,
        signal,
        release(error) {
          if (error !== undefined) return reject(error);
          target.set(bytes.subarray(offset, offset + target.length));
          resolve();
        },
      });
    });
  }

  async close(): Promise<void> {}
}

function missingOf(cache: PageCache, offset: number, length: number): [number, number][] {
  try {
    cache.view(offset, length);
  } catch (error) {
    if (error instanceof MissingBytes) return error.ranges.map((range) => [range.offset, range.length]);
    throw error;
  }
  return [];
}

describe("PageCache over resident bytes", () => {
  it("answers without a copy", () => {
    const device = new MemoryDevice(bytes);
    const view = new PageCache(device).view(10, 20);
    expect([view.buffer, view.byteOffset, view.length]).toEqual([bytes.buffer, 10, 20]);
  });
});

describe("PageCache over a device that is read at once", () => {
  it("answers any view under any page size and budget, across changes", () => {
    const step = fc.record({ write: fc.boolean(), at: fc.nat(1100), length: fc.nat(300), cut: fc.boolean() });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        fc.nat(600),
        fc.array(step, { maxLength: 30 }),
        (pageSize, budget, steps) => {
          const device = new SyncDevice(bytes);
          const model = new MemoryDevice(bytes, { writable: true });
          const cache = new PageCache(device, { pageSize, budget });
          for (const { write, at, length, cut } of steps) {
            if (write && cut) {
              device.truncateSync(at);
              model.truncateSync(at);
              cache.invalidate(at, Number.POSITIVE_INFINITY);
            } else if (write) {
              device.writeSync(at, new Uint8Array(length).fill(at));
              model.writeSync(at, new Uint8Array(length).fill(at));
              cache.invalidate(at, length);
            } else if (at + length <= device.size) {
              expect([...cache.view(at, length)]).toEqual([...model.resident.subarray(at, at + length)]);
              expect(cache.held).toBeLessThanOrEqual(budget);
            } else {
              expect(() => cache.view(at, length)).toThrowError(
                expect.objectContaining({ code: "corrupt", offset: at }),
              );
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reads each page once, neighbours together, and ahead of a sequential walk", () => {
    const device = new SyncDevice(bytes);
    const cache = new PageCache(device, { pageSize: 10, readAhead: 40 });
    cache.view(0, 5);
    cache.view(3, 7);
    expect(device.reads).toEqual([[0, 10]]);
    cache.view(205, 50);
    cache.view(190, 80);
    expect(device.reads.slice(1)).toEqual([
      [200, 60],
      [190, 10],
      [260, 10],
    ]);
    device.reads.length = 0;
    for (let at = 400; at < 600; at++) cache.view(at, 1);
    expect(device.reads).toEqual([
      [400, 10],
      [410, 20],
      [430, 30],
      [460, 50],
      [510, 50],
      [560, 50],
    ]);
  });

  it("lets the least recently used pages go", () => {
    const device = new SyncDevice(bytes);
    const cache = new PageCache(device, { pageSize: 10, budget: 30, readAhead: 0 });
    for (const at of [0, 100, 200, 0, 300, 0, 100]) cache.view(at, 10);
    expect(device.reads.map(([at]) => at)).toEqual([0, 100, 200, 300, 100]);
    expect(cache.held).toBe(30);
  });

  it("stays within its budget where pages share memory", () => {
    const long = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7) % 251);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ at: fc.nat(long.length - 40), length: fc.nat(40), write: fc.nat(9) }), {
          minLength: 200,
          maxLength: 1000,
        }),
        (pageSize, steps) => {
          const budget = 64 * 16 * pageSize;
          const device = new SyncDevice(long);
          const cache = new PageCache(device, { pageSize, budget });
          const model = long.slice();
          for (const { at, length, write } of steps) {
            if (write === 0) {
              model.fill(at, at, at + length);
              device.writeSync(at, model.slice(at, at + length));
              cache.invalidate(at, length);
            }
            expect(cache.view(at, length)).toEqual(model.subarray(at, at + length));
            // A page that is always in use keeps the memory that it shares.
            cache.view(0, 1);
            expect(cache.held).toBeLessThanOrEqual(budget);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it("refuses nonsense ranges as corrupt", () => {
    const cache = new PageCache(new SyncDevice(bytes));
    for (const [at, length] of [
      [-1, 2],
      [0, -1],
      [Number.NaN, 1],
      [999, 2],
      [2 ** 53, 2 ** 53],
      [0, Number.POSITIVE_INFINITY],
    ]) {
      expect(() => cache.view(at, length)).toThrowError(expect.objectContaining({ code: "corrupt" }));
    }
    expect(() => cache.view(990, 11)).toThrowError("expected 11 bytes, the file ends at 1000 (at byte 990)");
    expect(cache.view(1000, 0).length).toBe(0);
  });

  it("sees a file that grew past a short last page", () => {
    const device = new SyncDevice(bytes.slice(0, 95));
    const cache = new PageCache(device, { pageSize: 10 });
    cache.view(0, 95);
    device.writeSync(95, Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    expect([...cache.view(80, 22)]).toEqual([...bytes.slice(80, 95), 1, 2, 3, 4, 5, 6, 7]);
    cache.invalidate(0, 1);
    expect([...cache.view(93, 9)]).toEqual([...bytes.slice(93, 95), 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe("PageCache over an asynchronous device", () => {
  it("throws page-aligned missing ranges and answers after a fill", async () => {
    const source = new NothingResidentSource(bytes, { pageSize: 100 });
    const cache = new PageCache(openCustomDevice(source), { readAhead: 0 });
    expect(missingOf(cache, 150, 200)).toEqual([[100, 300]]);
    await cache.fill([{ offset: 250, length: 1 }]);
    expect(missingOf(cache, 150, 200)).toEqual([
      [100, 100],
      [300, 100],
    ]);
    await cache.fill([{ offset: 990, length: 10 }]);
    expect(missingOf(cache, 950, 50)).toEqual([]);
    await cache.fill([
      { offset: 100, length: 100 },
      { offset: 300, length: 100 },
    ]);
    expect([...cache.view(150, 200)]).toEqual([...bytes.subarray(150, 350)]);
    await expect(cache.fill([{ offset: 990, length: 11 }])).rejects.toMatchObject({ code: "corrupt" });
  });

  it("joins neighbouring ranges and bridges small gaps", async () => {
    const source = new NothingResidentSource(bytes, { pageSize: 10 });
    const cache = new PageCache(openCustomDevice(source), { readAhead: 0 });
    await cache.fill([
      { offset: 35, length: 3 },
      { offset: 11, length: 1 },
      { offset: 20, length: 5 },
      { offset: 500, length: 25 },
      { offset: 50, length: 1 },
    ]);
    expect(source.requests).toEqual([
      { offset: 10, length: 50 },
      { offset: 500, length: 30 },
    ]);
  });

  it("decodes with pages of a few bytes and no budget, in bounded requests", async () => {
    const source = new NothingResidentSource(bytes);
    const host = nothingResidentHost(source);
    let runs = 0;
    const sum = await runAsync(
      decode(host.cache, (storage) => {
        runs++;
        let total = 0;
        for (const [at, length] of [
          [0, 3],
          [5, 30],
          [700, 1],
          [2, 100],
          [0, 1000],
        ]) {
          for (const byte of storage.view(at, length)) total += byte;
        }
        return total;
      }),
      host,
    );
    const add = (from: number, length: number) => bytes.subarray(from, from + length).reduce((a, b) => a + b, 0);
    expect(sum).toBe(add(0, 3) + add(5, 30) + add(700, 1) + add(2, 100) + add(0, 1000));
    expect(runs).toBe(6);
    expect(host.cache.held).toBe(0);
  });

  it("keeps what a running decode has touched, until it settles", async () => {
    const source = new NothingResidentSource(bytes, { pageSize: 100 });
    const cache = new PageCache(openCustomDevice(source), { budget: 0, readAhead: 0 });
    await cache.fill([{ offset: 0, length: 300 }]);
    await cache.fill([{ offset: 500, length: 100 }]);
    expect(cache.view(50, 200).length).toBe(200);
    expect(cache.held).toBe(400);
    cache.settle();
    expect(cache.held).toBe(0);
    expect(missingOf(cache, 50, 200)).toEqual([[0, 300]]);
  });

  it("fetches nothing twice for a decode that needs more than the budget", async () => {
    const source = new NothingResidentSource(bytes, { pageSize: 100 });
    const device = openCustomDevice(source);
    const cache = new PageCache(device, { budget: 200, readAhead: 0 });
    const host = { device, cache };
    for (const at of [0, 300]) {
      await runAsync(
        decode(cache, (storage) => storage.view(at, 10)),
        host,
      );
    }
    const sum = await runAsync(
      decode(cache, (storage) => [0, 300, 600, 900].map((at) => storage.view(at, 10)[0])),
      host,
    );
    expect(sum).toEqual([bytes[0], bytes[300], bytes[600], bytes[900]]);
    expect(source.requests.map(({ offset }) => offset)).toEqual([0, 300, 600, 900]);
    expect(cache.held).toBeLessThanOrEqual(200);
  });

  it("hands out the same copy to a decode that runs again, but not after a write", async () => {
    const source = new NothingResidentSource(bytes, { pageSize: 100 });
    const cache = new PageCache(openCustomDevice(source), { readAhead: 0 });
    await cache.fill([{ offset: 0, length: 100 }]);
    await cache.fill([{ offset: 100, length: 100 }]);
    const copy = cache.view(50, 100);
    expect(cache.view(50, 100).buffer).toBe(copy.buffer);
    expect(cache.view(50, 80)).toEqual(bytes.subarray(50, 130));
    cache.invalidate(120, 1);
    expect(missingOf(cache, 50, 100)).toEqual([[100, 100]]);
  });

  it("stops an operation that asks again for what it was given", async () => {
    const host = nothingResidentHost(new NothingResidentSource(bytes));
    let rounds = 0;
    const stuck = decode(host.cache, () => {
      rounds++;
      throw new MissingBytes([{ offset: 0, length: 5 }]);
    });
    await expect(runAsync(stuck, host)).rejects.toMatchObject({ code: "io", offset: 0 });
    expect(rounds).toBeLessThan(5);
  });

  it("shares a request between callers; one that gives up does not end it for the other", async () => {
    const device = new HeldDevice();
    const cache = new PageCache(device, { readAhead: 0 });
    const first = new AbortController();
    const one = cache.fill([{ offset: 0, length: 200 }], first.signal);
    const two = cache.fill([{ offset: 150, length: 100 }]);
    expect(device.reads.map(({ offset, length }) => [offset, length])).toEqual([
      [0, 200],
      [200, 100],
    ]);
    first.abort("changed my mind");
    await expect(one).rejects.toMatchObject({ code: "aborted", cause: "changed my mind" });
    expect(device.reads[0].signal?.aborted).toBe(false);
    for (const read of device.reads) read.release();
    await two;
    expect([...cache.view(150, 100)]).toEqual([...bytes.subarray(150, 250)]);
  });

  it("ends a request when all have given up, and asks anew for the next", async () => {
    const device = new HeldDevice();
    const cache = new PageCache(device, { readAhead: 0 });
    const controllers = [new AbortController(), new AbortController()];
    const fills = controllers.map(({ signal }) => cache.fill([{ offset: 0, length: 10 }], signal));
    const outcomes = Promise.allSettled(fills);
    controllers[0].abort();
    await Promise.resolve();
    controllers[1].abort();
    await outcomes;
    expect(device.reads.length).toBe(1);
    expect(device.reads[0].signal?.aborted).toBe(true);
    const third = cache.fill([{ offset: 0, length: 10 }]);
    expect(device.reads.length).toBe(2);
    device.reads[0].release(new Error("aborted"));
    device.reads[1].release();
    await third;
    expect(cache.view(0, 10)).toEqual(bytes.subarray(0, 10));
  });

  it("does not keep bytes that were written while they were read", async () => {
    const device = new HeldDevice();
    const cache = new PageCache(device, { readAhead: 0 });
    const filling = cache.fill([{ offset: 0, length: 100 }]);
    cache.invalidate(50, 1);
    device.reads[0].release();
    await new Promise((resolve) => setImmediate(resolve));
    expect(device.reads.length).toBe(2);
    expect(missingOf(cache, 0, 10)).toEqual([[0, 100]]);
    device.reads[1].release();
    await filling;
    expect(cache.view(0, 10).length).toBe(10);
  });

  it("reports a failed request to all who wait, and recovers", async () => {
    const device = new HeldDevice();
    const cache = new PageCache(device, { readAhead: 0 });
    const failure = new Error("lost");
    const fills = [0, 50].map((offset) => cache.fill([{ offset, length: 10 }]));
    device.reads[0].release(failure);
    for (const fill of fills) await expect(fill).rejects.toMatchObject({ code: "io", cause: failure });
    const again = cache.fill([{ offset: 0, length: 10 }]);
    device.reads[1].release();
    await again;
  });
});
