import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import { HDF5Error, ndarray, open } from "../../src/format/index.js";
import { Complex, Persistable, property, Serializable, Timestamp } from "../../src/serialization/index.js";
import { hasH5py, runPython } from "./h5py.js";

const directory = mkdtempSync(join(tmpdir(), "update-"));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;
const fresh = (): string => join(directory, `file${count++}.hdf5`);

class Part extends Serializable.define("update.Part", {
  label: property({ default: "" }),
  trace: property.array("float32"),
}) {}

class Run extends Persistable.define("update.Run", {
  name: property({ default: "" }),
  temperature: property({ default: 293.15, type: "float64" }),
  data: property.array("float64"),
  image: property<NDArray | null>({ default: null }),
  tags: property<unknown[]>({ default: () => [] }),
  settings: property<Record<string, unknown>>({ default: () => ({}) }),
  start: property<Timestamp>(),
  part: property.of(() => Part),
  parts: property.listOf(() => Part),
}) {}

const ramp = (length: number): Float64Array => Float64Array.from({ length }, (_, index) => index);
const sample = (length = 1000): Run =>
  new Run({
    name: "a",
    data: ramp(length),
    image: ndarray([
      [1, 2],
      [3, 4],
    ]),
    tags: ["x", 1, Int8Array.of(1, 2)],
    settings: { gain: 2, nested: { list: [1, 2, 3] } },
    start: Timestamp.from("2024-01-01T00:00:00Z"),
    part: new Part({ label: "p", trace: [1, 2, 3] }),
    parts: [new Part({ label: "q", trace: [4] })],
  });

async function failure(run: () => unknown): Promise<HDF5Error> {
  try {
    await run();
  } catch (error) {
    if (error instanceof HDF5Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const counters = "/proc/self/io";

/** Bytes that this process writes and reads meanwhile; `null` where the system does not count them. */
function transferred(run: () => void): { readonly written: number; readonly read: number } | null {
  if (!existsSync(counters)) {
    run();
    return null;
  }
  const now = (name: string): number =>
    Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(readFileSync(counters, "utf8"))?.[1]);
  const before = [now("wchar"), now("rchar")];
  run();
  return { written: now("wchar") - before[0], read: now("rchar") - before[1] };
}

describe("saving what changed", () => {
  it("writes little, and reads little where nobody has had the arrays", async () => {
    const path = await sample(1_000_000).save(fresh());
    const run = await Run.load(path);
    run.temperature = 300;
    const moved = transferred(() => run.saveSync(path, { mode: "update" }));
    if (moved !== null) {
      expect(moved.written).toBeLessThan(64 * 1024);
      expect(moved.read).toBeLessThan(512 * 1024);
    }
    expect((await Run.load(path)).temperature).toBe(300);
    // An array that was touched is compared, and one number of it written.
    if (run.data !== null) run.data.data[500_000] = -1;
    const compared = transferred(() => run.saveSync(path, { mode: "update" }));
    if (compared !== null) {
      expect(compared.written).toBeLessThan(64 * 1024);
      expect(compared.read).toBeGreaterThan(8_000_000);
    }
    const loaded = await Run.load(path);
    expect(loaded.equals(run)).toBe(true);
    expect(loaded.data?.data[500_000]).toBe(-1);
  });

  it("writes added rows only, and cuts those that are gone", async () => {
    const run = sample(1_000_000);
    const path = await run.save(fresh());
    run.update({ data: ramp(1_000_100) });
    const moved = transferred(() => run.saveSync(path, { mode: "update" }));
    if (moved !== null) expect(moved.written).toBeLessThan(64 * 1024);
    expect((await Run.load(path)).data?.data).toEqual(ramp(1_000_100));
    run.update({ data: ramp(10) });
    await run.save(path, { mode: "update" });
    expect((await Run.load(path)).data?.data).toEqual(ramp(10));
  });

  it.each([true, false])("takes changes of every kind (loaded again before: %s)", async (again) => {
    const changes: ((run: Run) => void)[] = [
      (run) => {
        run.name = "b";
      },
      (run) => run.tags.push("more"),
      (run) => run.tags.splice(0, 2),
      (run) => {
        (run.tags[2] as NDArray<"int8">).data[1] = 7;
      },
      (run) => {
        run.settings["gain"] = "text";
        delete run.settings["nested"];
        run.settings["new"] = [Uint8Array.of(1)];
      },
      (run) => run.update({ image: Float32Array.of(1, 2, 3) }),
      (run) => {
        run.start = Timestamp.from("2025-01-01T00:00:00Z");
      },
      (run) => {
        run.start = Timestamp.from("2025-01-01T00:00:00", "Europe/Berlin");
      },
      (run) => {
        if (run.part !== null) run.part.label = "other";
      },
      (run) => {
        if (run.part?.trace) run.part.trace.data[0] = 9;
      },
      (run) => {
        const { part } = run;
        run.part = run.parts[0] ?? null;
        run.parts = part === null ? [] : [part];
      },
      (run) => run.parts.push(new Part({ label: "r", trace: [7, 8] })),
      (run) => {
        run.part = null;
      },
      (run) => run.update({ data: null }),
      (run) => run.update({ image: ndarray(["a", "b"]) }),
      (run) => run.tags.push(new Complex(1, 2), null, true, 2n ** 63n),
    ];
    const path = fresh();
    await sample().save(path);
    let run = await Run.load(path);
    for (const change of changes) {
      if (again) run = await Run.load(path);
      try {
        change(run);
      } catch {
        // What an earlier change has removed.
      }
      const expected = run.copy();
      await run.save(path, { mode: "update" });
      const loaded = await Run.load(path);
      expect(loaded.equals(expected), String(change)).toBe(true);
      expect(await stored(path), String(change)).toEqual(await stored(await run.save(fresh())));
    }
  });

  it("leaves the file that saving anew would make, whatever the objects", async () => {
    const value = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
        fc.integer(),
        fc.double({ noNaN: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(fc.integer({ min: -128, max: 127 }), { maxLength: 5 }).map((items) => Int8Array.from(items)),
      ),
      tree: fc.oneof(
        { maxDepth: 3 },
        tie("leaf"),
        fc.array(tie("tree"), { maxLength: 12 }),
        fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }).filter(isKey), tie("tree"), { maxKeys: 4 }),
      ),
    })).tree;
    const objects = fc.record({
      name: fc.string().filter((text) => !text.includes("\0")),
      tags: fc.array(value),
      settings: fc.constant({}),
    });
    const path = fresh();
    await fc.assert(
      fc.asyncProperty(objects, objects, async (first, second) => {
        await new Run(first).save(path);
        await new Run(second).save(path, { mode: "update" });
        expect(await stored(path)).toEqual(await stored(await new Run(second).save(join(directory, "anew.hdf5"))));
      }),
      { numRuns: 25 },
    );
  });

  it("makes the file where there is none, and refuses one of another class", async () => {
    const path = fresh();
    expect(await new Part2().save(path, { mode: "update" })).toBe(path);
    expect((await Part2.load(path)).value).toBe(1);
    const error = await failure(() => sample().save(path, { mode: "update" }));
    expect(error).toMatchObject({ code: "invalid-argument", path: "/root" });
    expect(error.message).toMatch(/"update.Part2", not of "update.Run"/);
  });

  it.skipIf(!hasH5py)(
    "refuses where another program has changed the file since, and h5py reads what it writes",
    async () => {
      const path = await sample().save(fresh());
      const run = await Run.load(path);
      runPython(
        'import h5py, sys; f = h5py.File(sys.argv[1], "r+"); f["root"].attrs["name"] = "theirs"; f.close()',
        path,
      );
      run.temperature = 1;
      const error = await failure(() => run.save(path, { mode: "update" }));
      expect(error.code).toBe("changed");
      const theirs = await Run.load(path);
      expect([theirs.name, theirs.temperature]).toEqual(["theirs", 293.15]);
      theirs.temperature = 1;
      theirs.parts.push(new Part({ label: "z" }));
      await theirs.save(path, { mode: "update" });
      const script = `
import h5py, sys
with h5py.File(sys.argv[1]) as f:
    root = f["root"]
    print(root.attrs["name"], root.attrs["temperature"], sorted(root["parts"]), root["parts/1"].attrs["label"], root["data"][-1])`;
      expect(runPython(script, path)).toEqual(["theirs 1.0 ['0', '1'] z 999.0"]);
    },
  );

  it("sees changes through references that were taken before saving", async () => {
    const run = sample();
    const { data, part } = run;
    const path = await run.save(fresh());
    if (data !== null) data.data[0] = 5;
    if (part?.trace) part.trace.data[0] = 6;
    await run.save(path, { mode: "update" });
    if (data !== null) data.data[1] = 7;
    await run.save(path, { mode: "update" });
    const loaded = await Run.load(path);
    expect([loaded.data?.data[0], loaded.data?.data[1], loaded.part?.trace?.data[0]]).toEqual([5, 7, 6]);
  });
});

class Part2 extends Persistable.define("update.Part2", { value: property({ default: 1 }) }) {}

const isKey = (text: string): boolean => !/[\0/]|^\.{1,2}$|^__/.test(text);

/** Everything that a file holds, but for sizes of chunks and addresses. */
async function stored(path: string): Promise<unknown[]> {
  const file = await open(path);
  const found: unknown[] = [];
  for await (const { path: place, object } of file.visit()) {
    if (object === null || object.kind === "datatype") continue;
    const attributes: unknown[] = [];
    for (const info of await object.attrs.infos())
      attributes.push([info.name, info.dtype, await object.attrs.get(info.name)]);
    attributes.sort((a, b) => (String((a as unknown[])[0]) < String((b as unknown[])[0]) ? -1 : 1));
    const data = object.kind === "dataset" ? [object.dtype, object.maxShape, await object.read()] : [];
    found.push([place, object.kind, attributes, ...data]);
  }
  await file.close();
  return found.sort((a, b) => (String((a as unknown[])[0]) < String((b as unknown[])[0]) ? -1 : 1));
}

describe("objects of which only some properties were loaded", () => {
  it.each(["load", "constructor"] as const)(
    "are saved into their own file, where the others stay (%s)",
    async (how) => {
      const path = await sample().save(fresh());
      const options = { only: ["name", "settings"] } as const;
      const part = how === "load" ? await Run.load(path, options) : new Run(path, options);
      part.name = "merged";
      part.settings["more"] = 1;
      part.temperature = 5;
      expect(part.tags).toEqual([]);
      for (const target of [path, pathToFileURL(path)]) {
        await part.save(target);
        const loaded = await Run.load(path);
        expect([loaded.name, loaded.settings["more"], loaded.temperature]).toEqual(["merged", 1, 5]);
        expect([loaded.data?.shape, loaded.tags.length, loaded.part?.label]).toEqual([[1000], 3, "p"]);
      }
      // What was set is no longer missing.
      part.tags.push("only this");
      await part.save(path);
      expect((await Run.load(path)).tags).toEqual(["only this"]);
    },
  );

  it("are not saved elsewhere unless that is meant", async () => {
    const path = await sample().save(fresh());
    const part = await Run.load(path, { only: ["name", "temperature"] });
    const other = fresh();
    const error = await failure(() => part.save(other));
    expect(error).toMatchObject({ code: "invalid-argument", path: "/root" });
    expect(error.message).toMatch(/only some properties of this Run were loaded, "data", .* not.*partial: true/);
    expect(existsSync(other)).toBe(false);
    writeFileSync(other, "");
    expect((await failure(() => part.toBytes())).message).toMatch(/partial: true/);
    await sample().save(other);
    const before = statSync(other).size;
    expect((await failure(() => part.save(other))).message).toMatch(/partial: true/);
    expect(statSync(other).size).toBe(before);
    await part.save(other, { partial: true });
    expect(Object.keys(await Persistable.loadSerializedData(other))).toEqual(["__class__", "name", "temperature"]);
    const bytes = await part.toBytes({ partial: true });
    expect((await Run.load(bytes)).name).toBe("a");
  });

  it("can be set whole and saved then", async () => {
    const path = await new Part2().save(fresh());
    class Two extends Persistable.define("update.Two", { a: property({ default: 1 }), b: property({ default: 2 }) }) {}
    const two = await new Two({ a: 3, b: 4 }).save(fresh());
    const part = await Two.load(two, { only: ["a"] });
    part.b = 9;
    await part.save(path);
    expect((await Two.load(path)).b).toBe(9);
  });
});
