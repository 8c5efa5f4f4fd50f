import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { create } from "../../src/format/index.js";
import {
  info,
  infoSync,
  load,
  migrate,
  Persistable,
  property,
  Serializable,
  Timestamp,
} from "../../src/serialization/index.js";
import { hasH5py, runPython } from "./h5py.js";

const directory = mkdtempSync(join(tmpdir(), "info-"));
afterAll(() => rmSync(directory, { recursive: true }));

class Part extends Serializable.define("info.Part", { label: property({ default: "" }) }) {}
class Run extends Persistable.define(
  "info.Run",
  {
    name: property({ default: "" }),
    data: property.array("float64"),
    start: property<Timestamp>(),
    tags: property<unknown[]>({ default: () => [] }),
    part: property.of(() => Part),
    maxTemp: property({ default: 1, storedAs: "max_temp", aliases: ["tmax"] }),
  },
  { version: 2 },
) {}

const sample = (): Run =>
  new Run({
    name: "a",
    data: new Float64Array(1000),
    start: Timestamp.from("2024-01-01T00:00:00Z"),
    tags: ["x", Int8Array.of(1)],
    part: new Part({ label: "p" }),
  });

describe("info", () => {
  it("tells what a file holds without reading its arrays", async () => {
    const path = await sample().save(join(directory, "run"), {
      metadata: { author: "D. Iver", counts: Int32Array.of(1, 2) },
    });
    const told = await info(path);
    expect(told).toMatchObject({ className: "info.Run", versions: { "info.Run": 2 } });
    expect(told.metadata).toMatchObject({ author: "D. Iver", counts: { data: Int32Array.of(1, 2) } });
    expect(Object.fromEntries(told.properties)).toMatchObject({
      name: { kind: "value", value: "a" },
      max_temp: { kind: "value", value: 1 },
      data: { kind: "array", typeName: "numpy.ndarray", shape: [1000], dtype: "float64", nbytes: 8000 },
      start: { kind: "array", typeName: "pandas._libs.tslibs.timestamps.Timestamp", shape: [] },
      tags: { kind: "list" },
      part: { kind: "dict", className: "info.Part" },
    });
    const part = told.properties.get("part");
    expect(part?.kind === "dict" ? part.members.get("label") : null).toEqual({ kind: "value", value: "p" });
    expect(infoSync(new Uint8Array(readFileSync(path)))).toEqual(told);
  });

  it("needs no class, and fails where there is no object", async () => {
    const path = join(directory, "unknown.hdf5");
    await Persistable.saveSerializedData(path, { __class__: "info.Unknown", more: null });
    const told = await info(path);
    expect(told).toMatchObject({ className: "info.Unknown", versions: null, metadata: {} });
    expect(told.properties.get("more")).toEqual({ kind: "value", value: null });
    const empty = await create();
    await empty.flush();
    await expect(info(empty.bytes())).rejects.toMatchObject({ code: "not-found" });
    const plain = await create();
    await plain.createGroup("root");
    await plain.flush();
    await expect(info(plain.bytes())).rejects.toMatchObject({ code: "corrupt" });
    await expect(info(path, { only: ["x"] } as object)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});

describe("metadata", () => {
  it("are no properties, and stay when the object is updated or migrated", async () => {
    const path = await sample().save(join(directory, "meta"), { metadata: { author: "a", run: 7, path: null } });
    expect((await load(path)).equals(sample())).toBe(true);
    const run = await Run.load(path);
    run.name = "b";
    await run.save(path, { mode: "update", metadata: { run: 8 } });
    expect((await info(path)).metadata).toEqual({ author: "a", run: 8, path: null });
    const old = join(directory, "old.hdf5");
    await Persistable.saveSerializedData(old, { __class__: "info.Run", tmax: 5 }, { metadata: { author: "o" } });
    expect(await migrate(old)).toHaveLength(1);
    expect((await info(old)).metadata).toEqual({ author: "o" });
    expect((await Run.load(old)).maxTemp).toBe(5);
    const bytes = await run.toBytes({ metadata: { in: "memory" } });
    expect((await info(bytes)).metadata).toEqual({ in: "memory" });
  });

  it.skipIf(!hasH5py)("are not seen by those who read the group root", async () => {
    const path = await sample().save(join(directory, "h5py"), { metadata: { author: "a" } });
    const script =
      'import h5py, sys; f = h5py.File(sys.argv[1]); print(sorted(f), f.attrs["author"], "author" in f["root"].attrs)';
    expect(runPython(script, path)).toEqual(["['root'] a False"]);
  });

  it("that cannot be attributes are refused before anything is written", async () => {
    const path = await sample().save(join(directory, "refused"));
    const before = readFileSync(path);
    for (const metadata of [{ a: { b: 1 } }, { __versions__: "x" }, { "": 1 }, [1], { f: () => 1 }] as never[]) {
      await expect(sample().save(path, { metadata })).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(readFileSync(path)).toEqual(before);
  });
});
