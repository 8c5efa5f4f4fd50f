import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { ComplexArray, HDF5Error, ndarray } from "../../src/format/index.js";
import {
  type Constructor,
  load,
  Persistable,
  ProxyDataset,
  property,
  Serializable,
  type StandardSchema,
  Timestamp,
} from "../../src/serialization/index.js";

const directory = mkdtempSync(join(tmpdir(), "declared-"));
const binary = (name: string): string => fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url));
afterAll(() => rmSync(directory, { recursive: true }));

class Measurement extends Persistable.define("declared.Measurement", { value: property({ default: 0 }) }) {
  doubled(): number {
    return this.value * 2;
  }
}

class Holder extends Persistable.define("declared.Holder", {
  best: property.of(() => Measurement),
  all: property.listOf(() => Measurement),
  named: property.dictOf(() => Measurement),
  when: property.of(() => Timestamp),
}) {}

class Node extends Persistable.define("declared.Node", {
  next: property.of((): Constructor<Node> => Node),
  label: property({ default: "" }),
}) {}

describe("property.of, listOf and dictOf", () => {
  it("hold instances of their class, and nothing else", () => {
    const holder = new Holder({ best: new Measurement({ value: 2 }), all: [new Measurement()] });
    expect(holder.best?.doubled()).toBe(4);
    expect([holder.named, holder.when, new Holder().all]).toEqual([{}, null, []]);
    holder.all.push(new Measurement());
    expect(new Holder().all).toEqual([]);
    for (const [init, words] of [
      [{ best: new Node() }, /"best".*expected an instance of Measurement, found an instance of declared.Node/],
      [{ best: 3 }, /found 3/],
      [{ all: [new Measurement(), null] }, /"all".*Measurement at index 1, found null/],
      [{ all: new Measurement() }, /a list of Measurement/],
      [{ named: { a: {} } }, /"named".*under "a", found an instance of Object/],
      [{ named: [] }, /a dict of Measurement/],
      [{ when: new Date() }, /expected an instance of Timestamp, found an instance of Date/],
    ] as const) {
      expect(() => new Holder(init as never)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
      expect(() => new Holder(init as never)).toThrow(words);
    }
  });

  it("take instances of classes that extend theirs, and of what their class was before", () => {
    const More = Measurement.define("declared.More", {});
    expect(new Holder({ best: new More({ value: 3 }) }).best).toBeInstanceOf(More);
    const old = Serializable.define("declared.Hot", { x: property({ default: 1 }) });
    const New = Serializable.define("declared.Hot", { x: property({ default: 2 }) }, { replace: true });
    const Cell = Serializable.define("declared.Cell", { hot: property.of(() => New) });
    expect(new Cell({ hot: new old() }).hot?.x).toBe(1);
  });

  it("come back from files, cycles of classes too", async () => {
    const node = new Node({ label: "a", next: new Node({ label: "b", next: new Node() }) });
    const bytes = await node.toBytes();
    const again = await Node.load(bytes);
    expect(again).toEqual(node);
    expect(again.next?.next).toBeInstanceOf(Node);
    const lazy = await Node.open(bytes);
    expect(lazy.next?.next?.label).toBe("");
    await lazy.close();
  });

  it.each([
    ["Node", process.execPath, []],
    ["Deno", binary("deno"), ["run", "--no-config", "--no-prompt", "--allow-all"]],
    ["Bun", binary("bun"), ["run"]],
  ] as const)(
    "give instances in a process of %s that only loads",
    (_, command, args) => {
      const source = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
      const run = (name: string, program: string): string => {
        const entry = join(directory, `${name}.ts`);
        const outfile = join(directory, `${name}.mjs`);
        writeFileSync(entry, `import { load, Persistable, property } from ${JSON.stringify(source)};\n${program}`);
        buildSync({
          entryPoints: [entry],
          outfile,
          bundle: true,
          format: "esm",
          platform: "node",
          target: "es2022",
          logLevel: "error",
        });
        return execFileSync(command, [...args, outfile], { cwd: directory, encoding: "utf8" }).trim();
      };
      const classes = `
      class Leaf extends Persistable.define("fresh.Leaf", { size: property({ default: 1 }) }) { area() { return this.size ** 2; } }
      class Branch extends Persistable.define("fresh.Branch", { leaves: property.listOf(() => Leaf) }) { count() { return this.leaves.length; } }
      class Tree extends Persistable.define("fresh.Tree", {
        main: property.of(() => Branch),
        others: property.dictOf(() => Branch),
      }) { total() { return this.main.count(); } }`;
      run(
        "write",
        `${classes}
      const leaves = [new Leaf({ size: 3 }), new Leaf({ size: 4 })];
      await new Tree({ main: new Branch({ leaves }), others: { x: new Branch() } }).save("tree.hdf5");`,
      );
      const looked = `JSON.stringify([tree instanceof Tree, tree.total(), tree.main.leaves.map((leaf) => leaf.area()), tree.others.x instanceof Branch])`;
      const read = (make: string): unknown =>
        JSON.parse(run("read", `${classes}\nconst tree = ${make};\nconsole.log(${looked});`));
      expect(read('await Tree.load("tree.hdf5")')).toEqual([true, 2, [9, 16], true]);
      expect(read('Tree.loadSync("tree.hdf5")')).toEqual([true, 2, [9, 16], true]);
      expect(read('await Tree.open("tree.hdf5")')).toEqual([true, 2, [9, 16], true]);
    },
    60_000,
  );
});

describe("property.array", () => {
  const schema = {
    floats: property.array("float64"),
    bytes: property.array("uint8", { default: [[1, 2]] }),
    longs: property.array("int64"),
    flags: property.array("bool"),
    words: property.array("string"),
    waves: property.array("complex64"),
  };
  class Arrays extends Persistable.define("declared.Arrays", schema) {}

  it("makes arrays of its type of lists and other arrays", () => {
    const arrays = new Arrays({
      floats: [
        [1, 2],
        [3, 4],
      ],
      longs: [1, 2],
      flags: [true, false],
      words: [["a"], ["b"]],
      waves: new ComplexArray(Float64Array.of(1, 2)),
    });
    expect(arrays).toMatchObject({
      floats: { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2], dtype: "float64" },
      bytes: { data: Uint8Array.of(1, 2), shape: [1, 2], dtype: "uint8" },
      longs: { data: BigInt64Array.of(1n, 2n), dtype: "int64" },
      flags: { data: Uint8Array.of(1, 0), dtype: "bool" },
      words: { data: ["a", "b"], shape: [2, 1], dtype: "string" },
      waves: { data: new ComplexArray(Float32Array.of(1, 2)), dtype: "complex64" },
    });
    arrays.update({ floats: Int16Array.of(5), bytes: ndarray([7]), longs: [2n ** 62n], words: [] });
    expect(arrays).toMatchObject({
      floats: { data: Float64Array.of(5) },
      bytes: { data: Uint8Array.of(7), shape: [1] },
      longs: { data: BigInt64Array.of(2n ** 62n) },
      words: { data: [], shape: [0], dtype: "string" },
    });
    const data = Float64Array.of(1);
    arrays.update({ floats: data });
    expect(arrays.floats?.data).toBe(data);
    const big = { data, shape: [1], stride: [1], dtype: { kind: "float", size: 8, byteOrder: "big" } } as const;
    arrays.update({ floats: big });
    expect(arrays.floats).toEqual({ ...big, dtype: "float64" });
    expect(arrays.floats?.data).toBe(data);
  });

  it("refuses values that its type does not have", () => {
    for (const init of [
      { bytes: [256] },
      { bytes: [1.5] },
      { bytes: Int8Array.of(-1) },
      { floats: ["a"] },
      { floats: [[1], [2, 3]] },
      { floats: 3 },
      { flags: [0, 2] },
      { words: [1] },
      { waves: [1] },
      { longs: [2n ** 63n] },
    ]) {
      const make = (): Arrays => new Arrays(init as never);
      expect(make, JSON.stringify(Object.keys(init))).toThrow(HDF5Error);
      expect(make).toThrow(new RegExp(`"${Object.keys(init)[0]}"`));
    }
    expect(() => property.array("float63" as never)).toThrow(/float64/);
  });

  it("comes from files, and leaves arrays there", async () => {
    const Loose = Persistable.define("declared.Loose", { floats: property<unknown>(), bytes: property<unknown>() });
    const bytes = await new Loose({ floats: Int32Array.of(1, 2), bytes: Float64Array.of(3) }).toBytes();
    const Strict = Persistable.define(
      "declared.Loose",
      { floats: property.array("float64"), bytes: property.array("uint8", { lazy: false }) },
      { replace: true },
    );
    const strict = await Strict.load(bytes);
    expect(strict.floats).toMatchObject({ data: Float64Array.of(1, 2), dtype: "float64" });
    const lazy = await Strict.open(bytes);
    expect(lazy.floats).toBeInstanceOf(ProxyDataset);
    expect(lazy.bytes?.data).toEqual(Uint8Array.of(3));
    await lazy.close();
    const again = await load(bytes);
    expect(again).toBeInstanceOf(Strict);
  });

  const stored = {
    floats: Int32Array.of(1, 2, 3),
    bytes: ndarray([
      [1, 2],
      [3, 4],
    ]),
    longs: Int8Array.of(-1, 2),
    flags: Uint8Array.of(1, 0),
    waves: new ComplexArray(Float64Array.of(1, 2)),
  };

  /** A class, and a file that was saved when its properties were of any type. */
  async function storedOtherwise(values: object): Promise<[typeof Arrays, Uint8Array]> {
    const names = Object.keys(values).map((name) => [name, property<unknown>()] as const);
    const Before = Persistable.define("declared.Stored", Object.fromEntries(names), { replace: true });
    const bytes = await new Before(values).toBytes();
    return [Persistable.define("declared.Stored", schema, { replace: true }), bytes];
  }

  it("is read as declared of a file that has another type", async () => {
    const [Declared, bytes] = await storedOtherwise(stored);
    const loaded = await Declared.load(bytes);
    const lazy = Declared.openSync(bytes);
    const { floats, bytes: small, longs, flags, waves } = lazy;
    if (floats === null || longs === null || flags === null || waves === null) throw new Error("nothing there");
    expect([floats.dtype, small.dtype, longs.dtype, flags.dtype, waves.dtype]).toEqual([
      "float64",
      "uint8",
      "int64",
      "bool",
      "complex64",
    ]);
    expect(floats.readSync()).toEqual(loaded.floats);
    expect(await floats.read()).toEqual(loaded.floats);
    expect(floats.getSync()).toEqual(loaded.floats);
    expect(floats.getSync([[0, 2]])).toMatchObject({ data: Float64Array.of(1, 3), dtype: "float64" });
    expect(small.getSync([1])).toMatchObject({ data: Uint8Array.of(3, 4), shape: [2], dtype: "uint8" });
    expect(small.atSync(-1)).toEqual(small.getSync([1]));
    expect(small.getSync([1, 1])).toBe(4);
    expect([longs.getSync([0]), await longs.at(1)]).toEqual([-1n, 2n]);
    expect([flags.getSync([0]), flags.getSync([1])]).toEqual([true, false]);
    expect(waves.readSync()).toEqual(loaded.waves);
    expect(waves.getSync([0])).toEqual({ re: 1, im: 2 });
    expect([...floats.blocksSync({ rows: 2 })].map(({ data }) => data.data)).toEqual([
      Float64Array.of(1, 2),
      Float64Array.of(3),
    ]);
    for await (const { data } of longs.blocks()) expect(data).toEqual(loaded.longs);
    expect(floats.readRawSync()).toMatchObject({ data: stored.floats, dtype: "int32" });
    expect(longs.toString()).toMatch(/shape \[2\], int64/);
    await lazy.close();
  });

  it("says where what a file has is nothing of the declared type", async () => {
    const [Declared, bytes] = await storedOtherwise({ bytes: Float64Array.of(1, 2.5) });
    const lazy = Declared.openSync(bytes);
    expect(lazy.bytes.getSync([0])).toBe(1);
    expect(() => lazy.bytes.getSync([1])).toThrow(/\/root\/bytes.*2\.5/s);
    await expect(lazy.bytes.read()).rejects.toMatchObject({ code: "invalid-argument", path: "/root/bytes" });
    await lazy.close();
  });

  it("is stored as it was where it is assigned elsewhere", async () => {
    const [Declared, bytes] = await storedOtherwise(stored);
    const lazy = Declared.openSync(bytes);
    const Any = Persistable.define("declared.AnyArray", { kept: property<unknown>() });
    const copy = await new Any({ kept: lazy.floats }).toBytes();
    expect((await Any.load(copy)).kept).toMatchObject({ data: stored.floats, dtype: "int32" });
    await lazy.close();
  });
});

describe("parsers", () => {
  it("get the instance", () => {
    const Class = Serializable.define("declared.Parsed", {
      unit: property({ default: "m" }),
      length: property({
        default: null,
        parser: (value: number, instance: Serializable & { readonly unit: string }) => `${value} ${instance.unit}`,
      }),
    });
    expect(new Class({ unit: "km", length: 3 }).length).toBe("3 km");
  });

  it("may be validators of other libraries", () => {
    const issue = { message: "too short", path: ["inner", { key: 0 }] };
    const validator = (
      check: StandardSchema<string, number>["~standard"]["validate"],
    ): StandardSchema<string, number> => ({
      "~standard": { version: 1, vendor: "test", validate: check },
    });
    const Class = Serializable.define("declared.Validated", {
      size: property({
        default: "1",
        parser: validator((value) =>
          String(value) === "" ? { issues: [issue, { message: "empty" }] } : { value: Number(value) },
        ),
      }),
      later: property({ parser: validator(async () => ({ value: 1 })) }),
    });
    const object = new Class({ size: "5" });
    expect([object.size, new Class().size, object.later]).toEqual([5, 1, null]);
    expect(() => new Class({ size: "" })).toThrow(/"size" failed: inner.0: too short; empty/);
    expect(() => new Class({ later: "x" })).toThrow(/"later" failed: the validator is asynchronous/);
    expect(() => property({ parser: 3 as never })).toThrow(/"parser" is a function or a validator/);
  });
});
