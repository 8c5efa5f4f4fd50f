/** Options that do not exist, or have a value that means nothing, are refused before anything is done. */

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import {
  create,
  createSync,
  directoryResolver,
  HDF5Error,
  load,
  loadSync,
  mask,
  ndarray,
  open,
  openSync,
  Persistable,
  points,
  property,
  registerFilter,
  Serializable,
} from "../../src/index.js";

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

/** A method under any name, taking anything, as JavaScript allows. */
function call(object: object, name: string, ...given: readonly unknown[]): unknown {
  return (object as Readonly<Record<string, (...given: readonly unknown[]) => unknown>>)[name](...given);
}

async function drained(result: unknown): Promise<unknown> {
  const value = await result;
  if (typeof value !== "object" || value === null) return value;
  if (Symbol.asyncIterator in value && "next" in value) {
    for await (const _ of value as AsyncIterable<unknown>);
  } else if (Symbol.iterator in value && "next" in value) {
    for (const _ of value as Iterable<unknown>);
  }
  return value;
}

/** Methods that take options: their other arguments, options that are wrong, and what the error says. */
const methodCases: readonly (readonly [
  object: "file" | "dataset" | "attrs",
  method: string,
  given: readonly unknown[],
  options: unknown,
  words: readonly string[],
])[] = [
  ["file", "get", ["d"], { signl: null }, ['"signl"', '"signal"']],
  ["file", "get", ["d"], { signal: 5 }, ['"signal"']],
  ["file", "get", ["d"], null, ["null"]],
  ["file", "flush", [], { signal: "now" }, ['"signal"']],
  ["file", "keys", [], "d", ["an object"]],
  ["file", "visit", [], { order: "width" }, ['"depth"', '"breadth"', '"width"']],
  ["file", "visit", [], { maxDept: 1 }, ['"maxDepth"']],
  ["file", "visit", [], { maxDepth: -1 }, ["-1"]],
  ["file", "visit", [], { paths: 1 }, ['"paths"']],
  ["file", "entries", [], { signl: 1 }, ['"signal"']],
  ["file", "createGroup", ["g"], { trackOrdr: true }, ['"trackOrder"']],
  ["file", "createGroup", ["g"], { trackOrder: 1 }, ['"trackOrder"']],
  ["file", "createGroup", ["g"], { trackOrder: true, track_order: true }, ['"track_order"', '"trackOrder"']],
  ["file", "requireGroup", ["/"], { trackOrdr: true }, ['"trackOrder"']],
  ["file", "commitDatatype", ["t", "int8"], { shape: [1] }, ['"shape"', '"signal"']],
  ["dataset", "read", [null], { string: "bytes" }, ['"strings"']],
  ["dataset", "read", [null], { strings: "ebcdic" }, ['"ebcdic"', '"latin1"']],
  ["dataset", "read", [null], { view: 1 }, ['"view"']],
  ["dataset", "read", [null], { as: "int7" }, ['"int7"']],
  ["dataset", "read", [null], { overflow: "wrap" }, ['"wrap"', '"clamp"']],
  ["dataset", "read", [null], { members: "a" }, ['"members"']],
  ["dataset", "read", [null], new AbortController().signal, ["AbortSignal"]],
  ["dataset", "readInto", [new Float64Array(3), null], { vew: true }, ['"vew"']],
  ["dataset", "readRaw", [null], { strings: "bytes" }, ['"strings"', '"fill"']],
  ["dataset", "blocks", [], { byte: 10 }, ['"bytes"']],
  ["dataset", "blocks", [], { bytes: -1 }, ["-1"]],
  ["dataset", "write", [1, null], { axis: 1 }, ['"axis"']],
  ["dataset", "append", [[1]], { axs: 0 }, ['"axis"']],
  ["dataset", "append", [[1]], { axis: "0" }, ['"axis"']],
  ["dataset", "append", [[1]], 0, ["an object"]],
  ["dataset", "resize", [[5]], { axis: 0 }, ['"axis"']],
  ["dataset", "storage", [], { chunks: true }, ['"chunks"']],
  ["attrs", "get", ["a"], { string: "bytes" }, ['"strings"']],
  ["attrs", "set", ["a", 2], { dtyp: "int8" }, ['"dtyp"', '"dtype"']],
  ["attrs", "set", ["a", 2], { shape: 3 }, ['"shape"']],
  ["attrs", "set", ["a", 2], "int8", ["an object"]],
  ["attrs", "entries", [], { signl: 1 }, ['"signal"']],
];

describe("methods", () => {
  it.each(methodCases)("%s.%s(%j, %j) is refused", async (kind, method, given, options, words) => {
    const file = openSync(bytes, { mode: "r+" });
    const objects = { file, dataset: file.getSync("d"), attrs: file.attrs };
    let isThrown = true;
    await expectRefusal(() => {
      const result = call(objects[kind], method, ...given, options);
      isThrown = false;
      return drained(result);
    }, words);
    expect(isThrown, "thrown, not rejected").toBe(false);
    const takesOptions = call.length > 0 && objects[kind][`${method}Sync` as never] !== undefined;
    const isSignalOnly = typeof options === "object" && options !== null && "signal" in options;
    const hasSyncOptions = /^(visit|createGroup|requireGroup|read|readInto|readRaw|blocks|append|set)$/.test(method);
    if (takesOptions && hasSyncOptions && !isSignalOnly) {
      await expectRefusal(() => drained(call(objects[kind], `${method}Sync`, ...given, options)), words);
    }
    // Nothing was done.
    await file.close();
    expect(file.bytes()).toEqual(bytes);
  });
});

const wrongKinds: readonly (readonly [string, (file: ReturnType<typeof createSync>) => unknown, readonly string[]])[] =
  [
    [
      "createHardLink to a path",
      (file) => call(file, "createHardLink", "h", "/d"),
      ["createHardLink", "createSoftLink"],
    ],
    ["createHardLink to nothing", (file) => call(file, "createHardLinkSync", "h", null), ["createHardLink"]],
    ["dereference of null", (file) => call(file, "dereference", null), ["a reference"]],
    ["dereferenceSync of a path", (file) => call(file, "dereferenceSync", "/d"), ["a reference"]],
    ["a path that is a number", (file) => call(file, "get", 5), ["a path"]],
    ["a path that is a symbol", (file) => call(file, "getSync", Symbol("d")), ["a path"]],
    ["a link's path that is null", (file) => call(file, "link", null), ["a path"]],
    ["a new group's path", (file) => call(file, "createGroup", null), ["a path"]],
    ["the path of what is deleted", (file) => call(file, "deleteSync", undefined), ["a path"]],
    ["createDataset without options", (file) => call(file, "createDataset", "z"), ["createDataset"]],
    ["an address", (file) => call(file, "objectAt", Symbol("a")), ["address"]],
    ["points", () => call({ points }, "points", null), ["points"]],
    ["mask", () => call({ mask }, "mask", 5), ["a mask"]],
    ["ndarray's shape", () => call({ ndarray }, "ndarray", [1], "1"), ["shape"]],
    ["registerFilter", () => call({ registerFilter }, "registerFilter", null), ["a filter"]],
    ["registerFilter without decode", () => call({ registerFilter }, "registerFilter", { id: 300 }), ["decode"]],
    ["directoryResolver", () => call({ directoryResolver }, "directoryResolver", 5), ["directory"]],
  ];

describe("arguments of the wrong kind", () => {
  it.each(wrongKinds)("%s", async (_, work, words) => {
    const file = openSync(bytes, { mode: "r+" });
    await expectRefusal(() => work(file), words);
    await file.close();
    expect(file.bytes()).toEqual(bytes);
  });
});

class Thing extends Persistable.define("options.Thing", {
  values: property<unknown>({ default: null }),
}) {}

const saved = new Thing({ values: Float64Array.of(1, 2, 3) }).toBytesSync();

const objectCases: readonly (readonly [string, () => unknown, readonly string[]])[] = [
  ["save", () => call(new Thing(), "save", join(directory, "t"), { overwite: true }), ['"overwrite"']],
  ["saveSync", () => call(new Thing(), "saveSync", join(directory, "t"), { onprogress: 1 }), ['"onProgress"']],
  [
    "onProgress",
    () => call(new Thing(), "save", join(directory, "t"), { onProgress: 1 }),
    ['"onProgress"', "function"],
  ],
  ["toBytes", () => call(new Thing(), "toBytes", { libver: "latest" }), ['"latest"']],
  ["toBytes, null", () => call(new Thing(), "toBytes", null), ["null"]],
  ["load", () => call({ load }, "load", saved, { onl: ["values"] }), ['"only"']],
  ["loadSync", () => call({ loadSync }, "loadSync", saved, { durability: "bogus" }), ['"bogus"']],
  ["Thing.load", () => call(Thing, "load", saved, { only: "values" }), ['"only"']],
  ["Thing.open", () => call(Thing, "open", saved, { mod: "r+" }), ['"mode"']],
  ["Thing.open, mode", () => call(Thing, "open", saved, { mode: "rw" }), ['"rw"']],
  ["Thing.openSync", () => call(Thing, "openSync", saved, { lazi: [] }), ['"lazy"']],
  ["serialize", () => call(new Thing(), "serialize", { type: true }), ['"types"']],
  ["property", () => call({ property }, "property", { defalt: 1 }), ['"default"']],
  ["property's parser", () => call({ property }, "property", { parser: 1 }), ['"parser"']],
  ["define", () => call(Serializable, "define", "options.A", {}, { extention: ".x" }), ['"extension"']],
  ["define without properties", () => call(Serializable, "define", "options.B", null), ["properties"]],
];

describe("objects", () => {
  it.each(objectCases)("%s", async (_, work, words) => {
    await expectRefusal(work, words);
  });

  it.each([
    ["get", [null], { axis: 1 }, ['"axis"']],
    ["read", [null], { signal: 1 }, ['"signal"']],
    ["append", [[1]], null, ["null"]],
    ["blocks", [], { row: 1 }, ['"rows"']],
    ["blocksSync", [], { rows: -1 }, ["rows"]],
  ] as const)("a proxy's %s", async (method, given, options, words) => {
    const thing = Thing.openSync(saved);
    await expectRefusal(() => drained(call(thing.values as object, method, ...given, options)), words);
    thing.closeSync();
  });
});

describe("h5py's spellings", () => {
  it("mean what they mean there", () => {
    const file = createSync(undefined, { track_order: true, userblock_size: 512 });
    expect(file.superblock.baseAddress).toBe(512);
    const data = Int32Array.from({ length: 100 }, (_, index) => index);
    const dataset = file.createDatasetSync("d", {
      data,
      maxshape: [null],
      chunks: [50],
      compression: "gzip",
      compression_opts: 9,
      shuffle: true,
      fletcher32: true,
      fillvalue: -1,
      track_order: true,
    });
    expect(dataset.maxShape).toEqual([null]);
    expect(dataset.filters.map(({ name, clientData }) => [name, clientData[0]])).toEqual([
      ["shuffle", 4],
      ["deflate", 9],
      ["fletcher32", undefined],
    ]);
    expect(dataset.readSync()).toMatchObject({ data });
    dataset.resizeSync([101]);
    expect(dataset.readSync([100])).toBe(-1);
    expect(file.createDatasetSync("e", { data, compression: 3 }).filters).toMatchObject([{ id: 1, clientData: [3] }]);
    expect(file.createDatasetSync("f", { data, compression: "lzf" }).filters).toMatchObject([{ id: 32000 }]);
    const none = { compression: null, maxshape: null, shuffle: false };
    expect(file.createDatasetSync("g", { data, ...none }).filters).toEqual([]);
    expect(file.createDatasetSync("h", { data, scaleoffset: true }).filters).toMatchObject([{ id: 6 }]);
    file.closeSync();
  });

  it.each([
    [{ maxshape: [null], maxShape: [null] }, ['"maxshape"', '"maxShape"']],
    [{ fillvalue: 1, fillValue: 1 }, ['"fillvalue"', '"fillValue"']],
    [{ compression: "gzip", filters: ["lzf"] }, ["filters"]],
    [{ compression_opts: 3 }, ['"compression_opts"', '"compression"']],
    [{ compression: "gzip", compression_opts: 10 }, ["10"]],
    [{ compression: "lzf", compression_opts: 1 }, ["level", "lzf"]],
    [{ compression: 3, compression_opts: 4 }, ["level"]],
    [{ compression: true }, ['"compression"']],
    [{ compression: "squeeze" }, ['"squeeze"']],
    [{ shuffle: 1 }, ['"shuffle"']],
    [{ maxshape: 3 }, ['"maxShape"']],
  ])("that contradict each other or mean nothing are refused: %j", async (options, words) => {
    const file = createSync();
    await expectRefusal(() => call(file, "createDatasetSync", "d", { data: [1, 2, 3], ...options }), words);
    file.closeSync();
  });
});

const throwing = {
  get a(): number {
    throw new TypeError("this getter throws");
  },
};
const refusing = new Proxy(
  {},
  {
    get: () => {
      throw new TypeError("this proxy throws");
    },
    ownKeys: () => {
      throw new TypeError("this proxy throws");
    },
    getPrototypeOf: () => {
      throw new TypeError("this proxy throws");
    },
  },
);
const cyclic: unknown[] = [];
cyclic.push(cyclic);

describe("values that throw or have no end", () => {
  it.each([
    ["createDataset", [{ data: throwing }]],
    ["createDataset", [{ data: refusing }]],
    ["createDataset", [{ data: [1], dtype: refusing }]],
    ["createDataset", [{ data: cyclic }]],
    ["createDataset", [refusing]],
    ["createDataset", [throwing]],
    ["createHardLink", [refusing]],
    ["commitDatatype", [refusing]],
    ["dereference", []],
  ] as const)("are no io errors of %s, and the file stays usable (%#)", async (method, given) => {
    for (const suffix of ["", "Sync"]) {
      const file = openSync(bytes, { mode: "r+" });
      const first = method === "dereference" ? refusing : "new";
      const error = await failure(() => call(file, method + suffix, first, ...given));
      expect(["invalid-argument", "limit"]).toContain(error.code);
      file.attrs.setSync("after", 1);
      await file.close();
      const again = openSync(file.bytes());
      expect(again.keysSync()).toEqual(["d", "records"]);
      expect(again.attrs.getSync("after")).toBe(1);
    }
  });
});
