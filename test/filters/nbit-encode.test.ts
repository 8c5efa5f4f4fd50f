import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { integerDatatype } from "../../src/format/datatypes/standard-types.js";
import { UnsupportedFeatureError } from "../../src/format/errors.js";
import { decodeNBit } from "../../src/format/filters/nbit.js";
import { nbitEncoder } from "../../src/format/filters/nbit-encoder.js";
import type { Datatype, DType } from "../../src/format/index.js";
import { createSync, slice } from "../../src/format/index.js";
import { hasH5py, python, scratchPath } from "../structures/support.js";
import { failure } from "../support/failure.js";
import { packedDatasets } from "./packed-chunks.js";

function clientDataFor(datatype: Datatype, chunkDimensions: readonly number[]): readonly number[] {
  const facts = { elementSize: datatype.size, chunkDimensions, datatype, fillValue: null };
  return nbitEncoder.clientDataFor?.({}, facts) ?? [];
}

describe.skipIf(!hasH5py)("n-bit, against libhdf5", () => {
  const datasets = hasH5py ? packedDatasets("nbit") : [];

  it("packs to the same bytes", () => {
    expect(datasets.length).toBeGreaterThan(300);
    for (const { name, chunks, clientData } of datasets) {
      for (const { plain, packed, filterMask } of chunks) {
        const before = plain.slice();
        expect({ name, filterMask, packed: nbitEncoder.encode(plain, clientData) }).toEqual({
          name,
          filterMask: 0,
          packed,
        });
        expect(plain).toEqual(before);
      }
    }
  });

  it("has the same client data in new datasets", () => {
    for (const { name, dataset, clientData } of datasets) {
      const found = clientDataFor(dataset.stored.datatype, dataset.chunks ?? []);
      expect({ name, clientData: found }).toEqual({ name, clientData });
    }
  });

  it("is read by libhdf5 from a new file", () => {
    const path = scratchPath("new-nbit.h5");
    const file = createSync(path);
    const narrow = { ...integerDatatype(4, true, "big"), precision: 11, bitOffset: 3 };
    const data = Int32Array.from({ length: 1000 }, (_, index) => (index % 2048) - 1000);
    file.createDatasetSync("narrow", { data, dtype: narrow, chunks: [300], filters: ["nbit"] });
    file.closeSync();
    expect(
      python(`
with h5py.File(${JSON.stringify(path)}) as f:
    d = f["narrow"]
    plist = d.id.get_create_plist()
    print(json.dumps([d[:].tolist(), plist.get_filter(0)[0], d.id.get_storage_size()]))
`),
    ).toEqual([[...data], 5, 4 * (Math.floor((300 * 11) / 8) + 1)]);
  });
});

/** An integer of any size and placement of its bits, with as many random bytes as `count` of them have. */
const numbers = fc
  .record({ size: fc.integer({ min: 1, max: 8 }), count: fc.integer({ min: 1, max: 40 }) })
  .chain(({ size, count }) =>
    fc.record({
      size: fc.constant(size),
      count: fc.constant(count),
      precision: fc.integer({ min: 1, max: size * 8 }),
      shift: fc.nat(63),
      order: fc.constantFrom("little", "big"),
      bytes: fc.uint8Array({ minLength: size * count, maxLength: size * count }),
    }),
  );

describe("n-bit", () => {
  it("keeps the significant bits of numbers, and no others", () => {
    fc.assert(
      fc.property(numbers, ({ size, count, precision, shift, order, bytes }) => {
        const bitOffset = shift % (size * 8 - precision + 1);
        const datatype: Datatype = { ...integerDatatype(size, false, order), precision, bitOffset };
        const clientData = clientDataFor(datatype, [count]);
        const packed = nbitEncoder.encode(bytes, clientData);
        if (precision === size * 8) {
          expect(packed).toBe(bytes);
          return;
        }
        expect(packed?.length).toBe(Math.floor((count * precision) / 8) + 1);
        const wanted = bytes.slice();
        for (let at = 0; at < wanted.length; at++) {
          const place = at % size;
          const significance = (order === "big" ? size - 1 - place : place) * 8;
          for (let bit = 0; bit < 8; bit++) {
            const position = significance + bit;
            if (position < bitOffset || position >= bitOffset + precision) wanted[at] &= ~(1 << bit);
          }
        }
        const length = bytes.length;
        expect(decodeNBit(packed ?? new Uint8Array(0), clientData, length, length)).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });

  it("packs nothing that is no chunk of its elements", () => {
    const clientData = clientDataFor({ ...integerDatatype(2, true), precision: 9 }, [4]);
    expect(nbitEncoder.encode(new Uint8Array(8), clientData)).toHaveLength(5);
    for (const length of [0, 7, 10]) expect(nbitEncoder.encode(new Uint8Array(length), clientData)).toBeNull();
    expect(failure(() => nbitEncoder.encode(new Uint8Array(8), clientData.slice(0, -1))).code).toBe("corrupt");
    expect(failure(() => nbitEncoder.encode(new Uint8Array(8), [8, 0, 4, 1, 2, 0, 17, 0])).code).toBe("corrupt");
  });

  it("refuses what libhdf5 stores incompletely, where there is something to pack", () => {
    const file = createSync();
    const nested = (precision: number, last: boolean): DType => {
      const number = { kind: "integer", size: 2, signed: false, precision } as const;
      const row = { kind: "array", shape: [2], base: { kind: "array", shape: [2], base: number } } as const;
      const members = [{ name: "rows", dtype: row } as const, { name: "one", dtype: number } as const];
      return { kind: "compound", members: last ? members.toReversed() : members };
    };
    const make = (name: string, dtype: DType): void => {
      file.createDatasetSync(name, { dtype, shape: [4], chunks: [4], filters: ["nbit"] });
    };
    const error = failure(() => make("refused", nested(9, false)));
    expect(error).toBeInstanceOf(UnsupportedFeatureError);
    expect(error.message).toMatch(/members after an array of arrays or compounds/);
    make("last", nested(9, true));
    make("whole", nested(16, false));
    const texts = { kind: "array", shape: [2], base: "string" } as const;
    expect(failure(() => make("texts", texts)).code).toBe("invalid-argument");
    const wide = Array.from({ length: 900 }, (_, index) => ({ name: `m${index}`, dtype: "int8" }) as const);
    expect(failure(() => make("wide", { kind: "compound", members: wide })).message).toMatch(/at most 4096/);
    const vax = { kind: "float", size: 4, byteOrder: "vax" } as const;
    expect(failure(() => make("vax", vax)).code).toBe("invalid-argument");
    expect([...file.keysSync()].sort()).toEqual(["last", "whole"]);
    file.closeSync();
  });

  it("is written and read by one session, at once or not", async () => {
    const dtype = { kind: "integer", size: 4, signed: true, precision: 20, bitOffset: 4 } as const;
    const data = Int32Array.from({ length: 100 }, (_, index) => index * 1000 - 50_000);
    const file = createSync();
    const dataset = file.createDatasetSync("a", { data, dtype, chunks: [30], filters: ["nbit", "fletcher32"] });
    file.flushSync();
    dataset.writeSync(Int32Array.of(7), [slice(31, 32)]);
    file.flushSync();
    const wanted = data.with(31, 7);
    expect(dataset.readSync()).toMatchObject({ data: wanted });
    expect(await dataset.read()).toMatchObject({ data: wanted });
    await file.close();
  });
});
