import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HDF5Error } from "../../src/format/errors.js";
import { openCustomDevice } from "../../src/format/storage/custom-device.js";
import type { Device } from "../../src/format/storage/device.js";
import type { Host } from "../../src/format/storage/drivers.js";
import { runAsync, runSync } from "../../src/format/storage/drivers.js";
import { MemoryDevice } from "../../src/format/storage/memory-device.js";
import type { DecodeTask, Operation, Request } from "../../src/format/storage/operation.js";
import { decode, done, runTasks } from "../../src/format/storage/operation.js";
import { PageCache } from "../../src/format/storage/page-cache.js";
import { planReads } from "../../src/format/storage/read-plan.js";
import { NothingResidentSource, nothingResidentHost } from "../support/nothing-resident-source.js";
import { RecordingDevice } from "../support/recording-device.js";

const bytes = Uint8Array.from({ length: 5000 }, (_, index) => (index * 13) % 256);

function hostOf(device: Device): Host {
  return { device, cache: new PageCache(device) };
}

/** A local device that is not resident, and lists its calls. */
function localDevice(): Device & { readonly calls: string[] } {
  const memory = new MemoryDevice(bytes, { writable: true });
  const calls: string[] = [];
  return {
    calls,
    name: "local",
    writable: true,
    get size() {
      return memory.size;
    },
    readSync(offset, target) {
      calls.push(`readSync ${offset} ${target.length}`);
      memory.readSync(offset, target);
    },
    async read(offset, target) {
      calls.push(`read ${offset} ${target.length}`);
      memory.readSync(offset, target);
    },
    writeSync: (offset, written) => memory.writeSync(offset, written),
    write: (offset, written) => memory.write(offset, written),
    truncateSync: (size) => memory.truncateSync(size),
    close: async () => {},
  };
}

function* ask(request: Request): Operation<unknown> {
  return yield request;
}

/** Catches what is thrown into it, and writes once more. */
function* guarded(request: Request, onError: (error: unknown) => void): Operation<string> {
  try {
    yield request;
    return "done";
  } catch (error) {
    onError(error);
    yield { kind: "read", offsets: [0], targets: [new Uint8Array(1)] };
    return "rolled back";
  }
}

describe("planned reads", () => {
  const read = fc.record({ offset: fc.nat(4000), length: fc.nat(1000) });

  it("bring every target its bytes on every kind of device", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(read, { maxLength: 30 }), async (reads) => {
        const offsets = reads.map(({ offset }) => offset);
        const expected = reads.map(({ offset, length }) => bytes.slice(offset, offset + length));
        for (const host of [
          hostOf(new MemoryDevice(bytes)),
          hostOf(localDevice()),
          nothingResidentHost(new NothingResidentSource(bytes)),
        ]) {
          const targets = reads.map(({ length }) => new Uint8Array(length));
          await runAsync(ask({ kind: "read", offsets, targets }), host);
          expect(targets).toEqual(expected);
          if (host.device.readSync === undefined) continue;
          const again = reads.map(({ length }) => new Uint8Array(length));
          runSync(ask({ kind: "read", offsets, targets: again }), host);
          expect(again).toEqual(expected);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("join neighbours over small gaps and leave long reads alone", () => {
    const lengths = [10, 10, 100, 10, 0, 10];
    const plan = planReads(
      [100, 115, 130, 500, 7, 0],
      lengths.map((length) => new Uint8Array(length)),
      { gap: 5, direct: 100, longest: 1000 },
    );
    expect([...plan.order]).toEqual([5, 0, 1, 2, 3]);
    expect(plan.requests.map(({ offset, length }) => [offset, length])).toEqual([
      [0, 10],
      [100, 25],
      [130, 100],
      [500, 10],
    ]);
    const bounded = planReads(
      [0, 10, 20],
      lengths.slice(0, 3).map(() => new Uint8Array(10)),
      {
        gap: 0,
        direct: 100,
        longest: 20,
      },
    );
    expect(bounded.requests.map(({ length }) => length)).toEqual([20, 10]);
  });

  it("are one request for neighbours, at most six at a time otherwise", async () => {
    const big = new Uint8Array(40 * 200_000);
    const source = new NothingResidentSource(big);
    let inFlight = 0;
    let most = 0;
    const device = openCustomDevice(source);
    const counting: Device = {
      ...device,
      async read(offset, target, signal) {
        most = Math.max(most, ++inFlight);
        await device.read(offset, target, signal);
        inFlight--;
      },
    };
    const offsets = Array.from({ length: 40 }, (_, index) => index * 200_000);
    const targets = offsets.map(() => new Uint8Array(10));
    await runAsync(ask({ kind: "read", offsets, targets }), hostOf(counting));
    expect(source.requests.length).toBe(40);
    expect(most).toBe(6);
    source.requests.length = 0;
    await runAsync(ask({ kind: "read", offsets: offsets.map((_, i) => i * 50), targets }), hostOf(counting));
    expect(source.requests.length).toBe(1);
  });

  it("of local files go through asynchronous calls unless they are short", async () => {
    const device = localDevice();
    const host = hostOf(device);
    await runAsync(ask({ kind: "read", offsets: [5], targets: [new Uint8Array(100)] }), host);
    expect(device.calls).toEqual(["readSync 5 100"]);
    const long = new MemoryDevice(new Uint8Array(100_000));
    const calls: string[] = [];
    const local: Device = {
      name: "long",
      size: 100_000,
      writable: false,
      readSync: () => calls.push("readSync"),
      read: async () => void calls.push("read"),
      close: () => long.close(),
    };
    await runAsync(ask({ kind: "read", offsets: [0], targets: [new Uint8Array(90_000)] }), hostOf(local));
    expect(calls).toEqual(["read"]);
  });

  it("past the end are corrupt", async () => {
    for (const device of [new MemoryDevice(bytes), localDevice()]) {
      const request: Request = { kind: "read", offsets: [4999], targets: [new Uint8Array(2)] };
      expect(() => runSync(ask(request), hostOf(device))).toThrowError(expect.objectContaining({ code: "corrupt" }));
      await expect(runAsync(ask(request), hostOf(device))).rejects.toMatchObject({ code: "corrupt", offset: 4999 });
    }
  });
});

describe("drivers", () => {
  it("return at once what needs nothing", async () => {
    const host = hostOf(new MemoryDevice(bytes));
    expect(runSync(done(5), host)).toBe(5);
    expect(await runAsync(done(6), host)).toBe(6);
    await expect(
      runAsync(
        decode(host.cache, () => Promise.reject(new Error("x"))),
        host,
      ),
    ).rejects.toThrow("x");
  });

  it("decode through the cache, synchronously and not", async () => {
    const operation = (host: Host) => decode(host.cache, (storage) => [...storage.view(4090, 20)]);
    const expected = [...bytes.subarray(4090, 4110)];
    const local = hostOf(localDevice());
    expect(runSync(operation(local), local)).toEqual(expected);
    const remote = nothingResidentHost(new NothingResidentSource(bytes));
    expect(await runAsync(operation(remote), remote)).toEqual(expected);
    expect(() => runSync(operation(remote), remote)).toThrowError(
      expect.objectContaining({ code: "sync-unavailable" }),
    );
  });

  it("run decode tasks in order, several at a time", async () => {
    let running = 0;
    let most = 0;
    const tasks: DecodeTask[] = Array.from({ length: 20 }, (_, index) => ({
      input: Uint8Array.of(index),
      runSync: (input: Uint8Array) => Uint8Array.of(input[0] + 1),
      ...(index % 3 === 0
        ? {}
        : {
            async run(input: Uint8Array) {
              most = Math.max(most, ++running);
              await new Promise((resolve) => setTimeout(resolve, index % 5));
              running--;
              return Uint8Array.of(input[0] + 1);
            },
          }),
    }));
    const host = hostOf(new MemoryDevice(bytes));
    const expected = tasks.map((_, index) => index + 1);
    expect(runSync(runTasks(tasks), host).map(([value]) => value)).toEqual(expected);
    expect((await runAsync(runTasks(tasks), host)).map(([value]) => value)).toEqual(expected);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it("read what decode tasks lack, into memory that no output shares", async () => {
    const tasks: DecodeTask[] = Array.from({ length: 40 }, (_, index) => ({
      input: new Uint8Array(0),
      source: { offset: 3 * index, length: 5 + index },
      // Every third output is its input.
      runSync: (input: Uint8Array) => (index % 3 === 0 ? input : input.map((byte) => byte ^ 0xff)),
      ...(index % 2 === 0
        ? {}
        : {
            async run(input: Uint8Array) {
              await new Promise((resolve) => setTimeout(resolve, index % 4));
              return index % 3 === 0 ? input.subarray(1) : input.map((byte) => byte ^ 0xff);
            },
          }),
    }));
    const expected = (skipped: number): Uint8Array[] =>
      tasks.map((_, index) => {
        const stored = bytes.slice(3 * index, 4 * index + 5);
        if (index % 3 !== 0) return stored.map((byte) => byte ^ 0xff);
        return index % 2 === 0 ? stored : stored.subarray(skipped);
      });
    const local = hostOf(localDevice());
    for (const host of [hostOf(new MemoryDevice(bytes)), local]) {
      expect(runSync(runTasks(tasks), host)).toEqual(expected(0));
      expect(await runAsync(runTasks(tasks), host)).toEqual(expected(1));
    }
    const remote = nothingResidentHost(new NothingResidentSource(bytes));
    expect(await runAsync(runTasks(tasks), remote)).toEqual(expected(1));
    expect(() => runSync(runTasks(tasks), remote)).toThrowError(expect.objectContaining({ code: "sync-unavailable" }));
    const beyond = [{ ...tasks[1], source: { offset: bytes.length - 4, length: 5 } }];
    for (const host of [hostOf(new MemoryDevice(bytes)), local]) {
      expect(() => runSync(runTasks(beyond), host)).toThrowError(expect.objectContaining({ code: "corrupt" }));
      await expect(runAsync(runTasks(beyond), host)).rejects.toMatchObject({ code: "corrupt" });
    }
  });

  it("write in the order given, join neighbours but never flips, and refresh the cache", async () => {
    for (const run of [runSync, runAsync]) {
      const device = new RecordingDevice(new Uint8Array(100));
      const host = hostOf(device);
      await run(
        ask({
          kind: "write",
          writes: [
            { offset: 50, bytes: new Uint8Array(10).fill(1) },
            { offset: 60, bytes: new Uint8Array(10).fill(2) },
            { offset: 0, bytes: new Uint8Array(5).fill(3), flip: true },
            { offset: 5, bytes: new Uint8Array(5).fill(4), flip: true },
            { offset: 10, bytes: new Uint8Array(5).fill(5) },
          ],
        }),
        host,
      );
      await run(ask({ kind: "barrier" }), host);
      await run(ask({ kind: "truncate", size: 65 }), host);
      expect(
        device.events.map((event) =>
          event.kind === "write" ? [event.offset, event.bytes.length, event.flip] : event.kind,
        ),
      ).toEqual([[50, 20, false], [0, 5, true], [5, 5, true], [10, 5, false], "barrier", "truncate"]);
    }
    const local = hostOf(localDevice());
    expect(local.cache.view(10, 2)).toEqual(bytes.subarray(10, 12));
    runSync(ask({ kind: "write", writes: [{ offset: 10, bytes: Uint8Array.of(1, 2) }] }), local);
    expect([...local.cache.view(10, 2)]).toEqual([1, 2]);
    await runAsync(ask({ kind: "write", writes: [{ offset: 10, bytes: Uint8Array.of(3, 4) }] }), local);
    expect([...local.cache.view(10, 2)]).toEqual([3, 4]);
    await runAsync(ask({ kind: "truncate", size: 11 }), local);
    expect(() => local.cache.view(10, 2)).toThrowError(expect.objectContaining({ code: "corrupt" }));
  });

  it("refuse to write to what is read-only", async () => {
    const host = nothingResidentHost(new NothingResidentSource(bytes));
    for (const request of [
      { kind: "write", writes: [{ offset: 0, bytes }] },
      { kind: "truncate", size: 0 },
    ] as const) {
      expect(() => runSync(ask(request), host)).toThrowError(expect.objectContaining({ code: "read-only" }));
      await expect(runAsync(ask(request), host)).rejects.toMatchObject({ code: "read-only" });
    }
  });

  it("await what a callback answers; synchronously only what is there", async () => {
    const host = hostOf(new MemoryDevice(bytes));
    expect(runSync(ask({ kind: "await", start: () => 5 }), host)).toBe(5);
    expect(await runAsync(ask({ kind: "await", start: async () => 6 }), host)).toBe(6);
    expect(() => runSync(ask({ kind: "await", start: () => Promise.reject(new Error("late")) }), host)).toThrowError(
      expect.objectContaining({ code: "sync-unavailable" }),
    );
    const failure = new Error("resolver");
    const start = () => {
      throw failure;
    };
    expect(() => runSync(ask({ kind: "await", start }), host)).toThrowError(
      expect.objectContaining({ code: "io", cause: failure }),
    );
    await expect(runAsync(ask({ kind: "await", start }), host)).rejects.toMatchObject({ code: "io", cause: failure });
  });

  it("throw what fails into the operation, which may go on", async () => {
    const failure = new Error("disk");
    let fails = true;
    const memory = new MemoryDevice(bytes);
    const flaky: Device = {
      name: "flaky",
      size: bytes.length,
      writable: false,
      readSync(offset, target) {
        if (fails) throw failure;
        memory.readSync(offset, target);
      },
      read: async (offset, target) => flaky.readSync?.(offset, target),
      close: async () => {},
    };
    for (const run of [runSync, runAsync]) {
      fails = true;
      let seen: unknown;
      const operation = guarded({ kind: "read", offsets: [1], targets: [new Uint8Array(4000)] }, (error) => {
        seen = error;
        fails = false;
      });
      expect(await run(operation, hostOf(flaky))).toBe("rolled back");
      expect(seen).toBeInstanceOf(HDF5Error);
      expect(seen).toMatchObject({ code: "io", message: "flaky: disk", cause: failure });
    }
    fails = true;
    const request: Request = { kind: "read", offsets: [1], targets: [new Uint8Array(4)] };
    expect(() => runSync(ask(request), hostOf(flaky))).toThrowError(expect.objectContaining({ cause: failure }));
    const broken: DecodeTask = {
      input: bytes,
      runSync() {
        throw failure;
      },
    };
    await expect(runAsync(runTasks([broken]), hostOf(memory))).rejects.toMatchObject({
      code: "io",
      message: "a filter failed: disk",
    });
  });
});

describe("abort", () => {
  it("before the start keeps the operation from running", async () => {
    let ran = false;
    function* operation(): Operation<void> {
      ran = true;
      yield { kind: "barrier" };
    }
    const reason = new Error("never mind");
    await expect(
      runAsync(operation(), hostOf(new MemoryDevice(bytes)), { signal: AbortSignal.abort(reason) }),
    ).rejects.toMatchObject({ code: "aborted", cause: reason });
    expect(ran).toBe(false);
  });

  it("ends waiting for a read, a callback or a filter, and lets the operation roll back", async () => {
    const never = new Promise<never>(() => {});
    const target = new Uint8Array(100);
    const requests: Request[] = [
      { kind: "read", offsets: [10], targets: [target] },
      { kind: "fetch", ranges: [{ offset: 4000, length: 10 }] },
      { kind: "await", start: () => never },
      { kind: "decode", tasks: [{ input: bytes, runSync: () => bytes, run: () => never }] },
    ];
    for (const request of requests) {
      let held = true;
      const device = openCustomDevice({
        size: bytes.length,
        pageSize: 100,
        read: (offset, length) => (held ? never : bytes.slice(offset, offset + length)),
      });
      const controller = new AbortController();
      let seen: unknown;
      const operation = guarded(request, (error) => {
        seen = error;
        held = false;
      });
      const running = runAsync(operation, hostOf(device), { signal: controller.signal });
      setTimeout(() => controller.abort("stop"), 5);
      expect(await running).toBe("rolled back");
      expect(seen).toMatchObject({ code: "aborted", cause: "stop" });
    }
  });
});
