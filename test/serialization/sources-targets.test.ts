import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SyncAccessHandle } from "../../src/format/storage/sync-access-handle-device.js";
import { load, Persistable, property, Serializable, type Warning } from "../../src/serialization/index.js";

const directory = mkdtempSync(join(tmpdir(), "sources-targets-"));
const path = join(directory, "run.hdf5");
let server: Server;
let url = "";
let requests = 0;
let bytes = new Uint8Array(0);

class Run extends Persistable.define("targets.Run", {
  name: property({ default: "" }),
  data: property.array("float64"),
  large: property.array("float64"),
}) {}

const run = new Run({ name: "a", data: [1, 2, 3], large: new Float64Array(2_000_000) });

beforeAll(async () => {
  await run.save(path);
  bytes = new Uint8Array(readFileSync(path));
  server = createServer((request, response) => {
    requests++;
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const from = Number(range?.[1] ?? 0);
    const to = Math.min(bytes.length, range?.[2] ? Number(range[2]) + 1 : bytes.length);
    response.writeHead(range === null ? 200 : 206, {
      "content-length": to - from,
      "accept-ranges": "bytes",
      ...(range === null ? {} : { "content-range": `bytes ${from}-${to - 1}/${bytes.length}` }),
    });
    response.end(request.method === "HEAD" ? undefined : bytes.subarray(from, to));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/run.hdf5`;
});
afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

/** A file of a browser's private file system, in memory. */
function accessHandle(): SyncAccessHandle & { readonly content: () => Uint8Array } {
  let content = new Uint8Array(0);
  return {
    content: () => content,
    getSize: () => content.length,
    read: (target, options) => {
      const part = content.subarray(options?.at ?? 0, (options?.at ?? 0) + target.byteLength);
      new Uint8Array(target.buffer, target.byteOffset).set(part);
      return part.length;
    },
    write: (source, options) => {
      const at = options?.at ?? 0;
      const grown = new Uint8Array(Math.max(content.length, at + source.byteLength));
      grown.set(content);
      grown.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), at);
      content = grown;
      return source.byteLength;
    },
    truncate: (size) => {
      const cut = new Uint8Array(size);
      cut.set(content.subarray(0, size));
      content = cut;
    },
    flush: () => {},
    close: () => {},
  };
}

describe("objects are loaded and opened", () => {
  it("from paths, URLs, blobs, bytes, handles and custom sources", async () => {
    const handle = accessHandle();
    await run.save(handle);
    const custom = {
      size: bytes.length,
      read: async (offset: number, length: number) => bytes.slice(offset, offset + length),
    };
    for (const source of [
      path,
      pathToFileURL(path),
      url,
      new URL(url),
      new Blob([bytes]),
      bytes,
      bytes.buffer,
      handle,
      custom,
    ]) {
      const loaded = await Run.load(source);
      expect(loaded.equals(run)).toBe(true);
      const lazy = await Run.open(source);
      expect(await lazy.data?.at(-1)).toBe(3);
      await lazy.close();
    }
  });

  it("one property by URL, in a few requests", async () => {
    for (const only of [["name"], ["data"], ["name", "data"]] as const) {
      requests = 0;
      const loaded = await Run.load(url, { only });
      expect(only.some((name) => name === "name") ? loaded.name : "").toBe(
        only.some((name) => name === "name") ? "a" : "",
      );
      expect(requests).toBeLessThanOrEqual(4);
    }
  });
});

describe("objects are saved", () => {
  it("to bytes, handles and streams", async () => {
    expect((await Run.load(await run.toBytes())).equals(run)).toBe(true);
    const handle = accessHandle();
    expect(await run.save(handle)).toBe(handle);
    expect((await Run.load(handle.content())).equals(run)).toBe(true);
    const chunks: Uint8Array[] = [];
    let closed = false;
    const stream = new WritableStream<Uint8Array>({
      write: (chunk) => {
        chunks.push(chunk);
      },
      close: () => {
        closed = true;
      },
    });
    expect(await run.save(stream)).toBe(stream);
    expect(closed).toBe(true);
    expect((await load(new Blob(chunks as BlobPart[]))).equals(run)).toBe(true);
  });

  it("to a stream asynchronously only, and what that refuses is told", async () => {
    const refusing = () => new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("full")) });
    expect(() => run.saveSync(refusing())).toThrow(expect.objectContaining({ code: "sync-unavailable" }));
    await expect(run.save(refusing())).rejects.toMatchObject({ code: "io", cause: new Error("full") });
    const locked = new WritableStream<Uint8Array>();
    locked.getWriter();
    await expect(run.save(locked)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("signals", () => {
  it("stop loading, opening and saving, and leave nothing half done", async () => {
    const aborted = AbortSignal.abort();
    const target = join(directory, "aborted.hdf5");
    for (const attempt of [
      () => Run.load(path, { signal: aborted }),
      () => Run.open(path, { signal: aborted }),
      () => run.save(target, { signal: aborted }),
      () => run.toBytes({ signal: aborted }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: "aborted" });
    }
    // At any moment of saving over a file, that is as it was or as it becomes.
    const other = new Run({ name: "b", data: [4] });
    for (let steps = 0; steps < 40; steps++) {
      const controller = new AbortController();
      const saving = other.save(path, { signal: controller.signal }).then(
        () => "b",
        (error: unknown) => {
          expect(error).toMatchObject({ code: "aborted" });
          return "a";
        },
      );
      for (let step = 0; step < steps; step++) await Promise.resolve();
      controller.abort();
      expect((await Run.load(path)).name).toBe(await saving);
      await run.save(path);
    }
  });
});

describe("classes that a program has not used yet", () => {
  it("are named by the caller, or told to be plain", async () => {
    class Inner extends Serializable.define("targets.Inner", { value: property({ default: 1 }) }) {
      doubled(): number {
        return 2 * this.value;
      }
    }
    class Outer extends Persistable.define("targets.Outer", { part: property<Serializable>() }) {}
    const tree = { __class__: "targets.Outer", part: { __class__: "targets.Inner", value: 4 } };
    const file = join(directory, "outer.hdf5");
    await Persistable.saveSerializedData(file, tree);
    const warnings: Warning[] = [];
    const plain = await Outer.load(file, { onWarning: (warning) => warnings.push(warning) });
    expect(plain.part).not.toBeInstanceOf(Inner);
    expect(warnings).toMatchObject([{ code: "plain-base", path: "/root/part" }]);
    expect(warnings[0]?.message).toMatch(/plain "targets.Inner".*register\(\).*"classes"/);
    const lazy = await Outer.open(file, { classes: [Inner] });
    expect((lazy.part as Inner).doubled()).toBe(8);
    await lazy.close();
    expect(((await load(file, { classes: [Outer, Inner] })) as Outer).part).toBeInstanceOf(Inner);
    await expect(load(file, { classes: [Date as never] })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("are not told of where they are what the program uses", async () => {
    const direct = Persistable.define("targets.Direct", { value: property({ default: 1 }) });
    const file = await new direct({ value: 2 }).save(join(directory, "direct"));
    const warnings: Warning[] = [];
    await load(file, { onWarning: (warning) => warnings.push(warning) });
    expect(warnings).toEqual([]);
  });

  it("of another class than declared are an error that names both", async () => {
    class Declared extends Serializable.define("targets.Declared", {}) {}
    class Other extends Serializable.define("targets.Other", {}) {}
    class Holder extends Persistable.define("targets.Holder", { part: property.of(() => Declared) }) {}
    const file = join(directory, "holder.hdf5");
    await Persistable.saveSerializedData(file, { __class__: "targets.Holder", part: new Other().serialize() });
    await expect(Holder.load(file)).rejects.toMatchObject({
      code: "invalid-argument",
      path: "/root",
      message: expect.stringMatching(/Holder.*"part".*Declared.*Other/s),
    });
  });
});
