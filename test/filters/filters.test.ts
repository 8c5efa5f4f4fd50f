import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { integerDatatype } from "../../src/format/datatypes/standard-types.js";
import { UnsupportedFeatureError } from "../../src/format/errors.js";
import { deflateFilter } from "../../src/format/filters/deflate.js";
import { deflateEncoder } from "../../src/format/filters/deflate-encoder.js";
import { encodePipelineTask } from "../../src/format/filters/encode-pipeline.js";
import type { Filter } from "../../src/format/filters/filter.js";
import { fletcher32, fletcher32Filter } from "../../src/format/filters/fletcher32.js";
import { lzfEncoder, lzfFilter } from "../../src/format/filters/lzf.js";
import { decodePipelineTask } from "../../src/format/filters/pipeline.js";
import { inflatePortable } from "../../src/format/filters/portable-inflate.js";
import { findFilterByName, getFilter, registerFilter } from "../../src/format/filters/registry.js";
import { shuffle, unshuffle } from "../../src/format/filters/shuffle.js";
import { unfilter } from "../../src/format/filters/unfilter.js";
import type { FilterDescription, FilterPipeline } from "../../src/format/structures/messages/filter-pipeline.js";
import { failure } from "../support/failure.js";

function filter(id: number, clientData: readonly number[] = [], optional = false): FilterDescription {
  return { id, name: "", optional, clientData };
}

function pipeline(...filters: FilterDescription[]): FilterPipeline {
  return { version: 2, filters };
}

function patterned(length: number, period = 7): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index % period) * 31);
}

function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    return state >>> 16;
  });
}

/** Compares large arrays fast. */
function expectSame(found: Uint8Array | undefined, wanted: Uint8Array): void {
  expect(found?.length).toBe(wanted.length);
  expect(found !== undefined && Buffer.compare(found, wanted) === 0).toBe(true);
}

describe("shuffle", () => {
  const naive = (input: Uint8Array, size: number): Uint8Array => {
    const count = Math.floor(input.length / size);
    const output = input.slice();
    for (let element = 0; element < count; element++) {
      for (let byte = 0; byte < size; byte++) output[byte * count + element] = input[element * size + byte];
    }
    return output;
  };

  it("moves bytes as the obvious model does, and back", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3, 4, 5, 8, 12, 16),
        fc.uint8Array({ maxLength: 400 }),
        fc.nat(4),
        (size, bytes, misalignment) => {
          const input = new Uint8Array(bytes.length + misalignment).subarray(misalignment);
          input.set(bytes);
          const shuffled = shuffle(input, size);
          expect(shuffled).toEqual(naive(input, size));
          expect(unshuffle(shuffled, size)).toEqual(bytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("does nothing without an element size, or with 0 or 1", () => {
    const input = patterned(10);
    for (const clientData of [[], [0], [1]]) {
      expect(decodePipelineTask(pipeline(filter(2, clientData)), 0, input, 10).runSync(input)).toBe(input);
    }
  });
});

describe("fletcher32", () => {
  it("has the known checksums", () => {
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    expect(fletcher32(text("abcdef"))).toBe(0x50562a2d);
    expect(fletcher32(new Uint8Array([1, 2]))).toBe(0x01020102);
    expect(fletcher32(new Uint8Array([1, 2, 3]))).toBe(0x05040402);
    expect(fletcher32(new Uint8Array(1000))).toBe(0);
    expect(fletcher32(new Uint8Array(100_000).fill(255))).toBe(0xffffffff);
  });

  it("appends, verifies and strips, for any length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const stored = fletcher32Filter.encode?.(bytes, []) ?? bytes;
        expect(stored.length).toBe(bytes.length + 4);
        expect(fletcher32Filter.decode(stored, [], bytes.length, bytes.length)).toEqual(bytes);
      }),
    );
  });

  it("accepts the swapped checksum of old libraries and nothing else", () => {
    const data = noise(100);
    const stored = fletcher32Filter.encode?.(data, []) ?? data;
    const swapped = stored.slice();
    swapped.set([stored[101], stored[100], stored[103], stored[102]], 100);
    expect(fletcher32Filter.decode(swapped, [], 100, 100)).toEqual(data);
    stored[17] ^= 1;
    const error = failure(() => fletcher32Filter.decode(stored, [], 100, 100));
    expect(error.code).toBe("corrupt");
    expect(error.message).toMatch(/Fletcher32 checksum is 0x/);
    expect(failure(() => fletcher32Filter.decode(new Uint8Array(3), [], 0, 0)).code).toBe("corrupt");
  });
});

describe("lzf", () => {
  it("compresses what repeats and gives it back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 9000 }), (length, period) => {
        const unit = noise(period);
        const data = Uint8Array.from({ length }, (_, index) => unit[index % period]);
        const stored = lzfEncoder.encode(data, []);
        if (stored === null) return;
        expect(stored.length).toBeLessThan(length);
        expectSame(lzfFilter.decode(stored, [], length, length), data);
      }),
      { numRuns: 60 },
    );
    expect(lzfEncoder.encode(new Uint8Array(1000), [])?.length).toBeLessThan(20);
  });

  it("gives up on what does not shrink", () => {
    for (const length of [0, 1, 5, 100, 10_000]) expect(lzfEncoder.encode(noise(length), [])).toBeNull();
  });

  it("refuses lengths other than the expected one", () => {
    const stored = lzfEncoder.encode(patterned(500), []) ?? new Uint8Array();
    expect(failure(() => lzfFilter.decode(stored, [], 499, 499)).code).toBe("corrupt");
    expect(failure(() => lzfFilter.decode(stored, [], null, 499)).code).toBe("corrupt");
    expectSame(lzfFilter.decode(stored, [], null, 500), patterned(500));
    expect(failure(() => lzfFilter.decode(Uint8Array.of(0x20, 0), [], null, 99)).message).toMatch(/before the data/);
  });
});

describe("deflate", () => {
  const lengths = [0, 1, 100, 10_000, 200_000];

  it("gives back what it compressed, at every level", async () => {
    for (const level of [0, 1, 4, 9]) {
      for (const length of lengths) {
        for (const data of [patterned(length), noise(length)]) {
          const stored = deflateEncoder.encode(data, [level]) ?? data;
          const storedAsync = (await deflateEncoder.encodeAsync?.(data, [level])) ?? data;
          expectSame(deflateFilter.decode(stored, [level], length, length), data);
          expectSame(await deflateFilter.decodeAsync?.(storedAsync, [level], length, length), data);
          expectSame(inflatePortable(stored, length, length), data);
          expectSame(inflatePortable(stored, null, 300_000), data);
          expectSame(deflateFilter.decode(stored, [level], null, 300_000), data);
        }
      }
    }
  });

  it("ignores bytes after the end of the stream", async () => {
    const data = patterned(100_000);
    const stored = deflateEncoder.encode(data, [4]) ?? data;
    const longer = new Uint8Array(stored.length + 40);
    longer.set(stored);
    longer.fill(77, stored.length);
    expectSame(deflateFilter.decode(longer, [], data.length, data.length), data);
    expectSame(await deflateFilter.decodeAsync?.(longer, [], data.length, data.length), data);
    expectSame(inflatePortable(longer, data.length, data.length), data);
  });

  it("refuses damaged, truncated, too long and too short streams", async () => {
    const data = patterned(100_000);
    const stored = deflateEncoder.encode(data, [4]) ?? data;
    const damaged = stored.slice();
    damaged[stored.length >> 1] ^= 0xff;
    const wrongSum = stored.slice();
    wrongSum[stored.length - 1] ^= 1;
    const cases: [input: Uint8Array, expected: number | null, limit: number][] = [
      [damaged, 100_000, 100_000],
      [wrongSum, 100_000, 100_000],
      [stored.subarray(0, -3), 100_000, 100_000],
      [stored, 99_999, 99_999],
      [stored, 100_001, 100_001],
      [stored, null, 99_999],
      [new Uint8Array(0), 100_000, 100_000],
      [new Uint8Array(0), 0, 0],
      [noise(1000), 100_000, 100_000],
    ];
    for (const [input, expected, limit] of cases) {
      expect(failure(() => deflateFilter.decode(input, [], expected, limit)).code).toBe("corrupt");
      expect(failure(() => inflatePortable(input, expected, limit)).code).toBe("corrupt");
      await expect(deflateFilter.decodeAsync?.(input, [], expected, limit)).rejects.toMatchObject({ code: "corrupt" });
    }
  });

  it("does not allocate what a stream cannot hold", () => {
    const error = failure(() => deflateFilter.decode(new Uint8Array(20), [], 2 ** 40, 2 ** 40));
    expect(error.code).toBe("corrupt");
    expect(error.message).toMatch(/20 bytes cannot hold/);
  });

  it("checks levels", () => {
    const dataset = {
      elementSize: 4,
      chunkDimensions: [10],
      datatype: integerDatatype(4, true),
      fillValue: null,
    };
    expect(deflateEncoder.clientDataFor?.({}, dataset)).toEqual([4]);
    expect(deflateEncoder.clientDataFor?.({ level: 9 }, dataset)).toEqual([9]);
    for (const level of [-1, 10, 1.5, Number.NaN]) {
      expect(failure(() => deflateEncoder.clientDataFor?.({ level }, dataset)).code).toBe("invalid-argument");
    }
    expect(failure(() => deflateEncoder.encode(patterned(9), [10])).code).toBe("corrupt");
  });
});

describe("deflate without the runtime's zlib", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });

  async function portable(): Promise<Filter> {
    vi.resetModules();
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
    const { deflateFilter: reader, prepareInflate } = await import("../../src/format/filters/deflate.js");
    await prepareInflate();
    const { deflateEncoder: writer } = await import("../../src/format/filters/deflate-encoder.js");
    return { ...reader, ...writer };
  }

  it("works, and off the calling thread where there are streams", async () => {
    const filter = await portable();
    for (const length of [0, 10, 300_000]) {
      const data = patterned(length, 251);
      const stored = (await filter.encodeAsync?.(data, [4])) ?? data;
      expectSame(filter.decode(stored, [], length, length), data);
      expectSame(await filter.decodeAsync?.(stored, [], length, length), data);
      expectSame(await filter.decodeAsync?.(stored, [], null, 400_000), data);
      const longer = new Uint8Array(stored.length + 9);
      longer.set(stored);
      expectSame(await filter.decodeAsync?.(longer, [], length, length), data);
    }
  });

  it("refuses what is wrong", async () => {
    const filter = await portable();
    const data = patterned(300_000, 251);
    const stored = filter.encode?.(data, [4]) ?? data;
    for (const [input, length] of [
      [stored, 299_999],
      [stored, 300_001],
      [stored.subarray(0, -2), 300_000],
      [noise(2000), 300_000],
    ] as const) {
      expect(() => filter.decode(input, [], length, length)).toThrow(/deflate stream/);
      await expect(filter.decodeAsync?.(input, [], length, length)).rejects.toMatchObject({ code: "corrupt" });
    }
    await expect(filter.decodeAsync?.(stored, [], null, 200_000)).rejects.toThrow(/more than 200000/);
  });
});

describe("registry", () => {
  it("names filters that are not there", () => {
    const error = failure(() => getFilter(32015));
    expect(error).toBeInstanceOf(UnsupportedFeatureError);
    expect(error.message).toMatch(/^filter 32015 \(Zstandard\) is not supported/);
    expect(failure(() => getFilter(40_000, "mine")).message).toMatch(/^filter 40000 \(mine\)/);
    expect(failure(() => getFilter(40_000)).message).toMatch(/^filter 40000 is/);
  });

  it("finds filters by name", () => {
    expect(findFilterByName("GZIP")?.id).toBe(1);
    expect(findFilterByName("shuffle")?.id).toBe(2);
    expect(findFilterByName("no such")).toBeUndefined();
  });

  it("takes filters of the caller and checks them", () => {
    const invert = (input: Uint8Array): Uint8Array => input.map((byte) => byte ^ 255);
    registerFilter({ id: 399, name: "invert", decode: invert, encode: invert });
    const data = patterned(50);
    const encode = encodePipelineTask(pipeline(filter(399)), data);
    const stored = encode.runSync(data);
    expect(stored[0]).toBe(255);
    expect(unfilter(pipeline(filter(399)), stored, 0, 50)).toEqual(data);
    for (const id of [0, 65_536, 1.5]) {
      expect(failure(() => registerFilter({ id, name: "x", decode: invert })).code).toBe("invalid-argument");
    }
    expect(failure(() => registerFilter({ id: 400, name: "x" } as never)).code).toBe("invalid-argument");
  });
});

describe("pipelines", () => {
  const all = pipeline(filter(2, [4]), filter(1, [4]), filter(3));

  it("apply and undo all filters, both ways", async () => {
    const data = patterned(100_000, 250);
    const encode = encodePipelineTask(all, data);
    const stored = encode.runSync(data);
    expect(encode.filterMask).toBe(0);
    expect(stored.length).toBeLessThan(data.length / 4);
    expectSame(await encode.run?.(data), stored);
    const decode = decodePipelineTask(all, 0, stored, data.length);
    expect(decode.input).toBe(stored);
    expectSame(decode.runSync(stored), data);
    expectSame(await decode.run?.(stored), data);
  });

  it("skip what the mask says", () => {
    const data = noise(400);
    const onlyShuffled = shuffle(data, 4);
    expectSame(unfilter(all, onlyShuffled, 0b110, 400), data);
    expect(decodePipelineTask(all, 0b111, data, 400).runSync(data)).toBe(data);
    expect(decodePipelineTask(pipeline(), 0, data, 400).runSync(data)).toBe(data);
  });

  it("skip a filter that is not there only where the mask says so", () => {
    const unknown = pipeline(filter(40_001), filter(1, [4]));
    const stored = deflateEncoder.encode(patterned(90), [4]) ?? new Uint8Array();
    expectSame(unfilter(unknown, stored, 1, 90), patterned(90));
    expect(failure(() => decodePipelineTask(unknown, 0, stored, 90)).code).toBe("unsupported");
  });

  it("leave out optional filters that cannot encode, and refuse mandatory ones", async () => {
    const data = noise(300);
    const encode = encodePipelineTask(
      pipeline(filter(2, [4]), filter(32_000, [], true), filter(40_002, [], true)),
      data,
    );
    expectSame(encode.runSync(data), shuffle(data, 4));
    expect(encode.filterMask).toBe(0b110);
    const mandatory = encodePipelineTask(pipeline(filter(4)), data);
    expect(failure(() => mandatory.runSync(data)).code).toBe("unsupported");
    await expect(mandatory.run?.(data)).rejects.toMatchObject({ code: "unsupported" });
  });

  it("refuse a wrong final length, and say where", () => {
    const data = patterned(100);
    const short = failure(() => decodePipelineTask(pipeline(filter(2, [4])), 0, data, 101, 4096).runSync(data));
    expect(short).toMatchObject({ code: "corrupt", offset: 4096 });
    expect(short.message).toMatch(/100 bytes after its filters, expected 101 \(at byte 4096\)/);
    const damaged = failure(() => decodePipelineTask(all, 0, data, 100, 4096).runSync(data));
    expect(damaged).toMatchObject({ code: "corrupt", offset: 4096 });
    expect(damaged.message).toMatch(/^filter 3 \(fletcher32\): .* \(at byte 4096\)$/);
  });

  it("report what a caller's filter throws", async () => {
    const cause = new TypeError("oops");
    const fail = (): never => {
      throw cause;
    };
    registerFilter({ id: 398, name: "fails", decode: fail, decodeAsync: async () => fail(), encode: fail });
    const task = decodePipelineTask(pipeline(filter(398)), 0, new Uint8Array(4), 4);
    expect(failure(() => task.runSync(new Uint8Array(4)))).toMatchObject({ code: "corrupt", cause });
    await expect(task.run?.(new Uint8Array(4))).rejects.toMatchObject({ code: "corrupt", cause });
    const encode = encodePipelineTask(pipeline(filter(398, [], true)), new Uint8Array(4));
    expect(failure(() => encode.runSync(new Uint8Array(4)))).toMatchObject({ cause });
  });

  it("bound a deflate stream inside another filter", () => {
    // 10 MB of zeros, deflated and then deflated again: the inner stream's length is not known beforehand.
    const bomb = deflateEncoder.encode(new Uint8Array(10_000_000), [9]) ?? new Uint8Array();
    const twice = pipeline(filter(1, [9]), filter(1, [9]));
    const stored = deflateEncoder.encode(bomb, [9]) ?? new Uint8Array();
    expect(unfilter(twice, stored, 0, 10_000_000).length).toBe(10_000_000);
    expect(failure(() => unfilter(twice, stored, 0, 1000)).code).toBe("corrupt");
  });
});
