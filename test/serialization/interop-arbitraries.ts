/** Objects by chance, as the records of interop-values.ts. */

import * as fc from "fast-check";
import type { ArrayRecord, EnumType, ObjectRecord, ValueRecord } from "./interop-values.js";
import { bytesText, floatText } from "./interop-values.js";

const odd = [
  "__proto__",
  "constructor",
  "toString",
  "length",
  "0",
  "10",
  "a b",
  "größe",
  "名前",
  "🜂",
  "A\u0308",
  "a.b",
];

const text = fc
  .oneof(
    { weight: 4, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom("", "NoneType:None", "Path:", "Path:/a", "None", "x".repeat(70000), "line\nline", "日本語"),
  )
  .filter((value) => !value.includes("\0") && !/\p{Surrogate}/u.test(value));

/** Keys of dicts; those of what does not become an attribute cannot be paths. */
const key = fc
  .oneof(fc.constantFrom(...odd), fc.constant("k".repeat(300)), text)
  .filter((name) => name !== "" && name.length < 1000 && name !== "__class__" && name !== "__container_type__");

const float = fc.double();

const scalar: fc.Arbitrary<ValueRecord> = fc.oneof(
  fc.constant({ type: "none" } as const),
  fc.boolean().map((value) => ({ type: "bool", value }) as const),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
    .map((value) => ({ type: "int", value: String(value), dtype: value >= 2n ** 63n ? "<u8" : "<i8" }) as const),
  fc.integer({ min: -9, max: 120 }).map((value) => ({ type: "int", value: String(value), dtype: "<i8" }) as const),
  fc.integer({ min: -128, max: 127 }).map((value) => ({ type: "int", value: String(value), dtype: "|i1" }) as const),
  fc.nat(65535).map((value) => ({ type: "int", value: String(value), dtype: "<u2" }) as const),
  float.map((value) => ({ type: "float", value: floatText(value), dtype: "<f8" }) as const),
  fc.integer().map((value) => ({ type: "float", value: floatText(value), dtype: "<f8" }) as const),
  fc.float().map((value) => ({ type: "float", value: floatText(value), dtype: "<f4" }) as const),
  fc
    .tuple(float, float)
    .map(([re, im]) => ({ type: "complex", re: floatText(re), im: floatText(im), dtype: "<c16" }) as const),
  text.map((value) => ({ type: "str", value }) as const),
  text.map((name) => ({ type: "path", value: `/${name}` }) as const),
);

const sizes: Readonly<Record<string, number>> = { i1: 1, i2: 2, i4: 4, i8: 8, u1: 1, u2: 2, u4: 4, u8: 8 };
const colours: EnumType = { enum: { RED: 0, GREEN: 1, kräftig: -7 }, base: "<i4" };

const shape = fc.oneof(
  fc.constantFrom([], [0], [3, 0], [0, 2], [1, 1, 1]),
  fc.tuple(fc.integer({ min: 1, max: 40 })).map(([length]) => [length]),
  fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 })).map(([rows, columns]) => [rows, columns]),
);

/** The type of elements and the elements, for so many of them. */
function elements(count: number): fc.Arbitrary<Pick<ArrayRecord, "dtype" | "data">> {
  const many = { minLength: count, maxLength: count };
  const order = fc.constantFrom("<", ">");
  const integers = fc
    .constantFrom(...Object.keys(sizes))
    .chain((name) =>
      fc
        .tuple(order, fc.uint8Array({ minLength: count * sizes[name], maxLength: count * sizes[name] }))
        .map(
          ([sign, bytes]) => ({ dtype: `${sizes[name] === 1 ? "|" : sign}${name}`, data: bytesText(bytes) }) as const,
        ),
    );
  const doubles = fc
    .tuple(order, fc.array(float, many))
    .map(([sign, list]) => ({ dtype: `${sign}f8`, data: bytesText(Float64Array.from(list)) }));
  const floats = fc
    .tuple(order, fc.array(fc.float(), many))
    .map(([sign, list]) => ({ dtype: `${sign}f4`, data: bytesText(Float32Array.from(list)) }));
  // Whole numbers up to 2048 and their halves are exact in 16 bits.
  const halves = fc.array(fc.integer({ min: -2048, max: 2048 }), many).map((list) => ({
    dtype: "<f2",
    data: bytesText(Float32Array.from(list, (each) => each / 2)),
  }));
  const complex = fc.array(fc.tuple(float, float), many).map((list) => ({
    dtype: "<c16",
    data: bytesText(Float64Array.from(list.flat())),
  }));
  const narrow = fc.array(fc.tuple(fc.float(), fc.float()), many).map((list) => ({
    dtype: "<c8",
    data: bytesText(Float32Array.from(list.flat())),
  }));
  const booleans = fc.array(fc.nat(1), many).map((list) => ({ dtype: "|b1", data: bytesText(Uint8Array.from(list)) }));
  const strings = fc.array(text, many).map((data) => ({ dtype: "str", data }));
  const fixed = fc
    .array(fc.string({ unit: fc.constantFrom(..."abcXYZ 19"), maxLength: 6 }), many)
    .map((data) => ({ dtype: "|S6", data }));
  const named = fc
    .array(fc.constantFrom(0, 1, -7), many)
    .map((list) => ({ dtype: colours, data: bytesText(Int32Array.from(list)) }));
  return fc.oneof(
    { weight: 3, arbitrary: integers },
    doubles,
    floats,
    halves,
    complex,
    narrow,
    booleans,
    strings,
    fixed,
    named,
  );
}

const array = shape.chain((axes) =>
  elements(axes.reduce((product, extent) => product * extent, 1)).map(
    (found): ValueRecord => ({ type: "ndarray", shape: axes, ...found }),
  ),
);

/** A time of a wall clock, and whether it is the later one where the clock shows it twice. */
interface Wall {
  readonly wall: bigint;
  readonly fold: 0 | 1;
}

const nanoseconds = (...date: [number, number, number, number, number]): bigint =>
  BigInt(Date.UTC(...date)) * 1_000_000n;

const twice: Readonly<Record<string, readonly bigint[]>> = {
  "Europe/Berlin": [nanoseconds(2024, 9, 27, 2, 30), nanoseconds(1996, 9, 27, 2, 59) + 59_999_999_999n],
  "America/New_York": [nanoseconds(2024, 10, 3, 1, 15) + 1n],
  "Australia/Lord_Howe": [nanoseconds(2024, 3, 7, 1, 45)],
};
const zones = [
  null,
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
];

function wallIn(zone: string | null): fc.Arbitrary<Wall> {
  const any = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.constantFrom(-(2n ** 63n), -(2n ** 63n) + 1n, 2n ** 63n - 1n, 0n, -1n),
    fc
      .date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
      .map((date) => BigInt(date.getTime()) * 1_000_000n),
  );
  const plain = any.map((wall): Wall => ({ wall, fold: 0 }));
  const repeated = zone === null ? [] : (twice[zone] ?? []);
  if (repeated.length === 0) return plain;
  const folded = fc.tuple(fc.constantFrom(...repeated), fc.constantFrom<(0 | 1)[]>(0, 1));
  return fc.oneof(
    plain,
    folded.map(([wall, fold]): Wall => ({ wall, fold })),
  );
}

const time = fc.constantFrom(...zones).chain((timezone) =>
  fc.oneof(
    wallIn(timezone).map(({ wall, fold }): ValueRecord => {
      return { type: "timestamp", timezone, wall: String(wall), ...(fold === 1 && { fold }) };
    }),
    fc.array(wallIn(timezone), { maxLength: 12 }).map((walls): ValueRecord => {
      const fold = walls.map((each) => each.fold);
      const wall = walls.map((each) => String(each.wall));
      return { type: "datetimeindex", timezone, wall, ...(fold.includes(1) && { fold }) };
    }),
  ),
);

function isAttribute({ type }: ValueRecord): boolean {
  return !["list", "dict", "object", "ndarray", "timestamp", "datetimeindex"].includes(type);
}

function itemsOf(entries: readonly (readonly [string, ValueRecord])[]): Record<string, ValueRecord> {
  const items: Record<string, ValueRecord> = Object.create(null);
  for (const [name, value] of entries) items[isAttribute(value) ? name : name.replaceAll(/[/.]/g, "∕")] = value;
  return items;
}

const { value } = fc.letrec<{ value: ValueRecord; list: ValueRecord; dict: ValueRecord; object: ValueRecord }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      { weight: 3, arbitrary: scalar },
      { weight: 3, arbitrary: array },
      { weight: 2, arbitrary: time },
      { weight: 2, arbitrary: tie("list") },
      { weight: 2, arbitrary: tie("dict") },
      { weight: 2, arbitrary: tie("object") },
    ),
    list: fc.oneof(
      fc.array(tie("value"), { maxLength: 4 }).map((items): ValueRecord => ({ type: "list", items })),
      fc
        .array(fc.oneof(scalar, scalar, array, time), { minLength: 9, maxLength: 105 })
        .map((items): ValueRecord => ({ type: "list", items })),
    ),
    dict: fc
      .uniqueArray(fc.tuple(key, tie("value")), { selector: ([name]) => name.replaceAll(/[/.]/g, "∕"), maxLength: 5 })
      .map((entries): ValueRecord => ({ type: "dict", items: itemsOf(entries) })),
    object: object(tie("value")),
  }),
);

function object(member: fc.Arbitrary<ValueRecord>): fc.Arbitrary<ObjectRecord> {
  const of = (name: string, properties: readonly string[]) =>
    fc.tuple(...properties.map(() => member)).map((members): ObjectRecord => {
      const items = Object.fromEntries(members.map((each, index) => [properties[index], each]));
      return { type: "object", class: name, properties: items };
    });
  return fc.oneof(
    of("interop.Sample", ["content", "extra"]),
    of("interop.Special", ["content", "extra", "more"]),
    of("elsewhere.Unknown", ["first", "größe"]),
  );
}

/** An object with anything in it. */
export const anyObject: fc.Arbitrary<ObjectRecord> = object(value);
