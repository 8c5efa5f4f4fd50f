/** Arrays without axes are what an array with axes of the same type is. */

import { expect, it } from "vitest";
import type { DType, NDArray } from "../../src/format/index.js";
import { createSync, openSync } from "../../src/format/index.js";
import { loadSync, Persistable, property } from "../../src/serialization/index.js";

class Holder extends Persistable.define("scalars.Holder", { none: property<NDArray>(), one: property<NDArray>() }) {}

const bfloat16: DType = {
  kind: "float",
  size: 2,
  signPosition: 15,
  exponentPosition: 7,
  exponentSize: 8,
  mantissaPosition: 0,
  mantissaSize: 7,
  exponentBias: 127,
};
const members = { A: 0, B: 1, C: -3 };

const cases: readonly (readonly [dtype: DType, value: unknown])[] = [
  ...(["int8", "int16", "int32", "uint8", "uint16", "uint32", "float16", "float32", "float64"] as const).map(
    (dtype) => [dtype, 3] as const,
  ),
  ["int64", 3n],
  ["uint64", 3n],
  ["bool", true],
  ["string", "a"],
  ["complex64", { re: 1, im: 2 }],
  ["complex128", { re: 1, im: 2 }],
  [
    { kind: "complex", base: "float32" },
    { re: 1, im: 2 },
  ],
  [{ kind: "enum", base: "int8", members }, -3],
  [{ kind: "enum", base: "int32", members }, 1],
  [{ kind: "enum", base: "uint64", members: { A: 0, B: 1 } }, 1n],
  [{ kind: "integer", size: 3, signed: true }, -5],
  [{ kind: "integer", size: 4, signed: false, byteOrder: "big" }, 5],
  [{ kind: "integer", size: 6, signed: false }, 5n],
  [{ kind: "bitfield", size: 1 }, 5],
  [{ kind: "bitfield", size: 8 }, 5n],
  [bfloat16, 1.5],
  [{ kind: "float", size: 8, byteOrder: "big" }, 1.5],
  [{ kind: "string", length: 4 }, "ab"],
];

it.each(cases)("of type %j", (dtype, value) => {
  const file = createSync();
  const root = file.createGroupSync("root");
  for (const [name, text] of [
    ["__container_type__", "dict"],
    ["__class__", "scalars.Holder"],
  ] as const) {
    root.attrs.setSync(name, text);
  }
  for (const [name, shape] of [
    ["none", []],
    ["one", [1]],
  ] as const) {
    const dataset = root.createDatasetSync(name, { dtype, data: shape.length === 0 ? value : [value], shape });
    dataset.attrs.setSync("__dataset_type__", "numpy.ndarray");
  }
  file.flushSync();
  const { none, one } = loadSync(file.bytes().slice()) as Holder;
  expect(none).toEqual({ ...one, shape: [], stride: [] });
  expect(none?.data.constructor).toBe(one?.data.constructor);
  const again = openSync(new Holder({ none }).toBytesSync()).datasetSync("root/none");
  expect([again.datatype, again.readSync()]).toEqual([
    root.datasetSync("none").datatype,
    root.datasetSync("none").readSync(),
  ]);
});
