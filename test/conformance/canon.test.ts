import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Datatype, IntegerDatatype } from "../../src/format/structures/messages/datatype.js";

interface FinishedSink {
  readonly sha256: string;
  readonly nbytes: number;
  readonly bytes: Uint8Array;
}
interface Sink {
  finish(): FinishedSink;
}
interface Heap {
  object(address: number, index: number): Uint8Array;
}
interface Context {
  readonly offsetSize: number;
  pathOf(address: number): Uint8Array | undefined;
}
interface Modules {
  elementEncoder(
    datatype: Datatype,
    context: Context,
  ): (bytes: Uint8Array, offset: number, count: number, heap: Heap | undefined, sink: Sink) => void;
  describeDatatype(datatype: Datatype): unknown;
  text(bytes: Uint8Array): string;
  integer(value: number | bigint): number | string;
  canonicalJson(value: unknown): string;
  encodeSelection(bytes: Uint8Array, sink: Sink): void;
  Sink: new (keep: boolean) => Sink;
}

const modules = Object.assign(
  {},
  ...(await Promise.all(
    ["canon-values", "canon-datatypes", "canon-text", "canon-selections", "canon-sink"].map(
      (name) => import(new URL(`../../conformance/${name}.mjs`, import.meta.url).href),
    ),
  )),
) as Modules;

const context: Context = {
  offsetSize: 8,
  pathOf: (address) => (address === 0x60 ? new TextEncoder().encode("/a") : undefined),
};

function integerType(size: number, byteOrder: "little" | "big", signed = true): IntegerDatatype {
  return {
    class: "integer",
    version: 1,
    size,
    byteOrder,
    signed,
    bitOffset: 0,
    precision: 8 * size,
    lowPadding: 0,
    highPadding: 0,
  };
}

function encode(datatype: Datatype, bytes: readonly number[], count: number, heap?: Heap): number[] {
  const sink = new modules.Sink(true);
  modules.elementEncoder(datatype, context)(Uint8Array.from(bytes), 0, count, heap, sink);
  const finished = sink.finish();
  expect(finished.nbytes).toBe(finished.bytes.length);
  expect(finished.sha256).toBe(createHash("sha256").update(finished.bytes).digest("hex"));
  return [...finished.bytes];
}

describe("canonical text", () => {
  it("escapes bytes of what is not UTF-8, and nothing else", () => {
    expect(modules.text(new TextEncoder().encode("grün \ufeff"))).toBe("grün \ufeff");
    expect(modules.text(Uint8Array.of(0x61, 0xff, 0xc3, 0xbc))).toBe("a\\xff\\xc3\\xbc");
    expect(modules.text(Uint8Array.of(0xed, 0xa0, 0x80))).toBe("\\xed\\xa0\\x80");
  });

  it("writes large integers as strings and sorts keys", () => {
    expect(modules.integer(2n ** 53n)).toBe("9007199254740992");
    expect(modules.integer(-(2n ** 53n) + 1n)).toBe(-9007199254740991);
    expect(modules.canonicalJson({ b: [1, null], a: "\u0001\u007f", c: undefined })).toBe(
      '{"a":"\\u0001\u007f","b":[1,null]}',
    );
  });
});

describe("canonical datatypes", () => {
  it("leaves out what is usual and adds what is not", () => {
    expect(modules.describeDatatype(integerType(1, "big"))).toEqual({ class: "int", signed: true, size: 1 });
    expect(
      modules.describeDatatype({ ...integerType(4, "big", false), bitOffset: 3, precision: 12, highPadding: 1 }),
    ).toEqual({
      class: "int",
      signed: false,
      size: 4,
      order: "be",
      precision: 12,
      offset: 3,
      bitpad: ["zero", "one"],
    });
  });

  it("sorts members of enumerations by name and reads their values in the order of the base", () => {
    const member = (name: string, ...valueBytes: number[]) => ({
      name,
      nameBytes: new TextEncoder().encode(name),
      valueBytes: Uint8Array.from(valueBytes),
    });
    const datatype: Datatype = {
      class: "enum",
      version: 3,
      size: 2,
      base: integerType(2, "big"),
      members: [member("b", 0xff, 0xfe), member("a", 1, 2)],
    };
    expect(modules.describeDatatype(datatype)).toMatchObject({
      members: [
        ["a", "258"],
        ["b", "-2"],
      ],
    });
  });
});

describe("canonical values", () => {
  it("reverses big-endian numbers, over more than one buffer", () => {
    expect(encode(integerType(4, "big"), [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe], 2)).toEqual([
      1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff,
    ]);
    const count = 12_000;
    const bytes = Array.from({ length: 3 * count }, (_, index) => index % 251);
    const expected = bytes.map((_, index) => bytes[index - (index % 3) + 2 - (index % 3)]);
    expect(encode(integerType(3, "big"), bytes, count)).toEqual(expected);
  });

  it("trims strings by their padding", () => {
    const string = (padding: "null-terminated" | "null-padded" | "space-padded"): Datatype => ({
      class: "string",
      version: 1,
      size: 4,
      padding,
      characterSet: "ascii",
    });
    const bytes = [0x61, 0, 0x20, 0x20];
    expect(encode(string("null-terminated"), bytes, 1)).toEqual([1, 0, 0, 0, 0x61]);
    expect(encode(string("null-padded"), [0x61, 0, 0x62, 0], 1)).toEqual([3, 0, 0, 0, 0x61, 0, 0x62]);
    expect(encode(string("space-padded"), bytes, 1)).toEqual([2, 0, 0, 0, 0x61, 0]);
  });

  it("looks for the end of a string in the string alone, however many follow", () => {
    const count = 100_000;
    const full: Datatype = { class: "string", version: 1, size: 8, padding: "null-terminated", characterSet: "ascii" };
    const started = performance.now();
    expect(encode(full, new Array<number>(8 * count).fill(0x61), count)).toHaveLength(12 * count);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it("drops the padding of compounds and orders members by offset", () => {
    const member = (name: string, offset: number, datatype: Datatype) => ({
      name,
      nameBytes: new TextEncoder().encode(name),
      offset,
      datatype,
    });
    const datatype: Datatype = {
      class: "compound",
      version: 1,
      size: 6,
      members: [member("second", 4, integerType(2, "big")), member("first", 0, integerType(1, "little"))],
    };
    expect(encode(datatype, [7, 9, 9, 9, 1, 2, 8, 9, 9, 9, 3, 4], 2)).toEqual([7, 2, 1, 8, 4, 3]);
  });

  it("follows variable-length data into the heap", () => {
    const heap: Heap = { object: (address, index) => Uint8Array.of(address, index, 0, 5) };
    const base = { version: 1, size: 16, padding: "null-terminated", characterSet: "utf-8" } as const;
    const element = [2, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0];
    const missing = new Array<number>(16).fill(0);
    const sequence: Datatype = {
      ...base,
      class: "variable-length",
      content: "sequence",
      base: integerType(2, "big"),
    };
    expect(encode(sequence, [...element, ...missing], 2, heap)).toEqual([2, 0, 0, 0, 3, 0x40, 5, 0, 0, 0, 0, 0]);
    const string: Datatype = { ...base, class: "variable-length", content: "string", base: integerType(1, "little") };
    expect(encode(string, [4, ...element.slice(1)], 1, heap)).toEqual([2, 0, 0, 0, 0x40, 3]);
  });

  it("names the objects that references lead to", () => {
    const reference: Datatype = { class: "reference", version: 1, size: 8, referenceKind: "object" };
    const ascii = (value: string) => [value.length, 0, 0, 0, ...new TextEncoder().encode(value)];
    expect(encode(reference, [0x60, 0, 0, 0, 0, 0, 0, 0], 1)).toEqual(ascii("/a"));
    expect(encode(reference, [0x61, 0, 0, 0, 0, 0, 0, 0], 1)).toEqual(ascii("<unresolved>"));
    expect(encode(reference, new Array<number>(8).fill(0xff), 1)).toEqual([0, 0, 0, 0]);
  });
});

describe("canonical selections", () => {
  const u32 = (...values: number[]) => [...new Uint8Array(Uint32Array.from(values).buffer)];
  const u64 = (...values: number[]) => [...new Uint8Array(BigUint64Array.from(values, BigInt).buffer)];

  function selection(bytes: readonly number[]): number[] {
    const sink = new modules.Sink(true);
    modules.encodeSelection(Uint8Array.from(bytes), sink);
    return [...sink.finish().bytes];
  }

  it("keeps the order and the repeats of points", () => {
    expect(selection(u32(1, 1, 0, 0, 2, 2, 5, 4, 5, 4))).toEqual([1, ...u32(2), ...u64(2, 5, 4, 5, 4)]);
  });

  it("lists the elements of blocks once, in row-major order", () => {
    const blocks = u32(2, 1, 0, 0, 1, 2, 4, 5, 1, 4);
    expect(selection(blocks)).toEqual([2, ...u32(1), ...u64(5, 1, 2, 3, 4, 5)]);
  });

  it("gives the bounds of large hyperslabs and the parameters of unlimited ones", () => {
    const regular = (...parameters: number[]) => [...u32(2, 2), 1, ...u32(0), ...u32(1), ...u64(...parameters)];
    expect(selection(regular(3, 10, 1000, 5))).toEqual([2, ...u32(1), ...u64(5000, 3, 9997)]);
    const unlimited = [...u32(2, 2), 1, ...u32(0), ...u32(1), ...u64(3, 10), ...u32(0xffffffff, 0xffffffff), ...u64(5)];
    expect(selection(unlimited)).toEqual([4, ...u32(1), ...u64(3, 10), ...u32(0xffffffff, 0xffffffff), ...u64(5)]);
  });

  it("refuses what it cannot decode", () => {
    expect(() => selection(u32(1, 1, 0, 0, 2, 9, 5))).toThrow("truncated");
    expect(() => selection(u32(9, 1))).toThrow("type 9");
  });
});
