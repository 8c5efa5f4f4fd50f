/** Every kind of element type that can be written, with values of it, and every way in which data can be stored. */

import type { Dataset, DatasetOptions, DType, Group, HDF5File } from "../../src/format/index.js";
import { AttributeReference } from "../../src/format/index.js";

/** A type of the matrix. */
export interface MatrixType {
  readonly name: string;
  readonly dtype: DType;
  /** Four values to write. */
  readonly values: (target: Dataset) => readonly unknown[];
  /** A value to fill with; `null` where none can be stored. */
  readonly fill: ((target: Dataset) => unknown) | null;
  /** The four values, and what fills where no fill value is given, as the judges print them; `null` for raw bytes only. */
  readonly printed: { readonly values: readonly unknown[]; readonly zero: unknown } | null;
  /** Elements refer to the global heap: their bytes differ from reader to reader. */
  readonly inHeap: boolean;
  /** HDF5 before 1.12 or 2.0 does not know the type. */
  readonly isNew: boolean;
}

interface Traits {
  readonly printed?: readonly unknown[] | null;
  readonly zero?: unknown;
  readonly inHeap?: boolean;
  readonly isNew?: boolean;
}

function plain(name: string, dtype: DType, values: readonly unknown[], traits: Traits = {}): MatrixType {
  const { printed = values, zero = 0, inHeap = false, isNew = false } = traits;
  return {
    name,
    dtype,
    values: () => values,
    fill: () => values[2],
    printed: printed === null ? null : { values: printed, zero },
    inHeap,
    isNew,
  };
}

const numbers = [1, 0, 3, 2];
const bigs = [1n, 0n, 3n, 2n];
const floatFields = { signPosition: 15, exponentPosition: 7, exponentSize: 8, mantissaPosition: 0, mantissaSize: 7 };
const brain: DType = { kind: "float", size: 2, ...floatFields, exponentBias: 127 };
const vax: DType = {
  kind: "float",
  size: 4,
  byteOrder: "vax",
  signPosition: 31,
  exponentPosition: 23,
  exponentSize: 8,
  mantissaPosition: 0,
  mantissaSize: 23,
  exponentBias: 129,
};
const longDouble: DType = {
  kind: "float",
  size: 16,
  precision: 80,
  normalization: "none",
  signPosition: 79,
  exponentPosition: 64,
  exponentSize: 15,
  mantissaPosition: 0,
  mantissaSize: 64,
  exponentBias: 16383,
};
const halfInEight: DType = {
  kind: "float",
  size: 8,
  precision: 16,
  signPosition: 15,
  exponentPosition: 10,
  exponentSize: 5,
  mantissaPosition: 0,
  mantissaSize: 10,
  exponentBias: 15,
};
const fiveBits: DType = { kind: "integer", size: 4, signed: false, precision: 5, bitOffset: 2 };

const pairs = [
  [1, -1],
  [0, 2],
  [3, 0],
  [2, 2],
];
const complexValues = pairs.map(([re, im]) => ({ re, im }));
const complex = { printed: pairs, zero: [0, 0] };
const record: DType = {
  kind: "compound",
  members: [
    { name: "a", dtype: "int16" },
    { name: "b", dtype: "float64" },
  ],
};
const records = pairs.map(([a, b]) => ({ a, b }));
const nested: DType = {
  kind: "compound",
  size: 40,
  members: [
    { name: "s", dtype: { kind: "string", length: 4 } },
    { name: "n", dtype: record, offset: 8 },
    { name: "x", dtype: { kind: "array", base: "uint8", shape: [2, 2] } },
    { name: "p", dtype: fiveBits },
  ],
};
const inText: DType = {
  kind: "compound",
  members: [
    { name: "t", dtype: "string" },
    { name: "v", dtype: { kind: "variable-length", base: "int32" } },
  ],
};
const texts = ["a", "", "long é", "b"];
const short = ["a", "", "long", "b"];
const text = { zero: "" };
const heapText = { zero: "", inHeap: true };
const lists = [[1], [], [2, 3], [4]];

function references(
  name: string,
  dtype: DType,
  reference: (target: Dataset) => unknown,
  printed: unknown,
  isNew: boolean,
): MatrixType {
  return {
    name,
    dtype,
    values: (target) => [reference(target), null, reference(target), reference(target)],
    fill: isNew ? null : reference,
    printed: isNew ? null : { values: [printed, null, printed, printed], zero: null },
    inHeap: true,
    isNew,
  };
}

export const matrixTypes: readonly MatrixType[] = [
  ...(["int8", "int16", "int32", "uint8", "uint16", "uint32", "float16", "float32", "float64"] as const).map((name) =>
    plain(name, name, numbers),
  ),
  plain("int64", "int64", bigs, { printed: numbers }),
  plain("uint64", "uint64", bigs, { printed: numbers }),
  plain("int32 big-endian", { kind: "integer", size: 4, signed: true, byteOrder: "big" }, numbers),
  plain("float64 big-endian", { kind: "float", size: 8, byteOrder: "big" }, numbers),
  plain("integer of 3 bytes", { kind: "integer", size: 3, signed: true }, numbers, { printed: null }),
  plain("17 bits of 32", { kind: "integer", size: 4, signed: true, precision: 17, bitOffset: 5 }, numbers),
  plain("5 bits of 32", fiveBits, numbers),
  plain("3 bits of 16", { kind: "integer", size: 2, signed: false, precision: 3 }, numbers),
  plain(
    "12 bits of 64, big-endian",
    { kind: "integer", size: 8, signed: true, precision: 12, byteOrder: "big" },
    bigs,
    {
      printed: numbers,
    },
  ),
  plain("long double", longDouble, numbers),
  plain("bfloat16", brain, numbers, { printed: null }),
  plain("float16 in 8 bytes", halfInEight, numbers, { printed: null }),
  plain("VAX float", vax, numbers, { printed: null }),
  plain("bool", "bool", [true, false, true, true], { zero: false }),
  plain("enum", { kind: "enum", base: "int16", members: { A: 0, B: 1, C: 2, D: 3 } }, numbers),
  plain("enum of 5 bits", { kind: "enum", base: fiveBits, members: { A: 0, B: 1, C: 2, D: 3 } }, numbers, {
    printed: null,
  }),
  plain("string", "string", texts, heapText),
  plain("string in ASCII", { kind: "string", characterSet: "ascii" }, short, heapText),
  plain("string of 6", { kind: "string", length: 8 }, texts, text),
  plain("terminated", { kind: "string", length: 6, characterSet: "ascii", padding: "null-terminated" }, short, text),
  plain("padded", { kind: "string", length: 6, characterSet: "ascii", padding: "space-padded" }, short, {
    printed: null,
  }),
  plain("complex64", "complex64", complexValues, complex),
  plain("complex128", "complex128", complexValues, complex),
  plain("complex class", { kind: "complex", base: "float64" }, complexValues, { printed: null, isNew: true }),
  plain("complex class of long doubles", { kind: "complex", base: longDouble }, complexValues, {
    printed: null,
    isNew: true,
  }),
  plain("compound", record, records, { printed: pairs, zero: [0, 0] }),
  plain(
    "nested compound",
    nested,
    records.map((n, at) => ({ s: `s${at}`, n, x: [at, 1, 2, 3], p: at })),
    {
      printed: pairs.map((pair, at) => [
        `s${at}`,
        pair,
        [
          [at, 1],
          [2, 3],
        ],
        at,
      ]),
      zero: [
        "",
        [0, 0],
        [
          [0, 0],
          [0, 0],
        ],
        0,
      ],
    },
  ),
  plain(
    "compound of strings",
    inText,
    lists.map((list, at) => ({ t: texts[at], v: Int32Array.from(list) })),
    { printed: lists.map((list, at) => [texts[at], list]), zero: ["", []], inHeap: true },
  ),
  plain(
    "array",
    { kind: "array", base: "int16", shape: [2, 3] },
    numbers.map((n) => [
      [n, 1, 2],
      [3, 4, n],
    ]),
    {
      zero: [
        [0, 0, 0],
        [0, 0, 0],
      ],
    },
  ),
  plain(
    "array of compounds",
    { kind: "array", base: record, shape: [2] },
    records.map((row) => [row, row]),
    {
      printed: pairs.map((pair) => [pair, pair]),
      zero: [
        [0, 0],
        [0, 0],
      ],
    },
  ),
  plain(
    "sequences",
    { kind: "variable-length", base: "int32" },
    lists.map((list) => Int32Array.from(list)),
    { printed: lists, zero: [], inHeap: true },
  ),
  plain(
    "sequences of 5 bits",
    { kind: "variable-length", base: fiveBits },
    lists.map((list) => Uint32Array.from(list)),
    { printed: lists, zero: [], inHeap: true },
  ),
  plain("sequences of strings", { kind: "variable-length", base: "string" }, [["a"], [], ["b", "é"], [""]], {
    zero: [],
    inHeap: true,
  }),
  plain(
    "opaque",
    { kind: "opaque", size: 3, tag: "tag" },
    numbers.map((n) => Uint8Array.of(n, 2, 3)),
    { printed: null },
  ),
  plain("bit field", { kind: "bitfield", size: 1 }, numbers, { printed: null }),
  plain("bit field of 5 bits", { kind: "bitfield", size: 2, precision: 5 }, numbers, { printed: null }),
  plain("time", { kind: "time", size: 4 }, numbers, { printed: null }),
  references("object reference", "object-reference", (target) => target.reference(), "/target", false),
  references("region reference", "region-reference", (target) => target.regionReference([1]), ["/target", 1], false),
  references("object reference of 1.12", "standard-object-reference", (target) => target.reference(), null, true),
  references(
    "region reference of 1.12",
    "standard-region-reference",
    (target) => target.regionReference([1]),
    null,
    true,
  ),
  references(
    "attribute reference of 1.12",
    "standard-attribute-reference",
    (target) => new AttributeReference(target.address, "a"),
    null,
    true,
  ),
];

/** A way to store data. */
export interface MatrixLayout {
  readonly name: string;
  readonly options: DatasetOptions;
  /** Written at once, appended in two steps, one element of four, or none. */
  readonly way: "whole" | "append" | "part" | "none";
}

export const matrixLayouts: readonly MatrixLayout[] = [
  { name: "compact", options: { layout: "compact" }, way: "whole" },
  { name: "contiguous", options: { layout: "contiguous" }, way: "whole" },
  { name: "chunked", options: { chunks: [3] }, way: "whole" },
  { name: "filtered", options: { chunks: [3], filters: ["shuffle", "deflate", "fletcher32"] }, way: "whole" },
  { name: "growing", options: { maxShape: [null] }, way: "append" },
  { name: "partly written", options: { chunks: [2] }, way: "part" },
  { name: "not written", options: { layout: "contiguous" }, way: "none" },
];

/** A dataset of the matrix as it was written. */
export interface WrittenDataset {
  readonly path: string;
  readonly type: MatrixType;
  /** What the judges print of it; `null` where only its bytes count. */
  readonly printed: readonly unknown[] | null;
}

/** Writes all types in all layouts, without and with a fill value, below the root of a file. */
export function writeMatrix(file: HDF5File, target: Dataset): WrittenDataset[] {
  const written: WrittenDataset[] = [];
  for (const type of matrixTypes) {
    for (const layout of matrixLayouts) {
      for (const fills of type.fill === null ? [false] : [false, true]) {
        const path = `${type.name}/${layout.name}${fills ? ", filled" : ""}`;
        const fillValue = fills ? type.fill?.(target) : undefined;
        writeDataset(file, path, type.dtype, type.values(target), { ...layout.options, fillValue }, layout.way);
        written.push({ path, type, printed: printedOf(type, layout.way, fills) });
      }
    }
  }
  return written;
}

function writeDataset(
  parent: Group,
  path: string,
  dtype: DType,
  values: readonly unknown[],
  options: DatasetOptions,
  way: MatrixLayout["way"],
): void {
  if (way === "whole") {
    parent.createDatasetSync(path, { ...options, dtype, data: values, shape: [4] });
  } else if (way === "append") {
    const dataset = parent.createDatasetSync(path, { ...options, dtype, shape: [0] });
    dataset.appendSync(values.slice(0, 1));
    dataset.appendSync(values.slice(1));
  } else {
    const dataset = parent.createDatasetSync(path, { ...options, dtype, shape: [4] });
    if (way === "part") dataset.writeSync(values.slice(0, 1), [{ start: 1, stop: 2, step: 1 }]);
  }
}

function printedOf({ printed }: MatrixType, way: MatrixLayout["way"], fills: boolean): readonly unknown[] | null {
  if (printed === null) return null;
  const { values, zero } = printed;
  if (way === "whole" || way === "append") return values;
  const fill = fills ? values[2] : zero;
  return way === "none" ? [fill, fill, fill, fill] : [fill, values[0], fill, fill];
}
