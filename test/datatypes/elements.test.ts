import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { datatypeOf } from "../../src/format/datatypes/datatype-of.js";
import { decodeElements } from "../../src/format/datatypes/decode-elements.js";
import type { DType } from "../../src/format/datatypes/dtype.js";
import { dtypeOf, formatDType } from "../../src/format/datatypes/dtype-of.js";
import { encodeElements } from "../../src/format/datatypes/encode-elements.js";
import { nestedVariableLength, scanHeapReferences } from "../../src/format/datatypes/heap-objects.js";
import { inferValue, ndarray } from "../../src/format/datatypes/infer-value.js";
import { elementBase, scalarOf, trailingShape } from "../../src/format/datatypes/items.js";
import { UndecodableString } from "../../src/format/datatypes/undecodable-string.js";
import {
  AttributeReference,
  type ComplexArray,
  CompoundArray,
  type ElementData,
  ObjectReference,
  RegionReference,
} from "../../src/format/datatypes/values.js";
import { HDF5Error } from "../../src/format/errors.js";
import type { Datatype } from "../../src/format/structures/messages/datatype.js";
import { heapWith, MemoryHeap } from "./global-heap.js";

const sizes = { offsetSize: 8, lengthSize: 8 };

function roundTrip(dtype: DType | Datatype, value: unknown, count: number, scalar?: boolean): ElementData {
  const datatype = datatypeOf(dtype);
  const heap = new MemoryHeap();
  const bytes = encodeElements(datatype, value, count, { sizes, heap, scalar });
  expect(bytes.length).toBe(count * datatype.size);
  return decodeElements(datatype, bytes, count, { sizes, heap });
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof HDF5Error) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
}

const byteOrder = fc.constantFrom("little", "big") as fc.Arbitrary<"little" | "big">;
const text = fc.string({ unit: "binary" }).filter((value) => !value.includes("\0"));

describe("numbers", () => {
  it("keep their values in any integer layout", () => {
    const layout = fc.record({ size: fc.integer({ min: 1, max: 9 }), signed: fc.boolean(), byteOrder }).chain((base) =>
      fc.integer({ min: 1, max: Math.min(64, base.size * 8) }).chain((precision) =>
        fc.record({
          kind: fc.constant("integer" as const),
          size: fc.constant(base.size),
          signed: fc.constant(base.signed),
          byteOrder: fc.constant(base.byteOrder),
          precision: fc.constant(precision),
          bitOffset: fc.integer({ min: 0, max: base.size * 8 - precision }),
        }),
      ),
    );
    fc.assert(
      fc.property(layout, fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), { maxLength: 5 }), (dtype, values) => {
        const { precision, signed } = dtype;
        const fitting = values.map((value) => (signed ? BigInt.asIntN : BigInt.asUintN)(precision, value));
        const data = roundTrip(dtype, fitting, fitting.length);
        expect(Array.from(data as Int32Array, BigInt)).toEqual(fitting);
      }),
    );
  });

  it("round to the nearest half, ties to even", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, index) => index);
    const datatype = datatypeOf("float16");
    const values = decodeElements(datatype, new Uint8Array(bits.buffer), 65536, { sizes }) as Float32Array;
    const encoded = new Uint16Array(encodeElements(datatype, values, 65536, { sizes }).buffer);
    for (let index = 0; index < 65536; index++) {
      if (!Number.isNaN(values[index])) expect(encoded[index]).toBe(index);
    }
    expect(roundTrip("float16", [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 2 ** -25, 2 ** -24 * 1.5], 5)).toEqual(
      Float32Array.of(1, 1 + 4 * 2 ** -11, 65504, 0, 2 ** -23),
    );
    expect(messageOf(() => roundTrip("float16", [65520], 1))).toBe(
      "invalid-argument: 65520 does not fit float16 at index 0",
    );
  });

  it("are exact in wide and VAX floats", () => {
    const quadruple: DType = { kind: "float", size: 16, byteOrder: "big" };
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        expect(Array.from(roundTrip(quadruple, values, values.length) as Float64Array)).toEqual(values);
      }),
    );
    const vaxD: DType = {
      kind: "float",
      size: 8,
      byteOrder: "vax",
      signPosition: 63,
      exponentPosition: 55,
      exponentSize: 8,
      mantissaPosition: 0,
      mantissaSize: 55,
      exponentBias: 129,
    };
    expect(roundTrip(vaxD, [1, -2.5, 0, 0.1], 4)).toEqual(Float64Array.of(1, -2.5, 0, 0.1));
    // One in VAX F: sign 0, exponent 129, stored as the words 0x4080 0x0000.
    const vaxF = { ...vaxD, size: 4, signPosition: 31, exponentPosition: 23, mantissaSize: 23 };
    expect(decodeElements(datatypeOf(vaxF), Uint8Array.of(0x80, 0x40, 0, 0), 1, { sizes })).toEqual(Float64Array.of(1));
  });

  it("refuse a value that float64 cannot hold", () => {
    const bytes = encodeElements(datatypeOf({ kind: "float", size: 16 }), [1], 1, { sizes });
    bytes[0] = 1;
    expect(messageOf(() => decodeElements(datatypeOf({ kind: "float", size: 16 }), bytes, 1, { sizes }))).toMatch(
      /^unsupported: .*cannot hold exactly \(element 0\)/,
    );
  });

  it("are views of aligned memory", () => {
    const bytes = new Uint8Array(64);
    const data = decodeElements(datatypeOf("float64"), bytes.subarray(8), 4, { sizes }) as Float64Array;
    expect(data.buffer).toBe(bytes.buffer);
    expect(data.byteOffset).toBe(8);
    const shifted = decodeElements(datatypeOf("float64"), bytes.subarray(1), 4, { sizes }) as Float64Array;
    expect(shifted.buffer).not.toBe(bytes.buffer);
    const source = Int32Array.of(1, 2);
    expect(encodeElements(datatypeOf("int32"), source, 2, { sizes }).buffer).toBe(source.buffer);
  });

  const refused: readonly (readonly [DType, unknown, string])[] = [
    ["uint8", [1, 300], "300 does not fit uint8 at index 1"],
    ["int8", Float64Array.of(1.5), "1.5 is no integer and does not fit int8 at index 0"],
    ["int64", [Number.NaN], "NaN is no integer and does not fit int64 at index 0"],
    ["uint64", [-1n], "-1 does not fit uint64 at index 0"],
    ["float32", [1e300], "1e+300 does not fit float32 at index 0"],
    ["float64", [2n ** 53n + 1n], "9007199254740993 is not exact in float64 at index 0; convert it to a number first"],
    ["int32", ["7"], 'expected a number for int32 at index 0, found "7"'],
    ["bool", [2], "expected a boolean at index 0, found 2"],
    ["string", ["a\0b"], "the string at index 0 holds a NUL, which would end it; store it as opaque or uint8"],
    [
      "float64",
      [[1, 2], [3]],
      "a ragged array: one part has 2 elements, that at index 1 has 1; for rows of different lengths give a variable-length dtype",
    ],
  ];

  it("are refused where a type cannot hold them", () => {
    for (const [dtype, value, message] of refused) {
      const count = (value as ArrayLike<unknown>).length;
      expect(messageOf(() => roundTrip(dtype, value, count))).toBe(`invalid-argument: ${message}`);
    }
  });
});

describe("strings", () => {
  it("keep any text of variable length", () => {
    fc.assert(
      fc.property(fc.array(text), (values) => {
        expect(roundTrip("string", values, values.length)).toEqual(values);
      }),
    );
  });

  it("keep text that a fixed length holds", () => {
    const value = fc.string({ maxLength: 7 }).filter((item) => !/[\0 ]$/.test(item) && !item.includes("\0"));
    for (const padding of ["null-terminated", "null-padded", "space-padded"] as const) {
      fc.assert(
        fc.property(fc.array(value), (values) => {
          expect(roundTrip({ kind: "string", length: 8, padding }, values, values.length)).toEqual(values);
        }),
      );
    }
  });

  it("are refused where they would change", () => {
    expect(messageOf(() => roundTrip({ kind: "string", length: 3 }, "four", 1))).toMatch(
      /needs 4 bytes, its type has 3/,
    );
    const padded: DType = { kind: "string", length: 3, padding: "null-padded" };
    const terminated: DType = { kind: "string", length: 3, padding: "null-terminated" };
    expect(messageOf(() => roundTrip(padded, "a\0", 1))).toMatch(/a null-padded string would lose/);
    expect(messageOf(() => roundTrip(terminated, "a\0b", 1))).toMatch(/a null-terminated string would lose/);
    expect(messageOf(() => roundTrip(terminated, "four", 1))).toMatch(/needs 4 bytes, its type has 3/);
    expect(messageOf(() => roundTrip("string", "\ud800", 1))).toMatch(/surrogate/);
  });

  it("are written as other writers do: up to the end of their type, in UTF-8 under any label, and as bytes", () => {
    const terminated: DType = { kind: "string", length: 3, padding: "null-terminated", characterSet: "ascii" };
    const latin1 = new UndecodableString(Uint8Array.of(0xb0, 0x43, 0xb5));
    const values = ["abc", "é!", "", latin1];
    expect(roundTrip(terminated, values, 4)).toEqual(values);
    expect(roundTrip(terminated, [Uint8Array.of(0x61), structuredClone(latin1)], 2)).toEqual(["a", latin1]);
    expect(roundTrip({ kind: "string", characterSet: "ascii" }, ["é", latin1], 2)).toEqual(["é", latin1]);
    // Bytes are what is stored, padding included.
    const datatype = datatypeOf({ kind: "string", length: 3, padding: "null-terminated" });
    const bytes = Uint8Array.of(0x61, 0, 0x62);
    expect(encodeElements(datatype, bytes, 1, { sizes })).toEqual(bytes);
  });

  it("read as bytes where they are not UTF-8", () => {
    const datatype = datatypeOf({ kind: "string", length: 3, characterSet: "ascii" });
    const bytes = Uint8Array.of(0x61, 0xff, 0, 0xc3, 0xa9, 0);
    expect(decodeElements(datatype, bytes, 2, { sizes })).toEqual([new UndecodableString(bytes.slice(0, 2)), "é"]);
    expect(decodeElements(datatype, bytes, 2, { sizes, strings: "bytes" })).toEqual([
      Uint8Array.of(0x61, 0xff),
      Uint8Array.of(0xc3, 0xa9),
    ]);
    expect(decodeElements(datatype, bytes.subarray(3), 1, { sizes })).toEqual(["é"]);
  });
});

describe("nested types", () => {
  it("keep sequences of sequences", () => {
    const base: DType = { kind: "variable-length", base: "float32" };
    const dtype: DType = { kind: "variable-length", base };
    const values = fc.array(fc.array(fc.array(fc.float({ noNaN: true }), { maxLength: 3 }), { maxLength: 3 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(values, (sequences) => {
        const data = roundTrip(dtype, sequences, sequences.length, false) as readonly (readonly Float32Array[])[];
        expect(data.map((outer) => outer.map((inner) => Array.from(inner)))).toEqual(sequences);
      }),
    );
    expect(roundTrip(dtype, [[]], 1, true)).toEqual([[new Float32Array(0)]]);
    expect(roundTrip(base, [1, 2], 1)).toEqual([Float32Array.of(1, 2)]);
    expect(nestedVariableLength(datatypeOf(dtype))).toBe(true);
    expect(nestedVariableLength(datatypeOf(base))).toBe(false);
  });

  it("visit heap references of members and array elements, with what is nested in them", () => {
    const dtype: DType = {
      kind: "compound",
      members: [
        { name: "n", dtype: "int32" },
        { name: "s", dtype: { kind: "array", base: "string", shape: [2] } },
        { name: "v", dtype: { kind: "variable-length", base: "string" } },
      ],
    };
    const records = [
      { n: 1, s: ["a", "bc"], v: ["x", "y"] },
      { n: 2, s: ["", "def"], v: [] },
    ];
    const heap = new MemoryHeap();
    const datatype = datatypeOf(dtype);
    const bytes = encodeElements(datatype, records, 2, { sizes, heap });
    const visited: [number, string | null][] = [];
    scanHeapReferences(datatype, bytes, 2, sizes, (_address, _index, length, content) => {
      visited.push([length, content?.class ?? null]);
    });
    expect(visited).toEqual([
      [1, null],
      [2, null],
      [3, null],
      [32, "variable-length"],
    ]);
    const data = decodeElements(datatype, bytes, 2, { sizes, heap }) as CompoundArray;
    expect(data.column("s")).toEqual(["a", "bc", "", "def"]);
    expect([...data].map((row) => ({ ...row }))).toEqual(records);
    const columns = {
      n: [1, 2],
      s: [
        ["a", "bc"],
        ["", "def"],
      ],
      v: [["x", "y"], []],
    };
    expect(Array.from(roundTrip(dtype, columns, 2) as CompoundArray, (row) => ({ ...row }))).toEqual(records);
    expect(messageOf(() => roundTrip(dtype, [{ n: 1, s: ["", ""] }], 1))).toMatch(/index 0 lacks the member "v"/);
    expect(messageOf(() => roundTrip(dtype, { ...records[0], z: 1 }, 1))).toMatch(/has "z", which the type does not/);
  });

  it("keep arrays, opaque bytes, enumerations and complex numbers", () => {
    const array = datatypeOf({ kind: "array", base: { kind: "opaque", size: 2, tag: "t" }, shape: [3] });
    expect(trailingShape(array)).toEqual([3, 2]);
    expect(elementBase(array).class).toBe("opaque");
    expect(array.version).toBe(2);
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6);
    expect(roundTrip(array, bytes, 1)).toEqual(bytes);
    const colour: DType = {
      kind: "enum",
      base: "uint8",
      members: new Map([
        ["__proto__", 1],
        ["red", 2],
      ]),
    };
    expect(roundTrip(colour, ["red", 1, "__proto__"], 3)).toEqual(Uint8Array.of(2, 1, 1));
    const complex = roundTrip("complex64", [{ re: 1, im: 2 }, 3], 2) as ComplexArray;
    expect([...complex]).toEqual([
      { re: 1, im: 2 },
      { re: 3, im: 0 },
    ]);
    const wide = roundTrip({ kind: "complex", base: "float64" }, complex, 2) as ComplexArray;
    expect(wide.data).toEqual(Float64Array.of(1, 2, 3, 0));
    const nested: DType = { kind: "variable-length", base: { kind: "array", base: "int16", shape: [2] } };
    expect(
      roundTrip(
        nested,
        [
          [
            [1, 2],
            [3, 4],
          ],
          [[5, 6]],
        ],
        2,
      ),
    ).toEqual([Int16Array.of(1, 2, 3, 4), Int16Array.of(5, 6)]);
    expect(scalarOf(datatypeOf("bool"), roundTrip("bool", true, 1))).toBe(true);
    expect(
      messageOf(() =>
        roundTrip(
          { kind: "array", base: "int8", shape: [2] },
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          3,
        ),
      ),
    ).toMatch(/expected arrays of shape 2, found 3/);
  });

  it("keep references of each kind", () => {
    const slab = { kind: "hyperslab", start: [1], stride: [4], count: [null], block: [2] } as const;
    const points = { kind: "points", rank: 2, coordinates: Float64Array.of(1, 2, 2 ** 40, 4) } as const;
    const blocks = { kind: "blocks", rank: 1, bounds: Float64Array.of(3, 5, 9, 9) } as const;
    expect(roundTrip("object-reference", [new ObjectReference(800), null], 2)).toEqual([
      new ObjectReference(800),
      null,
    ]);
    const regions = [slab, points, blocks, { kind: "all" } as const, { kind: "none" } as const].map(
      (selection) => new RegionReference(96, selection),
    );
    expect(roundTrip("region-reference", regions, 5)).toEqual(regions);
    const standard = [
      new ObjectReference(1, null),
      new ObjectReference(2, "other.h5"),
      new RegionReference(3, blocks),
      new AttributeReference(4, "größe"),
      null,
    ];
    expect(roundTrip("standard-object-reference", standard, 5)).toEqual(standard);
  });
});

describe("dtypes", () => {
  const examples: [DType, string][] = [
    ["float64", "float64"],
    ["bool", "bool"],
    ["string", "string"],
    ["complex64", "complex64"],
    ["region-reference", "region-reference"],
    ["standard-attribute-reference", "standard-attribute-reference"],
    [{ kind: "array", base: "int8", shape: [2, 3] }, "int8[2 × 3]"],
    [{ kind: "variable-length", base: "string" }, "variable-length string"],
    [{ kind: "opaque", size: 4, tag: "x" }, 'opaque[4] "x"'],
    [
      {
        kind: "compound",
        members: [
          { name: "a", dtype: "int8", offset: 0 },
          { name: "b", dtype: "bool", offset: 4 },
        ],
        size: 8,
      },
      "compound {a: int8, b: bool}",
    ],
    [{ kind: "enum", base: "int64", members: [{ name: "A", value: 5n }] }, "enum int64 {A = 5}"],
    [
      { kind: "bitfield", size: 2, byteOrder: "big", bitOffset: 1, precision: 9 },
      "bitfield9 (big, in 2 bytes, at bit 1)",
    ],
  ];

  it("are stored and named", () => {
    for (const [dtype, named] of examples) {
      const datatype = datatypeOf(dtype);
      expect(dtypeOf(datatype)).toEqual(dtype);
      expect(datatypeOf(datatype)).toBe(datatype);
      expect(formatDType(datatype)).toBe(named);
    }
  });

  it("takes the size of a string from the file's address size", () => {
    expect(datatypeOf("string", { offsetSize: 4, lengthSize: 4 }).size).toBe(12);
    expect(datatypeOf("object-reference", { offsetSize: 4, lengthSize: 4 }).size).toBe(8);
  });

  it("are inferred from data", () => {
    expect(
      inferValue([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ).toEqual({ dtype: "float64", shape: [2, 3] });
    expect(inferValue([new Int16Array(3), new Int16Array(3)])).toEqual({ dtype: "int16", shape: [2, 3] });
    expect(inferValue(["a", "b"])).toEqual({ dtype: "string", shape: [2] });
    expect(inferValue(5n)).toEqual({ dtype: "int64", shape: [] });
    expect(inferValue({ re: 1, im: 2 })).toEqual({ dtype: "complex128", shape: [] });
    expect(inferValue([{ x: 1, name: "a" }])).toEqual({
      dtype: {
        kind: "compound",
        members: [
          { name: "x", dtype: "float64" },
          { name: "name", dtype: "string" },
        ],
      },
      shape: [1],
    });
    expect(inferValue(ndarray(Float32Array.of(1, 2), [2, 1]))).toEqual({ dtype: "float32", shape: [2, 1] });
    for (const value of [
      [[1], [2, 3]],
      [1, "a"],
      new DataView(new ArrayBuffer(1)),
      undefined,
      [null],
      new Date(),
      {},
    ]) {
      expect(messageOf(() => inferValue(value))).toMatch(/^invalid-argument/);
    }
  });

  it("transposed arrays are written in row-major order", () => {
    const array = { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2], stride: [1, 3], dtype: "float64" };
    expect(roundTrip("float64", array, 6)).toEqual(Float64Array.of(1, 4, 2, 5, 3, 6));
  });
});

describe("damaged elements", () => {
  const dtypes: DType[] = [
    "string",
    "bool",
    "region-reference",
    "standard-region-reference",
    { kind: "variable-length", base: { kind: "variable-length", base: "int32" } },
    { kind: "string", length: 5 },
    { kind: "float", size: 16 },
    { kind: "integer", size: 5, signed: true, precision: 33, bitOffset: 3 },
    {
      kind: "compound",
      members: [
        { name: "a", dtype: "string" },
        { name: "b", dtype: "int64" },
      ],
    },
  ];

  it.each(dtypes.map((dtype) => [formatDType(dtype), dtype] as const))("of %s raise only HDF5Error", (_name, dtype) => {
    const datatype = datatypeOf(dtype);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(4),
        (bytes, object, count) => {
          const heap = heapWith(() => object);
          messageOf(() => {
            scanHeapReferences(datatype, bytes, count, sizes, () => {});
            const data = decodeElements(datatype, bytes, count, { sizes, heap });
            if (data instanceof CompoundArray) for (let index = 0; index < count; index++) data.row(index);
          });
        },
      ),
    );
  });

  it("of contradictory types raise only HDF5Error", () => {
    const bytes = new Uint8Array(64);
    const integer = datatypeOf("int32") as Extract<Datatype, { class: "integer" }>;
    const types: Datatype[] = [
      { ...integer, size: 0 },
      { ...integer, precision: 40 },
      { ...integer, size: 2 ** 31, precision: 7 },
      { class: "array", version: 2, size: 4, dimensions: [1e9, 1e9], base: integer },
      { class: "enum", version: 1, size: 8, base: integer, members: [] },
      { class: "complex", version: 5, size: 4, base: datatypeOf("float32") },
      { class: "reference", version: 1, size: 2, referenceKind: "region" },
      {
        class: "compound",
        version: 1,
        size: 4,
        members: [{ name: "a", nameBytes: new Uint8Array(0), offset: 2, datatype: integer }],
      },
    ];
    for (const type of types) {
      expect(messageOf(() => decodeElements(type, bytes, type.size > 64 ? 0 : 1, { sizes }))).toMatch(
        /^(corrupt|unsup)/,
      );
    }
  });

  it("cannot take more than the limit through repeated references", () => {
    const heap = new MemoryHeap();
    const datatype = datatypeOf("string");
    const one = encodeElements(datatype, ["x".repeat(1000)], 1, { sizes, heap });
    const bytes = new Uint8Array(160);
    for (let index = 0; index < 10; index++) bytes.set(one, index * 16);
    expect(messageOf(() => decodeElements(datatype, bytes, 10, { sizes, heap, limit: 5000 }))).toMatch(/^limit/);
  });
});

describe("a million elements", () => {
  const count = 1_000_000;
  const elapsed = (run: () => unknown): number => {
    const start = performance.now();
    run();
    return performance.now() - start;
  };

  // Bounds are an order of magnitude over what is usual: they catch a slow path, not a slow machine.
  it("are quick in each class", () => {
    const swapped = datatypeOf({ kind: "float", size: 8, byteOrder: "big" });
    expect(elapsed(() => decodeElements(swapped, new Uint8Array(8 * count), count, { sizes }))).toBeLessThan(500);
    const heap = new MemoryHeap();
    const strings = datatypeOf("string");
    const words = Array.from({ length: count }, (_, index) => `string ${index}`);
    let bytes: Uint8Array = new Uint8Array(0);
    const encoding = elapsed(() => {
      bytes = encodeElements(strings, words, count, { sizes, heap });
    });
    expect(encoding).toBeLessThan(10_000);
    let data: unknown;
    const decoding = elapsed(() => {
      data = decodeElements(strings, bytes, count, { sizes, heap });
    });
    expect(decoding).toBeLessThan(3000);
    expect((data as string[])[count - 1]).toBe(words[count - 1]);
    const compound = datatypeOf({
      kind: "compound",
      members: [
        { name: "a", dtype: "int32" },
        { name: "b", dtype: "float64" },
        { name: "c", dtype: { kind: "string", length: 16 } },
      ],
    });
    const records = new Uint8Array(28 * count).fill(65);
    const columns = elapsed(() => {
      const array = decodeElements(compound, records, count, { sizes }) as CompoundArray;
      for (const name of array.names) array.column(name);
    });
    expect(columns).toBeLessThan(2500);
    if (process.env["VERBOSE"]) console.log({ encoding, decoding, columns });
  });
});
