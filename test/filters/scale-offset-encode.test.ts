import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { floatDatatype, ieeeFields, integerDatatype } from "../../src/format/datatypes/standard-types.js";
import { decodeScaleOffset } from "../../src/format/filters/scale-offset.js";
import { scaleOffsetEncoder } from "../../src/format/filters/scale-offset-encoder.js";
import type { Datatype, DType } from "../../src/format/index.js";
import { createSync } from "../../src/format/index.js";
import { hasH5py, python, scratchPath } from "../structures/support.js";
import { failure } from "../support/failure.js";
import { packedDatasets } from "./packed-chunks.js";

type ByteOrder = "little" | "big";

function clientDataFor(
  datatype: Datatype,
  count: number,
  scaleFactor?: number,
  fillValue: Uint8Array | null = null,
): readonly number[] {
  const facts = { elementSize: datatype.size, chunkDimensions: [count], datatype, fillValue };
  return scaleOffsetEncoder.clientDataFor?.({ scaleFactor }, facts) ?? [];
}

function float(size: 4 | 8, byteOrder: ByteOrder = "little"): Datatype {
  const fields = ieeeFields(size);
  if (fields === null) throw new Error(`there is no float of ${size} bytes`);
  return floatDatatype(size, fields, byteOrder);
}

function numbersOf(bytes: Uint8Array, size: number, littleEndian: boolean): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / size }, (_, index) =>
    size === 4 ? view.getFloat32(index * 4, littleEndian) : view.getFloat64(index * 8, littleEndian),
  );
}

function bytesOf(values: readonly number[], size: number, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * size));
  values.forEach((value, index) => {
    if (size === 4) view.setFloat32(index * 4, value, littleEndian);
    else view.setFloat64(index * 8, value, littleEndian);
  });
  return new Uint8Array(view.buffer);
}

function hexOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString("hex");
}

function roundTrip(bytes: Uint8Array, clientData: readonly number[]): Uint8Array | null {
  const packed = scaleOffsetEncoder.encode(bytes, clientData);
  return packed === null ? null : decodeScaleOffset(packed, clientData, bytes.length, bytes.length);
}

describe.skipIf(!hasH5py)("scale-offset, against libhdf5", () => {
  const datasets = hasH5py ? packedDatasets("scaleoffset") : [];

  it("packs to the same bytes", () => {
    let count = 0;
    for (const { name, chunks, clientData } of datasets) {
      const [, , , dataClass, size, , order] = clientData;
      for (const { plain, packed, filterMask } of chunks) {
        const width = packed[0];
        const isFloat = dataClass === 1;
        const hasNaN = isFloat && numbersOf(plain, size, order === 0).some(Number.isNaN);
        const before = plain.slice();
        const found = scaleOffsetEncoder.encode(plain, clientData);
        expect(plain).toEqual(before);
        // libhdf5 loses NaN, float32 that are infinite once scaled, and integers that need more bits than were asked for.
        const isLost = isFloat
          ? width > size * 8 || (hasNaN && width < size * 8)
          : hexOf(decodeScaleOffset(packed, clientData, plain.length, plain.length)) !== hexOf(plain);
        const wanted = isLost ? null : packed;
        // With 0 bits, it writes a byte without setting it.
        if (wanted !== null && wanted.length === 22 && width === 0) wanted[21] = 0;
        expect({ name, filterMask, packed: hexOf(found) }).toEqual({ name, filterMask: 0, packed: hexOf(wanted) });
        if (wanted !== null) count++;
      }
    }
    expect(count).toBeGreaterThan(20_000);
  });

  it("has the same client data in new datasets", () => {
    for (const { name, dataset, clientData, fill, defined, scaleFactor } of datasets) {
      // New datasets always have a fill value.
      if (!defined || scaleFactor === null) continue;
      const { datatype } = dataset.stored;
      const facts = { elementSize: datatype.size, chunkDimensions: dataset.chunks ?? [], datatype, fillValue: fill };
      expect({ name, found: scaleOffsetEncoder.clientDataFor?.({ scaleFactor }, facts) }).toEqual({
        name,
        found: clientData,
      });
    }
  });

  it("is read by libhdf5 from a new file", () => {
    const path = scratchPath("new-scaled.h5");
    const file = createSync(path);
    const integers = Int32Array.from({ length: 1000 }, (_, index) => 70_000 + ((index * 37) % 100));
    const floats = Float64Array.from(integers, (value) => value / 64);
    const holes = floats.map((value, index) => (index === 450 ? Number.NaN : value));
    const options = { chunks: [300], fillValue: -1 } as const;
    file.createDatasetSync("integers", { ...options, data: integers, filters: ["scaleoffset"] });
    file.createDatasetSync("low", { ...options, data: integers, filters: [{ id: "scaleoffset", scaleFactor: 7 }] });
    const decimal = { id: "scaleoffset", scaleFactor: 3 } as const;
    file.createDatasetSync("floats", { ...options, data: floats, filters: [decimal] });
    file.createDatasetSync("holes", { ...options, data: holes, filters: [decimal, "shuffle"] });
    file.closeSync();
    const [whole, low, near, seen, masks] = python(`
with h5py.File(${JSON.stringify(path)}, "r+") as f:

    holes = f["holes"]
    ids = [holes.id.get_chunk_info(i).filter_mask for i in range(4)]
    print(json.dumps([f["integers"][:].tolist(), f["low"][:].tolist(), f["floats"][:].tolist(), [v if v == v else None for v in holes[:].tolist()], ids]))
`) as [number[], number[], number[], (number | null)[], number[]];
    expect(whole).toEqual([...integers]);
    expect(low).toEqual([...integers]);
    near.forEach((value, index) => {
      expect(Math.abs(value - floats[index])).toBeLessThanOrEqual(0.000_501);
    });
    expect(seen[450]).toBeNull();
    expect(seen[449]).toBe(floats[449]);
    expect(masks).toEqual([0, 1, 0, 0]);
  });
});

const integers = fc
  .record({ size: fc.constantFrom(1, 2, 4, 8), count: fc.integer({ min: 1, max: 50 }) })
  .chain(({ size, count }) =>
    fc.record({
      size: fc.constant(size),
      count: fc.constant(count),
      signed: fc.boolean(),
      order: fc.constantFrom<ByteOrder>("little", "big"),
      values: fc.oneof(
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: count, maxLength: count }),
        fc.array(fc.bigInt({ min: 0n, max: 20n }), { minLength: count, maxLength: count }),
      ),
      start: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fill: fc.option(fc.nat(49)),
    }),
  );

describe("scale-offset", () => {
  it("keeps integers", () => {
    fc.assert(
      fc.property(integers, ({ size, count, signed, order, values, start, fill }) => {
        const bytes = new Uint8Array(count * size);
        values.forEach((value, index) => {
          for (let byte = 0; byte < size; byte++) {
            const place = order === "big" ? size - 1 - byte : byte;
            bytes[index * size + place] = Number(((value + start) >> BigInt(byte * 8)) & 255n);
          }
        });
        const element = fill === null ? null : bytes.slice((fill % count) * size, ((fill % count) + 1) * size);
        const clientData = clientDataFor(integerDatatype(size, signed, order), count, undefined, element);
        expect(roundTrip(bytes, clientData)).toEqual(bytes);
        const undefinedFill = clientData.with(7, 0);
        expect(roundTrip(bytes, undefinedFill)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps the digits of floats that were asked for", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 0, max: 6 }),
        fc.constantFrom<ByteOrder>("little", "big"),
        (values, digits, order) => {
          const clientData = clientDataFor(float(8, order), values.length, digits);
          const found = roundTrip(bytesOf(values, 8, order === "little"), clientData);
          const numbers = numbersOf(found ?? new Uint8Array(0), 8, order === "little");
          expect(numbers.length).toBe(values.length);
          numbers.forEach((value, index) => {
            // Next to the fill value, zero, it is the fill value.
            const tolerance = value === 0 ? 10 ** -digits : 0.5000001 * 10 ** -digits + 1e-9;
            expect(Math.abs(value - values[index])).toBeLessThanOrEqual(tolerance);
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("does not lose a value that has just the distance of the fill value's tolerance", () => {
    const values = [0.01, 5, 5.5, 0].map(Math.fround);
    const found = roundTrip(bytesOf(values, 4, true), clientDataFor(float(4), 4, 2));
    numbersOf(found ?? new Uint8Array(0), 4, true).forEach((value, index) => {
      expect(value).toBeCloseTo(values[index], 2);
    });
  });

  it("leaves alone what it has no code for", () => {
    for (const size of [4, 8] as const) {
      const clientData = clientDataFor(float(size), 3, 2);
      expect(scaleOffsetEncoder.encode(bytesOf([1, Number.NaN, 3], size, true), clientData)).toBeNull();
      const infinite = bytesOf([1, Number.POSITIVE_INFINITY, Number.NaN], size, true);
      expect(roundTrip(infinite, clientData)).toEqual(infinite);
    }
  });

  it("packs nothing that is no chunk of its elements, and no E-scaling", () => {
    const clientData = clientDataFor(integerDatatype(4, true), 3);
    for (const length of [0, 11, 16]) expect(scaleOffsetEncoder.encode(new Uint8Array(length), clientData)).toBeNull();
    const bytes = new Uint8Array(12);
    expect(scaleOffsetEncoder.encode(bytes, clientData.with(1, 33))).toBeNull();
    expect(scaleOffsetEncoder.encode(bytes, clientData.with(1, 32))).toBe(bytes);
    expect(scaleOffsetEncoder.encode(bytes, clientData.with(0, 1))).toBeNull();
    expect(scaleOffsetEncoder.encode(bytes, clientData.with(4, 3))).toBeNull();
    expect(failure(() => scaleOffsetEncoder.encode(bytes, clientData.with(3, 1))).code).toBe("corrupt");
    expect(failure(() => scaleOffsetEncoder.encode(bytes, [2, 0])).code).toBe("corrupt");
  });

  it("refuses other types, and wrong scale factors", () => {
    const file = createSync();
    const make = (name: string, dtype: DType, scaleFactor?: number): void => {
      const filters = [{ id: "scaleoffset", ...(scaleFactor === undefined ? {} : { scaleFactor }) }];
      file.createDatasetSync(name, { dtype, shape: [4], chunks: [4], filters });
    };
    const three = { kind: "integer", size: 3, signed: true } as const;
    for (const dtype of ["bool", "string", "float16", "complex64", three] as const) {
      expect(failure(() => make("refused", dtype, 1)).message).toMatch(/takes integers of/);
    }
    for (const factor of [-1, 33, 1.5, Number.NaN]) {
      expect(failure(() => make("refused", "int32", factor)).code).toBe("invalid-argument");
    }
    for (const factor of [undefined, -1, 0.5]) {
      expect(failure(() => make("refused", "float32", factor)).message).toMatch(/decimal digits .* not/);
    }
    make("all bits", "int32", 32);
    make("digits", "float32", 0);
    expect([...file.keysSync()].sort()).toEqual(["all bits", "digits"]);
    file.closeSync();
  });
});
