/** Options that do not exist, or have a value that means nothing, are refused before anything is done. */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import { create, createSync, HDF5Error, open, openSync } from "../../src/format/index.js";

const directory = mkdtempSync(join(tmpdir(), "unknown-options-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What fails; anything may be passed, as in JavaScript. */
async function failure(work: () => unknown): Promise<HDF5Error> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(HDF5Error);
    return error as HDF5Error;
  }
  throw new Error("nothing failed");
}

async function expectRefusal(work: () => unknown, words: readonly string[]): Promise<void> {
  const error = await failure(work);
  expect(error.code).toBe("invalid-argument");
  // An error of the runtime is no answer.
  expect(error.cause).toBeUndefined();
  for (const word of words) expect(error.message).toContain(word);
}

const bytes = ((): Uint8Array => {
  const file = createSync();
  file.createDatasetSync("d", { data: Float64Array.of(1, 2, 3), maxShape: [null] });
  file.createDatasetSync("records", { data: [{ a: 1, b: 2 }] });
  file.attrs.setSync("a", 1);
  file.closeSync();
  return file.bytes();
})();

type Options = Readonly<Record<string, unknown>>;
type Case = readonly [options: unknown, words: readonly string[]];

const openCases: readonly Case[] = [
  [{ mod: "r+" }, ['"mod"', '"mode"']],
  [{ Mode: "r" }, ['"mode"']],
  [{ durability: "bogus" }, ['"bogus"', '"full"', '"onClose"']],
  [{ mode: "w" }, ['"w"', "create()"]],
  [{ limits: { depht: 3 } }, ["limits", '"depht"', '"depth"']],
  [{ limits: { depth: -1 } }, ["limits", '"depth"', "-1"]],
  [{ limits: 3 }, ["limits"]],
  [{ resolver: "/somewhere" }, ['"resolver"', "a function"]],
  [{ signal: {} }, ['"signal"', "an AbortSignal"]],
  [{ fetch: "https" }, ['"fetch"']],
  [{ maxWholeBytes: -1 }, ['"maxWholeBytes"']],
  [{ nonsense: 1 }, ['"nonsense"', '"mode"', '"limits"', '"signal"']],
  ["r+", ["an object", '"r+"']],
  [null, ["null"]],
  [["r+"], ["Array"]],
  [new AbortController().signal, ["AbortSignal"]],
];

describe("open", () => {
  it.each(openCases)("refuses %j", async (options, words) => {
    await expectRefusal(() => open(bytes, options as Options), words);
    await expectRefusal(() => openSync(bytes, options as Options), words);
  });

  it("takes undefined for an option that is not given", async () => {
    const file = await open(bytes, { mode: undefined, signal: undefined, limits: { depth: undefined } });
    await file.close();
    openSync(bytes, undefined).closeSync();
  });
});

const createCases: readonly Case[] = [
  [{ overwite: true }, ['"overwrite"']],
  [{ overwrite: "yes" }, ['"overwrite"', "true or false"]],
  [{ libver: "latest" }, ['"latest"', '"earliest"']],
  [{ durability: "bogus" }, ['"bogus"', '"full"']],
  [{ trackOrdr: true }, ['"trackOrder"']],
  [{ trackOrder: 1 }, ['"trackOrder"']],
  [{ userBlockSize: 100 }, ["100"]],
  [{ userBlockSize: "512" }, ['"userBlockSize"']],
  [{ limits: { cacheByte: 3 } }, ['"cacheBytes"']],
  [{ mode: "w" }, ['"mode"']],
  [null, ["null"]],
];

describe("create", () => {
  it.each(createCases)("refuses %j and makes no file", async (options, words) => {
    const path = join(directory, "refused.h5");
    await expectRefusal(() => create(path, options as Options), words);
    await expectRefusal(() => createSync(path, options as Options), words);
    expect(existsSync(path)).toBe(false);
  });
});

const datasetCases: readonly Case[] = [
  [undefined, ["createDataset"]],
  [null, ["null"]],
  [[1, 2, 3], ["Array"]],
  [{ data: [1], chunkSize: [1] }, ['"chunkSize"', '"chunks"']],
  [{ data: [1], chunk: [1] }, ['"chunk"', '"chunks"']],
  [{ data: [1], fillVale: 1 }, ['"fillValue"']],
  [{ data: [1], dtyp: "int8" }, ['"dtype"']],
  [{ data: [1], filters: "gzip" }, ['"filters"', '"gzip"']],
  [{ data: [1], filters: [{ id: "deflate", levl: 9 }] }, ["filters", '"levl"', '"level"']],
  [{ data: [1], filters: [{ id: "deflate", opts: 9 }] }, ["filters", '"opts"', '"level"']],
  [{ data: [1], filters: [{ id: "deflate", level: "9" }] }, ["level"]],
  [{ data: [1], filters: [{ id: "deflate", level: 10 }] }, ["10"]],
  [{ data: [1], filters: [{ id: "deflate", level: -1 }] }, ["-1"]],
  [{ data: [1], filters: [{ level: 9 }] }, ['"id"']],
  [{ data: [1], filters: [null] }, ["filters"]],
  [{ data: [1], filters: [{ id: "deflate", clientData: "9" }] }, ['"clientData"']],
  [{ data: [1], layout: "chunky" }, ['"chunky"', '"chunked"']],
  [{ data: [1], trackOrder: "yes" }, ['"trackOrder"']],
  [{ data: [1], shape: 1 }, ['"shape"']],
  [{ data: [1], maxShape: 1 }, ['"maxShape"']],
  [{ data: [1], chunks: 1 }, ['"chunks"']],
  [{ data: [1], chunks: false }, ['"chunks"']],
  [{ data: [1], dtype: { kind: "compound" } }, ["members"]],
  [{ data: [1], signal: 5 }, ['"signal"']],
];

describe("createDataset", () => {
  it.each(datasetCases)("refuses %j and changes nothing", async (options, words) => {
    const file = createSync();
    const methods = file as unknown as Record<string, (path: string, options: unknown) => unknown>;
    await expectRefusal(() => methods["createDataset"].call(file, "new/z", options), words);
    await expectRefusal(() => methods["createDatasetSync"].call(file, "new/z", options), words);
    expect(file.keysSync()).toEqual([]);
    file.closeSync();
  });
});
