/** Compares loaded values with the tagged trees of golden-files/jangada/*.json. */

import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { NDArray } from "../../src/format/index.js";
import { ComplexArray } from "../../src/format/index.js";
import { Complex, DatetimeIndex, FilePath, Serializable, Timestamp } from "../../src/serialization/index.js";

export interface Tagged {
  readonly type: string;
  readonly value?: string | boolean;
  readonly re?: string;
  readonly im?: string;
  readonly items?: readonly Tagged[] | Readonly<Record<string, Tagged>>;
  readonly class?: string;
  readonly properties?: Readonly<Record<string, Tagged>>;
  readonly dtype?: string;
  readonly shape?: readonly number[];
  readonly values?: readonly unknown[];
  readonly sha256?: string;
  readonly iso?: string;
  readonly timezone?: string | null;
  readonly wallNanoseconds?: string | readonly string[];
  readonly epochNanoseconds?: string | readonly string[];
}

const dtypes: Readonly<Record<string, string>> = {
  "<f8": "float64",
  ">f8": "float64",
  "<f4": "float32",
  "<f2": "float16",
  "<i8": "int64",
  "<i4": "int32",
  "|i1": "int8",
  "<u2": "uint16",
  "<u8": "uint64",
  "|b1": "bool",
  "<c16": "complex128",
};

function plain(value: unknown): unknown {
  if (typeof value === "string") return Number(value.replace("inf", "Infinity"));
  return Array.isArray(value) ? value.map(plain) : value;
}

export function expectArray(actual: NDArray, expected: Tagged, path: string): void {
  expect(actual.shape, path).toEqual(expected.shape);
  const dtype = expected.dtype ?? "";
  if (dtypes[dtype] !== undefined) expect(actual.dtype, path).toBe(dtypes[dtype]);
  const { data } = actual;
  if (expected.sha256 !== undefined) {
    const { buffer, byteOffset, byteLength } = data as Float64Array;
    expect(
      createHash("sha256")
        .update(new Uint8Array(buffer, byteOffset, byteLength))
        .digest("hex"),
    ).toBe(expected.sha256);
    return;
  }
  const values = expected.values ?? [];
  if (dtype.startsWith("|S")) expect(data, path).toEqual(values);
  else if (data instanceof ComplexArray)
    expect(
      Array.from(data, ({ re, im }) => [re, im]),
      path,
    ).toEqual(values.map(plain));
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    expect(Array.from(data, String), path).toEqual(values);
  } else if (dtype === "|b1") expect(Array.from(data as Uint8Array, Boolean), path).toEqual(values);
  else expect(Array.from(data as Float64Array), path).toEqual(values.map(plain));
}

export function expectTagged(actual: unknown, expected: Tagged, path: string): void {
  const members = expected.items ?? {};
  switch (expected.type) {
    case "none":
      expect(actual, path).toBeNull();
      return;
    case "bool":
    case "str":
      expect(actual, path).toBe(expected.value);
      return;
    case "int":
      expect(["number", "bigint"], path).toContain(typeof actual);
      expect(String(actual), path).toBe(expected.value);
      return;
    case "float":
      expect(actual, path).toBe(plain(expected.value));
      return;
    case "complex":
      expect(actual, path).toEqual(new Complex(Number(expected.re), Number(expected.im)));
      return;
    case "path":
      expect(actual, path).toEqual(new FilePath(String(expected.value)));
      return;
    case "list":
      expect(Array.isArray(actual), path).toBe(true);
      expect((actual as unknown[]).length, path).toBe((members as readonly Tagged[]).length);
      (members as readonly Tagged[]).forEach((item, index) => {
        expectTagged((actual as unknown[])[index], item, `${path}/${index}`);
      });
      return;
    case "dict":
      expect(Object.keys(actual as object).sort(), path).toEqual(Object.keys(members).sort());
      for (const [key, item] of Object.entries(members)) {
        expectTagged((actual as Record<string, unknown>)[key], item as Tagged, `${path}/${key}`);
      }
      return;
    case "ndarray":
      expectArray(actual as NDArray, expected, path);
      return;
    case "timestamp": {
      expect(actual, path).toBeInstanceOf(Timestamp);
      const { timezone, wallNanoseconds, epochNanoseconds } = actual as Timestamp;
      expect([timezone, String(wallNanoseconds), String(epochNanoseconds)], path).toEqual([
        expected.timezone,
        expected.wallNanoseconds,
        expected.epochNanoseconds,
      ]);
      expect(String(actual), path).toBe(expected.iso);
      return;
    }
    case "datetimeindex": {
      expect(actual, path).toBeInstanceOf(DatetimeIndex);
      const { timezone, wallNanoseconds, epochNanoseconds } = actual as DatetimeIndex;
      expect([timezone, Array.from(wallNanoseconds, String), Array.from(epochNanoseconds, String)], path).toEqual([
        expected.timezone,
        expected.wallNanoseconds,
        expected.epochNanoseconds,
      ]);
      return;
    }
    case "object": {
      expect(actual, path).toBeInstanceOf(Serializable);
      const object = actual as Serializable;
      expect((object.constructor as typeof Serializable).className, path).toBe(expected.class);
      const values = Serializable.valuesOf(object);
      expect([...values.keys()].sort(), path).toEqual(Object.keys(expected.properties ?? {}).sort());
      for (const [key, item] of Object.entries(expected.properties ?? {})) {
        expectTagged(values.get(key), item, `${path}/${key}`);
      }
      return;
    }
    default:
      expect.unreachable(`the type ${expected.type} at ${path}`);
  }
}
