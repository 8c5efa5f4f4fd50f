/** Every kind of change that the public API offers, with what it needs made ready before. */

import type { CallOptions, Dataset, HDF5File, HDF5Object } from "../../src/format/index.js";
import { points, slice } from "../../src/format/index.js";
import { counting } from "./bases.js";
import type { Face } from "./faces.js";
import { dataset, group } from "./faces.js";

/** One call, by both faces. */
export interface Call {
  sync(): unknown;
  async(options: CallOptions): Promise<unknown>;
}

export interface Mutation {
  readonly name: string;
  /** Staged before, and to be kept whatever becomes of the call. */
  readonly before?: (face: Face, f: HDF5File) => Promise<void>;
  readonly prepare: (face: Face, f: HDF5File) => Promise<Call>;
}

function onFile(name: string, call: (f: HDF5File) => Call): Mutation {
  return { name, prepare: async (_, f) => call(f) };
}

function onDataset(name: string, path: string, call: (d: Dataset) => Call): Mutation {
  return { name, prepare: async (face, f) => call(await dataset(face, f, path)) };
}

function onObject(name: string, path: string, call: (o: HDF5Object) => Call): Mutation {
  return { name, prepare: async (face, f) => call(await face.get(f, path)) };
}

const write = (value: unknown, selection?: Parameters<Dataset["write"]>[1]) => (d: Dataset) => ({
  sync: () => d.writeSync(value, selection),
  async: (options: CallOptions) => d.write(value, selection, options),
});
const append =
  (value: unknown, axis = 0) =>
  (d: Dataset) => ({
    sync: () => d.appendSync(value, { axis }),
    async: (options: CallOptions) => d.append(value, { ...options, axis }),
  });
const resize = (shape: readonly number[]) => (d: Dataset) => ({
  sync: () => d.resizeSync(shape),
  async: (options: CallOptions) => d.resize(shape, options),
});
const set = (name: string, value: unknown) => (o: HDF5Object) => ({
  sync: () => o.attrs.setSync(name, value),
  async: (options: CallOptions) => o.attrs.set(name, value, options),
});
const create = (path: string, options: Parameters<HDF5File["createDataset"]>[1]) => (f: HDF5File) => ({
  sync: () => f.createDatasetSync(path, options),
  async: (call: CallOptions) => f.createDataset(path, { ...options, ...call }),
});
const remove = (path: string) => (f: HDF5File) => ({
  sync: () => f.deleteSync(path),
  async: (options: CallOptions) => f.delete(path, options),
});

const ones = new Float64Array(200).fill(1);

const single: readonly Mutation[] = [
  onFile("create a group", (f) => ({
    sync: () => f.createGroupSync("g/inner/new"),
    async: (options) => f.createGroup("g/inner/new", options),
  })),
  onFile("create a group and those above it", (f) => ({
    sync: () => f.createGroupSync("many/a/b/c"),
    async: (options) => f.createGroup("many/a/b/c", options),
  })),
  onFile("require a group", (f) => ({
    sync: () => f.requireGroupSync("g/required"),
    async: (options) => f.requireGroup("g/required", options),
  })),
  onFile("create a contiguous dataset", create("many/new", { data: ones })),
  onFile("create a dataset without data", create("g/x/y", { dtype: "int32", shape: [5], fillValue: 3 })),
  onFile(
    "create a compressed dataset",
    create("g/x/y", { data: ones, maxShape: [null], chunks: [32], filters: ["shuffle", "deflate"] }),
  ),
  onFile("create a compact dataset of strings", create("new", { data: ["a", "b"], layout: "compact" })),
  onFile("create a dataset of strings", create("g/inner/new", { data: ["a", "b", "c".repeat(5000)], chunks: [2] })),
  {
    name: "create a dataset of a committed type",
    prepare: async (face, f) => {
      const type = await face.get(f, "type");
      if (type.kind !== "datatype") throw new Error("type is no datatype");
      return create("many/typed", { data: [1, 2], dtype: type })(f);
    },
  },
  onFile("commit a datatype", (f) => ({
    sync: () => f.commitDatatypeSync("many/type", "float32"),
    async: (options) => f.commitDatatype("many/type", "float32", options),
  })),
  onFile("create a soft link", (f) => ({
    sync: () => f.createSoftLinkSync("many/soft", "/plain"),
    async: (options) => f.createSoftLink("many/soft", "/plain", options),
  })),
  onFile("create an external link", (f) => ({
    sync: () => f.createExternalLinkSync("g/inner/external", "other.h5", "/x"),
    async: (options) => f.createExternalLink("g/inner/external", "other.h5", "/x", options),
  })),
  {
    name: "create a hard link",
    prepare: async (face, f) => {
      const target = await face.get(f, "chunked");
      return {
        sync: () => f.createHardLinkSync("many/x/hard", target),
        async: (options) => f.createHardLink("many/x/hard", target, options),
      };
    },
  },
  onFile("delete a hard link", remove("many/link 05")),
  onFile("delete a soft link", remove("soft")),
  onFile("delete a group", remove("g")),
  onObject("set an attribute", "plain", set("new", 5)),
  onObject("replace an attribute", "plain", set("unit", "a longer unit than before")),
  onObject("set one of many attributes", "g", set("attribute 3", Float64Array.of(1, 2, 3))),
  onObject("delete an attribute", "g", (o) => ({
    sync: () => o.attrs.deleteSync("attribute 4"),
    async: (options) => o.attrs.delete("attribute 4", options),
  })),
  onDataset("write contiguous elements", "plain", write(-1, [slice(1, 3)])),
  onDataset(
    "write contiguous points",
    "plain",
    write(
      [7, 8, 9],
      points([
        [0, 0],
        [5, 4],
        [2, 2],
      ]),
    ),
  ),
  onDataset("write a compact dataset", "compact", write(-1, [slice(1, 3)])),
  onDataset("write parts of chunks", "chunked", write(-1, [slice(3, 17), slice(2, 9)])),
  onDataset("write whole chunks", "chunked", write(counting([20, 12], 500))),
  onDataset(
    "write points in chunks",
    "chunked",
    write(
      [7, 8, 9, 10],
      points([
        [0, 0],
        [19, 11],
        [2, 2],
        [0, 0],
      ]),
    ),
  ),
  onDataset("write lists of rows in chunks", "filtered", write(2.5, [[1, 9, 29], slice(0, 5)])),
  onDataset("write parts of compressed chunks", "filtered", write(-1, [slice(3, 17), slice(2, 7)])),
  onDataset("write where nothing was", "unwritten", write(-1, [slice(3, 6), slice(2, 9)])),
  onDataset("write strings", "strings", write(["x", "y".repeat(3000)], [slice(1, 3)])),
  onDataset("write sequences", "sequences", write([[9, 9], [8]], [slice(0, 2)])),
  onDataset("write a filter of one's own", "brittle", write(-1, [slice(5, 25)])),
  onDataset("append to chunks", "chunked", append(counting([3, 12], 900))),
  onDataset("append along the other axis", "chunked", append(counting([20, 2], 900), 1)),
  onDataset("append to compressed chunks", "filtered", append(counting([2, 8], 900))),
  onDataset("append strings", "strings", append(["five", "six"])),
  onDataset("append rows", "table", append([{ x: 1, n: 2, s: "r", v: [1, 2, 3] }])),
  onDataset("append with a filter of one's own", "brittle", append(Int32Array.of(1, 2, 3))),
  onDataset("grow", "chunked", resize([40, 12])),
  onDataset("shrink", "chunked", resize([7, 11])),
  onDataset("shrink compressed", "filtered", resize([10, 4])),
  onDataset("shrink with a filter of one's own", "brittle", resize([13])),
  onDataset("shrink to nothing", "filtered", resize([0, 8])),
];

function named(name: string): Mutation {
  const found = single.find((mutation) => mutation.name === name);
  if (found === undefined) throw new Error(`there is no mutation "${name}"`);
  return found;
}

/** Changes to what has staged changes already. */
const later: readonly Mutation[] = [
  {
    ...named("append to compressed chunks"),
    name: "append again",
    before: async (face, f) => face.append(await dataset(face, f, "filtered"), counting([2, 8], 40)),
  },
  {
    ...named("write parts of chunks"),
    name: "write over a staged write",
    before: async (face, f) => face.write(await dataset(face, f, "chunked"), 77, [slice(0, 10)]),
  },
  {
    ...named("shrink"),
    name: "shrink after a staged write",
    before: async (face, f) => face.write(await dataset(face, f, "chunked"), 77, [slice(0, 10)]),
  },
  {
    ...named("write strings"),
    name: "write strings after others",
    before: async (face, f) => face.append(await dataset(face, f, "strings"), ["staged", "before"]),
  },
  {
    ...named("create a dataset of strings"),
    name: "create strings beside staged ones",
    before: async (face, f) => {
      await face.createDataset(f, "g/inner/earlier", { data: ["staged", "before"] });
      await face.setAttribute(await group(face, f, "g"), "text", "staged");
    },
  },
  {
    ...named("delete a group"),
    name: "delete a group with something new in it",
    before: async (face, f) => {
      await face.createHardLink(f, "g/plain", await face.get(f, "plain"));
    },
  },
];

export const mutations: readonly Mutation[] = [...single, ...later];
