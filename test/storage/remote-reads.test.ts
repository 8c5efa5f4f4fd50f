import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Dataset, NDArray, Source } from "../../src/format/index.js";
import { createSync, open, openSync, points, slice } from "../../src/format/index.js";

/** Rows of 16 KiB; chunks of 5 MiB. */
const shape = [640, 4096];
const chunks = [320, 4096];

function largeFile(): Uint8Array {
  const file = createSync();
  const data = Float32Array.from({ length: shape[0] * shape[1] }, (_, index) => index);
  file.createDatasetSync("tiled", { data, shape, chunks: [320, 2048] });
  file.createDatasetSync("rows", { data, shape, chunks });
  file.createDatasetSync("plain", { data, shape });
  file.createDatasetSync("filtered", { data, shape, chunks: [64, 512], filters: [{ id: "deflate", level: 1 }] });
  file.closeSync();
  return file.bytes();
}

const bytes = largeFile();
const local = openSync(bytes);
/** What has been fetched since it was reset. */
const counted = { requests: 0, bytes: 0 };

function count(length: number): void {
  counted.requests++;
  counted.bytes += length;
}

const server = createServer((request, response) => {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const part = bytes.subarray(Number(first), Math.min(Number(last) + 1, bytes.length));
  count(part.length);
  const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
  response.writeHead(206, { "Content-Range": range, ETag: '"1"' }).end(part);
});
let url = "";

/** Counts what is taken from it. */
class CountedBlob extends Blob {
  override slice(start = 0, end = this.size): Blob {
    count(end - start);
    return super.slice(start, end);
  }
}

const sources: readonly (readonly [string, () => Source])[] = [
  ["HTTP", () => url],
  ["a Blob", () => new CountedBlob([bytes.slice()])],
  [
    "a custom source",
    () => ({
      size: bytes.length,
      read: async (offset: number, length: number) => {
        count(length);
        return bytes.slice(offset, offset + length);
      },
    }),
  ],
];

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/large.h5`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  counted.requests = 0;
  counted.bytes = 0;
});

type Selection = Parameters<Dataset["read"]>[0];

async function datasetOf(source: Source, name: string): Promise<Dataset> {
  const object = await (await open(source)).get(name);
  if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
  return object;
}

function localValues(name: string, selection: Selection): Float32Array {
  const object = local.getSync(name);
  if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
  return (object.readSync(selection) as NDArray).data as Float32Array;
}

async function readsRight(dataset: Dataset, name: string, selection: Selection): Promise<void> {
  const found = ((await dataset.read(selection)) as NDArray).data as Float32Array;
  const expected = localValues(name, selection);
  const isSame = found.length === expected.length && found.every((value, index) => value === expected[index]);
  expect(isSame).toBe(true);
}

const allowance = 512 * 1024;

/** Selections of 40 bytes. */
const small: readonly (readonly [string, () => Selection])[] = [
  ["part of a row", () => [100, slice(1000, 1010)]],
  ["part of a column", () => [slice(400, 410), 77]],
  ["a box", () => [slice(30, 35), slice(2000, 2002)]],
  ["elements with steps", () => [slice(20, 30, 2), slice(50, 90, 20)]],
  ["points", () => points(Array.from({ length: 10 }, (_, index) => [7, 40 + index * index]))],
  ["points of several rows", () => points(Array.from({ length: 10 }, (_, index) => [300 + index, 4000]))],
  [
    "lists",
    () => [
      [5, 6, 9, 10, 11],
      [9, 8],
    ],
  ],
];

for (const [kind, source] of sources) {
  describe(`unfiltered data behind ${kind}`, () => {
    for (const name of ["tiled", "rows", "plain"]) {
      for (const [what, selection] of small) {
        it(`${what} of "${name}": little is fetched, and nothing again`, async () => {
          const dataset = await datasetOf(source(), name);
          await readsRight(dataset, name, selection());
          expect(counted.bytes).toBeLessThanOrEqual(2 * 40 + allowance);
          expect(counted.requests).toBeLessThanOrEqual(8);
          const { requests } = counted;
          for (let again = 0; again < 4; again++) await readsRight(dataset, name, selection());
          expect(counted.requests).toBe(requests);
          await dataset.file.close();
        });
      }

      it(`neighbouring reads of "${name}", row by row: few requests, hardly a byte twice`, async () => {
        const dataset = await datasetOf(source(), name);
        await readsRight(dataset, name, [0, slice(0, 100)]);
        const before = counted.requests;
        for (let row = 0; row < 32; row++) await readsRight(dataset, name, [row, slice(0, 100)]);
        expect(counted.requests - before).toBeLessThanOrEqual(10);
        expect(counted.bytes).toBeLessThanOrEqual(2 * 32 * 16 * 1024 + allowance);
        await dataset.file.close();
      });
    }

    it("a column of a whole chunk brings the chunk once, and the next columns find it", async () => {
      const dataset = await datasetOf(source(), "tiled");
      await readsRight(dataset, "tiled", [slice(0, 320), 5]);
      const { requests } = counted;
      for (const column of [6, 900, 2047]) await readsRight(dataset, "tiled", [slice(0, 320), column]);
      expect(counted.requests).toBe(requests);
      expect(counted.bytes).toBeLessThanOrEqual(320 * 2048 * 4 + allowance);
      await dataset.file.close();
    });

    it("large parts are fetched once, and not much more than they are", async () => {
      for (const name of ["tiled", "rows", "plain"]) {
        counted.bytes = 0;
        const dataset = await datasetOf(source(), name);
        await readsRight(dataset, name, [slice(10, 110), slice(0, 2048)]);
        expect(counted.bytes).toBeLessThanOrEqual(2 * 100 * 2048 * 4 + allowance);
        counted.bytes = 0;
        await readsRight(dataset, name, [slice(100, 500)]);
        expect(counted.bytes).toBeLessThanOrEqual(2 * 400 * 4096 * 4 + allowance);
        await dataset.file.close();
      }
    });

    it("scattered points that no page holds together are fetched one by one", async () => {
      const dataset = await datasetOf(source(), "rows");
      const scattered = points(Array.from({ length: 20 }, (_, index) => [index * 31, index * 13]));
      await readsRight(dataset, "rows", scattered);
      expect(counted.bytes).toBeLessThanOrEqual(allowance);
      await dataset.file.close();
    });
  });
}
