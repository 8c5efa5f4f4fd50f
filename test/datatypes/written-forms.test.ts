import { describe, expect, it } from "vitest";
import type { Dataset, DType } from "../../src/format/index.js";
import { createSync, isNDArray } from "../../src/format/index.js";

const point: DType = {
  kind: "compound",
  members: [
    { name: "x", dtype: "int16" },
    { name: "tags", dtype: { kind: "array", base: { kind: "string", length: 2 }, shape: [2] } },
    { name: "z", dtype: "complex64" },
  ],
};
const record = (x: number) => ({ x, tags: [`${x}`, "b"], z: { re: x, im: -x } });
const blob: DType = { kind: "opaque", size: 2, tag: "" };
const lists: DType = { kind: "variable-length", base: "int8" };

/** What a dataset of two axes holds, by the type of its elements. */
const cases: readonly (readonly [name: string, dtype: DType, data: readonly (readonly unknown[])[]])[] = [
  [
    "numbers",
    "float32",
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  [
    "compounds",
    point,
    [
      [record(1), record(2)],
      [record(3), record(4)],
    ],
  ],
  [
    "complex numbers",
    "complex64",
    [
      [
        { re: 1, im: 2 },
        { re: 0, im: -1 },
      ],
      [
        { re: 3, im: 3 },
        { re: 0, im: 0 },
      ],
    ],
  ],
  [
    "opaque bytes",
    blob,
    [
      [Uint8Array.of(1, 2), Uint8Array.of(3, 4)],
      [Uint8Array.of(5, 6), Uint8Array.of(7, 8)],
    ],
  ],
  [
    "sequences",
    lists,
    [
      [[1], [2, 3]],
      [[], [4]],
    ],
  ],
  [
    "sequences of sequences",
    { kind: "variable-length", base: lists },
    [
      [[[1], []], [[2, 3]]],
      [[], [[4], [5]]],
    ],
  ],
  [
    "strings",
    "string",
    [
      ["a", "b"],
      ["c", "déf"],
    ],
  ],
  [
    "fixed strings",
    { kind: "string", length: 2 },
    [
      ["a", "b"],
      ["cc", ""],
    ],
  ],
  [
    "booleans",
    "bool",
    [
      [true, false],
      [false, false],
    ],
  ],
];

function rows(dataset: Dataset): unknown[] {
  return Array.from({ length: dataset.shape?.[0] ?? 0 }, (_, index) => dataset.readSync([index]));
}

describe.each(cases)("%s of two axes", (_name, dtype, data) => {
  const shape = [2, data[0].length];
  const file = createSync();
  const source = file.createDatasetSync("source", { data, dtype, shape });
  const target = (name: string) =>
    file.createDatasetSync(name, { shape: [0, shape[1]], maxShape: [null, shape[1]], chunks: [2, shape[1]], dtype });
  const stored = (dataset: Dataset) =>
    JSON.stringify(dataset.readSync(), (_key, part) =>
      part instanceof Map ? [...part] : part?.names ? [...part] : part,
    );

  it("are written row by row, as they are read", () => {
    const copy = file.createDatasetSync("rows", { shape, dtype });
    copy.writeSync(rows(source));
    expect(stored(copy)).toBe(stored(source));
  });

  it("are appended as whole arrays, rows and single rows", () => {
    const whole = target("whole");
    whole.appendSync(source.readSync());
    expect(stored(whole)).toBe(stored(source));
    const together = target("together");
    together.appendSync(rows(source));
    expect(stored(together)).toBe(stored(source));
    const single = target("single");
    for (const row of rows(source)) single.appendSync([row]);
    expect(stored(single)).toBe(stored(source));
    const bare = target("bare");
    for (const row of rows(source)) bare.appendSync(row);
    expect(stored(bare)).toBe(stored(source));
  });
});

describe("records", () => {
  const file = createSync();
  const table = file.createDatasetSync("table", { data: [record(1), record(2), record(3)], dtype: point });
  const value = table.readSync();
  if (!isNDArray(value) || !("column" in value.data)) throw new Error("not a table");
  const { data } = value;
  const columns = { x: data.column("x"), tags: data.column("tags"), z: data.column("z") };

  it("are written as columns, and one record fills a selection", () => {
    const copy = file.createDatasetSync("copy", { shape: [3], dtype: point });
    copy.writeSync(columns);
    expect([...(copy.readSync(null) as { data: Iterable<unknown> }).data]).toEqual([...data]);
    copy.writeSync(record(7));
    expect(copy.readSync([2])).toEqual(
      table.file.createDatasetSync("one", { data: record(7), dtype: point }).readSync(),
    );
    copy.writeSync({
      ...columns,
      x: [1, 2, 3],
      tags: [
        ["1", "b"],
        ["2", "b"],
        ["3", "b"],
      ],
    });
    expect([...(copy.readSync(null) as { data: Iterable<unknown> }).data]).toEqual([...data]);
  });

  it("of arrays alone are columns where there are as many of these", () => {
    const pair: DType = {
      kind: "compound",
      members: [{ name: "v", dtype: { kind: "array", base: "int8", shape: [2] } }],
    };
    const pairs = file.createDatasetSync("pairs", { shape: [2], dtype: pair });
    pairs.writeSync({
      v: [
        [1, 2],
        [3, 4],
      ],
    });
    expect(pairs.readSync(null, { member: "v" })).toMatchObject({ data: Int8Array.of(1, 2, 3, 4) });
    const list: DType = { kind: "compound", members: [{ name: "v", dtype: lists }] };
    const sequences = file.createDatasetSync("lists", { shape: [2], dtype: list });
    sequences.writeSync({ v: [[1, 2], []] });
    expect(sequences.readSync(null, { member: "v" })).toMatchObject({ data: [Int8Array.of(1, 2), Int8Array.of()] });
    sequences.writeSync({ v: [1, 2] });
    expect(sequences.readSync(null, { member: "v" })).toMatchObject({ data: [Int8Array.of(1, 2), Int8Array.of(1, 2)] });
    pairs.writeSync({ v: [5, 6] });
    expect(pairs.readSync(null, { member: "v" })).toMatchObject({ data: Int8Array.of(5, 6, 5, 6) });
  });
});

describe("strings given as bytes", () => {
  const dtype: DType = { kind: "string", length: 3 };
  const bytes = Uint8Array.of(0xb0, 0x43);

  it("are single strings to attributes, datasets and appends", () => {
    const file = createSync();
    file.attrs.setSync("unit", bytes, { dtype });
    expect(file.attrs.infoSync("unit").shape).toEqual([]);
    expect(file.attrs.getSync("unit", { strings: "bytes" })).toEqual(bytes);
    file.attrs.setSync("units", [bytes, Uint8Array.of(0x41)], { dtype });
    expect(file.attrs.getSync("units", { strings: "latin1" })).toMatchObject({ shape: [2], data: ["°C", "A"] });
    const list = file.createDatasetSync("list", { data: [bytes], dtype, maxShape: [null] });
    list.appendSync([bytes, "x"]);
    list.appendSync(bytes);
    expect(list.readSync(null, { strings: "latin1" })).toMatchObject({ data: ["°C", "°C", "x", "°C"] });
    const read = list.readSync(null, { strings: "bytes" });
    list.writeSync(read);
    expect(list.readSync(null, { strings: "bytes" })).toEqual(read);
    file.attrs.setSync("unit", file.attrs.getSync("unit"));
    expect(file.attrs.getSync("unit", { strings: "bytes" })).toEqual(bytes);
  });
});

describe("an attribute whose type is kept", () => {
  it("has its padding, byte order and committed datatype as before", () => {
    const file = createSync();
    const type: DType = { kind: "integer", size: 2, signed: true, byteOrder: "big" };
    file.attrs.setSync("n", 5, { dtype: type });
    file.attrs.setSync("text", "abc", { dtype: { kind: "string", length: 3, padding: "null-terminated" } });
    const [number, text] = [file.attrs.infoSync("n"), file.attrs.infoSync("text")];
    file.attrs.setSync("n", 258, { keepType: true });
    file.attrs.setSync("text", "de", { keepType: true });
    expect(file.attrs.infoSync("n")).toEqual(number);
    expect(file.attrs.infoSync("text")).toEqual(text);
    expect(file.attrs.readRawSync("n").bytes).toEqual(Uint8Array.of(1, 2));
    expect(file.attrs.getSync("text")).toBe("de");
    for (const [name, value, options, message] of [
      ["none", 1, {}, /no attribute "none"/],
      ["n", 1, { dtype: "int8" }, /keepType goes without/],
      ["n", null, {}, /has a value/],
      ["text", "long", {}, /needs 4 bytes/],
    ] as const) {
      expect(() => file.attrs.setSync(name, value, { keepType: true, ...options })).toThrow(message);
    }
    expect(file.attrs.getSync("n")).toBe(258);
  });
});
