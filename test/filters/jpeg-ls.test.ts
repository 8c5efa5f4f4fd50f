import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HDF5Error, UnsupportedFeatureError } from "../../src/format/errors.js";
import type { Interleave } from "../../src/format/filters/jpeg-ls/header.js";
import { decodeJpegLs } from "../../src/format/filters/jpeg-ls/image-decoder.js";
import type { ImageDescription } from "../../src/format/filters/jpeg-ls/image-encoder.js";
import { encodeJpegLs } from "../../src/format/filters/jpeg-ls/image-encoder.js";
import { defaultPreset } from "../../src/format/filters/jpeg-ls/parameters.js";
import { failure } from "../support/failure.js";
import type { ImageKind } from "./jpeg-ls-images.js";
import { makeImage } from "./jpeg-ls-images.js";

interface StoredImage {
  readonly kind: ImageKind;
  readonly precision: number;
  readonly components: number;
  readonly interleave: Interleave;
  readonly near: number;
  /** MAXVAL, T1, T2, T3 and RESET. */
  readonly preset: readonly [number, number, number, number, number];
  readonly stored: string;
}

const WIDTH = 29;
const HEIGHT = 18;
const { images } = JSON.parse(readFileSync(new URL("./jpeg-ls.json", import.meta.url), "utf8")) as {
  readonly images: readonly StoredImage[];
};
const named = images.map((image) => ({
  ...image,
  name: `${image.components} × ${image.precision} bits, interleave ${image.interleave}, NEAR ${image.near}, ${image.kind}, ${image.preset}`,
}));

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function dataOf({ kind, components, precision, interleave }: StoredImage): Uint8Array {
  return makeImage(kind, WIDTH, HEIGHT, components, precision, interleave !== "none");
}

function describeStored({ precision, components, interleave, near, preset }: StoredImage): ImageDescription {
  const [maximum, threshold1, threshold2, threshold3, reset] = preset;
  return {
    width: WIDTH,
    height: HEIGHT,
    precision,
    components,
    interleave,
    near,
    preset: { maximum, threshold1, threshold2, threshold3, reset },
  };
}

function gray(width: number, height: number, precision = 8): ImageDescription {
  return { width, height, components: 1, precision, interleave: "none", near: 0, preset: defaultPreset };
}

function decode(stream: Uint8Array): Uint8Array {
  return decodeJpegLs(stream, () => {});
}

function encode(data: Uint8Array, image: ImageDescription): Uint8Array {
  const stream = encodeJpegLs(data, image);
  if (stream === null) throw new Error("the image was not encoded");
  return stream;
}

function samplesOf(bytes: Uint8Array, precision: number): Uint8Array | Uint16Array {
  return precision > 8 ? new Uint16Array(bytes.slice().buffer) : bytes;
}

function largestDifference(a: Uint8Array, b: Uint8Array, precision: number): number {
  expect(a.length).toBe(b.length);
  const others = samplesOf(b, precision);
  let most = 0;
  samplesOf(a, precision).forEach((sample, at) => {
    most = Math.max(most, Math.abs(sample - others[at]));
  });
  return most;
}

function indexOfMarker(stream: Uint8Array, marker: number): number {
  return stream.findIndex((byte, at) => byte === 0xff && stream[at + 1] === marker);
}

/** The stream with other bytes in place of `length` ones from `start` on. */
function splice(stream: Uint8Array, start: number, length: number, ...bytes: number[]): Uint8Array {
  return Uint8Array.of(...stream.subarray(0, start), ...bytes, ...stream.subarray(start + length));
}

describe("JPEG-LS streams of CharLS", () => {
  it.each(named)("$name", (image) => {
    const data = dataOf(image);
    const stored = bytesOf(image.stored);
    const decoded = decode(stored);
    if (image.near === 0) expect(Buffer.compare(decoded, data)).toBe(0);
    else expect(largestDifference(decoded, data, image.precision)).toBeLessThanOrEqual(image.near);
    expect(stored).toEqual(bytesOf(image.stored));

    // The frame header and, from the first scan header on, everything else; newer versions of CharLS leave out
    // parameters between the two that are the default.
    const encoded = encode(data, describeStored(image));
    const frameEnd = indexOfMarker(stored, 0xf7) + 10 + 3 * image.components;
    expect(encoded.subarray(0, frameEnd)).toEqual(stored.subarray(0, frameEnd));
    expect(encoded.subarray(indexOfMarker(encoded, 0xda))).toEqual(stored.subarray(indexOfMarker(stored, 0xda)));
    if (image.preset[1] > 0) expect(encoded).toEqual(stored);
  });

  it("reads and writes the example of ITU-T T.87, H.3", () => {
    const data = Uint8Array.of(0, 0, 90, 74, 68, 50, 43, 205, 64, 145, 145, 145, 100, 145, 145, 145);
    const stream = Uint8Array.of(
      ...[0xff, 0xd8, 0xff, 0xf7, 0, 11, 8, 0, 4, 0, 4, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0],
      ...[0xc0, 0x00, 0x00, 0x6c, 0x80, 0x20, 0x8e, 0x01, 0xc0, 0x00, 0x00, 0x57, 0x40, 0x00, 0x00],
      ...[0x6e, 0xe6, 0x00, 0x00, 0x01, 0xbc, 0x18, 0x00, 0x00, 0x05, 0xd8, 0x00, 0x00, 0x91, 0x60, 0xff, 0xd9],
    );
    expect(decode(stream)).toEqual(data);
    expect(encode(data, gray(4, 4))).toEqual(stream);
  });
});

describe("JPEG-LS round trips", () => {
  const image = fc
    .record({
      precision: fc.integer({ min: 2, max: 16 }),
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 12 }),
      components: fc.integer({ min: 1, max: 4 }),
      mode: fc.constantFrom<Interleave>("none", "line", "sample"),
      near: fc.nat({ max: 5 }),
      reset: fc.constantFrom(0, 3, 31, 255),
      kind: fc.constantFrom<ImageKind>("noise", "ramp", "flat", "shapes"),
    })
    .map(({ mode, reset, ...rest }) => ({
      ...rest,
      interleave: rest.components === 1 ? "none" : mode,
      near: Math.min(rest.near, (2 ** rest.precision - 1) >> 1),
      preset: { ...defaultPreset, reset },
    }));

  it("differ by NEAR at most", () => {
    const property = fc.property(image, (description) => {
      const { kind, width, height, components, precision, interleave, near } = description;
      const data = makeImage(kind, width, height, components, precision, interleave !== "none");
      const original = data.slice();
      const decoded = decode(encode(data, description));
      expect(largestDifference(decoded, data, precision)).toBeLessThanOrEqual(near);
      expect(data).toEqual(original);
    });
    fc.assert(property, { numRuns: 400, seed: 11 });
  });

  it("keep runs of every length", () => {
    for (const width of [1, 2, 3, 4, 5, 63, 64, 65, 1000, 65535]) {
      const data = new Uint8Array(3 * width).fill(7);
      expect(Buffer.compare(decode(encode(data, gray(width, 3))), data)).toBe(0);
      data[2 * width - 1] = 9;
      expect(Buffer.compare(decode(encode(data, gray(width, 3))), data)).toBe(0);
    }
  });

  it("are not made of samples that are too large", () => {
    expect(encodeJpegLs(Uint8Array.of(1, 2, 3, 4), gray(2, 2, 2))).toBeNull();
    expect(encodeJpegLs(Uint8Array.of(1, 2, 3, 0), gray(2, 2, 2))).not.toBeNull();
  });

  it("are not made with parameters that contradict each other", () => {
    const data = new Uint8Array(4);
    const codeWith = (change: Partial<ImageDescription>) =>
      failure(() => encodeJpegLs(data, { ...gray(2, 2), ...change })).code;
    expect(codeWith({ near: 128 })).toBe("invalid-argument");
    expect(codeWith({ preset: { ...defaultPreset, threshold1: 99 } })).toBe("invalid-argument");
    expect(codeWith({ preset: { ...defaultPreset, reset: 2 } })).toBe("invalid-argument");
    expect(codeWith({ preset: { ...defaultPreset, maximum: 100 } })).toBe("unsupported");
  });
});

describe("parts of the format that CharLS does not write by itself", () => {
  const data = makeImage("ramp", WIDTH, HEIGHT, 1, 8, false);
  const LINES = 5;

  /** The image with a restart marker after every {@link LINES} lines, which are what images of their own would be. */
  function withRestarts(firstMarker: number, ...interval: number[]): Uint8Array {
    const whole = encode(data, gray(WIDTH, HEIGHT));
    const scan = indexOfMarker(whole, 0xda);
    const bytes = [...whole.subarray(0, scan), 0xff, 0xdd, 0, 2 + interval.length, ...interval];
    bytes.push(...whole.subarray(scan, scan + 10));
    for (let y = 0; y < HEIGHT; y += LINES) {
      const lines = Math.min(LINES, HEIGHT - y);
      const part = encode(data.subarray(y * WIDTH, (y + lines) * WIDTH), gray(WIDTH, lines));
      if (y > 0) bytes.push(0xff, firstMarker + y / LINES - 1);
      bytes.push(...part.subarray(indexOfMarker(part, 0xda) + 10, -2));
    }
    return Uint8Array.of(...bytes, 0xff, 0xd9);
  }

  it("restart markers", () => {
    expect(decode(withRestarts(0xd0, 0, LINES))).toEqual(data);
    expect(decode(withRestarts(0xd0, 0, 0, LINES))).toEqual(data);
    expect(decode(withRestarts(0xd0, 0, 0, 0, LINES))).toEqual(data);
    expect(failure(() => decode(withRestarts(0xd1, 0, LINES))).message).toContain("restart marker");
    expect(failure(() => decode(withRestarts(0xd0, 0, LINES + 1))).code).toBe("corrupt");
    expect(failure(() => decode(withRestarts(0xd0, LINES))).code).toBe("corrupt");
  });

  it("comments, applications' segments, fill bytes and tables that nothing uses", () => {
    const stream = encode(data, gray(WIDTH, HEIGHT));
    const segments = [0xff, 0xff, 0xff, 0xfe, 0, 4, 65, 66, 0xff, 0xe8, 0, 8, 83, 80, 73, 70, 70, 0];
    segments.push(0xff, 0xef, 0, 2, 0xff, 0xf8, 0, 8, 2, 1, 1, 0, 1, 2, 0xff, 0xdd, 0, 4, 0, 0);
    expect(decode(splice(stream, 2, 0, ...segments))).toEqual(data);
    expect(decode(splice(stream, 15, 0, ...segments))).toEqual(data);
    // Nobody looks at what follows the last scan.
    expect(decode(stream.subarray(0, -2))).toEqual(data);
  });

  it.each([8, 16])("colour transforms of %i bits", (precision) => {
    const colors = makeImage("noise", WIDTH, HEIGHT, 3, precision, true);
    const range = 2 ** precision;
    const bias = range / 2;
    const transforms: ((red: number, green: number, blue: number) => readonly number[])[] = [
      (red, green, blue) => [red, green, blue],
      (red, green, blue) => [red - green + bias, green, blue - green + bias],
      (red, green, blue) => [red - green + bias, green, blue - ((red + green) >> 1) + bias],
      (red, green, blue) => {
        const second = (blue - green + bias) & (range - 1);
        const third = (red - green + bias) & (range - 1);
        return [green + ((second + third) >> 2) - range / 4, second, third];
      },
    ];
    for (const interleave of ["line", "sample"] as const) {
      transforms.forEach((transform, code) => {
        const samples = samplesOf(colors.slice(), precision);
        for (let at = 0; at < samples.length; at += 3) {
          samples.set(
            transform(samples[at], samples[at + 1], samples[at + 2]).map((value) => value & (range - 1)),
            at,
          );
        }
        const image = { ...gray(WIDTH, HEIGHT, precision), components: 3, interleave };
        const stream = encode(new Uint8Array(samples.buffer), image);
        const scan = indexOfMarker(stream, 0xda);
        const marked = splice(stream, scan, 0, 0xff, 0xe8, 0, 7, 0x6d, 0x72, 0x66, 0x78, code);
        expect(Buffer.compare(decode(marked), colors)).toBe(0);
      });
    }
  });

  it("features that are missing are named", () => {
    const stream = encode(data, gray(WIDTH, HEIGHT));
    const scan = indexOfMarker(stream, 0xda);
    const transform = [0xff, 0xe8, 0, 7, 0x6d, 0x72, 0x66, 0x78];
    const refusals: [Uint8Array, string][] = [
      [splice(stream, 13, 1, 0x21), "subsampled components"],
      [splice(stream, 7, 2, 0, 0), "size is not in its frame header"],
      [splice(stream, 2, 0, 0xff, 0xf8, 0, 9, 4, 2, 0, 0, 0, 0, 0), "preset parameters of type 4"],
      [splice(stream, 2, 0, 0xff, 0xc4, 0, 2), "marker 0xc4"],
      [splice(stream, 2, 0, 0xff, 0xdc, 0, 4, 0, 1), "height after the first scan"],
      [splice(stream, scan + 6, 1, 1), "mapping tables"],
      [splice(stream, scan + 9, 1, 2), "point transform"],
      [splice(stream, scan, 0, ...transform, 4), "colour transform 4"],
      [splice(stream, scan, 0, ...transform, 1), "colour transform of other than"],
      [splice(stream, 2, 0, 0xff, 0xf8, 0, 13, 1, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0), "MAXVAL of 100"],
    ];
    for (const [changed, message] of refusals) {
      const error = failure(() => decode(changed));
      expect(error).toBeInstanceOf(UnsupportedFeatureError);
      expect(error.message).toContain(message);
    }
    const wide = encode(makeImage("ramp", WIDTH, HEIGHT, 1, 16, false), gray(WIDTH, HEIGHT, 16));
    const parameters = indexOfMarker(wide, 0xf8);
    expect(failure(() => decode(splice(wide, parameters + 13, 2, 1, 44))).message).toContain("RESET of 300");
  });

  it("components of which only some share a scan are refused", () => {
    const two = encode(makeImage("ramp", WIDTH, HEIGHT, 2, 8, true), {
      ...gray(WIDTH, HEIGHT),
      components: 2,
      interleave: "line",
    });
    const three = splice(two, 4, 14, 0, 17, 8, 0, HEIGHT, 0, WIDTH, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0);
    expect(failure(() => decode(three)).message).toContain("several scans of several components");
  });
});

describe("damaged JPEG-LS", () => {
  const data = makeImage("ramp", WIDTH, HEIGHT, 1, 8, false);
  const stream = encode(data, gray(WIDTH, HEIGHT));
  const scan = indexOfMarker(stream, 0xda);

  it("headers", () => {
    const damages: Uint8Array[] = [
      new Uint8Array(),
      Uint8Array.of(0xff, 0xd8),
      Uint8Array.of(0xff, 0xd8, 0xff, 0xff, 0xff),
      splice(stream, 1, 1, 0xd9),
      splice(stream, 2, 1, 0xfe),
      splice(stream, 3, 1, 0xd0),
      splice(stream, 3, 1, 0xd9),
      splice(stream, 4, 2, 0, 1),
      splice(stream, 4, 2, 255, 255),
      splice(stream, 4, 2, 0, 12),
      splice(stream, 6, 1, 1),
      splice(stream, 6, 1, 17),
      splice(stream, 11, 1, 0),
      splice(stream, 2, 13),
      splice(stream, 15, 0, ...stream.subarray(2, 15)),
      splice(stream, scan + 4, 1, 2),
      splice(stream, scan + 4, 1, 5),
      splice(stream, scan + 5, 1, 9),
      splice(stream, scan + 7, 1, 128),
      splice(stream, scan + 8, 1, 1),
      splice(stream, scan + 8, 1, 3),
      splice(stream, 2, 0, 0xff, 0xf8, 0, 13, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      splice(stream, 2, 0, 0xff, 0xf8, 0, 13, 1, 0, 255, 0, 9, 0, 8, 0, 10, 0, 0),
      splice(stream, 2, 0, 0xff, 0xf8, 0, 13, 1, 0, 255, 0, 0, 0, 0, 0, 0, 0, 2),
      splice(stream, 2, 0, 0xff, 0xf8, 0, 12, 1, 0, 255, 0, 0, 0, 0, 0, 0, 0),
      splice(stream, 2, 0, 0xff, 0xdd, 0, 3, 1),
    ];
    expect(damages.map((damaged) => failure(() => decode(damaged)).code)).toEqual(damages.map(() => "corrupt"));
  });

  it("a component that comes twice, or not at all", () => {
    const two = encode(makeImage("ramp", WIDTH, HEIGHT, 2, 8, false), { ...gray(WIDTH, HEIGHT), components: 2 });
    const first = indexOfMarker(two, 0xda);
    const second = first + 2 + indexOfMarker(two.subarray(first + 2), 0xda);
    expect(failure(() => decode(splice(two, second + 5, 1, 1))).message).toContain("twice");
    expect(failure(() => decode(splice(two, 15, 1, 1))).message).toContain("same identifier");
    expect(failure(() => decode(Uint8Array.of(...two.subarray(0, second), 0xff, 0xd9))).message).toContain(
      "ends before",
    );
  });

  it("every truncation, and data that nobody needs", () => {
    const pad = stream.length - 2;
    for (let end = 0; end < pad - 1; end++) {
      expect(failure(() => decode(stream.subarray(0, end))).code).toBe("corrupt");
    }
    expect(failure(() => decode(splice(stream, pad, 0, 0, 0, 0))).message).toContain("data left");
    expect(failure(() => decode(splice(stream, 7, 2, 0, HEIGHT + 1))).code).toBe("corrupt");
    expect(failure(() => decode(splice(stream, 7, 2, 0, HEIGHT - 5))).code).toBe("corrupt");
  });

  it("sizes are told before anything is allocated, and decoding ends where the data do", () => {
    const huge = splice(stream, 7, 4, 255, 255, 255, 255);
    const told: number[] = [];
    const error = failure(() =>
      decodeJpegLs(huge, (length) => {
        told.push(length);
        throw new HDF5Error("corrupt", "too long");
      }),
    );
    expect(error.message).toBe("too long");
    expect(told).toEqual([65535 * 65535]);
    const large = splice(stream, 7, 4, 0x10, 0, 0x10, 0);
    const start = performance.now();
    expect(failure(() => decode(large)).code).toBe("corrupt");
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("20,000 mutations are read or refused", () => {
    const streams = images.map((image) => ({ stored: bytesOf(image.stored), length: dataOf(image).length }));
    let state = 2024;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >> 8) % below;
    };
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 20000; round++) {
      const { stored, length } = streams[round % streams.length];
      const damaged = round % 7 === 0 ? stored.slice(0, 1 + random(stored.length)) : stored.slice();
      // Headers stand at the start.
      const reach = round % 2 === 0 ? Math.min(60, damaged.length) : damaged.length;
      for (let change = 0; change <= round % 4; change++) {
        const at = random(reach);
        damaged[at] = round % 3 === 0 ? damaged[at] ^ (1 << random(8)) : random(256);
      }
      let outcome: string;
      try {
        const output = decodeJpegLs(damaged, (told) => {
          if (told > 2 * length) throw new HDF5Error("corrupt", "too long");
        });
        outcome = output.length <= 2 * length ? "read" : "too long";
      } catch (error) {
        outcome = error instanceof HDF5Error ? error.code : String(error);
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect([...outcomes.keys()].sort()).toEqual(["corrupt", "read", "unsupported"]);
  });
});
