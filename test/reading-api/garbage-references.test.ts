import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Dataset, DType, HDF5File } from "../../src/format/index.js";
import { CompoundArray, createSync, ObjectReference, openSync, UnreadableReference } from "../../src/format/index.js";
import { hasH5py, python, scratchPath } from "../structures/support.js";

const kinds = [
  "object-reference",
  "region-reference",
  "standard-object-reference",
  "standard-region-reference",
  "standard-attribute-reference",
] as const;

function datasetIn(file: HDF5File, name: string): Dataset {
  const object = file.getSync(name);
  if (object.kind !== "dataset") throw new Error(`${name} is no dataset`);
  return object;
}

/** A file with compounds of a number, a reference of each kind and a text, the second of which is garbage. */
function made(garbage: number): Uint8Array {
  const file = createSync();
  const target = file.createDatasetSync("target", { data: Int32Array.of(1, 2, 3) });
  const reference = (kind: string) => (kind.includes("region") ? target.regionReference([1]) : target.reference());
  for (const kind of kinds) {
    const dtype: DType = {
      kind: "compound",
      members: [
        { name: "n", dtype: "int32" },
        { name: "r", dtype: kind },
        { name: "t", dtype: "string" },
      ],
    };
    const rows = [1, 2, 3].map((n) => ({ n, r: reference(kind), t: `text ${n}` }));
    file.createDatasetSync(kind, { data: rows, dtype, shape: [3] });
  }
  file.flushSync();
  const bytes = file.bytes().slice();
  for (const kind of kinds) {
    const dataset = datasetIn(file, kind);
    const storage = dataset.storageSync();
    const { datatype } = dataset;
    if (storage.layout !== "contiguous" || storage.offset === null) throw new Error("not contiguous");
    if (datatype.class !== "compound") throw new Error("no compound");
    const [, member] = datatype.members;
    const start = storage.offset + datatype.size + member.offset;
    bytes.fill(garbage, start, start + member.datatype.size);
  }
  return bytes;
}

describe("references that are garbage", () => {
  it.each([0xfe, 0x55, 0x03])("do not spoil the rows that they are in: 0x%x", async (garbage) => {
    const bytes = made(garbage);
    const file = openSync(bytes, { mode: "r+" });
    for (const kind of kinds) {
      const dataset = datasetIn(file, kind);
      const { data } = dataset.readSync([null]);
      if (!(data instanceof CompoundArray)) throw new Error("no compounds");
      expect(data.column("n")).toEqual(Int32Array.of(1, 2, 3));
      const rows = [...data];
      expect(rows.map(({ t }) => t)).toEqual(["text 1", "text 2", "text 3"]);
      const [first, damaged, last] = rows.map(({ r }) => r as ObjectReference | UnreadableReference);
      expect(file.dereferenceSync(first).path).toBe("/target");
      expect(file.dereferenceSync(last).path).toBe("/target");
      expect(damaged instanceof UnreadableReference || damaged instanceof ObjectReference).toBe(true);
      expect(() => file.dereferenceSync(damaged)).toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/^(corrupt|not-found)$/) }),
      );
      // What was read is the same bytes when it is written.
      const before = dataset.readRawSync([1]).bytes.slice(0, kind === "object-reference" ? 12 : 16);
      dataset.writeSync([...data]);
      expect(dataset.readRawSync([1]).bytes.slice(0, before.length)).toEqual(before);
    }
  });

  it("are one element of arrays, sequences and attributes", () => {
    const file = createSync();
    const target = file.createDatasetSync("target", { data: Int32Array.of(1, 2, 3) });
    const garbage = new UnreadableReference(new Uint8Array(8).fill(0xfe), "garbage");
    const good = target.reference();
    const list: DType = { kind: "variable-length", base: "object-reference" };
    file.createDatasetSync("array", { data: [good, garbage], dtype: "object-reference" });
    file.createDatasetSync("sequences", { data: [[good, garbage], [good]], dtype: list, shape: [2] });
    target.attrs.setSync("reference", [garbage, good], { dtype: "object-reference" });
    file.flushSync();
    const again = openSync(file.bytes());
    const unreadable = expect.objectContaining({ kind: "unreadable-reference", bytes: garbage.bytes });
    expect(datasetIn(again, "array").readSync([null]).data).toEqual([good, unreadable]);
    expect(datasetIn(again, "sequences").readSync([null]).data).toEqual([[good, unreadable], [good]]);
    expect(datasetIn(again, "target").attrs.getSync("reference")).toMatchObject({ data: [unreadable, good] });
  });

  it.runIf(hasH5py)("are read so by h5py, too", () => {
    writeFileSync(scratchPath("garbage-references.h5"), made(0xfe));
    const seen = python(`
with h5py.File('garbage-references.h5') as f:
    print(json.dumps([f['object-reference']['n'].tolist(), len(f['object-reference'][...])]))
`);
    expect(seen).toEqual([[1, 2, 3], 3]);
  });
});

describe("filters", () => {
  it("have their registered names where the file stores none", () => {
    const file = createSync();
    const filters = ["shuffle", "deflate", "fletcher32"] as const;
    file.createDatasetSync("data", { data: Int32Array.of(1, 2, 3), chunks: [3], filters });
    file.flushSync();
    const dataset = datasetIn(openSync(file.bytes()), "data");
    expect(dataset.filters.map(({ name }) => name)).toEqual(["shuffle", "deflate", "fletcher32"]);
    expect(dataset.stored.filterPipeline?.filters.map(({ name }) => name)).toEqual(["", "", ""]);
  });
});
