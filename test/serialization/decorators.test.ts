import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync, transformSync } from "esbuild";
import ts from "typescript";
import { afterAll, describe, expect, expectTypeOf, it } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import {
  type Constructor,
  load,
  Persistable,
  property,
  Serializable,
  type StandardSchema,
  stored,
} from "../../src/serialization/index.js";

const directory = mkdtempSync(join(tmpdir(), "decorators-"));
afterAll(() => rmSync(directory, { recursive: true }));

@stored("decorators.Part")
class Part extends Serializable {
  @property() accessor label = "part";
}

const changes: unknown[] = [];

@stored("decorators.Experiment", { extension: ".h5" })
class Experiment extends Persistable {
  @property({ observers: [(_, old, now) => changes.push([old, now])] }) accessor name = "untitled";
  @property({ type: "float64" }) accessor temperature = 293.15;
  @property() accessor tags: string[] = ["new"];
  @property.array("float64") accessor data: NDArray<"float64"> | null = null;
  @property.listOf(() => Part) accessor parts: Part[] = [];
  @property({ writeonce: true, storedAs: "ID" }) accessor id: number | null = null;
  readonly log: string[] = [];

  get celsius(): number {
    return this.temperature - 273.15;
  }
}

@stored("decorators.Special")
class Special extends Experiment {
  @property() accessor extra = 1;
}

class Defined extends Persistable.define("decorators.Defined", { name: property({ default: "defined" }) }) {}

@stored("decorators.Mixed")
class Mixed extends Defined {
  @property() accessor more = true;
}

describe("decorated classes", () => {
  it("have their accessors as properties, with the initial values as defaults", () => {
    const made = new Experiment({ name: "a", parts: [new Part({ label: "x" })] });
    expect(Experiment.propertyNames).toEqual(["name", "temperature", "tags", "data", "parts", "id"]);
    expect(Object.keys(made)).toEqual(["name", "temperature", "tags", "data", "parts", "id", "log"]);
    expect([made.name, made.temperature, made.tags, made.data, made.id, made.log]).toEqual([
      "a",
      293.15,
      ["new"],
      null,
      null,
      [],
    ]);
    expect(made.parts[0]?.label).toBe("x");
    expectTypeOf(made.temperature).toEqualTypeOf<number>();
    expect(new Experiment().tags).not.toBe(new Experiment().tags);
    expect([Experiment.className, Experiment.extension]).toEqual(["decorators.Experiment", ".h5"]);
  });

  it("reset to their defaults, observe, parse and refuse as declared ones do", () => {
    changes.length = 0;
    const made = new Experiment({ name: null, id: 3 });
    expect(made.name).toBe("untitled");
    made.name = "b";
    made.update({ name: null });
    expect(made.name).toBe("untitled");
    expect(changes).toEqual([
      [null, "untitled"],
      ["untitled", "b"],
      ["b", "untitled"],
    ]);
    expect(() => Object.assign(made, { id: 4 })).toThrow(/can be set only once/);
    expect(() => Object.assign(made, { parts: [1] })).toThrow(/Part/);
    expect(() => new Experiment({ nothing: 1 })).toThrow(/no property "nothing"/);
    made.data = null;
    made.update({ data: Float64Array.of(1, 2) });
    expect(made.data).toMatchObject({ data: Float64Array.of(1, 2), shape: [2] });
  });

  it("are saved, loaded, opened, copied and compared", async () => {
    const made = new Experiment({ name: "saved", parts: [new Part()], id: 7, tags: ["x", "y"] });
    made.update({ data: Float64Array.of(1, 2, 3) });
    const path = await made.save(join(directory, "saved"));
    expect(path).toBe(join(directory, "saved.h5"));
    const loaded = await load(path);
    expect(loaded).toBeInstanceOf(Experiment);
    expect(loaded).toEqual(made);
    expect(loaded.equals(made)).toBe(true);
    expect((await Experiment.load(path)).celsius).toBeCloseTo(20);
    expect(new Experiment(path).parts[0]).toBeInstanceOf(Part);
    expect(made.copy()).toEqual(made);
    const lazy = await Experiment.open(path, { mode: "r+" });
    await lazy.data?.append([4]);
    lazy.name = "changed";
    await lazy.close();
    expect((await Experiment.load(path)).serialize()).toMatchObject({
      __class__: "decorators.Experiment",
      name: "changed",
      ID: 7,
      data: { data: Float64Array.of(1, 2, 3, 4) },
    });
  });

  it("inherit, from each other and from defined ones, which may extend them", async () => {
    expect(Special.propertyNames.at(-1)).toBe("extra");
    const special = new Special({ name: "s", extra: 5 });
    expect(special.equals(await Special.load(await special.save(join(directory, "special"))))).toBe(true);
    expect(Mixed.propertyNames).toEqual(["name", "more"]);
    const mixed = new Mixed();
    mixed.more = false;
    expect(mixed.serialize()).toEqual({
      __class__: "decorators.Mixed",
      name: "defined",
      more: false,
    });
    class Further extends Experiment.define("decorators.Further", { last: property({ default: 2 }) }) {}
    const further = new Further({ name: "f" });
    expect([further.name, further.temperature, further.last]).toEqual(["f", 293.15, 2]);
    // Files of the name load as the decorated class.
    class Unnamed extends Special {}
    await new Unnamed().save(join(directory, "unnamed"));
    expect((await load(join(directory, "unnamed.h5"))).constructor).toBe(Special);
  });

  it("are asked by validators when all defaults are there", () => {
    const positive: StandardSchema = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => {
          const { low, high } = value as Record<string, number>;
          return low < high ? { value } : { issues: [{ message: `${low} is not below ${high}` }] };
        },
      },
    };
    @stored("decorators.Range", { validator: positive })
    class Range extends Serializable {
      @property() accessor low = 1;
      @property() accessor high = 2;
    }
    expect(new Range().high).toBe(2);
    expect(() => new Range({ low: 3 })).toThrow(/3 is not below 2/);
    expect(new Range({ low: 3, high: 4 }).low).toBe(3);
    expect(() => new Range().update({ high: 0 })).toThrow(/1 is not below 0/);
  });

  it("that hold themselves say so with a type", () => {
    @stored("decorators.Tree")
    class Tree extends Serializable {
      @property.of((): Constructor<Tree> => Tree) accessor parent: Tree | null = null;
    }
    expect(new Tree({ parent: new Tree() }).parent?.parent).toBeNull();
  });

  it("know their files in a process that only loads", async () => {
    const path = await new Experiment({ name: "fresh", parts: [new Part({ label: "p" })] }).save(
      join(directory, "fresh"),
    );
    const entry = join(directory, "entry.ts");
    const library = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
    writeFileSync(
      entry,
      `import { load, Persistable, property, Serializable, stored } from ${JSON.stringify(library)};
@stored("decorators.Part") class Part extends Serializable { @property() accessor label = ""; shout() { return this.label + "!"; } }
@stored("decorators.Experiment") class Experiment extends Persistable {
  @property() accessor name = "";
  @property() accessor temperature = 0;
  @property() accessor tags = [];
  @property() accessor data = null;
  @property() accessor parts = [];
  @property({ storedAs: "ID" }) accessor id = null;
}
const loaded = await load(${JSON.stringify(path)});
console.log(loaded instanceof Experiment, loaded.name, loaded.parts[0].shout());`,
    );
    const outfile = join(directory, "entry.mjs");
    buildSync({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "es2022",
      logLevel: "error",
    });
    const output = execFileSync(process.execPath, [outfile], { encoding: "utf8" });
    expect(output).toBe("true fresh p!\n");
  });
});

describe("decorators in the wrong place", () => {
  it("are refused, with what is meant", () => {
    class Forgotten extends Persistable {
      @property() accessor name = "";
    }
    expect(() => new Forgotten()).toThrow(/no properties.*stored\(name\)/);
    class Half extends Defined {
      @property() accessor name2 = "";
    }
    expect(() => new Half()).toThrow(/Half\.name2 is decorated, its class is not: add @stored\(name\)/);
    expect(() => {
      class Field extends Persistable {
        // @ts-expect-error: a field is no accessor
        @property() name = "";
      }
      return Field;
    }).toThrow(/accessors of instances/);
    expect(() => {
      class Hidden extends Persistable {
        @property() accessor #name = "";
        read(): string {
          return this.#name;
        }
      }
      return Hidden;
    }).toThrow(/public accessors/);
    expect(() => {
      // @ts-expect-error: only objects with properties are stored
      @stored("decorators.Other")
      class Other {}
      return Other;
    }).toThrow(/extend Persistable or Serializable/);
    expect(() => stored("")).toThrow(/needs a name/);
    expect(() => stored("decorators.Options", { extention: ".h5" } as object)).toThrow(/"extension"/);
    expect(() => {
      @stored("decorators.Clash")
      class Clash extends Persistable {
        // @ts-expect-error: a method of this name is inherited
        @property() accessor close = 1;
      }
      return Clash;
    }).toThrow(/"close" cannot be the name of a property/);
  });
});

describe("the compilers that people use", () => {
  const source = `
import { Persistable, property, stored } from "./library.mjs";
@stored("decorators.Compiled")
class Compiled extends Persistable {
  @property() accessor name: string = "initial";
  @property({ type: "float64" }) accessor value = 1;
}
const made = new Compiled({ value: 5 });
console.log(made.name, made.value, Object.keys(made).join(), (await Compiled.load(await made.toBytes())).equals(made));
`;
  const compiled: Record<string, string> = {
    TypeScript: ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    }).outputText,
    esbuild: transformSync(source, { loader: "ts", format: "esm", target: "es2022" }).code,
  };

  it.each(["TypeScript", "esbuild"])("%s", (name) => {
    buildSync({
      entryPoints: [fileURLToPath(new URL("../../src/index.ts", import.meta.url))],
      outfile: join(directory, "library.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      target: "es2022",
      logLevel: "error",
    });
    const path = join(directory, `${name}.mjs`);
    writeFileSync(path, compiled[name] ?? "");
    expect(execFileSync(process.execPath, [path], { encoding: "utf8" })).toBe("initial 5 name,value true\n");
  });
});
