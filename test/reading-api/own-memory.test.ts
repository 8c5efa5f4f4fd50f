import { describe, expect, it } from "vitest";
import type { HDF5File } from "../../src/format/index.js";
import { createSync, openSync } from "../../src/format/index.js";

/** A file with numbers, opaque values and variable-length values as attributes and datasets. */
function sample(): Uint8Array {
  const file = createSync();
  const sequences = { kind: "variable-length", base: "int32" } as const;
  const lists = [Int32Array.of(1, 2, 3), Int32Array.of(4)];
  file.attrs.setSync("numbers", Float64Array.of(1, 2, 3));
  file.attrs.setSync("opaque", [Uint8Array.of(1, 2), Uint8Array.of(3, 4)], {
    dtype: { kind: "opaque", size: 2, tag: "t" },
  });
  file.attrs.setSync("sequences", lists, { dtype: sequences });
  file.createDatasetSync("numbers", { data: Float64Array.of(1, 2, 3) });
  file.createDatasetSync("sequences", { data: lists, dtype: sequences });
  file.createDatasetSync("texts", { data: ["one", "two"] });
  file.flushSync();
  return file.bytes().slice();
}

/** Overwrites all memory that a value has. */
function scribble(value: unknown): void {
  if (ArrayBuffer.isView(value)) new Uint8Array(value.buffer, value.byteOffset, value.byteLength).fill(0x5a);
  else if (Array.isArray(value)) for (const part of value) scribble(part);
  else if (typeof value === "object" && value !== null) {
    const { data, bytes } = value as { readonly data?: unknown; readonly bytes?: unknown };
    scribble(data);
    scribble(bytes);
  }
}

type Reader = (file: HDF5File) => unknown;

function reading(path: string, options = {}): Reader {
  return (file) => {
    const object = file.getSync(path);
    if (object.kind !== "dataset") throw new Error("expected a dataset");
    return object.readSync(undefined, options);
  };
}

const readers: readonly (readonly [string, Reader])[] = [
  ["numbers of an attribute", (file) => file.attrs.getSync("numbers")],
  ["opaque values of an attribute", (file) => file.attrs.getSync("opaque")],
  ["sequences of an attribute", (file) => file.attrs.getSync("sequences")],
  ["an attribute's stored bytes", (file) => file.attrs.readRawSync("numbers")],
  ["numbers of a dataset", reading("numbers")],
  ["sequences of a dataset", reading("sequences")],
  ["texts as bytes", reading("texts", { strings: "bytes" })],
];

describe("what is read is the caller's own", () => {
  it.each(readers)("%s", (_name, read) => {
    const bytes = sample();
    const expected = read(openSync(bytes.slice()));
    for (const mode of ["r", "r+"] as const) {
      const file = openSync(bytes, { mode });
      scribble(read(file));
      expect(read(file)).toEqual(expected);
      file.closeSync();
    }
  });

  it("and never reaches the file", () => {
    const bytes = sample();
    const file = openSync(bytes, { mode: "r+" });
    for (const [, read] of readers) scribble(read(file));
    for (let index = 0; index < 40; index++) file.attrs.setSync(`more ${index}`, index);
    file.flushSync();
    const again = openSync(file.bytes());
    const original = openSync(bytes);
    for (const [, read] of readers) expect(read(again)).toEqual(read(original));
  });
});
