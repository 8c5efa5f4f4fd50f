import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type * as Format from "../../src/format/index.js";

const path = new URL("../../golden-files/experiment.h5", import.meta.url);
const bytes = readFileSync(path);
let wanted: Format.NDArray;

/** A copy of the package as a browser loads it: no zlib, and nothing on demand loaded yet. */
async function inBrowser(): Promise<typeof Format> {
  vi.resetModules();
  return import("../../src/format/index.js");
}

async function imagesOf(file: Format.HDF5File): Promise<Format.Dataset> {
  const images = await file.get("entry/detector/images");
  if (images.kind !== "dataset") throw new Error("not a dataset");
  expect(images.filters.map(({ id }) => id)).toEqual([2, 1]);
  return images;
}

beforeAll(async () => {
  const { open } = await inBrowser();
  const file = await open(bytes);
  wanted = await (await imagesOf(file)).read([null]);
  vi.stubGlobal("process", { ...process, getBuiltinModule: undefined });
});

afterAll(() => vi.unstubAllGlobals());

describe("in a runtime without zlib", () => {
  it("asynchronous reads load what inflates", async () => {
    const { open } = await inBrowser();
    const file = await open(new Blob([bytes]));
    const { data } = await (await imagesOf(file)).read([null]);
    expect(data).toEqual(wanted.data);
  });

  it("synchronous reads of bytes find it loaded", async () => {
    const { open } = await inBrowser();
    const file = await open(bytes);
    expect((await imagesOf(file)).readSync([null]).data).toEqual(wanted.data);
  });

  it("openSync and createSync bring it along", async () => {
    const { openSync } = await inBrowser();
    const images = openSync(bytes).getSync("entry/detector/images");
    expect(images.kind === "dataset" && images.readSync([null]).data).toEqual(wanted.data);
    const { createSync } = await inBrowser();
    const file = createSync();
    const made = file.createDatasetSync("data", { data: wanted, chunks: true, filters: ["deflate"] });
    file.flushSync();
    expect(made.readSync([null]).data).toEqual(wanted.data);
    expect(made.filters.map(({ id }) => id)).toEqual([1]);
  });

  it("metadata that are deflated are decoded again once it is loaded", async () => {
    await inBrowser();
    const { deflateFilter } = await import("../../src/format/filters/deflate.js");
    const { FileState } = await import("../../src/format/objects/file-state.js");
    const { runAsync, runSync } = await import("../../src/format/storage/drivers.js");
    const { hostFor } = await import("../../src/format/objects/open-state.js");
    const { MemoryDevice } = await import("../../src/format/storage/memory-device.js");
    const host = hostFor(new MemoryDevice(bytes), {});
    const stored = Uint8Array.of(120, 156, 99, 100, 98, 6, 0, 0, 13, 0, 7);
    const decode = () => FileState.prototype.decode.call(host, () => deflateFilter.decode(stored, [], 3, 3));
    expect(() => runSync(decode(), host)).toThrow(/only be read asynchronously/);
    expect(await runAsync(decode(), host)).toEqual(Uint8Array.of(1, 2, 3));
  });
});
