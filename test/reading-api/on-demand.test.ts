import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

type Library = typeof import("../../src/format/index.js");

/** The library, with no part of it loaded that is loaded on demand. */
async function untouched(): Promise<Library> {
  vi.resetModules();
  return import("../../src/format/index.js");
}

afterEach(() => vi.resetModules());

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../golden-files/${name}`, import.meta.url)));
}

/** Opens a dataset, asynchronously only or (`bytes`) in both ways, with a library that has not loaded anything. */
async function openDataset(source: Uint8Array | NothingResidentSource, path: string) {
  const library = await untouched();
  const dataset = await (await library.open(source)).get(path);
  if (dataset.kind !== "dataset") throw new Error(`${path} is a ${dataset.kind}`);
  return { library, dataset };
}

const unavailable = expect.objectContaining({ code: "sync-unavailable" });

describe("what is loaded on demand", () => {
  it.each([
    [
      "points",
      ({ points }: Library) =>
        points([
          [4, 3],
          [0, 1],
          [-1, 2],
        ]),
    ],
    ["lists", () => [[7, 1, 1], null]],
    ["a mask", ({ mask }: Library) => [mask(Array.from({ length: 50 }, (_, row) => row % 7 === 2)), 1]],
  ] as const)("selects by %s", async (_name, select) => {
    const bytes = bytesOf("layouts.h5");
    const { library, dataset } = await openDataset(new NothingResidentSource(bytes), "contiguous");
    const selection = select(library);
    expect(() => dataset.readSync(selection)).toThrowError(unavailable);
    const value = await dataset.read(selection);
    const atOnce = await openDataset(bytes, "contiguous");
    expect(atOnce.dataset.readSync(select(atOnce.library))).toEqual(value);
  });

  it.each(["n-bit integers", "scale-offset integers", "szip nn floats"])("decodes %s", async (path) => {
    const bytes = bytesOf("filters-packing.h5");
    const { dataset } = await openDataset(new NothingResidentSource(bytes), path);
    expect(() => dataset.readSync()).toThrowError(unavailable);
    const value = await dataset.read();
    expect((await openDataset(bytes, path)).dataset.readSync()).toEqual(value);
    const { openSync } = await untouched();
    const atOnce = openSync(bytes).getSync(path);
    expect(atOnce.kind === "dataset" && atOnce.readSync()).toEqual(value);
  });
});
