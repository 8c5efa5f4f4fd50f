import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import { HDF5Error } from "../../src/format/index.js";
import { Persistable, property, Serializable } from "../../src/serialization/index.js";
import { hasH5py, runPython } from "./h5py.js";

const directory = mkdtempSync(join(tmpdir(), "sessions-"));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;
const fresh = (): string => join(directory, `file${count++}.hdf5`);

class Part extends Serializable.define("sessions.Part", {
  label: property({ default: "" }),
  marks: property<number[]>({ default: () => [] }),
}) {}

class Run extends Persistable.define("sessions.Run", {
  name: property({ default: "" }),
  data: property.array("float64"),
  tags: property<string[]>({ default: () => [] }),
  settings: property<Record<string, unknown>>({ default: () => ({}) }),
  small: property<NDArray<"int8">>({ lazy: false }),
  part: property.of(() => Part),
  parts: property.listOf(() => Part),
}) {}

const sample = (): Run =>
  new Run({
    name: "a",
    data: [1, 2, 3],
    tags: ["x"],
    settings: { gain: 2, nested: { list: [1] } },
    small: Int8Array.of(1, 2),
    part: new Part({ label: "p", marks: [1] }),
    parts: [new Part({ label: "q" })],
  });
const saved = (): Promise<string> => sample().save(fresh());

async function failure(run: () => unknown): Promise<HDF5Error> {
  try {
    await run();
  } catch (error) {
    if (error instanceof HDF5Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("lists, dicts and loaded arrays of an open object", () => {
  it.each([true, false])("are written when they were changed in place (synchronously: %s)", async (sync) => {
    const path = await saved();
    const run = sync ? Run.openSync(path, { mode: "r+" }) : await Run.open(path, { mode: "r+" });
    run.tags.push("y");
    (run.settings["nested"] as { list: number[] }).list.push(2);
    run.settings["more"] = true;
    if (run.small !== null) run.small.data[1] = 9;
    run.part?.marks.push(7);
    run.parts.push(new Part({ label: "r" }));
    if (sync) run.closeSync();
    else await run.close();
    const loaded = await Run.load(path);
    expect(loaded.toJSON()).toEqual({
      ...sample().toJSON(),
      tags: ["x", "y"],
      settings: { gain: 2, nested: { list: [1, 2] }, more: true },
      small: [1, 9],
      part: { label: "p", marks: [1, 7] },
      parts: [
        { label: "q", marks: [] },
        { label: "r", marks: [] },
      ],
    });
  });

  it("are not written again when they were not", async () => {
    const path = await saved();
    const before = readFileSync(path);
    const run = await Run.open(path, { mode: "r+" });
    expect(run.tags).toEqual(["x"]);
    await run.flush();
    run.tags.push("y");
    run.tags.pop();
    await run.close();
    expect(readFileSync(path)).toEqual(before);
  });

  it("that are defaults are written when changed only, of properties left in the file too", async () => {
    const path = await new Run({ name: "n", tags: ["kept"] }).save(fresh());
    const run = await Run.open(path, { mode: "r+", only: ["name", "settings"] });
    // It was not loaded: the list is the default.
    expect(run.tags).toEqual([]);
    run.settings["a"] = 1;
    await run.close();
    const loaded = await Run.load(path);
    expect([loaded.tags, loaded.settings]).toEqual([["kept"], { a: 1 }]);
  });

  it("of objects opened for reading are frozen", async () => {
    const run = await Run.open(await saved());
    expect(() => run.tags.push("y")).toThrow(TypeError);
    expect(() => run.part?.marks.push(1)).toThrow(TypeError);
    expect(() => (run.settings["nested"] as { list: number[] }).list.push(2)).toThrow(TypeError);
    expect(run.copy().tags).toEqual(["x"]);
    run.copy().tags.push("y");
    await run.close();
  });

  it("are written again after each flush", async () => {
    const path = await saved();
    const run = await Run.open(path, { mode: "r+" });
    for (const tag of ["1", "2", "3"]) {
      run.tags.push(tag);
      await run.flush();
      expect((await Run.load(path, { locking: false })).tags.at(-1)).toBe(tag);
    }
    run.part = new Part({ label: "new" });
    await run.flush();
    run.part.marks.push(3);
    await run.close();
    expect((await Run.load(path)).part?.marks).toEqual([3]);
  });
});

describe("use", () => {
  it.each([true, false])("commits on a normal end and answers (synchronously: %s)", async (sync) => {
    const path = await saved();
    const answer = sync
      ? Run.useSync(path, { mode: "r+" }, (run) => {
          run.name = "b";
          run.data?.appendSync([4]);
          return run.data?.length;
        })
      : await Run.use(path, { mode: "r+" }, async (run) => {
          run.name = "b";
          await run.data?.append([4]);
          return run.data?.length;
        });
    expect(answer).toBe(4);
    const loaded = await Run.load(path);
    expect([loaded.name, loaded.data?.data]).toEqual(["b", Float64Array.of(1, 2, 3, 4)]);
  });

  it.each([true, false])("discards on an exception, which it passes on as it is (synchronously: %s)", async (sync) => {
    const path = await saved();
    const mine = new TypeError("of the caller");
    const spoil = (run: { name: string; tags: string[] }): never => {
      run.name = "half";
      run.tags.push("half");
      throw mine;
    };
    if (sync) {
      expect(() =>
        Run.useSync(path, { mode: "r+" }, (run) => {
          run.data?.appendSync([4]);
          spoil(run);
        }),
      ).toThrow(mine);
    } else {
      const rejected = Run.use(path, { mode: "r+" }, async (run) => {
        await run.data?.append([4]);
        spoil(run);
      });
      await expect(rejected).rejects.toBe(mine);
    }
    expect((await Run.load(path)).equals(sample())).toBe(true);
    // Nothing is left open.
    await (await Run.open(path, { mode: "r+" })).close();
  });

  it("keeps what was flushed before the exception", async () => {
    const path = await saved();
    await Run.use(path, { mode: "r+" }, async (run) => {
      run.name = "flushed";
      await run.flush();
      run.name = "not";
      throw new Error("stop");
    }).catch(() => {});
    expect((await Run.load(path)).name).toBe("flushed");
  });

  it("refuses what is no function, before opening", async () => {
    expect((await failure(() => Run.use("nothing", {}, 3 as never))).message).toMatch(/third argument/);
  });
});

describe("discard", () => {
  it.each([true, false])("takes back what was not flushed (synchronously: %s)", async (sync) => {
    const path = await saved();
    const run = await Run.open(path, { mode: "r+" });
    const { part, data } = run;
    run.name = "b";
    run.tags.push("y");
    if (part !== null) part.label = "changed";
    await data?.append([4]);
    await data?.set(9, [0]);
    run.parts = [];
    if (sync) run.discardSync();
    else await run.discard();
    expect([run.name, run.tags, run.parts.length, run.part?.label]).toEqual(["a", ["x"], 1, "p"]);
    // Objects stay the same, and go on.
    expect(run.part).toBe(part);
    expect((await run.data?.read())?.data).toEqual(Float64Array.of(1, 2, 3));
    expect((await data?.read())?.data).toEqual(Float64Array.of(1, 2, 3));
    if (part !== null) part.label = "again";
    run.tags.push("z");
    await run.close();
    const loaded = await Run.load(path);
    expect([loaded.part?.label, loaded.tags, loaded.name]).toEqual(["again", ["x", "z"], "a"]);
  });

  it.skipIf(!hasH5py)("is the way on when another program has changed the file", async () => {
    const path = await saved();
    const first = await Run.open(path, { mode: "r+", locking: false });
    const told: unknown[] = [];
    first.observe("name", (_, old, now) => told.push([old, now]));
    changeElsewhere(path);
    first.tags.push("mine");
    const error = await failure(() => first.flush());
    expect(error.code).toBe("changed");
    await first.discard();
    expect([first.name, first.tags]).toEqual(["elsewhere", ["x"]]);
    expect(told).toEqual([["a", "elsewhere"]]);
    first.tags.push("mine");
    await first.close();
    const loaded = await Run.load(path);
    expect([loaded.name, loaded.tags]).toEqual(["elsewhere", ["x", "mine"]]);
  });

  it("leaves objects that were not stored to the caller, and is for open objects", async () => {
    const run = await Run.open(await saved(), { mode: "r+" });
    const extra = new Part({ label: "extra" });
    run.parts = [...run.parts, extra];
    await run.discard();
    expect(run.parts.length).toBe(1);
    extra.label = "free";
    await run.close();
    expect((await failure(() => Run.prototype.discard.call(new Run()))).message).toMatch(/not opened from a file/);
    expect((await failure(() => run.discard())).code).toBe("closed");
  });
});

describe("refresh", () => {
  it.skipIf(!hasH5py).each(["r", "r+"] as const)("takes what others have written (mode %s)", async (mode) => {
    const path = await saved();
    const run = await Run.open(path, { mode, locking: false });
    const { part } = run;
    changeElsewhere(path);
    expect(run.name).toBe("a");
    await run.refresh();
    expect([run.name, run.data?.shape, run.part?.label]).toEqual(["elsewhere", [4], "p"]);
    expect(run.part).toBe(part);
    expect(await run.data?.at(-1)).toBe(4);
    changeElsewhere(path);
    run.refreshSync();
    expect(run.data?.shape).toEqual([5]);
    await run.close();
  });

  it.skipIf(!hasH5py)("makes objects that are not there any more refuse changes", async () => {
    const path = await saved();
    const run = await Run.open(path, { mode: "r+", locking: false });
    const { part } = run;
    const script = `
import h5py, sys
with h5py.File(sys.argv[1], "r+") as file:
    del file["root/part"]
    file["root"].attrs["part"] = "NoneType:None"`;
    runPython(script, path);
    await run.refresh();
    expect(run.part).toBeNull();
    expect(part?.label).toBe("p");
    expect(() => Object.assign(part ?? {}, { label: "lost" })).toThrow(/this Part is not in the file any more/);
    run.part = part?.copy() ?? null;
    await run.close();
    expect((await Run.load(path)).part?.label).toBe("p");
  });

  it("refuses to lose what was changed here", async () => {
    const run = await Run.open(await saved(), { mode: "r+" });
    const changes: (() => unknown)[] = [
      () => {
        run.name = "b";
      },
      () => run.tags.push("y"),
      () => run.data?.append([1]),
    ];
    for (const change of changes) {
      await change();
      expect((await failure(() => run.refresh())).message).toMatch(/would be lost: flush\(\) or discard\(\)/);
      await run.discard();
      await run.refresh();
    }
    await run.close();
  });
});

/** What h5py does, while this program has the file open. */
function changeElsewhere(path: string): void {
  runPython(
    `
import h5py, sys
with h5py.File(sys.argv[1], "r+") as file:
    root = file["root"]
    root.attrs["name"] = "elsewhere"
    data = root["data"]
    data.resize(data.shape[0] + 1, axis=0)
    data[-1] = data.shape[0]
`,
    path,
  );
}
