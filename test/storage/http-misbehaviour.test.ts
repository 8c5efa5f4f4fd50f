import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as zlib from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { open } from "../../src/format/index.js";
import type { Device } from "../../src/format/storage/device.js";
import { openHttpDevice } from "../../src/format/storage/http-device.js";

const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31 + (index >> 8)) % 256);

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A request as a test looks at it. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly range: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
}

let handler: Handler = serve;
/** Takes the place of the handler for one request each. */
let once: Handler[] = [];
let seen: Seen[] = [];
let gone = 0;

function listener(request: http.IncomingMessage, response: http.ServerResponse): void {
  const { method = "", url = "", headers } = request;
  seen.push({ method, url, range: headers.range, headers });
  response.on("close", () => {
    if (!response.writableFinished) gone++;
  });
  (once.shift() ?? handler)(request, response);
}

/** The range that is asked for, cut at the end of the file; `null` where none is. */
function rangeOf({ headers }: http.IncomingMessage, size = content.length): readonly [number, number] | null {
  const match = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  if (match === null) return null;
  return [Number(match[1]), Math.min(match[2] === "" ? size - 1 : Number(match[2]), size - 1)];
}

/** A server that does everything right. */
function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
  const range = rangeOf(request);
  response.setHeader("ETag", '"one"');
  if (request.method === "HEAD" || range === null) {
    response.writeHead(200, { "Content-Length": content.length });
    response.end(request.method === "HEAD" ? undefined : content);
    return;
  }
  const [first, last] = range;
  response.setHeader("Content-Range", `bytes ${first}-${last}/${content.length}`);
  response.writeHead(206, { "Content-Length": last + 1 - first }).end(content.subarray(first, last + 1));
}

function answer(status: number, headers: http.OutgoingHttpHeaders = {}, body: string | Uint8Array = ""): Handler {
  return (_request, response) => response.writeHead(status, headers).end(body);
}

/** Sends the start of the right answer and breaks the connection. */
function breaksAfter(bytes: number): Handler {
  return (request, response) => {
    const [first, last] = rangeOf(request) ?? [0, content.length - 1];
    response.writeHead(206, {
      ETag: '"one"',
      "Content-Length": last + 1 - first,
      "Content-Range": `bytes ${first}-${last}/${content.length}`,
    });
    response.write(content.subarray(first, first + bytes), () => setTimeout(() => response.destroy(), 20));
  };
}

const server = http.createServer(listener);
let origin = "";
let url = "";
/** Tries again, but without long waits. */
const soon = { retry: { delay: 1 } };

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  url = `${origin}/file.h5`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  handler = serve;
  once = [];
  seen = [];
  gone = 0;
});
const devices: Device[] = [];
afterEach(async () => {
  for (const device of devices.splice(0)) await device.close();
});

async function opened(...[source, options]: Parameters<typeof openHttpDevice>): Promise<Device> {
  const device = await openHttpDevice(source, options);
  devices.push(device);
  return device;
}

async function read(device: Device, offset: number, length: number): Promise<Uint8Array> {
  const target = new Uint8Array(length);
  await device.read(offset, target);
  return target;
}

/** Reads a part and compares it. */
async function readsRight(device: Device, offset = 100_000, length = 50_000): Promise<void> {
  const bytes = await read(device, offset, length);
  expect(Buffer.compare(bytes, content.subarray(offset, offset + length))).toBe(0);
}

function ranges(): (string | undefined)[] {
  return seen.map(({ range }) => range);
}

describe("failures that pass", () => {
  it("429 with Retry-After in seconds: asked again when it says", async () => {
    once = [answer(429, { "Retry-After": "1" })];
    const before = Date.now();
    await readsRight(await opened(url, soon));
    expect(Date.now() - before).toBeGreaterThanOrEqual(990);
    expect(seen.length).toBe(3);
  });

  it("429 with Retry-After as a date: asked again when it says", async () => {
    const device = await opened(url, soon);
    once = [answer(429, { "Retry-After": new Date(Date.now() + 2000).toUTCString() })];
    const before = Date.now();
    await readsRight(device);
    // The date has no milliseconds.
    expect(Date.now() - before).toBeGreaterThanOrEqual(900);
  });

  it("a Retry-After beyond the longest wait fails at once and says so", async () => {
    handler = answer(429, { "Retry-After": "3600" });
    const before = Date.now();
    await expect(openHttpDevice(url)).rejects.toMatchObject({
      code: "io",
      status: 429,
      url,
      message: expect.stringContaining("3600 s"),
    });
    expect(Date.now() - before).toBeLessThan(2000);
    expect(seen.length).toBe(1);
  });

  it("503, 500, 502, 504 and 408, then the answer", async () => {
    for (const status of [503, 500, 502, 504, 408]) {
      once = [answer(status), answer(status)];
      const device = await opened(url, soon);
      once = [answer(status)];
      await readsRight(device);
    }
  });

  it("503 for ever: gives up after the tries, with the status", async () => {
    handler = answer(503, {}, "busy");
    const failure = { code: "io", status: 503, url, message: expect.stringContaining("503") };
    await expect(openHttpDevice(url, soon)).rejects.toMatchObject(failure);
    expect(seen.length).toBe(4);
    seen = [];
    await expect(openHttpDevice(url, { retry: 1 })).rejects.toMatchObject(failure);
    expect(seen.length).toBe(1);
    await expect(openHttpDevice(url, { retry: { tries: 2, delay: 1 } })).rejects.toMatchObject(failure);
    expect(seen.length).toBe(3);
  });

  it("by default, waits longer from try to try", async () => {
    once = [answer(503), answer(503)];
    const before = Date.now();
    await readsRight(await opened(url));
    expect(Date.now() - before).toBeGreaterThanOrEqual(440);
  });

  it("what does not pass is not tried again", async () => {
    for (const status of [400, 401, 403, 404, 410, 451]) {
      seen = [];
      handler = answer(status, { "Content-Type": "text/html" }, "<!doctype html><h1>no</h1>");
      const code = status === 404 || status === 410 ? "not-found" : "io";
      await expect(openHttpDevice(url, soon)).rejects.toMatchObject({ code, status, url });
      expect(seen.length).toBe(1);
    }
  });

  it("a connection that breaks in the middle of a body: goes on where it broke", async () => {
    const device = await opened(url, soon);
    once = [breaksAfter(20_000), breaksAfter(10_000)];
    await readsRight(device, 100_000, 50_000);
    expect(ranges()).toEqual(["bytes=0-65535", "bytes=100000-149999", "bytes=120000-149999", "bytes=130000-149999"]);
  });

  it("breaks that bring something each time are no reason to give up; others are", async () => {
    const device = await opened(url, soon);
    once = Array.from({ length: 9 }, () => breaksAfter(5000));
    await readsRight(device, 100_000, 50_000);
    once = Array.from({ length: 4 }, () => breaksAfter(1));
    await expect(read(device, 100_000, 50_000)).rejects.toMatchObject({ code: "io", url });
  });

  it("a connection that breaks while the file is opened", async () => {
    once = [breaksAfter(1000), (request) => request.socket.destroy()];
    await readsRight(await opened(url, soon));
  });

  it("a server that is not up yet", async () => {
    const late = http.createServer(listener);
    await new Promise<void>((resolve) => late.listen(0, "127.0.0.1", resolve));
    const { port } = late.address() as AddressInfo;
    await new Promise((resolve) => late.close(resolve));
    const opening = opened(`http://127.0.0.1:${port}/late.h5`, { retry: { tries: 8, delay: 50 } });
    setTimeout(() => late.listen(port, "127.0.0.1"), 100);
    await readsRight(await opening);
    late.closeAllConnections();
    late.close();
  });

  it("a wait ends with its signal and with the file", async () => {
    const device = await opened(url);
    handler = answer(503, { "Retry-After": "20" });
    const before = Date.now();
    const reason = new Error("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    const waiting = device.read(100_000, new Uint8Array(9), controller.signal);
    await expect(waiting).rejects.toMatchObject({ code: "aborted", cause: reason });
    const pending = read(device, 100_000, 9);
    setTimeout(() => void device.close(), 50);
    await expect(pending).rejects.toMatchObject({ code: "closed" });
    expect(Date.now() - before).toBeLessThan(5000);
  });

  it("nonsense as the option is refused", async () => {
    for (const retry of [0, -1, Number.NaN, { tries: 0 }, { delay: -1 }, { longest: Number.NaN }]) {
      await expect(openHttpDevice(url, { retry })).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(seen).toEqual([]);
  });
});

describe("redirects", () => {
  it("are remembered: each further request goes where the first one led", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      seen = [];
      handler = (request, response) => {
        if (request.url === "/file.h5") response.writeHead(status, { Location: "/elsewhere.h5" }).end();
        else serve(request, response);
      };
      const device = await opened(url);
      await readsRight(device);
      await readsRight(device, 200_000, 10);
      expect(seen.map((request) => request.url)).toEqual([
        "/file.h5",
        "/elsewhere.h5",
        "/elsewhere.h5",
        "/elsewhere.h5",
      ]);
      expect(device.name).toBe(url);
    }
  });

  it("that have expired are asked for again", async () => {
    let signed = 0;
    const uses = new Map<string | undefined, number>();
    handler = (request, response) => {
      const used = uses.get(request.url) ?? 0;
      uses.set(request.url, used + 1);
      if (request.url === "/file.h5") {
        response.writeHead(302, { Location: `/signed.h5?signature=${++signed}` }).end();
      } else if (used >= 2) {
        response.writeHead(403, { "Content-Type": "application/xml" }).end("<Error>ExpiredToken</Error>");
      } else serve(request, response);
    };
    const device = await opened(url, { retry: 1 });
    for (let offset = 70_000; offset < 290_000; offset += 20_000) await readsRight(device, offset, 1000);
    expect(signed).toBe(6);
    await Promise.all([70_000, 90_000, 110_000, 130_000].map((offset) => readsRight(device, offset, 1000)));
    handler = answer(403);
    await expect(read(device, 70_000, 10)).rejects.toMatchObject({ code: "io", status: 403, url });
  });

  it("to another origin do not get the caller's credentials, as with fetch", async () => {
    const other = http.createServer(listener);
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    handler = (request, response) => {
      const isFirst = request.headers.host !== `127.0.0.1:${port}`;
      if (isFirst) response.writeHead(302, { Location: `http://127.0.0.1:${port}/moved.h5` }).end();
      else serve(request, response);
    };
    const device = await opened(url, { headers: { Authorization: "Bearer x", Cookie: "a=b", "X-Use": "test" } });
    await readsRight(device);
    expect(seen.map(({ headers }) => [headers.authorization, headers.cookie, headers["x-use"]])).toEqual([
      ["Bearer x", "a=b", "test"],
      [undefined, undefined, "test"],
      [undefined, undefined, "test"],
    ]);
    other.closeAllConnections();
    other.close();
  });
});

describe("ranges that are not those asked for", () => {
  it("206 with fewer bytes: the rest is asked for", async () => {
    handler = (request, response) => {
      const [first, last] = rangeOf(request) ?? [0, 0];
      const end = Math.min(last, first + 19_999);
      response.setHeader("ETag", '"one"');
      response.setHeader("Content-Range", `bytes ${first}-${end}/${content.length}`);
      response.writeHead(206).end(content.subarray(first, end + 1));
    };
    const device = await opened(url, { retry: 1 });
    expect(device.size).toBe(content.length);
    await readsRight(device, 10_000, 80_000);
    expect(ranges()).toEqual([
      "bytes=0-65535",
      "bytes=10000-89999",
      "bytes=30000-89999",
      "bytes=50000-89999",
      "bytes=70000-89999",
    ]);
    await readsRight(device, 0, content.length);
  });

  it("206 with fewer bytes than it says: the rest is asked for, until nothing comes", async () => {
    const device = await opened(url, soon);
    const cut = (bytes: number): Handler => {
      return (request, response) => {
        const [first, last] = rangeOf(request) ?? [0, 0];
        response.setHeader("Content-Range", `bytes ${first}-${last}/${content.length}`);
        response.writeHead(206).end(content.subarray(first, first + bytes));
      };
    };
    once = [cut(10_000), cut(0), cut(10_000)];
    await readsRight(device);
    handler = cut(0);
    await expect(read(device, 100_000, 10)).rejects.toMatchObject({ code: "io", url });
    handler = cut(1);
    seen = [];
    await expect(read(device, 100_000, 1000)).rejects.toMatchObject({ code: "io", url });
    expect(seen.length).toBeLessThan(10);
  });

  it("206 with more bytes: what is more is let go", async () => {
    handler = (request, response) => {
      const [first] = rangeOf(request) ?? [0];
      response.setHeader("Content-Range", `bytes ${first}-${content.length - 1}/${content.length}`);
      response.writeHead(206).end(content.subarray(first));
    };
    const device = await opened(url);
    expect(device.size).toBe(content.length);
    await readsRight(device, 65_000, 1000);
    await readsRight(device, 100_000, 10);
    expect(seen.length).toBe(3);
  });

  it("206 with another range: an error, with status and URL, and no wrong bytes", async () => {
    const shifted: Handler = (request, response) => {
      const [first, last] = rangeOf(request) ?? [0, 0];
      response.setHeader("Content-Range", `bytes ${first + 1}-${last + 1}/${content.length}`);
      response.writeHead(206).end(content.subarray(first + 1, last + 2));
    };
    const device = await opened(url);
    handler = shifted;
    const failure = { code: "io", status: 206, url, message: expect.stringContaining("100001") };
    await expect(read(device, 100_000, 10)).rejects.toMatchObject(failure);
    await expect(openHttpDevice(url)).rejects.toMatchObject({ code: "io", status: 206, url });
    expect(seen.length).toBe(3);
  });

  it("200 where ranges were served before: the whole file is taken once", async () => {
    const device = await opened(url);
    handler = (_request, response) => response.writeHead(200, { ETag: '"one"' }).end(content);
    await readsRight(device);
    const asked = seen.length;
    await readsRight(device, 200_000, 1000);
    await Promise.all([70_000, 90_000, 110_000].map((offset) => readsRight(device, offset, 1000)));
    expect(seen.length).toBe(asked);
    const capped = await (async () => {
      handler = serve;
      return opened(url, { maxWholeBytes: 1000 });
    })();
    handler = (_request, response) => response.writeHead(200, { ETag: '"one"' }).end(content);
    await expect(read(capped, 100_000, 10)).rejects.toMatchObject({ code: "limit", url });
    handler = (_request, response) => response.writeHead(200).end(content.subarray(1));
    const shorter = await (async () => {
      handler = serve;
      return opened(url);
    })();
    handler = (_request, response) => response.writeHead(200).end(content.subarray(1));
    await expect(read(shorter, 100_000, 10)).rejects.toMatchObject({ code: "io", url });
  });

  it("200 from the start: held whole, refused by its Content-Length where it is too long", async () => {
    handler = (_request, response) => response.writeHead(200, { "Content-Length": content.length }).end(content);
    const device = await opened(url);
    expect(device.resident?.length).toBe(content.length);
    handler = (_request, response) => response.writeHead(200, { "Content-Length": 5e9 }).write("x");
    await expect(openHttpDevice(url)).rejects.toMatchObject({ code: "limit", url });
  });

  it("416 for a file shorter than the first window: asked for whole", async () => {
    handler = (request, response) => {
      const short = content.subarray(0, 1000);
      const match = /-(\d+)$/.exec(request.headers.range ?? "");
      if (match !== null && Number(match[1]) >= 1000) {
        response.writeHead(416, { "Content-Range": "bytes */1000" }).end();
      } else response.writeHead(200).end(short);
    };
    const device = await opened(url);
    expect(device.size).toBe(1000);
    await readsRight(device, 10, 990);
  });

  it("416 in the middle of reading: the file has been cut", async () => {
    const device = await opened(url);
    handler = answer(416, { "Content-Range": "bytes */1000" });
    await expect(read(device, 100_000, 10)).rejects.toMatchObject({
      code: "io",
      status: 416,
      url,
      message: expect.stringContaining("changed while it was read"),
    });
  });

  it("ranges that are compressed: the whole file, uncompressed", async () => {
    const compressed: Handler = (request, response) => {
      const range = rangeOf(request);
      const body = range === null ? content : content.subarray(range[0], range[1] + 1);
      response.setHeader("ETag", '"one"');
      response.setHeader("Content-Encoding", "gzip");
      if (range !== null) response.setHeader("Content-Range", `bytes ${range[0]}-${range[1]}/${content.length}`);
      response.writeHead(range === null ? 200 : 206).end(zlib.gzipSync(body));
    };
    handler = compressed;
    expect((await opened(url)).resident?.length).toBe(content.length);
    expect(seen[0].headers["accept-encoding"]).toMatch(/^identity/);
    handler = serve;
    const device = await opened(url);
    handler = compressed;
    await readsRight(device);
  });
});

describe("a size that is not told", () => {
  /** As another origin sees it: `Content-Range` is there but hidden. */
  const hidden =
    (head: Handler): Handler =>
    (request, response) => {
      if (request.method === "HEAD") return head(request, response);
      const range = rangeOf(request);
      const [first, last] = range ?? [0, content.length - 1];
      response.writeHead(range === null ? 200 : 206, { "Content-Length": last + 1 - first });
      return response.end(content.subarray(first, last + 1));
    };

  it("HEAD tells it", async () => {
    handler = hidden(serve);
    const device = await opened(url);
    expect(device.size).toBe(content.length);
    await readsRight(device);
    expect(seen.map(({ method }) => method)).toEqual(["GET", "HEAD", "GET"]);
  });

  it("HEAD is refused: one GET tells it, whose body is let go", async () => {
    for (const head of [answer(405), answer(403), answer(501), answer(200), answer(500)]) {
      seen = [];
      handler = hidden(head);
      const device = await opened(url);
      expect(device.size).toBe(content.length);
      expect(device.resident).toBeUndefined();
      await readsRight(device);
      expect(seen.map(({ method, range }) => [method, range])).toEqual([
        ["GET", "bytes=0-65535"],
        ["HEAD", "bytes=0-"],
        ["GET", "bytes=0-"],
        ["GET", "bytes=100000-149999"],
      ]);
    }
  });

  it("neither tells it: the whole file is held", async () => {
    handler = (request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else if (request.headers.range === "bytes=0-65535") response.writeHead(206).end(content.subarray(0, 65_536));
      else {
        response.writeHead(206);
        response.write(content.subarray(0, 100_000));
        response.end(content.subarray(100_000));
      }
    };
    const device = await opened(url);
    expect(device.resident?.length).toBe(content.length);
  });

  it("the caller tells it", async () => {
    handler = hidden(answer(405));
    const device = await opened(url, { size: content.length });
    expect(device.size).toBe(content.length);
    await readsRight(device);
    expect(seen.length).toBe(2);
    handler = serve;
    await expect(openHttpDevice(url, { size: 5 })).rejects.toMatchObject({ code: "io", url });
    await expect(openHttpDevice(url, { size: -5 })).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it('Content-Range has "*" for it', async () => {
    handler = (request, response) => {
      const range = rangeOf(request);
      if (request.method === "HEAD" || range === null) return serve(request, response);
      response.setHeader("Content-Range", `bytes ${range[0]}-${range[1]}/*`);
      response.writeHead(206).end(content.subarray(range[0], range[1] + 1));
    };
    const device = await opened(url);
    expect(device.size).toBe(content.length);
    await readsRight(device);
  });

  it("no Content-Length anywhere: Content-Range is enough", async () => {
    handler = (request, response) => {
      const [first, last] = rangeOf(request) ?? [0, 0];
      response.setHeader("Content-Range", `bytes ${first}-${last}/${content.length}`);
      response.writeHead(206, { "Transfer-Encoding": "chunked" });
      response.write(content.subarray(first, first + 1));
      response.end(content.subarray(first + 1, last + 1));
    };
    await readsRight(await opened(url));
  });
});

describe("versions", () => {
  const versioned = (headers: http.OutgoingHttpHeaders): Handler => {
    return (request, response) => {
      const [first, last] = rangeOf(request) ?? [0, 0];
      response.setHeader("Content-Range", `bytes ${first}-${last}/${content.length}`);
      response.writeHead(206, headers).end(content.subarray(first, last + 1));
    };
  };
  const changed = { code: "io", message: expect.stringContaining("changed while it was read") };

  it("another tag, strong or weak, or another date is an error that says so", async () => {
    const date = "Mon, 02 Feb 2026 10:00:00 GMT";
    const later = "Mon, 02 Feb 2026 10:00:01 GMT";
    for (const [first, second] of [
      [{ ETag: '"one"' }, { ETag: '"two"' }],
      [{ ETag: 'W/"one"' }, { ETag: 'W/"two"' }],
      [{ "Last-Modified": date }, { "Last-Modified": later }],
    ]) {
      handler = versioned(first);
      const device = await opened(url, soon);
      await readsRight(device);
      handler = versioned(second);
      const before = seen.length;
      await expect(read(device, 100_000, 10)).rejects.toMatchObject({ ...changed, url, status: 206 });
      expect(seen.length).toBe(before + 1);
    }
  });
});

describe("bodies that do not end", () => {
  it("stall: the signal ends the read and the request", async () => {
    const device = await opened(url);
    handler = (request, response) => {
      const [first, last] = rangeOf(request) ?? [0, 0];
      response.writeHead(206, { "Content-Range": `bytes ${first}-${last}/${content.length}` });
      response.write(content.subarray(first, first + 5));
    };
    const target = new Uint8Array(10);
    await expect(device.read(100_000, target, AbortSignal.timeout(100))).rejects.toMatchObject({ code: "aborted" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gone).toBe(1);
    const signal = AbortSignal.timeout(100);
    await expect(openHttpDevice(url, { signal })).rejects.toMatchObject({ code: "aborted" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gone).toBe(2);
  });

  it("go on for ever: what was asked for is taken, the rest is let go", async () => {
    const endless: Handler = (request, response) => {
      const [first] = rangeOf(request) ?? [0];
      response.setHeader("Content-Range", `bytes ${first}-${content.length - 1}/${content.length}`);
      response.writeHead(206);
      let at = first;
      const send = (): void => {
        if (response.destroyed) return;
        response.write(at < content.length ? content.subarray(at, at + 1000) : new Uint8Array(1000));
        at += 1000;
        setTimeout(send, 1);
      };
      send();
    };
    handler = endless;
    const device = await opened(url);
    await readsRight(device, 100_000, 10);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gone).toBe(2);
    handler = (request, response) => {
      response.writeHead(200);
      const send = (): void => {
        if (!response.destroyed) response.write(content, () => setTimeout(send, 1));
      };
      if (request.method === "GET") send();
    };
    await expect(openHttpDevice(url, { maxWholeBytes: 1e6 })).rejects.toMatchObject({ code: "limit", url });
  });
});

describe("what is no file", () => {
  it("an empty file", async () => {
    handler = (request, response) => {
      if (request.headers.range === undefined) response.writeHead(200).end();
      else response.writeHead(416, { "Content-Range": "bytes */0" }).end();
    };
    expect((await opened(url)).size).toBe(0);
    await expect(open(url)).rejects.toMatchObject({ code: "corrupt" });
    handler = answer(200);
    expect((await opened(url)).size).toBe(0);
  });

  it("a page with status 200 instead of an error is called one, with its URL", async () => {
    const html = "<!doctype html><title>App</title><h1>Not found</h1>";
    handler = answer(200, { "Content-Type": "text/html" }, html);
    const failure = {
      message: expect.stringMatching(/HTML/),
      code: expect.stringMatching(/^(?:corrupt|unsupported)$/),
    };
    await expect(open(url)).rejects.toMatchObject(failure);
    await expect(open(url)).rejects.toMatchObject({ message: expect.stringContaining(url) });
  });

  it("a page with status 404 is not-found, with status and URL", async () => {
    handler = answer(404, { "Content-Type": "text/html" }, "<!doctype html><h1>Not found</h1>");
    await expect(open(url)).rejects.toMatchObject({ code: "not-found", status: 404, url });
  });
});
