import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as optIn from "../../src/filters/all.js";
import { HDF5Error, UnsupportedFeatureError } from "../../src/format/errors.js";
import type { Filter } from "../../src/format/filters/filter.js";
import { getFilter } from "../../src/format/filters/registry.js";
import { createSync, openSync } from "../../src/format/index.js";
import type { DataKind } from "./opt-in-data.js";
import { makeData } from "./opt-in-data.js";

interface StoredChunk {
  readonly name: string;
  readonly filter: number;
  readonly clientData: readonly number[];
  readonly stored: string;
  /** Absent where `kind` and `length` say what the data are. */
  readonly data?: string;
  readonly kind: DataKind;
  readonly length: number;
}

const { chunks } = JSON.parse(readFileSync(new URL("./opt-in-chunks.json", import.meta.url), "utf8")) as {
  readonly chunks: readonly StoredChunk[];
};
const filters = new Map<number, Filter>(Object.values(optIn).map((filter) => [filter.id, filter]));

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function dataOf(chunk: StoredChunk): Uint8Array {
  return chunk.data === undefined ? makeData(chunk.kind, chunk.length) : bytesOf(chunk.data);
}

function filterOf(chunk: StoredChunk): Filter {
  const filter = filters.get(chunk.filter);
  if (filter === undefined) throw new Error(`no filter ${chunk.filter}`);
  return filter;
}

/** Whether two arrays are equal; much faster than a matcher on large ones. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

describe("chunks of other libraries", () => {
  it.each(chunks)("$name", (chunk) => {
    const data = dataOf(chunk);
    const stored = bytesOf(chunk.stored);
    const filter = filterOf(chunk);
    expect(same(filter.decode(stored, chunk.clientData, data.length, data.length), data)).toBe(true);
    // Where the filters below hide the length.
    expect(same(filter.decode(stored, chunk.clientData, null, 2 * data.length + 65536), data)).toBe(true);
    expect(same(stored, bytesOf(chunk.stored))).toBe(true);
  });

  it.each(chunks)("$name is refused where another length is expected", (chunk) => {
    const { length } = dataOf(chunk);
    const stored = bytesOf(chunk.stored);
    const filter = filterOf(chunk);
    // Plain bitshuffle keeps the length; the pipeline checks it.
    expect(() => filter.decode(stored, chunk.clientData, length + 1, length + 1)).toThrow(HDF5Error);
    if (length === 0) return;
    expect(() => filter.decode(stored, chunk.clientData, length - 1, length - 1)).toThrow(HDF5Error);
    expect(() => filter.decode(stored, chunk.clientData, null, length - 1)).toThrow(HDF5Error);
  });

  it.each(chunks)("$name, damaged, is read or refused, and never more", (chunk) => {
    const { length } = dataOf(chunk);
    const filter = filterOf(chunk);
    const original = bytesOf(chunk.stored);
    const attempt = (stored: Uint8Array): void => {
      let output: Uint8Array;
      try {
        output = filter.decode(stored, chunk.clientData, length, length);
      } catch (error) {
        if (error instanceof HDF5Error) return;
        throw error;
      }
      expect(output.length).toBe(length);
    };
    const step = Math.max(1, Math.floor(original.length / 60));
    for (let end = 0; end < original.length; end += step) attempt(original.subarray(0, end));
    let state = 12345;
    for (let round = 0; round < 150; round++) {
      const stored = original.slice();
      // Headers and tables stand at the start.
      const reach = round % 2 === 0 ? Math.min(64, stored.length) : stored.length;
      for (let change = 0; change <= round % 3; change++) {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        stored[(state >> 8) % reach] = state >> 4;
      }
      attempt(stored);
    }
  });
});

describe("writing", () => {
  const clientData: readonly (readonly [string, number, readonly number[]])[] = [
    ["LZ4", 32004, []],
    ["LZ4 in small blocks", 32004, [100]],
    ["bitshuffle", 32008, [0, 3, 4, 0, 0]],
    ["bitshuffle with LZ4", 32008, [0, 3, 4, 0, 2]],
    ["bitshuffle with LZ4 in small blocks", 32008, [0, 3, 8, 64, 2]],
  ];
  it.each(clientData)("what %s writes can be read", (_name, id, values) => {
    const filter = filters.get(id);
    for (const kind of ["noise", "ramp", "words", "loop", "mixed", "zeros"] as const) {
      for (const length of [8, 16, 72, 1000, 70000]) {
        const data = makeData(kind, length);
        const encoded = filter?.encode?.(data, values) ?? new Uint8Array();
        expect(same(filter?.decode(encoded, values, length, length) ?? data.subarray(1), data)).toBe(true);
      }
    }
  });

  it("makes datasets with these filters", () => {
    const values = Int32Array.from({ length: 5000 }, (_, index) => index * index);
    const target = createSync();
    for (const id of ["lz4", "bitshuffle"]) {
      target.createDatasetSync(id, { data: values, chunks: [1000], filters: [id] });
    }
    target.flushSync();
    const file = openSync(target.bytes());
    for (const id of ["lz4", "bitshuffle"]) {
      const dataset = file.getSync(id);
      if (dataset.kind !== "dataset") throw new Error(`${id} is no dataset`);
      expect(dataset.readSync()).toMatchObject({ data: values });
      expect(dataset.filters).toMatchObject([{ id: id === "lz4" ? 32004 : 32008 }]);
    }
  });
});

describe("damage that would be costly", () => {
  it("Blosc blocks cannot share their streams", () => {
    // Blocks of one byte, all of which point to the same long stream.
    const blocks = 20000;
    const stream = 40000;
    const stored = new Uint8Array(16 + 4 * blocks + 4 + stream);
    const view = new DataView(stored.buffer);
    stored.set([2, 1, 0x90, 1]);
    view.setUint32(4, blocks, true);
    view.setUint32(8, 1, true);
    view.setUint32(12, stored.length, true);
    for (let block = 0; block < blocks; block++) view.setUint32(16 + 4 * block, 16 + 4 * blocks, true);
    view.setUint32(16 + 4 * blocks, stream, true);
    const zstd = chunks.find((chunk) => chunk.name === "empty zstd frame");
    stored.set(bytesOf(zstd?.stored ?? ""), 16 + 4 * blocks + 4);
    const start = performance.now();
    expect(() => optIn.bloscFilter.decode(stored, [], blocks, blocks)).toThrow(HDF5Error);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("declared lengths allocate nothing beyond the limit", () => {
    const frame = Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0);
    expect(() => optIn.lz4Filter.decode(frame, [], null, 1 << 20)).toThrow(/at most 1048576/);
    expect(() => optIn.bitshuffleFilter.decode(frame, [0, 4, 4, 0, 2], null, 1 << 20)).toThrow(/at most 1048576/);
    const chunk = Uint8Array.of(2, 1, 0, 4, 0, 0, 0, 64, 0, 0, 0, 64, 16, 0, 0, 0);
    expect(() => optIn.bloscFilter.decode(chunk, [], null, 1 << 20)).toThrow(/at most 1048576/);
    expect(() => optIn.blosc2Filter.decode(chunk, [], null, 1 << 20)).toThrow(/at most 1048576/);
  });
});

describe("filters without a decoder of their own", () => {
  it("rounded data are read as they are stored", () => {
    const data = makeData("noise", 64);
    for (const filter of [optIn.bitGroomFilter, optIn.granularBitRoundFilter]) {
      expect(filter.decode(data, [], 64, 64)).toEqual(data);
      expect(filter.encode).toBeUndefined();
    }
  });

  it.each([3, 4])("bitshuffle data for Zstandard may be stored uncompressed, whatever the version: 0.%i", (minor) => {
    for (const kind of ["ramp", "noise", "zeros"] as const) {
      const data = makeData(kind, 800);
      const stored = optIn.bitshuffleFilter.encode?.(data, [0, 3, 4, 0, 0]) ?? data;
      expect(optIn.bitshuffleFilter.decode(stored, [0, minor, 4, 0, 3, 3], 800, 800)).toEqual(data);
    }
  });

  it("bitshuffle before 0.4 knew no Zstandard: where another filter hides the length, its data are uncompressed", () => {
    const data = makeData("ramp", 800);
    const stored = optIn.bitshuffleFilter.encode?.(data, [0, 3, 4, 0, 0]) ?? data;
    expect(optIn.bitshuffleFilter.decode(stored, [0, 3, 4, 0, 3, 3], null, 70000)).toEqual(data);
    expect(() => optIn.bitshuffleFilter.decode(stored, [0, 4, 4, 0, 3, 3], null, 70000)).toThrow(HDF5Error);
  });

  it("features that are missing are named", () => {
    const frame = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 0, 1, 0, 0);
    expect(() => optIn.zstdFilter.decode(frame, [], 0, 0)).toThrow(UnsupportedFeatureError);
    expect(() => optIn.bitshuffleFilter.decode(frame, [0, 4, 4, 0, 9], 10, 10)).toThrow(/compressor 9/);
    expect(() => getFilter(32028)).toThrow(/filter 32028 \(SPERR\) is not supported/);
  });
});
