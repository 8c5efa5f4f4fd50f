import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSync, open, slice } from "../../src/format/index.js";

/** A file of some 20 MB: many groups and attributes, and one large compressed dataset. */
function largeFile(): Uint8Array {
  const file = createSync();
  for (let index = 0; index < 300; index++) {
    const group = file.createGroupSync(`run ${String(index).padStart(4, "0")}`);
    group.attrs.setSync("operator", `person ${index}`);
    group.createDatasetSync("values", { data: new Float64Array(1000).fill(index) });
  }
  const pixels = new Float32Array(2048 * 2048);
  for (let index = 0; index < pixels.length; index++) pixels[index] = Math.fround(Math.sin(index * index));
  const options = { data: pixels, shape: [2048, 2048], chunks: [128, 128] };
  file.createDatasetSync("image", { ...options, filters: ["shuffle", { id: "deflate", level: 1 }] });
  file.closeSync();
  return file.bytes();
}

describe("a file behind HTTP", () => {
  const counted = { requests: 0, bytes: 0 };
  let bytes: Uint8Array;
  let url: string;
  const server = createServer((request, response) => {
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    if (range === null) {
      response.writeHead(400).end();
      return;
    }
    const start = Number(range[1]);
    const end = range[2] === "" ? bytes.length : Math.min(Number(range[2]) + 1, bytes.length);
    counted.requests++;
    counted.bytes += end - start;
    response.writeHead(206, { "content-range": `bytes ${start}-${end - 1}/${bytes.length}`, etag: '"1"' });
    response.end(bytes.subarray(start, end));
  });

  beforeAll(async () => {
    bytes = largeFile();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/large.h5`;
  });

  afterAll(() => {
    server.close();
  });

  it("is opened and one slice of it read in at most 6 requests and 1 MB", async () => {
    expect(bytes.length).toBeGreaterThan(15e6);
    const file = await open(url);
    const image = await file.get("image");
    if (image.kind !== "dataset") throw new Error("the image is no dataset");
    const row = await image.read([1000, slice(500, 800)]);
    await file.close();
    expect(row).toMatchObject({ shape: [300] });
    const expected = Float32Array.from({ length: 300 }, (_, at) => Math.sin((1000 * 2048 + 500 + at) ** 2));
    expect((row as { data: unknown }).data).toEqual(expected);
    expect(counted.requests).toBeLessThanOrEqual(6);
    expect(counted.bytes).toBeLessThanOrEqual(1e6);
  });
});
