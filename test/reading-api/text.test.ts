import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Dataset, ElementValue, HDF5File, NDArray, StringForm, StringValue } from "../../src/format/index.js";
import { CompoundArray, HDF5Error, isNDArray, open, openSync, UndecodableString } from "../../src/format/index.js";
import { NothingResidentSource } from "../support/nothing-resident-source.js";

const names = ["other-encodings.h5", "other-encodings-v18.h5"];

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../../golden-files/${name}`, import.meta.url))));
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const undecodable = (text: string): UndecodableString => new UndecodableString(latin1(text));

function dataset(file: HDF5File, path: string): Dataset {
  const object = file.getSync(path);
  if (object.kind !== "dataset") throw new Error(`${path} is a ${object.kind}`);
  return object;
}

function dataOf(value: NDArray | ElementValue | null): unknown {
  if (!isNDArray(value)) throw new Error("not an array");
  return value.data;
}

describe.each(names)("text that is not UTF-8: %s", (name) => {
  const file = openSync(bytesOf(name));
  const instrument = file.getSync("instrument");
  const { attrs } = instrument;

  it("is an object that says so and holds the bytes, and hides no other attribute", async () => {
    const entries = new Map(attrs.entriesSync().filter(([key]) => !key.startsWith("attribute ")));
    expect([...entries.keys()].sort()).toEqual(
      ["exposure", "full", "label", "length unit", "operator", "seasons", "temp\\xe9rature", "title", "unit"].sort(),
    );
    expect(entries.get("exposure")).toBe(0.25);
    expect(entries.get("title")).toBe("naïve");
    expect(entries.get("label")).toBe("é!");
    expect(entries.get("temp\\xe9rature")).toBe(21.5);
    expect(entries.get("unit")).toEqual(undecodable("\xb0C"));
    expect(entries.get("operator")).toEqual(undecodable("M\xfcller"));
    expect(entries.get("length unit")).toEqual(undecodable("\xb5m"));
    expect(dataOf(entries.get("seasons") ?? null)).toEqual([undecodable("\xe9t\xe9"), "hiver"]);
    expect(await attrs.entries()).toEqual(attrs.entriesSync());
    const iterated: [string, unknown][] = [];
    for await (const entry of attrs) iterated.push(entry);
    expect(iterated).toEqual(attrs.entriesSync());
    expect([...attrs]).toEqual(iterated);
  });

  it("is found in datasets, members, sequences and through selections", () => {
    const root = (path: string) => dataset(file, `instrument/${path}`);
    expect(dataOf(root("fixed").readSync())).toEqual(["ok", undecodable("caf\xe9"), undecodable("\xb0")]);
    expect(root("fixed").readSync([1])).toEqual(undecodable("caf\xe9"));
    expect(dataOf(root("fixed").readSync([[2, 0]]))).toEqual([undecodable("\xb0"), "ok"]);
    expect(dataOf(root("variable").readSync())).toEqual(["ok", "naïve", undecodable("\xb0C")]);
    expect(dataOf(root("sequences").readSync())).toEqual([[undecodable("\xe9t\xe9"), "ab"], []]);
    const table = dataOf(root("table").readSync());
    if (!(table instanceof CompoundArray)) throw new Error("not a table");
    expect(table.row(0)).toEqual({
      n: 1,
      unit: undecodable("\xb0C"),
      "gr\\xf6\\xdfe": -1,
      pair: ["ab", undecodable("\xb5")],
    });
    expect(dataOf(root("table").readSync(null, { member: "unit" }))).toEqual([undecodable("\xb0C"), "abc", ""]);
    expect([...root("table").blocksSync()].length).toBe(2);
  });

  it("is read as the caller says", async () => {
    const unit = (strings: StringForm) => attrs.getSync("unit", { strings });
    expect(unit("latin1")).toBe("°C");
    expect(unit("replace")).toBe("\ufffdC");
    expect(unit("bytes")).toEqual(latin1("\xb0C"));
    expect(unit("utf8")).toEqual(undecodable("\xb0C"));
    expect(await attrs.get("operator", { strings: "latin1" })).toBe("Müller");
    expect(new Map(attrs.entriesSync({ strings: "latin1" })).get("length unit")).toBe("µm");
    // What is UTF-8 and says so stays it; every other byte is the character of its number.
    expect(attrs.getSync("title", { strings: "latin1" })).toBe("naïve");
    expect(attrs.getSync("label", { strings: "latin1" })).toBe("Ã©!");
    const fixed = dataset(file, "instrument/fixed");
    expect(dataOf(fixed.readSync(null, { strings: "latin1" }))).toEqual(["ok", "café", "°"]);
    expect(dataOf(fixed.readSync([[1]], { strings: "replace" }))).toEqual(["caf\ufffd"]);
    expect(dataOf(await fixed.read(null, { strings: "bytes" }))).toEqual(["ok", "caf\xe9", "\xb0"].map(latin1));
    const sequences = dataset(file, "instrument/sequences");
    expect(dataOf(sequences.readSync(null, { strings: "latin1" }))).toEqual([["été", "ab"], []]);
    const variable = dataset(file, "instrument/variable");
    expect(dataOf(variable.readSync(null, { strings: "replace" }))).toEqual(["ok", "naïve", "\ufffdC"]);
    const table = dataset(file, "instrument/table");
    const read = dataOf(table.readSync(null, { strings: "latin1" }));
    expect(read instanceof CompoundArray && read.row(0)["pair"]).toEqual(["ab", "µ"]);
    for (const strings of ["text", "latin-1", 5]) {
      const refused = () => attrs.getSync("unit", { strings: strings as StringForm });
      expect(refused).toThrow(/"strings" is "utf8", "latin1", "replace" or "bytes"/);
      expect(refused).toThrow(HDF5Error);
    }
  });

  it("is read as the file was opened, unless the call says otherwise", async () => {
    const opened = openSync(bytesOf(name), { strings: "latin1" });
    const again = opened.getSync("instrument").attrs;
    expect(again.getSync("unit")).toBe("°C");
    expect(again.getSync("unit", { strings: "utf8" })).toEqual(undecodable("\xb0C"));
    expect(dataOf(dataset(opened, "instrument/fixed").readSync())).toEqual(["ok", "café", "°"]);
    const remote = await open(new NothingResidentSource(bytesOf(name)), { strings: "replace" });
    expect(await (await remote.get("instrument")).attrs.get("unit")).toBe("\ufffdC");
    expect(() => openSync(bytesOf(name), { strings: "ascii" as StringForm })).toThrow(/"strings" is "utf8"/);
  });

  it("in names keeps its place, and the names lead back to what they name", async () => {
    const keys = file.getSync("instrument");
    if (keys.kind !== "group") throw new Error("not a group");
    expect(keys.keysSync().filter((key) => !key.startsWith("link "))).toEqual(
      ["caf\\xe9", "colors", "fixed", "opaque", "sequences", "table", "variable", "z\\xfcrich"].sort(),
    );
    for (const key of ["caf\\xe9", "z\\xfcrich"]) {
      // A handle of its own each time: names are looked up without the list of all.
      const fresh = openSync(bytesOf(name));
      expect(fresh.hasSync(`instrument/${key}`)).toBe(true);
      expect(fresh.getSync(`instrument/${key}`).attrs.getSync("unit")).toEqual(undecodable("\xb5"));
    }
    const fresh = openSync(bytesOf(name)).getSync("instrument").attrs;
    expect(fresh.hasSync("temp\\xe9rature")).toBe(true);
    expect(fresh.getSync("temp\\xe9rature")).toBe(21.5);
    expect(fresh.infoSync("temp\\xe9rature").nameBytes).toEqual(latin1("temp\xe9rature"));
    expect(dataset(file, "instrument/colors").enumNames()).toEqual(
      new Map([
        [1, "rot"],
        [2, "gr\\xfcn"],
      ]),
    );
    expect(dataset(file, "instrument/opaque").dtype).toEqual({ kind: "opaque", size: 2, tag: "\\xb5" });
    expect(dataset(file, "instrument/fixed").comment).toBe("\\xb0C");
  });
});

describe("an undecodable string", () => {
  const value = undecodable('\xb0C "5"');

  it("says what it is as text, as JSON, and in a clone", () => {
    expect(String(value)).toBe('\\xb0C "5"');
    expect(`${value}`).toBe(value.escaped);
    expect(JSON.stringify({ value })).toBe('{"value":"\\\\xb0C \\"5\\""}');
    expect(structuredClone(value)).toEqual({ ...value });
    expect({ ...structuredClone(value) }).toEqual({
      kind: "undecodable-string",
      bytes: latin1('\xb0C "5"'),
      escaped: '\\xb0C "5"',
    });
  });

  it("owns its bytes", () => {
    const file = openSync(bytesOf(names[0]));
    const unit = file.getSync("instrument").attrs.getSync("unit");
    if (!(unit instanceof UndecodableString)) throw new Error("decoded");
    expect(unit.bytes.buffer.byteLength).toBe(2);
  });

  it("is in the types of what is read", () => {
    const file = openSync(bytesOf(names[0]));
    const unit = file.getSync("instrument").attrs.getSync("unit");
    const narrow = unit !== null && typeof unit === "object" && "escaped" in unit ? unit : null;
    expectTypeOf<StringValue>().toEqualTypeOf<string | UndecodableString>();
    expectTypeOf<UndecodableString>().toExtend<ElementValue>();
    expect(narrow).toBeInstanceOf(UndecodableString);
  });
});
