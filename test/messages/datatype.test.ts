import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Datatype } from "../../src/format/structures/messages/datatype.js";
import {
  containsReference,
  containsVariableLength,
  datatypesEqual,
  decodeDatatype,
  encodeDatatype,
  minimalDatatypeVersion,
  withDatatypeVersion,
} from "../../src/format/structures/messages/datatype.js";
import { datatypes } from "./arbitraries.js";
import { decodedBothWays, encoded, errorOf, expectHardy, readerOf } from "./bytes.js";

const decode = (hex: string): Datatype => decodedBothWays((reader) => decodeDatatype(reader), encodeDatatype, hex);

// Messages written by h5py 3.7 with HDF5 1.10.8 unless said otherwise; `latest` means libver="latest".
const int16Big = "10010000020000000000100000000000";
const float64Big = "11213f000800000000004000340b0034ff030000";
const booleans = "180200000100000010080000010000000000080046414c5345000000545255450000000000010000";
const booleansLatest = "380200000100000010080000010000000000080046414c53450054525545000001";
const compoundWithArray =
  "2603000020000000" +
  "610000000000000000000000" +
  "100800000400000000002000" +
  "626300000000000008000000" +
  float64Big +
  "617272000000000010000000" +
  "2a0000000c000000020000000200000003000000000000000100000010000000020000000000100000000000";
const compoundWithArrayLatest =
  "3603000020000000" +
  "610000" +
  "100800000400000000002000" +
  "62630008" +
  float64Big +
  "6172720010" +
  "3a0000000c0000000202000000030000001000000002000000" +
  "00001000";
const variableString = "190101001000000010000000010000000000080000000000";

describe("datatype messages of libhdf5", () => {
  it("reads integers and bit fields", () => {
    expect(decode(int16Big)).toEqual({
      class: "integer",
      version: 1,
      size: 2,
      byteOrder: "big",
      signed: false,
      bitOffset: 0,
      precision: 16,
      lowPadding: 0,
      highPadding: 0,
    });
    expect(decode("14010000020000000000100000000000")).toMatchObject({ class: "bitfield", byteOrder: "big", size: 2 });
  });

  it("reads floats of 2, 8 and 16 bytes", () => {
    expect(decode("11200f0002000000000010000a05000a0f000000")).toMatchObject({
      class: "float",
      size: 2,
      byteOrder: "little",
      normalization: "implied",
      signPosition: 15,
      exponentPosition: 10,
      exponentSize: 5,
      mantissaPosition: 0,
      mantissaSize: 10,
      exponentBias: 15,
    });
    expect(decode(float64Big)).toMatchObject({ byteOrder: "big", signPosition: 63, exponentBias: 1023 });
    expect(decode("11004f001000000000005000400f0040ff3f000000000000")).toMatchObject({
      size: 16,
      precision: 80,
      normalization: "none",
      signPosition: 79,
      mantissaSize: 64,
    });
  });

  it("reads VAX byte order (H5T_VAX_F32)", () => {
    expect(decode("31611f000400000000002000170800178100000000000000")).toMatchObject({
      class: "float",
      version: 3,
      byteOrder: "vax",
    });
    const reserved = "31601f000400000000002000170800178100000000000000";
    expect(errorOf(() => decodeDatatype(readerOf(reserved))).code).toBe("unsupported");
  });

  it("reads enumerations with padded and unpadded names", () => {
    for (const [hex, version] of [
      [booleans, 1],
      [booleansLatest, 3],
    ] as const) {
      const type = decode(hex);
      if (type.class !== "enum") throw new Error(type.class);
      expect(type.version).toBe(version);
      expect(type.members.map((member) => [member.name, Array.from(member.valueBytes)])).toEqual([
        ["FALSE", [0]],
        ["TRUE", [1]],
      ]);
    }
    const signed = "1802000001000000100800000100000000000800475245454e49534800000000000000005245440000000000fe010000";
    const type = decode(signed);
    expect(type.class === "enum" && type.members.map((member) => member.name)).toEqual(["GREENISH", "RED"]);
  });

  it("reads compounds of versions 2 and 3", () => {
    for (const hex of [compoundWithArray, compoundWithArrayLatest]) {
      const type = decode(hex);
      if (type.class !== "compound") throw new Error(type.class);
      expect(type.size).toBe(32);
      expect(type.members.map((member) => [member.name, member.offset, member.datatype.class])).toEqual([
        ["a", 0, "integer"],
        ["bc", 8, "float"],
        ["arr", 16, "array"],
      ]);
      expect(type.members[2].datatype).toMatchObject({ dimensions: [2, 3], size: 12, base: { size: 2 } });
    }
    expect(datatypesEqual(decode(compoundWithArray), decode(compoundWithArrayLatest))).toBe(true);
  });

  it("reads the dimensions of version 1 members (HDF5 1.2 file)", () => {
    const member = (name: string, offset: string, dimensions: string, type: string): string =>
      `${name.padEnd(32, "0")}${offset}${dimensions}${type}`;
    const type = decode(
      `1602000088000000${member("696e745f6172726179", "00000000", `0100000000000000000000000400000000000000${"0".repeat(16)}`, "100900000400000000002000")}${member("666c6f61745f6172726179", "10000000", `0200000000000000000000000500000006000000${"0".repeat(16)}`, "11211f000400000000002000170800177f000000")}`,
    );
    if (type.class !== "compound") throw new Error(type.class);
    expect(type.members.map((each) => each.datatype)).toMatchObject([
      { class: "array", version: 1, size: 16, dimensions: [4], base: { class: "integer" } },
      { class: "array", version: 1, size: 120, dimensions: [5, 6], base: { class: "float", byteOrder: "big" } },
    ]);
    expect(minimalDatatypeVersion(type)).toBe(2);
    const modern = withDatatypeVersion(type, 1);
    expect(modern.version).toBe(2);
    expect(datatypesEqual(decodeDatatype(readerOf(encoded(encodeDatatype, modern))), type)).toBe(true);
  });

  it("reads strings, opaque data and variable-length data", () => {
    expect(decode("1301000005000000")).toMatchObject({
      class: "string",
      padding: "null-padded",
      characterSet: "ascii",
    });
    expect(decode("15100000080000004e554d50593a3c4d385b735d00000000")).toMatchObject({
      class: "opaque",
      tag: "NUMPY:<M8[s]",
    });
    expect(decode(variableString)).toMatchObject({
      class: "variable-length",
      content: "string",
      characterSet: "utf-8",
      size: 16,
      base: { class: "integer", size: 1 },
    });
    expect(decode("190000001000000011201f000400000000002000170800177f00000000000000")).toMatchObject({
      content: "sequence",
      base: { class: "float", size: 4 },
    });
  });

  it("reads references old and new (HDF5 2.0)", () => {
    expect(decode("1700000008000000")).toMatchObject({ referenceKind: "object", size: 8 });
    expect(decode("170100000c000000")).toMatchObject({ referenceKind: "region", size: 12 });
    expect(decode("4712000012000000")).toMatchObject({ version: 4, referenceKind: "standard-object", size: 18 });
  });

  it("reads complex numbers (HDF5 2.0)", () => {
    const hex = "5b0100000400000011200f0002000000000010000a05000a0f000000";
    expect(decode(hex)).toMatchObject({ class: "complex", version: 5, size: 4, base: { class: "float", size: 2 } });
    const polar = hex.replace("5b01", "5b03");
    expect(errorOf(() => decodeDatatype(readerOf(polar))).code).toBe("unsupported");
  });
});

describe("datatype messages in general", () => {
  it("survive encoding and decoding", () => {
    fc.assert(
      fc.property(datatypes, (type) => {
        const bytes = encoded(encodeDatatype, type);
        const reader = readerOf(bytes);
        expect(decodeDatatype(reader)).toEqual(type);
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it("keep their meaning at every version", () => {
    fc.assert(
      fc.property(datatypes, fc.integer({ min: 1, max: 5 }), (type, version) => {
        const other = withDatatypeVersion(type, version);
        expect(datatypesEqual(type, other)).toBe(true);
        expect(datatypesEqual(decodeDatatype(readerOf(encoded(encodeDatatype, other))), type)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("are never older than what they are made of", () => {
    const check = (type: Datatype): void => {
      const parts = type.class === "compound" ? type.members.map((member) => member.datatype) : [];
      if ("base" in type) parts.push(type.base);
      for (const part of parts) {
        expect(type.version).toBeGreaterThanOrEqual(part.version);
        check(part);
      }
    };
    fc.assert(fc.property(datatypes, check), { numRuns: 100 });
  });

  it("raise the library's own errors when damaged", () => {
    for (const hex of [booleans, compoundWithArray, compoundWithArrayLatest, variableString]) {
      expectHardy((reader) => decodeDatatype(reader), readerOf(hex).bytes);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeDatatype(readerOf(bytes));
        } catch (error) {
          expect(error).toHaveProperty("name", expect.stringMatching(/HDF5Error|UnsupportedFeatureError/));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("say where the damage is", () => {
    const error = errorOf(() => decodeDatatype(readerOf("6000000004000000", undefined, 4096)));
    expect(error).toMatchObject({ code: "unsupported", offset: 4096 });
    const short = errorOf(() => decodeDatatype(readerOf("1008000004000000", undefined, 4096)));
    expect(short).toMatchObject({ code: "corrupt", offset: 4104 });
  });

  it("refuse members beyond the compound and members that overlap", () => {
    const compound = (offset: string): string =>
      `3602000008000000610000100800000400000000002000620${offset}100800000400000000002000`;
    expect(decodeDatatype(readerOf(compound("004")))).toMatchObject({ size: 8 });
    expect(errorOf(() => decodeDatatype(readerOf(compound("005")))).message).toMatch(/ends at byte 9/);
    expect(errorOf(() => decodeDatatype(readerOf(compound("003")))).message).toMatch(/overlaps/);
  });

  it("are limited in depth", () => {
    const nested = `${"1900000010000000".repeat(64)}1301000005000000`;
    expect(errorOf(() => decodeDatatype(readerOf(nested))).code).toBe("limit");
    expect(decodeDatatype(readerOf(nested), 65).class).toBe("variable-length");
  });

  it("refuse impossible sizes", () => {
    expect(errorOf(() => decodeDatatype(readerOf("1300000000000000"))).code).toBe("corrupt");
    expect(errorOf(() => decodeDatatype(readerOf("100800000400000001002000"))).code).toBe("corrupt");
    const array = "3a0000000d00000002020000000300000010000000020000000000" + "1000";
    expect(errorOf(() => decodeDatatype(readerOf(array))).message).toMatch(/has 13/);
  });

  it("know what they contain", () => {
    const string = decode(variableString);
    const reference = decode("1700000008000000");
    const pair = (type: Datatype): Datatype => ({
      class: "compound",
      version: 1,
      size: type.size,
      members: [{ name: "x", nameBytes: Uint8Array.of(0x78), offset: 0, datatype: type }],
    });
    expect(containsVariableLength(pair(string))).toBe(true);
    expect(containsVariableLength(pair(reference))).toBe(false);
    expect(containsReference(pair(reference))).toBe(true);
    expect(containsReference(string)).toBe(false);
    expect(datatypesEqual(pair(string), pair(reference))).toBe(false);
  });

  it("keep names that are not UTF-8", () => {
    const type = decode(booleansLatest.replace("46414c5345", "46fcfc5345"));
    expect(type.class === "enum" && type.members[0].name).toBe("F\\xfc\\xfcSE");
  });
});
