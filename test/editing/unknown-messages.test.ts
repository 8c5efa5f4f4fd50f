/** Header messages of an unknown type, whose flags say what an object that has one allows. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Group, HDF5File, HDF5Object } from "../../src/format/index.js";
import { createSync, openSync, slice } from "../../src/format/index.js";
import { lookup3 } from "../../src/format/structures/checksum.js";
import { failure } from "../support/failure.js";
import { hasJudge, scratch } from "./judge.js";

const python = "/usr/bin/python3";
const failIfUnknown = 0x08;
const markIfUnknown = 0x10;
const wasUnknown = 0x20;
const unknownType = 0x70;

/** Objects of each kind and storage; each has an attribute "unknown", and the groups an object "below". */
function sample(libver: "default" | "earliest"): Uint8Array {
  const file = createSync(undefined, { libver });
  const numbers = Int32Array.of(1, 2, 3, 4);
  file.createDatasetSync("contiguous", { data: numbers });
  file.createDatasetSync("chunked", { data: numbers, maxShape: [null], chunks: [2] });
  file.createDatasetSync("filtered", { data: numbers, maxShape: [null], chunks: [2], filters: ["deflate"] });
  file.createDatasetSync("compact", { data: numbers, layout: "compact" });
  file.createDatasetSync("words", { data: ["one", "two"] });
  file.createGroupSync("group/below");
  file.commitDatatypeSync("type", "int16");
  for (const name of file.keysSync()) {
    file.getSync(name).attrs.setSync("kept", 1);
    file.getSync(name).attrs.setSync("unknown", "text");
  }
  file.closeSync();
  return file.bytes();
}

/** The file with the attribute "unknown" of an object turned into a message of an unknown type. */
function withUnknown(libver: "default" | "earliest", path: string, flags: number): Uint8Array {
  const bytes = sample(libver);
  const file = openSync(bytes);
  const { header } = (path === "/" ? file : file.getSync(path)).state;
  file.closeSync();
  const message = header?.messages.find(
    ({ type, data }) => type === 0x0c && new TextDecoder().decode(data).includes("unknown"),
  );
  if (!header || message === undefined) throw new Error(`${path} has no such attribute`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (header.version === 1) {
    view.setUint16(message.offset - 8, unknownType, true);
    view.setUint8(message.offset - 4, flags);
    return bytes;
  }
  view.setUint8(message.offset - 4, unknownType);
  view.setUint8(message.offset - 1, flags);
  const { address, length } = header.chunks[message.chunk];
  view.setUint32(address + length - 4, lookup3(bytes.subarray(address, address + length - 4)), true);
  return bytes;
}

/** The flags of the unknown message of an object. */
function flagsIn(bytes: Uint8Array, path: string): number | undefined {
  const file = openSync(bytes);
  return (path === "/" ? file : file.getSync(path)).state.header?.messages.find(({ type }) => type === unknownType)
    ?.flags;
}

interface Edit {
  readonly name: string;
  readonly edit: (file: HDF5File, path: string) => void;
}

function at(file: HDF5File, path: string): HDF5Object {
  return file.getSync(path);
}

function groupAt(file: HDF5File, path: string): Group {
  const object = at(file, path);
  if (object.kind !== "group") throw new Error(`${path} is no group`);
  return object;
}

const anyObject: readonly Edit[] = [
  { name: "set an attribute", edit: (file, path) => at(file, path).attrs.setSync("new", 1) },
  { name: "link once more", edit: (file, path) => file.createHardLinkSync("again", at(file, path)) },
  { name: "delete", edit: (file, path) => file.deleteSync(path) },
];

const deletedAttribute: Edit = {
  name: "delete an attribute",
  edit: (file, path) => at(file, path).attrs.deleteSync("kept"),
};

const anyDataset: readonly Edit[] = [
  ...anyObject,
  {
    name: "write",
    edit: (file, path) => {
      const object = at(file, path);
      if (object.kind !== "dataset") throw new Error(`${path} is no dataset`);
      object.writeSync(object.dtype === "int32" ? 7 : "seven", [slice(1, 2)]);
    },
  },
];

function grown(file: HDF5File, path: string, change: "append" | "resize"): void {
  const object = at(file, path);
  if (object.kind !== "dataset") throw new Error(`${path} is no dataset`);
  if (change === "append") object.appendSync(Int32Array.of(5, 6, 7));
  else object.resizeSync([1]);
}

const anyChunked: readonly Edit[] = [
  ...anyDataset,
  { name: "append", edit: (file, path) => grown(file, path, "append") },
  { name: "resize", edit: (file, path) => grown(file, path, "resize") },
];

const anyGroup: readonly Edit[] = [
  ...anyObject,
  { name: "create a group", edit: (file, path) => groupAt(file, path).createGroupSync("new") },
  { name: "create groups on the way", edit: (file, path) => file.createGroupSync(`${path}/new/deep`) },
  { name: "create a dataset", edit: (file, path) => file.createDatasetSync(`${path}/new`, { data: 1 }) },
  { name: "commit a datatype", edit: (file, path) => file.commitDatatypeSync(`${path}/new`, "int8") },
  { name: "create a soft link", edit: (file, path) => file.createSoftLinkSync(`${path}/new`, "/words") },
  { name: "create an external link", edit: (file, path) => file.createExternalLinkSync(`${path}/new`, "x.h5", "/") },
  { name: "create a hard link", edit: (file, path) => file.createHardLinkSync(`${path}/new`, at(file, "words")) },
  { name: "delete from it", edit: (file, path) => file.deleteSync(`${path}/below`) },
];

const typed: Edit = {
  name: "use as a type",
  edit: (file, path) => {
    const dtype = at(file, path);
    if (dtype.kind !== "datatype") throw new Error(`${path} is no datatype`);
    file.createDatasetSync("typed", { dtype, shape: [2] });
  },
};

const cases: readonly (readonly [string, readonly Edit[]])[] = [
  ["contiguous", anyDataset],
  ["chunked", anyChunked],
  ["filtered", anyChunked],
  ["compact", anyDataset],
  ["words", anyDataset],
  ["group", anyGroup],
  ["type", [...anyObject, typed]],
];

const versions = ["default", "earliest"] as const;

/** Attributes and values of everything but the root group's attributes. */
function describeAll(bytes: Uint8Array): unknown[] {
  const file = openSync(bytes);
  return [...file.visitSync()].map(({ path, object }) => {
    if (object === null) return path;
    const attributes = object.attrs.keysSync().map((name) => [name, object.attrs.getSync(name)]);
    return [path, object.referenceCount, attributes, object.kind === "dataset" ? object.readSync() : null];
  });
}

interface Opened {
  readonly error: string;
  readonly bytes: Uint8Array;
}

const openScript = `
import h5py, sys
for path, name in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        with h5py.File(path, 'r+') as f: f[name]
        print()
    except Exception as error: print(str(error).replace('\\n', ' '))
`;

/** What h5py says of one object in each file when it opens the file `r+` and the object, and the file afterwards. */
function openedByH5py(files: readonly (readonly [string, Uint8Array])[]): Map<string, Opened> {
  const args = files.flatMap(([path, bytes], index) => {
    writeFileSync(scratch(`unknown-${index}.h5`), bytes);
    return [scratch(`unknown-${index}.h5`), path];
  });
  const { stdout, stderr } = spawnSync(python, ["-c", openScript, ...args], { encoding: "utf8" });
  expect(stderr).toBe("");
  const errors = stdout.split("\n");
  return new Map(
    files.map(([path], index) => [
      path,
      { error: errors[index], bytes: new Uint8Array(readFileSync(scratch(`unknown-${index}.h5`))) },
    ]),
  );
}

describe.each(versions)("fail if unknown (libver %s)", (libver) => {
  for (const [path, edits] of cases) {
    it.each([...edits, deletedAttribute].map(({ name, edit }) => [name, edit] as const))(`${path}: %s`, (_, edit) => {
      const bytes = withUnknown(libver, path, failIfUnknown);
      const file = openSync(bytes.slice(), { mode: "r+" });
      const error = failure(() => edit(file, path));
      expect(error).toMatchObject({ code: "unsupported", path: `/${path}` });
      expect(error.message).toContain("0x70");
      // What is not the object's own may change.
      file.attrs.setSync("title", "changed");
      file.closeSync();
      expect(describeAll(file.bytes())).toEqual(describeAll(bytes));
      expect(openSync(file.bytes()).attrs.getSync("title")).toBe("changed");
    });

    it(`${path}: is read`, () => {
      const bytes = withUnknown(libver, path, failIfUnknown);
      expect(() => describeAll(bytes)).not.toThrow();
    });
  }

  it.runIf(hasJudge)("h5py refuses the same objects in r+", () => {
    const opened = openedByH5py(cases.map(([path]) => [path, withUnknown(libver, path, failIfUnknown)]));
    for (const [path] of cases) expect(opened.get(path)?.error, path).toContain("fail if unknown");
  });
});

describe.each(versions)("mark if unknown (libver %s)", (libver) => {
  for (const [path, edits] of cases) {
    it.each(edits.filter(({ name }) => name !== "delete").map(({ name, edit }) => [name, edit] as const))(
      `${path}: %s`,
      (_, edit) => {
        const bytes = withUnknown(libver, path, markIfUnknown);
        const file = openSync(bytes.slice(), { mode: "r+" });
        edit(file, path);
        file.flushSync();
        expect(flagsIn(file.bytes(), path)).toBe(markIfUnknown | wasUnknown);
        file.closeSync();
      },
    );

    it(`${path}: is not marked by what changes something else`, () => {
      const file = openSync(withUnknown(libver, path, markIfUnknown), { mode: "r+" });
      at(file, path).attrs.keysSync();
      file.createGroupSync("elsewhere");
      file.closeSync();
      expect(flagsIn(file.bytes(), path)).toBe(markIfUnknown);
    });
  }

  it.runIf(hasJudge)("h5py marks them in the same way", () => {
    const opened = openedByH5py(cases.map(([path]) => [path, withUnknown(libver, path, markIfUnknown)]));
    for (const [path] of cases) {
      const { error, bytes } = opened.get(path) ?? { error: "not opened", bytes: new Uint8Array(0) };
      expect(error).toBe("");
      expect(flagsIn(bytes, path), path).toBe(markIfUnknown | wasUnknown);
    }
  });
});

describe("flags that ask for nothing", () => {
  it.each([0, 0x04])("0x%s: the message stays as it is", (flags) => {
    const file = openSync(withUnknown("default", "chunked", flags), { mode: "r+" });
    at(file, "chunked").attrs.setSync("new", 1);
    file.closeSync();
    expect(flagsIn(file.bytes(), "chunked")).toBe(flags);
  });
});
