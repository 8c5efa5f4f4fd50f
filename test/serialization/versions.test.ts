import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { HDF5Error, open } from "../../src/format/index.js";
import {
  classVersions,
  load,
  migrate,
  migrateSync,
  Persistable,
  ProxyDataset,
  property,
  Serializable,
} from "../../src/serialization/index.js";
import { hasH5py, runPython } from "./h5py.js";
import { Channel, Station } from "./stations.js";

const directory = mkdtempSync(join(tmpdir(), "versions-"));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;
const fresh = (): string => join(directory, `file${count++}.hdf5`);

async function failure(run: () => unknown): Promise<HDF5Error> {
  try {
    await run();
  } catch (error) {
    if (error instanceof HDF5Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const readings = { first: Float64Array.of(1, 2), second: Float64Array.of(3, 4, 5) };
const common = { __class__: "versions.Station", note: "n", extra: "kept" };

/** What each version of the program saved. */
const histories: Record<number, Record<string, unknown>> = {
  1: { ...common, title: "here", fahrenheit: 212, latitude: 1.5, longitude: 2.5, readings, color: "red" },
  2: { ...common, name: "here", celsius: 100, latitude: 1.5, longitude: 2.5, readings, color: "red" },
  3: { ...common, name: "here", celsius: 100, position: Float64Array.of(1.5, 2.5), readings, color: "red" },
  4: {
    ...common,
    name: "here",
    celsius: 100,
    position: Float64Array.of(1.5, 2.5),
    channels: Object.entries(readings).map(([label, values]) => ({ __class__: "versions.Channel", label, values })),
    color: "red",
  },
};

const newest = new Station({
  name: "here",
  celsius: 100,
  position: [1.5, 2.5],
  note: "n",
  channels: [new Channel({ label: "first", values: [1, 2] }), new Channel({ label: "second", values: [3, 4, 5] })],
});

async function saveVersion(version: number): Promise<string> {
  const path = fresh();
  const tree = { ...histories[version], [classVersions]: { "versions.Station": version } };
  await Persistable.saveSerializedData(path, tree);
  return path;
}

describe("a chain of five versions", () => {
  it.each([1, 2, 3, 4])("version %i opens in the newest", async (version) => {
    const path = await saveVersion(version);
    const before = readFileSync(path);
    for (const loaded of [await Station.load(path), await load(path), Station.loadSync(path), new Station(path)]) {
      expect(loaded).toBeInstanceOf(Station);
      expect(loaded.equals(newest)).toBe(true);
    }
    const lazy = await Station.open(path);
    expect([lazy.name, lazy.celsius, lazy.channels[1]?.label]).toEqual(["here", 100, "second"]);
    const values: unknown = lazy.channels[1]?.values;
    expect(values).toBeInstanceOf(ProxyDataset);
    expect(await (values as ProxyDataset).get([2])).toBe(5);
    await lazy.close();
    // Nothing is written by reading.
    expect(readFileSync(path)).toEqual(before);
  });

  it("a dry run lists what would change and changes nothing", async () => {
    const path = await saveVersion(1);
    const before = readFileSync(path);
    const changes = await migrate(path, { dryRun: true });
    expect(changes).toEqual(
      [
        {
          path: "/root",
          className: "versions.Station",
          versions: [{ className: "versions.Station", from: 1, to: 5 }],
          added: ["celsius", "position", "channels"],
          removed: ["color", "fahrenheit", "latitude", "longitude", "readings"].sort(),
          changed: [],
          renamed: [["title", "name"]],
        },
      ].map((change) => ({ ...change, removed: expect.arrayContaining(change.removed) })),
    );
    expect(readFileSync(path)).toEqual(before);
    expect(migrateSync(path, { dryRun: true })).toEqual(changes);
  });

  it.each([1, 2, 3, 4])(
    "version %i is brought up to date in its file, which then opens for changes",
    async (version) => {
      const path = await saveVersion(version);
      const refused = await failure(() => Station.open(path, { mode: "r+" }));
      expect(refused).toMatchObject({ code: "unsupported", path: "/root" });
      expect(refused.message).toMatch(/older version of the class versions\.Station.*migrate\(path\)/);
      expect((await migrate(path)).length).toBe(1);
      expect(await migrate(path)).toEqual([]);
      const lazy = await Station.open(path, { mode: "r+" });
      lazy.note = "changed";
      await lazy.channels[0]?.values?.append([9]);
      await lazy.close();
      const loaded = await Station.load(path);
      expect([loaded.note, loaded.channels[0]?.values?.data]).toEqual(["changed", Float64Array.of(1, 2, 9)]);
      const file = await open(path);
      expect(JSON.parse(String(await file.attrs.get("__versions__")))).toEqual({ "versions.Station": 5 });
      // What is no property is kept.
      expect(await (await file.group("root")).attrs.get("extra")).toBe("kept");
      await file.close();
      expect(await migrate(path, { dryRun: true })).toEqual([]);
    },
  );

  it("keeps what it does not know through loading, copying and saving", async () => {
    const loaded = await Station.load(await saveVersion(4));
    const path = fresh();
    await loaded.copy().save(path);
    expect(await Persistable.loadSerializedData(path)).toMatchObject({ extra: "kept", name: "here" });
    expect(new Station(loaded).serialize()).toMatchObject({ extra: "kept" });
  });

  it.skipIf(!hasH5py)(
    "is seen by Python's library as before: it reads the group root, which has no version",
    async () => {
      const path = await saveVersion(1);
      await migrate(path);
      const script = `
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    print(sorted(f), sorted(f.attrs), sorted(f["root"].attrs), sorted(f["root"]))`;
      expect(runPython(script, path)).toEqual([
        "['root'] ['__versions__'] ['__class__', '__container_type__', 'celsius', 'extra', 'name', 'note'] ['channels', 'position']",
      ]);
    },
  );
});

describe("versions", () => {
  beforeEach(() => vi.spyOn(console, "warn").mockImplementation(() => {}));

  it("of nested objects are migrated where they are, and within what a migration of the outer one left", async () => {
    class Inner extends Serializable.define(
      "versions.Inner",
      { length: property({ default: 0 }) },
      { version: 2, migrate: { 1: (tree) => ({ ...tree, length: Number(tree["length"]) * 10 }) }, replace: true },
    ) {}
    class Outer extends Persistable.define(
      "versions.Outer",
      { parts: property.listOf(() => Inner), byName: property.dictOf(() => Inner) },
      { version: 2, migrate: { 1: ({ items, ...rest }) => ({ ...rest, parts: items }) }, replace: true },
    ) {}
    const inner = { __class__: "versions.Inner", length: 3 };
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "versions.Outer", items: [inner], byName: { a: inner } });
    const outer = await Outer.load(path);
    expect([outer.parts[0]?.length, outer.byName["a"]?.length]).toEqual([30, 30]);
    expect((await migrate(path, { dryRun: true })).map((change) => change.path).sort()).toEqual([
      "/root",
      "/root/byName/a",
      "/root/parts/0",
    ]);
    await outer.save(path);
    expect((await Outer.load(path)).parts[0]?.length).toBe(30);
    // A plain tree knows its versions too.
    expect((Serializable.deserialize(outer.serialize()) as Outer).parts[0]?.length).toBe(30);
  });

  it("of a class and of the one it extends count each for itself", async () => {
    const base = Persistable.define(
      "versions.Base",
      { name: property({ default: "" }) },
      { version: 2, migrate: { 1: ({ label, ...rest }) => ({ ...rest, name: label }) }, replace: true },
    );
    class Sub extends base.define(
      "versions.Sub",
      { size: property({ default: 0 }) },
      { version: 3, migrate: { 2: ({ length, ...rest }) => ({ ...rest, size: length }) }, replace: true },
    ) {}
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "versions.Sub", label: "x", length: 3 });
    const [change] = await migrate(path);
    expect(change?.versions).toEqual([
      { className: "versions.Base", from: 1, to: 2 },
      { className: "versions.Sub", from: 1, to: 3 },
    ]);
    const loaded = await Sub.load(path);
    expect([loaded.name, loaded.size]).toEqual(["x", 3]);
  });

  it("that are newer than the class are refused", async () => {
    const path = fresh();
    await Persistable.saveSerializedData(path, {
      ...histories[4],
      [classVersions]: { "versions.Station": 6 },
    });
    const error = await failure(() => Station.load(path));
    expect(error).toMatchObject({ code: "unsupported", path: "/root" });
    expect(error.message).toBe(
      "/root: this is version 6 of the class versions.Station, of which version 5 is known here",
    );
  });

  it("that are not there are what the class says", async () => {
    class Late extends Persistable.define(
      "versions.Late",
      { value: property({ default: 0 }) },
      {
        version: 3,
        unversioned: 2,
        migrate: { 1: () => ({ value: -1 }), 2: (tree) => ({ value: Number(tree["value"]) + 1 }) },
      },
    ) {}
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "versions.Late", value: 5 });
    expect((await Late.load(path)).value).toBe(6);
  });

  it("of classes that join an open file are recorded in it", async () => {
    class Joined extends Serializable.define("versions.Joined", { value: property({ default: 1 }) }, { version: 4 }) {}
    class Holder extends Persistable.define("versions.Holder", {
      part: property<Serializable | null>({ default: null }),
      name: property({ default: "" }),
    }) {}
    const path = await new Holder().save(fresh());
    const partial = await Holder.open(path, { mode: "r+", only: ["name"] });
    partial.part = new Joined();
    expect((await failure(() => partial.flush())).message).toMatch(/open it without "only"/);
    await failure(() => partial.close());
    const lazy = await Holder.open(path, { mode: "r+" });
    lazy.part = new Joined({ value: 7 });
    await lazy.close();
    const file = await open(path);
    expect(await file.attrs.get("__versions__")).toBe('{"versions.Joined":4}');
    await file.close();
    expect(((await Holder.load(path)).part as Joined).value).toBe(7);
  });

  it("that a damaged file says are refused", async () => {
    const path = await newest.save(fresh());
    for (const text of ["[1]", "{", '{"versions.Station": 0.5}', '{"versions.Station": "5"}']) {
      const file = await open(path, { mode: "r+" });
      await file.attrs.set("__versions__", text);
      await file.close();
      expect(await failure(() => load(path))).toMatchObject({ code: "corrupt", path: "/" });
    }
  });

  it("are checked when the class is defined", () => {
    const define = (options: object) => () => Serializable.define("versions.Wrong", {}, options);
    expect(define({ version: 0 })).toThrow(/integers from 1 on/);
    expect(define({ migrate: {} })).toThrow(/need a "version"/);
    expect(define({ version: 2, migrate: { 2: () => ({}) } })).toThrow(/versions from 1 to 1, not for 2/);
    expect(define({ version: 2, migrate: { 1: 5 } })).toThrow(/"migrate" has functions/);
    expect(define({ version: 2, unknown: "ignore" })).toThrow(/"keep"/);
    const twice = { a: property({ aliases: ["b"] }), b: property() };
    expect(() => Serializable.define("versions.Twice", twice)).toThrow(/the alias "b" of "a" is a name of "b"/);
  });

  it("whose migration fails say which, and change nothing", async () => {
    class Failing extends Persistable.define(
      "versions.Failing",
      { value: property({ default: 0 }) },
      {
        version: 3,
        migrate: {
          2: () => {
            throw new Error("no way");
          },
        },
      },
    ) {}
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "versions.Failing", value: 5 });
    const before = readFileSync(path);
    const message = "/root: from version 2 to 3 of versions.Failing: no way";
    expect(await failure(() => Failing.load(path))).toMatchObject({ code: "invalid-argument", message });
    expect(await failure(() => migrate(path))).toMatchObject({ message });
    expect(readFileSync(path)).toEqual(before);
  });
});

describe("saving what changed into a file of an older version", () => {
  class Scaled extends Persistable.define(
    "versions.Scaled",
    { length: property({ default: 0 }), note: property({ default: "" }), more: property.array("float64") },
    { version: 2, migrate: { 1: (tree) => ({ ...tree, length: Number(tree["length"]) * 10 }) } },
  ) {}

  it("writes all that the migrations changed too", async () => {
    for (const versions of [{}, { [classVersions]: { "versions.Scaled": 1 } }]) {
      const path = fresh();
      await Persistable.saveSerializedData(path, { __class__: "versions.Scaled", length: 3, note: "old", ...versions });
      const loaded = await Scaled.load(path);
      loaded.note = "new";
      await loaded.save(path, { mode: "update" });
      const again = await Scaled.load(path);
      expect([again.length, again.note]).toEqual([30, "new"]);
    }
  });

  it("loads all of an object that is asked for in part, as migrations need it", async () => {
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "versions.Scaled", length: 3, note: "old" });
    for (const part of [await Scaled.load(path, { only: ["note"] }), new Scaled(path, { only: ["note"] })]) {
      expect([part.note, part.length]).toEqual(["old", 30]);
    }
    const part = await Scaled.load(path, { only: ["note"] });
    part.note = "new";
    await part.save(path);
    expect((await Scaled.load(path)).length).toBe(30);
  });
});

describe("saving into a file of which only a part was loaded", () => {
  it("is refused where the rest may hold objects of an older version", async () => {
    class Piece extends Serializable.define(
      "versions.Piece",
      { length: property({ default: 0 }) },
      { version: 2, migrate: { 1: (tree) => ({ length: Number(tree["length"]) * 10 }) } },
    ) {}
    class Owner extends Persistable.define("versions.Owner", {
      first: property.of(() => Piece),
      second: property.of(() => Piece),
      name: property({ default: "" }),
    }) {}
    const path = fresh();
    const second = { __class__: "versions.Piece", length: 3 };
    await Persistable.saveSerializedData(path, { __class__: "versions.Owner", name: "a", first: null, second });
    const part = await Owner.load(path, { only: ["name", "first"] });
    part.first = new Piece({ length: 7 });
    expect(await failure(() => part.save(path))).toMatchObject({ code: "unsupported", path: "/root" });
    expect((await Owner.load(path)).second?.length).toBe(30);
    part.first = null;
    part.name = "b";
    await part.save(path);
    const whole = await Owner.load(path);
    expect([whole.name, whole.second?.length]).toEqual(["b", 30]);
    whole.first = new Piece({ length: 7 });
    await whole.save(path, { mode: "update" });
    const again = await Owner.load(path);
    expect([again.first?.length, again.second?.length]).toEqual([7, 30]);
  });
});

describe("names that are no properties", () => {
  it("are an error, kept, or dropped", async () => {
    const schema = { value: property({ default: 0 }) };
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "versions.Unknown", value: 5, more: Float64Array.of(1) });
    const define = (unknown: "error" | "keep" | "drop") =>
      class extends Persistable.define("versions.Unknown", schema, { unknown, replace: true }) {};
    expect((await failure(() => define("error").load(path))).message).toMatch(/has no property "more"/);
    const again = fresh();
    await (await define("keep").load(path)).save(again);
    expect(await Persistable.loadSerializedData(again)).toMatchObject({ value: 5, more: { data: Float64Array.of(1) } });
    await (await define("drop").load(path)).save(again);
    expect(Object.keys(await Persistable.loadSerializedData(again))).toEqual(["__class__", "value"]);
  });

  it("under old names are found, and saved under the new one; both at once are refused", async () => {
    class Renamed extends Persistable.define("versions.Renamed", {
      maxTemp: property({ default: 0, storedAs: "max_temp", aliases: ["tmax", "maxTemp"] }),
    }) {}
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "versions.Renamed", tmax: 5 });
    const loaded = await Renamed.load(path);
    expect(loaded.maxTemp).toBe(5);
    expect(await migrate(path)).toMatchObject([{ renamed: [["tmax", "max_temp"]], versions: [] }]);
    expect(await Persistable.loadSerializedData(path)).toEqual({ __class__: "versions.Renamed", max_temp: 5 });
    await Persistable.saveSerializedData(path, { __class__: "versions.Renamed", tmax: 5, max_temp: 6 });
    expect((await failure(() => Renamed.load(path))).message).toMatch(/the property "maxTemp" twice/);
  });

  it("under old names are found and kept where only some are loaded", async () => {
    class Two extends Persistable.define("versions.Two", {
      a: property({ default: 0, aliases: ["oldA"] }),
      b: property({ default: "" }),
    }) {}
    const path = fresh();
    await Persistable.saveSerializedData(path, { __class__: "versions.Two", oldA: 5, b: "x" });
    expect((await Two.load(path, { only: ["a"] })).a).toBe(5);
    const part = await Two.load(path, { only: ["b"] });
    part.b = "y";
    await part.save(path);
    const loaded = await Two.load(path);
    expect([loaded.a, loaded.b]).toEqual([5, "y"]);
    const renamed = await Two.load(path, { only: ["a"] });
    renamed.a = 6;
    const error = await failure(() => renamed.save(path));
    expect(error).toMatchObject({ code: "unsupported", path: "/root" });
    expect(error.message).toMatch(/older version.*migrate\(path\)/);
    expect((await Two.load(path)).a).toBe(5);
  });
});
