import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { HDF5Error } from "../../src/format/index.js";
import { load, Persistable, ProxyDataset, property, Serializable } from "../../src/serialization/index.js";

const directory = mkdtempSync(join(tmpdir(), "construct-from-"));
afterAll(() => rmSync(directory, { recursive: true }));
const path = join(directory, "experiment.hdf5");

class Part extends Persistable.define("construct.Part", { value: property({ default: 0 }) }) {
  doubled(): number {
    return 2 * this.value;
  }
}

class Experiment extends Persistable.define("construct.Experiment", {
  name: property({ default: "" }),
  temperature: property({ default: 293.15 }),
  data: property.array("float64"),
  part: property.of(() => Part),
}) {
  readonly log: string[] = ["made"];
  readonly #secret = 42;

  secret(): number {
    return this.#secret;
  }
}

const original = new Experiment({ name: "a", temperature: 300, data: [1, 2, 3], part: new Part({ value: 4 }) });
beforeEach(() => original.save(path));

function failure(run: () => unknown): HDF5Error {
  try {
    run();
  } catch (error) {
    if (error instanceof HDF5Error) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("a constructor that is given a file", () => {
  it("loads it at once: a path, a URL, bytes", () => {
    const bytes = new Uint8Array(readFileSync(path));
    const fromBuffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    for (const source of [path, pathToFileURL(path), bytes, fromBuffer]) {
      const experiment = new Experiment(source);
      expect(experiment.equals(original)).toBe(true);
      expect(experiment.constructor).toBe(Experiment);
      expect([experiment.log, experiment.secret(), experiment.part?.doubled()]).toEqual([["made"], 42, 8]);
      expect(experiment.isOpen).toBe(false);
      experiment.name = "changed";
    }
    expectTypeOf(new Experiment(path).data).toEqualTypeOf(original.data);
  });

  it("keeps stored types, so that what is saved again is the same", async () => {
    class Loose extends Persistable.define("construct.Loose", { value: property({ default: 0 }) }) {}
    const file = join(directory, "loose.hdf5");
    await Persistable.saveSerializedData(file, { __class__: "construct.Loose", value: 3n });
    const again = await new Loose(file).save(join(directory, "again.hdf5"));
    expect(await Persistable.loadSerializedData(again)).toEqual(await Persistable.loadSerializedData(file));
  });

  it("takes the options of loading", () => {
    const experiment = new Experiment(path, { only: ["name"] });
    expect([experiment.name, experiment.data]).toEqual(["a", null]);
    const error = failure(() => new Experiment(path, { only: ["nothing" as "name"] }));
    expect(error).toMatchObject({ code: "invalid-argument", message: 'only: there is no property "nothing"' });
    expect(failure(() => new Experiment(path, { onyl: ["name"] } as object)).message).toMatch(/"only"/);
  });

  it("opens it with a mode, and using closes it", async () => {
    let outside: Experiment | undefined;
    {
      using experiment = new Experiment(path, { mode: "r" });
      outside = experiment;
      expect(experiment.isOpen).toBe(true);
      const data: unknown = experiment.data;
      if (!(data instanceof ProxyDataset)) throw new Error("the array was loaded");
      expect(data.getSync([1])).toBe(2);
      expect([experiment.name, experiment.part?.doubled(), experiment.secret()]).toEqual(["a", 8, 42]);
      expect(failure(() => Object.assign(experiment, { name: "b" })).code).toBe("read-only");
    }
    expect(outside.isOpen).toBe(false);
    {
      using experiment = new Experiment(path, { mode: "r+" });
      experiment.name = "b";
      if (experiment.part !== null) experiment.part.value = 5;
      await (experiment.data as unknown as ProxyDataset<"float64">).append([4]);
    }
    const loaded = await Experiment.load(path);
    expect([loaded.name, loaded.part?.value, loaded.data?.data]).toEqual(["b", 5, Float64Array.of(1, 2, 3, 4)]);
  });

  it("creates it with the modes that do", async () => {
    const created = join(directory, "created.hdf5");
    {
      using experiment = new Experiment(created, { mode: "x", init: { name: "new" } });
      expect(experiment.isOpen).toBe(true);
    }
    expect((await load(created)).equals(new Experiment({ name: "new" }))).toBe(true);
    expect(failure(() => new Experiment(created, { mode: "x" })).code).toBe("exists");
  });

  it("says what to call for sources that are not read at once", () => {
    const load = /await Experiment\.load\(…\) instead of new Experiment\(…\)/;
    for (const source of ["https://example.org/x.h5", new URL("https://example.org/x.h5"), new Blob(["x"])]) {
      const error = failure(() => new Experiment(source));
      expect(error.code).toBe("sync-unavailable");
      expect(error.message).toMatch(load);
    }
    const open = failure(() => new Experiment("https://example.org/x.h5", { mode: "r" }));
    expect(open.message).toMatch(/await Experiment\.open\(…\)/);
  });

  it("fails as loading does", () => {
    expect(failure(() => new Experiment(join(directory, "nothing.hdf5"))).code).toBe("not-found");
    expect(failure(() => new Experiment("")).code).toBe("invalid-argument");
    expect(failure(() => new Part(path)).message).toMatch(/"construct.Experiment", which is not "construct.Part"/);
  });

  it("refuses the file of a class that extends it, which another constructor makes", async () => {
    class Special extends Experiment.define("construct.Special", { extra: property({ default: 1 }) }) {}
    const special = await new Special().save(join(directory, "special"));
    expect(failure(() => new Experiment(special)).message).toMatch(/load\(\) makes one, new Experiment\(\) cannot/);
    expect(await Experiment.load(special)).toBeInstanceOf(Special);
    expect(new Special(special).extra).toBe(1);
  });

  it("leaves nothing open where the object cannot be made", async () => {
    class Narrow extends Persistable.define("construct.Narrow", {
      value: property({
        default: 0,
        parser: (value: number): number => {
          if (value > 1) throw new Error("too large");
          return value;
        },
      }),
    }) {}
    const file = join(directory, "narrow.hdf5");
    await Persistable.saveSerializedData(file, { __class__: "construct.Narrow", value: 5 });
    expect(failure(() => new Narrow(file, { mode: "r+" })).message).toMatch(/too large/);
    // It would be refused while it is open.
    const raw = await Persistable.loadSerializedData(file);
    expect(raw["value"]).toBe(5);
    using other = new Narrow(join(directory, "narrow.hdf5"), { mode: "w" });
    expect(other.value).toBe(0);
  });
});

describe("constructors that take something else", () => {
  it("are not confused by strings", async () => {
    class Named extends Persistable.define("construct.Named", { name: property({ default: "" }) }) {
      constructor(name = "nobody") {
        super({ name });
      }
    }
    expect(new Named(path).name).toBe(path);
    const file = await new Named("x").save(join(directory, "named"));
    expect((await Named.load(file)).name).toBe("x");
  });

  it("of objects without files refuse them", () => {
    class Plain extends Serializable.define("construct.Plain", { name: property({ default: "" }) }) {}
    // @ts-expect-error: only persistable objects come from files
    expect(failure(() => new Plain(path)).code).toBe("invalid-argument");
    // @ts-expect-error: values have no options
    expect(failure(() => new Experiment({ name: "a" }, { mode: "r" })).message).toMatch(/options are taken/);
  });
});
