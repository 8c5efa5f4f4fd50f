import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zfpFilter } from "../../src/filters/zfp.js";
import { HDF5Error, UnsupportedFeatureError } from "../../src/format/errors.js";
import { decodePipelineTask } from "../../src/format/filters/pipeline.js";
import { getFilter } from "../../src/format/filters/registry.js";
import { failure } from "../support/failure.js";

/**
 * Chunks that h5py 3.7 wrote through H5Z-ZFP 1.1.0 with ZFP 1.0.0, with the bytes that those read back, as hex. The
 * chunks are of 11, 5×6, 3×4×5 or 2×3×2×5 elements, so most blocks are partial: `sin(0.7 i)·100 + 0.01 i²` for
 * floating-point numbers, `(2654435761 i mod 1000 - 500)` times a thousand or 10^12 for integers, and where the name
 * says so zeros, subnormal numbers, or infinities, NaN and such.
 */
interface ZfpChunk {
  readonly name: string;
  readonly clientData: readonly number[];
  readonly encoded: string;
  readonly decoded: string;
}

const chunks = JSON.parse(readFileSync(new URL("./zfp.json", import.meta.url), "utf8")) as ZfpChunk[];

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function chunkNamed(name: string): { clientData: readonly number[]; encoded: Uint8Array; decoded: Uint8Array } {
  const chunk = chunks.find((candidate) => candidate.name === name);
  if (chunk === undefined) throw new Error(`there is no chunk "${name}"`);
  return { clientData: chunk.clientData, encoded: bytesOf(chunk.encoded), decoded: bytesOf(chunk.decoded) };
}

function swapWord(word: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, word);
  return view.getUint32(0, true);
}

describe("ZFP", () => {
  it.each(chunks)("$name", ({ clientData, encoded, decoded }) => {
    const input = bytesOf(encoded);
    const wanted = bytesOf(decoded);
    expect(zfpFilter.decode(input, clientData, wanted.length, wanted.length)).toEqual(wanted);
    expect(input).toEqual(bytesOf(encoded));
    // Below another filter the length is only bounded.
    expect(zfpFilter.decode(input, clientData, null, wanted.length + 1)).toEqual(wanted);
  });

  it("restores what was written in reversible mode", () => {
    const integers = new Int32Array(chunkNamed("int32, 1 axes, reversible").decoded.buffer);
    expect(integers).toEqual(Int32Array.from(integers, (_, i) => (((i * 2654435761) % 1000) - 500) * 1000));
    const { clientData, encoded } = chunkNamed("double, 2 axes, reversible, special values");
    const doubles = new Float64Array(zfpFilter.decode(encoded, clientData, 240, 240).buffer);
    const special = [Number.NaN, Infinity, -Infinity, -0, 1e-310, -1e-45, 3.5, -1e300];
    expect([...doubles]).toEqual(Array.from(doubles, (_, i) => special[i % 8]));
  });

  it("reads a stream worked out by hand", () => {
    // Eight floats at 9 bits per block: one bit for "no values", then the bit for "values" and the exponent 3, with no
    // bit left for a plane; the sizes 8 and the mode 8 follow the magic.
    const clientData = [0x10005110, 0x0570667a, 0x2 | (7 << 4), 8 << 20];
    const input = Uint8Array.of(0, 0b00000110 | (((3 + 127) << 2) & 255), (3 + 127) >> 6);
    expect(zfpFilter.decode(input, clientData, 32, 32)).toEqual(new Uint8Array(32));
    // With one more bit per block that is the group test of the first plane, bit 31 of weight -2^31. Where the bits end
    // then, the first coefficient is the significant one: the mean, -2^31 · 2^(3 - 30).
    const longer = [clientData[0], clientData[1], clientData[2], 9 << 20];
    const block = 1 | ((3 + 127) << 1) | (1 << 9);
    const bytes = Uint8Array.of(0, (block << 2) & 255, (block >> 6) & 255);
    const floats = new Float32Array(zfpFilter.decode(bytes, longer, 32, 32).buffer);
    expect([...floats]).toEqual([0, 0, 0, 0, -16, -16, -16, -16]);
  });

  it("answers in the byte order of the machine that wrote the file", () => {
    for (const name of ["float, 2 axes, precision", "double, 3 axes, accuracy", "int64, 4 axes, rate"]) {
      const { clientData, encoded, decoded } = chunkNamed(name);
      const size = name.startsWith("float") ? 4 : 8;
      const swapped = new Uint8Array(decoded.length);
      decoded.forEach((byte, index) => {
        swapped[index - (index % size) + size - 1 - (index % size)] = byte;
      });
      const words = [clientData[0], ...clientData.slice(1).map(swapWord)];
      expect(zfpFilter.decode(encoded, words, decoded.length, decoded.length)).toEqual(swapped);
    }
  });

  it("accepts what every version of the filter wrote, and no later codec", () => {
    const { clientData, encoded, decoded } = chunkNamed("float, 2 axes, default");
    const decodeAs = (version: number, magic = clientData[1]) =>
      zfpFilter.decode(encoded, [version, magic, ...clientData.slice(2)], decoded.length, decoded.length);
    for (const version of [0x00500020, 0x00400030, 0x02350030, 0x00540070, 0x05005110, 0x10005110, 0x10015111]) {
      expect(decodeAs(version)).toEqual(decoded);
    }
    for (const version of [0x10006110, 0x00600080]) {
      const error = failure(() => decodeAs(version));
      expect(error).toBeInstanceOf(UnsupportedFeatureError);
      expect(error.message).toContain("ZFP codec version 6");
    }
    expect(failure(() => decodeAs(0x00400020, 0x0470667a)).message).toContain("ZFP codec version 4");
    expect(failure(() => decodeAs(0x10007110, 0x0770667a)).message).toContain("ZFP codec version 7");
  });

  it("reports damage as such", () => {
    const { clientData, encoded, decoded } = chunkNamed("double, 3 axes, accuracy");
    const { length } = decoded;
    const codeOf = (input: Uint8Array, words: readonly number[], expected: number | null, limit: number) =>
      failure(() => zfpFilter.decode(input, words, expected, limit)).code;
    expect(codeOf(encoded, clientData, length - 8, length - 8)).toBe("corrupt");
    expect(codeOf(encoded, clientData, length + 8, length + 8)).toBe("corrupt");
    expect(codeOf(encoded, clientData, null, length - 1)).toBe("corrupt");
    for (let count = 0; count < clientData.length; count++) {
      expect(codeOf(encoded, clientData.slice(0, count), length, length)).toBe("corrupt");
    }
    expect(codeOf(encoded, [clientData[0], 1, ...clientData.slice(2)], length, length)).toBe("corrupt");
    for (let count = 0; count < encoded.length; count++) {
      expect(codeOf(encoded.subarray(0, count), clientData, length, length)).toBe("corrupt");
    }
    // A header that tells of 2^48 elements, one with more bits at least than at most, one of 128 planes.
    const magic = [clientData[0], clientData[1]];
    expect(codeOf(encoded, [...magic, 0xfffffff3, 0x000fffff], null, 2 ** 30)).toBe("corrupt");
    const long = (minimum: number, maximum: number, precision: number): number[] => {
      const mode = 0xfffn + (BigInt(minimum) << 12n) + (BigInt(maximum) << 27n) + (BigInt(precision) << 42n);
      const bits = (mode << 52n) + 3n + (10n << 4n);
      return [0n, 32n, 64n, 96n].map((shift) => Number((bits >> shift) & 0xffffffffn));
    };
    expect(codeOf(encoded, [...magic, ...long(9, 8, 63)], 88, 88)).toBe("corrupt");
    expect(codeOf(encoded, [...magic, ...long(8, 9, 127)], 88, 88)).toBe("corrupt");
  });

  it("survives any bytes", () => {
    const known = fc.constantFrom(...chunks.map((chunk) => chunkNamed(chunk.name)));
    const change = fc.record({ at: fc.nat(), bit: fc.nat({ max: 31 }) });
    const property = fc.property(
      known,
      fc.uint8Array({ maxLength: 400 }),
      fc.boolean(),
      fc.array(change, { maxLength: 4 }),
      fc.array(change, { maxLength: 4 }),
      (chunk, noise, useNoise, headerChanges, changes) => {
        const words = [...chunk.clientData];
        for (const { at, bit } of headerChanges) {
          words[at % words.length] = (words[at % words.length] ^ (1 << bit)) >>> 0;
        }
        const input = useNoise ? noise : chunk.encoded.slice();
        for (const { at, bit } of changes) if (input.length > 0) input[at % input.length] ^= 1 << (bit & 7);
        try {
          const output = zfpFilter.decode(input, words, null, 4096);
          expect(output.length).toBeLessThanOrEqual(4096);
        } catch (error) {
          expect(error).toBeInstanceOf(HDF5Error);
        }
      },
    );
    fc.assert(property, { numRuns: 2000, seed: 7 });
  });

  it("is registered by importing it", () => {
    expect(getFilter(32013)).toBe(zfpFilter);
    const { clientData, encoded, decoded } = chunkNamed("int32, 3 axes, precision");
    const pipeline = { version: 2, filters: [{ id: 32013, name: "", optional: true, clientData }] };
    expect(decodePipelineTask(pipeline, 0, encoded, decoded.length).runSync(encoded)).toEqual(decoded);
    const error = failure(() => decodePipelineTask(pipeline, 0, encoded, decoded.length + 1).runSync(encoded));
    expect(error.code).toBe("corrupt");
    expect(error.message).toContain("filter 32013 (zfp)");
  });
});
