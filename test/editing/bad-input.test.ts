/** What cannot be done is an error of the right kind, and changes nothing. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import { create, createSync, HDF5Error, open, openSync, revive, slice } from "../../src/format/index.js";
import { describeFile } from "./describe.js";
import type { Face } from "./faces.js";
import { dataset, faces, syncFace } from "./faces.js";

const directory = mkdtempSync(join(tmpdir(), "bad-input-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const at = (name: string): string => join(directory, name);

function sample(libver: "default" | "earliest" = "default"): Uint8Array {
  const file = createSync(undefined, { libver });
  const group = file.createGroupSync("entry/data");
  group.createDatasetSync("plain", { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] });
  const grows = { data: Int16Array.of(1, 2, 3), maxShape: [10], chunks: [2], filters: ["deflate"] };
  group.createDatasetSync("grows", grows);
  group.createDatasetSync("texts", { data: ["a", "b"], maxShape: [null], chunks: [4] });
  group.createDatasetSync("null", { data: null });
  group.attrs.setSync("unit", "mV");
  file.commitDatatypeSync("type", "int16");
  file.createSoftLinkSync("dangling", "entry/nowhere/deep");
  file.createSoftLinkSync("circle", "circle");
  file.closeSync();
  return file.bytes();
}

const sampleBytes = sample();

async function failure(work: () => unknown): Promise<HDF5Error> {
  try {
    await work();
  } catch (error) {
    expect(error).toBeInstanceOf(HDF5Error);
    return error as HDF5Error;
  }
  throw new Error("nothing failed");
}

describe.each(faces)("missing things ($name)", (face: Face) => {
  it("a missing file is not-found", async () => {
    const error = await failure(() => face.open(at("missing.h5")));
    expect(error).toMatchObject({ code: "not-found" });
    expect(error.message).toContain("missing.h5");
    expect(await failure(() => face.open(at("missing.h5"), { mode: "r+" }))).toMatchObject({ code: "not-found" });
    expect(existsSync(at("missing.h5"))).toBe(false);
  });

  it("a missing path names its first missing component", async () => {
    const file = await face.open(sampleBytes);
    const entry = await face.get(file, "entry");
    if (entry.kind !== "group") throw new Error("no group");
    const cases = [
      [file, "nothing/below/this", "/nothing"],
      [file, "entry/other/plain", "/entry/other"],
      [file, "/entry/data/plane", "/entry/data/plane"],
      [entry, "data/x/y", "/entry/data/x"],
      [file, "dangling", "/entry/nowhere"],
    ] as const;
    for (const [from, path, missing] of cases) {
      const error = await failure(() => face.get(from, path));
      expect(error).toMatchObject({ code: "not-found", path: missing });
      expect(error.message).toContain(`"${missing}"`);
    }
    expect(await failure(() => face.get(file, "entry/data/plain/below"))).toMatchObject({
      code: "not-found",
      path: "/entry/data/plain",
    });
    expect(await failure(() => face.get(file, "circle"))).toMatchObject({ code: "limit" });
    expect(await face.has(file, "entry/other")).toBe(false);
    const data = await face.get(file, "entry/data");
    expect(await failure(() => face.attribute(data, "other"))).toMatchObject({ code: "not-found" });
    await face.close(file);
  });

  it("what is to be deleted must be there", async () => {
    const file = await face.open(sampleBytes, { mode: "r+" });
    expect(await failure(() => face.delete(file, "entry/x"))).toMatchObject({ code: "not-found", path: "/entry/x" });
    expect(await failure(() => face.delete(file, "x/y/z"))).toMatchObject({ code: "not-found", path: "/x" });
    const data = await face.get(file, "entry/data");
    expect(await failure(() => face.deleteAttribute(data, "other"))).toMatchObject({ code: "not-found" });
    await face.close(file);
    expect(file.bytes()).toEqual(sampleBytes);
  });
});

describe("damaged files", () => {
  it("what is not HDF5 is corrupt", async () => {
    for (const text of ["", "x", "not HDF5 at all ".repeat(200)]) {
      const bytes = new TextEncoder().encode(text);
      expect(await failure(() => openSync(bytes))).toMatchObject({ code: "corrupt" });
      expect(await failure(() => open(bytes))).toMatchObject({ code: "corrupt" });
      // An empty file that is opened for changes is a new one.
      if (text === "") continue;
      writeFileSync(at("text.h5"), text);
      const error = await failure(() => openSync(at("text.h5"), { mode: "r+" }));
      expect(error).toMatchObject({ code: "corrupt" });
      expect(error.message).toContain("text.h5");
      expect(readFileSync(at("text.h5"), "utf8")).toBe(text);
    }
  });

  it.each(["default", "earliest"] as const)("every truncation of a file is found out (%s)", async (libver) => {
    const bytes = sample(libver);
    for (let length = 0; length < bytes.length; length += length < 700 ? 1 : 13) {
      const error = await failure(async () => {
        const file = openSync(bytes.slice(0, length));
        await describeFile(syncFace, file);
      });
      expect(error, `${length} bytes`).toMatchObject({ code: "corrupt" });
    }
  });

  it("damage is corrupt, with its offset", async () => {
    const signatures = ["OHDR", "TREE", "GCOL"].map((signature) => new TextEncoder().encode(signature));
    for (const signature of signatures) {
      const bytes = sampleBytes.slice();
      let found = 0;
      for (let offset = 48; offset < bytes.length - 4; offset++) {
        if (signature.every((byte, index) => bytes[offset + index] === byte)) {
          bytes[offset] ^= 0xff;
          found++;
        }
      }
      expect(found).toBeGreaterThan(0);
      const error = await failure(async () => {
        await describeFile(syncFace, openSync(bytes));
      });
      expect(error).toMatchObject({ code: "corrupt" });
      expect(error.offset).toBeTypeOf("number");
    }
  });

  it("a damaged file that is opened for writing stays as it is", async () => {
    const bytes = sampleBytes.slice();
    for (let offset = 100; offset < bytes.length; offset++) bytes[offset] ^= 0x55;
    writeFileSync(at("damaged.h5"), bytes);
    expect(await failure(() => openSync(at("damaged.h5"), { mode: "r+" }))).toMatchObject({ code: "corrupt" });
    expect(new Uint8Array(readFileSync(at("damaged.h5")))).toEqual(bytes);
  });
});

describe.each(faces)("wrong arguments ($name)", (face: Face) => {
  const wrong: readonly (readonly [string, (file: HDF5File) => Promise<unknown>])[] = [
    ["a value of the wrong kind", async (f) => face.write(await dataset(face, f, "entry/data/plain"), "text", [0, 0])],
    ["text among numbers", async (f) => face.write(await dataset(face, f, "entry/data/grows"), [1, "2", 3])],
    [
      "a number among texts",
      async (f) => face.write(await dataset(face, f, "entry/data/texts"), ["a".repeat(9000), 5]),
    ],
    ["a value beyond the type", async (f) => face.write(await dataset(face, f, "entry/data/grows"), [1, 2, 40_000])],
    ["a fraction for an integer", async (f) => face.write(await dataset(face, f, "entry/data/grows"), [1, 2.5, 3])],
    ["too few elements", async (f) => face.write(await dataset(face, f, "entry/data/plain"), [1, 2])],
    ["too many elements", async (f) => face.write(await dataset(face, f, "entry/data/plain"), new Float64Array(7))],
    [
      "another shape",
      async (f) =>
        face.write(await dataset(face, f, "entry/data/plain"), [
          [1, 2],
          [3, 4],
          [5, 6],
        ]),
    ],
    ["an index out of range", async (f) => face.write(await dataset(face, f, "entry/data/plain"), 1, [2, 0])],
    [
      "a negative step",
      async (f) => face.write(await dataset(face, f, "entry/data/plain"), 1, [slice(null, null, -1)]),
    ],
    ["too many axes", async (f) => face.write(await dataset(face, f, "entry/data/plain"), 1, [0, 0, 0])],
    ["elements for a null dataspace", async (f) => face.write(await dataset(face, f, "entry/data/null"), 1)],
    [
      "appending beyond maxShape",
      async (f) => face.append(await dataset(face, f, "entry/data/grows"), new Int16Array(8)),
    ],
    ["appending to fixed storage", async (f) => face.append(await dataset(face, f, "entry/data/plain"), [1, 2, 3])],
    ["appending part of a step", async (f) => face.append(await dataset(face, f, "entry/data/plain"), [1, 2])],
    ["appending along no axis", async (f) => face.append(await dataset(face, f, "entry/data/grows"), [1], 1)],
    ["appending the wrong type", async (f) => face.append(await dataset(face, f, "entry/data/grows"), ["x"])],
    ["resizing beyond maxShape", async (f) => face.resize(await dataset(face, f, "entry/data/grows"), [11])],
    ["resizing to a negative size", async (f) => face.resize(await dataset(face, f, "entry/data/grows"), [-1])],
    ["resizing to another rank", async (f) => face.resize(await dataset(face, f, "entry/data/grows"), [2, 2])],
    ["resizing fixed storage", async (f) => face.resize(await dataset(face, f, "entry/data/plain"), [2, 2])],
    ["a dataset without anything", async (f) => face.createDataset(f, "new/below/x", {})],
    ["data that do not fit the shape", async (f) => face.createDataset(f, "new/x", { data: [1, 2, 3], shape: [2] })],
    ["data that do not fit the dtype", async (f) => face.createDataset(f, "new/x", { data: [300], dtype: "uint8" })],
    ["ragged data", async (f) => face.createDataset(f, "new/x", { data: [[1, 2], [3]] })],
    ["maxShape below the shape", async (f) => face.createDataset(f, "new/x", { data: [1, 2, 3], maxShape: [2] })],
    ["chunks of another rank", async (f) => face.createDataset(f, "new/x", { data: [1, 2, 3], chunks: [2, 2] })],
    ["chunks of no size", async (f) => face.createDataset(f, "new/x", { data: [1, 2, 3], chunks: [0] })],
    ["an unknown filter", async (f) => face.createDataset(f, "new/x", { data: [1, 2, 3], filters: ["squeeze"] })],
    ["filters of a scalar", async (f) => face.createDataset(f, "new/x", { data: 1, filters: ["deflate"] })],
    ["a committed type and wrong data", (f) => sharedType(face, f)],
    ["an attribute without a name", async (f) => face.setAttribute(await face.get(f, "entry"), "", 1)],
    ["an attribute that cannot be stored", async (f) => face.setAttribute(f, "a", () => 1)],
    ["an attribute of the wrong type", async (f) => face.setAttribute(f, "a", "text", { dtype: "int32" })],
    [
      "texts of an attribute that are none",
      async (f) => face.setAttribute(f, "a", ["x".repeat(9000), 1], { dtype: "string" }),
    ],
    ["a link to nothing", async (f) => face.createSoftLink(f, "new/link", "")],
    ["a hard link into another file", async (f) => face.createHardLink(f, "new/link", await face.open(sampleBytes))],
    ["a name with NUL", async (f) => face.createGroup(f, "a\0b")],
    ["a group below a dataset", async (f) => face.createGroup(f, "entry/data/plain/x")],
  ];

  it.each(wrong)("%s", async (_name, work) => {
    const file = await face.open(sampleBytes, { mode: "r+" });
    expect(await failure(() => work(file))).toMatchObject({ code: "invalid-argument" });
    await face.close(file);
    expect(file.bytes()).toEqual(sampleBytes);
  });

  it("taken names are refused before anything is changed", async () => {
    const file = await face.open(sampleBytes, { mode: "r+" });
    for (const work of [
      () => face.createGroup(file, "entry/data"),
      () => face.createDataset(file, "entry", { data: 1 }),
      () => face.createDataset(file, "dangling", { data: 1 }),
      () => face.commitDatatype(file, "type", "int8"),
      () => face.createSoftLink(file, "entry", "x"),
      () => face.createGroup(file, "/"),
    ]) {
      expect(await failure(work)).toMatchObject({ code: "exists" });
    }
    await face.close(file);
    expect(file.bytes()).toEqual(sampleBytes);
  });

  it("what succeeded before is kept", async () => {
    const file = await face.open(sampleBytes, { mode: "r+" });
    const grows = await dataset(face, file, "entry/data/grows");
    await face.append(grows, [4, 5]);
    await failure(() => face.append(grows, [6, 70_000]));
    await failure(() => face.resize(grows, [99]));
    await face.close(file);
    const again = await face.open(file.bytes());
    const value = await face.read(await dataset(face, again, "entry/data/grows"));
    expect(value).toMatchObject({ data: Int16Array.of(1, 2, 3, 4, 5), shape: [5] });
    await face.close(again);
  });
});

async function sharedType(face: Face, file: HDF5File): Promise<unknown> {
  const type = await face.get(file, "type");
  if (type.kind !== "datatype") throw new Error("no datatype");
  return file.createDataset("new/x", { data: ["text"], dtype: type });
}

describe.each(faces)("files that are not writable ($name)", (face: Face) => {
  it("every change of a file open for reading is read-only", async () => {
    writeFileSync(at("read-only.h5"), sampleBytes);
    const file = await face.open(at("read-only.h5"));
    expect(file.writable).toBe(false);
    const plain = await dataset(face, file, "entry/data/plain");
    const grows = await dataset(face, file, "entry/data/grows");
    for (const work of [
      () => face.write(plain, 1),
      () => face.append(grows, [1]),
      () => face.resize(grows, [1]),
      () => face.setAttribute(plain, "x", 1),
      () => face.deleteAttribute(plain, "unit"),
      () => face.createGroup(file, "x"),
      () => face.createDataset(file, "x", { data: 1 }),
      () => face.commitDatatype(file, "x", "int8"),
      () => face.createSoftLink(file, "x", "y"),
      () => face.createExternalLink(file, "x", "y", "z"),
      () => face.createHardLink(file, "x", plain),
      () => face.delete(file, "entry"),
    ]) {
      const error = await failure(work);
      expect(error).toMatchObject({ code: "read-only" });
      expect(error.message).toContain("r+");
    }
    await face.close(file);
    expect(new Uint8Array(readFileSync(at("read-only.h5")))).toEqual(sampleBytes);
  });

  it("use after close says so", async () => {
    const file = await face.open(sampleBytes, { mode: "r+" });
    const plain = await dataset(face, file, "entry/data/plain");
    await face.close(file);
    await face.close(file);
    for (const work of [
      () => face.read(plain),
      () => face.write(plain, 1),
      () => face.get(file, "entry"),
      () => face.keys(file),
      () => face.attributes(plain),
      () => face.createGroup(file, "x"),
      () => face.flush(file),
    ]) {
      const error = await failure(work);
      expect(error).toMatchObject({ code: "closed" });
      expect(error.message).toContain("closed");
    }
  });

  it("a mode that does not exist is refused", async () => {
    const mode = "w" as "r";
    expect(await failure(() => face.open(sampleBytes, { mode }))).toMatchObject({ code: "invalid-argument" });
  });
});

describe("an interrupted save", () => {
  it.each(faces)("leaves the old file when a new one is abandoned ($name)", async (face) => {
    const path = at(`kept-${face.name}.h5`);
    writeFileSync(path, sampleBytes);
    expect(await failure(() => face.create(path))).toMatchObject({ code: "exists" });
    const file = await face.create(path, { overwrite: true });
    await face.createDataset(file, "big", { data: new Float64Array(3_000_000) });
    await face.abandon(file);
    expect(new Uint8Array(readFileSync(path))).toEqual(sampleBytes);
    expect(readdirSync(directory).filter((name) => name.startsWith(`kept-${face.name}`))).toHaveLength(1);
  });

  it.each(faces)("leaves nothing where there was no file ($name)", async (face) => {
    const file = await face.create(at("never.h5"));
    await face.createDataset(file, "x", { data: [1] });
    await face.abandon(file);
    expect(existsSync(at("never.h5"))).toBe(false);
  });

  it("leaves the old file when an edit is abandoned", async () => {
    const path = at("edited.h5");
    writeFileSync(path, sampleBytes);
    const file = await open(path, { mode: "r+" });
    await file.delete("entry");
    await file.createDataset("x", { data: [1, 2, 3] });
    await file.abandon();
    const again = openSync(path);
    expect(await describeFile(syncFace, again)).toEqual(await describeFile(syncFace, openSync(sampleBytes)));
    again.closeSync();
  });

  it.each(["create", "edit"] as const)(
    "leaves the old file when the process is killed before the flush (%s)",
    async (kind) => {
      const path = at(`killed-${kind}.h5`);
      writeFileSync(path, sampleBytes);
      const bundle = at("format.mjs");
      await build({
        entryPoints: [fileURLToPath(new URL("../../src/format/index.ts", import.meta.url))],
        bundle: true,
        format: "esm",
        platform: "node",
        outfile: bundle,
        logLevel: "error",
      });
      const how = kind === "create" ? `create(path, { overwrite: true })` : `open(path, { mode: "r+" })`;
      const script = `
      import { create, open } from ${JSON.stringify(bundle)};
      const path = ${JSON.stringify(path)};
      const file = await ${how};
      if (await file.has("entry")) await file.delete("entry");
      await file.createDataset("big", { data: new Float64Array(3_000_000).fill(1) });
      await file.createDataset("new/x", { data: ["text"], chunks: [1], filters: ["deflate"] });
      console.log("ready");
      setInterval(() => {}, 1000);`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      child.kill("SIGKILL");
      await once(child, "exit");
      const again = openSync(path);
      expect(await describeFile(syncFace, again)).toEqual(await describeFile(syncFace, openSync(sampleBytes)));
      again.closeSync();
      const next = await open(path, { mode: "r+" });
      await next.attrs.set("still", "usable");
      await next.close();
      const after = await open(path);
      expect(await after.attrs.get("still")).toBe("usable");
      expect(await after.has("entry/data/plain")).toBe(true);
      await after.close();
    },
  );

  it("replaces the old file only at the first flush", async () => {
    const path = at("replaced.h5");
    writeFileSync(path, sampleBytes);
    const file = await create(path, { overwrite: true });
    await file.createDataset("x", { data: [1] });
    expect(new Uint8Array(readFileSync(path))).toEqual(sampleBytes);
    await file.flush();
    await file.createDataset("y", { data: [2] });
    await file.abandon();
    const again = openSync(path);
    expect(again.keysSync()).toEqual(["x"]);
    again.closeSync();
  });
});

describe("what is wrong with a value", () => {
  it("is said of nothing in an array, and of the clone of a compound array", async () => {
    const file = createSync();
    for (const [value, name] of [
      [null, "null"],
      [undefined, "undefined"],
    ] as const) {
      const error = await failure(() => file.createDatasetSync("nothing", { data: [value, value] }));
      expect([error.code, error.message]).toEqual(["invalid-argument", `/: ${name} cannot be stored`]);
    }
    const table = file.createDatasetSync("table", { data: [{ x: 1, y: 2 }] });
    const clone: unknown = structuredClone(table.readSync());
    const error = await failure(() => table.writeSync(clone));
    expect([error.code, error.message]).toEqual([
      "invalid-argument",
      "/table: this is a clone of a compound array, of which revive() makes one again",
    ]);
    table.writeSync(revive(clone));
  });
});
