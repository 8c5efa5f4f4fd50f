import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteReader } from "../../src/format/structures/byte-reader.js";
import type { ChunkIndexing, DataLayout } from "../../src/format/structures/messages/data-layout.js";
import { decodeDataLayout, encodeDataLayout } from "../../src/format/structures/messages/data-layout.js";
import { decodeDataspace, elementCount, encodeDataspace } from "../../src/format/structures/messages/dataspace.js";
import {
  decodeExternalDataFiles,
  encodeExternalDataFiles,
} from "../../src/format/structures/messages/external-data-files.js";
import type { FillValue } from "../../src/format/structures/messages/fill-value.js";
import {
  decodeFillValue,
  decodeOldFillValue,
  encodeFillValue,
  encodeOldFillValue,
} from "../../src/format/structures/messages/fill-value.js";
import type { FilterPipeline } from "../../src/format/structures/messages/filter-pipeline.js";
import { decodeFilterPipeline, encodeFilterPipeline } from "../../src/format/structures/messages/filter-pipeline.js";
import { dataspaces, names } from "./arbitraries.js";
import { decodedBothWays, encoded, errorOf, expectHardy, fromHex, readerOf } from "./bytes.js";

// Messages in hexadecimal were written by h5py 3.7 with HDF5 1.10.8 unless said otherwise.

describe("dataspace messages", () => {
  it("of libhdf5 read and write alike", () => {
    const both = (hex: string) => decodedBothWays(decodeDataspace, encodeDataspace, hex);
    expect(both("0100000000000000")).toEqual({ version: 1, kind: "scalar", dimensions: [], maxDimensions: [] });
    expect(both("02000000")).toMatchObject({ version: 2, kind: "scalar" });
    expect(both("0200000200000000")).toMatchObject({ version: 2, kind: "null" });
    const extendible = { kind: "simple", dimensions: [3, 4], maxDimensions: [null, 4] };
    const dimensions = "03000000000000000400000000000000ffffffffffffffff0400000000000000";
    expect(both(`0102010000000000${dimensions}`)).toEqual({ version: 1, ...extendible });
    expect(both(`02020101${dimensions}`)).toEqual({ version: 2, ...extendible });
  });

  it("take missing maxima to equal the dimensions", () => {
    expect(decodeDataspace(readerOf("020100010f00000000000000"))).toMatchObject({
      dimensions: [15],
      maxDimensions: [15],
    });
  });

  it("ignore version 1 permutation indices", () => {
    const space = decodeDataspace(readerOf("010102000000000002000000000000000000000000000000"));
    expect(space).toMatchObject({ dimensions: [2], maxDimensions: [2] });
  });

  it("know an unlimited dimension by 64 one bits only", () => {
    const narrow = { offsetSize: 4, lengthSize: 4 };
    const space = decodeDataspace(readerOf("0201010105000000ffffffff", narrow));
    expect(space.maxDimensions).toEqual([2 ** 32 - 1]);
    const unlimited = { ...space, maxDimensions: [null] };
    expect(errorOf(() => encoded(encodeDataspace, unlimited, narrow)).code).toBe("invalid-argument");
  });

  it("survive encoding and decoding", () => {
    fc.assert(
      fc.property(dataspaces, (space) => {
        expect(decodeDataspace(readerOf(encoded(encodeDataspace, space)))).toEqual(space);
      }),
    );
  });

  it("refuse what cannot be", () => {
    expect(errorOf(() => decodeDataspace(readerOf("03000000"))).code).toBe("unsupported");
    expect(errorOf(() => decodeDataspace(readerOf("02210001"))).message).toMatch(/33 dimensions/);
    expect(errorOf(() => decodeDataspace(readerOf("0201000200"))).message).toMatch(/null dataspace/);
    expect(errorOf(() => decodeDataspace(readerOf("02000003"))).code).toBe("corrupt");
    expect(errorOf(() => decodeDataspace(readerOf(`02010001${"ff".repeat(8)}`))).code).toBe("corrupt");
    expectHardy(decodeDataspace, fromHex("02010101050000000000000007000000ffffffff"));
  });

  it("count their elements", () => {
    const simple = (dimensions: readonly number[]) =>
      elementCount({ version: 1, kind: "simple", dimensions, maxDimensions: dimensions });
    expect(simple([3, 4, 5])).toBe(60);
    expect(simple([2 ** 40, 0, 2 ** 40])).toBe(0);
    expect(errorOf(() => simple([2 ** 40, 2 ** 40])).code).toBe("limit");
    expect(elementCount({ version: 1, kind: "scalar", dimensions: [], maxDimensions: [] })).toBe(1);
    expect(elementCount({ version: 2, kind: "null", dimensions: [], maxDimensions: [] })).toBe(0);
  });
});

describe("data layout messages", () => {
  const both = (hex: string) => decodedBothWays(decodeDataLayout, encodeDataLayout, hex);
  const undefinedAddress = "ff".repeat(8);

  it("of version 3", () => {
    expect(both("0300040001000200")).toEqual({ kind: "compact", version: 3, data: Uint8Array.of(1, 0, 2, 0) });
    expect(both("030120080000000000000900000000000000000000000000")).toEqual({
      kind: "contiguous",
      version: 3,
      address: 0x820,
      size: 9,
    });
    expect(both(`030203${undefinedAddress}02000000040000000400000000`)).toEqual({
      kind: "chunked",
      version: 3,
      chunkDimensions: [2, 4],
      elementSize: 4,
      address: null,
      indexing: { type: "btree-v1" },
      edgeChunksUnfiltered: false,
    });
  });

  it("of version 4 with every index", () => {
    const chunked = (hex: string) => {
      const layout = both(hex);
      if (layout.kind !== "chunked") throw new Error(layout.kind);
      return layout;
    };
    expect(chunked("0402020301030404012100000000000000000000003108000000000000")).toMatchObject({
      chunkDimensions: [3, 4],
      elementSize: 4,
      address: 0x831,
      indexing: { type: "single-chunk", filtered: { size: 33, filterMask: 0 } },
    });
    expect(chunked("04020002010202025208000000000000")).toMatchObject({
      chunkDimensions: [2],
      elementSize: 2,
      indexing: { type: "implicit" },
    });
    expect(chunked("040200030202002c010400030a1812000000000000")).toMatchObject({
      chunkDimensions: [2, 300],
      indexing: { type: "fixed-array", pageBits: 10 },
    });
    expect(chunked(`040200030102040404200404100a${undefinedAddress}`)).toMatchObject({
      address: null,
      indexing: {
        type: "extensible-array",
        maxBits: 32,
        indexElements: 4,
        minPointers: 4,
        minElements: 16,
        pageBits: 10,
      },
    });
    expect(chunked(`040200030102030405000800006428${undefinedAddress}`)).toMatchObject({
      indexing: { type: "btree-v2", nodeSize: 2048, splitPercent: 100, mergePercent: 40 },
    });
    expect(both("0403f98700000000000002000000")).toEqual({
      kind: "virtual",
      version: 4,
      heapAddress: 0x87f9,
      heapIndex: 2,
    });
  });

  it("of version 5 (HDF5 2.0)", () => {
    expect(both("0502020301030404012100000000000000000000008b30000000000000")).toMatchObject({
      version: 5,
      indexing: { type: "single-chunk", filtered: { size: 33, filterMask: 0 } },
    });
    expect(both("0502000301080808030ae407000000000000")).toMatchObject({ version: 5, chunkDimensions: [8, 8] });
  });

  it("of versions 1 and 2", () => {
    // HDF5 1.4
    const hex = "010202000000000028060000000000000a00000030000000";
    expect(decodeDataLayout(readerOf(hex))).toEqual({
      kind: "chunked",
      version: 1,
      chunkDimensions: [10],
      elementSize: 48,
      address: 0x628,
      indexing: { type: "btree-v1" },
      edgeChunksUnfiltered: false,
    });
    expect(decodeDataLayout(readerOf("020201000000000048080000000000000400000005000000"))).toEqual({
      kind: "contiguous",
      version: 2,
      address: 0x848,
      size: null,
    });
    expect(decodeDataLayout(readerOf("0201000000000000020000000400000001020304"))).toEqual({
      kind: "compact",
      version: 2,
      data: Uint8Array.of(1, 2, 3, 4),
    });
    const modern = decodeDataLayout(readerOf(encoded(encodeDataLayout, decodeDataLayout(readerOf(hex)))));
    expect(modern).toMatchObject({ version: 3, chunkDimensions: [10], address: 0x628 });
  });

  it("survive encoding and decoding, dimensions in the least width", () => {
    const byte = fc.integer({ min: 1, max: 255 });
    const length = fc.integer({ min: 0, max: 2 ** 48 });
    const address = fc.option(length);
    const indexing: fc.Arbitrary<ChunkIndexing> = fc.oneof(
      fc
        .option(fc.record({ size: length, filterMask: fc.integer({ min: 0, max: 0xffffffff }) }))
        .map((filtered): ChunkIndexing => ({ type: "single-chunk", filtered })),
      fc.constant<ChunkIndexing>({ type: "implicit" }),
      byte.map((pageBits): ChunkIndexing => ({ type: "fixed-array", pageBits })),
      fc
        .record({ maxBits: byte, indexElements: byte, minPointers: byte, minElements: byte, pageBits: byte })
        .map((fields): ChunkIndexing => ({ type: "extensible-array", ...fields })),
      fc
        .record({ nodeSize: fc.integer({ min: 0, max: 0xffffffff }), splitPercent: byte, mergePercent: byte })
        .map((fields): ChunkIndexing => ({ type: "btree-v2", ...fields })),
    );
    const dimension = fc.oneof(byte, fc.integer({ min: 1, max: 2 ** 32 - 1 }));
    const shape = { chunkDimensions: fc.array(dimension, { minLength: 1, maxLength: 6 }), elementSize: dimension };
    const layouts: fc.Arbitrary<DataLayout> = fc.oneof(
      fc
        .tuple(fc.constantFrom(3, 4, 5), fc.uint8Array({ maxLength: 30 }))
        .map(([version, data]): DataLayout => ({ kind: "compact", version, data })),
      fc
        .tuple(fc.constantFrom(3, 4, 5), address, length)
        .map(([version, at, size]): DataLayout => ({ kind: "contiguous", version, address: at, size })),
      fc.record({ ...shape, address }).map(
        (fields): DataLayout => ({
          kind: "chunked",
          version: 3,
          ...fields,
          indexing: { type: "btree-v1" },
          edgeChunksUnfiltered: false,
        }),
      ),
      fc
        .record({ ...shape, address, indexing, edgeChunksUnfiltered: fc.boolean(), version: fc.constantFrom(4, 5) })
        .map((fields): DataLayout => ({ kind: "chunked", ...fields })),
      fc
        .tuple(address, byte)
        .map(([heapAddress, heapIndex]): DataLayout => ({ kind: "virtual", version: 4, heapAddress, heapIndex })),
    );
    fc.assert(
      fc.property(layouts, (layout) => {
        const bytes = encoded(encodeDataLayout, layout);
        expect(decodeDataLayout(readerOf(bytes))).toEqual(layout);
        if (layout.kind === "chunked" && layout.version > 3) {
          const largest = Math.max(...layout.chunkDimensions, layout.elementSize);
          expect(bytes[4]).toBe(Math.ceil(largest.toString(16).length / 2));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("refuse what cannot be", () => {
    const code = (hex: string) => errorOf(() => decodeDataLayout(readerOf(hex))).code;
    expect(code("0601")).toBe("unsupported");
    expect(code("0304")).toBe("corrupt");
    expect(code(`0303${undefinedAddress}00000000`)).toBe("corrupt");
    expect(code(`030201${undefinedAddress}04000000`)).toBe("corrupt");
    expect(code(`030202${undefinedAddress}0000000004000000`)).toBe("corrupt");
    expect(code("0402040201020202")).toBe("unsupported");
    expect(code("04020002010202005208000000000000")).toBe("corrupt");
    expect(code("04020002010202065208000000000000")).toBe("corrupt");
    expect(code("0300ffff00")).toBe("corrupt");
    const refuse = (layout: DataLayout) =>
      expect(errorOf(() => encoded(encodeDataLayout, layout)).code).toBe("invalid-argument");
    refuse({ kind: "contiguous", version: 3, address: null, size: null });
    refuse({ kind: "compact", version: 3, data: new Uint8Array(65536) });
    refuse({ kind: "virtual", version: 3, heapAddress: null, heapIndex: 0 });
    const chunked = {
      kind: "chunked",
      chunkDimensions: [2],
      elementSize: 4,
      address: null,
      edgeChunksUnfiltered: false,
    } as const;
    refuse({ ...chunked, version: 4, indexing: { type: "btree-v1" } });
    refuse({ ...chunked, version: 3, indexing: { type: "implicit" } });
    refuse({ ...chunked, version: 3, chunkDimensions: [2 ** 32], indexing: { type: "btree-v1" } });
    expectHardy(decodeDataLayout, fromHex("0402020301030404012100000000000000000000003108000000000000"));
    expectHardy(decodeDataLayout, fromHex("010202000000000028060000000000000a00000030000000"));
  });
});

describe("filter pipeline messages", () => {
  const both = (hex: string) => decodedBothWays(decodeFilterPipeline, encodeFilterPipeline, hex);

  it("of libhdf5 read and write alike", () => {
    const deflate = { id: 1, optional: true, clientData: [4] };
    const shuffle = { id: 2, optional: true, clientData: [4] };
    expect(
      both(
        "0102000000000000020008000100010073687566666c6500040000000000000001000800010001006465666c617465000400000000000000",
      ),
    ).toEqual({
      version: 1,
      filters: [
        { ...shuffle, name: "shuffle" },
        { ...deflate, name: "deflate" },
      ],
    });
    expect(both("02020200010001000400000001000100010004000000")).toEqual({
      version: 2,
      filters: [
        { ...shuffle, name: "" },
        { ...deflate, name: "" },
      ],
    });
    const lzf = { id: 32000, name: "lzf", optional: true, clientData: [4, 261, 24] };
    expect(both("0101000000000000007d0800010003006c7a66000000000004000000050100001800000000000000").filters).toEqual([
      lzf,
    ]);
    expect(both("0201007d0400010003006c7a6600040000000501000018000000").filters).toEqual([lzf]);
    expect(both("0201030000000000").filters).toEqual([{ id: 3, name: "", optional: false, clientData: [] }]);
  });

  it("survive encoding and decoding", () => {
    const pipelines: fc.Arbitrary<FilterPipeline> = fc
      .tuple(
        fc.constantFrom(1, 2),
        fc.array(
          fc.record({
            id: fc.integer({ min: 1, max: 0xffff }),
            name: fc.oneof(fc.constant(""), names),
            optional: fc.boolean(),
            clientData: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 5 }),
          }),
          { maxLength: 4 },
        ),
      )
      .map(([version, filters]) => ({
        version,
        filters: filters.map((filter) => (version === 2 && filter.id < 256 ? { ...filter, name: "" } : filter)),
      }));
    fc.assert(
      fc.property(pipelines, (pipeline) => {
        expect(decodeFilterPipeline(readerOf(encoded(encodeFilterPipeline, pipeline)))).toEqual(pipeline);
      }),
    );
  });

  it("refuse what cannot be", () => {
    expect(errorOf(() => decodeFilterPipeline(readerOf("0221"))).message).toMatch(/33 filters/);
    expect(errorOf(() => decodeFilterPipeline(readerOf("020101000100ffff"))).code).toBe("corrupt");
    expectHardy(decodeFilterPipeline, fromHex("0201007d0400010003006c7a6600040000000501000018000000"));
  });
});

describe("fill value messages", () => {
  const both = (hex: string) => decodedBothWays(decodeFillValue, encodeFillValue, hex);
  const nine = Uint8Array.of(9, 0, 0, 0);

  it("of versions 1 to 3", () => {
    expect(both("0202020100000000")).toEqual({
      version: 2,
      allocationTime: "late",
      fillTime: "if-set",
      status: "default",
      value: null,
    });
    expect(both("02030001040000000900000000000000")).toEqual({
      version: 2,
      allocationTime: "incremental",
      fillTime: "on-allocation",
      status: "user",
      value: nine,
    });
    expect(both("02020000")).toMatchObject({ status: "undefined", value: null });
    expect(both("0102000100000000")).toMatchObject({ version: 1, status: "default" });
    expect(both("01020200ffffffff")).toMatchObject({ version: 1, status: "undefined" });
    expect(decodeFillValue(readerOf("02020201ffffffff"))).toMatchObject({ status: "undefined" });
    expect(both("030a")).toMatchObject({ version: 3, allocationTime: "late", fillTime: "if-set", status: "default" });
    expect(both("0309")).toMatchObject({ allocationTime: "early", fillTime: "if-set" });
    expect(both("03230400000009000000")).toMatchObject({ status: "user", value: nine });
    expect(both("0312")).toMatchObject({ status: "undefined", fillTime: "on-allocation" });
    expect(decodeFillValue(readerOf("032300000000"))).toMatchObject({ status: "default" });
  });

  it("of the old kind", () => {
    const old = decodedBothWays(decodeOldFillValue, encodeOldFillValue, "0400000009000000");
    expect(old).toMatchObject({ version: 0, status: "user", value: nine });
    expect(decodeOldFillValue(readerOf("00000000"))).toMatchObject({ status: "default", value: null });
  });

  it("survive encoding and decoding", () => {
    const fillValues: fc.Arbitrary<FillValue> = fc
      .record({
        version: fc.integer({ min: 1, max: 3 }),
        allocationTime: fc.constantFrom("early" as const, "late" as const, "incremental" as const),
        fillTime: fc.constantFrom("on-allocation" as const, "never" as const, "if-set" as const),
      })
      .chain((fields) =>
        fc.oneof(
          fc.constant<FillValue>({ ...fields, status: "default", value: null }),
          fc.constant<FillValue>({ ...fields, status: "undefined", value: null }),
          fc
            .uint8Array({ minLength: 1, maxLength: 20 })
            .map((value): FillValue => ({ ...fields, status: "user", value })),
        ),
      );
    fc.assert(
      fc.property(fillValues, (fillValue) => {
        expect(decodeFillValue(readerOf(encoded(encodeFillValue, fillValue)))).toEqual(fillValue);
      }),
    );
  });

  it("refuse what cannot be", () => {
    const code = (hex: string) => errorOf(() => decodeFillValue(readerOf(hex))).code;
    expect(code("04")).toBe("unsupported");
    expect(code("034a")).toBe("unsupported");
    expect(code("033a0400000009000000")).toBe("corrupt");
    expect(code("02040001")).toBe("corrupt");
    expect(code("0202020100ffff7f00")).toBe("corrupt");
    expectHardy(decodeFillValue, fromHex("03230400000009000000"));
  });
});

describe("external data files messages", () => {
  it("of libhdf5 read and write alike", () => {
    const hex = "0100000001000100980700000000000008000000000000000800000000000000ffffffffffffffff";
    expect(decodedBothWays(decodeExternalDataFiles, encodeExternalDataFiles, hex)).toEqual({
      heapAddress: 0x798,
      slots: [{ nameOffset: 8, offset: 8, size: null }],
    });
    expectHardy((reader: ByteReader) => decodeExternalDataFiles(reader), fromHex(hex));
  });

  it("refuse more used than allocated slots", () => {
    const hex = `0100000001000200${"00".repeat(8)}`;
    expect(errorOf(() => decodeExternalDataFiles(readerOf(hex))).code).toBe("corrupt");
  });
});
