import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as zlib from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Device } from "../../src/format/storage/device.js";
import { runAsync } from "../../src/format/storage/drivers.js";
import { openHttpDevice } from "../../src/format/storage/http-device.js";
import { parseContentRange } from "../../src/format/storage/http-response.js";
import { openDevice } from "../../src/format/storage/open-device.js";
import { decode } from "../../src/format/storage/operation.js";
import { PageCache } from "../../src/format/storage/page-cache.js";

const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) % 256);

/** What the server does next; each test sets its own. */
const defaults = {
  body: content,
  etag: '"one"' as string | undefined,
  lastModified: undefined as string | undefined,
  ranges: true,
  status: 0,
  encoding: "",
  hideContentRange: false,
  honourIfRange: true,
  extra: 0,
  delay: 0,
};
let behaviour = { ...defaults };
let requests: { method: string; headers: http.IncomingHttpHeaders }[] = [];
let running = 0;
let mostRunning = 0;
let aborted = 0;

function respond(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { body, etag, lastModified, ranges, status, encoding, hideContentRange, honourIfRange, extra } = behaviour;
  if (etag !== undefined) response.setHeader("ETag", etag);
  if (lastModified !== undefined) response.setHeader("Last-Modified", lastModified);
  if (status !== 0) {
    response.writeHead(status).end("no");
    return;
  }
  if (request.method === "HEAD") {
    response.writeHead(200, { "Content-Length": body.length }).end();
    return;
  }
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const condition = request.headers["if-range"];
  const isFresh = !honourIfRange || condition === undefined || condition === (etag ?? lastModified);
  if (match === null || !ranges || !isFresh) {
    if (encoding === "gzip") {
      response.writeHead(200, { "Content-Encoding": "gzip" }).end(zlib.gzipSync(body));
    } else response.writeHead(200, { "Content-Length": body.length }).end(body);
    return;
  }
  const first = Number(match[1]);
  const last = Math.min(Number(match[2]), body.length - 1);
  if (first > last) {
    response.writeHead(416, { "Content-Range": `bytes */${body.length}` }).end();
    return;
  }
  if (encoding !== "") response.setHeader("Content-Encoding", encoding);
  if (!hideContentRange) response.setHeader("Content-Range", `bytes ${first}-${last}/${body.length}`);
  response.writeHead(206).end(body.subarray(first, last + 1 + extra));
}

const server = http.createServer((request, response) => {
  requests.push({ method: request.method ?? "", headers: request.headers });
  mostRunning = Math.max(mostRunning, ++running);
  response.on("close", () => {
    running--;
    if (!response.writableFinished) aborted++;
  });
  setTimeout(() => respond(request, response), behaviour.delay);
});
let url = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.h5`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  behaviour = { ...defaults };
  requests = [];
  mostRunning = 0;
  aborted = 0;
});

async function read(device: Device, offset: number, length: number): Promise<Uint8Array> {
  const target = new Uint8Array(length);
  await device.read(offset, target);
  return target;
}

function holdsAll(device: Device): boolean {
  return Buffer.compare(device.resident ?? new Uint8Array(0), content) === 0;
}

describe("HTTP with ranges", () => {
  it("learns the size and the first bytes from one request", async () => {
    const device = await openHttpDevice(url);
    expect([device.size, device.name, device.writable]).toEqual([content.length, url, false]);
    expect(await read(device, 100, 5000)).toEqual(content.slice(100, 5100));
    expect(requests.length).toBe(1);
    expect(requests[0].headers.range).toBe("bytes=0-65535");
    expect(requests[0].headers["accept-encoding"]).toMatch(/^identity/);
    expect(await read(device, 65_000, 5000)).toEqual(content.slice(65_000, 70_000));
    expect(await read(device, 299_999, 1)).toEqual(content.slice(299_999));
    expect(requests[1].headers).toMatchObject({ range: "bytes=65000-69999", "if-range": '"one"' });
    await expect(read(device, 299_999, 2)).rejects.toMatchObject({ code: "corrupt" });
    expect("readSync" in device).toBe(false);
  });

  it("opens files shorter than the first window, and empty ones", async () => {
    behaviour.body = content.subarray(0, 10);
    const device = await openHttpDevice(new URL(url));
    expect(device.size).toBe(10);
    expect(await read(device, 2, 8)).toEqual(content.slice(2, 10));
    behaviour.body = content.subarray(0, 0);
    expect((await openHttpDevice(url)).size).toBe(0);
  });

  it("sends the caller's headers through the caller's fetch", async () => {
    const seen: string[] = [];
    const device = await openHttpDevice(url, {
      headers: { Authorization: "Bearer x" },
      fetch: (target, init) => {
        seen.push(`${init.method} ${target}`);
        return fetch(target, init);
      },
    });
    await read(device, 100_000, 1);
    expect(seen).toEqual([`GET ${url}`, `GET ${url}`]);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer x", "Bearer x"]);
  });

  it("asks a function for headers before each request", async () => {
    let tokens = 0;
    const device = await openHttpDevice(url, { headers: async () => ({ Authorization: `Bearer ${++tokens}` }) });
    await read(device, 100_000, 1);
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer 1", "Bearer 2"]);
    const refused = new Error("signed out");
    const headers = (): never => {
      throw refused;
    };
    const failure = { code: "io", cause: refused, url };
    await expect(openHttpDevice(url, { headers, retry: 1 })).rejects.toMatchObject(failure);
  });

  it("sends the headers and the credentials of a Request", async () => {
    const inits: object[] = [];
    const request = new Request(url, { headers: { Authorization: "Bearer x", "X-Use": "a" }, credentials: "include" });
    const device = await openDevice(request, {
      headers: { "X-Use": "b" },
      fetch: (target, init) => {
        inits.push({ credentials: init.credentials, method: init.method });
        return fetch(target, init);
      },
    });
    await read(device, 100_000, 1);
    expect(device.name).toBe(url);
    expect(inits).toEqual(Array(2).fill({ credentials: "include", method: "GET" }));
    expect(requests.map(({ headers }) => [headers.authorization, headers["x-use"]])).toEqual(
      Array(2).fill(["Bearer x", "b"]),
    );
    const aborted = new Request(url, { signal: AbortSignal.abort("never") });
    await expect(openDevice(aborted)).rejects.toMatchObject({ code: "aborted", cause: "never" });
  });

  it("asks with HEAD for a size that Content-Range does not tell", async () => {
    behaviour.hideContentRange = true;
    const device = await openHttpDevice(url);
    expect(device.size).toBe(content.length);
    expect(requests.map(({ method }) => method)).toEqual(["GET", "HEAD"]);
    expect(await read(device, 200_000, 10)).toEqual(content.slice(200_000, 200_010));
    behaviour.body = content.subarray(0, 50);
    expect((await openHttpDevice(url)).size).toBe(50);
    expect(requests.length).toBe(4);
  });

  it("feeds a page cache with one request per level", async () => {
    const device = await openHttpDevice(url);
    const cache = new PageCache(device);
    const bytes = await runAsync(
      decode(cache, (storage) => [...storage.view(10, 4), ...storage.view(131_000, 200)]),
      { device, cache },
    );
    expect(bytes).toEqual([...content.subarray(10, 14), ...content.subarray(131_000, 131_200)]);
    expect(requests.length).toBe(2);
  });

  it("keeps at most six requests in flight", async () => {
    const device = await openHttpDevice(url);
    behaviour.delay = 5;
    const targets = Array.from({ length: 20 }, () => new Uint8Array(10));
    await Promise.all(targets.map((target, index) => device.read(100_000 + 5000 * index, target)));
    expect(targets[19]).toEqual(content.slice(195_000, 195_010));
    expect(mostRunning).toBeLessThanOrEqual(6);
    expect(mostRunning).toBeGreaterThan(1);
  });
});

describe("a resource that changes under the reader", () => {
  const changed = { code: "io", message: expect.stringContaining("changed while it was read") };

  it("is noticed by its entity tag through If-Range", async () => {
    const device = await openHttpDevice(url);
    behaviour.etag = '"two"';
    await expect(read(device, 100_000, 10)).rejects.toMatchObject(changed);
  });

  it("is noticed by the tag of the answer where the server ignores If-Range", async () => {
    behaviour.honourIfRange = false;
    const device = await openHttpDevice(url);
    behaviour.etag = '"two"';
    await expect(read(device, 100_000, 10)).rejects.toMatchObject(changed);
  });

  it("is noticed by a weak tag, which If-Range cannot carry", async () => {
    behaviour.etag = 'W/"one"';
    const device = await openHttpDevice(url);
    await read(device, 100_000, 10);
    expect(requests[1].headers["if-range"]).toBeUndefined();
    behaviour.etag = 'W/"two"';
    await expect(read(device, 100_000, 10)).rejects.toMatchObject(changed);
  });

  it("is noticed by its modification date", async () => {
    behaviour.etag = undefined;
    behaviour.lastModified = "Mon, 02 Feb 2026 10:00:00 GMT";
    const device = await openHttpDevice(url);
    await read(device, 100_000, 10);
    expect(requests[1].headers["if-range"]).toBe(behaviour.lastModified);
    behaviour.lastModified = "Mon, 02 Feb 2026 10:00:01 GMT";
    await expect(read(device, 100_000, 10)).rejects.toMatchObject(changed);
  });

  it("is noticed by its size when the server gives no validator", async () => {
    behaviour.etag = undefined;
    const device = await openHttpDevice(url);
    await read(device, 100_000, 10);
    behaviour.body = content.subarray(0, 200_000);
    await expect(read(device, 100_000, 10)).rejects.toMatchObject(changed);
    await expect(read(device, 250_000, 10)).rejects.toMatchObject(changed);
  });
});

describe("HTTP without ranges", () => {
  it("keeps the whole body in memory", async () => {
    behaviour.ranges = false;
    const device = await openHttpDevice(url);
    expect(device.size).toBe(content.length);
    expect(holdsAll(device)).toBe(true);
    expect(requests.length).toBe(1);
    await expect(openHttpDevice(url, { maxWholeBytes: 1000 })).rejects.toMatchObject({ code: "limit" });
  });

  it("takes a body that is compressed on the way", async () => {
    behaviour.ranges = false;
    behaviour.encoding = "gzip";
    expect(holdsAll(await openHttpDevice(url))).toBe(true);
  });

  it("asks for the whole body when ranges count compressed bytes", async () => {
    behaviour.encoding = "gzip";
    // The bytes of the 206 are no gzip stream; fetch fails only when they are read, which must not happen.
    expect(holdsAll(await openHttpDevice(url))).toBe(true);
    expect(requests.map(({ headers }) => headers.range)).toEqual(["bytes=0-65535", undefined]);
  });
});

describe("HTTP failures", () => {
  const soon = { retry: { delay: 1 } };

  it("carry a code by status", async () => {
    for (const [status, code] of [
      [404, "not-found"],
      [410, "not-found"],
      [401, "io"],
      [403, "io"],
      [500, "io"],
      [503, "io"],
    ] as const) {
      behaviour.status = status;
      const failure = { code, message: expect.stringContaining(String(status)) };
      await expect(openHttpDevice(url, soon)).rejects.toMatchObject(failure);
    }
    behaviour.status = 0;
    const device = await openHttpDevice(url, soon);
    // A file that is gone while it is read is no object that is missing in it.
    for (const status of [404, 410, 503]) {
      behaviour.status = status;
      await expect(read(device, 100_000, 10)).rejects.toMatchObject({
        code: "io",
        message: expect.stringContaining(String(status)),
      });
    }
  });

  it("of the network are io errors with their cause", async () => {
    await expect(openHttpDevice("http://127.0.0.1:1/x", soon)).rejects.toMatchObject({
      code: "io",
      cause: expect.any(Error),
    });
    await expect(openHttpDevice(url, { headers: { "bad name": "x" } })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("of a server that sends more or less than asked, and does not say what, are noticed", async () => {
    behaviour.hideContentRange = true;
    const device = await openHttpDevice(url, soon);
    behaviour.extra = 5;
    await expect(read(device, 100_000, 10)).rejects.toMatchObject({ code: "io" });
    behaviour.extra = -5;
    await expect(read(device, 100_000, 10)).rejects.toMatchObject({ code: "io" });
    const wrong = await openHttpDevice(url, {
      fetch: async (_url, { headers }) =>
        headers.get("range") === "bytes=0-65535"
          ? new Response(content.subarray(0, 65_536), {
              status: 206,
              headers: { "Content-Range": "bytes 0-65535/300000" },
            })
          : new Response(content.subarray(0, 10), { status: 206, headers: { "Content-Range": "bytes 0-9/300000" } }),
    });
    await expect(read(wrong, 100_000, 10)).rejects.toMatchObject({ code: "io" });
    const odd = new Response(content.subarray(0, 10), {
      status: 206,
      headers: { "Content-Range": "bytes 5-14/300000" },
    });
    await expect(openHttpDevice(url, { fetch: async () => odd })).rejects.toMatchObject({ code: "io" });
  });

  it("by abort end at once, even where the caller's fetch never does", async () => {
    let hangs = true;
    const device = await openHttpDevice(url, {
      fetch: (target, init) =>
        hangs && init.headers.get("range") !== "bytes=0-65535" ? new Promise(() => {}) : fetch(target, init),
    });
    const signal = AbortSignal.timeout(20);
    const hung = Array.from({ length: 8 }, () => device.read(100_000, new Uint8Array(9), signal));
    for (const result of await Promise.allSettled(hung)) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
    }
    hangs = false;
    expect(await read(device, 100_000, 9)).toEqual(content.slice(100_000, 100_009));
    const never = { fetch: () => new Promise<Response>(() => {}), signal: AbortSignal.timeout(20) };
    await expect(openHttpDevice(url, never)).rejects.toMatchObject({ code: "aborted" });
    hangs = true;
    const pending = device.read(100_000, new Uint8Array(9));
    setTimeout(() => void device.close(), 20);
    await expect(pending).rejects.toMatchObject({ code: "closed" });
  });

  it("by abort carry the reason, and end the request", async () => {
    behaviour.delay = 2000;
    await expect(openHttpDevice(url, { signal: AbortSignal.abort("never") })).rejects.toMatchObject({
      code: "aborted",
      cause: "never",
    });
    expect(requests.length).toBe(0);
    const opening = new AbortController();
    setTimeout(() => opening.abort("too slow"), 20);
    await expect(openHttpDevice(url, { signal: opening.signal })).rejects.toMatchObject({
      code: "aborted",
      cause: "too slow",
    });
    behaviour.delay = 0;
    const device = await openHttpDevice(url);
    behaviour.delay = 2000;
    const reading = new AbortController();
    setTimeout(() => reading.abort("too slow"), 20);
    await expect(device.read(100_000, new Uint8Array(9), reading.signal)).rejects.toMatchObject({
      code: "aborted",
      cause: "too slow",
    });
    const pending = device.read(100_000, new Uint8Array(9));
    setTimeout(() => void device.close(), 20);
    await expect(pending).rejects.toMatchObject({ code: "closed" });
    await expect(read(device, 100_000, 9)).rejects.toMatchObject({ code: "closed" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(aborted).toBe(3);
  });
});

describe("parseContentRange", () => {
  it("takes what the standard allows and nothing else", () => {
    expect(parseContentRange("bytes 0-9/100")).toEqual({ first: 0, last: 9, size: 100 });
    expect(parseContentRange("bytes 5-9/*")).toEqual({ first: 5, last: 9, size: undefined });
    for (const header of [null, "", "bytes */100", "items 0-9/100", "bytes 0-9", `bytes 0-9/${"9".repeat(30)}`]) {
      expect(parseContentRange(header)).toBeUndefined();
    }
  });
});
