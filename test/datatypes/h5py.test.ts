import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { datatypeOf } from "../../src/format/datatypes/datatype-of.js";
import { decodeElements } from "../../src/format/datatypes/decode-elements.js";
import type { DType } from "../../src/format/datatypes/dtype.js";
import { encodeElements } from "../../src/format/datatypes/encode-elements.js";
import { refersToHeap, scanHeapReferences } from "../../src/format/datatypes/heap-objects.js";
import type { ElementData } from "../../src/format/datatypes/values.js";
import { ComplexArray, CompoundArray, ObjectReference, RegionReference } from "../../src/format/datatypes/values.js";
import { heapOf } from "./global-heap.js";

interface Case {
  readonly offset: number;
  readonly bytes: number;
  readonly count: number;
  readonly values: readonly unknown[];
}

const sizes = { offsetSize: 8, lengthSize: 8 };
const python = "/usr/bin/python3";

function generate(): { readonly file: Uint8Array; readonly cases: Readonly<Record<string, Case>> } | null {
  if (!process.env["CI"] && spawnSync(python, ["-c", "import h5py"]).status !== 0) {
    console.warn("h5py is not at hand: elements are not compared with it");
    return null;
  }
  const directory = mkdtempSync(join(tmpdir(), "elements-"));
  try {
    const path = join(directory, "elements.h5");
    const script = new URL("h5py-elements.py", import.meta.url).pathname;
    const run = spawnSync(python, [script, path], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(run.stderr);
    return { file: new Uint8Array(readFileSync(path)), cases: JSON.parse(run.stdout) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const generated = generate();
const byteOrders = { "<": "little", ">": "big" } as const;

const dtypes = new Map<string, DType>([
  ["bool", "bool"],
  ["complex64", "complex64"],
  ["complex128", "complex128"],
  ["enum", { kind: "enum", base: "int16", members: { OFF: 0, ON: 7 } }],
  ["nullterm", { kind: "string", length: 6, characterSet: "ascii", padding: "null-terminated" }],
  ["nullpad", { kind: "string", length: 6 }],
  ["spacepad", { kind: "string", length: 6, characterSet: "ascii", padding: "space-padded" }],
  ["vlstr", "string"],
  ["vlen", { kind: "variable-length", base: { kind: "integer", size: 4, signed: true, byteOrder: "big" } }],
  ["array", { kind: "array", base: "int16", shape: [2, 3] }],
  ["opaque", { kind: "opaque", size: 3, tag: "" }],
  ["objref", "object-reference"],
  ["odd", { kind: "integer", size: 4, signed: true, precision: 17, bitOffset: 5 }],
  [
    "longdouble",
    {
      kind: "float",
      size: 16,
      precision: 80,
      normalization: "msb-set",
      signPosition: 79,
      exponentPosition: 64,
      exponentSize: 15,
      mantissaPosition: 0,
      mantissaSize: 64,
      exponentBias: 16383,
    },
  ],
  [
    "brain",
    {
      kind: "float",
      size: 2,
      byteOrder: "big",
      signPosition: 15,
      exponentPosition: 7,
      exponentSize: 8,
      mantissaPosition: 0,
      mantissaSize: 7,
      exponentBias: 127,
    },
  ],
]);
for (const [sign, byteOrder] of Object.entries(byteOrders)) {
  for (const size of [1, 2, 4, 8]) {
    for (const kind of ["i", "u"]) {
      dtypes.set(`${kind}${size}${sign}`, { kind: "integer", size, signed: kind === "i", byteOrder });
    }
    if (size > 1) dtypes.set(`f${size}${sign}`, { kind: "float", size, byteOrder });
  }
}
const bigFloat: DType = { kind: "float", size: 8, byteOrder: "big" };
dtypes.set("complex128>", {
  kind: "compound",
  members: [
    { name: "r", dtype: bigFloat },
    { name: "i", dtype: bigFloat },
  ],
});

/** Values in the form the script prints them in. */
function printed(data: ElementData): unknown[] {
  if (data instanceof ComplexArray) return Array.from(data, ({ re, im }) => [re, im]);
  if (data instanceof CompoundArray) return [...data];
  return Array.from(data as ArrayLike<unknown>, (value) => {
    if (value instanceof ObjectReference) return value.address;
    return ArrayBuffer.isView(value) ? printed(value as Int32Array) : value;
  });
}

function pythonFloat(text: string): number {
  return text.endsWith("inf") ? (text === "inf" ? Infinity : -Infinity) : Number(text === "nan" ? NaN : text);
}

describe.skipIf(generated === null)("elements written by h5py", () => {
  const { file, cases } = generated ?? { file: new Uint8Array(0), cases: {} };
  const heap = heapOf(file);
  const bytesOf = ({ offset, bytes }: Case) => file.subarray(offset, offset + bytes);

  it.each([...dtypes])("reads and writes %s", (name, dtype) => {
    const datatype = datatypeOf(dtype);
    const { count, values } = cases[name];
    const bytes = bytesOf(cases[name]);
    expect(datatype.size * count).toBe(bytes.length);
    const data = decodeElements(datatype, bytes, count, { sizes, heap });
    const expected = values.map((value) => {
      if (name === "bool") return Number(value);
      if (typeof value !== "string" || datatype.class === "string" || name === "vlstr") return value;
      if (datatype.class === "float") return pythonFloat(value);
      return datatype.size === 8 ? BigInt(value) : Number(value);
    });
    expect(printed(data)).toEqual(expected);
    if (refersToHeap(datatype)) return;
    const encoded = encodeElements(datatype, data, count, { sizes });
    if (name === "spacepad" || name === "brain" || name === "longdouble") {
      // NaN payloads and what lies outside the precision may differ; the values do not.
      expect(printed(decodeElements(datatype, encoded, count, { sizes }))).toEqual(expected);
    } else {
      expect(encoded).toEqual(bytes);
    }
  });

  it("reads compounds by column and by row", () => {
    const datatype = datatypeOf({
      kind: "compound",
      members: [
        { name: "a", dtype: "int32" },
        { name: "b", dtype: { kind: "array", base: bigFloat, shape: [2] } },
        { name: "s", dtype: { kind: "string", length: 3, characterSet: "ascii" } },
        { name: "n", dtype: { kind: "compound", members: [{ name: "x", dtype: "uint8" }] } },
      ],
    });
    const bytes = bytesOf(cases["compound"]);
    const data = decodeElements(datatype, bytes, 2, { sizes }) as CompoundArray;
    expect(data.names).toEqual(["a", "b", "s", "n"]);
    expect(data.column("a")).toEqual(Int32Array.of(1, -1));
    expect(data.columnShape("b")).toEqual([2, 2]);
    expect(data.column("b")).toEqual(Float64Array.of(2.5, 3, 0, -1));
    const row = data.row(1);
    expect(Object.getPrototypeOf(row)).toBe(null);
    expect({ ...row, n: { ...(row["n"] as object) } }).toEqual({
      a: -1,
      b: Float64Array.of(0, -1),
      s: "abc",
      n: { x: 255 },
    });
    expect(encodeElements(datatype, data, 2, { sizes })).toEqual(bytes);
    expect(encodeElements(datatype, [...data], 2, { sizes })).toEqual(bytes);
    expect(data.subarray(1, 2).row(0)).toEqual(row);
  });

  it("reads region references", () => {
    const datatype = datatypeOf("region-reference");
    const bytes = bytesOf(cases["regref"]);
    const references = decodeElements(datatype, bytes, 4, { sizes, heap }) as (RegionReference | null)[];
    const [slab, all, points, none] = references;
    expect(slab).toBeInstanceOf(RegionReference);
    expect(slab?.address).toBe(cases["regref"].values[0]);
    expect(slab?.selection).toEqual({
      kind: "blocks",
      rank: 2,
      bounds: Float64Array.of(2, 1, 3, 1, 2, 4, 3, 4, 2, 7, 3, 7),
    });
    expect(all?.selection.kind).toMatch(/all|blocks/);
    expect(points?.selection).toEqual({ kind: "points", rank: 2, coordinates: Float64Array.of(3, 4, 9, 0) });
    expect(none).toBe(null);
  });

  it("finds each global-heap reference", () => {
    const found: number[] = [];
    for (const name of ["vlstr", "vlen", "regref"]) {
      const dtype = dtypes.get(name) ?? "region-reference";
      scanHeapReferences(
        datatypeOf(dtype),
        bytesOf(cases[name]),
        cases[name].count,
        sizes,
        (address, index, length) => {
          expect(heap.object(address, index).length).toBeGreaterThanOrEqual(length);
          found.push(length);
        },
      );
    }
    expect(found).toEqual([5, 6, 300, 6, 12, 4, 0, 0, 0]);
  });
});
